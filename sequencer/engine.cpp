#include "sequencer/engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/keys.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::sequencer {
namespace {

constexpr size_t kOpenOpsBytes = 12;    // of an operation whose chunk isn't encoded yet, on the average
constexpr size_t kOpenTermsBytes = 24;  // and of a channel's terms
constexpr size_t kL1OperationsAtOnce = 320;
constexpr uint64_t kWithoutBlobsMs = 600'000;

size_t posted_size(const ledger::ChunkRecord& chunk) { return chunk.ops.size() + chunk.sigs.size() + Batch::kBytesPerChunk; }

api::Receipt told(const ledger::OperationReceipt& receipt) { return {receipt.hash, receipt.position, receipt.confirmed_at_ms}; }

}  // namespace

void SignerCache::remember(const Hash& digest, const Signature& signature, const Address& signer) {
    std::lock_guard lock(mutex_);
    known_.insert_or_assign(digest, Known{signature, signer});
}

void SignerCache::forget(const std::vector<Hash>& digests) {
    std::lock_guard lock(mutex_);
    for (const Hash& digest : digests) known_.erase(digest);
}

void SignerCache::clear() {
    std::lock_guard lock(mutex_);
    known_.clear();
}

size_t SignerCache::size() const {
    std::lock_guard lock(mutex_);
    return known_.size();
}

Outcome SignerCache::check(const Hash& digest, const Signature& signature, const Address& owner) const {
    {
        std::lock_guard lock(mutex_);
        auto found = known_.find(digest);
        if (found != known_.end() && found->second.signature == signature)
            return found->second.signer == owner ? Outcome::applied() : Outcome::wrong(Refusal::kSignerNotOwner);
    }
    return SignatureJudge::check(digest, signature, owner);
}

Engine::Engine(ledger::OpenLedger& ledger, const follow::L1View& view, const FeePolicy& fees, const node::Clock& clock,
               EngineConfig config, SignerCache& signers)
    : ledger_(ledger),
      view_(view),
      fees_(fees),
      clock_(clock),
      config_(config),
      signers_(signers),
      batch_limit_(config.batch_bytes) {
    set_posted(view_.batch_head());
    note_unbatched();
}

std::optional<uint32_t> Engine::fee_leaf(const Address& token) const {
    auto account = ledger_.newest_account({config_.fee_recipient, token});
    if (!account) return std::nullopt;
    return account->index;
}

SubmitOutcome Engine::check_fee(const Operation& operation, const PostedOperation& posted) const {
    const OperationTraits& traits = traits_of(operation.kind);
    OperationShape shape{operation.kind, traits.has_list ? static_cast<unsigned>(operation.payments.size()) : 1, 0,
                         !operation.memo.is_zero()};
    if (pays_leaves(traits.payees))
        for (const PostedPayment& payment : posted.payments) shape.new_recipients += payment.to.address.has_value();
    auto quote = fees_.quote(operation.token, shape);
    if (!quote.ok()) return {quote.status(), {}, {}};
    if (operation.kind == OperationKind::kRedeem && !operation.channel.take && !quote->minimum.is_zero())
        return SubmitOutcome::refused(node::Code::kFailedPrecondition, "FEE_TOO_LOW", "operation.redeem.take",
                                      "a redeem that only closes can pay no fee, and this sequencer asks for one: take and "
                                      "close in one");
    if (operation.fee < quote->minimum)
        return SubmitOutcome::refused(
            node::Code::kFailedPrecondition, "FEE_TOO_LOW", "operation.fee",
            fmt::format("the fee is {}, the least is {}", to_string(operation.fee), to_string(quote->minimum)));
    return {};
}

SubmitOutcome Engine::refuse(const Outcome& outcome, bool is_redeem) const {
    GAVEL_CHECK(outcome.kind == Outcome::Kind::kWrong);  // the full trees always answer
    auto failed = [](std::string reason, std::string field, std::string message) {
        return SubmitOutcome::refused(node::Code::kFailedPrecondition, std::move(reason), std::move(field), std::move(message));
    };
    switch (outcome.refusal) {
        case Refusal::kInsufficientBalance:
            return failed("INSUFFICIENT_BALANCE", "operation",
                          is_redeem ? "what is taken is below the fee, or the channel can't pay all that it is closed for"
                                    : "the balance is below the amounts and the fee together");
        case Refusal::kNonceExhausted: return failed("NONCE_EXHAUSTED", "operation", "this account can send no more");
        case Refusal::kBalanceOverflow: return failed("BALANCE_OVERFLOW", "operation", "the recipient would have too much");
        case Refusal::kAccountTreeFull: return failed("ACCOUNT_TREE_FULL", "operation", "no new account can be made");
        case Refusal::kWithdrawalTreeFull: return failed("WITHDRAWAL_TREE_FULL", "operation", "no more withdrawals can be made");
        case Refusal::kChannelNotOpen: return failed("CHANNEL_NOT_OPEN", "operation", "the channel is closed");
        case Refusal::kNothingToRedeem:
            return failed("NOTHING_TO_REDEEM", "operation.redeem.count",
                          "the voucher's units have been paid, or the channel's balance is below one");
        default: break;
    }
    return SubmitOutcome::refused(node::Code::kInvalidArgument, "REFUSED", "operation", name_of(outcome.refusal));
}

SubmitOutcome Engine::execute(const CheckedOperation& checked) {
    if (auto known = ledger_.newest_receipt(checked.hash)) return {{}, told(*known), {}};
    if (backlog_is_full())
        return SubmitOutcome::refused(node::Code::kResourceExhausted, "BACKLOG_FULL", "",
                                      "too much is confirmed and not yet posted on the L1; try again later");
    return confirm(checked, clock_.now_ms(), true);
}

SubmitOutcome Engine::execute_again(const CheckedOperation& checked, uint64_t confirmed_at_ms) {
    return confirm(checked, confirmed_at_ms, false);
}

SubmitOutcome Engine::find_debited(const CheckedOperation& checked, ledger::AccountAt& leaf) const {
    const Operation& operation = checked.operation;
    const bool is_redeem = operation.kind == OperationKind::kRedeem;
    const Address& owner = is_redeem ? operation.channel.channel : checked.sender;
    auto found = ledger_.newest_account({owner, operation.token});
    if (is_redeem && (!found || !is_open_channel(found->account)))
        return SubmitOutcome::refused(node::Code::kFailedPrecondition, "CHANNEL_NOT_OPEN", "operation",
                                      "the channel " + to_checksum(owner) + " of this token " +
                                          (found && is_marked(found->account) ? "is closed" : "was never funded"));
    if (!found)
        return SubmitOutcome::refused(node::Code::kFailedPrecondition, "NO_ACCOUNT", "sender",
                                      to_checksum(owner) + " has no account for this token: nothing was ever "
                                                           "deposited or paid to it");
    leaf = *found;
    const uint64_t next = is_redeem ? claimed_units(leaf.account) : leaf.account.nonce;
    if (operation.nonce == next) return {};
    SubmitOutcome wrong = SubmitOutcome::refused(
        node::Code::kFailedPrecondition, "WRONG_NONCE", is_redeem ? "operation.redeem.claimed" : "operation.nonce",
        is_redeem ? fmt::format("claimed is {}, the channel's is {}", operation.nonce, next)
                  : fmt::format("the nonce is {}, the next is {}", operation.nonce, next));
    wrong.expected_nonce = next;
    return wrong;
}

SubmitOutcome Engine::confirm(const CheckedOperation& checked, uint64_t at_ms, bool ask_fee) {
    const Operation& operation = checked.operation;
    ledger::AccountAt leaf;
    if (SubmitOutcome found = find_debited(checked, leaf); !found.status.ok()) return found;
    PostedOperation posted = ledger_.posted_form(operation, leaf.index);
    if (ask_fee)
        if (SubmitOutcome fee = check_fee(operation, posted); !fee.status.ok()) return fee;
    if (!operation.fee.is_zero() && !fee_leaf(operation.token))
        return SubmitOutcome::refused(node::Code::kFailedPrecondition, "NO_FEE_ACCOUNT", "operation.fee",
                                      "the operator has no account for this token yet, so it can't take fees in it");
    if (!ledger_.fits(posted, operation.token)) {
        if (!ledger_.open_chunk().empty()) GAVEL_CHECK(seal());
        if (!ledger_.fits(posted, operation.token))
            return SubmitOutcome::refused(node::Code::kInvalidArgument, "TOO_HEAVY", "operation",
                                          "new recipients count twice: this payout doesn't fit a chunk; split it");
    }
    ledger::OperationReceipt receipt;
    Outcome executed = ledger_.open_operation(posted, checked, at_ms, receipt);
    if (!executed.ok()) return refuse(executed, operation.kind == OperationKind::kRedeem);
    remember_signers(checked);
    note_unbatched();
    return {{}, told(receipt), {}};
}

void Engine::remember_signers(const CheckedOperation& checked) {
    const Operation& operation = checked.operation;
    signers_.remember(checked.digest, checked.signature, checked.sender);
    open_digests_.push_back(checked.digest);
    if (!checked.voucher) return;
    const Hash voucher = ledger::voucher_of(operation).digest(ledger_.domain_separator());
    signers_.remember(voucher, *checked.voucher, operation.channel.terms.payer);
    open_digests_.push_back(voucher);
}

bool Engine::consume_l1_operations() {
    uint64_t head = view_.head().number;
    if (head < config_.l1_confirmations) return false;
    return consume_l1_operations(view_.queue_length_at(head - config_.l1_confirmations), kL1OperationsAtOnce);
}

bool Engine::consume_l1_operations(uint64_t up_to, size_t most) {
    bool any = false;
    for (size_t n = 0; n < most && ledger_.counters().l1_ops_consumed < up_to; ++n) {
        auto queued = view_.queued(ledger_.counters().l1_ops_consumed);
        if (!queued) break;
        if ((!ledger_.open_chunk().chunk.operations.empty() || !ledger_.fits_l1_operation()) && !seal()) break;
        if (!ledger_.open_l1_operation(queued->operation).ok()) break;  // no place in any tree: it waits
        any = true;
        note_unbatched();
    }
    return any;
}

bool Engine::seal() {
    ledger::ChunkRecord sealed;
    std::vector<FeeTally::Entry> fees = ledger_.open_chunk().fees.entries();
    Outcome outcome =
        ledger_.seal([this](const Address& token) GAVEL_REQUIRES(ledger::writing) { return fee_leaf(token); }, sealed);
    if (!outcome.ok()) return false;
    add_unposted(sealed, std::move(fees), std::exchange(open_digests_, {}));
    return true;
}

void Engine::add_unposted(const ledger::ChunkRecord& chunk, std::vector<FeeTally::Entry> fees, std::vector<Hash> digests) {
    unposted_.push_back({chunk.number, posted_size(chunk), std::move(fees), std::move(digests)});
    unposted_sealed_bytes_ += unposted_.back().bytes;
}

// Of a chunk that an earlier process sealed.
std::vector<FeeTally::Entry> Engine::fees_of(const ledger::ChunkRecord& chunk) const {
    FeeTally out;
    auto decoded = decode_ops(chunk.ops);
    const Chunk* good = std::get_if<Chunk>(&decoded);
    for (size_t i = 0; good != nullptr && i < good->operations.size(); ++i) {
        auto sender = ledger_.newest_account(good->operations[i].sender);
        if (sender && !out.add(sender->key.token, good->operations[i].fee)) break;
    }
    return out.entries();
}

size_t Engine::open_bytes() const {
    size_t bytes = 0;
    for (const PostedOperation& operation : ledger_.open_chunk().chunk.operations)
        bytes += Signature::kSize * operation.signatures() + kOpenOpsBytes * operation.payments.size() +
                 (is_of_channel(operation) ? kOpenTermsBytes : 0);
    return bytes;
}

size_t Engine::unposted_bytes() const { return unposted_sealed_bytes_ + open_bytes(); }

void Engine::set_posted(uint64_t batch_number) {
    uint64_t first_unposted = 0;
    if (auto batch = ledger_.batch(std::min(batch_number, ledger_.batch_head()))) first_unposted = batch->chunk_end();
    const bool known = generation_ == ledger_.generation() && first_unposted >= first_unposted_;
    if (!known) {
        signers_.clear();
        open_digests_.clear();
        unposted_.clear();
        unposted_sealed_bytes_ = 0;
        due_below_ = 0;
        for (uint64_t n = first_unposted; n < ledger_.chunk_count(); ++n) {
            auto chunk = ledger_.chunk(n);
            if (!chunk) break;
            add_unposted(*chunk, fees_of(*chunk), {});
        }
    }
    while (!unposted_.empty() && unposted_.front().chunk < first_unposted) {
        signers_.forget(unposted_.front().digests);
        unposted_sealed_bytes_ -= unposted_.front().bytes;
        unposted_.pop_front();
    }
    for (; posted_ < batch_number; ++posted_) batch_limit_ = std::min(batch_limit_ + batch_limit_ / 16, config_.batch_bytes);
    posted_ = batch_number;
    generation_ = ledger_.generation();
    first_unposted_ = first_unposted;
    note_unbatched();
}

uint64_t Engine::first_unbatched_chunk() const {
    auto last = ledger_.batch(ledger_.batch_head());
    return last ? last->chunk_end() : 0;
}

void Engine::note_unbatched() {
    bool any = !ledger_.open_chunk().empty() || first_unbatched_chunk() < ledger_.chunk_count();
    if (!any) oldest_unbatched_ms_.reset();
    else if (!oldest_unbatched_ms_) oldest_unbatched_ms_ = clock_.steady_ms();
}

// The sealed chunks, from the first that no batch holds, that fill a batch.
Engine::Fill Engine::fill(DataSource source) const {
    Fill out{source, 0, Batch::kFixedBytes, false};
    const bool in_blobs = source == DataSource::kBlobs;
    const size_t most_chunks = in_blobs ? kSlotsPerBlob * fees_.posting().max_blobs : kMaxChunks;
    const uint64_t first = first_unbatched_chunk();
    for (const Waiting& waiting : unposted_) {
        if (waiting.chunk < first) continue;
        // One chunk at least: it can't be cut any more.
        const bool is_long = !in_blobs && out.bytes + waiting.bytes > batch_limit_;
        out.is_full = out.chunks == most_chunks || (out.chunks > 0 && is_long);
        if (out.is_full) break;
        out.bytes += waiting.bytes;
        ++out.chunks;
    }
    return out;
}

std::optional<Amount> Engine::cost_of(const Fill& fill) const {
    if (fill.source == DataSource::kCalldata) return fees_.calldata_cost(fill.bytes + open_bytes());
    return fees_.blobs_cost(std::max(size_t{1}, fill.chunks + size_t{!ledger_.open_chunk().empty()}));
}

// In calldata or in blobs, as configured, or where a chunk costs less.
Engine::Fill Engine::next_fill() const {
    const DataMode mode = fees_.posting().data;
    if (mode != DataMode::kAuto) return fill(mode == DataMode::kBlobs ? DataSource::kBlobs : DataSource::kCalldata);
    const Fill calldata = fill(DataSource::kCalldata), blobs = fill(DataSource::kBlobs);
    if (clock_.steady_ms() < no_blobs_until_ms_) return calldata;
    const auto calldata_cost = cost_of(calldata), blobs_cost = cost_of(blobs);
    if (!calldata_cost || !blobs_cost) return calldata;
    // With one more chunk for what is open, so that none divides by zero.
    const u128 a = calldata_cost->value() / (calldata.chunks + 1u), b = blobs_cost->value() / (blobs.chunks + 1u);
    return b < a ? blobs : calldata;
}

// Whether what the chunks of that fill and the open one have taken in fees pays for posting them now.
bool Engine::fees_pay(const Fill& fill) const {
    std::vector<FeeTally::Entry> fees = ledger_.open_chunk().fees.entries();
    const uint64_t first = first_unbatched_chunk();
    for (const Waiting& waiting : unposted_)
        if (waiting.chunk >= first) fees.insert(fees.end(), waiting.fees.begin(), waiting.fees.end());
    const auto cost = cost_of(fill);
    return !fees.empty() && cost && fees_.cover(fees, *cost);
}

bool Engine::batch_is_due() const {
    if (!oldest_unbatched_ms_) return false;
    if (post_at_once_) return true;
    // Whatever the operator likes: an L1 operation that isn't posted in its inclusion window costs the seat.
    const uint64_t most_ms = view_.parameters().inclusion_window * 1000 / 4;
    if (clock_.steady_ms() >= *oldest_unbatched_ms_ + std::min(config_.batch_age_ms, most_ms)) return true;
    if (first_unbatched_chunk() < due_below_) return true;
    const Fill fill = next_fill();
    return fill.is_full || fees_pay(fill);
}

std::optional<Engine::Cut> Engine::cut_batch() {
    Fill fill = next_fill();
    if (!fill.is_full && !ledger_.open_chunk().empty()) {
        GAVEL_CHECK(seal());
        fill = next_fill();
    }
    if (fill.chunks == 0) return std::nullopt;
    return Cut{ledger_.last_header(), first_unbatched_chunk(), fill.chunks, fill.source};
}

void Engine::batch_was_marked() {
    oldest_unbatched_ms_.reset();
    note_unbatched();
}

bool Engine::batch_was_refused(size_t bytes, size_t chunks) {
    if (chunks < 2) return false;
    batch_limit_ = std::min(batch_limit_, bytes / 2);
    due_below_ = first_unbatched_chunk();
    return true;
}

bool Engine::blobs_were_refused() {
    if (fees_.posting().data == DataMode::kBlobs) return false;
    no_blobs_until_ms_ = clock_.steady_ms() + kWithoutBlobsMs;
    due_below_ = first_unbatched_chunk();
    return true;
}

void Engine::publish() {
    std::lock_guard lock(figures_mutex_);
    figures_ = {unposted_bytes(), oldest_unbatched_ms_};
}

EngineFigures Engine::figures() const {
    std::lock_guard lock(figures_mutex_);
    return figures_;
}

}  // namespace gavel::sequencer

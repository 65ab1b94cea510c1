// What a wallet does for those that wait: gives them again, raises them, gets out of their way what stands in it.
#include <algorithm>

#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/l1_wallet_refusals.hpp"
#include "node/log.hpp"

namespace gavel::l1 {
namespace {

constexpr uint64_t kSendAgainMs = 2'000;  // between two tries to give a node what it lacks
constexpr uint64_t kMostFilled = 64;      // unknown nonces that are filled at once
constexpr unsigned kMostDoublings = 4;    // of the wait for a replacement
constexpr uint64_t kTransferGas = 21'000;

// The zero polynomial: its commitment and its proofs are the point at infinity.
const std::shared_ptr<const BlobSidecar>& blob_of_zeros() {
    static const std::shared_ptr<const BlobSidecar> made = [] {
        BlobSidecar out;
        out.blobs.resize(1);
        out.commitments.resize(1);
        out.commitments[0].bytes[0] = 0xc0;
        KzgProof infinity;
        infinity.bytes[0] = 0xc0;
        out.proofs.emplace_back().fill(infinity);
        return std::make_shared<const BlobSidecar>(std::move(out));
    }();
    return made;
}

std::shared_ptr<const BlobSidecar> sidecar_of_nothing(bool has_blobs) { return has_blobs ? blob_of_zeros() : nullptr; }

bool is_over(u128 fee, u128 bound) { return bound != 0 && fee > bound; }

}  // namespace

// ---- What waits ----

std::optional<uint64_t> L1Wallet::first_waiting() const {
    auto found = std::find_if(sent_.begin(), sent_.end(), [](const auto& entry) { return entry.second.waits(); });
    return found == sent_.end() ? std::nullopt : std::optional(found->first);
}

std::optional<uint64_t> L1Wallet::last_waiting() const {
    auto found = std::find_if(sent_.rbegin(), sent_.rend(), [](const auto& entry) { return entry.second.waits(); });
    return found == sent_.rend() ? std::nullopt : std::optional(found->first);
}

bool L1Wallet::has_unmined() const {
    std::lock_guard lock(mutex_);
    return first_waiting().has_value();
}

bool L1Wallet::is_old(uint64_t since_ms, unsigned doublings) const {
    const auto patience = static_cast<uint64_t>(options_.bump_after.count()) << std::min(doublings, kMostDoublings);
    return clock_.steady_ms() >= since_ms + patience;
}

bool L1Wallet::is_due(const Sent& sent) const { return (!sent.was_mined || blocked_) && is_old(sent.priced_ms, sent.doublings); }

bool L1Wallet::any_due() const {
    if (blocked_ && is_old(blocked_->since_ms, 0)) return true;
    return std::any_of(sent_.begin(), sent_.end(), [&](const auto& entry) { return is_due(entry.second); });
}

void L1Wallet::note_mined(uint64_t mined) {
    mined_ = mined;
    for (auto it = sent_.begin(); it != sent_.end() && it->first < mined; ++it) {
        Sent& sent = it->second;
        sent.was_mined = true;
        if (!sent.sidecar) continue;
        sent.let_go = sent.sidecar;
        sent.sidecar.reset();
    }
    while (sent_.size() > options_.kept_mined && sent_.begin()->first < mined) sent_.erase(sent_.begin());
}

// Whether what keeps a send() from its turn has waited for too long.
bool L1Wallet::note_blocked(uint64_t pending, const std::optional<BlockRef>& head) {
    if (!blocked_) return false;
    if (pending <= mined_) {
        blocked_.reset();
        return false;
    }
    if (blocked_->first_nonce < mined_) {  // it gets on
        blocked_->first_nonce = mined_;
        blocked_->since_ms = clock_.steady_ms();
        blocked_->due_block.reset();
    }
    if (!head || !is_old(blocked_->since_ms, 0)) return false;
    if (!blocked_->due_block) blocked_->due_block = head->number;
    return head->number > *blocked_->due_block;
}

// ---- A round ----

node::Status L1Wallet::keep_up() {
    std::lock_guard lock(mutex_);
    auto has_nothing_to_do = [&] { return !first_waiting() && !blocked_; };
    if (has_nothing_to_do()) return {};
    // The head before the nonce: what is in the head's block is counted.
    std::optional<BlockRef> head;
    if (any_due()) {
        auto now = client_.head();
        if (!now) return now.status();
        head = *now;
    }
    auto mined = client_.nonce(address_, false);
    if (!mined) return mined.status();
    note_mined(*mined);
    if (has_nothing_to_do()) return {};
    auto pending = client_.nonce(address_, true);
    if (!pending) return pending.status();

    const bool is_blocked = note_blocked(*pending, head);
    uint64_t end = last_waiting().value_or(mined_) + 1;
    if (!first_waiting()) end = mined_;
    if (blocked_) end = std::max(end, std::min(*pending, mined_ + kMostFilled));
    if (end <= mined_) return {};
    node::Status trouble;
    const std::vector<uint64_t> stuck = look_after(end, *pending, head, trouble);
    if (!sent_.contains(mined_) && (is_blocked || !stuck.empty())) {
        auto known = sent_.lower_bound(mined_);
        const bool is_own_next = known != sent_.end() && known->first < end;
        return fill_before(is_own_next ? known->first : end, *pending,
                           is_own_next ? known->second.body().has_blobs() : blocked_->has_blobs);
    }
    if (stuck.empty()) return trouble;
    node::Status raised = raise_stuck(stuck);
    return trouble.ok() ? raised : trouble;
}

// Gives again what the node lacks of those below `end`. The value: those that have waited too long.
std::vector<uint64_t> L1Wallet::look_after(uint64_t end, uint64_t pending, const std::optional<BlockRef>& head,
                                           node::Status& trouble) {
    std::vector<uint64_t> stuck;
    bool is_gap = false;  // behind it a node takes none with blobs
    for (auto it = sent_.lower_bound(mined_); it != sent_.end() && it->first < end; ++it) {
        Sent& sent = it->second;
        const bool waited = head && is_due(sent);
        if (waited && !sent.due_block) sent.due_block = head->number;
        const bool is_stuck = waited && head->number > *sent.due_block;
        if (is_stuck) stuck.push_back(it->first);
        if (it->first < pending) {
            sent.refused = {};
            continue;
        }
        const bool is_time = clock_.steady_ms() >= sent.sent_ms + kSendAgainMs && (!is_stuck || sent.is_held);
        bool is_given = false;
        if (is_time && !is_gap) {
            node::log_info("a transaction that the L1 doesn't have is sent again", {{"nonce", it->first}});
            is_given = send_again(it->first).ok();
        }
        is_gap = is_gap || (sent.body().has_blobs() && !is_given);
        // Also between two tries: it isn't where it should be.
        if (trouble.ok()) trouble = sent.refused;
    }
    return stuck;
}

// ---- Nonces that nobody uses ----

Transaction L1Wallet::nothing_at(uint64_t nonce, bool has_blobs) const {
    Transaction out{*chain_id_, nonce, 0, 0, kTransferGas, address_, 0, {}, {}};
    if (has_blobs) out.blob_hashes = versioned_hashes(*blob_of_zeros());
    return out;
}

// Nonces below `end` that no block has and nobody here knows: of an earlier process, say, and stuck or lost. Nothing of this
// account is mined before they are. `has_blobs`: what they are likely to be.
node::Status L1Wallet::fill_before(uint64_t end, uint64_t pending, bool has_blobs) {
    if (end - mined_ > kMostFilled) {
        node::log_warn("the L1 has forgotten too much of this account; what was sent is given up", {{"nonce", mined_}});
        sent_.clear();
        return {};
    }
    auto fees = client_.fees();
    if (!fees) return fees.status();
    has_blobs = has_blobs && fees->blob_base_fee;
    for (uint64_t nonce = mined_; nonce < end; ++nonce) {
        if (sent_.contains(nonce)) continue;
        Transaction nothing = nothing_at(nonce, has_blobs);
        if (auto status = set_first_fees(nothing, *fees, least_tip_, bounds()); !status.ok()) return status;
        node::log_warn("an earlier transaction of this account is stuck or lost; its nonce is filled",
                       {{"nonce", nonce}, {"node_has_it", nonce < pending}, {"with_blobs", has_blobs}});
        note(sign(nothing, key_), sidecar_of_nothing(has_blobs)).is_filler = true;
        if (auto status = send_again(nonce); !status.ok()) return status;
    }
    return {};
}

// No node takes what fills a nonce: what is there may be of the other kind, and takes no other in its place. The caps stay; those
// for blobs are remembered while there are none.
bool L1Wallet::turn_filler(uint64_t nonce, const node::Status& refused) {
    const Sent& sent = sent_.at(nonce);
    if (!sent.is_untaken_filler() || is_unclear(refused) || is_known(sent)) return false;
    auto fees = client_.fees();
    if (!fees) return false;
    const Transaction before = sent.body();
    Transaction next = nothing_at(nonce, !before.has_blobs());
    if (auto status = set_first_fees(next, *fees, 0, bounds()); !status.ok()) return false;
    next.max_fee = std::max(next.max_fee, before.max_fee);
    next.max_priority_fee = std::max(next.max_priority_fee, before.max_priority_fee);
    next.max_blob_fee = std::max(next.max_blob_fee, before.max_blob_fee);
    note(sign(next, key_), sidecar_of_nothing(next.has_blobs()));
    return true;
}

// The blobs of what a reorganisation took back, for those behind it. Where their sender has let them go, too, a transaction of
// nothing takes the nonce.
void L1Wallet::hold_blobs(uint64_t nonce) {
    Sent& sent = sent_.at(nonce);
    if (!sent.body().has_blobs() || sent.sidecar) return;
    sent.sidecar = sent.let_go.lock();
    if (sent.sidecar) return;
    node::log_warn("the blobs of a transaction that was taken out of a block are gone; its nonce is filled", {{"nonce", nonce}});
    Transaction nothing = nothing_at(nonce, true);
    nothing.max_fee = sent.body().max_fee;
    nothing.max_priority_fee = sent.body().max_priority_fee;
    nothing.max_blob_fee = sent.body().max_blob_fee;
    sent = Sent{};
    note(sign(nothing, key_), blob_of_zeros()).is_filler = true;
}

void L1Wallet::cancel(const Hash& hash) {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(sent_.begin(), sent_.end(), [&](const auto& entry) { return has_version(entry.second, hash); });
    if (found == sent_.end() || !found->second.waits()) return;
    Sent& sent = found->second;
    sent.is_wanted = false;
    auto pending = client_.nonce(address_, true);
    const bool has_blobs = sent.body().has_blobs();
    Transaction nothing = nothing_at(found->first, has_blobs);
    nothing.max_fee = raised(sent.body().max_fee, has_blobs);
    nothing.max_priority_fee = raised(sent.body().max_priority_fee, has_blobs);
    if (has_blobs) nothing.max_blob_fee = raised(sent.body().max_blob_fee, true);
    if (is_over(nothing.max_fee, options_.max_fee_cap) || is_over(nothing.max_blob_fee, options_.max_blob_fee_cap)) return;
    note(sign(nothing, key_), sidecar_of_nothing(has_blobs));
    if (pending && found->first >= *pending) return;  // the node has nothing to replace
    if (auto status = send_again(found->first); !status.ok())
        node::log_status(node::LogLevel::kWarn, "a transaction can't be cancelled", status);
}

// ---- Raising ----

node::Status L1Wallet::raise_stuck(const std::vector<uint64_t>& stuck) {
    auto fees = client_.fees();
    if (!fees) return fees.status();
    node::Status out;
    for (uint64_t nonce : stuck) {
        Sent& sent = sent_.at(nonce);
        if (nonce > mined_ && sent.body().has_blobs() && !sent.is_untaken_filler() && covers(sent.body(), *fees)) {
            // It waits for those before it, and twice its price wouldn't help them.
            sent.priced_ms = clock_.steady_ms();
            sent.due_block.reset();
            continue;
        }
        node::Status status = bump(nonce, *fees);
        if (out.ok()) out = std::move(status);
    }
    return out;
}

// The next version's fees. What fills a nonce where nobody knows what it has to replace is raised as if that had blobs, so that
// one price serves for a try of either kind; if a bound for blobs forbids that, as what it is.
node::Status L1Wallet::raise(Transaction& transaction, const Sent& sent, const Fees& fees) {
    const std::string what = to_hex(sent.hashes.back()) + " waits for a block, and may not pay more";
    Transaction next = transaction;
    if (sent.is_untaken_filler()) next.blob_hashes = nothing_at(next.nonce, true).blob_hashes;
    node::Status held = raise_fees(next, fees, bounds(), what);
    // A version that the account can't pay would be refused, and the next one be dearer still.
    if (held.ok() && next.has_blobs()) held = lacking_funds(next).value_or(node::Status{});
    if (!held.ok()) return transaction.has_blobs() ? held : raise_fees(transaction, fees, bounds(), what);
    next.blob_hashes = transaction.blob_hashes;
    transaction = std::move(next);
    return {};
}

node::Status L1Wallet::bump(uint64_t nonce, const Fees& fees) {
    hold_blobs(nonce);
    Sent& sent = sent_.at(nonce);
    Transaction next = sent.body();
    if (node::Status held = raise(next, sent, fees); !held.ok()) {
        if (!sent.is_held) node::log_status(node::LogLevel::kWarn, "a transaction that waits too long isn't replaced", held);
        sent.is_held = true;
        return held;
    }
    SignedTransaction made = sign(next, key_);
    node::log_info("a transaction that waits too long pays more", {{"nonce", nonce},
                                                                   {"max_fee_wei", to_string(Amount{next.max_fee})},
                                                                   {"max_blob_fee_wei", to_string(Amount{next.max_blob_fee})},
                                                                   {"was", to_hex(sent.hashes.back())},
                                                                   {"tx", to_hex(made.hash)}});
    if (next.has_blobs() && !sent.is_untaken_filler()) ++sent.doublings;
    // Also if the node refuses it: another process's may be dearer, and the next try is above this one.
    note(std::move(made), sent.sidecar);
    return send_again(nonce);
}

// ---- Giving again ----

node::Status L1Wallet::send_again(uint64_t nonce) {
    hold_blobs(nonce);
    Sent& sent = sent_.at(nonce);
    auto give = [&] { return client_.send_raw(sent.sidecar ? network_form(sent.newest, *sent.sidecar) : sent.newest.raw); };
    sent.sent_ms = clock_.steady_ms();
    auto answer = give();
    if (!answer && turn_filler(nonce, answer.status())) answer = give();
    sent.was_taken = sent.was_taken || answer.ok();
    sent.refused = answer ? node::Status{} : judge_refusal(sent, answer.status());
    return sent.refused;
}

// What there is to tell of a refusal.
node::Status L1Wallet::judge_refusal(const Sent& sent, const node::Status& refused) {
    if (is_settled(sent)) return {};
    if (is_unclear(refused)) return refused;
    if (auto lacking = lacking_funds(sent.body())) return *lacking;
    auto fees = client_.fees();
    if (fees && !covers(sent.body(), *fees)) return {};  // it will be raised when it is due
    return not_taken(sent.hashes.back(), refused);
}

// Whether a node has any version of it, or its nonce is used, by another process's that a dearer one will replace, say: then
// there is nothing to tell of a refusal.
bool L1Wallet::is_settled(const Sent& sent) {
    auto next = client_.nonce(address_, true);
    return (next && *next > sent.body().nonce) || is_known(sent);
}

bool L1Wallet::is_known(const Sent& sent) {
    return std::any_of(sent.hashes.rbegin(), sent.hashes.rend(), [&](const Hash& hash) {
        auto known = client_.transaction_input(hash);
        return known && *known;
    });
}

}  // namespace gavel::l1

#include "sequencer/poster.hpp"

#include <algorithm>

#include "l1-bridge/rollup_abi.hpp"
#include "node/log.hpp"

namespace gavel::sequencer {
namespace {

// Whether the node has refused the transaction itself, for a reason that it alone knows: its size, perhaps.
bool is_refused_by_node(const node::Status& status) {
    return status.code == node::Code::kFailedPrecondition &&
           (status.reason == "TX_REFUSED" || status.reason == "L1_ERROR" || status.reason == "TX_TOO_LARGE");
}

}  // namespace

Poster::Poster(ledger::Ledger& ledger, Engine& engine, const ledger::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
               FeePolicy& fees, const SignerCache& signers, WriterMutex& writer, Config config)
    : ledger_(ledger),
      engine_(engine),
      view_(view),
      client_(client),
      wallet_(wallet),
      fees_(fees),
      signers_(signers),
      writer_(writer),
      config_(config) {}

void Poster::restart() {
    rechecker_.reset();
    sent_ = view_.batch_head();
}

// Starts the second state at the last batch that stands on the L1, or at genesis.
bool Poster::make_rechecker() {
    if (rechecker_) return true;
    std::optional<ledger::BatchRecord> batch;
    std::optional<ledger::SealedState> sealed;
    {
        std::lock_guard lock(writer_);
        uint64_t number = std::min(view_.batch_head(), ledger_.batch_head());
        batch = ledger_.batch(number);
        if (number > 0 && !batch) return false;
        sealed.emplace(ledger_.sealed_state());
    }
    // With many accounts this takes seconds, in which operations are confirmed.
    rechecker_.emplace(sealed->before_chunk(batch ? batch->chunk_end() : 0), batch ? batch->header : genesis_header(),
                       ledger_.domain_separator());
    return true;
}

node::Status Poster::check(const Bytes& posted) {
    std::string why;
    if (!make_rechecker()) return {node::Code::kUnavailable, "NO_PARENT", "", "the parent batch isn't in the ledger yet"};
    if (rechecker_->check(posted, view_, signers_, why)) return {};
    return {node::Code::kInternal, "BATCH_CHECK_FAILED", "", why};
}

node::Status Poster::prepare() {
    std::optional<Batch> batch;
    uint64_t first_chunk = 0;
    {
        std::lock_guard lock(writer_);
        if (ledger_.batch_head() >= view_.batch_head() + config_.max_in_flight || !engine_.batch_is_due()) return {};
        batch = engine_.cut_batch();
        if (!batch) return {};
        ledger_.flush(node::Durability::kSynced);
        first_chunk = engine_.first_unbatched_chunk();
    }
    Bytes posted = batch->encode();
    while (make_rechecker() && rechecker_->header().number + 1 < batch->number)
        if (node::Status status = check(bytes_of(rechecker_->header().number + 1)); !status.ok()) return status;
    if (node::Status status = check(posted); !status.ok()) return status;

    std::lock_guard lock(writer_);
    ledger::BatchRecord record;
    record.header = batch->header();
    record.l1_queue_hash = batch->l1_queue_hash;
    record.first_chunk = first_chunk;
    record.size_bytes = static_cast<uint32_t>(posted.size());
    ledger_.mark_batch(record);
    engine_.batch_was_marked();
    return {};
}

Bytes Poster::bytes_of(uint64_t number) {
    std::lock_guard lock(writer_);
    auto record = ledger_.batch(number);
    auto parent = ledger_.batch(number - 1);
    return ledger_.assemble(parent ? parent->header : genesis_header(), record->first_chunk, record->header.chunk_count).encode();
}

// The node estimates the batch whose parent stands. The next ones take no more in proportion to bytes or chunks, whichever are
// more, since what an append takes grows with both and has a fixed part. nullopt: no such batch was estimated yet.
node::Result<std::optional<uint64_t>> Poster::gas_limit_of(uint64_t number, const Bytes& calldata, size_t chunks) {
    if (number == view_.batch_head() + 1) {
        auto gas = wallet_.estimate(view_.rollup(), 0, calldata);
        if (!gas) return gas.status();
        estimate_ = Estimate{calldata.size(), chunks, *gas};
        fees_.note_append(calldata.size(), *gas);
        return std::optional(wallet_.limit_for(*gas));
    }
    if (!estimate_) return std::optional<uint64_t>{};
    const double more = std::max({1.0, static_cast<double>(calldata.size()) / static_cast<double>(estimate_->bytes),
                                  static_cast<double>(chunks) / static_cast<double>(estimate_->chunks)});
    const auto gas = static_cast<uint64_t>(more * static_cast<double>(estimate_->gas));
    return std::optional(std::min(wallet_.limit_for(gas), wallet_.options().max_gas));
}

node::Result<bool> Poster::send_one(uint64_t number) {
    Bytes posted = bytes_of(number);
    size_t chunks = decode_batch(posted)->chunks.size();
    // After a restart, batches marked before it haven't been looked at by this process.
    if (!make_rechecker() || rechecker_->header().number < number)
        if (node::Status status = check(posted); !status.ok()) return status;
    Bytes calldata = l1::rollup_call::append(posted);
    const size_t size = calldata.size();
    auto gas = gas_limit_of(number, calldata, chunks);
    if (gas && !*gas) return false;
    auto sent = gas ? wallet_.send(view_.rollup(), 0, std::move(calldata), **gas) : node::Result<Hash>(gas.status());
    if (!sent && is_refused_by_node(sent.status())) return take_back(number, posted.size(), chunks, sent.status());
    if (!sent) return sent.status();
    node::log_info("batch sent", {{"batch", number}, {"bytes", size}, {"gas_limit", **gas}, {"tx", to_hex(*sent)}});
    std::lock_guard lock(writer_);
    ledger_.set_batch_transaction(number, *sent);
    return true;
}

// A marked batch that no block has and a node doesn't take: its mark goes, and its chunks become smaller batches. Of one behind
// another that is on its way that is decided when its turn comes: the node may only think that it would revert.
node::Status Poster::take_back(uint64_t number, size_t bytes, size_t chunks, const node::Status& why) {
    if (number != view_.batch_head() + 1) return why;
    std::lock_guard lock(writer_);
    if (!engine_.batch_was_refused(bytes, chunks)) return why;
    node::log_warn("a batch that the L1's node doesn't take is cut anew, smaller",
                   {{"batch", number}, {"bytes", bytes}, {"chunks", chunks}, {"why", node::to_string(why)}});
    ledger_.unmark_batches_from(number);
    engine_.batch_was_marked();
    restart();
    return why;
}

// What was sent, had no effect in any block and is neither in the wallet's care nor in a mempool has been lost: it is sent again.
node::Status Poster::look_for_lost() {
    if (sent_ <= view_.batch_head() || wallet_.has_unmined()) return {};
    auto head = client_.head();
    if (!head) return head.status();
    auto mined = client_.nonce(wallet_.address(), false);
    if (!mined) return mined.status();
    auto pending = client_.nonce(wallet_.address(), true);
    if (!pending) return pending.status();
    auto head_after = client_.head();
    if (!head_after) return head_after.status();
    if (head->hash == head_after->hash && view_.head().hash == head->hash && *mined == *pending) {
        node::log_warn("batches lost by the L1, sending them again", {{"first", view_.batch_head() + 1}, {"last", sent_}});
        sent_ = view_.batch_head();
    }
    return {};
}

node::Status Poster::send() {
    sent_ = std::max(sent_, view_.batch_head());
    if (node::Status status = look_for_lost(); !status.ok()) return status;
    for (;;) {
        {
            std::lock_guard lock(writer_);
            if (sent_ >= ledger_.batch_head()) return {};
        }
        auto sent = send_one(sent_ + 1);
        if (!sent) return sent.status();
        if (!*sent) return {};
        ++sent_;
    }
}

}  // namespace gavel::sequencer

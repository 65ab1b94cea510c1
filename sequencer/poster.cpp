#include "sequencer/poster.hpp"

#include <algorithm>

#include "node/log.hpp"

namespace gavel::sequencer {
namespace {

// Whether the node has refused the transaction itself, for a reason that it alone knows: its size, perhaps.
bool is_refused_by_node(const node::Status& status) {
    return status.code == node::Code::kFailedPrecondition &&
           (status.reason == "TX_REFUSED" || status.reason == "L1_ERROR" || status.reason == "TX_TOO_LARGE");
}

// Whether it is the blobs that can't be had now: no node takes them, or tells their price, or they cost more than the cap.
bool is_without_blobs(const node::Status& status) {
    return is_refused_by_node(status) || status.reason == "L1_NO_BLOBS" || status.reason == "L1_FEE_OVER_CAP";
}

}  // namespace

Poster::Poster(ledger::Ledger& ledger, Engine& engine, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
               l1::BatchChannel& channel, follow::BlobArchive& archive, Sidecars& sidecars, const SignerCache& signers,
               Writer& writer, Config config)
    : ledger_(ledger),
      engine_(engine),
      view_(view),
      client_(client),
      wallet_(wallet),
      channel_(channel),
      archive_(archive),
      sidecars_(sidecars),
      signers_(signers),
      writer_(writer),
      config_(config) {}

void Poster::restart() {
    rechecker_.reset();
    made_.clear();
    sent_ = view_.batch_head();
}

PostedBatch Poster::posted_in(DataSource source, Batch batch) {
    return source == DataSource::kBlobs ? PostedBatch::in_blobs(std::move(batch)) : PostedBatch(std::move(batch));
}

// Before it is marked: whoever posts a batch can always tell what is in it.
void Poster::keep_blobs(const PostedBatch& posted) {
    const PostedData& data = posted.data();
    for (size_t i = 0; i < data.blobs.size(); ++i) archive_.put(data.blob_hashes[i], data.blobs[i], posted.number());
}

// A batch that is marked: as it was made, or, after a restart, made again from its chunks. nullptr: it is marked no more.
const PostedBatch* Poster::made(uint64_t number) {
    std::erase_if(made_, [&](const auto& one) { return one.first <= view_.batch_head(); });
    sidecars_.forget_below(view_.batch_head() + 1);
    if (auto found = made_.find(number); found != made_.end()) return &found->second;
    auto record = ledger_.batch(number);
    auto parent = ledger_.header(number - 1);
    if (!record || !parent) return nullptr;
    auto batch = ledger_.assemble(*parent, record->first_chunk, record->header.chunk_count);
    if (!batch) return nullptr;
    return &made_.emplace(number, posted_in(record->header.source, *std::move(batch))).first->second;
}

// Starts the second state at the last batch that stands on the L1, or at genesis.
bool Poster::make_rechecker() {
    if (rechecker_) return true;
    struct Start {
        BatchHeader header;
        uint64_t chunk;
        ledger::SealedState sealed;
    };
    std::optional<Start> start = writer_.run([&]() GAVEL_REQUIRES(ledger::writing) -> std::optional<Start> {
        const uint64_t number = std::min(view_.batch_head(), ledger_.batch_head());
        auto header = ledger_.header(number);
        if (!header) return std::nullopt;
        auto batch = ledger_.batch(number);
        return Start{*header, batch ? batch->chunk_end() : 0, ledger_.sealed_state()};
    });
    if (!start) return false;
    // With many accounts this takes seconds, in which operations are confirmed.
    rechecker_.emplace(start->sealed.before_chunk(start->chunk), start->header, ledger_.domain_separator());
    return true;
}

node::Status Poster::check(const PostedBatch& posted) {
    std::string why;
    if (rechecker_->check(posted.data(), view_, signers_, why)) return {};
    return {node::Code::kInternal, "BATCH_CHECK_FAILED", "", why};
}

// After a restart, batches marked before it haven't been looked at by this process.
node::Status Poster::check_up_to(uint64_t number) {
    const node::Status no_parent{node::Code::kUnavailable, "NO_PARENT", "", "the parent batch isn't in the ledger yet"};
    if (!make_rechecker()) return no_parent;
    while (rechecker_->header().number < number) {
        const PostedBatch* next = made(rechecker_->header().number + 1);
        if (next == nullptr) return no_parent;
        if (node::Status status = check(*next); !status.ok()) return status;
    }
    return {};
}

node::Status Poster::prepare() {
    auto cut = writer_.run([&]() GAVEL_REQUIRES(ledger::writing) -> std::optional<Engine::Cut> {
        if (ledger_.batch_head() >= view_.batch_head() + config_.max_in_flight || !engine_.batch_is_due()) return std::nullopt;
        return engine_.cut_batch();
    });
    if (!cut) return {};
    auto batch = ledger_.assemble(cut->parent, cut->first_chunk, cut->chunks);
    if (!batch) return {};  // rolled back
    PostedBatch posted = posted_in(cut->source, *std::move(batch));
    if (node::Status status = check_up_to(posted.number() - 1); !status.ok()) return status;
    if (node::Status status = check(posted); !status.ok()) return status;
    keep_blobs(posted);

    const bool is_marked = writer_.run(node::Durability::kSynced, [&]() GAVEL_REQUIRES(ledger::writing) {
        if (ledger_.last_header() != cut->parent || engine_.first_unbatched_chunk() != cut->first_chunk) return false;
        ledger_.mark_batch({posted.header(), posted.batch().l1_queue_hash, cut->first_chunk,
                            static_cast<uint32_t>(posted.data().size()), std::nullopt});
        engine_.batch_was_marked();
        return true;
    });
    if (!is_marked) return {};
    if (cut->source == DataSource::kBlobs) sidecars_.of(posted);
    made_.insert_or_assign(posted.number(), std::move(posted));
    return {};
}

node::Result<bool> Poster::send_one(uint64_t number) {
    if (node::Status status = check_up_to(number); !status.ok()) return status;
    const PostedBatch* posted = made(number);
    if (posted == nullptr) return false;
    const bool in_blobs = posted->data().source == DataSource::kBlobs;
    const Sidecars::Sidecar sidecar = in_blobs ? sidecars_.of(*posted) : nullptr;
    if (in_blobs && !sidecar) return false;
    auto sent = channel_.publish(wallet_, *posted, sidecar, number == view_.batch_head() + 1);
    if (!sent && (in_blobs ? is_without_blobs(sent.status()) : is_refused_by_node(sent.status())))
        return take_back(*posted, sent.status());
    if (!sent) return sent.status();
    if (!*sent) return false;
    writer_.run([&]() GAVEL_REQUIRES(ledger::writing) {
        if (number <= ledger_.batch_head()) ledger_.set_batch_transaction(number, **sent);
    });
    return true;
}

// A marked batch that no block has and a node doesn't take: its mark goes, and its chunks become smaller batches, or, if it is in
// blobs, some in calldata. Of one behind another that is on its way that is decided when its turn comes: the node may only think
// that it would revert.
node::Status Poster::take_back(const PostedBatch& posted, const node::Status& why) {
    const uint64_t number = posted.number();
    const size_t bytes = posted.data().argument.size(), chunks = posted.header().chunk_count;
    const bool in_blobs = posted.data().source == DataSource::kBlobs;
    if (number != view_.batch_head() + 1) return why;
    const bool is_cut_anew = writer_.run([&]() GAVEL_REQUIRES(ledger::writing) {
        if (in_blobs ? !engine_.blobs_were_refused() : !engine_.batch_was_refused(bytes, chunks)) return false;
        ledger_.unmark_batches_from(number);
        engine_.batch_was_marked();
        return true;
    });
    if (!is_cut_anew) return why;
    node::log_warn(in_blobs ? "a batch in blobs that the L1's node doesn't take is cut anew, in calldata"
                            : "a batch that the L1's node doesn't take is cut anew, smaller",
                   {{"batch", number}, {"bytes", bytes}, {"chunks", chunks}, {"why", node::to_string(why)}});
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
    while (sent_ < ledger_.summary().batches) {
        auto sent = send_one(sent_ + 1);
        if (!sent) return sent.status();
        if (!*sent) return {};
        ++sent_;
    }
    return {};
}

}  // namespace gavel::sequencer

#include "follow/snapshot_taker.hpp"

#include <algorithm>

#include "l1-bridge/client/rollup_client.hpp"
#include "node/log.hpp"

namespace gavel::follow {
namespace {

using node::Code;
using node::Result;
using node::Status;

Status refused(const char* reason, const std::string& message) { return {Code::kInternal, reason, "snapshot", message}; }

Status wrong_length(const SnapshotPiece& piece, size_t bytes) {
    return refused("SNAPSHOT_PIECE_LENGTH", to_string(piece) + " has " + std::to_string(bytes) + " bytes");
}

bool is_lie(const Status& status) { return status.code == Code::kInternal || status.code == Code::kInvalidArgument; }

// How much an answer says of why nobody gave what was asked for.
int weight(const Status& status) { return is_lie(status) ? 2 : status.code == Code::kUnavailable ? 1 : 0; }

}  // namespace

HeadJudge judge_by_l1(l1::L1Client& client, const L1View& view, const Domain& domain) {
    return [&client, &view, domain](const SnapshotHead& head) -> Status {
        const uint64_t number = head.batch();
        const std::string batch = "batch " + std::to_string(number);
        if (!(head.domain == domain)) return refused("SNAPSHOT_OTHER_CHAIN", "a snapshot of another chain or rollup contract");
        const l1::RollupClient contract(client, domain.rollup, view.head().number);
        auto record = contract.batch(number);
        if (!record) return record.status();
        if (record->hash.is_zero())
            return refused("SNAPSHOT_RECORD_GONE", "the contract has no record of " + batch + ", or not any more");
        if (record->hash != head.header.hash())
            return refused("SNAPSHOT_HEADER_FALSE", "the header isn't that of the contract's " + batch);
        auto is_final = contract.is_final(number);
        if (!is_final) return is_final.status();
        if (!*is_final) return refused("SNAPSHOT_NOT_FINAL", batch + " isn't final yet");
        auto standing = view.batch(number);
        if (standing && standing->hash == record->hash) return {};
        return {Code::kUnavailable, "L1_CONTRADICTS", "l1", "the contract has another " + batch + " than its events tell of"};
    };
}

SnapshotTaker::SnapshotTaker(std::vector<std::unique_ptr<SnapshotSource>> sources, std::string draft, HeadJudge judge,
                             Progress progress)
    : draft_path_(std::move(draft)), judge_(std::move(judge)), progress_(std::move(progress)) {
    for (auto& source : sources) sources_.push_back({std::move(source)});
}

Result<SnapshotDraft> SnapshotTaker::take() {
    lies_.clear();
    for (Source& source : sources_) source.is_refused = false;
    auto kept = go_on();
    auto draft = kept ? Result<SnapshotDraft>(*std::move(kept)) : begin();
    if (!draft) return draft;
    Status filled = fill(*draft);
    if (filled.ok()) return draft;
    if (filled.code == Code::kUnavailable || filled.code == Code::kCancelled) return filled;
    // Of those that don't lie, somebody may have another batch's.
    auto another = begin();
    if (another && another->head() == draft->head()) return filled;
    if (another) filled = fill(*another);
    return another && filled.ok() ? std::move(another) : Result<SnapshotDraft>(filled);
}

void SnapshotTaker::close() {
    for (Source& source : sources_) source.source->close();
}

void SnapshotTaker::refuse(Source& source, const Status& why) {
    source.is_refused = true;
    lies_.emplace_back(source.source->name(), why);
    // Its place in the list, too: two of one host look alike.
    node::log_error("a snapshot is refused", {{"source", source.source->name()},
                                              {"number", &source - sources_.data() + 1},
                                              {"reason", why.reason},
                                              {"detail", why.message}});
}

Status SnapshotTaker::ask(const std::function<Status(SnapshotSource&)>& question, bool all) {
    std::optional<Status> gravest;
    if (!lies_.empty()) gravest = lies_.back().second;
    if (sources_.empty()) gravest = {Code::kInvalidArgument, "SNAPSHOT_UNKNOWN", "snapshot", "there is nobody to ask"};
    for (Source& source : sources_) {
        if (source.is_refused) continue;
        const Status status = question(*source.source);
        if (status.ok() && !all) return status;
        if (is_lie(status)) refuse(source, status);
        if (!status.ok() && (!gravest || weight(status) > weight(*gravest))) gravest = status;
    }
    return gravest.value_or(Status{});
}

// Of all that the sources have, so that an old one, whose chain's later blobs are gone, isn't taken where there is a newer.
Result<SnapshotHead> SnapshotTaker::newest_head() {
    std::optional<SnapshotHead> newest;
    Status status = ask(
        [&](SnapshotSource& source) -> Status {
            auto bytes = source.head(std::nullopt);
            if (!bytes) return bytes.status();
            const auto head = SnapshotHead::decode(view_of(*bytes));
            if (!head || head->batch() == 0) return refused("SNAPSHOT_HEAD_INVALID", "the answer is no head of a snapshot");
            if (Status judged = judge_(*head); !judged.ok()) return judged;
            if (!newest || head->batch() > newest->batch()) newest = head;
            return {};
        },
        true);
    if (newest) return *newest;
    return status;
}

// All from one source, since it takes all of them to see whether they are true.
Result<Bytes> SnapshotTaker::fetch_roots(const SnapshotHead& head) {
    const StateFields& state = head.header.last;
    const SnapshotLayout layout(state);
    std::string roots;
    Status status = ask([&](SnapshotSource& source) -> Status {
        roots.clear();
        for (uint32_t i = 0; i < layout.pieces(SnapshotPart::kRoots); ++i) {
            const SnapshotPiece piece{SnapshotPart::kRoots, i};
            auto part = source.piece(head.batch(), piece);
            if (!part) return part.status();
            if (part->size() != layout.bytes_of(piece)) return wrong_length(piece, part->size());
            roots += *part;
        }
        const bool are_true = SnapshotRoots(state, view_of(roots)).lead_to(state);
        return are_true ? Status{} : refused("SNAPSHOT_ROOTS_FALSE", "the pieces' roots don't give those of the header");
    });
    if (!status.ok()) return status;
    return to_bytes(view_of(roots));
}

Result<SnapshotDraft> SnapshotTaker::begin() {
    auto head = newest_head();
    if (!head) return head.status();
    auto roots = fetch_roots(*head);
    if (!roots) return roots.status();
    return SnapshotDraft::open(draft_path_, *head, *roots);
}

// What an earlier call has begun, if the L1 still holds it, and somebody has it.
std::optional<SnapshotDraft> SnapshotTaker::go_on() {
    const auto left = SnapshotDraft::left_at(draft_path_);
    if (!left || left->head.batch() == 0 || !judge_(left->head).ok()) return std::nullopt;
    if (!SnapshotRoots(left->head.header.last, left->roots).lead_to(left->head.header.last)) return std::nullopt;
    Status had = ask([&](SnapshotSource& source) -> Status {
        auto head = source.head(left->head.batch());
        if (!head) return head.status();
        const bool is_same = std::ranges::equal(view_of(*head), left->head.encode());
        return is_same ? Status{} : refused("SNAPSHOT_HEADER_FALSE", "the header isn't that of the contract's batch");
    });
    auto draft = had.ok() ? SnapshotDraft::open(draft_path_, left->head, left->roots) : Result<SnapshotDraft>(had);
    if (!draft) return std::nullopt;
    return *std::move(draft);
}

Status SnapshotTaker::fill(SnapshotDraft& draft) {
    const SnapshotLayout& layout = draft.layout();
    for (SnapshotPart part : {SnapshotPart::kLeaves, SnapshotPart::kWithdrawals}) {
        for (uint32_t i = 0; i < layout.pieces(part); ++i) {
            const SnapshotPiece piece{part, i};
            auto has = draft.has(piece);
            if (!has) return has.status();
            if (Status got = *has ? Status{} : fetch(draft, piece); !got.ok()) return got;
            if (!progress_(layout.offset_of(piece) + layout.bytes_of(piece), layout.file_bytes()))
                return {Code::kCancelled, "STOPPED", "", "taking the snapshot was broken off; what is there stays"};
        }
    }
    return {};
}

Status SnapshotTaker::fetch(SnapshotDraft& draft, const SnapshotPiece& piece) {
    std::string data;
    Status status = ask([&](SnapshotSource& source) -> Status {
        auto got = source.piece(draft.head().batch(), piece);
        if (!got) return got.status();
        if (got->size() != draft.layout().bytes_of(piece)) return wrong_length(piece, got->size());
        if (!draft.is_true(piece, view_of(*got)))
            return refused("SNAPSHOT_PIECE_FALSE", to_string(piece) + " isn't what the batch has");
        data = *std::move(got);
        return {};
    });
    return status.ok() ? draft.put(piece, view_of(data)) : status;
}

}  // namespace gavel::follow

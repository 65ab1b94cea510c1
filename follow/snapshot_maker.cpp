#include "follow/snapshot_maker.hpp"

#include "follow/standing.hpp"
#include "node/log.hpp"

namespace gavel::follow {
namespace {

constexpr const char* kNotMade = "SNAPSHOT_NOT_MADE";
constexpr uint64_t kPauseMs = 600'000;

}  // namespace

uint64_t batch_for_snapshot(const L1View& view, uint64_t every) {
    const uint64_t time = view.head().time / every * every;
    uint64_t last = 0, end = view.final_head() + 1;
    while (end - last > 1) {
        const uint64_t middle = last + (end - last) / 2;
        auto batch = view.batch(middle);
        (batch && view.parameters().is_final(batch->posted_at, time) ? last : end) = middle;
    }
    return last;
}

SnapshotMaker::SnapshotMaker(SnapshotShelf& shelf, uint64_t every, const node::Clock& clock, node::Troubles& troubles,
                             node::Metrics* metrics)
    : shelf_(shelf), every_(every), clock_(clock), troubles_(troubles) {
    if (!metrics) return;
    made_ = metrics->counter("gavel_snapshots_made_total", "Snapshots made since the start.");
    seconds_ = metrics->gauge("gavel_snapshot_seconds", "How long the latest snapshot took to make.");
    auto batch = metrics->gauge("gavel_snapshot_batch", "The batch of the newest snapshot that is kept; 0: none.");
    metrics->before_text([&shelf, batch]() mutable {
        auto newest = shelf.newest();
        batch.set(newest ? static_cast<double>(newest->head().batch()) : 0);
    });
}

std::optional<uint64_t> SnapshotMaker::due_batch(const L1View& view) const {
    if (every_ == 0 || is_making_ || clock_.steady_ms() < again_at_ms_) return std::nullopt;
    const auto newest = shelf_.newest();
    const uint64_t number = batch_for_snapshot(view, every_);
    return number > (newest ? newest->head().batch() : 0) ? std::optional(number) : std::nullopt;
}

void SnapshotMaker::look(const ledger::Ledger& ledger, const L1View& view) {
    const auto number = due_batch(view);
    const auto header = number ? standing_header(ledger, view, *number) : std::nullopt;
    if (!header) return;
    auto record = ledger.batch(*number);
    std::lock_guard lock(mutex_);
    due_ = Due{ledger.sealed_state(), *header, record ? record->chunk_end() : 0};
    is_making_ = true;
}

bool SnapshotMaker::step() {
    std::optional<Due> due;
    {
        std::lock_guard lock(mutex_);
        due.swap(due_);
    }
    if (!due) return false;
    const node::Status made = make(*due);
    due.reset();
    troubles_.settle(kNotMade, made, 0, false);
    if (!made.ok()) again_at_ms_ = clock_.steady_ms() + kPauseMs;
    is_making_ = false;
    return true;
}

node::Status SnapshotMaker::make(const Due& due) {
    const uint64_t began_ms = clock_.steady_ms();
    const StateFields& state = due.header.last;
    const Bytes leaves = due.state.leaves_before_chunk(due.chunk, state.account_count);
    Bytes withdrawals;
    due.state.each_withdrawal(state.withdrawal_count, [&](const Withdrawal& made) { append(withdrawals, made.encode()); });
    const Bytes roots = snapshot_roots(leaves, withdrawals);
    if (!SnapshotRoots(state, roots).lead_to(state))
        throw node::StoreError("the ledger's store is damaged: its accounts don't lead to batch " +
                               std::to_string(due.header.number));
    auto draft = SnapshotDraft::open(shelf_.draft_path("making"), {shelf_.domain(), due.header}, roots);
    if (!draft) return draft.status();
    for (SnapshotPart part : {SnapshotPart::kLeaves, SnapshotPart::kWithdrawals}) {
        ByteView rest = part == SnapshotPart::kLeaves ? leaves : withdrawals;
        for (uint32_t i = 0; i < draft->layout().pieces(part); ++i) {
            const size_t bytes = draft->layout().bytes_of({part, i});
            if (node::Status put = draft->put({part, i}, rest.first(bytes)); !put.ok()) return put;
            rest = rest.subspan(bytes);
        }
    }
    const uint64_t file_bytes = draft->layout().file_bytes();
    if (node::Status added = shelf_.add(*std::move(draft)); !added.ok()) return added;
    const uint64_t took_ms = clock_.steady_ms() - began_ms;
    if (made_) made_->add();
    if (seconds_) seconds_->set(static_cast<double>(took_ms) / 1000);
    node::log_info("snapshot made", {{"batch", due.header.number},
                                     {"accounts", state.account_count},
                                     {"withdrawals", state.withdrawal_count},
                                     {"bytes", file_bytes},
                                     {"ms", took_ms}});
    return {};
}

}  // namespace gavel::follow

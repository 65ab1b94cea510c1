// What a snapshot becomes: the beginning of a ledger.
#include <algorithm>

#include "follow/snapshot_taker.hpp"
#include "ledger/ledger_start.hpp"
#include "protocol/account.hpp"

namespace gavel::follow {
namespace {

using node::Code;
using node::Status;

struct Link {
    AccountKey key, next;
};

// Each key once, the sentinel's first, and each leaf's next key the next larger one. What proofs of absence rest on, and what
// the tree in memory takes for granted.
bool are_linked(std::vector<Link> links) {
    if (links.empty() || !links.front().key.is_zero()) return false;
    std::sort(links.begin() + 1, links.end(), [](const Link& a, const Link& b) { return a.key < b.key; });
    for (size_t i = 0; i + 1 < links.size(); ++i)
        if (links[i].next != links[i + 1].key || !(links[i].key < links[i + 1].key)) return false;
    return links.back().next.is_zero();
}

// `visit` is given each piece's bytes.
Status each_piece(const SnapshotDraft& snapshot, SnapshotPart part, const std::function<void(ByteView)>& visit) {
    for (uint32_t i = 0; i < snapshot.layout().pieces(part); ++i) {
        auto piece = snapshot.read({part, i});
        if (!piece) return piece.status();
        visit(view_of(*piece));
    }
    return {};
}

Status check_links(const SnapshotDraft& snapshot) {
    std::vector<Link> links;
    links.reserve(snapshot.head().header.last.account_count);
    Status read = each_piece(snapshot, SnapshotPart::kLeaves, [&](ByteView piece) {
        for (; !piece.empty(); piece = piece.subspan(Account::kSize)) {
            const Account leaf = Account::decode(piece.first(Account::kSize));
            links.push_back({leaf.key, leaf.next});
        }
    });
    if (!read.ok()) return read;
    if (are_linked(std::move(links))) return {};
    return {Code::kInternal, "SNAPSHOT_LINKS_FALSE", "snapshot",
            "the leaves of batch " + std::to_string(snapshot.head().batch()) +
                " aren't linked by their keys: a false batch became final, and no ledger can be begun behind it"};
}

}  // namespace

Status begin_ledger(node::Store& store, const L1View& view, const SnapshotDraft& snapshot) {
    const BatchHeader& header = snapshot.head().header;
    const auto queue_hash = view.queue_hash(header.last.l1_ops_consumed);
    if (!queue_hash)
        return {Code::kUnavailable, "L1_OPERATIONS_MISSING", "l1",
                "L1 operations that the snapshot's batch consumed aren't known"};
    if (Status linked = check_links(snapshot); !linked.ok()) return linked;
    ledger::LedgerStart start(store, snapshot.head().domain, {header, *queue_hash});
    Status read = each_piece(snapshot, SnapshotPart::kLeaves, [&](ByteView piece) { start.add_leaves(piece); });
    if (read.ok()) read = each_piece(snapshot, SnapshotPart::kWithdrawals, [&](ByteView piece) { start.add_withdrawals(piece); });
    if (!read.ok()) return read;
    start.finish();
    return {};
}

}  // namespace gavel::follow

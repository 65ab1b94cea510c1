// Takes a snapshot from servers that nobody trusts, checks it against the L1, and begins a ledger with it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "follow/l1_view.hpp"
#include "follow/snapshot_source.hpp"
#include "l1-bridge/client/l1_client.hpp"

namespace gavel::follow {

// Whether the L1 holds that head. Reasons:
//   SNAPSHOT_OTHER_CHAIN    it is of another chain or rollup
//   SNAPSHOT_RECORD_GONE    the contract holds no batch of that number, or not any more: 2^17 others came since
//   SNAPSHOT_HEADER_FALSE   the batch that it holds has another header
//   SNAPSHOT_NOT_FINAL      it can still be struck
// and what the L1 client answers where it can't be asked.
using HeadJudge = std::function<node::Status(const SnapshotHead& head)>;
// By the contract's own views at the view's head, and by the view, which is up to date. References must outlive it.
HeadJudge judge_by_l1(l1::L1Client& client, const L1View& view, const Domain& domain);

class SnapshotTaker {
public:
    // Told of the bytes that are there, of all, after each piece. False: take() ends, kCancelled.
    using Progress = std::function<bool(uint64_t done, uint64_t all)>;

    // `draft`: the file where it grows. Sources are asked in their order.
    SnapshotTaker(
        std::vector<std::unique_ptr<SnapshotSource>> sources, std::string draft, HeadJudge judge,
        Progress progress = [](uint64_t, uint64_t) { return true; });

    // Of the newest batch that a source has a good head of; or of the one that an earlier call, of an earlier process perhaps,
    // has begun with, as long as somebody has it: the pieces that are there are kept. A source that lies is told in the log and
    // not asked again in this call; the others are, for what it should have given. Not OK: call again, a little later; what is
    // there stays. Reasons, where no source is left, beside the judge's, the sources' and SnapshotDraft's:
    //   SNAPSHOT_HEAD_INVALID   no head, or of no batch
    //   SNAPSHOT_ROOTS_FALSE    the pieces' roots don't give those of the header
    //   SNAPSHOT_PIECE_FALSE    a leaf, a link or a withdrawal of a piece isn't what the batch has: its root is another
    //   SNAPSHOT_PIECE_LENGTH   a piece has another length than the counts ask for
    node::Result<SnapshotDraft> take();
    // Of the latest take(): who lied, and how.
    const std::vector<std::pair<std::string, node::Status>>& lies() const { return lies_; }
    // Ends what take() waits for. Any thread.
    void close();

private:
    struct Source {
        std::unique_ptr<SnapshotSource> source;
        bool is_refused = false;  // it has lied in this take()
    };
    // Asks one after the other, until one does (or, `all`, each that hasn't lied). Not OK: the gravest of what they did instead.
    node::Status ask(const std::function<node::Status(SnapshotSource&)>& question, bool all = false);
    node::Result<SnapshotHead> newest_head();
    node::Result<Bytes> fetch_roots(const SnapshotHead& head);
    node::Result<SnapshotDraft> begin();
    std::optional<SnapshotDraft> go_on();
    node::Status fill(SnapshotDraft& draft);
    node::Status fetch(SnapshotDraft& draft, const SnapshotPiece& piece);
    void refuse(Source& source, const node::Status& why);

    std::vector<Source> sources_;
    const std::string draft_path_;
    const HeadJudge judge_;
    const Progress progress_;
    std::vector<std::pair<std::string, node::Status>> lies_;
};

// Begins a ledger with it, in a store that has none: `view` is of the chain that judged it. Reasons:
//   SNAPSHOT_LINKS_FALSE   the leaves aren't linked by their keys, as those of any true state are: a false batch became final
// and SnapshotFile's. Throws node::StoreError.
[[nodiscard]] node::Status begin_ledger(node::Store& store, const L1View& view, const SnapshotDraft& snapshot);

}  // namespace gavel::follow

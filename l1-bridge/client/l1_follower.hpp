// Follows a rollup's events on an L1, block by block, through reorganisations, restarts, and a node that is slow, behind, down,
// or leaves events out. Free of policy: it tells what the chain is now; how deep a block must be to be believed is the caller's
// to say.
//
// Near the head each block's bloom is held against the events that the node told: where it speaks of more, the block is asked for
// by its hash. Who knows by other means that something was left out says so, by read_again().
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::l1 {

// A block of the chain and the rollup's events in it, in order. While the follower is far behind, blocks without events are
// left out but for some.
struct BlockAdded {
    BlockRef block;
    std::vector<LocatedEvent> events;
    friend bool operator==(const BlockAdded&, const BlockAdded&) = default;
};

// All blocks told that are above `head` are no longer of the chain. `head` was told before; nullopt: there is nothing left.
// Blocks that are of the chain still may be among those taken back; they are told again.
struct BlocksRemoved {
    std::optional<BlockRef> head;
    friend bool operator==(const BlocksRemoved&, const BlocksRemoved&) = default;
};

using L1Update = std::variant<BlockAdded, BlocksRemoved>;

struct FollowerStep {
    std::vector<L1Update> updates;
    BlockRef l1_head;             // as the node told it in this step
    bool is_up_to_date = false;   // the last block told is l1_head
    bool node_is_behind = false;  // the node's chain ends below what was told, and doesn't contradict it
    // The first block of which the node told fewer events in a range than when asked for that block; nullopt: none.
    std::optional<uint64_t> left_out{};
};

struct FollowerOptions {
    uint64_t start_block = 0;          // no event of the rollup is in a block below it
    uint64_t chain_id = 0;             // of the chain that is followed; 0: whichever the node has
    uint64_t blocks_per_step = 64;     // told one by one at most
    uint64_t skip_beyond = 256;        // deeper than so many blocks below the head those without events may be left out
    uint64_t blocks_per_skip = 4'000;  // of one step then
};

// Not thread-safe. `client` must outlive it.
class L1Follower {
public:
    L1Follower(L1Client& client, const Address& rollup, FollowerOptions options = {});

    // One bounded round: a few requests. What it returns is to be taken in full, in order. Not OK: the client's Status, with
    // nothing told and nothing changed; call again. A chain that changes during a step is seen in the next one. Reason, beside
    // the client's: L1_WRONG_CHAIN (kUnavailable), where something would be taken back and the node is found to be another
    // chain's: of another chain id, or of another genesis block.
    node::Result<FollowerStep> step();
    // What was told can't be all, or can't be true: takes back the newest `depth` blocks, to be read again. The newest
    // kThoroughDepth of them are then read thoroughly: each by its hash, and from its receipts where its bloom speaks of the
    // rollup. Older ones are read in smaller ranges, the smaller the more often this is called. The update is to be taken as
    // those of a step; nullopt if nothing was told yet.
    std::optional<L1Update> read_again(uint64_t depth);
    // What was told has been found right: later blocks are read as usual.
    void found_right();
    static constexpr uint64_t kThoroughDepth = 4096;

    // The block told last; nullopt before any.
    std::optional<BlockRef> last() const { return trail_.empty() ? std::nullopt : std::optional(trail_.back()); }

    // Where it is, after the updates told so far: to be kept together with what they led to.
    Bytes encode_position() const;
    // Goes on from there. False, and nothing changes, if the bytes are no position.
    [[nodiscard]] bool restore_position(ByteView position);

private:
    // Blocks told, ascending: all of the newest, ever fewer of older ones, so that a common ancestor is found at any depth.
    using Trail = std::vector<BlockRef>;
    static void extend(Trail& trail, const BlockRef& block);

    // `l1_head`, if given, is the newest block of the chain.
    node::Result<bool> is_of_chain(const BlockRef& block, const std::optional<BlockRef>& l1_head);
    node::Status take_back(Trail& trail, FollowerStep& step);
    node::Status check_chain();
    // These tell of blocks `first` to `last`, all or none: none if the chain changes meanwhile.
    node::Status tell_each(Trail& trail, uint64_t first, uint64_t last, FollowerStep& step);
    node::Status tell_some(Trail& trail, uint64_t first, uint64_t last, FollowerStep& step);
    node::Status tell(Trail& trail, const std::vector<BlockRef>& blocks, const std::vector<LocatedEvent>& events,
                      FollowerStep& step);
    node::Result<std::vector<LocatedEvent>> events(uint64_t first, uint64_t last);
    node::Result<std::vector<LocatedEvent>> completed(const std::vector<BlockSummary>& blocks,
                                                      const std::vector<LocatedEvent>& told, FollowerStep& step);
    node::Status look_again(const BlockSummary& block, std::vector<LocatedEvent>& events);
    node::Status get_block(uint64_t number, std::vector<BlockRef>& blocks);
    bool is_thorough(uint64_t number) const { return number >= thorough_from_ && number <= thorough_to_; }

    L1Client& client_;
    RollupClient rollup_;
    FollowerOptions options_;
    Trail trail_;
    uint64_t log_range_;                            // blocks that are asked for at once: halved when that fails
    uint64_t widest_range_;                         // what log_range_ may grow to
    uint64_t thorough_from_ = 1, thorough_to_ = 0;  // blocks to be read thoroughly
};

}  // namespace gavel::l1

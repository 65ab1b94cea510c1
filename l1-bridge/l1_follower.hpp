// Follows a rollup's events on an L1, block by block, through reorganisations, restarts, and a node that is slow, behind or
// down. Free of policy: it tells what the chain is now; how deep a block must be to be believed is the caller's to say.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "l1-bridge/rollup_client.hpp"

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
    // nothing told and nothing changed; call again. A chain that changes during a step is seen in the next one. Reason, beside the
    // client's: L1_WRONG_CHAIN (kUnavailable), where something would be taken back and the node is found to be another chain's: of
    // another chain id, or of another genesis block.
    node::Result<FollowerStep> step();
    // A node that stays behind: takes its shorter chain for the truth. The next step tells what is gone.
    void accept_shorter_chain() { accept_shorter_ = true; }

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
    node::Status get_block(uint64_t number, std::vector<BlockRef>& blocks);

    L1Client& client_;
    RollupClient rollup_;
    FollowerOptions options_;
    Trail trail_;
    uint64_t log_range_;  // blocks that are asked for at once: halved when a node refuses, as for too many logs
    bool accept_shorter_ = false;
};

}  // namespace gavel::l1

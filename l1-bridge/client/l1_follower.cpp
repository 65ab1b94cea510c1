#include "l1-bridge/client/l1_follower.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"

namespace gavel::l1 {
namespace {

constexpr uint8_t kPositionVersion = 1;
constexpr size_t kRefSize = 8 + Hash::kSize + Hash::kSize + 8;
// Between two remembered blocks there are at most a fourth as many as between them and the newest.
constexpr uint64_t kThinning = 4;
constexpr uint64_t kThoroughPerStep = 16;
constexpr uint64_t kNarrowestRange = 16;

node::Status wrong_chain(const std::string& why) {
    return {node::Code::kUnavailable, "L1_WRONG_CHAIN", "l1", "the L1 node is another chain's: " + why};
}

}  // namespace

L1Follower::L1Follower(L1Client& client, const Address& rollup, FollowerOptions options)
    : client_(client),
      rollup_(client, rollup),
      options_(options),
      log_range_(options.blocks_per_skip),
      widest_range_(options.blocks_per_skip) {
    GAVEL_CHECK(options.blocks_per_step > 0 && options.blocks_per_skip > 0);
}

void L1Follower::extend(Trail& trail, const BlockRef& block) {
    trail.push_back(block);
    for (size_t i = trail.size() - 1; i-- > 1;) {
        uint64_t gap = trail[i + 1].number - trail[i - 1].number;
        if (gap <= (block.number - trail[i + 1].number) / kThinning) trail.erase(trail.begin() + static_cast<ptrdiff_t>(i));
    }
}

node::Result<bool> L1Follower::is_of_chain(const BlockRef& block, const std::optional<BlockRef>& l1_head) {
    if (l1_head && block.number == l1_head->number) return block.hash == l1_head->hash;
    auto now = client_.block_at(block.number);
    if (!now) return now.status();
    return now->has_value() && (*now)->hash == block.hash;
}

// Shortens the trail to what is of the chain, and tells so if that is shorter than before.
node::Status L1Follower::take_back(Trail& trail, FollowerStep& step) {
    size_t told = trail.size();
    if (!trail.empty() && trail.back().number > step.l1_head.number) {
        // What lies above the node's head says nothing; what lies below decides whether it is behind or elsewhere.
        auto known =
            std::find_if(trail.rbegin(), trail.rend(), [&](const BlockRef& b) { return b.number <= step.l1_head.number; });
        auto same = known == trail.rend() ? node::Result<bool>(true) : is_of_chain(*known, step.l1_head);
        if (!same) return same.status();
        step.node_is_behind = *same;
        if (step.node_is_behind) return {};
    }
    while (!trail.empty()) {
        if (trail.back().number <= step.l1_head.number) {
            auto same = is_of_chain(trail.back(), step.l1_head);
            if (!same) return same.status();
            if (*same) break;
        }
        trail.pop_back();
    }
    if (trail.size() != told) {
        if (node::Status status = check_chain(); !status.ok()) return status;
        if (trail.empty() && trail_.front().number == 0)
            return wrong_chain("its genesis block is another than the one read before");
    }
    if (trail.size() != told) step.updates.push_back(BlocksRemoved{trail.empty() ? std::nullopt : std::optional(trail.back())});
    return {};
}

node::Status L1Follower::check_chain() {
    if (options_.chain_id == 0) return {};
    auto id = client_.chain_id();
    if (!id) return id.status();
    if (*id == options_.chain_id) return {};
    return wrong_chain("it is chain " + std::to_string(*id) + ", what was read is of chain " + std::to_string(options_.chain_id));
}

node::Result<std::vector<LocatedEvent>> L1Follower::events(uint64_t first, uint64_t last) {
    auto events = rollup_.events(first, last);
    uint64_t asked = last - first + 1;
    log_range_ = events ? std::min(2 * log_range_, widest_range_) : std::max<uint64_t>(asked / 2, 1);
    if (!events) return events.status();
    uint64_t reached = first;
    for (const LocatedEvent& event : *events) {
        if (event.block_number < reached || event.block_number > last) {
            return node::Status{node::Code::kInternal, "L1_ANSWER_INVALID", "", "logs out of order"};
        }
        reached = event.block_number;
    }
    return events;
}

node::Status L1Follower::get_block(uint64_t number, std::vector<BlockRef>& blocks) {
    auto block = client_.block_at(number);
    if (!block) return block.status();
    if (*block) blocks.push_back(**block);
    return {};
}

// Adds `blocks`, ascending, with their events, to what is told: if all of them, the trail and the events are of one chain.
node::Status L1Follower::tell(Trail& trail, const std::vector<BlockRef>& blocks, const std::vector<LocatedEvent>& events,
                              FollowerStep& step) {
    // The newest block was seen first or last; if it is of the chain still, so was all that was asked for in between.
    auto same = is_of_chain(blocks.back(), std::nullopt);
    if (!same) return same.status();
    if (!*same) return {};
    std::vector<L1Update> updates;
    auto next = events.begin();
    for (const BlockRef& block : blocks) {
        BlockAdded added{block, {}};
        for (; next != events.end() && next->block_hash == block.hash; ++next) added.events.push_back(*next);
        updates.push_back(std::move(added));
    }
    // Answers of nodes that disagree, behind one address.
    if (next != events.end()) return {};
    step.updates.insert(step.updates.end(), updates.begin(), updates.end());
    for (const BlockRef& block : blocks) extend(trail, block);
    return {};
}

node::Status L1Follower::tell_each(Trail& trail, uint64_t first, uint64_t last, FollowerStep& step) {
    std::vector<BlockSummary> summaries;
    std::vector<BlockRef> blocks;
    for (uint64_t number = first; number <= last; ++number) {
        auto block = client_.summary_at(number);
        if (!block) return block.status();
        if (!*block) return {};
        const BlockRef* before = number > first ? &blocks.back() : trail.empty() ? nullptr : &trail.back();
        if (before && (*block)->ref.parent_hash != before->hash) return {};
        blocks.push_back((*block)->ref);
        summaries.push_back(**std::move(block));
    }
    auto found = events(first, last);
    if (!found) return found.status();
    auto all = completed(summaries, *found, step);
    if (!all) return all.status();
    return tell(trail, blocks, *all, step);
}

// The events of these blocks: what was told of their range, and of a block whose bloom speaks of more, or that is to be read
// thoroughly, what the node tells of it alone.
node::Result<std::vector<LocatedEvent>> L1Follower::completed(const std::vector<BlockSummary>& blocks,
                                                              const std::vector<LocatedEvent>& told, FollowerStep& step) {
    std::vector<LocatedEvent> out;
    auto next = told.begin();
    for (const BlockSummary& block : blocks) {
        std::vector<LocatedEvent> events;
        for (; next != told.end() && next->block_hash == block.ref.hash; ++next) events.push_back(*next);
        const size_t in_range = events.size();
        const bool is_doubtful = !block.bloom || may_hold_more(*block.bloom, rollup_.address(), events);
        if (is_doubtful || is_thorough(block.ref.number)) {
            if (node::Status status = look_again(block, events); !status.ok()) return status;
        }
        if (events.size() > in_range && !step.left_out) step.left_out = block.ref.number;
        out.insert(out.end(), events.begin(), events.end());
    }
    out.insert(out.end(), next, told.end());  // of other blocks than these: tell() refuses them
    return out;
}

// Asks for a block alone. More events than are known replace them.
node::Status L1Follower::look_again(const BlockSummary& block, std::vector<LocatedEvent>& events) {
    auto take = [&](std::vector<LocatedEvent> found) {
        if (found.size() > events.size()) events = std::move(found);
    };
    auto by_hash = rollup_.events_in(block.ref);
    if (by_hash) take(*std::move(by_hash));
    const bool may_be_more = !block.bloom || may_hold_more(*block.bloom, rollup_.address(), {});
    if (by_hash && !(is_thorough(block.ref.number) && may_be_more)) return {};
    auto by_receipts = rollup_.events_by_receipts(block);
    if (!by_receipts) return by_hash ? node::Status{} : by_hash.status();
    take(*std::move(by_receipts));
    return {};
}

node::Status L1Follower::tell_some(Trail& trail, uint64_t first, uint64_t last, FollowerStep& step) {
    std::vector<BlockRef> ends;
    for (uint64_t number : {last, first}) {
        if (node::Status status = get_block(number, ends); !status.ok()) return status;
    }
    if (ends.size() != 2 || (!trail.empty() && ends[1].parent_hash != trail.back().hash)) return {};
    auto found = events(first, last);
    if (!found) return found.status();
    std::vector<BlockRef> blocks;
    for (const LocatedEvent& event : *found) {
        if (event.block_number == last || (!blocks.empty() && blocks.back().number == event.block_number)) continue;
        size_t before = blocks.size();
        if (node::Status status = get_block(event.block_number, blocks); !status.ok()) return status;
        if (blocks.size() == before) return {};
    }
    blocks.push_back(ends[0]);
    return tell(trail, blocks, *found, step);
}

node::Result<FollowerStep> L1Follower::step() {
    FollowerStep out;
    auto head = client_.head();
    if (!head) return head.status();
    out.l1_head = *head;
    Trail trail = trail_;
    if (node::Status status = take_back(trail, out); !status.ok()) return status;
    uint64_t next = trail.empty() ? options_.start_block : trail.back().number + 1;
    if (!out.node_is_behind && next <= head->number) {
        bool may_skip = head->number - next > options_.skip_beyond && !is_thorough(next);
        uint64_t end = may_skip ? head->number - options_.skip_beyond : head->number;
        if (next < thorough_from_ && thorough_from_ <= thorough_to_) end = std::min(end, thorough_from_ - 1);
        uint64_t most = may_skip ? ~uint64_t{0} : is_thorough(next) ? kThoroughPerStep : options_.blocks_per_step;
        uint64_t last = std::min(end, next + std::min(log_range_, most) - 1);
        node::Status status = may_skip ? tell_some(trail, next, last, out) : tell_each(trail, next, last, out);
        if (!status.ok()) return status;
    }
    out.is_up_to_date = !trail.empty() && trail.back().hash == head->hash;
    trail_ = std::move(trail);
    return out;
}

std::optional<L1Update> L1Follower::read_again(uint64_t depth) {
    if (trail_.empty()) return std::nullopt;
    const uint64_t newest = trail_.back().number;
    thorough_to_ = std::max(thorough_to_, newest);
    thorough_from_ = newest - std::min({newest, depth, kThoroughDepth});
    widest_range_ = log_range_ = std::max(widest_range_ / 2, std::min(kNarrowestRange, options_.blocks_per_skip));
    while (!trail_.empty() && (newest - trail_.back().number < depth)) trail_.pop_back();
    return BlocksRemoved{trail_.empty() ? std::nullopt : std::optional(trail_.back())};
}

void L1Follower::found_right() {
    thorough_from_ = 1;
    thorough_to_ = 0;
    widest_range_ = options_.blocks_per_skip;
}

Bytes L1Follower::encode_position() const {
    ByteWriter out;
    out.u8(kPositionVersion);
    for (const BlockRef& block : trail_) out.u64(block.number).raw(block.hash).raw(block.parent_hash).u64(block.time);
    return out.take();
}

bool L1Follower::restore_position(ByteView position) {
    ByteReader in(position);
    if (in.u8() != kPositionVersion || !in.ok() || in.remaining() % kRefSize != 0) return false;
    Trail trail;
    while (in.remaining() > 0) {
        BlockRef block;
        block.number = in.u64();
        block.hash = in.fixed<Hash>();
        block.parent_hash = in.fixed<Hash>();
        block.time = in.u64();
        if (!trail.empty() && block.number <= trail.back().number) return false;
        trail.push_back(block);
    }
    trail_ = std::move(trail);
    return true;
}

}  // namespace gavel::l1

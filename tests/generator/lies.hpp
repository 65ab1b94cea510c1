// For each rule of apply, chunks that break it and no other.
#pragma once

#include <string>
#include <vector>

#include "protocol/batch.hpp"
#include "tests/generator/starting_state.hpp"

namespace gavel::test {

struct LieCase {
    Refusal rule = Refusal::kNone;  // that `wrong` breaks
    std::string what;               // how, in words; rule and words together are unique
    StartingState start;
    // The whole queue, from entry 0 on: start.counters.l1_ops_consumed <= queue.size().
    std::vector<L1Operation> queue;
    uint64_t limit = 0;  // the claimed l1OpsConsumed of either's batch; at most queue.size()
    BatchChunk wrong;
    BatchChunk control;  // right, and different from `wrong` in what the rule is about
    // What the slot of `wrong` says of its ops and sigs, if that doesn't fit in it: !wrong.lengths_hold, and only blobs can tell
    // such a lie.
    uint16_t ops_length = 0, sigs_length = 0;
};

// Whether the chunk can be posted there.
bool can_be_in(DataSource source, const BatchChunk& chunk);

// Where the lies are told: what the operations are signed for, and the token beside ETH.
struct LieSetting {
    Domain domain = test_domain();
    Address token = test::token(1);
};

// The leaves that most cases start from: deposits, and seven operations of the second leaf's owner, lead to them from genesis.
StartingState small_world(const LieSetting& setting = {});

// At least one case for each refusal; several where a rule can be broken in several places.
std::vector<LieCase> lie_cases(const LieSetting& setting);
// In the usual setting.
const std::vector<LieCase>& all_lie_cases();

}  // namespace gavel::test

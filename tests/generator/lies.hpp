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
};

// At least one case for each refusal; several where a rule can be broken in several places. In the domain test_domain().
const std::vector<LieCase>& all_lie_cases();

}  // namespace gavel::test

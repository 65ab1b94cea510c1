// Runs sequences of calls on both chains and compares everything that can be seen of the two contracts.
#pragma once

#include <stdexcept>
#include <string>

#include "tests/twins/goals.hpp"

namespace gavel::twins {

// The two contracts differ; what() tells in what, and what led there.
struct Difference : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Runner {
public:
    // Both must outlive it.
    Runner(Chain& simulated, Chain& anvil);
    // On new chains. Depends on the seed alone; neighbouring seeds begin with different goals. Throws Difference.
    void run_sequence(uint64_t seed);

    const Coverage& simulated_coverage() const { return simulated_coverage_; }
    const Coverage& anvil_coverage() const { return anvil_coverage_; }
    uint64_t transactions() const { return transactions_; }
    uint64_t blocks() const { return blocks_; }

private:
    struct Sequence;

    void set_up(Sequence& sequence);
    // The goals of one phase in turn, from that one on, until so many blocks were made.
    void pursue(Sequence& sequence, const std::vector<Goal>& goals, size_t place, unsigned blocks);
    void run_step(Sequence& sequence, Step step);
    SignedTransaction sign_next(Sequence& sequence, const Tx& transaction);
    void compare(Sequence& sequence, bool all);
    [[noreturn]] void differ(const Sequence& sequence, const std::string& what) const;

    Chain& simulated_;
    Chain& anvil_;
    std::vector<Goal> early_, late_;  // late ones need a frozen contract
    Coverage simulated_coverage_, anvil_coverage_;
    uint64_t transactions_ = 0, blocks_ = 0;
};

}  // namespace gavel::twins

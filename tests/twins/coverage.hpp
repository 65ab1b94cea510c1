// How often each outcome of each call has come up, against what docs/contract.md lists for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/twins/chains.hpp"

namespace gavel::twins {

// What a call came to: "success", a custom error's name, "no data" for a revert without any, or hex.
struct Outcome {
    std::string call;  // "append", "constructor"; "unknown" if no function has that selector
    std::string outcome;
    friend auto operator<=>(const Outcome&, const Outcome&) = default;
};
Outcome outcome_of(const RunningCall& call);

// Every outcome that docs/contract.md names for a call that isn't a view, call by call in the page's order, but for those that
// no sequence of transactions can reach (coverage.cpp says which and why).
const std::vector<Outcome>& required_outcomes();

class Coverage {
public:
    void add(const Outcome& outcome) { ++counts_[outcome]; }
    unsigned count(const Outcome& outcome) const;
    // Required ones that came up fewer than `least` times.
    std::vector<Outcome> missing(unsigned least) const;
    // The table: both chains' counts, required outcomes first, then others that came up.
    static std::string table(const Coverage& simulated, const Coverage& anvil);

private:
    std::map<Outcome, unsigned> counts_;
};

}  // namespace gavel::twins

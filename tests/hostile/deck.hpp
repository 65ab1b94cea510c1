// The faults of fault.hpp, each with parameters drawn at random, for a run that deals them: all but those for which a daemon may
// end when it starts (another chain, no contract).
#pragma once

#include <random>
#include <vector>

#include "tests/hostile/fault.hpp"

namespace gavel::hostile {

struct Card {
    // With parameters that let it touch something in a world of small batches and few logs.
    std::function<Fault(std::mt19937_64&)> draw;
    bool blinds = false;       // whoever has this before him all the time reads nothing
    unsigned most_ms = 8'000;  // that it lasts
};

const std::vector<Card>& deck();

}  // namespace gavel::hostile

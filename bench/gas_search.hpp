// The dearest proof that an attacker can make others bring: a search over mixes of operations at the weights' bound, and in blobs
// at a slot's, too.
#pragma once

#include <chrono>

#include "bench/gas_bench.hpp"

namespace gavel::bench {

struct Found {
    Mix mix;
    uint64_t bytes = 0;  // of the proof
    uint64_t gas = 0;    // calldata at 4 and 16 and the check itself, without what the contract does around it
};

struct Search {
    std::vector<Found> by_gas;    // the dearest first
    std::vector<Found> by_bytes;  // the longest first
    size_t tried = 0;
};

// Mixes that a search begins with: each kind of operation by itself at its bound, and the worst of earlier searches, the worst
// first.
std::vector<Mix> known_mixes();

// Climbs hills for so long: from each mix that is known, changes one or two numbers, fills up or cuts down to the bound, and goes
// on from what is dearer. Every proof tried is built and checked by the C++, then run by the prover on the Ethereum node
// (`caller`: tests/contracts' ProverCaller).
Search search_worst(TwoChains& chains, const Address& caller, const Setting& setting, std::chrono::seconds budget, uint64_t seed);
// The same figures for the known mixes alone.
Search rate_known(TwoChains& chains, const Address& caller, const Setting& setting);

}  // namespace gavel::bench

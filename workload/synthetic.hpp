// Payments drawn at random, for loads without a corpus: accounts by Zipf's law, amounts with few significant digits.
#pragma once

#include "workload/corpus.hpp"

namespace gavel::cli {

struct SyntheticOptions {
    uint64_t payments = 10'000;
    uint64_t accounts = 1'000;  // at least 2
    uint64_t tokens = 0;        // beside ETH; a fifth of the payments are in them if there are any
    double zipf_exponent = 1.0;
    uint64_t seed = 1;
};

// The same payments for the same options, on every machine.
Corpus draw_payments(const SyntheticOptions& options);

}  // namespace gavel::cli

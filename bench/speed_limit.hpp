// What the signatures alone allow: the limit that gavel-bench-speed holds everything against.
#pragma once

namespace gavel::bench {

struct SignatureRates {
    double recoveries = 0;     // a second, all cores together: protocol/keys.hpp, recover(), the digest being known
    double verifications = 0;  // likewise: libsecp256k1's verification by a key that is known and parsed
};

// Takes so long: two thirds recovering, the rest verifying, by all cores at once. Aborts if a right signature isn't found right.
SignatureRates measure_signatures(double seconds);

}  // namespace gavel::bench

// Who signed, asked of many signatures at once. A signer who was met before has a known key, and such signatures are checked
// together (protocol/signature_batch.hpp); the others' keys are recovered, and known from then on. Thread-safe.
#pragma once

#include <span>

#include "follow/known_keys.hpp"

namespace gavel::follow {

// That recover(digest, signature) is `owner`.
struct SignatureClaim {
    Hash digest;
    Signature signature;
    Address owner;
};

class SignatureChecker {
public:
    static constexpr size_t kMostKnown = 1 << 20;  // signers, whose keys take 84 MiB
    explicit SignatureChecker(size_t most_known = kMostKnown) : known_(most_known) {}

    // For each claim whether it holds. Quickest with some hundreds at a time.
    std::vector<bool> check(std::span<const SignatureClaim> claims);
    const KnownKeys& known() const { return known_; }

private:
    bool holds(const SignatureClaim& claim);

    KnownKeys known_;
};

}  // namespace gavel::follow

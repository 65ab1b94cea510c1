// Many signatures checked at once, of signers whose public keys are known (docs/protocol.md, "Signatures").
#pragma once

#include <span>

#include "protocol/keys.hpp"

namespace gavel {

// That recover_key(digest, signature) is `key`.
struct KeyClaim {
    Hash digest;
    Signature signature;
    PublicKey key;
};

// Whether all claims hold, for about half of what recovering each takes if they are 256, and less with more. False: at least one
// is false (or there is no memory): recover_key() tells which. True for a false claim with a chance of 2^-127, by factors drawn
// here from OpenSSL's generator; false if that fails. Any bytes may be passed. Thread-safe.
bool all_hold(std::span<const KeyClaim> claims);

}  // namespace gavel

#include "protocol/signature_batch.hpp"

#include <openssl/rand.h>

#include <vector>

#include "protocol/ecdsa_batch.h"

namespace gavel {
namespace {

constexpr size_t kFactorSize = sizeof(GavelEcdsaClaim::factor);

GavelEcdsaClaim encoded(const KeyClaim& claim, const uint8_t* factor) {
    GavelEcdsaClaim out;
    const uint8_t *r = claim.signature.data(), *s = r + 32;
    std::memcpy(out.digest, claim.digest.data(), sizeof out.digest);
    std::memcpy(out.r, r, sizeof out.r);
    std::memcpy(out.s, s, sizeof out.s);
    out.parity = s[0] >> 7;
    out.s[0] &= 0x7f;
    std::memcpy(out.key, claim.key.data(), sizeof out.key);
    std::memcpy(out.factor, factor, sizeof out.factor);
    out.factor[kFactorSize - 1] |= 1;  // not zero
    return out;
}

}  // namespace

bool all_hold(std::span<const KeyClaim> claims) {
    if (claims.empty()) return true;
    static const GavelEcdsaTables* const tables = gavel_ecdsa_tables();
    Bytes factors(claims.size() * kFactorSize);
    if (RAND_bytes(factors.data(), static_cast<int>(factors.size())) != 1) return false;
    std::vector<GavelEcdsaClaim> encoded_claims;
    encoded_claims.reserve(claims.size());
    for (size_t i = 0; i < claims.size(); ++i) encoded_claims.push_back(encoded(claims[i], &factors[i * kFactorSize]));
    return gavel_ecdsa_batch_holds(tables, encoded_claims.data(), encoded_claims.size()) == 1;
}

}  // namespace gavel

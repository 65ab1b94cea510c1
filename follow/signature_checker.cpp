#include "follow/signature_checker.hpp"

#include "protocol/signature_batch.hpp"

namespace gavel::follow {
namespace {

constexpr size_t kFewest = 4;  // that are worth checking together

}  // namespace

bool SignatureChecker::holds(const SignatureClaim& claim) {
    const auto key = recover_key(claim.digest, claim.signature);
    if (!key || claim.owner.is_zero() || address_of(*key) != claim.owner) return false;
    known_.remember(claim.owner, *key);
    return true;
}

std::vector<bool> SignatureChecker::check(std::span<const SignatureClaim> claims) {
    std::vector<bool> out(claims.size());
    std::vector<KeyClaim> together;
    std::vector<size_t> places, alone;  // of claims
    for (size_t i = 0; i < claims.size(); ++i) {
        const auto key = claims.size() < kFewest ? std::nullopt : known_.find(claims[i].owner);
        if (key) together.push_back({claims[i].digest, claims[i].signature, *key});
        (key ? places : alone).push_back(i);
    }
    const bool all = together.size() >= kFewest && all_hold(together);
    for (size_t i : places) out[i] = all || holds(claims[i]);  // if not all, each is asked: which, is told by recovering
    for (size_t i : alone) out[i] = holds(claims[i]);
    return out;
}

}  // namespace gavel::follow

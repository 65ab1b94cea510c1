#include "bench/speed_limit.hpp"

#include <secp256k1_recovery.h>

#include <chrono>

#include "bench/speed_cores.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"

namespace gavel::bench {
namespace {

using Timer = std::chrono::steady_clock;
constexpr size_t kSignatures = 64;  // different ones, in turns

struct Signed {
    Hash digest;
    Signature signature;
    Address signer;
    secp256k1_pubkey key;            // the same for a verification
    secp256k1_ecdsa_signature form;  // likewise
};

const secp256k1_context* context() {
    static const secp256k1_context* shared = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    return shared;
}

std::vector<Signed> some_signatures() {
    std::vector<Signed> out;
    for (size_t i = 0; i < kSignatures; ++i) {
        const PrivateKey key = PrivateKey::derived("signer " + std::to_string(i));
        Signed one;
        one.digest = keccak256(view_of("message " + std::to_string(i)));
        one.signature = key.sign(one.digest);
        one.signer = key.address();
        Signature plain = one.signature;
        plain.bytes[32] &= 0x7f;  // the parity's bit isn't part of s
        GAVEL_CHECK(secp256k1_ec_pubkey_create(context(), &one.key, key.scalar().data()));
        GAVEL_CHECK(secp256k1_ecdsa_signature_parse_compact(context(), &one.form, plain.data()));
        out.push_back(one);
    }
    return out;
}

// So often `work(i)` is done a second by all cores.
template <class Work>
double rate_of(double seconds, const Work& work) {
    std::atomic<size_t> done{0};
    const auto begin = Timer::now();
    const auto end = begin + std::chrono::duration_cast<Timer::duration>(std::chrono::duration<double>(seconds));
    on_each_core([&](unsigned) {
        size_t mine = 0;
        for (; Timer::now() < end; ++mine) work(mine % kSignatures);
        done += mine;
    });
    return static_cast<double>(done) / std::chrono::duration<double>(Timer::now() - begin).count();
}

}  // namespace

SignatureRates measure_signatures(double seconds) {
    static const std::vector<Signed> all = some_signatures();
    SignatureRates out;
    out.recoveries =
        rate_of(seconds * 2 / 3, [](size_t i) { GAVEL_CHECK(recover(all[i].digest, all[i].signature) == all[i].signer); });
    out.verifications = rate_of(seconds / 3, [](size_t i) {
        GAVEL_CHECK(secp256k1_ecdsa_verify(context(), &all[i].form, all[i].digest.data(), &all[i].key));
    });
    return out;
}

}  // namespace gavel::bench

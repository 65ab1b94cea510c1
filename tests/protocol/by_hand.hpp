// Chunks and signatures made by hand for the model's own tests, with nothing of protocol/.
#pragma once

#include "tests/model/model.hpp"

#include <secp256k1_recovery.h>

#include <catch2/catch.hpp>

namespace gavel::test::by_hand {

namespace m = gavel::model;

inline m::Bytes scalar(int value) { return m::be(32, value); }

inline m::Bytes sign(const m::Bytes& digest, const m::Bytes& key) {
    static const secp256k1_context* context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    auto raw = [](const m::Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); };
    secp256k1_ecdsa_recoverable_signature parsed;
    REQUIRE(secp256k1_ecdsa_sign_recoverable(context, &parsed, raw(digest), raw(key), nullptr, nullptr));
    m::Bytes out(64, '\0');
    int parity = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context, reinterpret_cast<unsigned char*>(out.data()), &parity,
                                                            &parsed);
    out[32] = static_cast<char>(out[32] | parity << 7);
    return out;
}

// Characters 0 and 1, all others passed over, with zeros up to a whole byte.
inline m::Bytes pack(const std::string& digits) {
    std::string bits;
    for (char c : digits) {
        if (c == '0' || c == '1') bits += c;
    }
    bits.resize((bits.size() + 7) / 8 * 8, '0');
    m::Bytes out;
    for (size_t i = 0; i < bits.size(); i += 8) out += static_cast<char>(std::stoi(bits.substr(i, 8), nullptr, 2));
    return out;
}

inline std::string bits_of(const m::Bytes& bytes) {
    std::string out;
    for (unsigned char byte : bytes) {
        for (int bit = 7; bit >= 0; --bit) out += byte >> bit & 1 ? '1' : '0';
    }
    return out;
}

// Addresses of the private keys 1 and 2, and one without a key.
inline const m::Bytes kAlice = m::unhex("7e5f4552091a69125d5dfcb7b8c2659029395bdf");
inline const m::Bytes kBob = m::unhex("2b5ad5c4795c026514f8317c7a215e218dccd6cf");
inline const m::Bytes kCarol = m::Bytes(20, '\x11');
inline const m::Bytes kRollup = m::Bytes(20, '\x22');
inline const m::Bytes kEth = m::zeros(20);
inline const m::Number kEther = m::Number("1000000000000000000");

}  // namespace gavel::test::by_hand

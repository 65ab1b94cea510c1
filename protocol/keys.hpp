// secp256k1 keys, addresses and signatures. The only place that meets libsecp256k1.
#pragma once

#include <optional>

#include "protocol/bytes.hpp"

namespace gavel {

// A private key in [1, n-1]; wiped when destroyed.
class PrivateKey {
public:
    // nullopt if `scalar` is zero or not below the group order.
    static std::optional<PrivateKey> from(const Hash& scalar);
    // The same from 32 bytes (nullopt for another number of them), and from 64 hex digits, with or without 0x; nothing of it is
    // left behind in memory.
    static std::optional<PrivateKey> from_bytes(ByteView bytes);
    static std::optional<PrivateKey> from_hex(std::string_view digits);
    // The key of a name: keccak256(text), for tests, devnets and loads that derive an account for each sender. Never for money.
    static PrivateKey derived(std::string_view text);
    PrivateKey(const PrivateKey&) = default;
    PrivateKey& operator=(const PrivateKey&) = default;
    ~PrivateKey();

    const Hash& scalar() const { return scalar_; }
    // The last 20 bytes of keccak256(x || y) of the public key.
    Address address() const;
    // Deterministic (RFC 6979) low-s signature in EIP-2098's compact form.
    Signature sign(const Hash& digest) const;

private:
    explicit PrivateKey(const Hash& scalar) : scalar_(scalar) {}
    Hash scalar_;
};

// A point of the curve: x, then y.
using PublicKey = FixedBytes<64, struct PublicKeyTag>;
// The last 20 bytes of its keccak256.
Address address_of(const PublicKey& key);

// The public key that signed, or nullopt for an invalid signature (as recover() has it). Any 64 bytes may be passed. Thread-safe.
std::optional<PublicKey> recover_key(const Hash& digest, const Signature& signature);
// The address that signed, or nullopt for an invalid signature: r or s outside [1, n-1], s > n/2, or no such point
// (docs/protocol.md, "Signatures"). Any 64 bytes may be passed. Thread-safe.
std::optional<Address> recover(const Hash& digest, const Signature& signature);

// Mixed-case checksum address (EIP-55).
std::string to_checksum(const Address& address);
// An address in hex: all lower case, all upper case, or with a right EIP-55 checksum; nullopt otherwise.
std::optional<Address> address_from_string(std::string_view text);

}  // namespace gavel

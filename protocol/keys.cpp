#include "protocol/keys.hpp"

#include <openssl/crypto.h>
#include <secp256k1_recovery.h>

#include <cctype>

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel {
namespace {

// One context for the process: after its creation it is only read, which libsecp256k1 allows from any thread.
const secp256k1_context* context() {
    static const secp256k1_context* shared = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    return shared;
}

PublicKey serialized(const secp256k1_pubkey& key) {
    uint8_t raw[65];
    size_t size = sizeof raw;
    secp256k1_ec_pubkey_serialize(context(), raw, &size, &key, SECP256K1_EC_UNCOMPRESSED);
    return PublicKey::from(ByteView{raw + 1, PublicKey::kSize});
}

// floor(n/2): the largest s that EIP-2 and libsecp256k1 call low.
const Hash kHalfOrder = *fixed_from_hex<Hash>("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

}  // namespace

std::optional<PrivateKey> PrivateKey::from(const Hash& scalar) {
    if (!secp256k1_ec_seckey_verify(context(), scalar.data())) return std::nullopt;
    return PrivateKey{scalar};
}

std::optional<PrivateKey> PrivateKey::from_bytes(ByteView bytes) {
    if (bytes.size() != Hash::kSize) return std::nullopt;
    Hash scalar = Hash::from(bytes);
    auto key = from(scalar);
    OPENSSL_cleanse(scalar.data(), scalar.size());
    return key;
}

std::optional<PrivateKey> PrivateKey::from_hex(std::string_view digits) {
    auto bytes = gavel::from_hex(digits);
    if (!bytes) return std::nullopt;
    auto key = from_bytes(*bytes);
    OPENSSL_cleanse(bytes->data(), bytes->size());
    return key;
}

PrivateKey PrivateKey::derived(std::string_view text) {
    auto key = from(keccak256(view_of(text)));
    GAVEL_CHECK(key.has_value());  // a hash outside [1, n-1] has a chance of 2^-127
    return *key;
}

PrivateKey::~PrivateKey() { OPENSSL_cleanse(scalar_.data(), scalar_.size()); }

Address PrivateKey::address() const {
    secp256k1_pubkey key;
    GAVEL_CHECK(secp256k1_ec_pubkey_create(context(), &key, scalar_.data()));
    return address_of(serialized(key));
}

Signature PrivateKey::sign(const Hash& digest) const {
    secp256k1_ecdsa_recoverable_signature raw;
    GAVEL_CHECK(secp256k1_ecdsa_sign_recoverable(context(), &raw, digest.data(), scalar_.data(), nullptr, nullptr));
    Signature out;
    int parity = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), out.data(), &parity, &raw);
    out.bytes[32] = static_cast<uint8_t>(out.bytes[32] | parity << 7);
    return out;
}

Address address_of(const PublicKey& key) { return Address::from(ByteView{keccak256(key)}.subspan(12)); }

std::optional<PublicKey> recover_key(const Hash& digest, const Signature& signature) {
    Signature plain = signature;
    int parity = plain.bytes[32] >> 7;
    plain.bytes[32] &= 0x7f;
    Hash s = Hash::from(ByteView{plain}.subspan(32));
    if (s.is_zero() || s > kHalfOrder || Hash::from(plain).is_zero()) return std::nullopt;
    secp256k1_ecdsa_recoverable_signature raw;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &raw, plain.data(), parity)) return std::nullopt;
    secp256k1_pubkey key;
    if (!secp256k1_ecdsa_recover(context(), &key, &raw, digest.data())) return std::nullopt;
    return serialized(key);
}

std::optional<Address> recover(const Hash& digest, const Signature& signature) {
    auto key = recover_key(digest, signature);
    if (!key) return std::nullopt;
    Address signer = address_of(*key);
    if (signer.is_zero()) return std::nullopt;
    return signer;
}

std::string to_checksum(const Address& address) {
    std::string digits = to_hex(address).substr(2);
    Hash hash = keccak256(view_of(digits));
    for (size_t i = 0; i < digits.size(); ++i) {
        int nibble = i % 2 == 0 ? hash.bytes[i / 2] >> 4 : hash.bytes[i / 2] & 15;
        if (nibble >= 8) digits[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(digits[i])));
    }
    return "0x" + digits;
}

std::optional<Address> address_from_string(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    auto address = fixed_from_hex<Address>(text);
    if (!address || text.size() != 40) return std::nullopt;
    bool lower = text.find_first_of("abcdef") != text.npos, upper = text.find_first_of("ABCDEF") != text.npos;
    if (lower && upper && to_checksum(*address).substr(2) != text) return std::nullopt;
    return address;
}

}  // namespace gavel

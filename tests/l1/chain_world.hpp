// A simulated chain on a manual clock, two people with ether on it, and a contract that does what a test tells it.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/store.hpp"
#include "protocol/amount.hpp"

namespace gavel::test {

using namespace gavel::l1;

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
            case 'b': return CallResult::ok(to_bytes(host.blob_hash(data[1])));
            case 'h': host.store(slots::at(data[1]), host.blob_hash(data[2])); return CallResult::ok();
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

struct ChainWorld {
    node::MemoryStore store;
    node::ManualClock clock{1'700'000'000'000};
    NativeRegistry registry;
    ChainOptions options;
    PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    std::unique_ptr<SimulatedChain> chain;
    std::map<Address, uint64_t> nonces;

    ChainWorld() {
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

inline Bytes bytes(std::initializer_list<uint8_t> list) { return list; }

}  // namespace gavel::test

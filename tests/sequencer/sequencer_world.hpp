// The sequencer in one process with a simulated L1, behind a node with moods of its own: step() by step().
#pragma once

#include <catch2/catch.hpp>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "protocol/keccak.hpp"
#include "sequencer/sequencer.hpp"
#include "tests/contract/contract_fixture.hpp"

namespace gavel::sequencer {

// A node that can be down, take only smaller transactions, or count another price for calldata.
class MoodyNode final : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    bool is_down = false;
    bool swallows = false;       // transactions are taken, and vanish
    bool hides_notice = false;   // doesn't answer the contract's notice()
    size_t most_bytes = 0;       // of a raw transaction; 0: any
    uint64_t gas_per_byte = 40;  // of calldata, at least
    size_t sent = 0, refused = 0;
    std::vector<l1::Transaction> taken;

    node::Result<uint64_t> estimate_gas(const l1::CallRequest& request) override {
        auto gas = ForwardingClient::estimate_gas(request);
        if (gas) *gas = std::max<uint64_t>(*gas, 21'000 + gas_per_byte * request.data.size());
        return gas;
    }
    node::Result<l1::CallReply> try_call(const l1::CallRequest& request) override {
        if (hides_notice && request.data == l1::rollup_view::notice())
            return node::Status{node::Code::kInternal, "L1_ERROR", "", "no"};
        return ForwardingClient::try_call(request);
    }
    node::Result<Hash> send_raw(ByteView raw) override {
        ++sent;
        const l1::Transaction body = l1::decode_transaction(raw)->body;
        const bool is_too_large = most_bytes != 0 && raw.size() > most_bytes;
        if (is_too_large || body.gas_limit < 21'000 + gas_per_byte * body.data.size()) {
            ++refused;
            return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "no, thank you"};
        }
        if (swallows) return keccak256(raw);
        auto hash = ForwardingClient::send_raw(raw);
        if (hash) taken.push_back(body);
        return hash;
    }

private:
    node::Status admit() override {
        if (!is_down) return {};
        return {node::Code::kUnavailable, "L1_UNREACHABLE", "", "the line is cut"};
    }
};

inline constexpr u128 kMilli = test::kEther / 1000;

class World {
public:
    explicit World(SequencerConfig wanted = {}, const PrivateKey& its_key = PrivateKey::derived("home"))
        : config(std::move(wanted)), key(its_key) {
        config.engine.fee_recipient = l1.home.address();
        config.engine.batch_age_ms = 5'000;
        config.fees.eth_percent = 0;
        start();
    }

    void start() {
        sequencer.reset();
        sync.reset();
        wallet = std::make_unique<l1::L1Wallet>(client, key, wallet_options, clock);
        auto opened = follow::L1Sync::open(store, client, l1.rollup);
        REQUIRE(opened.ok());
        sync = std::move(*opened);
        metrics = std::make_unique<node::Metrics>();
        sequencer = std::make_unique<Sequencer>(store, *sync, client, *wallet, clock, *metrics, config);
    }

    // What stands in the way, by reason.
    std::optional<node::Trouble> trouble(const std::string& reason) const {
        for (const node::Trouble& one : sequencer->troubles().standing())
            if (one.reason == reason) return one;
        return std::nullopt;
    }

    // A figure as /metrics tells it.
    std::string metric(const std::string& name) const {
        const std::string text = metrics->text(), start = "\n" + name + " ";
        const size_t at = text.find(start);
        REQUIRE(at != text.npos);
        return text.substr(at + start.size(), text.find('\n', at + 1) - at - start.size());
    }

    // `rounds` of step, time passing and a block mined.
    void run(int rounds, uint64_t seconds = 3) {
        for (int i = 0; i < rounds; ++i) {
            last = sequencer->step();
            l1.pass(seconds);
            clock.advance_to(l1.now() * 1000);
            REQUIRE(l1.chain->set_next_block_time(l1.now()).ok());
            l1.chain->mine();
            l1.pass(1);
        }
        last = sequencer->step();
    }

    void deposit(const PrivateKey& from, const Address& to, u128 wei) {
        REQUIRE(l1.send(from, l1::rollup_call::deposit_eth(to), wei).empty());
    }

    Submission transfer(const PrivateKey& from, const Address& to, u128 amount, uint64_t nonce, u128 fee = 0) const {
        Submission out;
        out.operation = {OperationKind::kTransfer, {}, {{to, Amount{amount}}}, Amount{fee}, nonce, {}};
        return sign(from, out);
    }
    Submission sign(const PrivateKey& from, Submission out) const {
        Domain domain = sync->domain();
        out.sender = from.address();
        out.chain_id = domain.chain_id;
        out.signature = from.sign(out.operation.digest(domain.separator()));
        return out;
    }
    std::vector<SubmitOutcome> submit(const std::vector<Submission>& submissions) {
        std::optional<std::vector<SubmitOutcome>> answers;
        sequencer->submit(submissions, [&](std::vector<SubmitOutcome> outcomes) { answers = std::move(outcomes); });
        sequencer->execute();
        REQUIRE(answers.has_value());
        REQUIRE(answers->size() == submissions.size());
        return *answers;
    }
    SubmitOutcome submit(const Submission& submission) { return submit(std::vector{submission}).front(); }

    u128 balance(const Address& owner) const { return sequencer->queries().account({owner, {}}).balance.value(); }
    query::OperationStatus status(const Hash& digest) const {
        auto info = sequencer->queries().operation(digest);
        REQUIRE(info.ok());
        return info->status;
    }

    test::ContractFixture l1;
    l1::InProcessClient chain_client{*l1.chain, l1::ErrorNames(l1::rollup_error_signatures())};
    MoodyNode client{chain_client};
    node::MemoryStore store;
    node::ManualClock clock{test::kStart * 1000};
    SequencerConfig config;
    PrivateKey key;  // the operator's
    l1::L1WalletOptions wallet_options;
    std::unique_ptr<l1::L1Wallet> wallet;
    std::unique_ptr<follow::L1Sync> sync;
    std::unique_ptr<node::Metrics> metrics;
    std::unique_ptr<Sequencer> sequencer;
    node::Status last;
};

// A world in which alice has 5 ether on the second layer.
struct Funded : World {
    explicit Funded(SequencerConfig wanted = {}, const PrivateKey& its_key = PrivateKey::derived("home"))
        : World(std::move(wanted), its_key) {
        run(3);
        INFO(node::to_string(last));
        REQUIRE(sequencer->health().ok());
        deposit(l1.alice, l1.alice.address(), 5 * test::kEther);
        run(3);
        REQUIRE(balance(l1.alice.address()) == 5 * test::kEther);
    }
};

}  // namespace gavel::sequencer

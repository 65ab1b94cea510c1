// A sequencer with a simulated L1, on whichever store a test gives it.
#pragma once

#include <catch2/catch.hpp>
#include <future>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "sequencer/sequencer.hpp"
#include "tests/contract/contract_fixture.hpp"

namespace gavel::sequencer_test {

using sequencer::Sequencer;
using sequencer::SequencerConfig;
using sequencer::Submission;
using sequencer::SubmitOutcome;

class World {
public:
    explicit World(std::unique_ptr<node::Store> its_store) {
        config.engine.fee_recipient = l1.home.address();
        config.engine.batch_age_ms = 5'000;
        config.fees.eth_percent = 0;
        start(std::move(its_store));
    }

    void stop() {
        sequencer.reset();
        sync.reset();
        store.reset();
    }
    // Again, on the store of before.
    void restart() { start(std::move(store)); }
    void start(std::unique_ptr<node::Store> its_store) {
        sequencer.reset();
        sync.reset();
        store = std::move(its_store);
        wallet = std::make_unique<l1::L1Wallet>(client, l1.home, l1::L1WalletOptions{}, clock);
        auto opened = follow::L1Sync::open(*store, client, l1.rollup);
        REQUIRE(opened.ok());
        sync = std::move(*opened);
        metrics = std::make_unique<node::Metrics>();
        sequencer = std::make_unique<Sequencer>(*store, *sync, client, *wallet, clock, *metrics, config);
    }
    void mine() {
        l1.pass(3);
        clock.advance_to(l1.now() * 1000);
        REQUIRE(l1.chain->set_next_block_time(l1.now()).ok());
        l1.chain->mine();
        l1.pass(1);
    }
    void run(int rounds) {
        for (int i = 0; i < rounds; ++i) {
            sequencer->step();
            mine();
        }
        sequencer->step();
    }
    uint64_t transactions_sent() {
        auto nonce = client.nonce(l1.home.address(), true);
        REQUIRE(nonce.ok());
        return *nonce;
    }
    // Alice has money, a batch of it stands.
    void fund() {
        run(3);
        REQUIRE(sequencer->sequencing().ok());
        REQUIRE(l1.send(l1.alice, l1::rollup_call::deposit_eth(l1.alice.address()), test::kEther).empty());
        run(5);
        REQUIRE(sync->view().batch_head() > 0);
    }

    using Answers = std::vector<SubmitOutcome>;
    // Alice's payment of 1 wei to Bob.
    std::shared_future<Answers> submit(uint64_t nonce) { return submit(l1.alice, l1.bob.address(), nonce); }
    std::shared_future<Answers> submit(const PrivateKey& from, const Address& to, uint64_t nonce) {
        Domain domain = sync->domain();
        Submission out;
        out.operation = {OperationKind::kTransfer, {}, {{to, Amount{1}}}, {}, nonce, {}};
        out.sender = from.address();
        out.chain_id = domain.chain_id;
        out.signature = from.sign(out.operation.digest(domain.separator()));
        auto promise = std::make_shared<std::promise<Answers>>();
        sequencer->submit({out}, [promise](Answers answers) { promise->set_value(std::move(answers)); });
        return promise->get_future().share();
    }

    test::ContractFixture l1;
    l1::InProcessClient client{*l1.chain, l1::ErrorNames(l1::rollup_error_signatures())};
    node::ManualClock clock{test::kStart * 1000};
    SequencerConfig config;
    std::unique_ptr<node::Store> store;
    std::unique_ptr<l1::L1Wallet> wallet;
    std::unique_ptr<follow::L1Sync> sync;
    std::unique_ptr<node::Metrics> metrics;
    std::unique_ptr<Sequencer> sequencer;
};

}  // namespace gavel::sequencer_test

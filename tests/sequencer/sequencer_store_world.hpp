// A sequencer whose store is what a test is about.
#pragma once

#include "tests/sequencer/sequencer_world.hpp"

namespace gavel::sequencer_test {

struct StoreWorld : World {
    explicit StoreWorld(std::unique_ptr<node::Store> its_store) : World({}, PrivateKey::derived("home"), std::move(its_store)) {}

    // Alice has money, a batch of it stands.
    void fund() {
        run(3);
        REQUIRE(sequencer->sequencing().ok());
        deposit(l1.alice, l1.alice.address(), kEther);
        run(5);
        REQUIRE(sync->view().batch_head() > 0);
    }
    // By the operator, mined or waiting.
    uint64_t transactions_sent() {
        auto nonce = client.nonce(key.address(), true);
        REQUIRE(nonce.ok());
        return *nonce;
    }
    // A payment of 1 wei, alice's to bob unless said.
    std::shared_future<Answers> pay(uint64_t nonce) { return pay(l1.alice, l1.bob.address(), nonce); }
    std::shared_future<Answers> pay(const PrivateKey& from, const Address& to, uint64_t nonce) {
        return hand_over({transfer(from, to, 1, nonce)});
    }
};

}  // namespace gavel::sequencer_test

// A sequencer and a verifier on one simulated L1, in one process, with some of everything in their books.
#pragma once

#include "sequencer/direct_sequencer.hpp"
#include "tests/sequencer/sequencer_world.hpp"
#include "verifier/direct_verifier.hpp"

namespace gavel::test {

class BothWorld : public sequencer_test::Funded {
public:
    // Alice pays bob with a fee, pays out to bob and carol, and withdraws: all final. Then she pays bob once more: confirmed.
    BothWorld() {
        deposit(l1.alice, l1.home.address(), kEther);
        run(3);
        pay(transfer(l1.alice, l1.bob.address(), sequencer_test::kMilli, 0, 10));
        sequencer::Submission payout = transfer(l1.alice, l1.bob.address(), 2 * sequencer_test::kMilli, 1);
        payout.operation.kind = OperationKind::kPayout;
        payout.operation.payments.push_back({l1.carol.address(), Amount{7}});
        payout.operation.memo.bytes.fill('m');
        pay(sign(l1.alice, payout));
        sequencer::Submission withdrawal = transfer(l1.alice, l1.alice.address(), kEther, 2);
        withdrawal.operation.kind = OperationKind::kWithdraw;
        pay(sign(l1.alice, withdrawal));
        run(4);
        run(2, kChallenge);
        pay(transfer(l1.alice, l1.bob.address(), 3 * sequencer_test::kMilli, 3));

        auto opened = follow::L1Sync::open(verifier_store, chain_client, l1.rollup);
        REQUIRE(opened.ok());
        verifier_sync = std::move(*opened);
        verifier = std::make_unique<verifier::Verifier>(verifier_store, *verifier_sync, chain_client, nullptr, clock);
        node::Result<bool> more = true;
        for (int i = 0; i < 100 && more && *more; ++i) more = verifier->step();
        INFO(node::to_string(more.status()));
        REQUIRE(more.ok());
        REQUIRE(verifier->status().is_synced);
    }

    void pay(const sequencer::Submission& submission) {
        const sequencer::SubmitOutcome outcome = submit(submission);
        INFO(node::to_string(outcome.status));
        REQUIRE(outcome.status.ok());
        receipts.push_back(outcome.receipt);
    }

    // Whoever waits has `idle` called: without one, what is queued is executed.
    std::unique_ptr<api::Sequencer> direct_sequencer(query::Idle idle = {}) {
        if (!idle) idle = [this] { sequencer->execute(); };
        return std::make_unique<sequencer::DirectSequencer>(*sequencer, std::move(idle));
    }
    std::unique_ptr<api::Verifier> direct_verifier() {
        return std::make_unique<verifier::DirectVerifier>(*verifier, [] {});
    }

    std::vector<api::Receipt> receipts;
    node::MemoryStore verifier_store;
    std::unique_ptr<follow::L1Sync> verifier_sync;
    std::unique_ptr<verifier::Verifier> verifier;
};

}  // namespace gavel::test

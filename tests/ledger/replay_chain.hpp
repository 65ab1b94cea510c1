// A sequencer's ledger, a verifier's, and the L1 between them.
#pragma once

#include <catch2/catch.hpp>
#include <memory>

#include "follow/l1_view.hpp"
#include "follow/replayer.hpp"
#include "tests/ledger/ledger_l1_fixture.hpp"

namespace gavel::ledger_test {

using namespace gavel::follow;
using namespace gavel::ledger;

// A sequencer's ledger, a verifier's, and the L1 between them.
struct ReplayChain {
    explicit ReplayChain(uint64_t seed) : world(seed) {
        view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
        sequencer = std::make_unique<OpenLedger>(own_store, world.domain);
        restart();
        world.fund(*sequencer);
        for (const L1Operation& operation : world.queue) l1.queue(operation);
        l1.mine(*view);
        post();
    }
    void restart() {
        replayer.reset();
        verifier = std::make_unique<OpenLedger>(store, world.domain);
        replayer = std::make_unique<Replayer>(*verifier, *view, l1.source(), clock, Replayer::Options{});
    }
    void pay_one(size_t from, u128 amount) {
        REQUIRE(world.submit(*sequencer, from, world.transfer(*sequencer, from, {}, world.address(2), amount, 1)).ok());
    }
    // Some payments, in `chunks` sealed chunks.
    void pay(size_t chunks = 1) {
        for (size_t i = 0; i < chunks; ++i) {
            pay_one(1, 5 + i);
            pay_one(3, 7 + i);
            world.seal(*sequencer);
        }
    }
    // What the sequencer has sealed and not posted becomes a batch; not mined.
    Batch batch() {
        uint64_t head = sequencer->batch_head();
        uint64_t first = head == 0 ? 0 : sequencer->batch(head)->chunk_end();
        Batch out =
            *sequencer->assemble(sequencer->last_header(), first, static_cast<uint16_t>(sequencer->chunk_count() - first));
        auto size = static_cast<uint32_t>(out.encode().size());
        sequencer->mark_batch({out.header(), out.l1_queue_hash, first, size, std::nullopt});
        return out;
    }
    void post() {
        l1.append(batch());
        l1.mine(*view);
    }
    Replayer::Progress replay(Replayer& with, size_t max_chunks = 32) {
        for (int i = 0; i < 1'000; ++i) {
            Replayer::Progress progress = with.step(max_chunks);
            if (progress != Replayer::Progress::kWorked) return progress;
        }
        FAIL("replays for ever");
        return Replayer::Progress::kWorked;
    }
    Replayer::Progress replay() { return replay(*replayer); }
    Replayer own_replayer() { return Replayer(*sequencer, *view, l1.source(), clock, Replayer::Options{true}); }

    World world;
    HandL1 l1;
    node::ManualClock clock{5'000};
    node::MemoryStore own_store, store;
    std::unique_ptr<L1View> view;
    std::unique_ptr<OpenLedger> sequencer, verifier;
    std::unique_ptr<Replayer> replayer;
};

// The rows of both ledgers are the same but for when something was confirmed, and by which transaction it was posted.
inline void check_same(const OpenLedger& one, const OpenLedger& other) {
    CHECK(one.summary().fields == other.summary().fields);
    CHECK(one.summary().entries == other.summary().entries);
    CHECK(balances_by_entries(one) == balances_by_entries(other));
    CHECK(one.last_header() == other.last_header());
    for (uint64_t number = 0; number < one.summary().chunks; ++number) CHECK(one.chunk(number) == other.chunk(number));
}

}  // namespace gavel::ledger_test

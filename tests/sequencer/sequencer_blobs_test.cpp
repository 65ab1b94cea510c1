// The sequencer posts in blobs: when it does, what is in them, what it keeps, and what it does where nobody takes them.
#include <atomic>
#include <thread>

#include "l1-bridge/client/rollup_client.hpp"
#include "tests/sequencer/sequencer_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;
using sequencer::DataMode;

namespace {

// A world in which alice has ether, and what waits five seconds is posted.
struct Blobs : Funded {
    explicit Blobs(DataMode mode) {
        post_in(mode);
        start();
        run(2);
        REQUIRE(sequencer->health().ok());
        client.taken.clear();
    }
    // `count` payments of a wei from alice to bob.
    void pay(uint64_t count) {
        std::vector<Submission> payments;
        for (uint64_t i = 0; i < count; ++i) payments.push_back(transfer(l1.alice, l1.bob.address(), 1, nonce++));
        for (const SubmitOutcome& outcome : submit(payments)) REQUIRE(outcome.status.ok());
    }
    // Appends that the node took, oldest first.
    std::vector<DataSource> sources() const {
        std::vector<DataSource> out;
        for (const l1::Transaction& body : client.taken)
            if (auto call = l1::read_append(body.data)) out.push_back(call->source);
        return out;
    }
    // The newest batch, as the L1 has it.
    Batch newest() {
        const auto standing = sync->view().batch(sync->view().batch_head());
        REQUIRE(standing.has_value());
        const l1::RollupClient contract(client, l1.rollup, {}, &chain_blobs);
        auto batch = contract.fetch_batch(standing->tx_hash, {standing->hash, standing->posted_at, standing->term});
        INFO(node::to_string(batch.status()));
        REQUIRE(batch.ok());
        return *batch;
    }
    uint64_t nonce = 0;
};

const std::vector<DataSource> kOneInBlobs{DataSource::kBlobs}, kOneInCalldata{DataSource::kCalldata};

}  // namespace

TEST_CASE("a batch in blobs comes to stand, its blobs are kept, and another sequencer reads it from the chain") {
    Blobs w(DataMode::kBlobs);
    const uint64_t before = w.sync->view().batch_head();
    w.pay(100);  // three chunks
    w.run(5);
    CHECK(w.sources() == kOneInBlobs);
    REQUIRE(w.sync->view().batch_head() == before + 1);
    CHECK(w.newest().source == DataSource::kBlobs);
    CHECK(w.newest().chunks.size() == 3);
    CHECK(w.archive.of_batch(before + 1).size() == 1);
    CHECK(w.balance(w.l1.bob.address()) == 100);

    const Hash hash = w.newest().header().hash();
    w.config.new_data = true;
    w.start(std::make_unique<node::MemoryStore>());
    w.run(3);
    INFO(node::to_string(w.last));
    CHECK(w.sequencer->health().ok());
    CHECK(w.newest().header().hash() == hash);
    CHECK(w.balance(w.l1.bob.address()) == 100);
}

TEST_CASE("more chunks than the blobs of one transaction hold are several batches") {
    Blobs w(DataMode::kBlobs);
    w.config.fees.posting.max_blobs = 1;
    w.config.engine.batch_age_ms = 90'000;
    w.start();
    w.run(1);
    w.client.taken.clear();
    w.pay(48 * 33);  // weight 96 are 48 of them
    w.run(3);
    CHECK(w.sources() == kOneInBlobs);  // it is full; the rest waits for its age
    CHECK(w.newest().chunks.size() == 32);
}

TEST_CASE("where a batch's data go is what costs less") {
    Blobs w(DataMode::kAuto);
    SECTION("many payments: blobs") {
        w.pay(300);
        w.run(4);
        CHECK(w.sources() == kOneInBlobs);
    }
    SECTION("few payments, and blobs dear: calldata") {
        w.client.blob_wei = 1'000 * kGwei;
        w.run(1);
        w.pay(3);
        w.run(4);
        CHECK(w.sources() == kOneInCalldata);
    }
    SECTION("no price of blobs is told: calldata") {
        w.client.tells_no_blob_fee = true;
        w.run(1);
        w.pay(300);
        w.run(4);
        CHECK(w.sources() == kOneInCalldata);
    }
}

TEST_CASE("a node that takes no blobs gets calldata, and is asked again later") {
    Blobs w(DataMode::kAuto);
    w.client.takes_no_blobs = true;
    w.pay(100);
    w.run(8);
    CHECK(w.sources() == kOneInCalldata);
    CHECK(w.newest().source == DataSource::kCalldata);
    CHECK(w.balance(w.l1.bob.address()) == 100);
    w.client.takes_no_blobs = false;
    w.mine(600);
    w.client.taken.clear();
    w.run(2);
    w.pay(100);
    w.run(5);
    CHECK(w.sources() == kOneInBlobs);
}

TEST_CASE("a batch that was cut anew while the L1 hid it comes back as it was, and the next follows it") {
    Blobs w(DataMode::kAuto);
    w.pay(100);
    w.run(4);
    REQUIRE(w.sources() == kOneInBlobs);
    const Bytes sent = w.client.newest_taken;
    const uint64_t number = w.sync->view().batch_head();
    const auto standing = *w.sync->view().batch(number);
    REQUIRE(w.l1.chain->reorganise(w.l1.chain->head().number - standing.block + 1, false).ok());
    w.client.takes_no_blobs = true;
    w.client.most_bytes = 1;
    w.run(3);
    REQUIRE(w.sync->view().batch_head() == number - 1);
    REQUIRE(w.client.refused >= 2);  // in blobs, then in calldata

    REQUIRE(w.l1.chain->send_raw(sent).ok());
    w.mine();
    w.client.takes_no_blobs = false;
    w.client.most_bytes = 0;
    w.run(2);
    REQUIRE(w.sync->view().batch(number)->hash == standing.hash);
    w.pay(100);
    w.run(6);
    INFO(node::to_string(w.last));
    CHECK(w.sequencer->health().ok());
    CHECK(w.sync->view().batch_head() > number);
    CHECK(w.balance(w.l1.bob.address()) == 200);
}

TEST_CASE("with blobs alone, a node that takes none is told of as a trouble, and the batch goes out once one takes it") {
    Blobs w(DataMode::kBlobs);
    w.client.takes_no_blobs = true;
    w.pay(10);
    w.run(30);
    CHECK(w.sources().empty());
    CHECK(w.trouble("BATCHES_NOT_POSTED").has_value());
    w.client.takes_no_blobs = false;
    w.run(5);
    CHECK(w.sources() == kOneInBlobs);
    CHECK_FALSE(w.trouble("BATCHES_NOT_POSTED").has_value());
}

TEST_CASE("a batch in blobs that was marked before a restart is posted as it was") {
    Blobs w(DataMode::kBlobs);
    const uint64_t before = w.sync->view().batch_head();
    w.client.loses_sends = true;
    w.pay(60);
    w.run(3);
    REQUIRE(w.sync->view().batch_head() == before);
    REQUIRE(w.archive.of_batch(before + 1).size() == 1);
    w.client.loses_sends = false;
    w.start();
    w.run(6);
    REQUIRE(w.sync->view().batch_head() == before + 1);
    CHECK(w.newest().blob_hashes == w.archive.of_batch(before + 1));
    CHECK(w.newest().last.op_count == 60);
}

TEST_CASE("a chunk is cut where a slot is full, whatever its weight") {
    Blobs w(DataMode::kBlobs);
    std::vector<Submission> payments;
    for (uint64_t i = 0; i < 60; ++i) {
        Submission one = w.transfer(w.l1.alice, w.l1.bob.address(), 123'456'789 + i, w.nonce++);
        one.operation.memo = keccak256(view_of("memo " + std::to_string(i)));
        payments.push_back(w.sign(w.l1.alice, one));
    }
    for (const SubmitOutcome& outcome : w.submit(payments)) REQUIRE(outcome.status.ok());
    w.run(5);
    CHECK(w.sources() == kOneInBlobs);
    size_t operations = 0, most = 0;
    for (const BatchChunk& chunk : w.newest().chunks) {
        CHECK(fits_slot(chunk.ops.size(), chunk.sigs.size()));
        most = std::max(most, chunk.ops.size() + chunk.sigs.size());
        operations += chunk.sigs.size() / Signature::kSize;
    }
    CHECK(operations == 60);
    CHECK(w.newest().chunks.size() == 2);
    CHECK(most > kSlotRoom - 200);
}

TEST_CASE("sidecars are made by a thread of their own where there is one, and each once") {
    Blobs w(DataMode::kBlobs);
    w.pay(10);
    std::atomic<bool> is_running{true};
    w.sequencer->make_sidecars(0);
    w.run(3);
    CHECK(w.sources().empty());  // it waits for the thread, and goes on with the L1
    CHECK(w.sequencer->health().ok());
    std::thread maker([&] {
        while (is_running) w.sequencer->make_sidecars(5);
        w.sequencer->leave_sidecars();
    });
    for (int i = 0; i < 1'000 && w.sources().empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        w.last = w.sequencer->step();
    }
    CHECK(w.sources() == kOneInBlobs);
    is_running = false;
    maker.join();
    w.client.taken.clear();
    w.pay(10);
    w.run(4);
    CHECK(w.sources() == kOneInBlobs);  // made at once, without the thread
}

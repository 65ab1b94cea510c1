// Batches that are fetched by another thread before their turn comes.
#include "follow/batches_ahead.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/ledger/replay_chain.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::ledger_test;

namespace {

// What was posted, for any thread; and how often each batch was asked for.
struct Shelf {
    void put(const StandingBatch& standing, const Bytes& encoded) {
        std::lock_guard lock(mutex);
        data[standing.tx_hash] = encoded;
    }
    node::Result<PostedData> get(const StandingBatch& standing) {
        std::lock_guard lock(mutex);
        ++asked[standing.number];
        if (is_dark) return node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "for a test"};
        return PostedData{DataSource::kCalldata, data.at(standing.tx_hash), {}, {}};
    }
    BatchSource source() {
        return [this](const StandingBatch& standing) { return get(standing); };
    }
    int times(uint64_t number) {
        std::lock_guard lock(mutex);
        return asked[number];
    }
    void darken(bool dark) {
        std::lock_guard lock(mutex);
        is_dark = dark;
    }

    std::mutex mutex;
    std::map<Hash, Bytes> data;
    std::map<uint64_t, int> asked;
    bool is_dark = false;
};

struct AheadChain : ReplayChain {
    AheadChain() : ReplayChain(41) {
        for (int i = 0; i < 6; ++i) {
            pay(2);
            post();
        }
        tell();
    }
    void tell() {
        for (uint64_t number = 1; number <= view->batch_head(); ++number)
            shelf.put(*view->batch(number), l1.batches.at(view->batch(number)->tx_hash));
    }
    std::vector<StandingBatch> standing(uint64_t first, uint64_t last) {
        std::vector<StandingBatch> out;
        for (uint64_t number = first; number <= last; ++number) out.push_back(*view->batch(number));
        return out;
    }
    void wait_for(uint64_t number) {
        for (int i = 0; i < 5'000 && shelf.times(number) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        REQUIRE(shelf.times(number) == 1);
    }
    Shelf shelf;
};

}  // namespace

TEST_CASE("batches are fetched ahead once each, in order, and not beyond the limit") {
    AheadChain chain;
    BatchesAhead ahead(chain.shelf.source(), 3);
    ahead.want(chain.standing(1, 6));
    chain.wait_for(3);
    for (uint64_t number = 1; number <= 3; ++number) {
        auto batch = ahead.take(*chain.view->batch(number));
        REQUIRE(batch.ok());
        CHECK(batch->hash() == chain.view->batch(number)->hash);
        CHECK(chain.shelf.times(number) == 1);
    }
    CHECK(chain.shelf.times(4) == 0);
    CHECK(ahead.take(*chain.view->batch(5))->number() == 5);  // which nobody had asked for
}

TEST_CASE("a failure to fetch is told once, and what isn't wanted any more is forgotten") {
    AheadChain chain;
    BatchesAhead ahead(chain.shelf.source(), 2);
    chain.shelf.darken(true);
    ahead.want(chain.standing(1, 2));
    chain.wait_for(2);
    CHECK(ahead.take(*chain.view->batch(1)).status().reason == "L1_UNREACHABLE");
    chain.shelf.darken(false);
    CHECK(ahead.take(*chain.view->batch(1)).ok());
    ahead.want(chain.standing(3, 4));
    chain.wait_for(4);
    CHECK(ahead.take(*chain.view->batch(2)).ok());
    CHECK(chain.shelf.times(2) == 2);
    CHECK(ahead.take(*chain.view->batch(4)).ok());
    CHECK(chain.shelf.times(4) == 1);
}

TEST_CASE("what the source throws is thrown to who takes the batch") {
    AheadChain chain;
    std::atomic<int> asked{0};
    BatchesAhead ahead(
        [&](const StandingBatch&) -> node::Result<PostedData> {
            ++asked;
            throw node::StoreError("the disk");
        },
        2);
    ahead.want(chain.standing(1, 2));
    while (asked < 2) std::this_thread::yield();
    CHECK_THROWS_AS(ahead.take(*chain.view->batch(1)), node::StoreError);
    CHECK_THROWS_AS(ahead.take(*chain.view->batch(2)), node::StoreError);
}

TEST_CASE("a replay that fetches ahead comes to the same ledger, through failures and reorganisations") {
    AheadChain chain;
    Replayer replayer(*chain.verifier, *chain.view, chain.shelf.source(), chain.clock,
                      {.threads = 2, .batches_ahead = GENERATE(size_t{1}, size_t{4})});
    const size_t chunks_a_step = GENERATE(size_t{1}, size_t{5}, size_t{100});
    CHECK(replayer.step(chunks_a_step) != Replayer::Progress::kUnavailable);
    chain.shelf.darken(true);
    for (int i = 0; i < 50 && replayer.step(chunks_a_step) == Replayer::Progress::kWorked; ++i) {
    }
    chain.shelf.darken(false);
    for (int i = 0; i < 10 && replayer.step(chunks_a_step) == Replayer::Progress::kUnavailable; ++i) {
    }
    CHECK(chain.replay(replayer, chunks_a_step) == Replayer::Progress::kCaughtUp);
    check_same(*chain.verifier, *chain.sequencer);

    const Bytes last = chain.l1.batches.at(chain.view->batch(7)->tx_hash);
    chain.l1.reorganise(*chain.view, 1);
    replayer.step(chunks_a_step);
    CHECK(chain.verifier->batch_head() == 6);
    chain.l1.append(*decode_batch(last));
    chain.l1.mine(*chain.view);
    chain.tell();
    CHECK(chain.replay(replayer, chunks_a_step) == Replayer::Progress::kCaughtUp);
    check_same(*chain.verifier, *chain.sequencer);
    check_consistent(*chain.verifier);
}

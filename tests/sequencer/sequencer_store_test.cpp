// The sequencer and its store: a disk that fails, one that is slow, a folder that is new.
#include "tests/node/held_store.hpp"
#include "tests/sequencer/sequencer_store_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;
using namespace std::chrono_literals;

namespace {

struct Held : StoreWorld {
    Held() : StoreWorld(std::make_unique<test::HeldStore>()) {}
    test::HeldStore& disk() { return dynamic_cast<test::HeldStore&>(*store); }
};

bool is_ready(const std::shared_future<World::Answers>& answers) { return answers.wait_for(0s) == std::future_status::ready; }

}  // namespace

TEST_CASE("nothing is acknowledged, and nothing posted, after the store failed") {
    Held w;
    w.fund();
    auto before = w.pay(0);
    w.sequencer->execute();
    REQUIRE(before.get().front().status.ok());

    SECTION("in the thread that confirms") {
        auto failing = w.pay(1);
        w.disk().fail();
        CHECK_THROWS_AS(w.sequencer->execute(), node::StoreError);
        REQUIRE(is_ready(failing));
        CHECK(failing.get().front().status.reason == "STORE_FAILED");
    }
    SECTION("in the thread that follows the L1") {
        w.run(1);
        auto waiting = w.pay(1);
        w.disk().fail();
        w.clock.advance(10'000);  // the batch is due
        CHECK_THROWS_AS(w.sequencer->follow(), node::StoreError);
        CHECK_THROWS_AS(w.sequencer->execute(), node::StoreError);
        REQUIRE(is_ready(waiting));
        CHECK(waiting.get().front().status.reason == "STORE_FAILED");
    }
    auto after = w.pay(2);
    REQUIRE(is_ready(after));
    CHECK_FALSE(after.get().front().status.ok());
    uint64_t sent = w.transactions_sent();
    for (int i = 0; i < 3; ++i) {
        w.mine();
        CHECK_THROWS_AS(w.sequencer->follow(), node::StoreError);
    }
    CHECK(w.transactions_sent() == sent);
}

TEST_CASE("operations are confirmed while the first batch after a restart loads its state") {
    Held w;
    w.fund();
    w.start();
    w.run(1);
    REQUIRE(w.sequencer->sequencing().ok());
    auto first = w.pay(0);
    w.sequencer->execute();
    REQUIRE(first.get().front().status.ok());
    w.clock.advance(10'000);  // the batch is due
    w.disk().hold_reads_of('A');
    w.sequencer->leave();  // others write from here on
    auto following = std::async(std::launch::async, [&] { return w.sequencer->follow(); });
    REQUIRE(w.disk().someone_is_held());
    auto second = w.pay(1);
    auto executing = std::async(std::launch::async, [&] {
        const bool any = w.sequencer->execute();
        w.sequencer->leave();
        return any;
    });
    bool in_time = executing.wait_for(10s) == std::future_status::ready;
    w.disk().release();
    CHECK(in_time);
    CHECK(second.get().front().status.ok());
    CHECK(following.get().ok());
    w.run(2);
    CHECK(w.sync->view().batch_head() >= 2);
}

TEST_CASE("a new data folder under a key that was the sequencer before is refused, unless it is said") {
    Held w;
    w.fund();
    SECTION("the folder of before serves") {
        w.start();
        w.run(1);
        CHECK(w.sequencer->sequencing().ok());
    }
    SECTION("a new one doesn't, nor does it after a restart") {
        w.start(std::make_unique<test::HeldStore>());
        uint64_t sent = w.transactions_sent();
        for (int restart = 0; restart < 2; ++restart) {
            w.run(3);
            CHECK(w.sequencer->sequencing().reason == "DATA_IS_NEW");
            auto answers = w.pay(0);
            w.sequencer->execute();
            CHECK(answers.get().front().status.reason == "DATA_IS_NEW");
            w.start();
        }
        CHECK(w.transactions_sent() == sent);

        w.config.new_data = true;
        w.start();
        w.run(2);
        CHECK(w.sequencer->sequencing().ok());
        // It was said once; from now on the folder is the one of before.
        w.config.new_data = false;
        w.start();
        w.run(2);
        CHECK(w.sequencer->sequencing().ok());
        CHECK(w.sequencer->queries().account({w.l1.alice.address(), {}}).balance.value() == kEther);
    }
}

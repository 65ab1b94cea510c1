// The one thread that writes: what it is given, in which order, and what becomes of it when something fails.
#include "sequencer/writer.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "ledger/open_ledger.hpp"

namespace gavel::sequencer {
namespace {

using Log = std::vector<std::string>;

struct Desk {
    node::MemoryStore store;
    ledger::OpenLedger ledger{store, {1, {}}};
    Log done;
    Writer writer{ledger, 10, [this] { done.push_back("published"); }};

    bool offer(const std::string& name, size_t operations = 1) {
        return writer.offer(
            operations, [this, name] { done.push_back(name); },
            [this, name](const std::exception_ptr& failure) { done.push_back(name + (failure ? " failed" : " answered")); });
    }
    // Gives a command from another thread, and returns once it waits.
    std::future<void> command(const std::string& name) {
        std::promise<void> given;
        auto waits = given.get_future();
        auto out = std::async(std::launch::async, [this, name, &given] {
            given.set_value();
            writer.run([this, name] { done.push_back(name); });
        });
        waits.wait();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return out;
    }
    Log take() { return std::exchange(done, {}); }
};

}  // namespace

TEST_CASE("a group is executed in its order, made durable and published, then answered") {
    Desk desk;
    CHECK(desk.offer("a"));
    CHECK(desk.offer("b"));
    CHECK(desk.done.empty());
    CHECK(desk.writer.turn());
    CHECK(desk.take() == Log{"a", "b", "published", "a answered", "b answered"});
    CHECK_FALSE(desk.writer.turn());
}

TEST_CASE("between two groups there is one command, and it gives its giver what it finds") {
    Desk desk;
    desk.writer.turn();  // this is the writing thread
    auto first = desk.command("first command"), second = desk.command("second command");
    desk.offer("a");
    CHECK(desk.writer.turn());
    desk.offer("b");
    CHECK(desk.writer.turn());
    first.wait();
    second.wait();
    CHECK(desk.take() == Log{"a", "published", "a answered", "first command", "published", "b", "published", "b answered",
                             "second command", "published"});
    CHECK(desk.writer.run([] { return 7; }) == 7);  // its own are executed at once
    CHECK(desk.take() == Log{"published"});
}

TEST_CASE("who becomes the writing thread while a giver executes his command waits for its end") {
    Desk desk;
    desk.offer("a");
    std::promise<void> begun, may_end;
    auto giver = std::async(std::launch::async, [&] {
        desk.writer.run([&] {
            desk.done.push_back("begun");
            begun.set_value();
            may_end.get_future().wait();
            desk.done.push_back("ended");
        });
    });
    begun.get_future().wait();
    auto writing = std::async(std::launch::async, [&] { desk.writer.turn(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    may_end.set_value();
    giver.wait();
    writing.wait();
    CHECK(desk.take() == Log{"begun", "ended", "published", "a", "published", "a answered"});
}

TEST_CASE("what a synced command wrote is on the disk when its giver goes on") {
    Desk desk;
    auto queue_one = [&](node::Durability durability) {
        desk.writer.run(durability, [&]() GAVEL_REQUIRES(ledger::writing) {
            const Address somebody = Address::from(Bytes(Address::kSize, 7));
            REQUIRE(desk.ledger.open_l1_operation({L1OperationKind::kDeposit, somebody, somebody, {}, Amount{1}, 0}).ok());
            desk.ledger.flush(node::Durability::kBuffered);
        });
    };
    queue_one(node::Durability::kBuffered);
    CHECK(desk.store.unsynced_batches() == 1);
    queue_one(node::Durability::kSynced);
    CHECK(desk.store.unsynced_batches() == 0);
}

TEST_CASE("a command that fails fails for its giver alone") {
    Desk desk;
    CHECK_THROWS_AS(desk.writer.run([] { throw std::logic_error("no"); }), std::logic_error);
    desk.offer("a");
    CHECK(desk.writer.turn());
    CHECK(desk.take() == Log{"a", "published", "a answered"});
}

TEST_CASE("a group whose store fails is answered with that, and ends the writing thread's turn") {
    Desk desk;
    desk.offer("a");
    desk.writer.offer(
        1, [] { throw node::StoreError("the disk"); },
        [&](const std::exception_ptr& failure) { desk.done.push_back(failure ? "b failed" : "b answered"); });
    CHECK_THROWS_AS(desk.writer.turn(), node::StoreError);
    CHECK(desk.take() == Log{"a", "a failed", "b failed"});
}

TEST_CASE("no more is queued than is allowed, and nothing once it is closed") {
    Desk desk;
    CHECK(desk.offer("a", 10));
    CHECK_FALSE(desk.offer("b", 1));
    desk.writer.turn();
    CHECK(desk.offer("c", 10));
    desk.take();
    desk.writer.close();
    CHECK(desk.take() == Log{"c failed"});
    CHECK_FALSE(desk.offer("d", 1));
    CHECK_FALSE(desk.writer.turn());
}

TEST_CASE("a command that waits when the writing thread leaves is executed by its giver") {
    Desk desk;
    desk.writer.turn();
    auto given = desk.command("command");
    CHECK(desk.done.empty());
    desk.writer.leave();
    given.wait();
    CHECK(desk.take() == Log{"command", "published"});
}

TEST_CASE("many threads give and one writes, never two at a time") {
    node::MemoryStore store;
    ledger::Ledger ledger(store, {1, {}});
    std::atomic<bool> is_writing = false, overlap = false, running = true;
    size_t executed = 0, commands = 0;  // the writing thread's
    std::atomic<size_t> answered = 0, refused = 0;
    auto write = [&](size_t& count) {
        if (is_writing.exchange(true)) overlap = true;
        ++count;
        is_writing = false;
    };
    Writer writer(ledger, 50, [] {});
    std::thread writing([&] {
        while (running)
            if (!writer.turn()) writer.wait_for_work(1);
        writer.leave();
    });
    std::vector<std::thread> givers;
    for (int i = 0; i < 4; ++i)
        givers.emplace_back([&] {
            for (int n = 0; n < 500; ++n)
                if (!writer.offer(
                        1, [&] { write(executed); }, [&](const std::exception_ptr&) { ++answered; }))
                    ++refused;
        });
    for (int i = 0; i < 2; ++i)
        givers.emplace_back([&] {
            for (int n = 0; n < 200; ++n) writer.run([&] { write(commands); });
        });
    for (std::thread& giver : givers) giver.join();
    while (answered + refused < 2'000) std::this_thread::yield();
    running = false;
    writing.join();
    CHECK_FALSE(overlap);
    CHECK(executed == answered);
    CHECK(commands == 400);
}

}  // namespace gavel::sequencer

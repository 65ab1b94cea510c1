// Disks that fill up, processes that are killed, two on one book.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "channel/book_store.hpp"
#include "tests/channel/channel_fixture.hpp"
#include "tests/node/held_store.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::channel_test;

namespace {

// The program of book_child_main.cpp, as that party; it writes a byte when it is ready.
class Child {
public:
    Child(const std::string& party, const std::string& folder) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        pid_ = fork();
        if (pid_ == 0) {
            dup2(ends[1], 3);
            execl(GAVEL_BOOK_CHILD, "book_child", party.c_str(), folder.c_str(), nullptr);
            _exit(127);
        }
        close(ends[1]);
        char byte = 0;
        ready_ = read(ends[0], &byte, 1) == 1;
        close(ends[0]);
    }
    ~Child() { kill_hard(); }
    bool ready() const { return ready_; }
    void kill_hard() {
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

private:
    pid_t pid_ = 0;
    bool ready_ = false;
};

}  // namespace

TEST_CASE("a payee killed between voucher and answer has the voucher, and answers it when it comes again") {
    World world;
    test::TempDir folder;
    Child child("payee", folder.path());
    REQUIRE(child.ready());
    child.kill_hard();
    auto store = open_book_store(folder.path());
    REQUIRE(store.ok());
    auto book = world.payee_book(**store);
    CHECK(book->find(world.channel)->voucher.voucher.count == 4);
    CHECK(book->find(world.channel)->credit == 1);  // what failed
    CHECK(string_of(book->accept(world.offer(1, "served"), 1)->answer) == "answer");
    CHECK(reason(book->accept(world.offer(4, "another"), 1)) == "VOUCHER_SPENT");
    auto again = book->accept(world.offer(4, "cut off"), 2);
    REQUIRE(again.ok());
    CHECK_FALSE(again->repeated);
    CHECK(again->credit == 1);
    CHECK(book->served(world.channel, 4, view_of("at last")).ok());
    CHECK(string_of(book->accept(world.offer(4, "cut off"), 2)->answer) == "at last");
}

TEST_CASE("a payer killed after he signed counts on from there") {
    World world;
    test::TempDir folder;
    Child child("payer", folder.path());
    REQUIRE(child.ready());
    child.kill_hard();
    auto store = open_book_store(folder.path());
    auto book = world.payer_book(**store);
    CHECK(book->sign(world.channel, 1)->voucher.count == 8);
}

TEST_CASE("a second process on the same book is refused by name") {
    World world;
    test::TempDir folder;
    Child child("payee", folder.path());
    REQUIRE(child.ready());
    const auto second = open_book_store(folder.path());
    CHECK(reason(second) == "BOOK_IN_USE");
    CHECK(second.status().message.find(folder.path()) != std::string::npos);
    child.kill_hard();
    auto store = open_book_store(folder.path());
    CHECK(store.ok());
    CHECK(reason(open_book_store(folder.path())) == "BOOK_IN_USE");  // and so a second time in one process
}

TEST_CASE("a book that can't be opened says where and why") {
    test::TempDir folder;
    const auto store = open_book_store("/proc/no/such/folder");
    CHECK(reason(store) == "BOOK_UNAVAILABLE");
    CHECK(store.status().message.find("/proc/no/such/folder") != std::string::npos);
}

TEST_CASE("a book of another kind, owner, chain or contract isn't opened") {
    World world;
    node::MemoryStore store, payers;
    REQUIRE(world.payee_book(store) != nullptr);
    PayeePolicy policy = world.policy();
    policy.payee = world.stranger.address();
    CHECK(reason(PayeeBook::open(store, world.domain, policy, world.source, world.clock)) == "BOOK_OF_ANOTHER");
    const Hash elsewhere = Domain{2, world.chain.rollup}.separator();
    CHECK(reason(PayeeBook::open(store, elsewhere, world.policy(), world.source, world.clock)) == "BOOK_OF_ANOTHER");
    CHECK(reason(PayerBook::open(store, world.domain, world.payee, {}, world.source, world.clock)) == "BOOK_OF_ANOTHER");
}

TEST_CASE("a row that nobody wrote is damage") {
    World world;
    for (const auto& [key, row] : {std::pair<std::string, std::string>{"c123", "x"},
                                   {channel_key(world.channel), std::string(168, '\0')},
                                   {ticket_key(world.channel, 1), encode(Ticket{}, {})},
                                   {ticket_key(world.channel, 1), "short"}}) {
        node::MemoryStore store;
        REQUIRE(world.payee_book(store) != nullptr);
        node::WriteBatch batch;
        batch.put(key, row);
        store.write(batch, node::Durability::kSynced);
        CHECK(reason(PayeeBook::open(store, world.domain, world.policy(), world.source, world.clock)) == "BOOK_DAMAGED");
    }
}

TEST_CASE("a payee whose disk is full says no, from then on to everybody") {
    World world;
    test::HeldStore store;
    auto book = world.payee_book(store);
    REQUIRE(book->accept(world.offer(1), 1).ok());
    store.fail();
    CHECK(reason(book->accept(world.offer(2, "two"), 1)) == "BOOK_FAILED");
    CHECK(reason(book->accept(world.offer(2, "two"), 1)) == "BOOK_FAILED");
    CHECK(reason(book->accept(world.offer(3, "three"), 1)) == "BOOK_FAILED");
    CHECK(book->served(world.channel, 1, {}).reason == "BOOK_FAILED");
    CHECK(book->failed(world.channel, 1).reason == "BOOK_FAILED");
}

TEST_CASE("a payer whose disk is full signs nothing") {
    World world;
    test::HeldStore store;
    auto book = world.payer_book(store);
    REQUIRE(book->add(world.terms, world.token, Amount{500}).ok());
    REQUIRE(book->sign(world.channel, 1).ok());
    store.fail();
    CHECK(reason(book->sign(world.channel, 1)) == "BOOK_FAILED");
    CHECK(reason(book->sign(world.channel, 1)) == "BOOK_FAILED");
    CHECK(reason(book->add(world.terms, world.token, Amount{600})) == "BOOK_FAILED");
}

namespace {

// A disk that takes a while, and then is full; it counts.
class SlowStore final : public node::Store {
public:
    std::optional<std::string> get(std::string_view key) const override { return kept_.get(key); }
    void scan(std::string_view first, std::string_view last, const Visitor& visit) const override {
        kept_.scan(first, last, visit);
    }
    void scan_reverse(std::string_view first, std::string_view last, const Visitor& visit) const override {
        kept_.scan_reverse(first, last, visit);
    }
    std::unique_ptr<const node::StoreView> snapshot() const override { return kept_.snapshot(); }
    void write(const node::WriteBatch& batch, node::Durability durability) override {
        std::unique_lock lock(mutex_);
        ++writes;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        if (full) throw node::StoreError("no space left on device");
        kept_.write(batch, durability);
    }
    void hold() {
        std::lock_guard lock(mutex_);
        open_ = false;
    }
    void let_go() {
        std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_for_write(int number = 1) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return writes >= number; });
    }
    std::atomic<int> writes{0};
    std::atomic<bool> full{false};

private:
    node::MemoryStore kept_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true;
};

}  // namespace

TEST_CASE("those that wait for one sync share the next, or its failure") {
    for (const bool full : {false, true}) {
        SlowStore store;
        GroupCommit commit(store);
        store.hold();
        auto put = [&](const std::string& key) {
            node::WriteBatch batch;
            batch.put(key, "1");
            return commit.add(batch);
        };
        std::atomic<int> durable{0}, failed{0};
        auto wait = [&](const GroupCommit::Ticket& ticket) {
            try {
                commit.wait(ticket);
                ++durable;
            } catch (const node::StoreError&) {
                ++failed;
            }
        };
        std::vector<std::thread> threads;
        const GroupCommit::Ticket first = put("first");
        threads.emplace_back(wait, first);
        store.wait_for_write();
        for (int i = 0; i < 6; ++i) threads.emplace_back(wait, put(std::to_string(i)));
        store.full = full;
        store.let_go();
        for (auto& thread : threads) thread.join();
        CHECK(durable == (full ? 0 : 7));
        CHECK(failed == (full ? 7 : 0));
        CHECK(store.writes == (full ? 1 : 2));
        if (full) CHECK_THROWS_AS(commit.check(), node::StoreError);
    }
}

TEST_CASE("what nobody waits for is written without a sync, soon") {
    SlowStore store;
    GroupCommit commit(store);
    auto put = [&](const std::string& key) {
        node::WriteBatch batch;
        batch.put(key, "1");
        return commit.add(batch);
    };
    auto soon = [](auto holds) {
        for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return holds();
    };
    const GroupCommit::Ticket alone = put("alone");
    commit.write_soon();
    CHECK(soon([&] { return store.get("alone").has_value(); }));
    CHECK(store.writes == 1);
    store.hold();
    std::thread writer([&, ticket = put("first")] { commit.wait(ticket); });
    store.wait_for_write(2);
    put("next");
    commit.write_soon();  // the disk is busy, and nobody waits here
    CHECK(store.writes == 2);
    store.let_go();
    writer.join();
    CHECK(soon([&] { return store.get("next").has_value(); }));
    CHECK(store.writes == 3);
    // Written, but not synced: who waits for it has it synced.
    commit.wait(alone);
    CHECK(store.writes == 4);
    store.full = true;
    put("never");
    commit.write_soon();
    CHECK(soon([&] {
        try {
            commit.check();
            return false;
        } catch (const node::StoreError&) {
            return true;
        }
    }));
    CHECK_THROWS_AS(commit.write_soon(), node::StoreError);
    CHECK_THROWS_AS(commit.wait(put("too late")), node::StoreError);
    CHECK_FALSE(store.get("never"));
}

TEST_CASE("what is to be written soon is written before the end") {
    node::MemoryStore store;
    {
        GroupCommit commit(store);
        node::WriteBatch batch;
        batch.put("last", "1");
        commit.add(batch);
        commit.write_soon();
    }
    CHECK(store.get("last"));
}

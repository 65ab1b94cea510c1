// What a store promises, in memory and on disk: order, whole batches, scans of one moment, what a loss of power takes.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "node/clock.hpp"
#include "node/http_server.hpp"
#include "node/log.hpp"
#include "node/store.hpp"
#include "node/troubles.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel::node;
using gavel::test::TempDir;
using namespace std::chrono_literals;

namespace {

using Entry = std::pair<std::string, std::string>;

struct MemoryFixture {
    MemoryStore store;
};

struct LevelDbFixture {
    TempDir dir;
    LevelDbStore store{dir.file("deep/er/db")};
};

std::vector<Entry> entries(const Store& store, std::string_view first, std::string_view last, size_t limit = 1000) {
    std::vector<Entry> out;
    store.scan(first, last, [&](std::string_view key, std::string_view value) {
        out.emplace_back(key, value);
        return out.size() < limit;
    });
    return out;
}

std::vector<Entry> entries_reversed(const Store& store, std::string_view first, std::string_view last, size_t limit = 1000) {
    std::vector<Entry> out;
    store.scan_reverse(first, last, [&](std::string_view key, std::string_view value) {
        out.emplace_back(key, value);
        return out.size() < limit;
    });
    return out;
}

WriteBatch puts(std::initializer_list<Entry> list) {
    WriteBatch batch;
    for (const auto& [key, value] : list) batch.put(key, value);
    return batch;
}

}  // namespace

TEMPLATE_TEST_CASE("a store keeps what is written, in order", "", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    Store& store = fixture.store;
    const std::string with_zero("a\0b", 3);

    store.write(puts({{"b", "2"}, {"a", "1"}, {"\xff", "last"}, {with_zero, "zero"}, {"c", ""}}), Durability::kBuffered);
    CHECK(store.get("a") == "1");
    CHECK(store.get(with_zero) == "zero");
    CHECK(store.get("c") == "");
    CHECK(store.get("d") == std::nullopt);

    CHECK(entries(store, "a", "c") == std::vector<Entry>{{"a", "1"}, {with_zero, "zero"}, {"b", "2"}});
    CHECK(entries(store, "", "\xff\xff").back() == Entry{"\xff", "last"});  // bytes are unsigned
    CHECK(entries(store, "a", "c", 1) == std::vector<Entry>{{"a", "1"}});
    CHECK(entries(store, "c", "a").empty());
    CHECK(entries_reversed(store, "a", "c") == std::vector<Entry>{{"b", "2"}, {with_zero, "zero"}, {"a", "1"}});
    CHECK(entries_reversed(store, "", "\xff\xff", 1) == std::vector<Entry>{{"\xff", "last"}});
    CHECK(entries_reversed(store, "aa", "bb") == std::vector<Entry>{{"b", "2"}});
    CHECK(entries_reversed(store, "c", "a").empty());

    WriteBatch batch;
    batch.erase("a");
    batch.put("a", "again");
    batch.put("b", "gone");
    batch.erase("b");
    batch.erase("never there");
    store.write(batch, Durability::kSynced);
    CHECK(store.get("a") == "again");
    CHECK(store.get("b") == std::nullopt);
    store.write({}, Durability::kSynced);
}

TEMPLATE_TEST_CASE("a scan sees one moment, and its visitor may write", "", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    Store& store = fixture.store;
    store.write(puts({{"a", "1"}, {"b", "2"}, {"c", "3"}}), Durability::kBuffered);
    std::vector<Entry> seen;
    store.scan("a", "z", [&](std::string_view key, std::string_view value) {
        seen.emplace_back(key, value);
        WriteBatch batch = puts({{"c", "changed"}, {"d", "new"}});
        batch.erase("b");
        store.write(batch, Durability::kBuffered);
        return true;
    });
    CHECK(seen == std::vector<Entry>{{"a", "1"}, {"b", "2"}, {"c", "3"}});
    CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "1"}, {"c", "changed"}, {"d", "new"}});
}

TEMPLATE_TEST_CASE("a store agrees with a map over random writes", "", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    std::map<std::string, std::string> model;
    std::mt19937 random(GENERATE(1u, 2u, 3u));
    auto key = [&] { return std::string(1 + random() % 2, static_cast<char>(random() % 5 * 63)); };
    for (int round = 0; round < 100; ++round) {
        WriteBatch batch;
        for (size_t i = random() % 4; i > 0; --i) {
            std::string at = key();
            if (random() % 3 == 0) {
                batch.erase(at);
                model.erase(at);
            } else {
                batch.put(at, std::to_string(round));
                model[at] = std::to_string(round);
            }
        }
        fixture.store.write(batch, Durability::kBuffered);
        std::string first = key(), last = key();
        std::vector<Entry> expected;
        for (const auto& entry : model) {
            if (entry.first >= first && entry.first < last) expected.push_back(entry);
        }
        REQUIRE(entries(fixture.store, first, last) == expected);
        std::reverse(expected.begin(), expected.end());
        REQUIRE(entries_reversed(fixture.store, first, last) == expected);
    }
}

TEMPLATE_TEST_CASE("a batch is written whole, whoever reads meanwhile", "", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    Store& store = fixture.store;
    store.write(puts({{"x", "0"}, {"y", "0"}}), Durability::kBuffered);
    std::thread writer([&] {
        for (int i = 1; i <= 300; ++i) {
            store.write(puts({{"x", std::to_string(i)}, {"y", std::to_string(i)}}), Durability::kBuffered);
        }
    });
    bool torn = false;
    for (int i = 0; i < 300; ++i) {
        auto seen = entries(store, "x", "z");
        torn = torn || seen.size() != 2 || seen[0].second != seen[1].second;
    }
    writer.join();
    CHECK_FALSE(torn);
    CHECK(store.get("y") == "300");
}

TEST_CASE("a loss of power takes what was not synced, from the end") {
    MemoryStore store;
    store.write(puts({{"a", "1"}, {"b", "1"}}), Durability::kSynced);
    WriteBatch second = puts({{"a", "2"}, {"c", "2"}, {"c", "3"}});
    second.erase("b");
    store.write(second, Durability::kBuffered);
    store.write(puts({{"a", "4"}}), Durability::kBuffered);
    CHECK(store.unsynced_batches() == 2);

    SECTION("all of it") {
        store.lose_unsynced();
        CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "1"}, {"b", "1"}});
    }
    SECTION("the last batch only") {
        store.lose_unsynced(1);
        CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "2"}, {"c", "3"}});
        store.lose_unsynced();
        CHECK(store.get("a") == "2");
    }
    SECTION("nothing, after a sync") {
        store.write({}, Durability::kSynced);
        store.lose_unsynced();
        CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "4"}, {"c", "3"}});
    }
    SECTION("a clone goes its own way") {
        auto copy = store.clone();
        store.lose_unsynced();
        copy->lose_unsynced();
        CHECK(store.get("a") == "1");
        CHECK(copy->get("a") == "4");
    }
}

TEST_CASE("LevelDB is opened again with what it had, and by one process only") {
    TempDir dir;
    {
        LevelDbStore store(dir.file("db"));
        store.write(puts({{"a", "1"}}), Durability::kBuffered);
        CHECK_THROWS_WITH(LevelDbStore(dir.file("db")), Catch::Contains("another process has it open"));
    }
    CHECK(LevelDbStore(dir.file("db")).get("a") == "1");
}

TEST_CASE("a damaged LevelDB is refused by name") {
    TempDir dir;
    {
        LevelDbStore store(dir.file("db"));
        store.write(puts({{"a", std::string(1000, 'x')}, {"b", "2"}}), Durability::kSynced);
        store.write(puts({{"c", "3"}}), Durability::kSynced);
    }
    for (const auto& file : std::filesystem::directory_iterator(dir.file("db"))) {
        if (file.path().extension() != ".log") continue;
        std::fstream log(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        log.seekp(500);
        log.put('y');
    }
    CHECK_THROWS_WITH(LevelDbStore(dir.file("db")), Catch::Contains("damaged"));
    CHECK_THROWS_AS(LevelDbStore("/proc/nowhere"), StoreError);
}

TEST_CASE("prefix_end is above every key with the prefix") {
    CHECK(prefix_end("a") == "b");
    CHECK(prefix_end("a\xff\xff") == "b");
    CHECK(prefix_end(std::string_view("\0", 1)) == "\x01");
    CHECK_THROWS_AS(prefix_end("\xff"), std::invalid_argument);
    CHECK_THROWS_AS(prefix_end(""), std::invalid_argument);
}

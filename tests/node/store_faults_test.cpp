// A disk that fails to write: nothing is acknowledged after it, and all that was is there at the next start.
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "node/signals.hpp"
#include "tests/node/store_fixture.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::node;
using namespace gavel::store_test;
using test::TempDir;

namespace {

// Writes synced until the store refuses; the rows that it had acknowledged.
Rows write_until_refused(Store& store, const std::string& prefix, int most) {
    Rows acknowledged;
    for (int i = 0; i < most; ++i) {
        std::string key = prefix + std::to_string(i), value(100 + i % 700, static_cast<char>('a' + i % 26));
        try {
            put(store, key, value);
        } catch (const StoreError&) {
            return acknowledged;
        }
        acknowledged[key] = value;
    }
    return acknowledged;
}

void check_has(const std::string& path, const Rows& acknowledged) {
    LevelDbStore store(path);
    Rows rows = read_all(store);
    size_t missing = 0;
    for (const auto& row : acknowledged) missing += rows.count(row.first) == 0 || rows[row.first] != row.second;
    CHECK(missing == 0);
    CHECK(acknowledged.size() > 0);
}

// A small disk over a folder, while it lives.
class SmallDisk {
public:
    explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
        mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=3m") == 0;
    }
    ~SmallDisk() {
        if (mounted_) umount(folder_.c_str());
    }
    bool is_mounted() const { return mounted_; }
    bool grow() { return mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=30m") == 0; }

private:
    std::string folder_;
    bool mounted_ = false;
};

}  // namespace

TEST_CASE("one thread's failed write ends the store for all, and what was acknowledged survives") {
    int appends = GENERATE(200, 333, 1001, 2222);
    TempDir dir;
    FailingDisk disk(".log");
    Rows first, second;
    {
        LevelDbStore store(dir.file("db"), &disk);
        put(store, "before", "1");
        disk.fail_append_after(appends);
        std::thread other([&] { second = write_until_refused(store, "b", 20'000); });
        first = write_until_refused(store, "a", 20'000);
        other.join();
        REQUIRE(first.size() + second.size() < 20'000);
        CHECK(store.failure().value().find("No space left on device") != std::string::npos);
        CHECK_THROWS_WITH(put(store, "after", "1"), Catch::Contains("No space left on device"));
        CHECK_THROWS_WITH(store.write({}, Durability::kSynced), Catch::Contains("No space left on device"));
        CHECK_THROWS_WITH(store.get("before"), Catch::Contains("No space left on device"));
        CHECK_THROWS_AS(read_all(store), StoreError);
        CHECK_THROWS_AS(store.snapshot()->get("before"), StoreError);
    }
    first.merge(second);
    check_has(dir.file("db"), first);
    CHECK(LevelDbStore(dir.file("db")).get("after") == std::nullopt);
}

TEST_CASE("a failed sync ends the store, though the bytes may have reached the disk") {
    TempDir dir;
    FailingDisk disk(".log");
    {
        LevelDbStore store(dir.file("db"), &disk);
        put(store, "a", "1");
        put(store, "b", "2", Durability::kBuffered);
        disk.fail_next_sync();
        CHECK_THROWS_WITH(store.write({}, Durability::kSynced), Catch::Contains("Input/output error"));
        CHECK_THROWS_WITH(put(store, "c", "3"), Catch::Contains("Input/output error"));
    }
    CHECK(LevelDbStore(dir.file("db")).get("a") == "1");
    CHECK(LevelDbStore(dir.file("db")).get("c") == std::nullopt);
}

TEST_CASE("a table that can't be written ends the store, and its log keeps what the table was to hold") {
    TempDir dir;
    FailingDisk disk(".ldb");
    Rows acknowledged;
    {
        LevelDbStore store(dir.file("db"), &disk);
        disk.fail_append_after(3);
        for (int i = 0; i < 2'000; ++i) {
            std::string key = "k" + std::to_string(i), value(50'000, static_cast<char>('a' + i % 26));
            try {
                put(store, key, value, Durability::kBuffered);
            } catch (const StoreError&) {
                break;
            }
            acknowledged[key] = value;
        }
        REQUIRE(acknowledged.size() < 2'000);
        CHECK(store.failure().value().find("No space left on device") != std::string::npos);
    }
    check_has(dir.file("db"), acknowledged);
}

TEST_CASE("a file that may not grow is a failed write, not a death") {
    TempDir dir;
    Rows acknowledged;
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    {
        LevelDbStore store(dir.file("db"));
        StopSignals ignored;  // as each daemon's main has it
        rlimit small{300'000, before.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
        acknowledged = write_until_refused(store, "k", 20'000);
        REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
        restore_signals();
        REQUIRE(acknowledged.size() < 20'000);
        CHECK(store.failure().value().find("File too large") != std::string::npos);
    }
    check_has(dir.file("db"), acknowledged);
}

TEST_CASE("a full disk ends the store, and what was acknowledged survives") {
    TempDir dir;
    SmallDisk disk(dir.path());
    if (!disk.is_mounted()) {
        WARN("no small disk to fill: a tmpfs can't be mounted here");
        return;
    }
    Rows first, second;
    {
        LevelDbStore store(dir.file("db"));
        std::thread other([&] { second = write_until_refused(store, "b", 20'000); });
        first = write_until_refused(store, "a", 20'000);
        other.join();
        REQUIRE(first.size() + second.size() < 40'000);
        CHECK(store.failure().value().find("No space left on device") != std::string::npos);
    }
    first.merge(second);
    REQUIRE(disk.grow());
    check_has(dir.file("db"), first);
}

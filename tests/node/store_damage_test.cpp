// Files that aren't what was written: cut short, rotten, or gone.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>

#include "node/scrub.hpp"
#include "tests/node/store_fixture.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::node;
using namespace gavel::store_test;
using test::TempDir;

namespace fs = std::filesystem;

namespace {

constexpr int kRows = 60;

std::string key_of(int i) { return "key" + std::to_string(1000 + i); }

// Large ones lie across blocks of the log.
std::string value_of(int i) {
    std::mt19937 random(static_cast<unsigned>(i));
    std::string value(i % 7 == 0 ? 40'000 : 300, '\0');
    for (char& c : value) c = static_cast<char>(random());
    return value;
}

// A store with `kRows` rows, each a write of its own, all in its log.
std::string make_log(const TempDir& dir) {
    LevelDbStore store(dir.file("db"));
    for (int i = 0; i < kRows; ++i) put(store, key_of(i), value_of(i), Durability::kBuffered);
    return files_with(dir.file("db"), ".log").at(0);
}

bool is_prefix_of_writes(const Rows& rows) {
    for (size_t i = 0; i < rows.size(); ++i) {
        auto row = rows.find(key_of(static_cast<int>(i)));
        if (row == rows.end() || row->second != value_of(static_cast<int>(i))) return false;
    }
    return true;
}

// A copy of a store's folder, to be spoilt.
std::string copy_of(const std::string& folder, const TempDir& dir) {
    std::string copy = dir.file("copy");
    fs::remove_all(copy);
    fs::copy(folder, copy, fs::copy_options::recursive);
    return copy;
}

std::optional<Rows> opened(const std::string& folder) {
    try {
        LevelDbStore store(folder);
        return read_all(store);
    } catch (const StoreError&) {
        return std::nullopt;
    }
}

}  // namespace

TEST_CASE("a log cut short anywhere gives back what was written whole") {
    TempDir dir;
    std::string log = make_log(dir), whole = content(log);
    std::string zeros = GENERATE(std::string(), std::string(5'000, '\0'));
    std::mt19937 random(7);
    size_t most = 0;
    for (int round = 0; round < 80; ++round) {
        std::string copy = copy_of(dir.file("db"), dir);
        // With zeros: the disk had room for the bytes and lost power before they came, which takes whole sectors.
        size_t cut = random() % whole.size();
        if (!zeros.empty()) cut -= cut % 512;
        overwrite(copy + "/" + fs::path(log).filename().string(), whole.substr(0, cut) + zeros);
        auto rows = opened(copy);
        INFO("cut at " << cut);
        REQUIRE(rows);
        REQUIRE(is_prefix_of_writes(*rows));
        // Not less than what the bytes that are left hold.
        size_t held = 0, bytes = 0;
        while (held < kRows && (bytes += value_of(static_cast<int>(held)).size() + 60) <= cut) ++held;
        REQUIRE(rows->size() + 1 >= held);
        most = std::max(most, rows->size());
    }
    CHECK(most > kRows / 2);
}

TEST_CASE("a bit of a log that turns is never taken for a torn end") {
    TempDir dir;
    std::string log = make_log(dir), whole = content(log);
    std::mt19937 random(11);
    size_t refused = 0;
    for (int round = 0; round < 150; ++round) {
        std::string copy = copy_of(dir.file("db"), dir), turned = whole;
        size_t at = round < 30 ? whole.size() - 1 - static_cast<size_t>(round) * 13 : random() % whole.size();
        if (round == 0) at = whole.size() - 307 - 20 + 5;  // among the length bytes of the last record
        turned[at] = static_cast<char>(turned[at] ^ 1 << random() % 8);
        overwrite(copy + "/" + fs::path(log).filename().string(), turned);
        auto rows = opened(copy);
        INFO("byte " << at << " of " << whole.size());
        refused += !rows;
        REQUIRE((!rows || (rows->size() == kRows && is_prefix_of_writes(*rows))));
    }
    CHECK(refused > 140);
}

TEST_CASE("every length of the last record of a log that turns is refused") {
    TempDir dir;
    std::string log = make_log(dir), whole = content(log);
    // The last record: header(7), sequence(8) count(4) kind(1) key length(1) key(7) value length(2) value(300).
    size_t header = whole.size() - (7 + 8 + 4 + 1 + 1 + 7 + 2 + 300);
    for (size_t bit = 0; bit < 7 * 8; ++bit) {
        std::string copy = copy_of(dir.file("db"), dir), turned = whole;
        turned[header + bit / 8] = static_cast<char>(turned[header + bit / 8] ^ 1 << bit % 8);
        overwrite(copy + "/" + fs::path(log).filename().string(), turned);
        INFO("bit " << bit);
        REQUIRE_THROWS_WITH(LevelDbStore(copy), Catch::Contains("damaged at byte " + std::to_string(header)));
    }
}

TEST_CASE("a store whose descriptor or last log is gone isn't made anew over what is left") {
    TempDir dir;
    std::string log = make_log(dir);
    { LevelDbStore store(dir.file("db")); }  // now there is a table
    REQUIRE(files_with(dir.file("db"), ".ldb").size() == 1);
    auto refuses = [&](const std::string& name, const char* says) {
        std::string copy = copy_of(dir.file("db"), dir);
        REQUIRE(fs::remove(copy + "/" + name));
        auto tables = files_with(copy, ".ldb");
        CHECK_THROWS_WITH(LevelDbStore(copy), Catch::Contains(says));
        CHECK(files_with(copy, ".ldb") == tables);
        fs::copy_file(dir.file("db") + "/" + name, copy + "/" + name);
        CHECK(opened(copy).value().size() == kRows);
    };
    refuses("CURRENT", "no CURRENT; nothing was changed");
    refuses(fs::path(files_with(dir.file("db"), ".log").at(0)).filename().string(), "is missing");
    refuses(fs::path(files_with(dir.file("db"), ".ldb").at(0)).filename().string(), "damaged");
    std::string current = content(dir.file("db") + "/CURRENT");
    refuses(current.substr(0, current.size() - 1), "damaged");
}

TEST_CASE("a store is made in an empty folder only, and going on with its making is no harm") {
    TempDir dir;
    fs::create_directory(dir.file("db"));
    CHECK(LevelDbStore::is_empty(dir.file("nowhere")));
    CHECK(LevelDbStore::is_empty(dir.file("db")));
    for (const char* name : {"LOCK", "LOG", "MANIFEST-000001", "000001.dbtmp"}) overwrite(dir.file("db") + "/" + name, "x");
    CHECK(LevelDbStore::is_empty(dir.file("db")));
    {
        LevelDbStore store(dir.file("db"));
        put(store, "a", "1");
    }
    CHECK_FALSE(LevelDbStore::is_empty(dir.file("db")));
    CHECK(LevelDbStore(dir.file("db")).get("a") == "1");

    fs::create_directory(dir.file("letters"));
    overwrite(dir.file("letters") + "/to_mother.txt", "x");
    CHECK_THROWS_WITH(LevelDbStore(dir.file("letters")), Catch::Contains("to_mother.txt"));
    CHECK(files_with(dir.file("letters"), "").size() == 1);
}

namespace {

using Page = std::vector<std::pair<std::string, std::string>>;

// Reads as a feed is read, by pages that their reader ends; how many rows aren't the expected ones.
size_t wrong_in_pages(const Store& store, const Rows& truth) {
    std::string from;
    size_t wrong = 0;
    auto expected = truth.begin();
    for (Page page(1); !page.empty();) {
        page.clear();
        store.scan(from, "l", [&](std::string_view key, std::string_view value) {
            page.emplace_back(key, value);
            return page.size() < 50;
        });
        for (const auto& row : page) {
            wrong += expected == truth.end() || row.first != expected->first || row.second != expected->second;
            if (expected != truth.end()) ++expected;
        }
        if (!page.empty()) from = page.back().first + '\0';
    }
    return wrong + (expected != truth.end());
}

size_t wrong_in_reverse_pages(const Store& store, const Rows& truth) {
    std::string below = "l";
    size_t wrong = 0;
    auto expected = truth.rbegin();
    for (Page page(1); !page.empty();) {
        page.clear();
        store.scan_reverse("", below, [&](std::string_view key, std::string_view value) {
            page.emplace_back(key, value);
            return page.size() < 50;
        });
        for (const auto& row : page) {
            wrong += expected == truth.rend() || row.first != expected->first || row.second != expected->second;
            if (expected != truth.rend()) ++expected;
        }
        if (!page.empty()) below = page.back().first;
    }
    return wrong + (expected != truth.rend());
}

size_t wrong_by_key(const Store& store, const Rows& truth) {
    size_t wrong = 0;
    for (int i = 0; i < 5'000; i += 3) {
        std::string key = "k" + std::to_string(i);
        auto row = truth.find(key);
        wrong += store.get(key) != (row == truth.end() ? std::nullopt : std::optional(row->second));
    }
    return wrong;
}

// Puts and erases at random, so that rows lie over older ones and over holes.
Rows fill(Store& store) {
    Rows truth;
    std::mt19937 random(5);
    for (int i = 0; i < 30'000; ++i) {
        WriteBatch batch;
        std::string key = "k" + std::to_string(random() % 5'000), value = std::to_string(random()) + std::string(30, 'v');
        if (random() % 4 == 0) {
            batch.erase(key);
            truth.erase(key);
        } else {
            batch.put(key, value);
            truth[key] = value;
        }
        store.write(batch, Durability::kBuffered);
    }
    return truth;
}

}  // namespace

TEST_CASE("a bit of a table that turns is told, or changes no answer") {
    TempDir dir;
    Rows truth;
    {
        LevelDbStore store(dir.file("db"));
        truth = fill(store);
    }
    { LevelDbStore store(dir.file("db")); }  // from the log into tables
    std::vector<std::string> tables = files_with(dir.file("db"), ".ldb");
    REQUIRE(tables.size() >= 1);

    std::mt19937 random(13);
    size_t told = 0;
    for (int round = 0; round < 120; ++round) {
        std::string copy = copy_of(dir.file("db"), dir);
        const std::string& table = tables[random() % tables.size()];
        std::string turned = content(table);
        // The last kilobytes hold the index, the filter and the footer.
        size_t at = round % 3 == 0 ? turned.size() - 1 - random() % 8'000 : random() % turned.size();
        turned[at] = static_cast<char>(turned[at] ^ 1 << random() % 8);
        overwrite(copy + "/" + fs::path(table).filename().string(), turned);
        INFO("byte " << at << " of " << turned.size());

        bool is_told = false;
        for (auto wrong_in : {wrong_in_pages, wrong_in_reverse_pages, wrong_by_key}) {
            try {
                LevelDbStore store(copy);
                size_t wrong = wrong_in(store, truth);
                REQUIRE(wrong == 0);
            } catch (const StoreError& error) {
                is_told = true;
                REQUIRE_THAT(error.what(), Catch::Contains("it is damaged"));
            }
        }
        told += is_told;
    }
    CHECK(told > 60);
}

TEST_CASE("a bit of a descriptor that turns is refused, or changes no answer") {
    TempDir dir;
    Rows truth;
    {
        LevelDbStore store(dir.file("db"));
        truth = fill(store);
    }
    { LevelDbStore store(dir.file("db")); }
    std::string current = content(dir.file("db") + "/CURRENT"), name = current.substr(0, current.size() - 1);
    std::string whole = content(dir.file("db") + "/" + name);
    size_t refused = 0;
    for (size_t at = 0; at < whole.size(); at += 1 + at % 3) {
        std::string copy = copy_of(dir.file("db"), dir), turned = whole;
        turned[at] = static_cast<char>(turned[at] ^ 1 << at % 8);
        overwrite(copy + "/" + name, turned);
        INFO("byte " << at << " of " << whole.size());
        auto rows = opened(copy);
        refused += !rows;
        REQUIRE((!rows || *rows == truth));
    }
    CHECK(refused > whole.size() / 4);
}

TEST_CASE("after damage was read, the store answers nothing more") {
    TempDir dir;
    {
        LevelDbStore store(dir.file("db"));
        fill(store);
    }
    { LevelDbStore store(dir.file("db")); }
    std::string table = files_with(dir.file("db"), ".ldb").at(0), turned = content(table);
    turned[turned.size() / 2] ^= 1;
    overwrite(table, turned);
    LevelDbStore store(dir.file("db"));
    CHECK_THROWS_WITH(read_all(store), Catch::Contains("it is damaged"));
    CHECK_THROWS_WITH(store.get("k1"), Catch::Contains("it is damaged"));
    CHECK_THROWS_WITH(put(store, "k1", ""), Catch::Contains("it is damaged"));
    CHECK(store.failure().value().find("it is damaged") != std::string::npos);
}

TEST_CASE("a scrub reads all there is, and finds damage that nobody asks for") {
    TempDir dir;
    size_t rows = 0, pieces = 0;
    {
        LevelDbStore store(dir.file("db"));
        rows = fill(store).size();
    }
    {
        LevelDbStore store(dir.file("db"));
        std::string next;
        for (std::optional<std::string> from = ""; from; from = store.read_through(*from, 10'000)) {
            CHECK(*from >= next);
            next = *from;
            ++pieces;
        }
        CHECK(pieces > rows * 40 / 10'000 / 2);
        std::atomic<bool> called{false};
        Scrub scrub(
            store, [&] { called = true; }, std::chrono::milliseconds(1));
        put(store, "more", "1");
        CHECK_FALSE(called);
    }
    std::string table = files_with(dir.file("db"), ".ldb").back(), turned = content(table);
    turned[turned.size() / 2] ^= 1;
    overwrite(table, turned);
    LevelDbStore store(dir.file("db"));
    std::promise<void> told;
    Scrub scrub(
        store, [&] { told.set_value(); }, std::chrono::milliseconds(1));
    REQUIRE(told.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(store.failure().value().find("it is damaged") != std::string::npos);
}

TEMPLATE_TEST_CASE("a snapshot stays as it was", "", MemoryStore, LevelDbStore) {
    TempDir dir;
    std::unique_ptr<Store> store;
    if constexpr (std::is_same_v<TestType, MemoryStore>) store = std::make_unique<MemoryStore>();
    else store = std::make_unique<LevelDbStore>(dir.file("db"));
    put(*store, "a", "1");
    put(*store, "b", "1");
    auto before = store->snapshot();
    WriteBatch batch;
    batch.put("a", "2");
    batch.erase("b");
    batch.put("c", "2");
    store->write(batch, Durability::kBuffered);
    auto after = store->snapshot();
    put(*store, "a", "3");

    auto rows_of = [](const StoreView& view) {
        Rows rows;
        view.scan("a", "z", [&](std::string_view key, std::string_view value) {
            CHECK(view.get(key) == value);
            rows.emplace(key, value);
            return true;
        });
        return rows;
    };
    CHECK(rows_of(*before) == Rows{{"a", "1"}, {"b", "1"}});
    CHECK(rows_of(*after) == Rows{{"a", "2"}, {"c", "2"}});
    CHECK(before->get("c") == std::nullopt);
    std::string reversed;
    before->scan_reverse("a", "z", [&](std::string_view key, std::string_view) {
        reversed += key;
        return true;
    });
    CHECK(reversed == "ba");
    CHECK(rows_of(*store) == Rows{{"a", "3"}, {"c", "2"}});
}

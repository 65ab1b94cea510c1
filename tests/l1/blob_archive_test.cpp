// The archive of blobs: what it keeps, what a loss of power takes, and how it gives them to others.
#include "follow/blob_archive.hpp"

#include "follow/blob_server.hpp"
#include "l1-bridge/client/blob_sources.hpp"
#include "tests/l1/fake_beacon.hpp"
#include "tests/node/store_fixture.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

struct MemoryFixture {
    node::MemoryStore store;
};
struct LevelDbFixture {
    TempDir folder;
    node::LevelDbStore store{folder.file("blobs")};
};

// Counts what it is asked for.
struct Counted final : BlobSource {
    std::map<Hash, Blob> blobs;
    int asked = 0;
    node::Result<Blob> fetch(const Hash& hash, const BlobPlace&) override {
        ++asked;
        if (blobs.contains(hash)) return blobs.at(hash);
        return node::Status{node::Code::kInternal, "BLOB_FALSE", "", "another blob"};
    }
};

// A store that can hold up whoever reads a blob, or fail.
struct GatedStore final : node::Store {
    node::MemoryStore kept;
    Gate* gate = nullptr;
    bool fails = false;
    int writes = 0;

    std::optional<std::string> get(std::string_view key) const override {
        if (fails) throw node::StoreError("the test's disk failed");
        if (gate && key.starts_with("blob/data/")) gate->pass();
        return kept.get(key);
    }
    void scan(std::string_view first, std::string_view last, const Visitor& visit) const override {
        kept.scan(first, last, visit);
    }
    void scan_reverse(std::string_view first, std::string_view last, const Visitor& visit) const override {
        kept.scan_reverse(first, last, visit);
    }
    void write(const node::WriteBatch& batch, node::Durability durability) override {
        ++writes;
        kept.write(batch, durability);
    }
    std::unique_ptr<const node::StoreView> snapshot() const override { return kept.snapshot(); }
};

struct Serving {
    GatedStore store;
    BlobArchive archive{store};
    std::vector<std::string> failures;
    node::HttpServer server{node::HttpServerOptions{}};
    std::vector<HashedBlob> blobs;

    explicit Serving(size_t count = 2, size_t at_once = kBlobAnswersAtOnce) {
        for (size_t i = 0; i < count; ++i) {
            blobs.push_back(some_blob(static_cast<uint8_t>(i + 1)));
            archive.put(blobs[i].hash, blobs[i].blob, i);
        }
        serve_blobs(
            server, archive, [this](const char* why) { failures.emplace_back(why); }, at_once);
        REQUIRE(server.start().ok());
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
    httplib::Result get(const std::string& query, const std::string& id = "7") const {
        httplib::Client client("127.0.0.1", server.port());
        return client.Get("/eth/v1/beacon/blobs/" + id + query);
    }
    std::string hash(size_t i) const { return to_hex(blobs[i].hash); }
};

}  // namespace

TEMPLATE_TEST_CASE("an archive keeps a blob whole, once, with the batches that name it", "", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    BlobArchive archive(fixture.store);
    HashedBlob one = some_blob(1);
    const HashedBlob two = some_blob(2);
    Bytes bytes(one.blob.view().begin(), one.blob.view().end());
    bytes[0] = 0xff, bytes[131'040] = 0x73;  // top bytes, which no slot's data has
    one.blob = *Blob::from(bytes);
    CHECK(archive.count() == 0);
    CHECK_FALSE(archive.has(one.hash));
    CHECK_FALSE(archive.find(one.hash));
    CHECK(archive.fetch(one.hash, {}).status().reason == "BLOB_UNKNOWN");
    CHECK(archive.of_batch(5).empty());

    archive.put(one.hash, one.blob, 5);
    archive.put(two.hash, two.blob);
    for (int i = 0; i < 2; ++i) {
        CHECK(archive.count() == 2);
        CHECK(archive.has(one.hash));
        CHECK(archive.find(one.hash) == one.blob);
        CHECK(*archive.fetch(two.hash, {}) == two.blob);
        CHECK(archive.of_batch(5) == std::vector<Hash>{one.hash});
        archive.put(one.hash, one.blob, 5);
    }
    for (uint64_t batch : {uint64_t{5}, uint64_t{6}, UINT64_MAX}) archive.put(two.hash, two.blob, batch);
    CHECK(archive.count() == 2);
    CHECK(archive.of_batch(5) == std::vector<Hash>{std::min(one.hash, two.hash), std::max(one.hash, two.hash)});
    CHECK(archive.of_batch(6) == std::vector<Hash>{two.hash});
    CHECK(archive.of_batch(UINT64_MAX) == std::vector<Hash>{two.hash});
    CHECK(archive.of_batch(4).empty());
    CHECK(archive.of_batch(7).empty());
    CHECK(BlobArchive(fixture.store).find(one.hash) == one.blob);
}

TEST_CASE("all of an archive's keys begin with blob/, and what is there isn't written again") {
    GatedStore store;
    BlobArchive archive(store);
    const HashedBlob one = some_blob();
    for (int i = 0; i < 2; ++i) archive.put(one.hash, one.blob, 5);
    archive.put(one.hash, Blob());
    CHECK(store.writes == 1);
    CHECK(archive.find(one.hash) == one.blob);
    size_t keys = 0;
    store.scan("", "\xff", [&](std::string_view key, std::string_view) {
        CHECK(key.starts_with("blob/"));
        return ++keys > 0;
    });
    CHECK(keys == 4);
}

TEST_CASE("a loss of power takes no blob that was put") {
    node::MemoryStore store;
    const HashedBlob one = some_blob();
    BlobArchive archive(store);
    archive.put(one.hash, one.blob, 5);
    CHECK(store.unsynced_batches() == 0);
    store.lose_unsynced();
    CHECK(archive.find(one.hash) == one.blob);
    CHECK(archive.of_batch(5).size() == 1);
}

TEST_CASE("a blob whose writing the disk cuts short is there after the next start, or isn't, as a whole") {
    TempDir folder;
    const HashedBlob one = some_blob(1), two = some_blob(2);
    {
        store_test::FailingDisk disk(".log");
        node::LevelDbStore store(folder.file("blobs"), &disk);
        BlobArchive archive(store);
        archive.put(one.hash, one.blob, 1);
        disk.fail_append_after(0);
        CHECK_THROWS_AS(archive.put(two.hash, two.blob, 2), node::StoreError);
        CHECK_THROWS_AS(archive.find(one.hash), node::StoreError);
    }
    node::LevelDbStore store(folder.file("blobs"));
    BlobArchive archive(store);
    CHECK(archive.find(one.hash) == one.blob);
    CHECK(archive.has(two.hash) == archive.find(two.hash).has_value());
    CHECK(archive.count() == (archive.has(two.hash) ? 2 : 1));
    CHECK(archive.of_batch(2).size() == archive.count() - 1);
    archive.put(two.hash, two.blob, 2);
    CHECK((archive.count() == 2 && archive.find(two.hash) == two.blob));
}

TEST_CASE("rows that aren't what they were end the archive") {
    node::MemoryStore store;
    BlobArchive archive(store);
    const HashedBlob one = some_blob();
    archive.put(one.hash, one.blob, 5);
    store_test::put(store, "blob/data/" + string_of(one.hash), "short");
    CHECK_THROWS_AS(archive.find(one.hash), node::StoreError);
    CHECK_THROWS_AS(archive.fetch(one.hash, {}), node::StoreError);
    store_test::put(store, "blob/count", "");
    CHECK_THROWS_AS(archive.count(), node::StoreError);
    store_test::put(store, "blob/batch/" + std::string(7, '\0') + "\5x", "");
    CHECK_THROWS_AS(archive.of_batch(5), node::StoreError);
}

TEST_CASE("threads that keep the same blobs at once count each of them once") {
    node::MemoryStore store;
    BlobArchive archive(store);
    std::vector<HashedBlob> blobs;
    for (uint8_t i = 1; i <= 6; ++i) blobs.push_back(some_blob(i));
    std::vector<std::thread> threads;
    for (uint64_t batch = 0; batch < 4; ++batch) {
        threads.emplace_back([&, batch] {
            for (const HashedBlob& one : blobs) archive.put(one.hash, one.blob, batch);
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(archive.count() == 6);
    for (uint64_t batch = 0; batch < 4; ++batch) CHECK(archive.of_batch(batch).size() == 6);
}

TEST_CASE("an archive is asked before its sources, and keeps what they give") {
    node::MemoryStore store;
    BlobArchive archive(store);
    Counted behind;
    ArchivingSource source(archive, behind);
    const HashedBlob one = some_blob(1), two = some_blob(2), unknown = some_blob(3);
    behind.blobs = {{one.hash, one.blob}, {two.hash, two.blob}};
    for (int i = 0; i < 2; ++i) CHECK(*source.fetch(one.hash, {}) == one.blob);
    CHECK(behind.asked == 1);
    CHECK(archive.find(one.hash) == one.blob);
    CHECK(source.fetch(unknown.hash, {}).status().reason == "BLOB_FALSE");
    CHECK(archive.count() == 1);
    CHECK(*source.fetch_for(9, two.hash, {}) == two.blob);
    CHECK(*source.fetch_for(9, one.hash, {}) == one.blob);
    CHECK(behind.asked == 3);
    CHECK(archive.of_batch(9).size() == 2);
    behind.blobs.clear();
    CHECK(*source.fetch(two.hash, {}) == two.blob);
}

TEST_CASE("an archive is served by the beacon nodes' URL, in the order asked for") {
    Serving s(6);
    auto data = [&](const std::string& query, const std::string& id = "7") {
        auto answer = s.get(query, id);
        REQUIRE(answer);
        INFO(answer->body.substr(0, 200));
        CHECK(answer->status == 200);
        CHECK(answer->get_header_value("Content-Type") == "application/json");
        json body = json::parse(answer->body);
        CHECK((body["execution_optimistic"] == false && body["finalized"] == false && body.size() == 3));
        return body["data"];
    };
    auto text = [&](size_t i) { return blob_text(s.blobs[i].blob); };
    CHECK(data("?versioned_hashes=" + s.hash(1)) == json::array({text(1)}));
    for (const char* id : {"head", "0", "0x12ab", "99999999999999999999999"})
        CHECK(data("?versioned_hashes=" + s.hash(0), id) == json::array({text(0)}));
    CHECK(data("?versioned_hashes=" + s.hash(1) + "," + s.hash(0)) == json::array({text(1), text(0)}));
    CHECK(data("?versioned_hashes=" + s.hash(1) + "&x=y&versioned_hashes=" + s.hash(0)) == json::array({text(1), text(0)}));
    std::string all;
    for (size_t i = 6; i-- > 0;) all += (all.empty() ? "" : ",") + s.hash(i);
    CHECK(data("?versioned_hashes=" + all) == json::array({text(5), text(4), text(3), text(2), text(1), text(0)}));
}

TEST_CASE("what an archive hasn't is 404, and what has no form 400") {
    Serving s(2);
    auto refused = [&](const std::string& query) {
        auto answer = s.get(query);
        REQUIRE(answer);
        const json body = json::parse(answer->body);
        CHECK(body["code"] == answer->status);
        CHECK(body["message"].is_string());
        return answer->status;
    };
    const std::string query = "?versioned_hashes=", other = to_hex(some_blob(9).hash);
    CHECK(refused(query + other) == 404);
    CHECK(refused(query + s.hash(0) + "," + other) == 404);
    CHECK(refused("") == 400);
    CHECK(refused("?hashes=" + s.hash(0)) == 400);
    std::string seven = s.hash(0);
    for (int i = 0; i < 6; ++i) seven += "," + s.hash(0);
    for (const std::string& bad : {std::string(), std::string("0x01"), s.hash(0).substr(2), s.hash(0) + ",", "," + s.hash(0),
                                   s.hash(0) + "00", seven, s.hash(0) + "," + s.hash(1) + ",x"}) {
        INFO(bad);
        CHECK(refused(query + bad) == 400);
    }
    CHECK(s.get("?versioned_hashes=" + s.hash(0), "a/b")->status == 404);
    s.store.fails = true;
    CHECK(refused(query + s.hash(0)) == 500);
    CHECK(s.failures == std::vector<std::string>{"the test's disk failed"});
}

TEST_CASE("no more answers are made at once than a server has places for") {
    Serving s(2, 1);
    const std::string query = "?versioned_hashes=" + s.hash(0);
    auto status = [&](const std::string& asked) {
        const auto answer = s.get(asked);
        return answer ? answer->status : 0;
    };
    Gate gate;
    s.store.gate = &gate;
    int first_status = 0;
    std::thread first([&] { first_status = status(query); });
    CHECK(gate.is_reached());
    for (int i = 0; i < 3; ++i) CHECK(status(query) == 503);
    CHECK(status("?versioned_hashes=" + to_hex(some_blob(9).hash)) == 404);  // needs no place
    gate.open();
    first.join();
    CHECK(first_status == 200);
    // A client has its answer a little before the server knows that it is sent.
    auto in_the_end = [&] {
        int last = status(query);
        for (int i = 0; i < 500 && last == 503; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            last = status(query);
        }
        return last;
    };
    for (int i = 0; i < 3; ++i) CHECK(in_the_end() == 200);
}

TEST_CASE("two servers give each other what they lack") {
    Serving a(2), b(0);
    node::ManualClock clock;
    auto from_a = open_blob_sources({{a.url()}}, {}, clock), from_b = open_blob_sources({{b.url()}}, {}, clock);
    ArchivingSource to_b(b.archive, **from_a), to_a(a.archive, **from_b);
    const HashedBlob third = some_blob(3);
    b.archive.put(third.hash, third.blob);
    CHECK(*to_b.fetch_for(0, a.blobs[0].hash, {}) == a.blobs[0].blob);
    CHECK(*to_a.fetch_for(1, third.hash, {}) == third.blob);
    CHECK((a.archive.count() == 3 && b.archive.count() == 2));
    CHECK(to_a.fetch(some_blob(9).hash, {}).status().reason == "BLOB_UNKNOWN");
    a.server.stop();
    CHECK(*to_b.fetch(a.blobs[0].hash, {}) == a.blobs[0].blob);
    CHECK(to_b.fetch(a.blobs[1].hash, {}).status().reason == "BLOBS_UNREACHABLE");
}

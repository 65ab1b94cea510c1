// The shelf of snapshots, and how others get them over HTTP.
#include <httplib.h>

#include <filesystem>

#include "follow/snapshot_shelf.hpp"
#include "node/file.hpp"
#include "tests/snapshot/some_snapshot.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/temp_dir.hpp"

namespace gavel::test {
namespace {

std::unique_ptr<SnapshotShelf> open_shelf(const std::string& folder, const Domain& domain) {
    auto shelf = SnapshotShelf::open(folder, domain);
    REQUIRE(shelf.ok());
    return *std::move(shelf);
}

void put(SnapshotShelf& shelf, const SomeSnapshot& snapshot) {
    auto draft = SnapshotDraft::open(shelf.draft_path("making"), snapshot.head, snapshot.roots);
    REQUIRE(draft.ok());
    for (SnapshotPart part : {SnapshotPart::kLeaves, SnapshotPart::kWithdrawals})
        for (uint32_t i = 0; i < draft->layout().pieces(part); ++i) {
            const std::string data = snapshot.piece({part, i});
            REQUIRE(draft->put({part, i}, view_of(data)).ok());
        }
    REQUIRE(shelf.add(*std::move(draft)).ok());
}

struct Serving {
    TempDir folder;
    std::unique_ptr<SnapshotShelf> shelf = open_shelf(folder.file("shelf"), SomeSnapshot::large().head.domain);
    node::HttpServer server{node::HttpServerOptions{}};

    explicit Serving(size_t at_once = kSnapshotAnswersAtOnce) {
        serve_snapshots(server, *shelf, at_once);
        REQUIRE(server.start().ok());
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
    int status_of(const std::string& path) const {
        auto answer = httplib::Client("127.0.0.1", server.port()).Get("/gavel/snapshot/" + path);
        return answer ? answer->status : 0;
    }
};

}  // namespace

TEST_CASE("the shelf keeps the newest two, through restarts, and nothing of another chain") {
    TempDir folder;
    const SomeSnapshot one(1, 3, 0), two(2, 4, 1), three(3, 5, 2);
    const Domain& domain = one.head.domain;
    auto shelf = open_shelf(folder.file("shelf"), domain);
    CHECK_FALSE(shelf->newest());
    put(*shelf, two);
    put(*shelf, one);
    CHECK(shelf->newest()->head() == two.head);
    CHECK(shelf->find(1)->head() == one.head);
    const auto reading = shelf->find(1);
    put(*shelf, three);
    CHECK(shelf->newest()->head() == three.head);
    CHECK_FALSE(shelf->find(1));
    CHECK_FALSE(std::filesystem::exists(folder.file("shelf/snapshot-1")));
    CHECK(*reading->read({SnapshotPart::kLeaves, 0}) == one.piece({SnapshotPart::kLeaves, 0}));

    REQUIRE(node::write_file(folder.file("shelf/snapshot-7"), "what is this?").ok());
    std::filesystem::copy(folder.file("shelf/snapshot-3"), folder.file("shelf/snapshot-8"));  // not its batch
    auto again = open_shelf(folder.file("shelf"), domain);
    CHECK(again->newest()->head() == three.head);
    CHECK(again->find(2)->head() == two.head);
    CHECK_FALSE(again->find(8));
    CHECK(std::filesystem::exists(folder.file("shelf/snapshot-7")));
    CHECK_FALSE(open_shelf(folder.file("shelf"), {8, domain.rollup})->newest());
}

TEST_CASE("a snapshot goes over HTTP piece by piece") {
    Serving serving;
    HttpSnapshotSource source(serving.url());
    CHECK(source.head(std::nullopt).status().reason == "SNAPSHOT_UNKNOWN");
    const SomeSnapshot& snapshot = SomeSnapshot::large();
    put(*serving.shelf, snapshot);
    CHECK(*source.head(std::nullopt) == string_of(snapshot.head.encode()));
    CHECK(*source.head(5) == string_of(snapshot.head.encode()));
    CHECK(source.head(6).status().reason == "SNAPSHOT_UNKNOWN");
    for (SnapshotPart part : kSnapshotParts)
        for (uint32_t i = 0; i < SnapshotLayout(snapshot.head.header.last).pieces(part); ++i)
            CHECK(*source.piece(5, {part, i}) == snapshot.piece({part, i}));
    CHECK(source.piece(5, {SnapshotPart::kLeaves, 3}).status().reason == "SNAPSHOT_UNKNOWN");
    CHECK(source.piece(4, {SnapshotPart::kLeaves, 0}).status().reason == "SNAPSHOT_UNKNOWN");

    std::vector<std::unique_ptr<SnapshotSource>> sources;
    sources.push_back(*open_snapshot_source(serving.url()));
    SnapshotTaker taker(std::move(sources), serving.folder.file("taking.part"),
                        [](const SnapshotHead&) { return node::Status{}; });
    auto taken = taker.take();
    REQUIRE(taken.ok());
    CHECK(*taken->read({SnapshotPart::kLeaves, 2}) == snapshot.piece({SnapshotPart::kLeaves, 2}));
}

TEST_CASE("what is no question is refused") {
    Serving serving;
    put(*serving.shelf, SomeSnapshot(5, 3, 0));
    CHECK(serving.status_of("head") == 200);
    CHECK(serving.status_of("head?batch=5") == 200);
    CHECK(serving.status_of("leaves/0?batch=5") == 200);
    CHECK(serving.status_of("roots/0?batch=5") == 200);
    for (const char* none : {"head?batch=6", "leaves/1?batch=5", "leaves/4294967296?batch=5", "withdrawals/0?batch=5",
                             "leaves/0?batch=6", "others/0?batch=5", "leaves?batch=5"})
        CHECK(serving.status_of(none) == 404);
    for (const char* bad : {"head?batch=x", "head?batch=", "head?batch=5&batch=6", "leaves/0", "leaves/x?batch=5",
                            "leaves/0?batch=-1", "leaves/18446744073709551616?batch=5", "roots/0?batch=18446744073709551616"})
        CHECK(std::pair(std::string(bad), serving.status_of(bad)) == std::pair(std::string(bad), 400));
}

TEST_CASE("over so many answers at one time there are none") {
    Serving serving(0);
    put(*serving.shelf, SomeSnapshot(5, 3, 0));
    CHECK(serving.status_of("leaves/0?batch=5") == 503);
    CHECK(HttpSnapshotSource(serving.url()).piece(5, {SnapshotPart::kLeaves, 0}).status().reason == "SNAPSHOT_UNREACHABLE");
    CHECK(serving.status_of("head") == 200);
}

TEST_CASE("a server that sends more than a piece, or nothing in its time, or isn't there") {
    node::HttpServer server{node::HttpServerOptions{}};
    Gate gate;
    const auto answer = [&](size_t bytes) {
        return [bytes](const node::HttpRequest&) { return node::HttpResponse{200, "text/plain", std::string(bytes, 'x')}; };
    };
    server.route(node::HttpMethod::kGet, "/gavel/snapshot/head", answer(240));
    server.route_word(node::HttpMethod::kGet, "/gavel/snapshot/leaves/", answer(kMaxPieceBytes + 1));
    server.route_word(node::HttpMethod::kGet, "/gavel/snapshot/withdrawals/", [&](const node::HttpRequest&) {
        gate.pass();
        return node::HttpResponse{};
    });
    REQUIRE(server.start().ok());
    HttpSnapshotSource source("http://127.0.0.1:" + std::to_string(server.port()), std::chrono::milliseconds(200));
    CHECK(source.head(std::nullopt).status().reason == "SNAPSHOT_TOO_LONG");
    CHECK(source.piece(5, {SnapshotPart::kLeaves, 0}).status().reason == "SNAPSHOT_TOO_LONG");
    CHECK(source.piece(5, {SnapshotPart::kWithdrawals, 0}).status().reason == "SNAPSHOT_UNREACHABLE");
    gate.open();
    server.stop();
    CHECK(source.head(std::nullopt).status().reason == "SNAPSHOT_UNREACHABLE");
    source.close();
    CHECK(source.piece(5, {SnapshotPart::kLeaves, 0}).status().reason == "SNAPSHOT_UNREACHABLE");
}

TEST_CASE("a snapshot comes from a file as well; what is neither file nor URL is told") {
    TempDir folder;
    const SomeSnapshot snapshot(5, 30, 4);
    auto shelf = open_shelf(folder.file("shelf"), snapshot.head.domain);
    put(*shelf, snapshot);
    auto source = open_snapshot_source(folder.file("shelf/snapshot-5"));
    REQUIRE(source.ok());
    CHECK(*(*source)->head(std::nullopt) == string_of(snapshot.head.encode()));
    CHECK((*source)->head(6).status().reason == "SNAPSHOT_UNKNOWN");
    CHECK(*(*source)->piece(5, {SnapshotPart::kWithdrawals, 0}) == snapshot.piece({SnapshotPart::kWithdrawals, 0}));
    CHECK((*source)->piece(5, {SnapshotPart::kWithdrawals, 1}).status().reason == "SNAPSHOT_UNKNOWN");
    CHECK((*open_snapshot_source(folder.file("none")))->head(std::nullopt).status().reason == "FILE_NOT_FOUND");
    CHECK(open_snapshot_source("ftp://somewhere").status().reason == "OPTION_INVALID");
}

}  // namespace gavel::test

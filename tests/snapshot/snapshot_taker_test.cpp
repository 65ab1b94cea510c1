// Snapshots from sources that lie, end, are away, or have another: each lie is refused by its name, and whoever is honest is
// enough.
#include "tests/snapshot/some_snapshot.hpp"
#include "tests/support/temp_dir.hpp"

namespace gavel::test {
namespace {

constexpr size_t kPieces = 5;  // of the large one, without its roots

void flip(std::string& data, size_t at) { data.at(at) = static_cast<char>(data.at(at) ^ 1); }

// The L1 has these heads, and no other.
HeadJudge holds(const std::vector<SnapshotHead>& heads) {
    return [heads](const SnapshotHead& head) -> node::Status {
        for (const SnapshotHead& good : heads)
            if (good == head) return {};
        return {node::Code::kInternal, "SNAPSHOT_HEADER_FALSE", "snapshot", "not the contract's"};
    };
}

struct Taking {
    TempDir folder;
    std::vector<std::unique_ptr<SnapshotSource>> sources;
    std::vector<StandIn*> stand_ins;
    std::vector<SnapshotHead> good;

    StandIn& add(const SomeSnapshot& snapshot, bool is_good = true) {
        auto source = std::make_unique<StandIn>(snapshot, "source " + std::to_string(sources.size()));
        stand_ins.push_back(source.get());
        sources.push_back(std::move(source));
        if (is_good) good.push_back(snapshot.head);
        return *stand_ins.back();
    }
    SnapshotTaker taker() { return SnapshotTaker(std::move(sources), folder.file("taking.part"), holds(good)); }
};

void check_whole(const SnapshotDraft& draft, const SomeSnapshot& snapshot) {
    CHECK(draft.head() == snapshot.head);
    for (SnapshotPart part : kSnapshotParts)
        for (uint32_t i = 0; i < draft.layout().pieces(part); ++i) CHECK(*draft.read({part, i}) == snapshot.piece({part, i}));
}

struct Lie {
    const char* what;
    const char* reason;
    std::function<void(StandIn&)> tell;
};

std::function<void(StandIn&)> lies_of_head(std::function<void(std::string&)> change) {
    return [change](StandIn& liar) { liar.changes_head = change; };
}
std::function<void(StandIn&)> lies_of(SnapshotPiece piece, std::function<void(std::string&)> change) {
    return [=](StandIn& liar) {
        liar.changes_piece = [=](const SnapshotPiece& which, std::string& data) {
            if (which == piece) change(data);
        };
    };
}

const std::vector<Lie>& lies() {
    constexpr SnapshotPiece roots{SnapshotPart::kRoots, 0}, leaves{SnapshotPart::kLeaves, 1}, last{SnapshotPart::kLeaves, 2},
        withdrawals{SnapshotPart::kWithdrawals, 1};
    constexpr size_t header = 44, last_fields = header + 107;
    static const std::vector<Lie> all = {
        {"no head", "SNAPSHOT_HEAD_INVALID", lies_of_head([](std::string& head) { head.clear(); })},
        {"a head cut short", "SNAPSHOT_HEAD_INVALID", lies_of_head([](std::string& head) { head.pop_back(); })},
        {"a head that is longer", "SNAPSHOT_HEAD_INVALID", lies_of_head([](std::string& head) { head += '\0'; })},
        {"another format", "SNAPSHOT_HEAD_INVALID", lies_of_head([](std::string& head) { flip(head, 0); })},
        {"genesis", "SNAPSHOT_HEAD_INVALID", lies_of_head([](std::string& head) { head.replace(header, 8, 8, '\0'); })},
        {"the batch's number", "SNAPSHOT_HEADER_FALSE", lies_of_head([](std::string& head) { flip(head, header + 7); })},
        {"the accounts' root", "SNAPSHOT_HEADER_FALSE", lies_of_head([](std::string& head) { flip(head, last_fields); })},
        {"the count of accounts", "SNAPSHOT_HEADER_FALSE", lies_of_head([](std::string& head) { flip(head, last_fields + 67); })},
        {"the count of withdrawals", "SNAPSHOT_HEADER_FALSE",
         lies_of_head([](std::string& head) { flip(head, last_fields + 71); })},
        {"a piece's root", "SNAPSHOT_ROOTS_FALSE", lies_of(roots, [](std::string& data) { flip(data, 40); })},
        {"roots cut short", "SNAPSHOT_PIECE_LENGTH", lies_of(roots, [](std::string& data) { data.resize(data.size() - 32); })},
        {"a root more", "SNAPSHOT_PIECE_LENGTH", lies_of(roots, [](std::string& data) { data += std::string(32, '\0'); })},
        {"a leaf's owner", "SNAPSHOT_PIECE_FALSE", lies_of(leaves, [](std::string& data) { flip(data, 104 * 17); })},
        {"a leaf's nonce", "SNAPSHOT_PIECE_FALSE", lies_of(leaves, [](std::string& data) { flip(data, 104 * 17 + 47); })},
        {"a leaf's balance", "SNAPSHOT_PIECE_FALSE", lies_of(leaves, [](std::string& data) { flip(data, 104 * 17 + 63); })},
        {"a leaf's link", "SNAPSHOT_PIECE_FALSE", lies_of(leaves, [](std::string& data) { flip(data, 104 * 17 + 70); })},
        {"two leaves exchanged", "SNAPSHOT_PIECE_FALSE",
         lies_of(last, [](std::string& data) { std::swap_ranges(data.begin(), data.begin() + 104, data.begin() + 104); })},
        {"a withdrawal's recipient", "SNAPSHOT_PIECE_FALSE", lies_of(withdrawals, [](std::string& data) { flip(data, 56); })},
        {"a withdrawal's amount", "SNAPSHOT_PIECE_FALSE", lies_of(withdrawals, [](std::string& data) { flip(data, 55); })},
        {"leaves cut short", "SNAPSHOT_PIECE_LENGTH", lies_of(last, [](std::string& data) { data.resize(data.size() - 104); })},
        {"a leaf more", "SNAPSHOT_PIECE_LENGTH", lies_of(last, [](std::string& data) { data += std::string(104, '\0'); })},
        {"no leaves", "SNAPSHOT_PIECE_LENGTH", lies_of(leaves, [](std::string& data) { data.clear(); })},
        {"a withdrawal less", "SNAPSHOT_PIECE_LENGTH",
         lies_of(withdrawals, [](std::string& data) { data.resize(data.size() - 56); })},
        {"the snapshot of another state, from the second piece on", "SNAPSHOT_PIECE_FALSE",
         lies_of(leaves,
                 [](std::string& data) {
                     static const SomeSnapshot other(5, 20'000, 0, 70'000);
                     data = other.piece({SnapshotPart::kLeaves, 1});
                 })},
    };
    return all;
}

}  // namespace

TEST_CASE("a snapshot is taken whole") {
    Taking taking;
    StandIn& source = taking.add(SomeSnapshot::large());
    SnapshotTaker taker = taking.taker();
    auto taken = taker.take();
    INFO(node::to_string(taken.status()));
    REQUIRE(taken.ok());
    check_whole(*taken, SomeSnapshot::large());
    CHECK(source.asked.size() == kPieces);
    CHECK(taker.lies().empty());
}

TEST_CASE("each lie of a source is refused by its name, and is told whose it is") {
    for (const Lie& lie : lies()) {
        INFO(lie.what);
        Taking taking;
        lie.tell(taking.add(SomeSnapshot::large()));
        SnapshotTaker taker = taking.taker();
        auto taken = taker.take();
        REQUIRE_FALSE(taken.ok());
        CHECK(taken.status().reason == lie.reason);
        REQUIRE(taker.lies().size() == 1);
        CHECK(taker.lies()[0].first == "source 0");
        CHECK(taker.lies()[0].second.reason == lie.reason);
    }
}

TEST_CASE("with an honest source behind the liar all is well, and the liar isn't asked again") {
    for (const Lie& lie : lies()) {
        INFO(lie.what);
        Taking taking;
        StandIn& liar = taking.add(SomeSnapshot::large());
        lie.tell(liar);
        StandIn& honest = taking.add(SomeSnapshot::large());
        SnapshotTaker taker = taking.taker();
        auto taken = taker.take();
        INFO(node::to_string(taken.status()));
        REQUIRE(taken.ok());
        check_whole(*taken, SomeSnapshot::large());
        REQUIRE(taker.lies().size() == 1);
        CHECK(taker.lies()[0].first == "source 0");
        // What it gave before it lied is kept, and what it lied about is asked of the other.
        CHECK(liar.asked.size() + honest.asked.size() == kPieces + (liar.asked.empty() ? 0 : 1));
    }
}

TEST_CASE("the newest is taken of all that are good") {
    const SomeSnapshot old(4, 300, 2), newer(6, 310, 3, 1'000), false_one(9, 305, 1, 2'000);
    Taking taking;
    taking.add(old);
    taking.add(false_one, false);
    taking.add(newer);
    taking.add(old).is_away = true;
    SnapshotTaker taker = taking.taker();
    auto taken = taker.take();
    REQUIRE(taken.ok());
    check_whole(*taken, newer);
    REQUIRE(taker.lies().size() == 1);
    CHECK(taker.lies()[0].first == "source 1");
    CHECK(taker.lies()[0].second.reason == "SNAPSHOT_HEADER_FALSE");
}

TEST_CASE("what has come stays: a source that breaks off is gone on with where it was, by another process too") {
    Taking first;
    StandIn& source = first.add(SomeSnapshot::large());
    source.gives = 2;
    SnapshotTaker taker = first.taker();
    auto broken = taker.take();
    REQUIRE_FALSE(broken.ok());
    CHECK(broken.status().reason == "SNAPSHOT_UNREACHABLE");
    CHECK(source.asked.size() == 2);
    source.gives = 3;
    CHECK(taker.take().status().reason == "SNAPSHOT_UNREACHABLE");
    CHECK(source.asked.size() == 3);

    std::vector<std::unique_ptr<SnapshotSource>> sources;
    auto after = std::make_unique<StandIn>(SomeSnapshot::large(), "another");
    StandIn& another = *after;
    sources.push_back(std::move(after));
    SnapshotTaker restarted(std::move(sources), first.folder.file("taking.part"), holds({SomeSnapshot::large().head}));
    auto taken = restarted.take();
    REQUIRE(taken.ok());
    check_whole(*taken, SomeSnapshot::large());
    CHECK(another.asked == std::vector<SnapshotPiece>{{SnapshotPart::kWithdrawals, 0}, {SnapshotPart::kWithdrawals, 1}});
}

TEST_CASE("one that was begun and that nobody has any more makes place for the newest; so does one that only a liar has") {
    const SomeSnapshot newer(6, 310, 3, 1'000);
    for (bool liar_has_it : {false, true}) {
        INFO(liar_has_it);
        Taking begun;
        begun.add(SomeSnapshot::large()).gives = 2;
        CHECK(begun.taker().take().status().reason == "SNAPSHOT_UNREACHABLE");

        std::vector<std::unique_ptr<SnapshotSource>> sources;
        if (liar_has_it) {
            auto liar = std::make_unique<StandIn>(SomeSnapshot::large(), "liar");
            liar->changes_piece = [](const SnapshotPiece& which, std::string& data) {
                if (which.part == SnapshotPart::kWithdrawals) flip(data, 0);
            };
            sources.push_back(std::move(liar));
        }
        sources.push_back(std::make_unique<StandIn>(newer, "honest"));
        SnapshotTaker taker(std::move(sources), begun.folder.file("taking.part"),
                            holds({SomeSnapshot::large().head, newer.head}));
        auto taken = taker.take();
        INFO(node::to_string(taken.status()));
        REQUIRE(taken.ok());
        check_whole(*taken, newer);
    }
}

TEST_CASE("a snapshot that the L1 doesn't hold any more isn't gone on with") {
    Taking begun;
    begun.add(SomeSnapshot::large()).gives = 2;
    CHECK(begun.taker().take().status().reason == "SNAPSHOT_UNREACHABLE");
    std::vector<std::unique_ptr<SnapshotSource>> sources;
    sources.push_back(std::make_unique<StandIn>(SomeSnapshot::large(), "source"));
    SnapshotTaker taker(std::move(sources), begun.folder.file("taking.part"), holds({}));
    CHECK(taker.take().status().reason == "SNAPSHOT_HEADER_FALSE");
}

TEST_CASE("taking is broken off when its progress says so, and goes on from there") {
    Taking taking;
    StandIn& source = taking.add(SomeSnapshot::large());
    std::vector<uint64_t> told;
    bool goes_on = false;
    SnapshotTaker taker(std::move(taking.sources), taking.folder.file("taking.part"), holds(taking.good),
                        [&](uint64_t done, uint64_t all) {
                            told.push_back(done);
                            CHECK(all == SnapshotLayout(SomeSnapshot::large().head.header.last).file_bytes());
                            return goes_on || told.size() < 2;
                        });
    CHECK(taker.take().status().code == node::Code::kCancelled);
    CHECK(source.asked.size() == 2);
    goes_on = true;
    REQUIRE(taker.take().ok());
    CHECK(source.asked.size() == kPieces);
    CHECK(told.size() == 2 + kPieces);
    CHECK(told.back() == SnapshotLayout(SomeSnapshot::large().head.header.last).file_bytes());
}

TEST_CASE("where nobody is there, or has any, that is told") {
    Taking none, away, empty;
    CHECK(none.taker().take().status().reason == "SNAPSHOT_UNKNOWN");
    away.add(SomeSnapshot::large()).is_away = true;
    CHECK(away.taker().take().status().reason == "SNAPSHOT_UNREACHABLE");
    StandIn& source = empty.add(SomeSnapshot::large());
    source.has_forgotten = true;
    SnapshotTaker taker = empty.taker();
    CHECK(taker.take().status().reason == "SNAPSHOT_UNKNOWN");
    CHECK(taker.lies().empty());
}

}  // namespace gavel::test

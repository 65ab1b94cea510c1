// A verifier that begins with another's snapshot, after the L1 has dropped the blobs: it agrees with the chain from there on.
#include <filesystem>
#include <fstream>

#include "follow/snapshot_keeper.hpp"
#include "follow/snapshot_taker.hpp"
#include "ledger/ledger_start.hpp"
#include "node/log.hpp"
#include "tests/snapshot/some_snapshot.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

using drill::LieKind;
using verifier::VerdictKind;

constexpr uint64_t kEvery = 1'000, kDay = 86'400;

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Three batches, with withdrawals in the third; a verifier that has seen them, and makes snapshots.
struct SnapshotWorld {
    HonestStart start{DataSource::kBlobs};
    L1World& world = start.world;
    const Address carol = PrivateKey::derived("carol").address();
    TempDir folder;
    std::unique_ptr<SnapshotShelf> shelf = shelf_at("old");
    Watcher old{world, nullptr, making(*shelf)};
    Hash old_payment;

    SnapshotWorld() {
        start.op.post({{&world.alice, carol, 100, true}, {&world.bob, carol, 200, true}});
        world.pass(kWindow + kEvery);
        old.settle();
        old_payment =
            std::get<api::OperationInfo>(old.verifier->queries().history(world.bob.address(), {}, 0, 1)->items.at(0).what).hash;
        REQUIRE(old.verifier->make_snapshot());
        REQUIRE(shelf->newest());
        REQUIRE(shelf->newest()->head().batch() == 3);
    }

    std::unique_ptr<SnapshotShelf> shelf_at(const std::string& name) {
        auto out = SnapshotShelf::open(folder.file(name), {*start.world.client->chain_id(), start.world.rollup});
        REQUIRE(out.ok());
        return *std::move(out);
    }
    static verifier::VerifierOptions making(SnapshotShelf& shelf) {
        verifier::VerifierOptions out = Watcher::default_options();
        out.snapshots = &shelf;
        out.snapshot_every = kEvery;
        return out;
    }
    // The L1's nodes drop what was posted so far.
    void lose_blobs() { world.pass(19 * kDay); }

    // Of whoever begins with snapshots from there.
    Watcher::Begins from(std::vector<std::string> sources, const std::string& name = "new") {
        return [this, sources, name](Watcher& watcher) {
            SnapshotFlags flags{sources, folder.file(name), kEvery};
            auto keeper = SnapshotKeeper::open(flags, "", watcher.sync->domain());
            REQUIRE(keeper.ok());
            int rests = 0;
            auto begun = (*keeper)->begin(watcher.store, *watcher.sync, watcher.client,
                                          [&](auto time) { return time.count() == 0 || ++rests < 3; });
            INFO(node::to_string(begun.status()));
            REQUIRE(begun.ok());
            REQUIRE(*begun);
        };
    }
    std::string file() const { return folder.file("old/snapshot-3"); }
};

void check_agrees(Watcher& watcher, const Operator& op, uint64_t head) {
    const api::ChainInfo info = watcher.verifier->queries().chain_info();
    CHECK(info.head_batch == head);
    CHECK(info.head_hash == watcher.world.contract().head()->hash);
    CHECK(info.head_hash == op.ledger->last_header().hash());
    CHECK(info.state == op.ledger->sealed_fields());
    CHECK(watcher.verifier->status().is_synced);
    CHECK(watcher.verifier->status().verified_batch == head);
}

}  // namespace

TEST_CASE("after the blobs have expired, a verifier without a snapshot says why it can't go on, and what to do") {
    SnapshotWorld w;
    w.lose_blobs();
    Watcher watcher(w.world, nullptr);
    auto step = watcher.verifier->step();
    REQUIRE_FALSE(step.ok());
    CHECK(step.status().reason == "BLOB_UNKNOWN");
    REQUIRE(watcher.warns("BLOBS_MISSING"));
    const std::string words = watcher.warning("BLOBS_MISSING")->message;
    CHECK(words.find("batch 1 can't be judged, and it is final: nobody has its blobs") == 0);
    CHECK(words.find("--snapshot") != words.npos);
    CHECK_FALSE(watcher.verifier->health().ok());
}

TEST_CASE("one that begins with a snapshot agrees with the chain on every later verdict and header") {
    SnapshotWorld w;
    L1World& world = w.world;
    w.lose_blobs();
    node::HttpServer server{node::HttpServerOptions{}};
    serve_snapshots(server, *w.shelf);
    REQUIRE(server.start().ok());
    verifier::VerifierOptions options = Watcher::default_options();
    options.claim = true;
    options.claims.min_worth = 0;
    Watcher watcher(world, &world.prover, options, w.from({"http://127.0.0.1:" + std::to_string(server.port())}));
    watcher.settle();
    check_agrees(watcher, w.start.op, 3);
    world.mine();
    watcher.settle();
    CHECK(world.balance(w.carol) == 300);  // claims that are older than the snapshot

    world.deposit(world.alice.address(), 50);
    for (uint64_t number = 4; number <= 6; ++number) {
        w.start.op.post({{&world.alice, world.bob.address(), 10 + number}, {&world.bob, w.carol, 1, number == 5}});
        watcher.settle();
        check_agrees(watcher, w.start.op, number);
        REQUIRE(watcher.verdict(number).has_value());
        CHECK(watcher.verdict(number)->kind == VerdictKind::kTrue);
        CHECK(watcher.verdict(number)->hash == world.contract().batch(number)->hash);
        CHECK(watcher.verdict(number)->op_count == 2);
    }
    for (uint64_t number = 1; number <= 3; ++number) CHECK_FALSE(watcher.verdict(number));
    CHECK(watcher.verifier->status().warnings.empty());
    watcher.restart();
    watcher.settle();
    check_agrees(watcher, w.start.op, 6);
    w.old.settle();
    for (const PrivateKey* key : {&world.alice, &world.bob})
        CHECK(watcher.verifier->queries().account({key->address(), {}}) ==
              w.old.verifier->queries().account({key->address(), {}}));
}

TEST_CASE("what came before the snapshot is NOT_FOUND, since which batch is told; withdrawals of before are all there") {
    SnapshotWorld w;
    Watcher watcher(w.world, nullptr, Watcher::default_options(), w.from({w.file()}));
    watcher.settle();
    const query::Queries& queries = watcher.verifier->queries();
    CHECK(queries.chain_info().since_batch == 3);
    CHECK(w.old.verifier->queries().chain_info().since_batch == 0);
    const auto is_unknown = [](const node::Status& status, const char* reason) {
        INFO(node::to_string(status));
        CHECK(status.code == node::Code::kNotFound);
        CHECK(status.reason == reason);
        CHECK(status.message.find("since batch 3") != std::string::npos);
    };
    REQUIRE(w.old.verifier->queries().operation(w.old_payment).ok());
    is_unknown(queries.operation(w.old_payment).status(), "UNKNOWN_OPERATION");
    is_unknown(queries.withdrawal_of(w.old_payment).status(), "UNKNOWN_WITHDRAWAL");
    for (uint64_t number : {1, 2, 3}) is_unknown(queries.batch(number).status(), "UNKNOWN_BATCH");
    is_unknown(queries.chunk_signatures(3, 0).status(), "UNKNOWN_BATCH");
    CHECK(queries.batch(4).status().message.find("since") == std::string::npos);
    CHECK(queries.history(w.world.bob.address(), {}, 0, 10)->items.empty());

    const auto page = queries.withdrawals_to(w.carol, 0, 10);
    REQUIRE(page.items.size() == 2);
    CHECK(page.items[1].withdrawal == Withdrawal{w.carol, {}, Amount{200}});
    CHECK(page.items[1].status == api::WithdrawalStatus::kClaimable);
    CHECK(page.items[1].batch == 3);
    CHECK_FALSE(page.items[1].hash);
    const auto proof = queries.withdrawal_proof(0);
    REQUIRE(proof.ok());
    CHECK(proof->header.hash() == w.world.contract().batch(3)->hash);
    w.world.run(w.world.rival, l1::rollup_call::claim(proof->header, proof->proof, {}, 0));
    CHECK(w.world.balance(w.carol) == 100);
    watcher.settle();
    CHECK(queries.withdrawal(0)->status == api::WithdrawalStatus::kClaimed);
    CHECK(queries.withdrawal(1)->status == api::WithdrawalStatus::kClaimable);

    // A later batch counts its operations from where the snapshot's ended.
    w.start.op.post({{&w.world.alice, w.world.bob.address(), 7}});
    watcher.settle();
    const auto batch = queries.batch(4);
    REQUIRE(batch.ok());
    CHECK(batch->first_position == 5);
    CHECK(batch->op_count == 1);
    CHECK(queries.history(w.world.bob.address(), {}, 0, 10)->items.size() == 1);
}

TEST_CASE("a lie right behind the snapshot is found, proven in one transaction, and undone, whatever it is") {
    for (const std::string& name : drill::lie_names()) {
        INFO(name);
        SnapshotWorld w;
        w.lose_blobs();
        w.world.deposit(w.world.alice.address(), 1);
        Watcher watcher(w.world, &w.world.prover, Watcher::default_options(), w.from({w.file()}));
        watcher.settle();
        const drill::Lie lie = w.start.op.lie(*drill::lie_from_name(name));
        watcher.settle();
        REQUIRE(watcher.verdict(4).has_value());
        CHECK(watcher.verdict(4)->kind == VerdictKind::kFalse);
        CHECK(watcher.verdict(4)->chunk == lie.chunk);
        watcher.challenge_until_head(3);
        CHECK(watcher.only_proof().stage == verifier::ProofStage::kProven);
        CHECK(w.world.term(1).slashed);
        CHECK(watcher.verifier->queries().chain_info().state == w.shelf->newest()->head().header.last);
    }
}

TEST_CASE("a reorganisation of the L1 takes batches back to the snapshot's, and L1 operations") {
    SnapshotWorld w;
    Watcher watcher(w.world, nullptr, Watcher::default_options(), w.from({w.file()}));
    w.world.deposit(w.world.alice.address(), 50);
    w.start.op.post({{&w.world.alice, w.world.bob.address(), 7}});
    watcher.settle();
    CHECK(watcher.verifier->status().verified_batch == 4);
    REQUIRE(w.world.chain->reorganise(2, false).ok());  // the deposit, and the batch that consumed it
    for (int i = 0; i < 4; ++i) w.world.mine();
    watcher.settle();
    CHECK(watcher.verifier->status().verified_batch == 3);
    CHECK(watcher.verifier->queries().chain_info().state == w.shelf->newest()->head().header.last);
    CHECK(watcher.verifier->status().is_synced);
}

TEST_CASE("who began with a snapshot keeps it, makes the same ones as others, and they are taken likewise") {
    SnapshotWorld w;
    L1World& world = w.world;
    auto shelf = w.shelf_at("new");
    Watcher watcher(world, nullptr, SnapshotWorld::making(*shelf), w.from({w.file()}, "new"));
    CHECK(bytes_of(w.folder.file("new/snapshot-3")) == bytes_of(w.file()));
    w.start.op.post({{&world.alice, w.carol, 7, true}, {&world.bob, world.rival.address(), 9}});
    w.start.op.post({{&world.alice, world.bob.address(), 8}});
    world.pass(kWindow + kEvery);
    w.start.op.post({{&world.alice, world.bob.address(), 9}});  // isn't final, and the ledgers have it
    for (Watcher* one : {&watcher, &w.old}) {
        one->settle();
        REQUIRE(one->verifier->make_snapshot());
        CHECK_FALSE(one->verifier->make_snapshot());
        one->settle();
        CHECK_FALSE(one->verifier->make_snapshot());  // not before another is due
    }
    REQUIRE(shelf->newest()->head().batch() == 5);
    CHECK(bytes_of(w.folder.file("new/snapshot-5")) == bytes_of(w.folder.file("old/snapshot-5")));
    Watcher third(world, nullptr, Watcher::default_options(), w.from({w.folder.file("new/snapshot-5")}, "third"));
    third.settle();
    check_agrees(third, w.start.op, 6);
}

TEST_CASE("a ledger that began with what the L1 doesn't hold judges nothing, and says so") {
    HonestStart start;
    SomeSnapshot other(2, 30, 7);
    other.head.domain = {*start.world.client->chain_id(), start.world.rollup};
    Watcher watcher(start.world, nullptr, Watcher::default_options(), [&](Watcher& at) {
        ledger::LedgerStart beginning(at.store, other.head.domain, {other.head.header, {}});
        beginning.add_leaves(other.leaves);
        beginning.add_withdrawals(other.withdrawals);
        beginning.finish();
    });
    auto step = watcher.verifier->step();
    REQUIRE_FALSE(step.ok());
    CHECK(step.status().reason == "SNAPSHOT_CONTRADICTED");
    CHECK_FALSE(watcher.verifier->health().ok());
}

TEST_CASE("a snapshot that can't be written is told, holds nothing up, and is made later") {
    SnapshotWorld w;
    w.start.op.post({{&w.world.alice, w.world.bob.address(), 7}});
    w.world.pass(kWindow + kEvery);
    w.old.settle();
    std::filesystem::remove_all(w.folder.file("old"));
    CHECK(w.old.verifier->make_snapshot());
    const auto standing = w.old.verifier->troubles().standing();
    REQUIRE(standing.size() == 1);
    CHECK(standing[0].reason == "SNAPSHOT_NOT_MADE");
    CHECK_FALSE(standing[0].is_grave);
    CHECK(w.old.verifier->health().ok());
    w.old.settle();
    CHECK_FALSE(w.old.verifier->make_snapshot());  // not at once again
    std::filesystem::create_directory(w.folder.file("old"));
    w.world.pass(600);
    w.old.settle();
    CHECK(w.old.verifier->make_snapshot());
    CHECK(w.shelf->newest()->head().batch() == 4);
    CHECK(w.old.verifier->troubles().standing().empty());
}

TEST_CASE("a store that has a ledger is left as it is; without one that can be had, beginning is tried until it is broken off") {
    SnapshotWorld w;
    SnapshotFlags flags{{w.folder.file("none")}, w.folder.file("new"), kEvery};
    auto keeper = SnapshotKeeper::open(flags, "", w.old.sync->domain());
    REQUIRE(keeper.ok());
    const auto never = [](auto) { return false; };
    auto begun = (*keeper)->begin(w.old.store, *w.old.sync, w.old.client, never);
    REQUIRE(begun.ok());
    CHECK(*begun);
    CHECK(w.old.verifier->queries().chain_info().since_batch == 0);

    node::MemoryStore store;
    auto sync = follow::L1Sync::open(store, *w.world.client, w.world.rollup, {});
    REQUIRE(sync.ok());
    int rests = 0;
    begun = (*keeper)->begin(store, **sync, *w.world.client, [&](auto time) { return time.count() == 0 || ++rests < 3; });
    REQUIRE(begun.ok());
    CHECK_FALSE(*begun);
    CHECK(rests == 3);
    CHECK_FALSE(ledger::has_ledger(store));
}

TEST_CASE("a head is believed if the contract holds it, and it is final: each lie by its name") {
    SnapshotWorld w;
    w.start.op.post({{&w.world.alice, w.world.bob.address(), 7}});
    w.old.settle();
    const Domain domain = w.old.sync->domain();
    const HeadJudge judge = judge_by_l1(w.old.client, w.old.sync->view(), domain);
    const SnapshotHead good = w.shelf->newest()->head();
    CHECK(judge(good).ok());
    SnapshotHead other = good;
    other.domain.chain_id += 1;
    CHECK(judge(other).reason == "SNAPSHOT_OTHER_CHAIN");
    other = good;
    other.domain.rollup = w.carol;
    CHECK(judge(other).reason == "SNAPSHOT_OTHER_CHAIN");
    other = good;
    other.header.number = 2;
    CHECK(judge(other).reason == "SNAPSHOT_HEADER_FALSE");
    other = good;
    other.header.last.withdrawal_count += 1;
    CHECK(judge(other).reason == "SNAPSHOT_HEADER_FALSE");
    other = good;
    other.header.number = 9;
    CHECK(judge(other).reason == "SNAPSHOT_RECORD_GONE");
    CHECK(judge({domain, w.start.op.ledger->last_header()}).reason == "SNAPSHOT_NOT_FINAL");
    w.old.client.is_down = true;
    CHECK(judge(good).code == node::Code::kUnavailable);
    w.old.client.is_down = false;
    w.world.pass(kWindow);
    w.old.settle();
    CHECK(judge({domain, w.start.op.ledger->last_header()}).ok());
}

TEST_CASE("the batch of a snapshot is the newest that was final when the L1's time was a multiple of the pause") {
    SnapshotWorld w;
    const follow::L1View& view = w.old.sync->view();
    const uint64_t now = view.head().time, final_at = *view.final_at(3), second = *view.final_at(2);
    REQUIRE(second < final_at);
    REQUIRE(final_at <= now);
    CHECK(batch_for_snapshot(view, 1) == 3);
    CHECK(batch_for_snapshot(view, final_at) == (now / final_at >= 1 ? 3 : 0));
    CHECK(batch_for_snapshot(view, now) == 3);
    CHECK(batch_for_snapshot(view, now + 1) == 0);
    CHECK(batch_for_snapshot(view, second) == (now / second * second >= final_at ? 3 : 2));
}

}  // namespace gavel::test

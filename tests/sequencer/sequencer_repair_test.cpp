// The way back from a damaged data folder: what is on the L1, and what can be read of the rest.
#include <filesystem>

#include "sequencer/repair.hpp"
#include "tests/node/store_fixture.hpp"
#include "tests/sequencer/sequencer_store_world.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;
using namespace gavel::store_test;

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kRounds = 20;

struct Folder {
    test::TempDir dir;
    std::string path = dir.file("data");
};

// Alice, Bob and Carol have money, and confirmed payments that no batch holds; half of them behind a deposit for Carol.
struct Confirmed : Folder, StoreWorld {
    Confirmed() : StoreWorld(std::make_unique<node::LevelDbStore>(path)) {
        fund();
        for (const PrivateKey& owner : {l1.bob, l1.carol}) deposit(l1.alice, owner.address(), kEther);
        run(6);
        posted = sync->view().batch_head();
        config.engine.batch_age_ms = 10'000'000;
        start();
        run(2);
        for (uint64_t round = 0; round < kRounds; ++round) {
            if (round == kRounds / 2) {
                deposit(l1.alice, l1.carol.address(), kEther);
                run(4);
            }
            for (const PrivateKey& from : {l1.alice, l1.bob, l1.carol}) confirm(from, round);
        }
        REQUIRE(sync->view().batch_head() == posted);
        close_store();
    }
    void confirm(const PrivateKey& from, uint64_t nonce) {
        auto answers = pay(from, l1.alice.address(), nonce);
        sequencer->execute();
        REQUIRE(answers.get().front().status.ok());
        receipts.push_back(answers.get().front().receipt);
    }
    void repair_and_start() {
        sequencer::repair_folder(path, l1.rollup);
        start(std::make_unique<node::LevelDbStore>(path));
        run(3);
    }
    // How many of the receipts are still true, word for word.
    size_t kept() const {
        size_t count = 0;
        for (const api::Receipt& receipt : receipts) {
            auto info = sequencer->queries().operation(receipt.hash);
            count += info && info->position == receipt.position && info->confirmed_at_ms == receipt.confirmed_at_ms;
        }
        return count;
    }

    uint64_t posted = 0;
    std::vector<api::Receipt> receipts;
};

void turn_a_bit(const std::string& file, size_t at) {
    std::string bytes = content(file);
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 4);
    overwrite(file, bytes);
}

}  // namespace

TEST_CASE("a folder whose descriptor is gone is repaired without losing a receipt") {
    Confirmed w;
    fs::remove(w.path + "/CURRENT");
    REQUIRE_THROWS_AS(node::LevelDbStore(w.path), node::StoreError);
    w.repair_and_start();
    CHECK(w.sequencer->sequencing().ok());
    CHECK(w.kept() == 3 * kRounds);
    CHECK(w.sequencer->queries().chain_info().op_count == 3 * kRounds);
    CHECK(fs::exists(w.path + ".damaged-1"));
    CHECK_FALSE(fs::exists(w.path + ".salvage"));
    CHECK_FALSE(fs::exists(w.path + ".repaired"));
    CHECK_FALSE(sequencer::has_salvage(*w.store));

    // It is as sound as any: another repair finds nothing to do, and all that was confirmed is posted.
    w.close_store();
    w.config.engine.batch_age_ms = 5'000;
    w.repair_and_start();
    CHECK_FALSE(fs::exists(w.path + ".damaged-2"));
    w.run(5);
    CHECK(w.sync->view().batch_head() > w.posted);
    CHECK(w.kept() == 3 * kRounds);
    CHECK(w.balance(w.l1.carol.address()) == 2 * kEther - kRounds);
}

TEST_CASE("of a log with a turned bit all is restored but the damaged record and what hangs on it") {
    Confirmed w;
    std::vector<std::string> logs = files_with(w.path, ".log");
    std::string log = logs.back();
    // In what Bob sent in the fifth round from the end, which no chunk holds yet.
    const std::string bytes = content(log), bob = string_of(w.l1.bob.address());
    size_t at = std::string::npos;
    for (int round = 0; round < 5; ++round) at = bytes.rfind(bob, at - 1);
    REQUIRE(at != std::string::npos);
    turn_a_bit(log, at);
    REQUIRE_THROWS_WITH(node::LevelDbStore(w.path), Catch::Contains("damaged"));
    w.repair_and_start();
    CHECK(w.sequencer->sequencing().ok());
    uint64_t restored = w.sequencer->queries().chain_info().op_count;
    CHECK(restored < 3 * kRounds);
    CHECK(restored > 2 * kRounds);  // only one of the three has a gap in what he signed
    CHECK(w.kept() > kRounds);      // all before the gap
    w.config.engine.batch_age_ms = 5'000;
    w.start();
    w.run(5);
    CHECK(w.sync->view().batch_head() > w.posted);
}

TEST_CASE("nothing but the L1 left is repaired to what the L1 tells") {
    Confirmed w;
    for (const std::string& file : files_with(w.path, ".log")) overwrite(file, std::string(1'000, 'x'));
    for (const std::string& file : files_with(w.path, ".ldb")) overwrite(file, std::string(1'000, 'x'));
    REQUIRE(ledger::damage_of_folder(w.path, w.l1.rollup));
    w.repair_and_start();
    CHECK(w.sequencer->sequencing().ok());
    CHECK(w.sequencer->queries().chain_info().op_count == 0);
    CHECK(w.sync->view().batch_head() == w.posted);
    CHECK(w.balance(w.l1.carol.address()) == 2 * kEther);
}

TEST_CASE("what can't be restored is named: gaps by position, refusals by hash") {
    Confirmed w;
    // The folder's operations before a ledger that has only what the L1 tells, the fifth and the sixth missing (Bob's and Carol's
    // second: what they signed after that can't be executed).
    fs::remove(w.path + "/CURRENT");
    sequencer::repair_folder(w.path, w.l1.rollup);
    auto store = std::make_unique<node::LevelDbStore>(w.path);
    REQUIRE(sequencer::has_salvage(*store));
    node::WriteBatch batch;
    uint64_t operations = 0;
    store->scan("sequencer/salvage/", "sequencer/salvage0", [&](std::string_view key, std::string_view row) {
        auto entry = ledger::decode_entry(0, row);
        REQUIRE(entry);
        if (std::holds_alternative<ledger::OperationEntry>(entry->what) && (++operations == 5 || operations == 6))
            batch.erase(key);
        return true;
    });
    store->write(batch, node::Durability::kSynced);

    auto sync = follow::L1Sync::open(*store, w.client, w.l1.rollup);
    REQUIRE(sync.ok());
    while (!*(*sync)->step()) {
    }
    ledger::OpenLedger ledger(*store, (*sync)->domain());
    follow::Replayer replayer(ledger, (*sync)->view(), (*sync)->batch_source(), w.clock, {.keep_lost_batches = true});
    while (replayer.step() == follow::Replayer::Progress::kWorked) {
    }
    sequencer::FeePolicy fees({});
    sequencer::SignerCache signers;
    sequencer::Engine engine(ledger, (*sync)->view(), fees, w.clock, w.config.engine, signers);
    sequencer::Restored restored = sequencer::restore_salvage(*store, ledger, engine);
    CHECK(restored.missing == std::vector{sequencer::Restored::Gap{4, 5}});
    CHECK(restored.refused.size() == 2 * (kRounds - 2));
    CHECK(restored.refused.front().hash == w.receipts[7].hash);
    CHECK(restored.refused.front().position == 7);
    CHECK(restored.refused.front().sender == w.l1.bob.address());
    CHECK(restored.refused.front().why.find("WRONG_NONCE") != std::string::npos);
    CHECK(restored.restored == kRounds + 2);
    CHECK(restored.moved == kRounds - 2);
    CHECK(restored.end == 3 * kRounds);
    CHECK_FALSE(sequencer::has_salvage(*store));
}

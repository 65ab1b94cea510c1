// The ledger on its store: what a restart, a loss of power, a roll-back leave, and what readers see of it.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/ledger/ledger_fixture.hpp"

using namespace gavel;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

TEST_CASE("a restart at any point changes nothing") {
    uint64_t seed = GENERATE(range(20, 26));
    INFO("seed " << seed);
    World world(seed);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 80; ++i) {
        world.random_step(*ledger);
        if (world.below(4) == 0) ledger->flush(Durability::kBuffered);
        auto copy = store.clone();
        auto again = open(*copy, world);
        // What was written is there again; what wasn't never happened.
        CHECK(rows_of(*copy) == rows_of(store));
        if (i % 10 == 0) check_consistent(*again);
        if (world.below(3) > 0) continue;
        ledger->flush(Durability::kBuffered);
        copy = store.clone();
        again = open(*copy, world);
        CHECK(again->counters() == ledger->counters());
        CHECK(again->open_chunk().chunk == ledger->open_chunk().chunk);
        CHECK(again->open_chunk().signatures == ledger->open_chunk().signatures);
        CHECK(again->open_chunk().weight == ledger->open_chunk().weight);
        uint64_t consumed = ledger->counters().l1_ops_consumed;
        CHECK(again->l1_queue_hash(consumed) == ledger->l1_queue_hash(consumed));
        ChunkRecord one, other;
        REQUIRE(again->seal(world.fee_leaf(*again), one).ok());
        if (world.below(2) == 0) {
            REQUIRE(ledger->seal(world.fee_leaf(*ledger), other).ok());
            CHECK(one == other);
        }
    }
}

TEST_CASE("a loss of power takes nothing that was flushed synced") {
    uint64_t seed = GENERATE(range(40, 46));
    INFO("seed " << seed);
    World world(seed);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    std::vector<OperationReceipt> promised, pending;
    for (int i = 0; i < 120; ++i) {
        size_t user = world.below(world.keys.size());
        Operation operation = world.random_operation(*ledger, user);
        OperationReceipt receipt;
        Outcome outcome = world.submit(*ledger, user, operation, &receipt);
        if (outcome == Outcome::wrong(Refusal::kOverWeight)) world.seal(*ledger);
        if (outcome.ok()) {
            pending.push_back(receipt);
            CHECK(ledger->newest_receipt(receipt.hash) == receipt);
        }
        if (world.below(5) == 0) {
            ledger->flush(Durability::kSynced);
            promised.insert(promised.end(), pending.begin(), pending.end());
            pending.clear();
        } else if (world.below(3) == 0) {
            ledger->flush(Durability::kBuffered);
        }
        if (world.below(12) > 0) continue;
        ledger.reset();
        store.lose_unsynced(world.below(store.unsynced_batches() + 1));
        ledger = open(store, world);
        pending.clear();
        for (const OperationReceipt& kept : promised) CHECK(ledger->newest_receipt(kept.hash) == kept);
        check_consistent(*ledger);
    }
}

TEST_CASE("rolling back and doing it again leads to the same") {
    uint64_t seed = GENERATE(range(60, 68));
    INFO("seed " << seed);
    World world(seed);
    node::MemoryStore store, second;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 120; ++i) world.random_step(*ledger);
    world.seal(*ledger);
    auto chunks = chunks_of(*ledger);
    Rows before = rows_of(store);
    for (int i = 0; i < 10; ++i) world.random_step(*ledger);  // an open chunk goes too

    uint64_t keep = world.below(chunks.size() + 1);
    StateFields kept = keep < chunks.size() ? chunks[keep].before : chunks.back().after;
    CHECK(ledger->sealed_state().before_chunk(keep).fields() == kept);
    uint64_t gone = ledger->counters().op_count - kept.op_count;
    std::vector<Entry> all;
    ledger->flush(Durability::kSynced);
    all = ledger->entries(0, 1'000'000);
    uint64_t generation = ledger->generation();
    CHECK(ledger->roll_back_to_chunk(keep, "test", 5) == gone);
    check_consistent(*ledger);
    CHECK(ledger->summary().rolled_back == gone);
    auto prefix = open(second, world);
    apply_all(*prefix, world, {chunks.begin(), chunks.begin() + static_cast<ptrdiff_t>(keep)});
    CHECK(rows_of(store) == rows_of(second));
    CHECK(ledger->entries_kept_since(generation) == ledger->summary().entries);

    // The list holds what was undone, in order, and can be asked for by digest.
    auto page = ledger->rolled_back_from(0, std::nullopt, 1'000'000);
    REQUIRE(page.operations.size() == gone);
    size_t at = 0;
    for (size_t i = ledger->summary().entries; i < all.size(); ++i) {
        const auto* operation = std::get_if<OperationEntry>(&all[i].what);
        if (!operation) continue;
        const RolledBack& record = page.operations[at++];
        CHECK(record.digest == operation->digest);
        CHECK(record.operation == operation->operation);
        CHECK(record.signature == operation->signature);
        CHECK(record.position == operation->position);
        CHECK(ledger->rolled_back(record.hash) == record);
        CHECK_FALSE(ledger->newest_receipt(record.hash).has_value());
    }
    CHECK(at == gone);

    auto reopened = store.clone();
    apply_all(*open(*reopened, world), world, chunks, keep);
    apply_all(*ledger, world, chunks, keep);
    CHECK(rows_of(store) == before);
    CHECK(rows_of(*reopened) == before);
    // Those of the sealed chunks are applied again; those of the open one still wait.
    uint64_t again = keep < chunks.size() ? chunks.back().after.op_count - chunks[keep].before.op_count : 0;
    CHECK(ledger->summary().rolled_back == gone - again);
    check_consistent(*ledger);
}

TEST_CASE("a roll-back is one write: a loss of power before it is no roll-back") {
    World world(3);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 60; ++i) world.random_step(*ledger);
    ledger->flush(Durability::kSynced);
    size_t writes_before = store.unsynced_batches();
    ledger->roll_back_to_chunk(1, "test", 5);
    CHECK(writes_before == 0);
    CHECK(store.unsynced_batches() == 0);
    Rows after = rows_of(store);
    ledger = open(store, world);
    CHECK(rows_of(store) == after);
    CHECK(ledger->chunk_count() == 1);
    CHECK(ledger->roll_back_to_chunk(1, "nothing to undo", 6) == 0);
    CHECK(ledger->generation() == 1);
}

TEST_CASE("readers see nothing that isn't flushed") {
    World world(8);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    LedgerSummary before = ledger->summary();
    AccountAt sender = *ledger->account({world.address(1), Address{}});
    Address stranger;
    stranger.bytes.fill(0x42);
    OperationReceipt receipt;
    REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, Address{}, stranger, 5, 1), &receipt).ok());
    auto check_unseen = [&] {
        CHECK(ledger->summary().entries == before.entries);
        CHECK(ledger->summary().op_count == before.op_count);
        CHECK(ledger->account(sender.account.key) == sender);
        CHECK_FALSE(ledger->account({stranger, Address{}}).has_value());
        CHECK(ledger->accounts_of(stranger, std::nullopt, 10).empty());
        CHECK_FALSE(ledger->entry_of_hash(receipt.hash).has_value());
        CHECK_FALSE(ledger->entry_of_position(receipt.position).has_value());
        CHECK_FALSE(ledger->entry(receipt.entry).has_value());
        CHECK(ledger->touches_before(world.address(1), std::nullopt, ~uint64_t{0}, 100).touches.size() == 2);
    };
    check_unseen();
    CHECK(ledger->newest_account(sender.account.key)->account.nonce == 1);
    world.seal(*ledger);  // written, not published
    check_unseen();
    CHECK_FALSE(ledger->chunk(1).has_value());
    ledger->flush(Durability::kSynced);
    CHECK(ledger->entry_of_hash(receipt.hash) == receipt.entry);
    CHECK(ledger->account(sender.account.key)->account.balance == Amount{1'000'000 - 6});
    CHECK(ledger->account({stranger, Address{}})->account.balance == Amount{5});
    CHECK(ledger->chunk(1).has_value());
    CHECK(ledger->accounts_of(stranger, std::nullopt, 10).size() == 1);
}

TEST_CASE("a waiting reader wakes for entries and for a roll-back") {
    World world(9);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    uint64_t known = ledger->summary().entries;
    CHECK(ledger->wait_for_entries(known, 0, 1) == known);
    std::thread reader([&] { CHECK(ledger->wait_for_entries(known, 0, 60'000) == known + 1); });
    REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, Address{}, world.address(2), 5)).ok());
    ledger->flush(Durability::kBuffered);
    reader.join();
    std::thread other([&] { CHECK(ledger->wait_for_entries(known + 1, 0, 60'000) == known); });
    ledger->roll_back_to_chunk(1, "test", 5);
    other.join();
}

TEST_CASE("a ledger refuses a store that isn't its own, or is damaged") {
    World world(12);
    node::MemoryStore store;
    {
        auto ledger = open(store, world);
        world.fund(*ledger);
        REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, Address{}, world.address(2), 5, 1)).ok());
        ledger->flush(Durability::kSynced);
    }
    Domain other = world.domain;
    other.chain_id = 1;
    CHECK_THROWS_AS(OpenLedger(store, other), node::StoreError);
    // Each row that the state is loaded from, with its last byte turned, or missing.
    for (const auto& [key, value] : rows_of(store)) {
        if (std::string("AWEcDm").find(key.front()) == std::string::npos) continue;
        bool of_open_chunk = key.front() == 'E' && key >= std::string("E") + std::string("\0\0\0\0\0\0\0\x10", 8);
        if (key.front() == 'E' && !of_open_chunk) continue;  // read when asked for
        INFO("row " << to_hex(view_of(key)));
        auto turned = store.clone();
        std::string damaged = value;
        damaged.back() = static_cast<char>(damaged.back() ^ 1);
        node::WriteBatch turn;
        turn.put(key, damaged);
        turned->write(turn, Durability::kSynced);
        CHECK_THROWS_AS(OpenLedger(*turned, world.domain), node::StoreError);
        if (of_open_chunk || key == "meta/format") continue;
        auto missing = store.clone();
        node::WriteBatch erase;
        erase.erase(key);
        missing->write(erase, Durability::kSynced);
        CHECK_THROWS_AS(OpenLedger(*missing, world.domain), node::StoreError);
    }
}

TEST_CASE("records survive their encoding, and nothing else does") {
    World world(13);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 100; ++i) world.random_step(*ledger);
    ledger->flush(Durability::kSynced);
    for (const Entry& entry : ledger->entries(0, 100'000)) {
        std::string bytes = encode_entry(entry);
        CHECK(decode_entry(entry.number, bytes) == entry);
        CHECK_FALSE(decode_entry(entry.number, bytes.substr(0, bytes.size() - 1)).has_value());
        CHECK_FALSE(decode_entry(entry.number, bytes + "x").has_value());
    }
    CHECK_FALSE(decode_entry(0, "").has_value());
    CHECK_FALSE(decode_entry(0, "\x07").has_value());
}

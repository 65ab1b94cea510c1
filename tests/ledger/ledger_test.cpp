// The ledger: what it does agrees with apply, survives a crash at any point, and can be undone.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/ledger/ledger_fixture.hpp"

using namespace gavel;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

namespace {

std::unique_ptr<Ledger> open(node::Store& store, const World& world) { return std::make_unique<Ledger>(store, world.domain); }

std::vector<ChunkRecord> chunks_of(Ledger& ledger) {
    ledger.flush(Durability::kSynced);
    std::vector<ChunkRecord> out;
    for (uint64_t number = 0; number < ledger.chunk_count(); ++number) out.push_back(*ledger.chunk(number));
    return out;
}

void apply_all(Ledger& ledger, const World& world, const std::vector<ChunkRecord>& chunks, size_t first = 0) {
    ListEnv env = world.env();
    for (size_t i = first; i < chunks.size(); ++i) {
        Ledger::Applied applied = ledger.apply_chunk(chunks[i].ops, chunks[i].sigs, env, chunks[i].after.hash(), World::kNowMs);
        REQUIRE(applied.outcome.ok());
        REQUIRE(applied.kept);
        CHECK(applied.after == chunks[i].after);
    }
    ledger.flush(Durability::kSynced);
}

}  // namespace

TEST_CASE("a new ledger is genesis") {
    World world(1);
    node::MemoryStore store;
    auto ledger = open(store, world);
    CHECK(ledger->sealed_fields() == genesis_fields());
    CHECK(ledger->summary().entries == 0);
    CHECK(ledger->last_header() == genesis_header());
    CHECK(open(store, world)->sealed_fields() == genesis_fields());
}

TEST_CASE("chunks made one operation at a time are what apply makes of their bytes, row by row") {
    uint64_t seed = GENERATE(range(1, 13));
    INFO("seed " << seed);
    World world(seed);
    node::MemoryStore store, second;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 150; ++i) world.random_step(*ledger);
    world.seal(*ledger);
    auto chunks = chunks_of(*ledger);
    check_consistent(*ledger);

    auto replayed = open(second, world);
    apply_all(*replayed, world, chunks);
    check_consistent(*replayed);
    CHECK(rows_of(store) == rows_of(second));
    CHECK(ledger->summary().fields == replayed->summary().fields);

    State state;
    StateRunner view(state);
    ListEnv env = world.env();
    for (const ChunkRecord& chunk : chunks) {
        CHECK(apply(env, view, state.counters, chunk.ops, chunk.sigs).ok());
        CHECK(state.fields() == chunk.after);
    }
}

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
        CHECK(ledger->rolled_back(record.hash()) == record);
        CHECK_FALSE(ledger->newest_receipt(record.hash()).has_value());
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

TEST_CASE("a wrong operation leaves the open chunk as it was") {
    World world(4);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    const Address eth;
    REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, eth, world.address(2), 5, 1)).ok());
    ledger->flush(Durability::kSynced);
    Rows before = rows_of(store);
    Chunk open_before = ledger->open_chunk().chunk;

    Operation right = world.transfer(*ledger, 1, eth, world.address(2), 5, 1);
    Operation nonce = right, cover = right, zero = right, withdrawal = right;
    nonce.nonce += 1;
    cover.payments[0].amount = Amount{2'000'000};
    zero.payments[0].to = Address{};
    withdrawal.kind = OperationKind::kWithdraw;
    withdrawal.payments[0].amount = Amount{0};
    CHECK(world.submit(*ledger, 1, nonce) == Outcome::wrong(Refusal::kSignerNotOwner));
    CHECK(world.submit(*ledger, 1, cover) == Outcome::wrong(Refusal::kInsufficientBalance));
    CHECK(world.submit(*ledger, 1, zero) == Outcome::wrong(Refusal::kRecipientZero));
    CHECK(world.submit(*ledger, 1, withdrawal) == Outcome::wrong(Refusal::kWithdrawalOfZero));
    OperationReceipt receipt;
    PostedOperation posted = ledger->posted_form(right, ledger->newest_account({world.address(1), eth})->index);
    CHECK(ledger->open_operation(posted, world.sign(right, 2), SignerRecovery{}, 1, receipt) ==
          Outcome::wrong(Refusal::kSignerNotOwner));
    posted.sender = 0;
    CHECK(ledger->open_operation(posted, world.sign(right, 1), SignerRecovery{}, 1, receipt) ==
          Outcome::wrong(Refusal::kSenderIndex));
    posted.sender = 5'000;
    CHECK(ledger->open_operation(posted, world.sign(right, 1), SignerRecovery{}, 1, receipt) ==
          Outcome::wrong(Refusal::kSenderIndex));

    ledger->flush(Durability::kSynced);
    CHECK(rows_of(store) == before);
    CHECK(ledger->open_chunk().chunk == open_before);
    REQUIRE(world.submit(*ledger, 1, right, &receipt).ok());
    CHECK(receipt.position == 1);
}

TEST_CASE("a chunk takes what its weight allows, fee leaves among it") {
    World world(5);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    const Address eth;
    size_t taken = 0;
    while (world.submit(*ledger, 1, world.transfer(*ledger, 1, eth, world.address(2), 1, 1)).ok()) ++taken;
    CHECK(taken == 47);
    CHECK(ledger->open_chunk().weight == 95);
    CHECK(world.submit(*ledger, 1, world.transfer(*ledger, 1, eth, world.address(2), 1, 1)) ==
          Outcome::wrong(Refusal::kOverWeight));
    CHECK_FALSE(ledger->fits_l1_operation());
    CHECK(world.seal(*ledger).entry_count == 48);
    CHECK(ledger->open_chunk().empty());
    ledger->flush(Durability::kSynced);
    auto fee = std::get<FeeEntry>(ledger->entry(ledger->summary().entries - 1)->what);
    CHECK(fee.total == Amount{47});
    CHECK(fee.owner == world.address(0));
}

TEST_CASE("a chunk isn't sealed without a leaf for each token's fees") {
    World world(6);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, Address{}, world.address(2), 5, 1)).ok());
    ChunkRecord sealed;
    CHECK(ledger->seal([](const Address&) { return std::nullopt; }, sealed) == Outcome::wrong(Refusal::kFeeLeafMissing));
    CHECK(ledger->seal([](const Address&) { return 99'999; }, sealed) == Outcome::wrong(Refusal::kFeeLeafIndex));
    CHECK(ledger->chunk_count() == 1);
    CHECK(ledger->open_chunk().chunk.operations.size() == 1);
    world.seal(*ledger);
    CHECK(ledger->chunk_count() == 2);
}

TEST_CASE("a payout's line may name the leaf that an earlier line makes") {
    World world(7);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    Address stranger;
    stranger.bytes.fill(0x42);
    Operation payout = world.transfer(*ledger, 1, Address{}, stranger, 5);
    payout.kind = OperationKind::kPayout;
    payout.payments.push_back({world.address(2), Amount{6}});
    payout.payments.push_back({stranger, Amount{7}});
    REQUIRE(world.submit(*ledger, 1, payout).ok());
    ledger->flush(Durability::kSynced);
    auto at = ledger->account({stranger, Address{}});
    REQUIRE(at.has_value());
    CHECK(at->account.balance == Amount{12});
    auto entry = ledger->entry(ledger->summary().entries - 1);
    const auto& operation = std::get<OperationEntry>(entry->what);
    CHECK(operation.posted.payments[0].to.address == stranger);
    CHECK(operation.posted.payments[2].to.index == at->index);
    uint32_t second = ledger->account({world.address(2), Address{}})->index;
    CHECK(operation.recipients == std::vector<uint32_t>{at->index, second, at->index});
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

TEST_CASE("a chunk is kept only if it leads to what is claimed") {
    World world(10);
    node::MemoryStore store, second;
    auto ledger = open(store, world);
    world.fund(*ledger);
    REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, Address{}, world.address(2), 5, 1)).ok());
    world.seal(*ledger);
    auto chunks = chunks_of(*ledger);
    auto verifier = open(second, world);
    apply_all(*verifier, world, {chunks.front()});
    Rows before = rows_of(second);
    ListEnv env = world.env();
    Hash claimed;
    claimed.bytes.fill(9);

    auto lie = verifier->apply_chunk(chunks[1].ops, chunks[1].sigs, env, claimed);
    CHECK_FALSE(lie.kept);
    CHECK(lie.outcome.ok());
    CHECK(lie.after == chunks[1].after);
    CHECK(rows_of(second) == before);
    CHECK(verifier->counters() == Counters{16, 0});

    // A wrong chunk changes nothing, and says so truly or not.
    Bytes no_signature;
    auto wrong = verifier->apply_chunk(chunks[1].ops, no_signature, env, chunks[1].after.hash());
    CHECK(wrong.outcome == Outcome::wrong(Refusal::kSignatureCount));
    CHECK_FALSE(wrong.kept);
    CHECK(rows_of(second) == before);
    auto honest = verifier->apply_chunk(chunks[1].ops, no_signature, env, chunks[0].after.hash());
    CHECK(honest.kept);
    CHECK(verifier->chunk_count() == 2);
    CHECK(verifier->chunk(1)->entry_count == 0);
    verifier = open(second, world);
    apply_all(*verifier, world, chunks, 1);
    check_consistent(*verifier);
    CHECK(verifier->chunk_of_entry(verifier->summary().entries - 1) == 2);
    CHECK(verifier->sealed_fields() == chunks[1].after);
    verifier->roll_back_to_chunk(1, "test", 5);
    CHECK(rows_of(second) == before);

    // An env that doesn't know the L1 operations says nothing about the chunk.
    node::MemoryStore third;
    auto blind = open(third, world);
    ListEnv knows_nothing(world.separator, 100, {});
    CHECK(blind->apply_chunk(chunks[0].ops, chunks[0].sigs, knows_nothing).outcome == Outcome::view_failed());
    CHECK(blind->chunk_count() == 0);
}

TEST_CASE("batches are marked, unmarked, and go with their chunks") {
    World world(11);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 4; ++i) {
        REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, Address{}, world.address(2), 5, 1)).ok());
        world.seal(*ledger);
    }
    Batch first = *ledger->assemble(ledger->last_header(), 0, 3);
    Batch second = *ledger->assemble(first.header(), 3, 2);
    CHECK(decode_batch(first.encode()) == first);
    CHECK(first.l1_queue_hash == ledger->l1_queue_hash(16));
    CHECK(second.before(0) == first.last.hash());
    Hash tx;
    tx.bytes.fill(3);
    ledger->mark_batch({first.header(), first.l1_queue_hash, 0, 100, std::nullopt});
    ledger->mark_batch({second.header(), second.l1_queue_hash, 3, 200, tx});
    ledger->set_batch_transaction(1, tx);
    CHECK(ledger->batch_of_chunk(2) == 1);
    CHECK(ledger->batch_of_chunk(3) == 2);
    CHECK_FALSE(ledger->batch_of_chunk(5).has_value());
    ledger = open(store, world);
    CHECK(ledger->batch_head() == 2);
    CHECK(ledger->batch(1)->tx_hash == tx);
    CHECK(ledger->batch(2)->size_bytes == 200);
    CHECK(ledger->last_header() == second.header());
    ledger->unmark_batches_from(2);
    CHECK(ledger->batch_head() == 1);
    CHECK(ledger->chunk_count() == 5);
    ledger->mark_batch({second.header(), second.l1_queue_hash, 3, 200, tx});
    CHECK(ledger->roll_back_to_chunk(2, "struck", 5) == 3);
    CHECK(ledger->batch_head() == 0);
    CHECK(open(store, world)->batch_head() == 0);
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
    CHECK_THROWS_AS(Ledger(store, other), node::StoreError);
    // Each row that the state is loaded from, with its last byte turned, or missing.
    for (const auto& [key, value] : rows_of(store)) {
        if (std::string("AWEcm").find(key.front()) == std::string::npos) continue;
        bool of_open_chunk = key.front() == 'E' && key >= std::string("E") + std::string("\0\0\0\0\0\0\0\x10", 8);
        if (key.front() == 'E' && !of_open_chunk) continue;  // read when asked for
        INFO("row " << to_hex(view_of(key)));
        auto turned = store.clone();
        std::string damaged = value;
        damaged.back() = static_cast<char>(damaged.back() ^ 1);
        node::WriteBatch turn;
        turn.put(key, damaged);
        turned->write(turn, Durability::kSynced);
        CHECK_THROWS_AS(Ledger(*turned, world.domain), node::StoreError);
        if (of_open_chunk || key == "meta/format") continue;
        auto missing = store.clone();
        node::WriteBatch erase;
        erase.erase(key);
        missing->write(erase, Durability::kSynced);
        CHECK_THROWS_AS(Ledger(*missing, world.domain), node::StoreError);
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

// The ledger: what it does agrees with apply; what it refuses leaves it as it was.
#include <catch2/catch.hpp>

#include "tests/ledger/ledger_fixture.hpp"

using namespace gavel;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

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
    CHECK(ledger->open_operation(posted, world.checked(right, 2), 1, receipt) == Outcome::wrong(Refusal::kSignerNotOwner));
    posted.sender = 0;
    CHECK(ledger->open_operation(posted, world.checked(right, 1), 1, receipt) == Outcome::wrong(Refusal::kSenderIndex));
    posted.sender = 5'000;
    CHECK(ledger->open_operation(posted, world.checked(right, 1), 1, receipt) == Outcome::wrong(Refusal::kSenderIndex));

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

    auto lie = verifier->apply_chunk({chunks[1].ops, chunks[1].sigs}, env, claimed);
    CHECK_FALSE(lie.kept);
    CHECK(lie.outcome.ok());
    CHECK(lie.after == chunks[1].after);
    CHECK(rows_of(second) == before);
    CHECK(verifier->counters() == Counters{16, 0});

    // A wrong chunk changes nothing, and says so truly or not.
    Bytes no_signature;
    auto wrong = verifier->apply_chunk({chunks[1].ops, no_signature}, env, chunks[1].after.hash());
    CHECK(wrong.outcome == Outcome::wrong(Refusal::kSignatureCount));
    CHECK_FALSE(wrong.kept);
    CHECK(rows_of(second) == before);
    auto honest = verifier->apply_chunk({chunks[1].ops, no_signature}, env, chunks[0].after.hash());
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
    CHECK(blind->apply_chunk({chunks[0].ops, chunks[0].sigs}, knows_nothing).outcome == Outcome::view_failed());
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

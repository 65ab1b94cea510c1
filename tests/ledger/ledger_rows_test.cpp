// What the ledger writes behind, and rows that stand for many: after a crash at any moment every answer is as if there had been
// none, and what is kept of an operation is little.
#include <catch2/catch.hpp>
#include <future>

#include "ledger/owner_index.hpp"
#include "tests/ledger/ledger_fixture.hpp"
#include "tests/node/held_store.hpp"

using namespace gavel;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using namespace std::chrono_literals;
using node::Durability;

namespace {

constexpr size_t kAll = 1'000'000;

// All pages of `limit`.
std::vector<Touch> backwards(const OpenLedger& ledger, const Address& owner, const std::optional<Address>& token, size_t limit) {
    std::vector<Touch> out;
    for (std::optional<uint64_t> below = ~uint64_t{0}; below;) {
        Reader::Touches page = ledger.touches_before(owner, token, *below, limit);
        CHECK(page.touches.size() <= limit);
        out.insert(out.end(), page.touches.begin(), page.touches.end());
        below = page.next;
    }
    return out;
}

std::vector<Touch> forwards(const OpenLedger& ledger, const Address& owner, const std::optional<Address>& token, size_t limit) {
    std::vector<Touch> out;
    for (uint64_t from = 0, end = ledger.summary().entries; from < end;) {
        Reader::Touches page = ledger.incoming_from(owner, token, from, limit);
        REQUIRE(*page.next > from);
        out.insert(out.end(), page.touches.begin(), page.touches.end());
        from = *page.next;
    }
    return out;
}

// Every list and lookup against what `entries`, all that there are, say one by one.
void check_answers(const OpenLedger& ledger, const World& world, const std::vector<Entry>& entries, size_t limit) {
    REQUIRE(ledger.entries(0, kAll) == entries);
    std::map<Address, std::vector<Touch>> touches;
    for (const Entry& entry : entries) {
        for (const auto& [owner, touch] : touches_of(entry)) touches[owner].push_back(touch);
        const auto* operation = std::get_if<OperationEntry>(&entry.what);
        if (!operation) continue;
        CHECK(ledger.entry_of_hash(operation->hash) == entry.number);
        CHECK(ledger.entry_of_position(operation->position) == entry.number);
        REQUIRE(ledger.newest_receipt(operation->hash));
        CHECK(ledger.newest_receipt(operation->hash)->confirmed_at_ms == operation->confirmed_at_ms);
    }
    touches[Address{}];  // nobody's
    for (auto& [owner, all] : touches) {
        for (const std::optional<Address>& token : {std::optional<Address>{}, std::optional(world.tokens[1])}) {
            std::vector<Touch> expected = all;
            std::erase_if(expected, [&](const Touch& touch) { return token && touch.token != *token; });
            CHECK(backwards(ledger, owner, token, limit) == std::vector<Touch>(expected.rbegin(), expected.rend()));
            std::erase_if(expected, [&](const Touch& touch) { return !touch.incoming; });
            CHECK(forwards(ledger, owner, token, limit) == expected);
        }
    }
}

}  // namespace

TEST_CASE("after a crash at any moment every answer is as if there had been none") {
    const uint64_t seed = GENERATE(range(100, 112));
    INFO("seed " << seed);
    World world(seed);
    node::MemoryStore store;
    const auto turns = static_cast<uint32_t>(1 + seed % 5);
    auto ledger = open(store, world, turns);
    world.fund(*ledger);
    std::vector<Entry> known = ledger->entries(0, kAll);
    size_t synced = known.size();
    for (int i = 0; i < 160; ++i) {
        world.random_step(*ledger);
        const uint64_t what = world.below(24);
        if (what < 6) {
            ledger->flush(what < 2 ? Durability::kSynced : Durability::kBuffered);
            known = ledger->entries(0, kAll);
            if (what < 2) synced = known.size();
        } else if (what == 6) {
            const bool power = world.below(2) == 0;
            ledger->flush(Durability::kBuffered);
            known = ledger->entries(0, kAll);
            ledger.reset();
            if (power) store.lose_unsynced(world.below(store.unsynced_batches() + 1));
            ledger = open(store, world);
            const std::vector<Entry> kept = ledger->entries(0, kAll);
            REQUIRE(kept.size() <= known.size());
            CHECK(kept.size() >= (power ? synced : known.size()));
            CHECK(std::equal(kept.begin(), kept.end(), known.begin()));
            known = kept;
            synced = std::min(synced, kept.size());
            check_answers(*ledger, world, known, 1 + world.below(20));
            check_consistent(*ledger);
        } else if (what == 7 && world.below(3) == 0) {
            ledger->roll_back_to_chunk(1 + world.below(ledger->chunk_count()), "test", 5);
            known = ledger->entries(0, kAll);
            synced = known.size();
            check_answers(*ledger, world, known, 1 + world.below(20));
            check_consistent(*ledger);
        }
    }
    // And the rows are those of a ledger to which nothing ever happened.
    world.seal(*ledger);
    node::MemoryStore calm;
    auto other = open(calm, world, turns);
    apply_all(*other, world, chunks_of(*ledger));
    CHECK(rows_of(store) == rows_of(calm));
    check_answers(*ledger, world, other->entries(0, kAll), 7);
}

TEST_CASE("an owner whom much touches before his turn has rows of many touches, and nothing is told twice") {
    World world(30);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    for (int i = 0; i < 700; ++i) {
        const Operation operation = world.transfer(*ledger, 1 + i % 3, {}, world.address(5), 1);
        if (world.submit(*ledger, 1 + i % 3, operation).ok()) continue;
        world.seal(*ledger);
        REQUIRE(world.submit(*ledger, 1 + i % 3, operation).ok());
    }
    ledger->flush(Durability::kSynced);
    size_t rows = 0;
    store.scan("o", "p", [&](std::string_view, std::string_view) { return ++rows > 0; });
    CHECK(rows == 2);
    const std::vector<Entry> entries = ledger->entries(0, kAll);
    check_answers(*ledger, world, entries, 100);
    ledger = open(store, world);
    check_answers(*ledger, world, entries, 100);
    ledger->roll_back_to_chunk(9, "test", 5);
    check_answers(*ledger, world, ledger->entries(0, kAll), 100);
    ledger = open(store, world);
    check_answers(*ledger, world, ledger->entries(0, kAll), 100);
}

TEST_CASE("a reader whom a roll-back overtakes is answered from before it") {
    World world(31);
    test::HeldStore store;
    OpenLedger ledger(store, world.domain);
    world.fund(ledger);
    Address stranger;
    stranger.bytes.fill(0x42);
    REQUIRE(world.submit(ledger, 1, world.transfer(ledger, 1, {}, stranger, 5)).ok());
    REQUIRE(world.submit(ledger, 1, world.transfer(ledger, 1, {}, stranger, 6)).ok());
    world.seal(ledger);
    ledger.flush(Durability::kSynced);
    const uint64_t count = ledger.summary().entries;
    store.hold_reads_of('C');
    auto reader = std::async(std::launch::async, [&] { return ledger.entries(count - 1, 1); });
    REQUIRE(store.someone_is_held());
    ledger.roll_back_to_chunk(1, "test", 5);
    // Another has the leaf's place.
    REQUIRE(world.submit(ledger, 2, world.transfer(ledger, 2, {}, Address::from(Hash{{1}}), 5)).ok());
    store.release();
    const std::vector<Entry> seen = reader.get();
    REQUIRE(seen.size() == 1);
    CHECK(std::get<OperationEntry>(seen[0].what).operation.payments.front() == Payment{stranger, Amount{6}});
}

TEST_CASE("two hashes with the same half aren't taken for each other") {
    World world(32);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    OperationReceipt receipt;
    REQUIRE(world.submit(*ledger, 1, world.transfer(*ledger, 1, {}, world.address(2), 5), &receipt).ok());
    world.seal(*ledger);
    ledger->flush(Durability::kSynced);
    CHECK(ledger->entry_of_hash(receipt.hash) == receipt.entry);
    CHECK(ledger->newest_receipt(receipt.hash) == receipt);
    Hash other = receipt.hash;
    other.bytes.back() ^= 1;
    CHECK_FALSE(ledger->entry_of_hash(other));
    CHECK_FALSE(ledger->newest_receipt(other));
}

TEST_CASE("damage to the rows that answers are made of is found") {
    World world(33);
    node::MemoryStore store;
    {
        auto ledger = open(store, world, 1);
        world.fund(*ledger);
        for (int i = 0; i < 60; ++i) world.random_step(*ledger);
        world.seal(*ledger);
        ledger->flush(Durability::kSynced);
    }
    for (const auto& [key, value] : rows_of(store)) {
        if (key.front() != 'C' && key.front() != 'o' && key.front() != 'D') continue;
        INFO("row " << to_hex(view_of(key)));
        auto copy = store.clone();
        node::WriteBatch cut;
        cut.put(key, std::string_view(value).substr(0, value.size() - 1));
        copy->write(cut, Durability::kSynced);
        const std::string& owner_row = key;  // clang 14 captures no structured binding
        const auto read_all = [&] {
            auto ledger = open(*copy, world);
            ledger->entries(0, kAll);
            for (uint64_t chunk = 0; chunk < ledger->chunk_count(); ++chunk) ledger->chunk(chunk);
            for (const PrivateKey& owner : world.keys) backwards(*ledger, owner.address(), {}, 100);
            backwards(*ledger, Address::from(view_of(owner_row).subspan(1)), {}, 100);
            ledger->sealed_state().before_chunk(0);
        };
        CHECK_THROWS_AS(read_all(), node::StoreError);
    }
}

TEST_CASE("what is kept of a payment is little") {
    World world(34, 40);
    node::MemoryStore store;
    auto ledger = open(store, world);
    world.fund(*ledger);
    constexpr size_t kPayments = 20'000;
    for (size_t i = 0; i < kPayments; ++i) {
        const size_t from = world.below(40), to = world.below(40);
        Operation operation = world.transfer(*ledger, from, {}, world.address(to), 1);
        auto checked = with_names(operation, world.address(from), Signature{}, world.separator);
        OperationReceipt receipt;
        const auto posted = ledger->posted_form(operation, ledger->newest_account({world.address(from), {}})->index);
        if (!ledger->fits(posted, {})) world.seal(*ledger);
        REQUIRE(ledger->open_operation(posted, checked, World::kNowMs + i, receipt).ok());
        if (i % 100 == 99) ledger->flush(Durability::kBuffered);
    }
    size_t bytes = 0;
    store.scan("", "\xff", [&](std::string_view key, std::string_view value) {
        bytes += key.size() + value.size();
        return true;
    });
    CHECK(bytes < 160 * kPayments);
}

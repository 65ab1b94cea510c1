// What readers may cost the writing thread: nothing that waits for the store.
#include <catch2/catch.hpp>
#include <future>

#include "tests/ledger/ledger_fixture.hpp"
#include "tests/node/held_store.hpp"

using namespace gavel;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using namespace std::chrono_literals;
using node::Durability;

namespace {

const Address kEth;

struct Busy {
    explicit Busy(uint64_t seed, uint32_t turns = 0) : world(seed), ledger(store, world.domain, turns) {
        world.fund(ledger);
        ledger.flush(Durability::kSynced);
    }
    void pay() {
        Operation operation = world.transfer(ledger, 1, kEth, world.address(2), 1);
        if (!world.submit(ledger, 1, operation).ok()) {  // the chunk is full
            world.seal(ledger);
            REQUIRE(world.submit(ledger, 1, operation).ok());
        }
        ledger.flush(Durability::kSynced);
    }
    World world;
    test::HeldStore store;
    OpenLedger ledger;
};

}  // namespace

TEST_CASE("a reader in the store holds up neither the writing thread nor other readers") {
    Busy busy(3);
    busy.pay();
    const Address owner = busy.world.address(1);
    const OpenLedger& ledger = busy.ledger;
    char table = GENERATE('o', 'C', 'w', 'R', 'g');
    CAPTURE(table);
    busy.store.hold_reads_of(table);
    auto reader = std::async(std::launch::async, [&] {
        switch (table) {
            case 'o': return ledger.touches_before(owner, {}, ~uint64_t{0}, 100).touches.size();
            case 'C': return ledger.entries(0, 100).size();
            case 'w': return ledger.withdrawals_to(owner, 0, 100).size() + 1;
            case 'R': return ledger.rolled_back_from(0, {}, 100).operations.size() + 1;
            default: return static_cast<size_t>(ledger.entries_kept_since(0));
        }
    });
    // Without a withdrawal there is nothing to look for.
    if (table != 'w') REQUIRE(busy.store.someone_is_held());
    uint64_t before = ledger.counters().op_count;
    auto writer = std::async(std::launch::async, [&] {
        busy.pay();
        busy.world.seal(busy.ledger);
        busy.ledger.flush(Durability::kSynced);
        busy.pay();
        return ledger.account({owner, kEth}).has_value() && ledger.summary().op_count == before + 2;
    });
    bool in_time = writer.wait_for(10s) == std::future_status::ready;
    busy.store.release();
    CHECK(in_time);
    CHECK(writer.get());
    CHECK(reader.get() > 0);
}

TEST_CASE("a call looks at a slow store for a bounded time, and the next goes on behind it") {
    Busy busy(4, 1);
    for (int i = 0; i < 150; ++i) {  // of each a row
        busy.pay();
        busy.world.seal(busy.ledger);
    }
    busy.ledger.flush(Durability::kSynced);
    const Address owner = busy.world.address(2);
    std::vector<Touch> all = busy.ledger.touches_before(owner, {}, ~uint64_t{0}, 1'000).touches;
    REQUIRE(all.size() > 150);
    busy.store.set_row_time(1ms);

    std::vector<Touch> backwards, forwards;
    size_t calls = 0;
    for (uint64_t below = ~uint64_t{0};; ++calls) {
        Ledger::Touches page = busy.ledger.touches_before(owner, {}, below, 1'000);
        CHECK(page.touches.size() < 100);
        backwards.insert(backwards.end(), page.touches.begin(), page.touches.end());
        if (!page.next) break;
        below = *page.next;
    }
    CHECK(calls >= 2);
    CHECK(backwards == all);
    for (uint64_t from = 0, end = busy.ledger.summary().entries; from < end;) {
        Ledger::Touches page = busy.ledger.incoming_from(owner, {}, from, 1'000);
        CHECK(page.touches.size() < 100);
        forwards.insert(forwards.end(), page.touches.begin(), page.touches.end());
        from = *page.next;
    }
    std::erase_if(all, [](const Touch& touch) { return !touch.incoming; });
    std::reverse(all.begin(), all.end());
    CHECK(forwards == all);
}

TEST_CASE("a sealed state is loaded as it was, while the ledger grows and is rolled back") {
    Busy busy(5);
    busy.pay();
    busy.world.seal(busy.ledger);
    uint64_t chunks = busy.ledger.chunk_count();
    StateFields fields = busy.ledger.sealed_fields(), first = busy.ledger.chunk(0)->after;
    SealedState sealed = busy.ledger.sealed_state();
    for (int i = 0; i < 3; ++i) {
        busy.pay();
        busy.world.seal(busy.ledger);
    }
    busy.ledger.roll_back_to_chunk(1, "test", 5);
    busy.pay();
    busy.world.seal(busy.ledger);
    CHECK(sealed.before_chunk(chunks).fields() == fields);
    CHECK(sealed.before_chunk(1).fields() == first);
}

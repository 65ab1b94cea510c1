// Chunks that a ledger holds: applied, and known to nobody.
#include <catch2/catch.hpp>

#include "tests/ledger/replay_chain.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::ledger;
using namespace gavel::ledger_test;

namespace {

// Everything that readers are told.
std::string told(const OpenLedger& ledger) {
    const LedgerSummary seen = ledger.summary();
    std::string out = to_hex(seen.fields.hash());
    for (uint64_t number : {seen.entries, seen.op_count, seen.l1_ops_consumed, uint64_t{seen.account_count},
                            uint64_t{seen.withdrawal_count}, seen.chunks, seen.batches, seen.rolled_back, seen.generation})
        out += " " + std::to_string(number);
    for (uint32_t index = 1; index < seen.account_count + 4; ++index) {
        auto leaf = ledger.account(index);
        if (!leaf) continue;
        out += "\n" + to_hex(leaf->encode());
        auto found = ledger.account(leaf->key);
        out += found && found->index == index && found->account == *leaf ? "" : " found otherwise";
        for (const AccountAt& at : ledger.accounts_of(leaf->key.owner, std::nullopt, 100))
            out += " " + to_hex(at.account.encode());
        for (const Touch& touch : ledger.touches_before(leaf->key.owner, std::nullopt, ~uint64_t{0}, 100).touches)
            out += " " + std::to_string(touch.entry);
    }
    for (uint64_t number = 0; number < seen.chunks + 4; ++number) out += ledger.chunk(number) ? " chunk" : "";
    for (const Entry& entry : ledger.entries(0, 1'000)) out += " e" + std::to_string(entry.number);
    return out;
}

// A verifier's ledger behind batch 1, and a batch of chunks with payments to old and new accounts, withdrawals and channels.
struct HeldWorld {
    HeldWorld() {
        chain.replay();
        chain.pay(2);
        for (int i = 0; i < 200; ++i) chain.world.random_step(*chain.sequencer);
        if (!chain.sequencer->open_chunk().empty()) chain.world.seal(*chain.sequencer);
        chain.pay(2);
        batch = chain.batch();
        REQUIRE(batch.chunks.size() >= 5);
        start = chain.store.clone();
    }
    OpenLedger& ledger() { return *chain.verifier; }
    Ledger::Applied hold(size_t chunk) {
        ListEnv env = chain.world.env();
        return ledger().hold_chunk(batch.chunks[chunk], env, batch.after(chunk));
    }
    // What a ledger with the first `chunks` of the batch tells, and its rows.
    std::pair<std::string, Rows> with(size_t chunks) {
        auto store = start->clone();
        OpenLedger other(*store, chain.world.domain);
        ListEnv env = chain.world.env();
        for (size_t i = 0; i < chunks; ++i) REQUIRE(other.apply_chunk(batch.chunks[i], env, batch.after(i)).kept);
        return {told(other), rows_of(*store)};
    }

    ReplayChain chain{21};
    Batch batch;
    std::unique_ptr<node::MemoryStore> start;  // behind batch 1
};

}  // namespace

TEST_CASE("what is held is in no answer and in no row until it is kept, and then it alone") {
    HeldWorld w;
    const size_t count = w.batch.chunks.size();
    for (size_t i = 0; i < count; ++i) {
        const auto applied = w.hold(i);
        REQUIRE(applied.kept);
        CHECK(applied.after.hash() == w.batch.after(i));
    }
    CHECK(w.ledger().held_count() == count);
    CHECK(w.ledger().sealed_fields().hash() == w.batch.after(count - 1));
    for (size_t kept = 0;; ++kept) {
        const auto [answers, rows] = w.with(kept);
        CHECK(told(w.ledger()) == answers);
        CHECK(rows_of(w.chain.store) == rows);
        // After a crash there is what was kept.
        auto left = w.chain.store.clone();
        CHECK(told(OpenLedger(*left, w.chain.world.domain)) == answers);
        if (kept == count) break;
        w.ledger().flush(node::Durability::kSynced);
        w.ledger().keep_oldest_held();
    }
    CHECK(w.ledger().held_count() == 0);
    check_consistent(w.ledger());
}

TEST_CASE("chunks that are dropped leave nothing, and can be applied again") {
    HeldWorld w;
    const size_t count = w.batch.chunks.size(), keep = GENERATE(0, 1, 3);
    for (size_t i = 0; i < count; ++i) REQUIRE(w.hold(i).kept);
    for (size_t i = 0; i < keep; ++i) w.ledger().keep_oldest_held();
    w.ledger().drop_held();
    CHECK(w.ledger().held_count() == 0);
    const auto [answers, rows] = w.with(keep);
    CHECK(told(w.ledger()) == answers);
    CHECK(rows_of(w.chain.store) == rows);
    CHECK(w.ledger().sealed_fields() == w.ledger().summary().fields);
    w.ledger().with_state([&](State& state) { CHECK(state.fields() == w.ledger().sealed_fields()); });
    for (size_t i = keep; i < count; ++i) {
        REQUIRE(w.hold(i).kept);
        if (i % 2 == 1) w.ledger().keep_oldest_held();
    }
    while (w.ledger().held_count() > 0) w.ledger().keep_oldest_held();
    CHECK(told(w.ledger()) == w.with(count).first);
    CHECK(rows_of(w.chain.store) == w.with(count).second);
    check_consistent(w.ledger());
}

TEST_CASE("a batch is marked while chunks behind it are held") {
    HeldWorld w;
    const size_t count = w.batch.chunks.size();
    for (size_t i = 0; i < count; ++i) REQUIRE(w.hold(i).kept);
    w.ledger().keep_oldest_held();
    // As if the first chunk alone were a batch.
    BatchHeader header = w.batch.header();
    header.chunk_count = 1;
    const uint64_t first = w.batch.parent.number == 0 ? 0 : w.ledger().batch(w.batch.parent.number)->chunk_end();
    w.ledger().mark_batch({header, w.batch.l1_queue_hash, first, 1, std::nullopt});
    CHECK(w.ledger().summary().batches == 2);
    CHECK(w.ledger().summary().chunks == first + 1);
    CHECK(w.ledger().summary().fields.hash() == w.batch.after(0));
    w.ledger().drop_held();
    CHECK(w.ledger().summary().chunks == first + 1);
    CHECK(w.ledger().chunk_count() == first + 1);
    check_consistent(w.ledger());
}

TEST_CASE("operations that were rolled back leave that list when they are kept, not when they are held") {
    HeldWorld w;
    const size_t count = w.batch.chunks.size();
    for (size_t i = 0; i < count; ++i) {
        REQUIRE(w.hold(i).kept);
        w.ledger().keep_oldest_held();
    }
    const uint64_t first = w.ledger().chunk_count() - count;
    const uint64_t gone = w.ledger().roll_back_to_chunk(first, "for a test", 1);
    REQUIRE(gone > 4);
    const std::string before = told(w.ledger());
    for (size_t i = 0; i < count; ++i) REQUIRE(w.hold(i).kept);
    CHECK(told(w.ledger()) == before);
    w.ledger().drop_held();
    CHECK(told(w.ledger()) == before);
    CHECK(w.ledger().rolled_back_from(0, std::nullopt, 1'000).operations.size() == gone);
    for (size_t i = 0; i < count; ++i) REQUIRE(w.hold(i).kept);
    while (w.ledger().held_count() > 0) w.ledger().keep_oldest_held();
    CHECK(w.ledger().summary().rolled_back == 0);
    CHECK(w.ledger().rolled_back_from(0, std::nullopt, 1'000).operations.empty());
    check_consistent(w.ledger());
}

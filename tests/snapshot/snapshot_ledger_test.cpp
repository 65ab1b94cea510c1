// A ledger that begins with a state, not at genesis.
#include "ledger/ledger_start.hpp"
#include "ledger/open_ledger.hpp"
#include "tests/snapshot/some_snapshot.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

size_t rows(const node::Store& store, char table) {
    size_t out = 0;
    store.scan(std::string(1, table), std::string(1, static_cast<char>(table + 1)), [&](std::string_view, std::string_view) {
        ++out;
        return true;
    });
    return out;
}

void begin(node::Store& store, const SomeSnapshot& snapshot, const Hash& queue_hash = {}) {
    ledger::LedgerStart start(store, snapshot.head.domain, {snapshot.head.header, queue_hash});
    start.add_leaves(snapshot.leaves);
    start.add_withdrawals(snapshot.withdrawals);
    start.finish();
}

// With another leaf in place of one, and the roots that follow.
SomeSnapshot with_leaf(SomeSnapshot snapshot, uint32_t index, const std::function<void(Account&)>& change) {
    Account leaf = Account::decode(ByteView(snapshot.leaves).subspan(index * Account::kSize, Account::kSize));
    change(leaf);
    const Bytes bytes = leaf.encode();
    std::copy(bytes.begin(), bytes.end(), snapshot.leaves.begin() + static_cast<ptrdiff_t>(index * Account::kSize));
    snapshot.roots = snapshot_roots(snapshot.leaves, snapshot.withdrawals);
    snapshot.head.header.last.accounts_root = subtree_root({root_of_piece(SnapshotPart::kLeaves, snapshot.leaves)}, 13, 32);
    return snapshot;
}

}  // namespace

TEST_CASE("a ledger that begins with a state has its accounts and withdrawals, and nothing of before") {
    ledger::writing.assume();
    const SomeSnapshot snapshot(5, 300, 70);
    node::MemoryStore store;
    CHECK_FALSE(ledger::has_ledger(store));
    begin(store, snapshot, number(1));
    CHECK(ledger::has_ledger(store));
    for (int round = 0; round < 2; ++round) {  // and again after a restart
        ledger::OpenLedger ledger(store, snapshot.head.domain);
        const ledger::LedgerSummary now = ledger.summary();
        CHECK(now.fields == snapshot.head.header.last);
        CHECK(now.op_count == 4);
        CHECK(now.l1_ops_consumed == 3);
        CHECK(now.batches == 5);
        CHECK(now.chunks == 0);
        CHECK(now.entries == 0);
        CHECK(ledger.base().header == snapshot.head.header);
        CHECK(ledger.last_header() == snapshot.head.header);
        CHECK(ledger.header(5) == snapshot.head.header);
        CHECK_FALSE(ledger.header(4));
        CHECK_FALSE(ledger.header(6));
        CHECK_FALSE(ledger.header(0));
        CHECK_FALSE(ledger.batch(5));
        CHECK(ledger.l1_queue_hash(3) == number(1));
        CHECK(ledger.account(299)->balance == Amount{1299});
        const auto withdrawal = ledger.withdrawal(69);
        REQUIRE(withdrawal.has_value());
        CHECK(withdrawal->withdrawal == some_withdrawal(69));
        CHECK(withdrawal->entry == ledger::kNoEntry);
        CHECK(ledger.withdrawals_to(some_withdrawal(7).recipient, 0, 10).size() == 1);
        CHECK(ledger.withdrawal_proof(69, 70)->holds_in(snapshot.head.header.last));
        CHECK_FALSE(ledger.withdrawal(70));
    }
}

TEST_CASE("a ledger that begins with a state goes on from it, and back to it") {
    ledger::writing.assume();
    const SomeSnapshot snapshot(5, 30, 7);
    node::MemoryStore store;
    begin(store, snapshot, number(1));
    std::optional<ledger::OpenLedger> ledger(std::in_place, store, snapshot.head.domain);
    const L1Operation deposit{L1OperationKind::kDeposit, address_of(1), address_of(2), {}, Amount{5}, 9};
    const auto seal = [&] {
        ledger::ChunkRecord sealed;
        REQUIRE(ledger->seal([](const Address&) { return std::nullopt; }, sealed).ok());
        ledger->flush(node::Durability::kSynced);
    };
    seal();  // of nothing: its batch's queue is the base's
    auto first = ledger->assemble(ledger->last_header(), 0, 1);
    REQUIRE(first.has_value());
    CHECK(first->number == 6);
    CHECK(first->l1_queue_hash == number(1));
    CHECK(first->last == snapshot.head.header.last);
    ledger->mark_batch({first->header(), first->l1_queue_hash, 0, 10, {}});
    REQUIRE(ledger->open_l1_operation(deposit).ok());
    seal();
    auto second = ledger->assemble(ledger->last_header(), 1, 1);
    REQUIRE(second.has_value());
    CHECK(second->number == 7);
    CHECK(second->l1_queue_hash == deposit.chain(number(1)));
    CHECK(second->last.account_count == 31);
    ledger->mark_batch({second->header(), second->l1_queue_hash, 1, 10, {}});
    CHECK(ledger->batch_head() == 7);
    CHECK(ledger->entry_of_l1_operation(3) == 0);
    ledger->set_batch_transaction(6, number(6));
    CHECK(ledger->batch(6)->tx_hash == number(6));
    CHECK(ledger->batch_of_chunk(1) == 7);

    const ledger::SealedState sealed = ledger->sealed_state();
    CHECK(sealed.leaves_before_chunk(1, 30) == snapshot.leaves);
    CHECK(sealed.leaves_before_chunk(0, 30) == snapshot.leaves);
    const Bytes after = sealed.leaves_before_chunk(2, 31);
    CHECK(subtree_root({root_of_piece(SnapshotPart::kLeaves, after)}, 13, 32) == second->last.accounts_root);
    Bytes withdrawals;
    sealed.each_withdrawal(7, [&](const Withdrawal& one) { append(withdrawals, one.encode()); });
    CHECK(withdrawals == snapshot.withdrawals);

    SECTION("back to it") {
        CHECK(ledger->roll_back_to_chunk(0, "a test", 1) == 0);
        CHECK(ledger->sealed_fields() == snapshot.head.header.last);
        CHECK(ledger->batch_head() == 5);
        CHECK(ledger->l1_queue_hash(3) == number(1));
        CHECK(ledger->last_header() == snapshot.head.header);
        ledger.emplace(store, snapshot.head.domain);
        CHECK(ledger->batch_head() == 5);
    }
    SECTION("marks alone") {
        ledger->unmark_batches_from(6);
        CHECK(ledger->batch_head() == 5);
        CHECK(ledger->chunk_count() == 2);
    }
    SECTION("through a restart") {
        ledger.emplace(store, snapshot.head.domain);
        CHECK(ledger->batch_head() == 7);
        CHECK(ledger->batch(7)->header == second->header());
        CHECK(ledger->l1_queue_hash(4) == second->l1_queue_hash);
        CHECK(ledger->sealed_fields() == second->last);
    }
}

TEST_CASE("a beginning that didn't come to its end is no ledger, and is begun anew without a trace") {
    const SomeSnapshot large(6, 300, 70, 1'000), small(5, 20, 3);
    node::MemoryStore store;
    node::WriteBatch others;
    others.put("l1/head", "kept");
    others.put("blob/count", "kept");
    store.write(others, node::Durability::kSynced);
    {
        ledger::LedgerStart start(store, large.head.domain, {large.head.header, {}});
        start.add_leaves(large.leaves);
        start.add_withdrawals(large.withdrawals);
    }
    CHECK_FALSE(ledger::has_ledger(store));
    CHECK_THROWS_AS(ledger::Ledger(store, large.head.domain), node::StoreError);
    begin(store, small);
    CHECK(rows(store, 'A') == 20);
    CHECK(rows(store, 'W') == 3);
    CHECK(rows(store, 'w') == 3);
    CHECK(store.get("l1/head") == "kept");
    CHECK(store.get("blob/count") == "kept");
    ledger::Ledger ledger(store, small.head.domain);
    CHECK(ledger.summary().fields == small.head.header.last);
}

TEST_CASE("a state that isn't the header's is found when the ledger is opened") {
    SomeSnapshot snapshot(5, 30, 7);
    snapshot.leaves[104 * 3 + 60] ^= 1;
    node::MemoryStore store;
    begin(store, snapshot);
    CHECK_THROWS_AS(ledger::Ledger(store, snapshot.head.domain), node::StoreError);
}

TEST_CASE("leaves that aren't linked by their keys begin no ledger, though a header stands for them") {
    HonestStart start;  // whose three deposits are consumed
    start.op.follow();
    const SomeSnapshot good(5, 30, 7);
    const AccountKey far{address_of(0xff), {}};
    const std::vector<std::pair<const char*, SomeSnapshot>> cases = {
        {"a link that leaves one out", with_leaf(good, 3, [](Account& leaf) { leaf.next = {}; })},
        {"a link to nobody", with_leaf(good, 3, [&](Account& leaf) { leaf.next = far; })},
        {"the sentinel's link", with_leaf(good, 0, [&](Account& leaf) { leaf.next = far; })},
        {"a key where the sentinel should be", with_leaf(good, 0, [&](Account& leaf) { leaf.key = far; })},
        {"a key that is there twice",
         with_leaf(good, 3, [&](Account& leaf) { leaf.key = Account::decode(ByteView(good.leaves).subspan(104 * 4, 104)).key; })},
        {"the sentinel twice", with_leaf(good, 3, [](Account& leaf) { leaf.key = {}; })},
    };
    for (const auto& [what, snapshot] : cases) {
        INFO(what);
        TempDir folder;
        auto draft = SnapshotDraft::open(folder.file("draft"), snapshot.head, snapshot.roots);
        REQUIRE(draft.ok());
        REQUIRE(draft->put({SnapshotPart::kLeaves, 0}, snapshot.leaves).ok());
        REQUIRE(draft->put({SnapshotPart::kWithdrawals, 0}, snapshot.withdrawals).ok());
        node::MemoryStore store;
        CHECK(begin_ledger(store, start.op.sync->view(), *draft).reason == "SNAPSHOT_LINKS_FALSE");
        CHECK_FALSE(ledger::has_ledger(store));
        CHECK(rows(store, 'A') == 0);
    }
    TempDir folder;
    auto draft = SnapshotDraft::open(folder.file("draft"), good.head, good.roots);
    REQUIRE(draft->put({SnapshotPart::kLeaves, 0}, good.leaves).ok());
    REQUIRE(draft->put({SnapshotPart::kWithdrawals, 0}, good.withdrawals).ok());
    node::MemoryStore store;
    CHECK(begin_ledger(store, start.op.sync->view(), *draft).ok());
    ledger::Ledger ledger(store, good.head.domain);
    CHECK(ledger.base().l1_queue_hash == start.op.sync->view().queue_hash(3));
}

}  // namespace gavel::test

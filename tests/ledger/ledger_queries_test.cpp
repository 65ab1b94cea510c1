// The query service: an operation's, a payment's and a withdrawal's life as users see it.
#include <catch2/catch.hpp>

#include "query/queries.hpp"
#include "tests/ledger/ledger_desk.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::query;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

namespace {

const Address kEth;

}  // namespace

TEST_CASE("an operation is confirmed, posted, final; or rolled back, and confirmed again") {
    Desk desk(1);
    desk.post();
    OperationReceipt receipt = desk.pay(1, desk.world.address(2), 5);
    auto info = desk.queries.operation(receipt.hash);
    REQUIRE(info.ok());
    CHECK(info->status == OperationStatus::kConfirmed);
    CHECK(info->position == receipt.position);
    CHECK(info->confirmed_at_ms == World::kNowMs);
    CHECK(info->sender == desk.world.address(1));
    CHECK(info->batch == 0);
    CHECK(recover(info->operation.digest(desk.world.separator), info->signature) == desk.world.address(1));

    desk.post();
    info = desk.queries.operation(receipt.hash);
    CHECK(info->status == OperationStatus::kPosted);
    CHECK(info->batch == 2);
    CHECK(info->chunk == 0);
    CHECK(info->l1_transaction == desk.view.batch(2)->tx_hash);
    CHECK(info->posted_at == desk.view.head().time);
    CHECK(info->final_at == desk.view.head().time + 600);
    desk.l1.reorganise(desk.view, 1);
    CHECK(desk.queries.operation(receipt.hash)->status == OperationStatus::kConfirmed);
    desk.l1.append(*desk.ledger.assemble(desk.ledger.batch(1)->header, 1, 1));
    desk.l1.mine(desk.view);
    CHECK(desk.queries.operation(receipt.hash)->status == OperationStatus::kPosted);
    desk.finalise();
    CHECK(desk.queries.operation(receipt.hash)->status == OperationStatus::kFinal);

    OperationReceipt other = desk.pay(1, desk.world.address(2), 6);
    desk.ledger.roll_back_to_chunk(2, "struck", 77);
    info = desk.queries.operation(other.hash);
    CHECK(info->status == OperationStatus::kRolledBack);
    CHECK(info->why == "struck");
    CHECK(info->position == other.position);
    CHECK(desk.queries.rolled_back(std::nullopt, 0, 0).items.size() == 1);
    CHECK(desk.queries.rolled_back(desk.world.address(1), 0, 0).items.size() == 1);
    CHECK(desk.queries.rolled_back(desk.world.address(2), 0, 0).items.empty());
    CHECK(desk.pay(1, desk.world.address(2), 6).hash == other.hash);
    CHECK(desk.queries.operation(other.hash)->status == OperationStatus::kConfirmed);
    CHECK(desk.queries.rolled_back(std::nullopt, 0, 0).items.empty());

    auto unknown = desk.queries.operation(Hash{});
    CHECK(unknown.status().code == node::Code::kNotFound);
    CHECK(unknown.status().reason == "UNKNOWN_OPERATION");
    CHECK(unknown.status().field == "hash");
}

TEST_CASE("rolled-back operations come in pages") {
    Desk desk(2);
    std::vector<Hash> sent;
    for (int i = 0; i < 5; ++i) sent.push_back(desk.pay(1, desk.world.address(2), 5).hash);
    desk.ledger.roll_back_to_chunk(1, "struck", 77);
    std::vector<Hash> listed;
    uint64_t cursor = 0;
    do {
        auto page = desk.queries.rolled_back(desk.world.address(1), cursor, 2);
        for (const OperationInfo& info : page.items) listed.push_back(info.hash);
        cursor = page.next_cursor;
    } while (cursor != 0);
    CHECK(listed == sent);
}

TEST_CASE("an account has nonce and balance; balances come by token, in pages") {
    Desk desk(3);
    Address stranger;
    stranger.bytes.fill(0x42);
    auto none = desk.queries.account({stranger, kEth});
    CHECK_FALSE(none.exists());
    CHECK(none.key == AccountKey{stranger, kEth});
    desk.pay(1, stranger, 5);
    CHECK(desk.queries.account({stranger, kEth}).balance == Amount{5});
    auto sender = desk.queries.account({desk.world.address(1), kEth});
    CHECK(sender.nonce == 1);
    CHECK(sender.balance == Amount{1'000'000 - 6});
    auto balances = desk.queries.balances(desk.world.address(1), std::nullopt, 0);
    REQUIRE(balances.accounts.size() == 2);
    CHECK(balances.accounts[0].key.token == kEth);
    CHECK(balances.accounts[1].key.token == desk.world.tokens[1]);
    CHECK_FALSE(balances.next);
    auto first = desk.queries.balances(desk.world.address(1), std::nullopt, 1);
    CHECK(first.accounts.size() == 1);
    CHECK(first.next == kEth);
    auto rest = desk.queries.balances(desk.world.address(1), first.next, 5);
    REQUIRE(rest.accounts.size() == 1);
    CHECK(rest.accounts[0].key.token == desk.world.tokens[1]);
    CHECK(desk.queries.balances(desk.world.address(1), desk.world.tokens[1], 5).accounts.empty());
    CHECK(desk.queries.balances(Address{}, std::nullopt, 5).accounts.empty());
}

TEST_CASE("a history comes newest first, in pages, and goes on over a roll-back") {
    Desk desk(4);
    for (int i = 0; i < 6; ++i) desk.pay(1, desk.world.address(2), 5);
    auto all = desk.queries.history(desk.world.address(1), std::nullopt, 0, 0);
    REQUIRE(all->items.size() == 8);  // two deposits
    CHECK(all->next_cursor == 0);
    for (size_t i = 1; i < 8; ++i) CHECK(all->items[i].number < all->items[i - 1].number);
    std::vector<uint64_t> paged;
    uint64_t cursor = 0;
    do {
        auto page = desk.queries.history(desk.world.address(1), std::nullopt, cursor, 3);
        REQUIRE(page.ok());
        for (const EntryInfo& info : page->items) paged.push_back(info.number);
        cursor = page->next_cursor;
    } while (cursor != 0);
    CHECK(paged.size() == 8);
    CHECK(desk.queries.history(desk.world.address(1), desk.world.tokens[1], 0, 0)->items.size() == 1);

    cursor = desk.queries.history(desk.world.address(1), std::nullopt, 0, 3)->next_cursor;
    desk.ledger.roll_back_to_chunk(1, "test", 1);
    auto after = desk.queries.history(desk.world.address(1), std::nullopt, cursor, 0);
    CHECK(after->items.size() == 2);
    auto bad = desk.queries.history(desk.world.address(1), std::nullopt, ~uint64_t{0}, 0);
    CHECK(bad.status().reason == "BAD_CURSOR");
    CHECK(bad.status().field == "cursor");
}

TEST_CASE("incoming payments, line by line, resumed behind a cursor") {
    Desk desk(5);
    const Address me = desk.world.address(2);
    auto page = desk.queries.incoming(me, std::nullopt, 0, 0);
    REQUIRE(page->items.size() == 2);
    CHECK(page->items[0].kind == IncomingPayment::Kind::kDeposit);
    CHECK(page->items[0].amount == Amount{1'000'000});
    CHECK(page->items[0].l1_operation == 4);
    CHECK(desk.queries.incoming(me, std::nullopt, page->next_cursor, 0)->items.empty());

    Operation payout = desk.world.transfer(desk.ledger, 1, kEth, me, 5, 1);
    payout.kind = OperationKind::kPayout;
    payout.memo.bytes.fill(3);
    payout.payments.push_back({desk.world.address(3), Amount{6}});
    payout.payments.push_back({me, Amount{7}});
    Hash hash = desk.submit(1, payout).hash;
    desk.pay(2, desk.world.address(3), 1);  // outgoing only
    desk.pay(3, me, 9);
    auto more = desk.queries.incoming(me, std::nullopt, page->next_cursor, 0);
    REQUIRE(more->items.size() == 3);
    CHECK(more->items[0].kind == IncomingPayment::Kind::kPayout);
    CHECK(more->items[0].hash == hash);
    CHECK(more->items[0].memo == payout.memo);
    CHECK(more->items[0].from == desk.world.address(1));
    CHECK(more->items[1].line == 2);
    CHECK(more->items[1].amount == Amount{7});
    CHECK(more->items[2].kind == IncomingPayment::Kind::kTransfer);
    CHECK(more->items[2].amount == Amount{9});
    CHECK(desk.queries.incoming(me, desk.world.tokens[1], 0, 0)->items.size() == 1);
    // One at a time leads to the same.
    size_t count = 0;
    for (uint64_t cursor = 0;;) {
        auto next = desk.queries.incoming(me, std::nullopt, cursor, 1);
        if (next->items.empty()) break;
        count += next->items.size();
        cursor = next->next_cursor;
    }
    CHECK(count == 5);

    desk.ledger.roll_back_to_chunk(1, "test", 1);
    auto gone = desk.queries.incoming(me, std::nullopt, more->next_cursor, 0);
    CHECK(gone.status().code == node::Code::kAborted);
    CHECK(gone.status().reason == "ROLLED_BACK");
    CHECK(desk.queries.incoming(me, std::nullopt, page->next_cursor, 0).ok());
}

TEST_CASE("the feed is everything, once, in order, and tells of a roll-back") {
    Desk desk(6);
    for (int i = 0; i < 10; ++i) desk.pay(1, desk.world.address(2), 5);
    desk.post();
    uint64_t cursor = 0, number = 0, in_the_middle = 0;
    for (;;) {
        auto page = desk.queries.feed(cursor, 3);
        REQUIRE(page.ok());
        for (const EntryInfo& info : page->items) CHECK(info.number == number++);
        CHECK(page->next_cursor != 0);
        cursor = page->next_cursor;
        if (number <= 16) in_the_middle = cursor;
        if (page->items.empty()) break;
    }
    CHECK(number == desk.ledger.summary().entries);
    CHECK(cursor == desk.queries.end_cursor());
    desk.queries.wait_behind(cursor, 1);
    desk.pay(1, desk.world.address(2), 5);
    desk.queries.wait_behind(cursor, 60'000);
    CHECK(desk.queries.feed(cursor, 3)->items.size() == 1);
    desk.ledger.roll_back_to_chunk(1, "test", 1);
    desk.queries.wait_behind(cursor, 60'000);
    CHECK(desk.queries.feed(cursor, 3).status().reason == "ROLLED_BACK");
    CHECK(desk.queries.feed(in_the_middle, 3).ok());
    CHECK(desk.queries.feed(desk.queries.end_cursor() + 5, 3).status().reason == "BAD_CURSOR");
    CHECK(desk.queries.feed(~uint64_t{0}, 3).status().reason == "BAD_CURSOR");
}

TEST_CASE("a withdrawal waits, can be claimed, is claimed") {
    Desk desk(7);
    Address home;
    home.bytes.fill(0x99);
    desk.post();
    OperationReceipt receipt = desk.withdraw(1, home, 50);
    desk.withdraw(2, home, 60);
    auto info = desk.queries.withdrawal_of(receipt.hash);
    REQUIRE(info.ok());
    CHECK(info->status == WithdrawalStatus::kNotPosted);
    CHECK(info->hash == receipt.hash);
    CHECK(desk.queries.withdrawal_proof(0).status().reason == "NOT_POSTED");
    CHECK(desk.queries.withdrawal_proof(7).status().reason == "UNKNOWN_WITHDRAWAL");
    CHECK(desk.queries.withdrawal(7).status().field == "position");
    CHECK(desk.queries.withdrawal_of(Hash{}).status().reason == "UNKNOWN_WITHDRAWAL");

    desk.post();
    info = desk.queries.withdrawal(0);
    CHECK(info->status == WithdrawalStatus::kWaiting);
    CHECK(info->batch == 2);
    CHECK(info->seconds_left == 600);
    auto proof = desk.queries.withdrawal_proof(0);
    REQUIRE(proof.ok());
    CHECK(proof->header == desk.ledger.batch(2)->header);
    CHECK(proof->proof.holds_in(proof->header.last));
    desk.finalise();
    CHECK(desk.queries.withdrawal(0)->status == WithdrawalStatus::kClaimable);
    desk.withdraw(3, desk.world.address(3), 70);
    desk.post();
    CHECK(desk.queries.withdrawal_proof(0)->header.number == 2);  // the latest that is final
    desk.finalise();
    proof = desk.queries.withdrawal_proof(0);
    CHECK(proof->header.number == 3);
    CHECK(proof->proof.holds_in(proof->header.last));
    CHECK(proof->proof.withdrawal == Withdrawal{home, kEth, Amount{50}});
    desk.l1.claim(0, proof->proof.withdrawal);
    desk.l1.mine(desk.view);
    CHECK(desk.queries.withdrawal(0)->status == WithdrawalStatus::kClaimed);
    CHECK(desk.queries.withdrawal(1)->status == WithdrawalStatus::kClaimable);

    auto first = desk.queries.withdrawals_to(home, 0, 1);
    REQUIRE(first.items.size() == 1);
    CHECK(first.items[0].position == 0);
    CHECK(first.next_cursor == 1);
    auto second = desk.queries.withdrawals_to(home, first.next_cursor, 1);
    REQUIRE(second.items.size() == 1);
    CHECK(second.items[0].withdrawal.amount == Amount{60});
    CHECK(second.next_cursor == 0);
    CHECK(desk.queries.withdrawals_to(home, ~uint64_t{0}, 1).items.empty());
}

TEST_CASE("batches, chunks' signatures and the chain's facts are told, and none that aren't there") {
    Desk desk(8);
    desk.post();
    OperationReceipt receipt = desk.pay(1, desk.world.address(2), 5);
    desk.post();
    auto batch = desk.queries.batch(2);
    REQUIRE(batch.ok());
    CHECK(batch->first_position == 0);
    CHECK(batch->op_count == 1);
    CHECK(batch->l1_op_count == 0);
    CHECK_FALSE(batch->is_final);
    CHECK(batch->l1_transaction == desk.view.batch(2)->tx_hash);
    CHECK(desk.queries.batch(1)->l1_op_count == 16);
    CHECK(desk.queries.batch(0).status().reason == "UNKNOWN_BATCH");
    CHECK(desk.queries.batch(3).status().field == "number");
    auto signatures = desk.queries.chunk_signatures(2, 0);
    REQUIRE(signatures.ok());
    Hash digest = desk.queries.operation(receipt.hash)->operation.digest(desk.world.separator);
    CHECK(signatures->digests == std::vector<Hash>{digest});
    REQUIRE(signatures->signatures.size() == 1);
    CHECK(recover(digest, signatures->signatures[0]) == desk.world.address(1));
    CHECK(desk.queries.chunk_signatures(2, 1).status().reason == "NO_SUCH_CHUNK");
    CHECK(desk.queries.chunk_signatures(3, 0).status().reason == "UNKNOWN_BATCH");

    desk.l1.queue(desk.world.deposit(1, kEth, 5));
    desk.finalise();
    desk.pay(1, desk.world.address(2), 5);
    desk.post();
    ChainInfo info = desk.queries.chain_info();
    CHECK(info.domain == desk.world.domain);
    CHECK(info.head_batch == 3);
    CHECK(info.head_hash == desk.ledger.last_header().hash());
    CHECK(info.final_batch == 2);
    CHECK(info.posted_op_count == 2);
    CHECK(info.final_op_count == 1);
    CHECK(info.l1_queue_length == 17);
    CHECK(info.l1_ops_waiting == 1);
    CHECK(info.l1_block == desk.view.head().number);
    CHECK(info.l1_time == desk.view.head().time);
    CHECK_FALSE(info.frozen);
}

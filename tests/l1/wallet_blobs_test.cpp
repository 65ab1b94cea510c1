// The wallet and its transactions with blobs: what is sent, what it pays, and what bounds that.
#include "tests/l1/wallet_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using World = WalletWorld;

TEST_CASE("blobs are sent with their sidecar, mined, and let go") {
    World w;
    auto sidecar = w.blobs(1, 2);
    std::weak_ptr<const BlobSidecar> watched = sidecar;
    const auto hashes = versioned_hashes(*sidecar);
    auto sent = w.wallet->send_blobs(w.bob.address(), {7}, std::move(sidecar));
    REQUIRE(sent.ok());
    const SentTransaction& given = w.node->given.at(0);
    CHECK(given.transaction.body.blob_hashes == hashes);
    CHECK(given.transaction.body.data == Bytes{7});
    CHECK(given.transaction.body.max_blob_fee == kGwei);
    CHECK(given.sidecar->blobs.size() == 2);
    CHECK(w.wallet->has_unmined());
    CHECK_FALSE(watched.expired());
    w.chain->mine();
    auto receipt = w.wallet->wait(*sent);
    REQUIRE(receipt.ok());
    CHECK(receipt->success);
    CHECK(receipt->blob_gas == BlobGasPaid{2 * kGasPerBlob, 1});
    CHECK(w.later(1).ok());
    CHECK_FALSE(w.wallet->has_unmined());
    CHECK(watched.expired());
    CHECK(w.chain->blobs(w.chain->head().number)->size() == 2);
}

TEST_CASE("the estimate is of a call that names the blobs") {
    World w;
    const Address probe = w.deploy("probe");
    auto sidecar = w.blobs();
    const Bytes keep_hash{'h', 5, 0};  // of the first blob; without one it is zero, which costs no new slot
    const auto with = w.wallet->estimate(probe, 0, keep_hash, versioned_hashes(*sidecar));
    const auto without = w.wallet->estimate(probe, 0, keep_hash);
    REQUIRE((with.ok() && without.ok()));
    CHECK(*with > *without);
    auto sent = w.wallet->send_blobs(probe, keep_hash, sidecar);
    REQUIRE(sent.ok());
    CHECK(w.node->last().gas_limit == w.wallet->limit_for(*with));
    w.chain->mine();
    CHECK((*w.wallet->receipt(*sent))->success);
    CHECK(*w.chain->storage(probe, slots::at(5)) == versioned_hashes(*sidecar)[0]);
}

TEST_CASE("what isn't one to six blobs with their proofs is refused here") {
    World w;
    CHECK(w.try_post(nullptr).status().reason == "TX_BLOBS_MISSING");
    CHECK(w.try_post(std::make_shared<BlobSidecar>()).status().reason == "TX_BLOBS_MISSING");
    CHECK(w.try_post(w.blobs(1, 7)).status().reason == "TX_TOO_MANY_BLOBS");
    for (int which : {0, 1}) {
        BlobSidecar odd = flat_sidecar(2);
        if (which == 0) odd.proofs.pop_back();
        else odd.commitments.pop_back();
        CHECK(w.try_post(std::make_shared<BlobSidecar>(odd)).status().reason == "TX_SIDECAR_COUNT");
    }
    CHECK(w.node->given.empty());
}

TEST_CASE("a node that tells no price of blobs gets none") {
    World w;
    w.node->tells_blob_price = false;
    const auto refused = w.try_post(w.blobs()).status();
    CHECK(refused.reason == "L1_NO_BLOBS");
    CHECK(refused.code == node::Code::kUnavailable);
    CHECK(w.node->given.empty());
    CHECK(w.pay().ok());
}

TEST_CASE("blobs that have become dearer than their cap are replaced at twice the price or what they cost now") {
    World w;
    const Hash sent = w.post();
    w.crowd(5);
    CHECK(w.blob_price() > kGwei);
    CHECK(w.later(29).ok());
    w.crowd();
    CHECK(w.later(0).ok());
    CHECK(w.node->given.size() == 1);  // not yet
    CHECK(w.later(2).ok());
    CHECK(w.node->given.size() == 1);  // due now, but no block has passed since
    w.chain->mine();
    const u128 price = w.blob_price();
    REQUIRE(price > kGwei);
    CHECK(w.later(1).ok());
    REQUIRE(w.node->given.size() == 2);
    const Transaction& first = w.node->given[0].transaction.body;
    CHECK(w.node->last().max_blob_fee == 2 * price);
    CHECK(w.node->last().max_fee == 2 * first.max_fee);
    CHECK(w.node->last().max_priority_fee == 2 * first.max_priority_fee);
    CHECK(w.node->last().blob_hashes == first.blob_hashes);
    CHECK(w.node->given[1].sidecar == w.node->given[0].sidecar);
    CHECK(w.chain->mempool_size() == 1);
    w.chain->mine();
    auto receipt = w.wallet->receipt(sent);
    REQUIRE((receipt.ok() && *receipt));
    CHECK((*receipt)->tx_hash != sent);
    CHECK((*receipt)->blob_gas->price == price);
    CHECK_FALSE(*w.wallet->is_lost(sent));
}

TEST_CASE("blobs whose tip is too low pay twice as much, and wait twice as long before the next time") {
    World w({}, kSteadyPrice);
    const Hash sent = w.post();
    CHECK(w.too_long().ok());
    REQUIRE(w.node->given.size() == 2);
    CHECK(w.node->last().max_priority_fee == 2 * kGwei);
    CHECK(w.too_long(50).ok());
    CHECK(w.node->given.size() == 2);
    CHECK(w.too_long(10).ok());
    REQUIRE(w.node->given.size() == 3);
    CHECK(w.node->last().max_priority_fee == 4 * kGwei);
    CHECK(w.node->last().max_fee == 4 * w.node->given[0].transaction.body.max_fee);
    CHECK(w.node->last().max_blob_fee == 4 * kGwei);
    CHECK_FALSE(w.is_mined(sent));
    w.chain->mine();
    CHECK(w.is_mined(sent));
}

TEST_CASE("those that wait behind another aren't raised for its sake") {
    World w({}, kSteadyPrice);
    const Hash first = w.post(1), second = w.post(2);
    CHECK(w.too_long().ok());
    REQUIRE(w.node->given.size() == 3);
    CHECK(w.node->last().nonce == 0);
    w.chain->mine();
    CHECK(w.is_mined(first));
    CHECK(w.is_mined(second));
}

TEST_CASE("each cap holds a replacement back, which says so, and the first version goes on waiting") {
    L1WalletOptions capped;
    SECTION("of blobs") {
        capped.max_blob_fee_cap = 2 * kGwei - 1;
        World w(capped);
        const Hash sent = w.post();
        w.crowd(5);
        const node::Status held = w.too_long();
        CHECK(held.reason == "L1_FEE_OVER_CAP");
        CHECK(held.field == "max_blob_fee_cap");
        CHECK(held.message.find("the cap for blobs 1999999999 wei") != held.message.npos);
        CHECK(w.later(1).reason == "L1_FEE_OVER_CAP");
        const node::Status next = w.try_post(w.blobs(2)).status();
        CHECK(next.reason == "L1_FEE_OVER_CAP");
        CHECK(next.field == "max_blob_fee_cap");
        CHECK(w.node->given.size() == 1);
        while (!w.is_mined(sent)) w.chain->mine();
        CHECK(w.blob_price() <= kGwei);
    }
    SECTION("of gas") {
        capped.max_fee_cap = 5 * kGwei;
        World w(capped, kSteadyPrice);
        const Hash sent = w.post();
        const node::Status held = w.too_long();
        CHECK(held.reason == "L1_FEE_OVER_CAP");
        CHECK(held.field == "max_fee_cap");
        CHECK(w.node->given.size() == 1);
        w.chain->mine();
        CHECK(w.is_mined(sent));
    }
}

TEST_CASE("the account's funds count the blobs, and what it can't pay replaces nothing") {
    World w({}, kSteadyPrice);
    const u128 blob = kGasPerBlob * kGwei, gas = kGas * 3 * kGwei;
    w.chain->set_balance(w.alice.address(), blob + gas - 1);
    CHECK(w.try_post(w.blobs()).status().reason == "TX_INSUFFICIENT_FUNDS");
    w.chain->set_balance(w.alice.address(), blob + gas);
    const Hash sent = w.post();
    const node::Status next = w.try_post(w.blobs(2)).status();
    CHECK(next.reason == "TX_INSUFFICIENT_FUNDS");
    CHECK(next.message.find(to_string(Amount{2 * (blob + gas)})) != next.message.npos);
    const size_t given = w.node->given.size();
    CHECK(w.too_long().reason == "TX_INSUFFICIENT_FUNDS");
    CHECK(w.node->given.size() == given);
    w.chain->mine();
    CHECK(w.is_mined(sent));
}

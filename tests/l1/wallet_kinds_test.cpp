// The wallet between transactions with blobs and others: which keep each other from being sent, what an earlier process has left,
// what a node forgets and a reorganisation takes back.
#include "tests/l1/wallet_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using World = WalletWorld;

TEST_CASE("while blobs wait nothing else is sent, and the reverse, until they are in a block") {
    World w({}, kSteadyPrice);
    auto check_waits = [&](const node::Status& status) {
        CHECK(status.reason == "TX_OTHER_KIND_WAITS");
        CHECK(status.code == node::Code::kUnavailable);
        CHECK(w.node->given.size() == 1);  // it wasn't tried
        CHECK(w.later(1).ok());
        CHECK(w.node->given.size() == 1);
    };
    SECTION("blobs first") {
        const Hash blobs = w.post();
        check_waits(w.pay().status());
        w.chain->mine();
        const auto paid = w.pay();  // before the wallet has looked by itself
        REQUIRE(paid.ok());
        w.chain->mine();
        CHECK(w.is_mined(blobs));
        CHECK(w.is_mined(*paid));
    }
    SECTION("blobs last") {
        const auto paid = w.pay();
        REQUIRE(paid.ok());
        check_waits(w.try_post(w.blobs()).status());
        w.chain->mine();
        const Hash blobs = w.post();
        w.chain->mine();
        CHECK(w.is_mined(*paid));
        CHECK(w.is_mined(blobs));
    }
}

TEST_CASE("what waits of the other kind is raised for the sake of what it keeps from being sent") {
    World w({}, kSteadyPrice);
    const Hash unwanted = w.post();
    w.wallet->cancel(unwanted);
    REQUIRE(w.node->given.size() == 2);
    CHECK_FALSE(w.wallet->has_unmined());
    CHECK(w.too_long().ok());
    CHECK(w.node->given.size() == 2);  // nobody minds it
    CHECK(w.pay().status().reason == "TX_OTHER_KIND_WAITS");
    CHECK(w.too_long().ok());
    REQUIRE(w.node->given.size() == 3);
    CHECK(w.node->last().max_priority_fee == 4 * kGwei);
    w.chain->mine();
    CHECK(w.pay().ok());
}

TEST_CASE("cancelled blobs are replaced by one of zeros, unless a cap forbids it") {
    L1WalletOptions capped;
    SECTION("replaced") {
        World w(capped, kSteadyPrice);
        const Hash unwanted = w.post(w.blobs(1, 2)), wanted = w.post(2);
        w.wallet->cancel(unwanted);
        const SentTransaction& nothing = w.node->given.back();
        CHECK(nothing.transaction.body.nonce == 0);
        CHECK(nothing.transaction.body.to == w.alice.address());
        REQUIRE(nothing.sidecar->blobs.size() == 1);
        CHECK(nothing.sidecar->blobs[0] == Blob());
        CHECK_FALSE(w.has(unwanted));
        w.chain->mine();
        CHECK_FALSE(w.has(unwanted));
        CHECK(w.is_mined(wanted));
        CHECK(w.mined_nonce() == 2);
    }
    SECTION("left as it is") {
        capped.max_blob_fee_cap = 2 * kGwei - 1;
        World w(capped, kSteadyPrice);
        const Hash unwanted = w.post();
        w.wallet->cancel(unwanted);
        CHECK(w.node->given.size() == 1);
        w.chain->mine();
        CHECK(w.has(unwanted));
    }
}

TEST_CASE("blobs of an earlier process that are stuck are replaced by one of zeros, whatever is sent now") {
    World w({}, kSteadyPrice);
    w.post(w.blobs(1, 2));
    CHECK(w.too_long().ok());
    const SignedTransaction stuck = w.node->given.back().transaction;
    REQUIRE(stuck.body.max_priority_fee == 2 * kGwei);
    w.wallet = w.another();
    w.node->given.clear();
    auto get_free = [&] {
        for (int rounds = 0; w.has(stuck.hash) && rounds < 5; ++rounds) (void)w.too_long();
        CHECK_FALSE(w.has(stuck.hash));
        CHECK(w.later(0).ok());
        w.chain->mine();
        CHECK(w.mined_nonce() >= 1);
    };
    // It has raised what it has put there until it could replace theirs, and no further.
    auto check_filler = [&] {
        const SignedTransaction mined = w.chain->block(w.chain->head().number)->transactions.at(0);
        CHECK(mined.body.nonce == 0);
        CHECK(mined.body.to == w.alice.address());
        CHECK(mined.body.blob_hashes == versioned_hashes(BlobSidecar{{Blob()}, {Kzg::get().commitment_to({})}, {}}));
        CHECK(mined.body.max_priority_fee == 4 * kGwei);
    };
    SECTION("something without blobs") {
        CHECK(w.pay().status().reason == "TX_OTHER_KIND_WAITS");
        CHECK(w.node->given.size() == 1);
        get_free();
        check_filler();
        const auto paid = w.pay();
        REQUIRE(paid.ok());
        w.chain->mine();
        CHECK(w.is_mined(*paid));
    }
    SECTION("blobs, which wait behind them") {
        const Hash sent = w.post(7);
        CHECK(w.later(1).ok());
        get_free();
        check_filler();
        CHECK(w.is_mined(sent));
    }
    SECTION("something without blobs, of which a busy node doesn't say what stands in its way") {
        w.node->is_busy = true;
        const auto sent = w.pay();
        REQUIRE(sent.ok());
        w.node->is_busy = false;
        CHECK(w.later(3).reason == "TX_REFUSED");
        for (int rounds = 0; w.has(stuck.hash) && rounds < 5; ++rounds) (void)w.too_long();
        w.chain->mine();
        check_filler();
        CHECK(w.later(3).ok());
        w.chain->mine();
        CHECK(w.is_mined(*sent));
    }
}

TEST_CASE("others of an earlier process that are stuck are replaced by nothing, for blobs to be sent") {
    World w({}, kSteadyPrice);
    Transaction cheap = w.draft(w.alice, w.bob.address(), {}, 1);
    cheap.max_fee = cheap.max_priority_fee = kGwei / 2;
    const Hash stuck = w.send(cheap, w.alice);
    CHECK(w.try_post(w.blobs()).status().reason == "TX_OTHER_KIND_WAITS");
    CHECK(w.later(31).ok());
    w.chain->mine();
    CHECK(w.later(1).ok());
    CHECK_FALSE(w.node->last().has_blobs());
    CHECK_FALSE(w.has(stuck));
    CHECK(w.try_post(w.blobs()).status().reason == "TX_OTHER_KIND_WAITS");
    w.chain->mine();
    const Hash sent = w.post();
    w.chain->mine();
    CHECK(w.is_mined(sent));
}

TEST_CASE("what an earlier process left and isn't stuck is waited for, and not replaced") {
    World w({}, kSteadyPrice);
    const Hash theirs = w.post();
    w.wallet = w.another();
    CHECK(w.pay().status().reason == "TX_OTHER_KIND_WAITS");
    CHECK(w.later(1).ok());
    w.chain->mine();
    CHECK(w.is_mined(theirs));
    CHECK(w.later(31).ok());
    CHECK(w.pay().ok());
    for (const SentTransaction& given : w.node->given) CHECK(given.transaction.body.to == w.bob.address());
}

TEST_CASE("a node that has forgotten blobs gets them again, in order, with their sidecars") {
    World w({}, kSteadyPrice);
    const std::vector<Hash> sent{w.post(1), w.post(2), w.post(3)};
    for (const Hash& hash : sent) REQUIRE(w.chain->drop_transaction(hash));
    const auto too_early = w.try_post(w.blobs(4)).status();
    CHECK(too_early.reason == "TX_EARLIER_MISSING");
    CHECK(too_early.code == node::Code::kUnavailable);
    w.node->given.clear();
    CHECK(w.later(3).ok());
    REQUIRE(w.node->given.size() == 3);
    for (uint64_t i = 0; i < 3; ++i) {
        CHECK(w.node->given[i].transaction.hash == sent[i]);
        CHECK(*w.node->given[i].sidecar == flat_sidecar(1, static_cast<uint8_t>(i + 1)));
    }
    const Hash last = w.post(4);
    w.chain->mine();
    w.chain->mine();
    CHECK(w.is_mined(last));
    CHECK(w.mined_nonce() == 4);
}

TEST_CASE("behind one that a node doesn't take, none with blobs is tried") {
    World w({}, kSteadyPrice);
    for (const Hash& sent : {w.post(1), w.post(2)}) REQUIRE(w.chain->drop_transaction(sent));
    w.chain->set_balance(w.alice.address(), 1);
    w.node->given.clear();
    CHECK(w.later(3).reason == "TX_INSUFFICIENT_FUNDS");
    REQUIRE(w.node->given.size() == 1);
    CHECK(w.node->last().nonce == 0);
    w.chain->set_balance(w.alice.address(), kEther);
    CHECK(w.later(3).ok());
    w.chain->mine();
    CHECK(w.mined_nonce() == 2);
}

TEST_CASE("a seventeenth with blobs waits for its turn") {
    World w({}, kSteadyPrice);
    for (uint8_t mark = 1; mark <= 16; ++mark) w.post(mark);
    const auto refused = w.try_post(w.blobs(17)).status();
    CHECK(refused.reason == "TX_TOO_MANY_WAIT");
    CHECK(refused.code == node::Code::kUnavailable);
    CHECK(w.node->given.size() == 17);
    w.chain->mine();
    w.post(17);
}

TEST_CASE("a reorganisation takes blobs back: those behind need them, or nothing in their place") {
    World w({}, kSteadyPrice);
    auto sidecar = w.blobs(1);
    const Hash first = w.post(sidecar);
    w.chain->mine();
    const Hash second = w.post(2);
    CHECK(w.later(1).ok());
    SECTION("their sender still has them") {
        REQUIRE(w.chain->reorganise(1, false).ok());
        CHECK(w.later(3).ok());
        w.chain->mine();
        CHECK(w.is_mined(first));
    }
    SECTION("nobody has them") {
        sidecar.reset();
        REQUIRE(w.chain->reorganise(1, false).ok());
        CHECK(w.later(3).ok());
        w.chain->mine();
        CHECK(w.later(1).ok());
        CHECK_FALSE(w.is_mined(first));
        CHECK(*w.wallet->is_lost(first));
    }
    SECTION("the node puts them back by itself") {
        sidecar.reset();
        w.node->given.clear();
        REQUIRE(w.chain->reorganise(1).ok());
        CHECK(w.later(3).ok());
        CHECK(w.node->given.empty());
        w.chain->mine();
        CHECK(w.is_mined(first));
    }
    CHECK(w.is_mined(second));
    CHECK(w.mined_nonce() == 2);
}

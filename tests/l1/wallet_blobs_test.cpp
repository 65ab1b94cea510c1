// The wallet and its transactions with blobs, before a node that has the rules of geth's blob pool.
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "tests/l1/blob_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

namespace {

constexpr uint64_t kGas = 21'000;

class WatchedNode final : public ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    bool is_busy = false;  // takes nothing, and doesn't say why
    bool tells_blob_price = true;
    std::vector<SentTransaction> given;

    node::Result<Hash> send_raw(ByteView raw) override {
        given.push_back(*decode_sent_transaction(raw));
        if (is_busy) return node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "too many requests"};
        return ForwardingClient::send_raw(raw);
    }
    node::Result<Fees> fees() override {
        auto out = ForwardingClient::fees();
        if (out && !tells_blob_price) out->blob_base_fee.reset();
        return out;
    }
    const Transaction& last() const { return given.back().transaction.body; }
};

// Blocks have place for two blobs, and each full one makes the next ones' 79 times as dear, from 1 wei on.
struct World : BlobWorld {
    std::unique_ptr<InProcessClient> chain_client;
    std::unique_ptr<WatchedNode> node;
    node::ManualClock wallet_clock{1'000'000};
    std::unique_ptr<L1Wallet> wallet;

    explicit World(L1WalletOptions wanted = {}, uint64_t update_fraction = 30'000) {
        options.blob_schedule = {1, 2, update_fraction};
        options.minimum_base_fee = kGwei;
        options.genesis_balances = {{alice.address(), 1000 * kEther}, {bob.address(), 1'000'000'000 * kEther}};
        begin_anew();
        chain_client = std::make_unique<InProcessClient>(*chain, ErrorNames());
        node = std::make_unique<WatchedNode>(*chain_client);
        wallet = another(wanted);
    }
    // One of alice's: as of a process that was started anew.
    std::unique_ptr<L1Wallet> another(L1WalletOptions wanted = {}) {
        wanted.bump_after = std::chrono::seconds(30);
        wanted.poll = std::chrono::milliseconds(1);
        return std::make_unique<L1Wallet>(*node, alice, wanted, wallet_clock);
    }
    static std::shared_ptr<const BlobSidecar> blobs(uint8_t mark = 1, size_t count = 1) {
        return std::make_shared<const BlobSidecar>(flat_sidecar(count, mark));
    }
    node::Result<Hash> try_post(std::shared_ptr<const BlobSidecar> sidecar) {
        return wallet->send_blobs(bob.address(), {}, std::move(sidecar), kGas);
    }
    Hash post(std::shared_ptr<const BlobSidecar> sidecar) {
        auto sent = try_post(std::move(sidecar));
        INFO(node::to_string(sent.status()));
        REQUIRE(sent.ok());
        return *sent;
    }
    Hash post(uint8_t mark = 1) { return post(blobs(mark)); }
    node::Result<Hash> pay() { return wallet->send(bob.address(), 1, {}, kGas); }
    node::Status later(uint64_t seconds) {
        wallet_clock.advance(seconds * 1000);
        return wallet->keep_up();
    }
    // Blocks that others fill with blobs, for whatever they cost.
    void crowd(int blocks = 1) {
        for (int i = 0; i < blocks; ++i) {
            const BlobSidecar two = flat_sidecar(2, 99);
            Transaction body = blob_draft(bob, two);
            body.max_priority_fee = 400 * kGwei, body.max_fee = 500 * kGwei, body.max_blob_fee = 1'000'000'000 * kGwei;
            send_blobs(body, bob, two);
            chain->mine();
        }
    }
    // Long enough for what waits to be replaced, with a block that leaves it out.
    node::Status too_long(uint64_t seconds = 31) {
        (void)later(seconds);
        crowd();
        return later(1);
    }
    bool is_mined(const Hash& sent) {
        auto receipt = wallet->receipt(sent);
        REQUIRE(receipt.ok());
        return receipt->has_value();
    }
    u128 blob_price() { return *chain->fees().blob_base_fee; }
    uint64_t mined_nonce() { return *chain->nonce(alice.address()); }
    bool has(const Hash& hash) { return chain->transaction(hash).has_value(); }
};

constexpr uint64_t kSteadyPrice = 11'684'671;  // the update fraction of blobs that stay at 1 wei in these tests

}  // namespace

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

// The wallet on an Ethereum node: nonces, fees that are raised and their cap, what a node loses, what others take.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/clock.hpp"
#include "tests/l1/ethereum_node.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

namespace {

const PrivateKey kAlice = PrivateKey::derived("alice"), kBob = PrivateKey::derived("bob");
constexpr uint64_t kGas = 21'000;

// Knows which transactions were sent. (Anvil forgets those that its next block's base fee leaves out.)
class SendCounter final : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    std::set<Bytes> sent;

    node::Result<Hash> send_raw(ByteView raw) override {
        sent.insert(to_bytes(raw));
        return ForwardingClient::send_raw(raw);
    }
};

// A node that mines when told, and a wallet whose time passes when told.
struct World {
    AnvilNode node{{"--no-mining"}};
    node::ManualClock clock{1'000'000};
    SendCounter client{node.client()};
    L1Wallet alice;

    explicit World(u128 cap = 0)
        : alice(client, kAlice, L1WalletOptions{.max_fee_cap = cap, .bump_after = std::chrono::seconds(30)}, clock) {
        node.fund(kAlice.address());
    }

    Hash pay(u128 wei) {
        auto sent = alice.send(kBob.address(), wei, {}, kGas);
        INFO(node::to_string(sent.status()));
        REQUIRE(sent.ok());
        return *sent;
    }
    // Time for one look, without a block.
    node::Status later(uint64_t seconds) {
        clock.advance(seconds * 1000);
        return alice.keep_up();
    }
    // Long enough for a transaction to be replaced, with blocks that leave it out.
    node::Status too_long() {
        later(31);
        node.mine();
        return later(1);
    }
    void set_base_fee(u128 wei) { node.ask("anvil_setNextBlockBaseFeePerGas", "[\"" + rpc::quantity(wei) + "\"]"); }
    // Too dear a block for what waits.
    void mine_dear(u128 base_fee) {
        set_base_fee(base_fee);
        node.mine();
        set_base_fee(base_fee);
    }
    void drop(const Hash& hash) { node.ask("anvil_dropTransaction", "[\"" + to_hex(hash) + "\"]"); }
    bool is_mined(const Hash& sent) {
        auto receipt = alice.receipt(sent);
        REQUIRE(receipt.ok());
        return receipt->has_value();
    }
    u128 received() { return *node.client().balance(kBob.address()); }
    uint64_t mined_nonce() { return *node.client().nonce(kAlice.address(), false); }
};

}  // namespace

TEST_CASE("several transactions wait together, and are found by their names") {
    World w;
    Hash first = w.pay(1), second = w.pay(2), third = w.pay(4);
    CHECK(w.alice.has_unmined());
    CHECK_FALSE(w.is_mined(first));
    CHECK(w.later(1).ok());
    w.node.mine();
    CHECK(w.later(1).ok());
    CHECK_FALSE(w.alice.has_unmined());
    for (const Hash& sent : {first, second, third}) {
        auto receipt = w.alice.receipt(sent);
        REQUIRE((receipt.ok() && *receipt));
        CHECK((*receipt)->tx_hash == sent);
        CHECK((*receipt)->success);
        CHECK_FALSE(*w.alice.is_lost(sent));
    }
    CHECK(w.received() == 7);
}

TEST_CASE("what waits too long is replaced by the same with higher fees") {
    World w;
    Hash sent = w.pay(5);
    w.mine_dear(10 * kGwei);
    REQUIRE_FALSE(w.is_mined(sent));
    CHECK(w.later(29).ok());
    w.mine_dear(10 * kGwei);
    CHECK(w.later(0).ok());
    CHECK(w.client.sent.size() == 1);  // not yet
    CHECK(w.later(2).ok());
    CHECK(w.client.sent.size() == 1);  // due now, but no block has passed since
    w.mine_dear(10 * kGwei);
    CHECK(w.later(1).ok());
    REQUIRE(w.client.sent.size() == 2);
    std::vector<Transaction> versions;
    for (const Bytes& raw : w.client.sent) versions.push_back(decode_transaction(raw)->body);
    std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return a.max_fee < b.max_fee; });
    CHECK(versions[1].max_fee >= versions[0].max_fee + versions[0].max_fee / 8);
    CHECK(versions[1].max_fee > 20 * kGwei);
    CHECK(versions[1].max_priority_fee >= versions[0].max_priority_fee + versions[0].max_priority_fee / 8);
    versions[1].max_fee = versions[0].max_fee;
    versions[1].max_priority_fee = versions[0].max_priority_fee;
    CHECK(versions[0] == versions[1]);
    w.set_base_fee(10 * kGwei);
    w.node.mine();
    auto receipt = w.alice.receipt(sent);
    REQUIRE((receipt.ok() && *receipt));
    CHECK((*receipt)->tx_hash != sent);
    CHECK((*receipt)->effective_gas_price > 10 * kGwei);
    CHECK(w.received() == 5);
    CHECK(w.mined_nonce() == 1);
    CHECK_FALSE(*w.alice.is_lost(sent));
}

TEST_CASE("the cap holds a replacement back, which is told, and is mined when the base fee falls") {
    World w(4 * kGwei);
    Hash sent = w.pay(5);
    w.mine_dear(10 * kGwei);
    node::Status held;
    for (int i = 0; i < 4; ++i) {
        w.later(31);
        w.mine_dear(10 * kGwei);
        held = w.later(1);
    }
    CHECK(held.reason == "L1_FEE_OVER_CAP");
    CHECK(held.field == "max_fee_cap");
    CHECK(held.message.find("the cap 4000000000 wei") != held.message.npos);
    CHECK_FALSE(w.is_mined(sent));
    CHECK(w.alice.has_unmined());
    CHECK(w.alice.send(kBob.address(), 1, {}, kGas).status().reason == "L1_FEE_OVER_CAP");
    CHECK(w.client.sent.size() == 2);  // raised to the cap, and no further
    w.set_base_fee(kGwei);
    w.node.mine();
    w.set_base_fee(kGwei);
    w.later(3);  // Anvil has forgotten it
    w.node.mine();
    auto receipt = w.alice.receipt(sent);
    REQUIRE((receipt.ok() && *receipt));
    CHECK((*receipt)->effective_gas_price <= 4 * kGwei);
    CHECK(w.received() == 5);
}

TEST_CASE("a dropped transaction is sent again, and those behind it aren't held up") {
    World w;
    Hash first = w.pay(1), second = w.pay(2);
    w.drop(first);
    w.node.mine();
    REQUIRE(w.mined_nonce() == 0);
    CHECK(w.later(3).ok());
    w.node.mine();
    CHECK(w.is_mined(first));
    CHECK(w.is_mined(second));
    CHECK(w.received() == 3);
}

TEST_CASE("a node that comes back with nothing is given again what waited") {
    World w;
    Hash done = w.pay(1);
    w.node.mine();
    Hash first = w.pay(2), second = w.pay(4);
    SECTION("empty: even what was mined is gone, and is sent again for those behind it") {
        w.node.kill();
        CHECK(w.later(3).reason == "L1_UNREACHABLE");
        CHECK(w.alice.send(kBob.address(), 1, {}, kGas).status().reason == "L1_UNREACHABLE");
        w.node.start();
        w.node.fund(kAlice.address());
        CHECK(w.later(3).ok());
        w.node.mine();
    }
    SECTION("with its mempool gone") {
        CHECK(w.later(1).ok());  // has seen the first in a block
        w.drop(first);
        w.drop(second);
        CHECK(w.later(3).ok());
        w.node.mine();
    }
    SECTION("after a reorganisation") {
        CHECK(w.later(1).ok());
        w.drop(first);
        w.drop(second);
        w.node.mine();
        w.node.ask("anvil_reorg", "[2,[]]");
        REQUIRE(w.mined_nonce() == 0);
        CHECK(w.later(3).ok());
        w.node.mine();
    }
    for (const Hash& sent : {done, first, second}) CHECK(w.is_mined(sent));
    CHECK(w.received() == 7);
}

TEST_CASE("what a reorganisation took back, with nothing behind it, is its sender's to send again") {
    World w;
    Hash sent = w.pay(5);
    w.node.mine();
    CHECK(w.later(1).ok());
    w.node.ask("anvil_reorg", "[1,[]]");
    REQUIRE(w.mined_nonce() == 0);
    CHECK(w.later(3).ok());
    w.node.mine();
    CHECK(w.received() == 0);
    CHECK(*w.alice.is_lost(sent));
    Hash again = w.pay(7);
    w.node.mine();
    CHECK(w.is_mined(again));
    CHECK(w.received() == 7);
}

TEST_CASE("the nonce of a transaction that nobody has any more is filled") {
    World w;
    // Of an earlier process with the same key, which is gone.
    L1Wallet before(w.node.client(), kAlice, {}, w.clock);
    auto stuck = before.send(kBob.address(), 100, {}, kGas);
    REQUIRE(stuck.ok());
    Hash sent = w.pay(1);
    w.drop(*stuck);
    CHECK(w.too_long().ok());
    CHECK(w.later(3).ok());
    w.node.mine();
    CHECK(w.is_mined(sent));
    CHECK(w.received() == 1);
    CHECK(*before.is_lost(*stuck) == false);  // as far as that wallet has seen
    CHECK(before.keep_up().ok());
    CHECK(*before.is_lost(*stuck));
}

TEST_CASE("two wallets with one key use up no nonce twice") {
    World w;
    L1Wallet other(w.node.client(), kAlice, {}, w.clock);
    std::vector<Hash> sent;
    for (int i = 0; i < 3; ++i) {
        sent.push_back(w.pay(1));
        auto theirs = other.send(kBob.address(), 10, {}, kGas);
        REQUIRE(theirs.ok());
        sent.push_back(*theirs);
        w.node.mine();
    }
    for (const Hash& hash : sent) CHECK(w.is_mined(hash));
    CHECK(w.received() == 33);
}

TEST_CASE("a transaction that is cancelled is replaced by nothing") {
    World w;
    Hash unwanted = w.pay(5), wanted = w.pay(7);
    w.alice.cancel(unwanted);
    w.node.mine();
    CHECK(w.is_mined(wanted));
    CHECK(w.received() == 7);
    CHECK(w.mined_nonce() == 2);
}

TEST_CASE("a transaction whose answer is lost isn't lost, nor sent twice") {
    World w;
    Proxy proxy(w.node.url());
    JsonRpcClient client = client_of(proxy.url());
    L1Wallet alice(client, kAlice, {}, w.clock);
    proxy.set([](const std::string& request, const std::function<std::string()>& ask) -> std::optional<HttpAnswer> {
        if (request.find("eth_sendRawTransaction") == request.npos) return std::nullopt;
        return HttpAnswer{200, ask(), true};
    });
    auto taken = alice.send(kBob.address(), 1, {}, kGas);
    REQUIRE(taken.ok());
    proxy.set([](const std::string& request, const std::function<std::string()>&) -> std::optional<HttpAnswer> {
        if (request.find("eth_sendRawTransaction") == request.npos) return std::nullopt;
        return HttpAnswer{503, "busy"};
    });
    auto not_taken = alice.send(kBob.address(), 2, {}, kGas);
    REQUIRE(not_taken.ok());
    w.node.mine();
    CHECK(w.received() == 1);
    CHECK_FALSE(*alice.is_lost(*not_taken));
    proxy.set();
    w.clock.advance(3'000);
    CHECK(alice.keep_up().ok());
    w.node.mine();
    CHECK(alice.receipt(*not_taken)->has_value());
    CHECK(w.received() == 3);
    CHECK(w.mined_nonce() == 2);
}

TEST_CASE("too little ether is told, and no hand is needed once there is some") {
    World w;
    const PrivateKey poor = PrivateKey::derived("poor");
    L1Wallet wallet(w.node.client(), poor, {}, w.clock);
    CHECK(wallet.send(kBob.address(), 1, {}, kGas).status().reason == "TX_INSUFFICIENT_FUNDS");
    CHECK(wallet.send(kBob.address(), 1, {}).status().reason == "TX_INSUFFICIENT_FUNDS");
    w.node.fund(poor.address(), kEther);
    auto sent = wallet.send(kBob.address(), 1, {});
    REQUIRE(sent.ok());
    w.node.mine();
    CHECK(wallet.receipt(*sent)->has_value());
}

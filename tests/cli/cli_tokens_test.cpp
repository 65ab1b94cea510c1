// Tokens of the L1 as the command meets them: those that insist on an allowance of zero first, those that tell no decimals.
#include "cli/l1_payments.hpp"
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// With one allowance, in slot 0, which changes only from or to zero, as USDT's do; unless it is an easy one. What decimals()
// answers: nothing at all, if it has none.
class OldToken final : public NativeContract {
public:
    OldToken(bool is_easy, std::optional<Bytes> decimals) : is_easy_(is_easy), decimals_(std::move(decimals)) {}
    CallResult construct(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }
    CallResult call(Host& host, const CallContext&, ByteView calldata) const override {
        const Hash slot = slots::at(0);
        const auto function = selector_of(calldata);
        if (function == selector("allowance(address,address)")) return CallResult::ok(to_bytes(host.load(slot)));
        if (function == selector("decimals()") && decimals_) return CallResult::ok(*decimals_);
        if (function != selector("approve(address,uint256)")) return CallResult::revert();
        AbiReader args(calldata.subspan(4));
        args.address();
        const Hash amount = args.word();
        // The easy one refuses what others need: an approval of nothing.
        const bool refused = is_easy_ ? amount.is_zero() : !amount.is_zero() && !host.load(slot).is_zero();
        if (refused) return CallResult::revert();
        host.store(slot, amount);
        return CallResult::ok();
    }

private:
    bool is_easy_;
    std::optional<Bytes> decimals_;
};

// Mines whatever is sent.
class Mining final : public l1::ForwardingClient {
public:
    Mining(L1Client& inner, SimulatedChain& chain) : ForwardingClient(inner), chain_(chain) {}
    node::Result<Hash> send_raw(ByteView raw) override {
        auto sent = l1::ForwardingClient::send_raw(raw);
        if (sent) ++sent_count;
        chain_.mine();
        return sent;
    }
    size_t sent_count = 0;

private:
    SimulatedChain& chain_;
};

struct World {
    World() {
        auto add = [&](const std::string& name, bool is_easy, std::optional<Bytes> decimals) {
            registry.add(name, std::make_shared<OldToken>(is_easy, std::move(decimals)));
        };
        add("stubborn", false, to_bytes(word_of(u128{6})));
        add("easy", true, to_bytes(word_of(u128{77})));
        add("nameless", false, std::nullopt);
        add("silent", false, Bytes());
        add("huge", false, Bytes(32, 0xff));
        add("absurd", false, to_bytes(word_of(u128{78})));
        ChainOptions options;
        options.genesis_balances.push_back({alice.address(), kEther});
        auto opened = SimulatedChain::open(store, clock, registry, options);
        REQUIRE(opened.ok());
        chain = *std::move(opened);
        inner = std::make_unique<InProcessClient>(*chain);
        client = std::make_unique<Mining>(*inner, *chain);
        wallet = std::make_unique<L1Wallet>(*client, alice, L1WalletOptions{.poll = std::chrono::milliseconds(1)});
    }
    Address deploy(const std::string& name) {
        auto receipt = wallet->run(std::nullopt, 0, NativeRegistry::creation_data(name, {}));
        INFO(to_string(receipt.status()));
        REQUIRE(receipt.ok());
        return *receipt->contract_address;
    }
    u128 allowance(const Address& token) { return l1::Erc20Client(*client, token).allowance(alice.address(), spender)->value(); }
    std::string decimals(const std::string& name) { return decimals_at(deploy(name)); }
    std::string decimals_at(const Address& token) {
        auto told = cli::token_decimals(*client, token);
        if (!told) return told.status().reason;
        return *told ? std::to_string(**told) : "base units";
    }

    const PrivateKey alice = PrivateKey::derived("alice");
    const Address spender = PrivateKey::derived("spender").address();
    node::MemoryStore store;
    node::ManualClock clock{kStart * 1000};
    NativeRegistry registry;
    std::unique_ptr<SimulatedChain> chain;
    std::unique_ptr<InProcessClient> inner;
    std::unique_ptr<Mining> client;
    std::unique_ptr<L1Wallet> wallet;
};

}  // namespace

TEST_CASE("a token that insists on zero first is approved by way of zero; others at once") {
    World world;
    for (const std::string name : {"stubborn", "easy"}) {
        INFO(name);
        const Address token = world.deploy(name);
        auto approve = [&](uint64_t amount) {
            const size_t before = world.client->sent_count;
            REQUIRE(cli::ensure_allowance(*world.client, *world.wallet, token, world.spender, Amount{amount}).ok());
            return world.client->sent_count - before;
        };
        CHECK(approve(5) == 1);
        CHECK((world.allowance(token) == 5));
        CHECK(approve(3) == 0);
        CHECK(approve(9) == (name == "easy" ? 1 : 2));
        CHECK((world.allowance(token) == 9));
    }
}

TEST_CASE("a token that tells no decimals is counted in base units; what is no token isn't") {
    World world;
    CHECK(world.decimals("stubborn") == "6");
    CHECK(world.decimals("easy") == "77");
    CHECK(world.decimals("nameless") == "base units");
    CHECK(world.decimals("silent") == "base units");
    CHECK(world.decimals("huge") == "TOKEN_INVALID");
    CHECK(world.decimals("absurd") == "TOKEN_INVALID");
    CHECK(world.decimals_at(world.alice.address()) == "TOKEN_INVALID");
}

// The same deployments on an Ethereum node and on the simulated chain.
#include <catch2/catch.hpp>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/erc20_call.hpp"
#include "node/store.hpp"
#include "tests/l1/ethereum_node.hpp"
#include "tests/support/ask_l1.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

namespace {

const PrivateKey kAlice = PrivateKey::derived("alice");

// A simulated chain that mines at each transaction.
struct Simulated {
    node::MemoryStore store;
    node::SystemClock clock;
    NativeRegistry registry;
    std::unique_ptr<SimulatedChain> chain;
    std::unique_ptr<InProcessClient> client;

    Simulated() {
        registry.add(TestToken::kName, std::make_shared<TestToken>(), test_token_creation_code());
        registry.add(kRollupName, std::make_shared<RollupContract>(), rollup_creation_code());
        ChainOptions options;
        options.genesis_balances = {{kAlice.address(), 1000 * kEther}};
        auto opened = SimulatedChain::open(store, clock, registry, options);
        REQUIRE(opened.ok());
        chain = std::move(*opened);
        chain->set_auto_mine(true);
        client = std::make_unique<InProcessClient>(*chain, rollup_error_names());
    }
};

uint64_t deploy_and_check(L1Client& client) {
    L1Wallet wallet(client, kAlice);
    RollupParameters parameters{60, 120, 60 + 120 + kFreezeMargin, 3 * kEther, PrivateKey::derived("home").address()};
    auto made = wallet.run(std::nullopt, 0, rollup_creation(parameters));
    INFO(node::to_string(made.status()));
    REQUIRE(made.ok());
    REQUIRE(made->contract_address.has_value());
    auto found = find_rollup(client, *made->contract_address);
    INFO(node::to_string(found.status()));
    REQUIRE(found.ok());
    CHECK(*found == parameters);
    CHECK(RollupClient(client, *made->contract_address).head()->number == 0);

    parameters.freeze_age -= 1;
    CHECK(wallet.run(std::nullopt, 0, rollup_creation(parameters)).status().reason == "ParametersInvalid");

    auto token = wallet.run(std::nullopt, 0, test_token_creation("Test Dollar", "TUSD", 6));
    REQUIRE(token.ok());
    Erc20Client erc20(client, *token->contract_address);
    CHECK(*erc20.decimals() == 6);
    CHECK(*erc20.symbol() == "TUSD");
    REQUIRE(wallet.run(*token->contract_address, 0, erc20_call::mint(kAlice.address(), Amount{50})).ok());
    CHECK(token_balance(client, *token->contract_address, kAlice.address()) == 50);
    CHECK(find_rollup(client, *token->contract_address).status().reason == "NOT_A_ROLLUP");
    auto nothing = find_rollup(client, kAlice.address()).status();
    CHECK(nothing.reason == "NO_CONTRACT");
    CHECK(nothing.message == "nothing stands at " + to_checksum(kAlice.address()) + " on the L1, chain 31337");
    return made->gas_used;
}

}  // namespace

TEST_CASE("one transaction deploys rollup and token on either chain, at about the same gas") {
    AnvilNode node;
    node.fund(kAlice.address());
    const uint64_t real = deploy_and_check(node.client());
    Simulated simulated;
    const uint64_t counted = deploy_and_check(*simulated.client);
    WARN("deployment of the rollup: gas on Anvil " << real << ", on the simulated chain " << counted);
    CHECK(counted > real - real / 10);
    CHECK(counted < real + real / 10);
}

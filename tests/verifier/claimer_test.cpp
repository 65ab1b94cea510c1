// Claims for others: which, with what money, how often.
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

using verifier::LieKind;

constexpr uint64_t kLeastGas = 60'000;  // of any claim

verifier::VerifierOptions claiming() {
    verifier::VerifierOptions out = Watcher::default_options();
    out.claim = true;
    return out;
}

std::optional<node::Trouble> trouble(const Watcher& watcher, const std::string& reason) {
    for (const node::Trouble& one : watcher.verifier->troubles().standing())
        if (one.reason == reason) return one;
    return std::nullopt;
}

// Steps whose outcome is none of the test's business, each with a block.
void pass_blocks(Watcher& watcher, int blocks, uint64_t seconds = kBlockTime) {
    for (int i = 0; i < blocks; ++i) {
        (void)watcher.verifier->step();
        watcher.world.pass(seconds);
    }
    (void)watcher.verifier->step();
}

}  // namespace

TEST_CASE("withdrawals are claimed for their recipients, and one that reverts isn't looped on") {
    HonestStart start;
    L1World& world = start.world;
    Address carol = PrivateKey::derived("carol").address();
    verifier::VerifierOptions options = Watcher::default_options();
    options.claim = true;
    options.claims.min_worth = 0;
    Watcher watcher(world, &world.prover, options);
    start.op.post({{&world.alice, world.refuser, 100, true}, {&world.alice, carol, 200, true}, {&world.bob, carol, 300, true}});
    watcher.settle();
    CHECK(world.sent_by(world.prover) == 0);
    world.pass(kWindow);
    watcher.settle();
    world.mine();
    watcher.settle();
    CHECK(world.balance(carol) == 500);
    CHECK(watcher.verifier->status().claimed == 2);
    CHECK(watcher.verifier->status().claims_refused == 1);
    CHECK(world.sent_by(world.prover) == 2);
    uint64_t tried = watcher.client.estimates;
    for (int i = 0; i < 20; ++i) {  // four minutes
        world.mine();
        watcher.settle();
    }
    CHECK(world.sent_by(world.prover) == 2);
    CHECK(watcher.client.estimates > tried);
    CHECK(watcher.client.estimates <= tried + 3);

    SECTION("again after a reorganisation that has lost them") {
        REQUIRE(world.chain->reorganise(21, false).ok());
        world.pass(300);
        for (int i = 0; i < 22; ++i) world.mine();
        CHECK(world.balance(carol) == 0);
        watcher.settle();
        world.mine();
        watcher.settle();
        CHECK(world.balance(carol) == 500);
    }
    SECTION("and a restart claims nothing twice") {
        watcher.restart();
        watcher.settle();
        world.mine();
        CHECK(world.sent_by(world.prover) == 2);
    }
}

TEST_CASE("only what is worth a multiple of its claim's cost is claimed") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover, claiming());
    watcher.client.dearer_by = 100'000'000'000;
    std::vector<Operator::Order> orders;
    for (int i = 0; i < 12; ++i)
        orders.push_back({&world.alice, PrivateKey::derived("burner " + std::to_string(i)).address(), 1, true});
    const Address carol = PrivateKey::derived("carol").address(), dave = PrivateKey::derived("dave").address();
    // Dave's would pay for one claim and a half.
    orders.push_back({&world.alice, dave, watcher.client.dearer_by * kLeastGas * 3 / 2, true});
    orders.push_back({&world.alice, carol, kEther / 10, true});
    start.op.post(orders);
    world.pass(kWindow);
    watcher.settle();
    world.mine();
    watcher.settle();
    CHECK(world.sent_by(world.prover) == 1);
    CHECK(world.balance(carol) == kEther / 10);
    CHECK(world.balance(dave) == 0);
    CHECK(watcher.verifier->status().claimed == 1);
    CHECK(watcher.verifier->status().claims_not_worth_it == 13);
    CHECK(watcher.verifier->status().claims_refused == 0);
    CHECK(watcher.client.estimates <= 2);  // the others don't even cost a question
    pass_blocks(watcher, 10);
    CHECK(world.sent_by(world.prover) == 1);

    // Looked at again after an hour, at the price of then.
    watcher.client.dearer_by = 0;
    pass_blocks(watcher, 2);
    CHECK(world.balance(dave) == 0);
    world.pass(3'600);
    pass_blocks(watcher, 2);
    CHECK(world.balance(dave) != 0);
    CHECK(watcher.verifier->status().claims_not_worth_it == 12);
    CHECK(world.sent_by(world.prover) == 2);
}

TEST_CASE("who proves keeps what a commit and a proof may cost, whatever there is to claim") {
    HonestStart start;
    L1World& world = start.world;
    const Address carol = PrivateKey::derived("carol").address();
    const u128 reserve = verifier::proof_reserve(0);
    CHECK(reserve == u128{8'100'000} * 500'000'000'000);
    start.op.post({{&world.alice, carol, kEther, true}});
    world.pass(kWindow);
    world.chain->set_balance(world.prover.address(), reserve);

    SECTION("of the wallet that it shares") {
        Watcher watcher(world, &world.prover, claiming());
        pass_blocks(watcher, 4);
        CHECK(world.balance(carol) == 0);
        CHECK(world.sent_by(world.prover) == 0);
        auto held = trouble(watcher, "CLAIMS_NOT_SENT");
        REQUIRE(held.has_value());
        CHECK_FALSE(held->is_grave);
        CHECK(held->message.find("CLAIMS_HELD") != std::string::npos);
        CHECK(watcher.verifier->health().ok());
        // And proves with it.
        start.op.lie(LieKind::kMoneyFromNothing);
        for (int i = 0; i < 10 && world.contract().head()->number != 3; ++i) pass_blocks(watcher, 1);
        CHECK(world.contract().head()->number == 3);
        world.chain->set_balance(world.prover.address(), reserve + kEther);
        pass_blocks(watcher, 2);
        CHECK(world.balance(carol) == kEther);
        CHECK(trouble(watcher, "CLAIMS_NOT_SENT") == std::nullopt);
    }
    SECTION("of a wallet of its own nothing is kept, and the prover's isn't touched") {
        LossyClient line(*world.client);
        l1::L1Wallet own(line, world.rival, {}, world.clock);
        world.chain->set_balance(world.rival.address(), kEther / 10);
        verifier::VerifierOptions options = claiming();
        options.claim_wallet = &own;
        Watcher watcher(world, &world.prover, options);
        pass_blocks(watcher, 3);
        CHECK(world.balance(carol) == kEther);
        CHECK(world.sent_by(world.prover) == 0);
        CHECK(world.balance(world.prover.address()) == reserve);
        CHECK(world.sent_by(world.rival) == 1);
    }
}

TEST_CASE("a claim that never succeeds has an end, which is told") {
    HonestStart start;
    L1World& world = start.world;
    verifier::VerifierOptions options = claiming();
    options.claims.max_tries = 3;
    Watcher watcher(world, &world.prover, options);
    start.op.post({{&world.alice, world.refuser, kEther, true}});
    world.pass(kWindow);
    watcher.settle();
    CHECK(watcher.verifier->status().claims_refused == 1);
    for (int i = 0; i < 5; ++i) pass_blocks(watcher, 1, 300);
    CHECK(watcher.verifier->status().claims_refused == 0);
    CHECK(watcher.verifier->status().claims_given_up == 1);
    const uint64_t estimates = watcher.client.estimates;
    CHECK(estimates == 3);
    for (int i = 0; i < 5; ++i) pass_blocks(watcher, 1, 86'400);
    CHECK(watcher.client.estimates == estimates);
    CHECK(world.sent_by(world.prover) == 0);
}

TEST_CASE("a recipient that behaves otherwise when estimated costs little, and twice") {
    HonestStart start;
    L1World& world = start.world;
    verifier::VerifierOptions options = claiming();
    options.claims.max_gas = 150'000;
    Watcher watcher(world, &world.prover, options);
    watcher.client.hides_reverts = true;
    start.op.post({{&world.alice, world.refuser, kEther, true}});
    world.pass(kWindow);
    const u128 before = world.balance(world.prover.address());
    pass_blocks(watcher, 3);
    CHECK(watcher.client.priced_estimates == watcher.client.estimates);  // at a real price
    for (int i = 0; i < 20; ++i) pass_blocks(watcher, 1, 600);
    CHECK(world.sent_by(world.prover) == 2);
    CHECK(watcher.verifier->status().claims_given_up == 1);
    const l1::Fees fees = world.chain->fees();
    CHECK(before - world.balance(world.prover.address()) <= 2 * 150'000 * 2 * (fees.base_fee + fees.priority_fee));
}

TEST_CASE("a node that refuses an estimate in its own words holds up no other claim") {
    HonestStart start;
    L1World& world = start.world;
    const Address carol = PrivateKey::derived("carol").address();
    Watcher watcher(world, &world.prover, claiming());
    watcher.client.refused_estimates = 1;  // "gas required exceeds allowance", say, for a recipient that burns all
    start.op.post({{&world.alice, world.refuser, kEther, true}, {&world.alice, carol, kEther, true}});
    world.pass(kWindow);
    pass_blocks(watcher, 2);
    CHECK(world.balance(carol) == kEther);
    CHECK(watcher.verifier->status().claims_refused == 1);
}

TEST_CASE("whatever keeps a proof from the L1 for two blocks is told") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    watcher.settle();
    start.op.lie(LieKind::kMoneyFromNothing);
    world.chain->set_balance(world.prover.address(), 1'000);
    (void)watcher.verifier->step();
    pass_blocks(watcher, 1);
    CHECK(trouble(watcher, "PROOF_NOT_SENT") == std::nullopt);
    pass_blocks(watcher, 3);
    auto told = trouble(watcher, "PROOF_NOT_SENT");
    REQUIRE(told.has_value());
    CHECK(told->is_grave);
    CHECK(told->message.find("TX_INSUFFICIENT_FUNDS") != std::string::npos);
    CHECK(watcher.verifier->health().reason == "PROOF_NOT_SENT");
    world.chain->set_balance(world.prover.address(), kEther);
    watcher.challenge_until_head(2);
    CHECK(trouble(watcher, "PROOF_NOT_SENT") == std::nullopt);
}

}  // namespace gavel::test

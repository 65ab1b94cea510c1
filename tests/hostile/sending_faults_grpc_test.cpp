// An L1 node that takes transactions oddly, or not: what has to be sent is sent, or somebody is told.
#include <catch2/catch.hpp>

#include "tests/e2e/load.hpp"
#include "tests/hostile/hostile_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace gavel::hostile;

namespace {

const std::vector<std::string> kSend{"eth_sendRawTransaction"};
constexpr seconds kSendingToldWithin{40};  // two blocks of Ethereum's, and the time to notice

bool has_standing_trouble(const std::string& metrics) {
    for (size_t at = 0; (at = metrics.find("\ngavel_trouble_seconds{", at)) != metrics.npos; ++at) {
        const size_t value = metrics.find("} ", at);
        if (value != metrics.npos && metrics.compare(value + 2, 2, "0\n") != 0) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("batches are posted through a node without eth_maxPriorityFeePerGas, or one that wants higher tips") {
    HostileWorld hostile;
    hostile.misbehave({lacks("eth_maxPriorityFeePerGas")});
    hostile.start();
    CHECK(hostile.before_sequencer().touched("lacks-eth_maxPriorityFeePerGas") > 0);
    hostile.pay(5);
    hostile.world().wait_for_agreement();
    hostile.misbehave({lacks("eth_maxPriorityFeePerGas"), lacks("eth_feeHistory")});
    hostile.pay(5);
    hostile.world().wait_for_agreement();
    CHECK(hostile.before_sequencer().touched("lacks-eth_feeHistory") > 0);
    hostile.misbehave({refuses_small_tips(5 * kGwei)});
    hostile.pay(5);
    hostile.world().wait_for_agreement();
    CHECK(hostile.before_sequencer().touched("refuses-small-tips") > 0);
    hostile.check_recovers_and_end();
}

TEST_CASE("what keeps a batch from being sent is told by health, metric and log") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    for (const Fault& fault : {says_poor(), refuses_large(100), refuses_at_random().only(kSend)}) {
        INFO(fault.name);
        hostile.before_sequencer().misbehave({fault});
        (void)hostile.try_to_pay();
        CHECK(hostile.says_ill("sequencer", kSendingToldWithin));
        CHECK(has_standing_trouble(world.metrics("sequencer")));
        CHECK(hostile.before_sequencer().touched(fault.name) > 0);
        hostile.before_sequencer().behave();
        CHECK(hostile.says_well("sequencer"));
        world.wait_for_agreement();
    }
    // An empty wallet, by its own.
    auto set_balance = [&](const std::string& wei) {
        const std::string who = to_hex(address_of("operator"));
        REQUIRE(world.l1_client().request("anvil_setBalance", "[\"" + who + "\",\"" + wei + "\"]").ok());
    };
    set_balance("0x0");
    (void)hostile.try_to_pay();
    CHECK(hostile.says_ill("sequencer", kSendingToldWithin));
    set_balance("0x3635c9adc5dea00000");
    hostile.check_recovers_and_end();
}

TEST_CASE("what keeps a proof from being sent is told, and the lie is struck once it can be") {
    HostileWorld hostile({.challenge_window_s = 90});
    World& world = hostile.world();
    hostile.start();
    world.sequencer().stop();
    const uint64_t honest = world.rollup().head()->number;
    hostile.before_verifier().misbehave({says_poor()});
    const Finished drill = world.drill("money-from-nothing");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    CHECK(hostile.says_ill("verifier", kSendingToldWithin));
    CHECK(has_standing_trouble(world.metrics("verifier")));
    CHECK(hostile.before_verifier().touched("says-poor") > 0);
    hostile.before_verifier().behave();
    world.eventually("the lie is struck", [&] { return world.rollup().head()->number == honest; });
    CHECK(hostile.says_well("verifier"));
}

TEST_CASE("a transaction that a node has taken isn't failed, whatever any node says then") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    Proxy before_command(world.l1_url());
    world.set_l1("gavel", {before_command.url()});
    uint64_t deposits = 0;
    auto deposit = [&](const Fault& fault) {
        const Finished done = world.gavel("bob", {"--rollup", to_checksum(world.domain().rollup), "deposit", "0.000000001",
                                                  "--to", to_checksum(address_of("carol"))});
        INFO(fault.name << ": " << done.output << done.errors);
        CHECK(done.exit_status == 0);
        ++deposits;
    };
    for (const Fault& fault : {knows_after_sending(), errors_after_sending(), answers_other_hash()}) {
        before_command.misbehave({fault});
        for (int wording = 0; wording < (fault.name == "answers-other-hash" ? 1 : 8); ++wording) deposit(fault);
        CHECK(before_command.touched(fault.name) > 0);
    }
    for (const Fault& fault : {is_indexing(), forgets_receipts(), forgets_transactions()}) {
        before_command.misbehave({fault});
        Later honest(seconds(6), [&] { before_command.behave(); });
        deposit(fault);
    }
    before_command.misbehave({errors_after_sending()});
    const Finished deployed = world.gavel(
        "bob", {"deploy", "--challenge-window", "60", "--stake", "1", "--home-operator", to_checksum(address_of("bob"))});
    INFO(deployed.output << deployed.errors);
    CHECK(deployed.exit_status == 0);

    // The same for batches.
    for (const Fault& fault : {knows_after_sending(), errors_after_sending(), answers_other_hash()}) {
        INFO(fault.name);
        hostile.before_sequencer().misbehave({fault});
        hostile.pay(3);
        world.wait_for_agreement();
        CHECK(hostile.before_sequencer().touched(fault.name) > 0);
    }
    hostile.before_sequencer().misbehave({swallows()});
    hostile.pay();
    world.eventually("a batch is lost", [&] { return hostile.before_sequencer().touched("swallows") > 0; });
    hostile.behave();
    hostile.check_recovers();
    // Each of them once.
    CHECK(to_string(world.balance(world.at_verifier(), address_of("carol"))) == to_string(Amount{deposits * kGwei}));
    hostile.check_recovers_and_end();
}

TEST_CASE("a node that takes smaller transactions than a batch: the batch is cut anew") {
    HostileWorld hostile({.sequencer_flags = {"--data", "calldata", "--eth-fee-percent", "0"}});
    World& world = hostile.world();
    hostile.start();
    hostile.before_sequencer().misbehave({says_poor()});  // nothing reaches the node
    world.deposit("bob", kEther);
    {
        Load load(world, "bob", address_of("carol"));
        load.wait_for_acknowledged(600);  // a batch of more than 40 kB
    }
    hostile.before_sequencer().misbehave({refuses_large(8'000)});
    hostile.check_recovers();
    CHECK(hostile.before_sequencer().touched("refuses-large") > 0);
    hostile.check_recovers_and_end();
}

TEST_CASE("batches are posted where calldata costs 64 gas a byte") {
    HostileWorld hostile({.sequencer_flags = {"--data", "calldata", "--eth-fee-percent", "0", "--batch-bytes", "4000"}});
    World& world = hostile.world();
    hostile.start();
    hostile.misbehave({charges_calldata_more()});
    world.deposit("bob", kEther);
    {
        Load load(world, "bob", address_of("carol"));
        load.wait_for_acknowledged(600);  // so that batches are sent one on the other
    }
    hostile.check_recovers();
    CHECK(hostile.before_sequencer().touched("charges-calldata-more") > 0);
    hostile.check_recovers_and_end();
}

TEST_CASE("claims that fail against what was estimated end, and leave the prover his money") {
    HostileWorld hostile({.challenge_window_s = 5});
    World& world = hostile.world();
    hostile.start();
    Operation withdrawal;
    withdrawal.kind = OperationKind::kWithdraw;
    withdrawal.payments = {{address_of("dave"), Amount{kEther / 10}}};
    withdrawal.nonce = 1;
    hostile.before_verifier().misbehave({estimates_too_little()});
    const Hash hash = world.submit(world.sign("alice", withdrawal)).hash;
    world.wait_for_status(world.at_verifier(), hash, api::OperationStatus::kFinal);
    world.eventually("a claim was tried", [&] { return hostile.before_verifier().touched("estimates-too-little") > 0; });
    std::this_thread::sleep_for(seconds(15));
    auto sent = world.l1_client().nonce(address_of("watcher"), true);
    REQUIRE(sent.ok());
    CHECK(*sent <= 5);
    CHECK(*world.l1_client().balance(address_of("watcher")) > 999 * kEther);
    CHECK(world.verifier().is_alive());
}

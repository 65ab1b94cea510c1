// An L1 node that tells the chain wrongly, or not at all: what sequencer and verifier read is right, or they say that they can't.
#include <catch2/catch.hpp>

#include "tests/hostile/hostile_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace gavel::hostile;

TEST_CASE("a node leaves logs out for five blocks: the verifier says so, reads them later, and still strikes a lie") {
    HostileWorld hostile({.challenge_window_s = 60});
    World& world = hostile.world();
    hostile.start();
    hostile.before_verifier().misbehave({leaves_logs_out()});
    world.deposit("bob", kEther);
    CHECK(hostile.says_ill("verifier"));
    hostile.check_never_blind(seconds(5));
    CHECK(hostile.before_verifier().touched("leaves-logs-out") > 0);
    hostile.before_verifier().behave();
    CHECK(hostile.says_well("verifier"));
    world.wait_for_agreement();

    world.sequencer().stop();
    const uint64_t honest = world.rollup().head()->number;
    const Finished drill = world.drill("money-from-nothing");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    world.eventually("the lie is struck", [&] { return world.rollup().head()->number == honest; });
}

TEST_CASE("a node leaves logs out of a range, without an error, and has them elsewhere: nothing is missed") {
    HostileWorld hostile;
    hostile.start();
    hostile.misbehave({leaves_logs_out().only({"eth_getLogs"})});
    Later honest(seconds(8), [&] { hostile.behave(); });
    l1::L1Wallet wallet(hostile.world().l1_client(), key_of("bob"));
    auto deposited = wallet.run(hostile.world().domain().rollup, kEther, l1::rollup_call::deposit_eth(address_of("carol")));
    REQUIRE(deposited.ok());
    hostile.check_never_blind(seconds(7));
    hostile.check_recovers();
    CHECK(hostile.before_verifier().touched("leaves-logs-out") > 0);
    CHECK(to_string(hostile.world().balance(hostile.world().at_verifier(), address_of("carol"))) == to_string(Amount{kEther}));
    hostile.check_recovers_and_end();
}

TEST_CASE("a node answers [] for old blocks: who begins to read there doesn't take it for all that there is") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    hostile.pay(3);
    world.wait_for_agreement();
    world.mine(300);  // further back than blocks are read one by one
    CHECK(world.verifier().stop() == 0);
    std::filesystem::remove_all(world.folder().file("verifier.db"));

    hostile.before_verifier().misbehave({forgets_old_logs(20)});
    Later honest(seconds(12), [&] { hostile.before_verifier().behave(); });
    world.start_verifier();
    hostile.check_never_blind(seconds(8));
    CHECK(hostile.before_verifier().touched("forgets-old-logs") > 0);
    hostile.check_recovers_and_end();
}

TEST_CASE("a block has more logs than the node gives at once") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    hostile.misbehave({limits_log_count(5), lacks("eth_getBlockReceipts")});
    REQUIRE(world.l1_client().request("evm_setIntervalMining", "[0]").ok());
    REQUIRE(world.l1_client().request("evm_setAutomine", "[false]").ok());
    l1::L1Wallet wallet(world.l1_client(), key_of("bob"));
    constexpr uint64_t kDeposits = 12;
    for (uint64_t i = 0; i < kDeposits; ++i)
        REQUIRE(wallet.send(world.domain().rollup, 1'000, l1::rollup_call::deposit_eth(address_of("carol")), 200'000).ok());
    world.mine();
    REQUIRE(world.l1_client().request("evm_setIntervalMining", "[1]").ok());
    world.eventually("all are in blocks", [&] { return *world.rollup().queue_length() == 1 + kDeposits; });
    hostile.check_recovers();
    CHECK(hostile.before_verifier().touched("limits-log-count") > 0);
    CHECK(hostile.before_verifier().touched("lacks-eth_getBlockReceipts") > 0);
    CHECK(to_string(world.balance(world.at_verifier(), address_of("carol"))) == std::to_string(kDeposits * 1'000));
    hostile.check_recovers_and_end();
}

TEST_CASE("a node refuses ranges of logs, in the words, codes and data of many providers") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    hostile.pay(3);
    world.wait_for_agreement();
    world.mine(600);
    CHECK(world.verifier().stop() == 0);
    std::filesystem::remove_all(world.folder().file("verifier.db"));

    hostile.misbehave({limits_log_range(30)});
    world.start_verifier();
    hostile.check_recovers();
    CHECK(hostile.before_verifier().touched("limits-log-range") > 0);
    // The size that worked is remembered: nearly every question is answered.
    CHECK(hostile.before_verifier().touched("limits-log-range") < 40);

    // The commands that read the L1 alone.
    Proxy before_command(world.l1_url());
    before_command.misbehave({limits_log_range(30)});
    world.set_l1("gavel", {before_command.url()});
    const Finished made = world.gavel("bob", {"--rollup", to_checksum(world.domain().rollup), "claim", "--from-l1"});
    INFO(made.output << made.errors);
    CHECK(made.errors.find("NOTHING_TO_CLAIM") != std::string::npos);  // everything was read
    CHECK(before_command.touched("limits-log-range") > 0);
    hostile.check_recovers_and_end();
}

TEST_CASE("transactions that a node doesn't find by their hash any more are read from their blocks") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    hostile.pay(3);
    world.wait_for_agreement();
    CHECK(world.verifier().stop() == 0);
    std::filesystem::remove_all(world.folder().file("verifier.db"));
    hostile.misbehave({forgets_transactions()});
    world.start_verifier();
    hostile.check_recovers();
    CHECK(hostile.before_verifier().touched("forgets-transactions") > 0);
    hostile.check_recovers_and_end();
}

TEST_CASE("a node that is still syncing is waited for, at the start and later") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.misbehave({is_syncing()});
    {
        Later synced(seconds(6), [&] { hostile.behave(); });
        hostile.start();
    }
    CHECK(hostile.before_sequencer().touched("is-syncing") > 0);
    CHECK(hostile.before_verifier().asked("eth_getLogs") > 0);
    hostile.misbehave({is_syncing()});
    CHECK(hostile.says_ill("verifier"));
    CHECK(hostile.says_ill("sequencer"));
    std::this_thread::sleep_for(seconds(3));
    CHECK(world.sequencer().is_alive());
    CHECK(world.verifier().is_alive());
    hostile.behave();
    hostile.check_recovers_and_end();
}

TEST_CASE("a sequencer whose view of the L1 is old gives no receipts, and says why") {
    HostileWorld hostile({.inclusion_window_s = 80});
    World& world = hostile.world();
    hostile.start();
    hostile.before_sequencer().misbehave({freezes()});
    CHECK(hostile.says_ill("sequencer", seconds(15)));
    world.eventually("a payment is refused", [&] { return !hostile.try_to_pay(); });
    CHECK(hostile.before_sequencer().touched("freezes") > 0);
    hostile.before_sequencer().behave();
    hostile.check_recovers_and_end();
}

TEST_CASE("with two nodes, one that fails, lags or lies stops neither sequencer nor verifier") {
    HostileWorld hostile;
    World& world = hostile.world();
    Proxy other(world.l1_url());
    world.set_l1("sequencer", {hostile.before_sequencer().url(), other.url()});
    world.set_l1("verifier", {hostile.before_verifier().url(), other.url()});
    hostile.start();
    const std::vector<Fault> faults{drops(), freezes(), leaves_logs_out(), is_syncing(), wrong_types(), says_http(429), lags(10)};
    uint64_t deposits = 0;
    for (const Fault& fault : faults) {
        INFO(fault.name);
        // Whichever of the two is asked now.
        for (bool is_first : {true, false}) {
            hostile.misbehave(is_first ? std::vector{fault} : std::vector<Fault>());
            other.misbehave(is_first ? std::vector<Fault>() : std::vector{fault});
            world.eventually("a payment is confirmed", [&] { return hostile.try_to_pay(); });
            auto deposited = l1::L1Wallet(world.l1_client(), key_of("bob"))
                                 .run(world.domain().rollup, 1'000, l1::rollup_call::deposit_eth(address_of("carol")));
            REQUIRE(deposited.ok());
            ++deposits;
            world.wait_for_agreement();
        }
        CHECK(hostile.before_verifier().touched(fault.name) + other.touched(fault.name) > 0);
    }
    hostile.behave();
    other.behave();
    hostile.check_recovers();
    CHECK(to_string(world.balance(world.at_verifier(), address_of("carol"))) == std::to_string(deposits * 1'000));
    hostile.check_recovers_and_end();
}

TEST_CASE("a node that has no contract for a while, or is another chain's, ends nobody who runs") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    // The fork is deep: a daemon that is some blocks behind must see that what it has read isn't there.
    for (const std::vector<Fault>& faults : {std::vector{has_no_code()}, std::vector{is_other_chain(), forks(8)}}) {
        INFO(faults[0].name);
        hostile.misbehave(faults);
        CHECK(hostile.says_ill("verifier"));
        std::this_thread::sleep_for(seconds(2));
        CHECK(hostile.before_verifier().touched(faults[0].name) > 0);
        CHECK(world.sequencer().is_alive());
        CHECK(world.verifier().is_alive());
        hostile.behave();
        hostile.check_recovers();
    }
    hostile.check_recovers_and_end();
}

TEST_CASE("a node that dates blocks a day back makes no lie look final") {
    HostileWorld hostile({.challenge_window_s = 60});
    World& world = hostile.world();
    hostile.start();
    world.sequencer().stop();
    const uint64_t honest = world.rollup().head()->number;
    hostile.before_verifier().misbehave({antedates(86'400)});
    const Finished drill = world.drill("money-from-nothing");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    world.mine(2);
    std::this_thread::sleep_for(seconds(2));
    CHECK(hostile.before_verifier().touched("antedates") > 0);
    hostile.before_verifier().behave();
    CHECK(within(seconds(45), [&] { return world.rollup().head()->number == honest; }));
}

TEST_CASE("a fork that ends, and a node that lags behind: what is read then is the chain") {
    HostileWorld hostile({.l1_confirmations = 2});
    hostile.start();
    for (const auto& fault : {forks(2), lags(4), lags(3).with_chance(50), forks(0)}) {
        INFO(fault.name);
        hostile.misbehave({fault});
        const auto until = std::chrono::steady_clock::now() + seconds(4);
        while (std::chrono::steady_clock::now() < until) {
            hostile.try_to_pay();
            std::this_thread::sleep_for(milliseconds(200));
        }
        hostile.behave();
        hostile.check_recovers();
    }
    hostile.check_recovers_and_end();
}

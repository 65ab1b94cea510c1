// The command without any operator: what a user does by the L1 alone, told by its JSON.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/cli/lone_commands.hpp"
#include "tests/support/ask_l1.hpp"

using namespace gavel;
using namespace gavel::e2e;
using nlohmann::json;

namespace {

constexpr uint64_t kFreezeAge = kChallenge + kInclusion + 7 * 86'400;

class Story : public LoneCommands {
public:
    Story() {
        token = json::parse(world.gavel_json("alice", {"dev", "token", "--symbol", "USD", "--decimals", "6"}))["address"];
        world.set_sequencer_flags({"--eth-fee-percent", "0", "--fee", token + "=0"});
        world.start_sequencer();
    }

    std::string refusal(const std::string& who, std::vector<std::string> arguments) {
        const json error = error_of(who, std::move(arguments));
        said = error["message"];
        return error["reason"];
    }
    void wait_posted(const json& receipt) {
        served("alice", {"tx", receipt["hash"].get<std::string>(), "--wait", "posted", "--timeout", "60s"});
    }
    u128 ether_of(const Address& address) { return *world.l1_client().balance(address); }
    Amount usd_of(const std::string& who) {
        return Amount{test::token_balance(world.l1_client(), *address_from_string(token), address_of(who))};
    }
    u128 held(const Address& of) { return told(l1::rollup_view::held_total(of)); }
    u128 told(Bytes calldata) { return test::amount_at(world.l1_client(), world.rollup().address(), std::move(calldata)); }

    std::string token;
    std::string said;  // the message of the latest refusal
};

std::string checksum_of(const std::string& who) { return to_checksum(address_of(who)); }
constexpr u128 kMilli = kEther / 1'000;

}  // namespace

TEST_CASE("the operator disappears, and everybody leaves with every wei") {
    Story story;
    World& world = story.world;
    const std::string token = story.token, bob = checksum_of("bob"), carol = checksum_of("carol");
    story.served("alice", {"dev", "mint", token, "1000"});
    story.served("alice", {"deposit", "3.000000000000000007", "--wait"});
    story.served("alice", {"deposit", "1000", "--token", token, "--wait"});
    story.served("alice", {"send", bob, "1.25", "--fee", "0"});
    story.served("alice", {"send", carol, "0.5", "--fee", "0"});
    story.served("alice", {"send", carol, "250.5", "--token", token, "--fee", "0"});
    story.wait_posted(story.served("carol", {"withdraw", "0.1", "--fee", "0"}));
    // One forced operation is still served.
    const json forced = story.alone("bob", {"force", "transfer", carol, "0.25", "--wait", "--timeout", "60s"});
    CHECK(forced["consumed"] == true);
    world.sequencer().kill_now();

    const json waiting = story.alone("bob", {"force", "withdraw", "--all"});
    CHECK(waiting["whole_balance"] == true);
    CHECK(waiting["l1_operation"] == forced["l1_operation"].get<uint64_t>() + 1);
    const uint64_t queued_at = waiting["queued_at"];
    CHECK(waiting["overdue_at"] == queued_at + kInclusion);
    CHECK(waiting["freeze_at"] == queued_at + kFreezeAge);
    CHECK(story.refusal("bob", {"force", "withdraw", "1", "--wait", "--timeout", "1s"}) == "NOT_CONSUMED");
    CHECK(story.refusal("bob", {"force", "withdraw", "1", "--all"}) == "AMOUNT_INVALID");
    CHECK(story.refusal("bob", {"force", "withdraw", "0"}) == "ZeroAmount");
    CHECK(story.refusal("bob", {"force", "transfer", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "1"}) == "ADDRESS_INVALID");
    const json late = story.alone("alice", {"deposit", "0.75"});
    story.served("alice", {"dev", "mint", token, "2"});
    story.alone("alice", {"deposit", "2", "--token", token});

    // Too early for anything.
    CHECK(story.refusal("carol", {"sequencer", "evict"}) == "NotOverdue");
    CHECK(story.said.find("L1 operation " + std::to_string(waiting["l1_operation"].get<uint64_t>()) + " is overdue at") == 0);
    CHECK(story.refusal("carol", {"freeze"}) == "FreezeTooEarly");
    CHECK(story.said.find("a freeze is possible at") != std::string::npos);
    CHECK(story.refusal("carol", {"exit", "--all-mine"}) == "NotFrozen");
    CHECK(story.refusal("carol", {"refund"}) == "NotFrozen");
    CHECK(story.refusal("carol", {"sequencer", "resign"}) == "NotSequencer");
    CHECK(story.refusal("carol", {"sequencer", "become"}) == "SeatTaken");
    CHECK(story.refusal("carol", {"sequencer", "take-stake", "1"}) == "TermNotOver");
    CHECK(story.refusal("carol", {"sequencer", "take-stake"}) == "NO_SUCH_TERM");

    story.pass(kInclusion);
    CHECK(story.alone("carol", {"status"})["contract"]["overdue"] == true);
    CHECK(story.alone("carol", {"sequencer", "evict"})["reason"] == "Evicted");
    CHECK(story.refusal("carol", {"sequencer", "evict"}) == "SeatFree");
    CHECK(story.alone("carol", {"sequencer", "become"})["term"] == 2);
    CHECK(story.refusal("carol", {"sequencer", "resign"}) == "OperationWaiting");

    story.pass(kFreezeAge - kInclusion);
    CHECK(story.alone("bob", {"freeze"})["frozen"] == true);
    CHECK(story.refusal("bob", {"freeze"}) == "Frozen");
    CHECK(story.refusal("alice", {"deposit", "1"}) == "Frozen");
    const json status = story.alone("bob", {"sequencer", "status"});
    CHECK(status["frozen"] == true);
    CHECK(status["terms"][0]["sequencer"] == carol);
    CHECK(status["terms"][1]["evicted"] == true);

    // Out: by oneself, by somebody else, elsewhere.
    const Address elsewhere = PrivateKey::derived("elsewhere").address();
    CHECK(story.refusal("alice", {"exit"}) == "OPTION_INVALID");
    CHECK(story.refusal("alice", {"exit", "--all-mine", "--index", "1"}) == "OPTION_INVALID");
    CHECK(story.refusal("alice", {"exit", "--index", "999"}) == "NOTHING_TO_EXIT");
    const json alices = story.alone("alice", {"exit", "--all-mine"});
    REQUIRE(alices.size() == 2);
    CHECK(alices[0]["amount"] == "1250000000000000007");
    CHECK(alices[1]["amount"] == "749500000");
    CHECK(story.usd_of("alice") == Amount{749'500'000});
    CHECK(story.refusal("alice", {"exit", "--all-mine"}) == "NOTHING_TO_EXIT");
    const u128 bob_before = story.ether_of(address_of("bob"));
    const Finished stolen = story.run("carol", {"exit", "--for", bob, "--to", carol});
    CHECK(stolen.exit_status == 1);
    CHECK(json::parse(stolen.output)[0]["error"] == "RECEIVER_NOT_ALLOWED");
    story.alone("carol", {"exit", "--for", bob});
    CHECK((story.ether_of(address_of("bob")) - bob_before == 1'000 * kMilli));
    story.alone("carol", {"exit", "--token", "eth", "--to", to_checksum(elsewhere), "--data-dir", world.folder().file("read")});
    CHECK((story.ether_of(elsewhere) == 650 * kMilli));
    story.alone("carol", {"exit", "--token", token, "--data-dir", world.folder().file("read")});
    CHECK(story.usd_of("carol") == Amount{250'500'000});
    CHECK(story.alone("carol", {"claim"})[0]["amount"] == "100000000000000000");
    CHECK(story.refusal("carol", {"claim", "--from-l1"}) == "NOTHING_TO_CLAIM");

    // Deposits that nobody consumed.
    CHECK(story.refusal("carol", {"refund"}) == "NOTHING_TO_REFUND");
    CHECK(story.refusal("carol", {"refund", "0"}) == "NOT_REFUNDABLE");
    const json back = story.alone("alice", {"refund", std::to_string(late["l1_operation"].get<uint64_t>())});
    CHECK(back[0]["amount"] == "750000000000000000");
    CHECK(story.alone("bob", {"refund", "--for", checksum_of("alice")}).size() == 1);
    CHECK(story.usd_of("alice") == Amount{751'500'000});
    CHECK(story.refusal("alice", {"refund"}) == "NOTHING_TO_REFUND");

    // The freeze took from Carol, who served nobody either, what the eviction took from the operator.
    CHECK(story.alone("carol", {"sequencer", "take-stake"})["amount"] == "750000000000000000");
    CHECK(story.alone("carol", {"sequencer", "take-stake", "1"})["amount"] == "750000000000000000");
    CHECK(story.refusal("carol", {"sequencer", "take-stake", "1"}) == "AlreadyTaken");
    CHECK((story.held({}) == 0));
    CHECK((story.held(*address_from_string(token)) == 0));
    CHECK((story.ether_of(world.domain().rollup) == 500 * kMilli));  // burned
    CHECK((story.told(l1::rollup_view::burned()) == 500 * kMilli));
}

TEST_CASE("one caller sends everybody home, whoever can't be paid") {
    constexpr size_t kPayees = 300;  // more than are on their way to a block at the same time
    Story story;
    World& world = story.world;
    const Address vault = world.domain().rollup;  // an owner who refuses ETH
    std::vector<Address> payees;
    std::ofstream file(world.folder().file("pay.csv"));
    for (size_t i = 0; i < kPayees; ++i) {
        payees.push_back(PrivateKey::derived("payee " + std::to_string(i)).address());
        file << to_checksum(payees.back()) << ",0.00" << 100 + i << "\n";
    }
    file.close();
    story.served("alice", {"dev", "mint", story.token, "10"});
    story.served("alice", {"deposit", "10", "--token", story.token, "--wait"});
    // Nobody pays the contract itself by mistake; on purpose it can be done.
    for (std::vector<std::string> command : {std::vector<std::string>{"deposit", "0.5", "--to", to_checksum(vault)},
                                             {"send", to_checksum(vault), "0.5"},
                                             {"withdraw", "0.5", "--to", to_checksum(vault)},
                                             {"force", "transfer", to_checksum(vault), "0.5"},
                                             {"force", "withdraw", "0.5", "--to", to_checksum(vault)},
                                             {"send", story.token, "0.5", "--token", story.token},
                                             {"deposit", "0.5", "--to", to_checksum(Address{})}}) {
        INFO(command[0]);
        command.insert(command.begin(), "--json");
        CHECK(json::parse(world.gavel("alice", command).output)["error"]["reason"] == "PAYEE_INVALID");
    }
    l1::L1Wallet wallet(world.l1_client(), key_of("alice"));
    REQUIRE(wallet.run(vault, kEther / 2, l1::rollup_call::deposit_eth(vault)).ok());
    story.served("alice", {"deposit", "3", "--wait"});
    story.served("alice", {"pay", world.folder().file("pay.csv"), "--fee", "0"});
    story.served("alice", {"send", checksum_of("bob"), "0.5", "--fee", "0"});
    story.wait_posted(story.served("bob", {"withdraw", "0.5", "--to", checksum_of("carol"), "--fee", "0"}));
    world.sequencer().kill_now();
    story.alone("carol", {"force", "withdraw", "1"});
    story.alone("bob", {"deposit", "0.125"});
    story.alone("alice", {"deposit", "0.25"});
    story.pass(kFreezeAge);
    story.alone("carol", {"freeze"});

    CHECK(story.refusal("bob", {"exit", "--everybody", "--all-mine"}) == "OPTION_INVALID");
    for (const std::string command : {"exit", "refund", "claim"}) {
        CHECK(story.refusal("bob", {command, "--everybody", "--to", checksum_of("bob")}) == "OPTION_INVALID");
    }
    const u128 carol_before = story.ether_of(address_of("carol")), alice_before = story.ether_of(address_of("alice"));
    const json tokens = story.alone("bob", {"exit", "--everybody", "--token", story.token});
    REQUIRE(tokens.size() == 1);
    CHECK(story.usd_of("alice") == Amount{10'000'000});
    const Finished exits = story.run("bob", {"exit", "--everybody"});
    CHECK(exits.exit_status == 1);
    const json lines = json::parse(exits.output);
    CHECK(lines.size() == kPayees + 2);  // alice, and who can't be paid
    for (const json& line : lines) CHECK(line.contains("error") == (line["owner"] == to_checksum(vault)));
    for (size_t i = 0; i < kPayees; ++i) CHECK((story.ether_of(payees[i]) == (100 + i) * kMilli / 100));
    const json again = json::parse(story.run("bob", {"exit", "--everybody"}).output);
    REQUIRE(again.size() == 1);
    CHECK(again[0]["error"] == "PaymentFailed");
    CHECK(story.alone("bob", {"claim", "--everybody"}).size() == 1);
    CHECK((story.ether_of(address_of("carol")) - carol_before == 500 * kMilli));
    CHECK(story.refusal("bob", {"claim", "--everybody"}) == "NOTHING_TO_CLAIM");
    CHECK(story.alone("bob", {"refund", "--everybody"}).size() == 2);
    CHECK(story.refusal("bob", {"refund", "--everybody"}) == "NOTHING_TO_REFUND");
    u128 alice_due = 3'250 * kMilli - 500 * kMilli;
    for (size_t i = 0; i < kPayees; ++i) alice_due -= (100 + i) * kMilli / 100;
    CHECK((story.ether_of(address_of("alice")) - alice_before == alice_due));
    CHECK((story.held({}) == 500 * kMilli));
    CHECK((story.held(*address_from_string(story.token)) == 0));
}

TEST_CASE("a lie is proven with nothing but the L1's address and a key") {
    Story story;
    World& world = story.world;
    world.deposit("alice", 3 * kEther);
    story.wait_posted(story.served("alice", {"send", checksum_of("bob"), "1", "--fee", "0"}));
    world.sequencer().kill_now();
    const Finished drill = world.drill("money-from-nothing");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    const uint64_t lie = world.rollup().head()->number;

    CHECK(story.refusal("bob", {"proof", "make", std::to_string(lie - 1), "--from-l1"}) == "BATCH_TRUE");
    CHECK(story.refusal("bob", {"proof", "make", std::to_string(lie + 1)}) == "UNKNOWN_BATCH");
    // The batch is read from the L1 alone, though it is false.
    const json batch = story.alone("bob", {"batch", std::to_string(lie), "--operations"});
    CHECK(batch["hash"] == to_hex(world.rollup().batch(lie)->hash));
    CHECK(batch["chunks"].size() >= 1);
    CHECK(story.alone("bob", {"batch", std::to_string(lie - 1)})["operations"] == 1);
    CHECK(story.refusal("bob", {"batch", std::to_string(lie + 1)}) == "UNKNOWN_BATCH");

    const std::string file = world.folder().file("proof.hex");
    CHECK(story.alone("bob", {"proof", "make", std::to_string(lie), "--out", file})["stage"].is_null());
    const json checked = story.alone("bob", {"proof", "check", file});
    CHECK(checked["holds"] == true);
    CHECK(checked["stands"] == true);
    CHECK(checked["final"] == false);
    CHECK(checked["contract"] == "accepts");
    CHECK(checked["not_checked"].empty());
    CHECK(story.refusal("bob", {"proof", "check", file, "--offline"}) == "OPTION_INVALID");
    const Finished offline =
        e2e::run({program("gavel"), "--json", "--l1", "http://127.0.0.1:1", "--rollup", to_checksum(world.domain().rollup),
                  "proof", "check", file, "--offline", "--chain-id", std::to_string(world.domain().chain_id)},
                 world.folder().path());
    INFO(offline.output << offline.errors);
    CHECK(offline.exit_status == 0);
    const json by_bytes = json::parse(offline.output);
    CHECK(by_bytes["holds"] == true);
    CHECK(by_bytes["stands"].is_null());
    CHECK(by_bytes["not_checked"].size() == 2);
    const json sent = story.alone("bob", {"proof", "send", file});
    CHECK(sent["batch"] == lie);
    CHECK(sent["reward"] == true);
    CHECK(world.rollup().head()->number == lie - 1);
    CHECK(story.refusal("bob", {"proof", "send", file}) == "UnknownBatch");
    const json gone = json::parse(story.run("bob", {"proof", "check", file}).output);
    CHECK(gone["holds"] == true);
    CHECK(gone["stands"] == false);
    CHECK(gone["contract"] == "UnknownBatch");
    CHECK(story.run("bob", {"proof", "check", file}).exit_status == 1);

    CHECK(story.refusal("bob", {"sequencer", "take-reward"}) == "RewardTooEarly");
    CHECK(story.refusal("alice", {"sequencer", "take-reward"}) == "NO_SUCH_TERM");
    CHECK(story.refusal("alice", {"sequencer", "take-reward", "1", "--prover", checksum_of("alice")}) != "NO_SUCH_TERM");
    CHECK(story.refusal("alice", {"sequencer", "take-stake", "1"}) == "TermSlashed");
    story.pass(kChallenge);
    CHECK(story.refusal("alice", {"sequencer", "take-reward", "1"}) == "NotProver");
    const u128 before = story.ether_of(address_of("bob"));
    CHECK(story.alone("alice", {"sequencer", "take-reward", "--prover", checksum_of("bob")})["amount"] == "250000000000000000");
    CHECK((story.ether_of(address_of("bob")) - before == 250 * kMilli));
}

TEST_CASE("a lie that nobody proved in time is told, not paid by") {
    Story story;
    World& world = story.world;
    world.deposit("alice", 3 * kEther);
    story.wait_posted(story.served("alice", {"send", checksum_of("bob"), "1", "--fee", "0"}));
    world.sequencer().kill_now();
    REQUIRE(world.drill("money-from-nothing").exit_status == 0);
    const std::string file = world.folder().file("proof.hex");
    story.alone("bob", {"proof", "make", std::to_string(world.rollup().head()->number), "--from-l1", "--out", file});
    story.alone("alice", {"force", "withdraw", "1"});
    story.pass(kFreezeAge);
    const Finished late = story.run("bob", {"proof", "check", file});
    CHECK(late.exit_status == 1);
    CHECK(json::parse(late.output)["final"] == true);
    CHECK(json::parse(late.output)["contract"] == "BatchFinal");
    story.alone("alice", {"freeze"});
    CHECK(story.refusal("alice", {"exit", "--all-mine"}) == "FALSE_BATCH_FINAL");
}

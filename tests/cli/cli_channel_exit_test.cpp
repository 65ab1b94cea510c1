// Out of the channels of a frozen rollup, by the L1 alone: the payee by the voucher, the payer with what is left.
#include <catch2/catch.hpp>

#include "tests/cli/lone_commands.hpp"

using namespace gavel;
using namespace gavel::e2e;
using nlohmann::json;

namespace {

constexpr uint64_t kFreezeAge = kChallenge + kInclusion + 7 * 86'400;
constexpr u128 kMilli = kEther / 1'000;

class FrozenChannels : public LoneCommands {
public:
    FrozenChannels() {
        world.set_sequencer_flags({"--eth-fee-percent", "0", "--data", "calldata"});  // which nodes keep for ever
        world.start_sequencer();
        served("alice", {"deposit", "3", "--wait"});
    }
    std::string books(const std::string& who) const { return world.folder().file("books-" + who); }
    json channel(const std::string& who, std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "channel");
        arguments.insert(arguments.end(), {"--books", books(who)});
        return served(who, std::move(arguments));
    }
    // Alice's to bob, of half an ether, with a voucher of a tenth that he has.
    std::string open() {
        const json opened = channel("alice", {"open", to_checksum(address_of("bob")), "0.5", "--unit", "0.001", "--fee", "0"});
        last_hash = opened["hash"];
        voucher = channel("alice", {"pay", opened["channel"], "0.1"})["voucher"];
        channel("bob", {"receive", voucher, "--unposted-limit", "1"});
        return opened["channel"];
    }
    void freeze() {
        served("alice", {"tx", last_hash, "--wait", "posted", "--timeout", "60s"});
        world.sequencer().kill_now();
        alone("alice", {"force", "withdraw", "--all"});
        pass(kFreezeAge);
        alone("bob", {"freeze"});
    }
    json leave(const std::string& who, std::vector<std::string> arguments) {
        return alone(who, with_books(who, std::move(arguments)));
    }
    std::string refusal(const std::string& who, std::vector<std::string> arguments) {
        return error_of(who, with_books(who, std::move(arguments)))["reason"];
    }
    u128 ether_of(const std::string& who) { return *world.l1_client().balance(address_of(who)); }

    std::string voucher, last_hash;

private:
    std::vector<std::string> with_books(const std::string& who, std::vector<std::string> arguments) const {
        if (arguments[0] == "channel") arguments.insert(arguments.end(), {"--books", books(who)});
        return arguments;
    }
};

std::string wei(u128 amount) { return to_string(Amount{amount}); }

}  // namespace

TEST_CASE("of a frozen channel the payee takes what the voucher gives, and the payer what is left") {
    FrozenChannels story;
    const std::string first = story.open(), voucher = story.voucher, second = story.open();
    CHECK(story.refusal("bob", {"channel", "exit", first}) == "NotFrozen");
    story.freeze();

    // Nobody else's voucher uses up the payee's one time.
    CHECK(story.refusal("carol", {"channel", "exit", first, "--voucher", voucher}) == "NotPayee");
    CHECK(story.refusal("carol", {"channel", "exit", first}) == "CHANNEL_UNKNOWN");
    CHECK(story.refusal("bob", {"channel", "exit", second, "--voucher", voucher}) == "VOUCHER_INVALID");

    // The payer's account, and not yet the channels.
    const json accounts = story.alone("alice", {"exit", "--all-mine"});
    REQUIRE(accounts.size() == 1);
    CHECK(accounts[0]["amount"] == wei(2'000 * kMilli));
    CHECK(story.refusal("alice", {"exit", "--all-mine"}) == "RestTooEarly");

    const json taken = story.leave("bob", {"channel", "exit", first, "--to", to_checksum(address_of("dave"))});
    REQUIRE(taken.size() == 1);
    CHECK(taken[0]["amount"] == wei(100 * kMilli));
    CHECK((story.ether_of("dave") == 100 * kMilli));
    CHECK(story.refusal("bob", {"channel", "exit", first}) == "NOTHING_TO_EXIT");

    // The payee has had his part of the first; of the second he may still come.
    const u128 before = story.ether_of("alice");
    const json rest = story.alone("carol", {"exit", "--everybody"});
    REQUIRE(rest.size() == 1);
    CHECK(rest[0]["owner"] == to_checksum(address_of("alice")));
    CHECK(rest[0]["amount"] == wei(400 * kMilli));
    CHECK((story.ether_of("alice") == before + 400 * kMilli));

    // He doesn't come.
    story.pass(31 * 86'400);
    const json late = story.alone("carol", {"exit", "--for", to_checksum(address_of("alice"))});
    REQUIRE(late.size() == 1);
    CHECK(late[0]["amount"] == wei(500 * kMilli));
    CHECK((story.ether_of("alice") == before + 900 * kMilli));
    CHECK(story.refusal("bob", {"channel", "exit", second}) == "NOTHING_TO_EXIT");
    CHECK(story.refusal("alice", {"exit", "--all-mine"}) == "NOTHING_TO_EXIT");
}

// gavel channel, from opening to the last unit, with and without a sequencer that helps.
#include <filesystem>

#include "tests/cli/channel_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using nlohmann::json;

TEST_CASE("a channel from its opening to its end") {
    ChannelWorld w;
    const std::string channel = w.open();
    const std::string first = w.pay(channel, "0.1");
    // The batch may be on the L1 already: then there is nothing to refuse.
    w.world.wait_for_agreement();
    const json taken = w.done("bob", {"receive", first});
    CHECK(taken["amount"] == to_string(Amount{100 * kMilli}));
    CHECK(taken["count"] == "100");
    CHECK(taken["repeated"] == false);
    const json again = w.done("bob", {"receive", first});
    CHECK(again["repeated"] == true);
    CHECK(again["amount"] == "0");

    CHECK(w.refusal("alice", {"pay", channel, "0.0005"}) == "AMOUNT_INVALID");
    CHECK(w.refusal("alice", {"pay", channel, "0.401"}) == "NOT_COVERED");
    CHECK(w.refusal("alice", {"pay", channel}) == "AMOUNT_INVALID");
    CHECK(w.refusal("bob", {"pay", channel, "0.1"}) == "CHANNEL_UNKNOWN");
    std::string bent = first;
    bent[bent.size() / 2] = bent[bent.size() / 2] == 'A' ? 'B' : 'A';
    CHECK(w.refusal("bob", {"receive", bent}) == "VOUCHER_INVALID");
    CHECK(w.refusal("carol", {"receive", first}) == "TERMS_REFUSED");
    CHECK(w.done("alice", {"pay", channel, "--again"})["voucher"] == first);

    const std::string second = w.pay(channel, "0.05");
    CHECK(w.done("bob", {"receive", second})["amount"] == to_string(Amount{50 * kMilli}));
    // An old one takes nothing from a newer one.
    CHECK(w.done("bob", {"receive", first})["repeated"] == true);
    const json alices = w.done("alice", {"list"});
    REQUIRE(alices.size() == 1);
    CHECK(alices[0]["signed"] == "150");
    CHECK(alices[0]["state"] == "open");
    CHECK(alices[0]["claimed"] == "0");
    CHECK(w.done("bob", {"show", channel})[0]["received"] == "150");

    const json redeemed = w.done("bob", {"redeem", channel});
    CHECK(redeemed["paid"] == to_string(Amount{150 * kMilli}));
    CHECK((w.balance("bob") == 150 * kMilli));
    CHECK(w.refusal("bob", {"redeem", channel}) == "NOTHING_TO_REDEEM");
    CHECK(w.refusal("bob", {"receive", "nonsense"}) == "VOUCHER_INVALID");

    // Beyond what was put in at first.
    CHECK(w.done("alice", {"top-up", channel, "0.2"})["cap"] == to_string(Amount{700 * kMilli}));
    const std::string third = w.pay(channel, "0.45");
    CHECK(w.refusal("alice", {"pay", channel, "0.101"}) == "NOT_COVERED");
    w.world.wait_for_agreement();
    CHECK(w.done("bob", {"receive", third})["units"] == "450");
    const json closed = w.done("bob", {"close", channel});
    CHECK(closed["closed"] == true);
    CHECK((w.balance("bob") == 600 * kMilli));
    CHECK((w.balance("alice") == 2'400 * kMilli));
    CHECK(w.refusal("alice", {"pay", channel, "0.001"}) == "CHANNEL_CLOSED");
    CHECK(w.refusal("alice", {"top-up", channel, "0.1"}) == "CHANNEL_CLOSED");
    CHECK(w.done("alice", {"list"}).empty());
    CHECK(w.done("alice", {"list", "--closed"})[0]["state"] == "closed");
}

TEST_CASE("a payee takes no voucher on funding that his verifier hasn't seen, unless he says so") {
    ChannelWorld w;
    const std::string channel = w.open();
    const std::string voucher = w.pay(channel, "0.1");
    w.world.verifier().kill_now();
    CHECK(w.refusal("bob", {"receive", voucher}) == "UNPOSTED_FUNDING");
    CHECK(w.refusal("bob", {"receive", voucher, "--unposted-limit", "0.099"}) == "UNPOSTED_FUNDING");
    CHECK(w.done("bob", {"receive", voucher, "--unposted-limit", "0.1"})["units"] == "100");
}

TEST_CASE("a payee whom the sequencer doesn't serve is paid through the L1") {
    ChannelWorld w;
    const std::string channel = w.open(), voucher = w.pay(channel, "0.1");
    w.world.wait_for_agreement();
    w.done("bob", {"receive", voucher});
    w.world.sequencer().kill_now();
    CHECK(w.run("bob", {"redeem", channel}).exit_status == 1);
    const json queued = w.done("bob", {"redeem", channel, "--by-l1"});
    CHECK(queued["count"] == "100");
    w.world.start_sequencer();
    w.world.eventually("the payee has his money", [&] { return w.balance("bob") == 100 * kMilli; });
    CHECK(w.refusal("bob", {"redeem", channel}) == "NOTHING_TO_REDEEM");
    // A second entry of the same takes nothing more.
    w.done("bob", {"redeem", channel, "--by-l1"});
    w.world.eventually("the queue is consumed", [&] { return w.world.at_sequencer().chain_info()->l1_ops_waiting == 0; });
    CHECK((w.balance("bob") == 100 * kMilli));
}

TEST_CASE("a payer takes back what an abandoned channel holds") {
    ChannelWorld w;
    const std::string channel = w.open("3h");
    CHECK(w.refusal("alice", {"reclaim", channel}) == "NotExpired");
    CHECK((w.balance("alice") == 2'500 * kMilli));
    w.pass(3'700);
    w.world.eventually("the payer sees that the expiry is near", [&] {
        const Finished tried = w.run("alice", {"pay", channel, "0.001"});
        return tried.exit_status == 1 && json::parse(tried.output)["error"]["reason"] == "EXPIRY_NEAR";
    });
    w.pass(3 * 3'600);
    const json queued = w.done("alice", {"reclaim", channel});
    CHECK(queued["channel"] == channel);
    w.world.eventually("the payer has his money", [&] { return w.balance("alice") == 3'000 * kMilli; });
    CHECK(w.done("alice", {"list", "--closed"})[0]["state"] == "closed");
}

TEST_CASE("a payer who lost his book goes on from the payee's last voucher") {
    ChannelWorld w;
    const std::string channel = w.open(), voucher = w.pay(channel, "0.1");
    std::filesystem::remove_all(w.books("alice"));
    CHECK(w.refusal("alice", {"pay", channel, "0.1"}) == "CHANNEL_UNKNOWN");
    CHECK(w.refusal("alice", {"recover", channel, "nonsense"}) == "VOUCHER_INVALID");
    CHECK(w.done("alice", {"recover", channel, voucher})["count"] == "100");
    CHECK(w.done("alice", {"pay", channel, "0.05"})["count"] == "150");
    // An older one changes nothing.
    CHECK(w.done("alice", {"recover", channel, voucher})["count"] == "150");
}

// Payer and payee with a channel between them, by the command alone, over real daemons.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/world.hpp"

namespace gavel::e2e {

constexpr u128 kMilli = kEther / 1'000;

class ChannelWorld {
public:
    ChannelWorld() {
        world.start_sequencer();
        world.start_verifier();
        world.deposit("alice", 3 * kEther);
    }

    Finished run(const std::string& who, std::vector<std::string> arguments) {
        std::vector<std::string> command = {"--json", "channel"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        command.insert(command.end(), {"--books", books(who)});
        return world.gavel(who, command);
    }
    nlohmann::json done(const std::string& who, std::vector<std::string> arguments) {
        const Finished finished = run(who, std::move(arguments));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 0);
        return nlohmann::json::parse(finished.output);
    }
    std::string refusal(const std::string& who, std::vector<std::string> arguments) {
        const Finished finished = run(who, std::move(arguments));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 1);
        return nlohmann::json::parse(finished.output)["error"]["reason"];
    }
    std::string books(const std::string& who) const { return world.folder().file("books-" + who); }

    // Alice's, to bob, of 0.5 ether in units of a thousandth.
    std::string open(const std::string& expiry = "30d") {
        return done("alice", {"open", checksum("bob"), "0.5", "--unit", "0.001", "--expiry", expiry})["channel"];
    }
    std::string pay(const std::string& channel, const std::string& amount) {
        return done("alice", {"pay", channel, amount})["voucher"];
    }
    static std::string checksum(const std::string& who) { return to_checksum(address_of(who)); }
    u128 balance(const std::string& who) { return world.balance(world.at_sequencer(), address_of(who)).value(); }
    void pass(uint64_t seconds) {
        REQUIRE(world.l1_client().request("evm_increaseTime", "[" + std::to_string(seconds) + "]").ok());
        world.mine();
    }

    World world{{.funded = {"alice", "bob", "carol", "operator", "watcher"}}};
};

}  // namespace gavel::e2e

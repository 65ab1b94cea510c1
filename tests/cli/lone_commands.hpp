// The command as a user calls it who has the L1 alone: its JSON, beside a world with or without daemons.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/world.hpp"

namespace gavel::e2e {

inline constexpr uint64_t kChallenge = 600, kInclusion = 900;  // windows, seconds

class LoneCommands {
public:
    using Json = nlohmann::json;

    // With the L1's address, the contract's, and a key: nothing else.
    Finished run(const std::string& who, std::vector<std::string> arguments) {
        const std::string nobody = "127.0.0.1:1";  // where no server is
        std::vector<std::string> command = {program("gavel"), "--json",
                                            "--l1",           world.l1_url(),
                                            "--rollup",       to_checksum(world.domain().rollup),
                                            "--private-key",  to_hex(key_of(who).scalar()),
                                            "--sequencer",    nobody,
                                            "--verifier",     nobody};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return e2e::run(command, world.folder().path());
    }
    Json alone(const std::string& who, std::vector<std::string> arguments) {
        return document_of(run(who, std::move(arguments)), 0);
    }
    // Its error: reason, message.
    Json error_of(const std::string& who, std::vector<std::string> arguments) {
        return document_of(run(who, std::move(arguments)), 1)["error"];
    }
    // While the sequencer is there.
    Json served(const std::string& who, std::vector<std::string> arguments) {
        return Json::parse(world.gavel_json(who, std::move(arguments)));
    }
    void pass(uint64_t seconds) {
        REQUIRE(world.l1_client().request("evm_increaseTime", "[" + std::to_string(seconds) + "]").ok());
        world.mine();
    }

    World world{
        {.challenge_window_s = kChallenge, .inclusion_window_s = kInclusion, .funded = {"alice", "bob", "carol", "operator"}}};

private:
    static Json document_of(const Finished& done, int exit_status) {
        INFO(done.output << done.errors);
        REQUIRE(done.exit_status == exit_status);
        return Json::parse(done.output);
    }
};

}  // namespace gavel::e2e

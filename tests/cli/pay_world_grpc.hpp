// `gavel pay` as a program, with a file of wages, before a sequencer that a script drives.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "node/file.hpp"
#include "tests/cli/stand_in_grpc.hpp"
#include "tests/e2e/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace gavel::test {

using nlohmann::json;

inline constexpr int kLines = 200;  // three payouts to known accounts: 94, 94, 12
inline constexpr int kPayouts = 3;
inline Address worker(int number) { return PrivateKey::derived("worker " + std::to_string(number)).address(); }

struct Payer {
    Payer() {
        std::string text = "to,amount\n";
        for (int i = 0; i < kLines; ++i) text += to_checksum(worker(i)) + ",0.001\n";
        REQUIRE(node::write_file(file, text).ok());
        std::filesystem::create_symlink(file, link);
    }
    std::vector<std::string> command_for(const std::string& named, std::vector<std::string> more = {}) const {
        std::vector<std::string> out = {std::string(std::getenv("GAVEL_BIN_DIR")) + "/gavel",
                                        "--json",
                                        "--private-key",
                                        to_hex(signer.scalar()),
                                        "--sequencer",
                                        sequencer.target(),
                                        "pay",
                                        named};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    std::vector<std::string> command(std::vector<std::string> more) const { return command_for(file, std::move(more)); }
    e2e::Finished pay(std::vector<std::string> more = {}) const { return e2e::run(command(std::move(more)), dir.path()); }
    json done(std::vector<std::string> more = {}) const {
        const e2e::Finished finished = pay(std::move(more));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 0);
        return json::parse(finished.output);
    }
    std::string refusal(std::vector<std::string> more = {}) const {
        const e2e::Finished finished = pay(std::move(more));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 1);
        return json::parse(finished.output)["error"]["reason"];
    }
    // The states of the payouts in a run that is refused.
    std::vector<std::string> states(std::vector<std::string> more = {}) const {
        const e2e::Finished finished = pay(std::move(more));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 1);
        return states_of(json::parse(finished.output));
    }
    static std::vector<std::string> states_of(const json& document) {
        std::vector<std::string> out;
        for (const json& payout : document["payouts"]) out.push_back(payout["state"]);
        return out;
    }
    // Killed at that submission, before it is applied or after.
    void cut(int submission, At what) {
        sequencer.at(submission, what);
        e2e::Process process(command({}), dir.file("cut.log"));
        sequencer.wait_until_blocked();
        process.kill_now();
        sequencer.release();
    }
    void check_all_paid_once() {
        const std::map<Address, int> paid = sequencer.paid();
        CHECK(paid.size() == kLines);
        for (int i = 0; i < kLines; ++i) CHECK(paid.at(worker(i)) == 1);
    }

    PrivateKey signer = kPayer;
    test::TempDir dir;
    std::string file = dir.file("wages.csv"), link = dir.file("link.csv");
    StandIn sequencer;
};

}  // namespace gavel::test

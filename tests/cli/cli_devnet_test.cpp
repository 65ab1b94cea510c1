// The command as people use it: a devnet of real processes, and commands against it, told by their JSON.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "cli/child_process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/within.hpp"

using namespace gavel;
using gavel::test::TempDir;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct Answer {
    int exit_status = -1;
    json document;
    std::string text;
};

class Net {
public:
    Net() {
        const std::string info = dir_.file("info.json");
        auto started = cli::ChildProcess::start(GAVEL_PROGRAM,
                                                {"devnet", "--free-ports", "--info-file", info, "--data-dir", dir_.file("data"),
                                                 "--challenge-window", "3s", "--batch-age", "300ms", "--accounts", "2"},
                                                dir_.file("devnet.log"));
        REQUIRE(started.ok());
        devnet = std::move(*started);
        test::within(90s, [&] { return std::filesystem::exists(info) || !devnet->is_running(); });
        INFO(slurp(dir_.file("devnet.log")));
        REQUIRE(std::filesystem::exists(info));
        facts = json::parse(slurp(info));
    }

    Answer run(const std::string& arguments, size_t account = 0) {
        const std::string command = "GAVEL_PRIVATE_KEY=" + facts["accounts"][account]["private_key"].get<std::string>() + " " +
                                    GAVEL_PROGRAM + " --json --l1 " + facts["l1"].get<std::string>() + " --sequencer " +
                                    facts["sequencer"].get<std::string>() + " --verifier " +
                                    facts["verifier"].get<std::string>() + " " + arguments + " 2>/dev/null";
        std::FILE* pipe = popen(command.c_str(), "r");
        REQUIRE(pipe != nullptr);
        Answer out;
        char buffer[4096];
        while (size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) out.text.append(buffer, size);
        out.exit_status = WEXITSTATUS(pclose(pipe));
        out.document = json::parse(out.text, nullptr, false);
        return out;
    }
    std::string refusal(const std::string& arguments) {
        const Answer answer = run(arguments);
        INFO(answer.text);
        REQUIRE(answer.exit_status == 1);
        return answer.document["error"]["reason"];
    }
    std::string address(size_t account) const { return facts["accounts"][account]["address"]; }
    std::string balance(const std::string& token, size_t account) {
        const Answer answer = run("balance", account);
        for (const json& line : answer.document["balances"]) {
            if (line["token"] == token) return line["balance_units"];
        }
        return "none";
    }
    static std::string slurp(const std::string& path) {
        std::ifstream in(path);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

    std::unique_ptr<cli::ChildProcess> devnet;
    json facts;

private:
    TempDir dir_;
};

const std::string kEth = "0x0000000000000000000000000000000000000000";

}  // namespace

TEST_CASE("a user of a devnet sends, deposits, withdraws and is paid out") {
    Net net;
    const std::string token = net.facts["token"], bob = net.address(1);

    const Answer sent = net.run("send " + bob + " 1.5 --fee 0.001 --memo lunch");
    INFO(sent.text);
    REQUIRE(sent.exit_status == 0);
    CHECK(net.balance(kEth, 0) == "98.499");
    CHECK(net.balance(kEth, 1) == "101.5");
    const Answer posted = net.run("tx " + sent.document["hash"].get<std::string>() + " --wait posted --timeout 60s");
    CHECK(posted.exit_status == 0);
    CHECK(posted.document["memo"].get<std::string>().starts_with("0x6c756e6368"));

    REQUIRE(net.run("send " + bob + " 25.5 --fee 0.01 --token " + token).exit_status == 0);
    CHECK(net.balance(token, 1) == "1025.5");

    CHECK(net.refusal("send " + bob + " 1000") == "INSUFFICIENT_BALANCE");
    CHECK(net.refusal("send " + bob + " 1.0000001 --token " + token) == "AMOUNT_TOO_PRECISE");
    CHECK(net.refusal("send 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD 1") == "ADDRESS_INVALID");
    CHECK(net.refusal("send " + bob + " 1 --rollup " + bob) == "ROLLUP_MISMATCH");
    CHECK(net.refusal("send " + bob + " 1 --fee 0") == "FEE_TOO_LOW");
    CHECK(net.refusal("batch 9999") == "UNKNOWN_BATCH");
    CHECK(net.run("send").exit_status == 2);
    CHECK(net.run("send " + bob + " 1 --token").exit_status == 2);
    CHECK(net.balance(kEth, 0) == "98.499");

    const Answer deposit = net.run("deposit 0.5 --wait");
    CHECK(deposit.exit_status == 0);
    CHECK(net.balance(kEth, 0) == "98.999");

    const Answer withdrawal = net.run("withdraw 2 --fee 0.001");
    REQUIRE(withdrawal.exit_status == 0);
    const Answer final_one = net.run("tx " + withdrawal.document["hash"].get<std::string>() + " --wait final --timeout 60s");
    CHECK(final_one.document["status"] == "final");
    const std::string batch = std::to_string(final_one.document["batch"].get<uint64_t>());
    const Answer shown = net.run("batch " + batch + " --operations");
    REQUIRE(shown.exit_status == 0);
    CHECK(shown.document["operations"] == 1);
    CHECK(shown.document["payments"][0]["amount"] == "2000000000000000000");
    // The verifier claims it.
    CHECK(test::within(60s, [&] { return net.run("withdrawals").document["withdrawals"][0]["status"] == "claimed"; }));

    const Answer load = net.run("load --payments 300 --accounts 2 --mint-eth --patience 5s");
    INFO(load.text);
    CHECK(load.exit_status == 0);
    CHECK(load.document["confirmed"] == 300);
    CHECK(net.run("history --limit 5").document["entries"].size() == 5);

    net.devnet->stop();
    CHECK_FALSE(net.run("balance").exit_status == 0);
}

// A payment's life, as users and operators see it: real programs, real gRPC, each story in a world of its own.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "protocol/keys.hpp"
#include "tests/e2e/world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using nlohmann::json;

namespace {

std::string text_of(const Address& address) { return to_checksum(address); }

// What `gavel balance --json` says of an owner's ETH, in wei.
std::string balance_told(World& world, const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"balance", text_of(address_of(name))};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const json told = json::parse(world.gavel_json("alice", arguments));
    for (const json& account : told.at("balances"))
        if (account.at("token") == text_of(Address{})) return account.at("balance");
    return "none";
}

}  // namespace

TEST_CASE("deposit, payment, history and withdrawal by the command; the verifier claims the withdrawal") {
    World world({.challenge_window_s = 6, .sequencer_flags = {}});
    world.start_sequencer();
    world.start_verifier();

    world.gavel_json("alice", {"deposit", "5", "--wait"});
    CHECK(balance_told(world, "alice") == "5000000000000000000");
    const json sent = json::parse(world.gavel_json("alice", {"send", text_of(address_of("bob")), "1.5", "--memo", "rent"}));
    CHECK(balance_told(world, "bob") == "1500000000000000000");

    const json history = json::parse(world.gavel_json("alice", {"history", text_of(address_of("bob"))}));
    CHECK(history.dump().find(sent.at("hash").get<std::string>()) != std::string::npos);

    // To somebody who has nothing on the L1 and does nothing there.
    const std::string payee = text_of(address_of("carol"));
    world.gavel_json("bob", {"withdraw", "0.5", "--to", payee});
    world.wait_for_agreement();
    CHECK(balance_told(world, "alice", {"--at-verifier"}) == balance_told(world, "alice"));
    world.eventually("the verifier claims the withdrawal", [&] {
        auto balance = world.l1_client().balance(address_of("carol"));
        return balance && *balance == kEther / 2;
    });
    const json waiting = json::parse(world.gavel_json("alice", {"withdrawals", payee, "--at-verifier"}));
    CHECK(waiting.at("withdrawals").size() == 1);
    world.eventually("the withdrawal is told as claimed", [&] {
        const json told = json::parse(world.gavel_json("alice", {"withdrawals", payee, "--at-verifier"}));
        return told.at("withdrawals").at(0).at("status") == "claimed";
    });
    world.gavel_json("alice", {"tx", sent.at("hash"), "--wait", "final", "--timeout", "60s"});
    world.stop_all();
}

TEST_CASE("a CSV of recipients is paid out; what the file has wrong is told by line, and nothing is paid") {
    World world({.sequencer_flags = {}});
    world.start_sequencer();
    world.start_verifier("");
    world.gavel_json("alice", {"deposit", "50", "--wait"});

    constexpr int kRecipients = 120;  // more than one payout holds
    const std::string file = world.folder().file("wages.csv");
    {
        std::ofstream csv(file);
        csv << "to,amount\n";
        for (int i = 0; i < kRecipients; ++i)
            csv << text_of(address_of("worker " + std::to_string(i))) << ",0." << 100 + i << "\n";
    }
    world.gavel_json("alice", {"pay", file});
    world.wait_for_agreement();
    for (int i : {0, 61, kRecipients - 1}) {
        const std::string told = balance_told(world, "worker " + std::to_string(i), {"--at-verifier"});
        CHECK(told == std::to_string(100 + i) + "000000000000000");
    }

    const std::string before = balance_told(world, "alice");
    CHECK(world.gavel("alice", {"pay", file}).errors.find("PAID_ALREADY") == 0);
    CHECK(json::parse(world.gavel_json("alice", {"pay", file, "--resume"})).at("complete") == true);
    CHECK(balance_told(world, "alice") == before);
    { std::ofstream(file, std::ios::app) << "0x1234,1\n"; }
    const Finished refused = world.gavel("alice", {"pay", file});
    CHECK(refused.exit_status == 1);
    CHECK(refused.errors.find("line " + std::to_string(kRecipients + 2)) != std::string::npos);
    CHECK(balance_told(world, "alice") == before);
    world.stop_all();
}

TEST_CASE("a sequencer with mutual TLS answers who shows a certificate, and nobody else") {
    World world;
    const test::TempDir& folder = world.folder();
    auto openssl = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "/usr/bin/openssl");
        const Finished done = run(arguments, folder.path());
        INFO(done.errors);
        REQUIRE(done.exit_status == 0);
    };
    // An authority for each side, and what it has signed.
    const std::string curve = "ec_paramgen_curve:prime256v1";
    for (const std::string side : {"server", "client"}) {
        openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-days", "2", "-subj", "/CN=" + side + " CA",
                 "-keyout", folder.file(side + "-ca.key"), "-out", folder.file(side + "-ca.pem")});
        openssl({"req", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-subj", "/CN=localhost", "-addext",
                 "subjectAltName=DNS:localhost", "-keyout", folder.file(side + ".key"), "-out", folder.file(side + ".csr")});
        openssl({"x509", "-req", "-in", folder.file(side + ".csr"), "-CA", folder.file(side + "-ca.pem"), "-CAkey",
                 folder.file(side + "-ca.key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out",
                 folder.file(side + ".pem")});
    }
    world.set_sequencer_flags({"--eth-fee-percent", "0", "--tls-cert", folder.file("server.pem"), "--tls-key",
                               folder.file("server.key"), "--tls-client-ca", folder.file("client-ca.pem")});
    world.start_sequencer();

    std::vector<std::string> known = {"--sequencer-tls-ca", folder.file("server-ca.pem"), "--sequencer-tls-name", "localhost"};
    auto with_certificate_of = [&](const std::string& side) {
        std::vector<std::string> flags = known;
        flags.insert(flags.end(),
                     {"--sequencer-tls-cert", folder.file(side + ".pem"), "--sequencer-tls-key", folder.file(side + ".key")});
        return flags;
    };
    auto balance_with = [&](std::vector<std::string> flags) {
        flags.insert(flags.end(), {"balance", text_of(address_of("alice"))});
        return world.gavel("alice", flags).exit_status;
    };
    CHECK(balance_with({}) == 1);                             // in the clear
    CHECK(balance_with(known) == 1);                          // no certificate of its own
    CHECK(balance_with(with_certificate_of("server")) == 1);  // one that the clients' authority hasn't signed
    CHECK(balance_with(with_certificate_of("client")) == 0);
    std::vector<std::string> deposit = with_certificate_of("client");
    deposit.insert(deposit.end(), {"deposit", "1", "--wait"});
    CHECK(world.gavel("alice", deposit).exit_status == 0);
    CHECK(world.sequencer().is_alive());
    world.stop_all();
}

TEST_CASE("two who sign the same words, with the same nonce, both pay") {
    World world;
    world.start_sequencer();
    world.start_verifier("");
    world.deposit("alice", kEther);
    world.deposit("bob", kEther);
    const auto first = world.transfer("alice", address_of("carol"), 7, 0);
    const auto second = world.transfer("bob", address_of("carol"), 7, 0);
    const auto receipt = world.submit(first);
    const auto other = world.submit(second);
    CHECK(receipt.hash != other.hash);
    CHECK(receipt.position != other.position);
    // Sent again, each gets its own.
    CHECK(world.submit(first) == receipt);
    CHECK(world.submit(second) == other);
    world.wait_for_agreement();
    CHECK(world.balance(world.at_verifier(), address_of("carol")) == Amount{14});
    CHECK(world.balance(world.at_verifier(), address_of("bob")) == Amount{kEther - 7});
    world.stop_all();
}

TEST_CASE("a sequencer that is stopped, and keeps its port: the command names it soon, and shows what the verifier knows") {
    World world;
    world.start_sequencer();
    world.start_verifier("");
    world.deposit("alice", kEther);
    world.wait_for_agreement();
    REQUIRE(kill(world.sequencer().pid(), SIGSTOP) == 0);
    const auto began = std::chrono::steady_clock::now();
    const json status = json::parse(world.gavel_json("alice", {"status"}));
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(15));
    CHECK(status["sequencer"]["error"] == "DEADLINE_EXCEEDED");
    CHECK(status["verifier"]["synced"] == true);
    CHECK(status["rollup"] == to_checksum(world.domain().rollup));
    CHECK_FALSE(status["contract"].contains("error"));
    const Finished text = world.gavel("alice", {"status"});
    CHECK(text.exit_status == 0);
    CHECK(text.output.find("no answer") != std::string::npos);

    const Finished balance = world.gavel("alice", {"balance"});
    CHECK(balance.exit_status == 1);
    CHECK(balance.errors.find("the sequencer at " + world.sequencer_address() + " gave no answer within 10 s") !=
          std::string::npos);
    CHECK(world.gavel("alice", {"balance", "--at-verifier"}).exit_status == 0);
    REQUIRE(kill(world.sequencer().pid(), SIGCONT) == 0);
    world.stop_all();
}

// `gavel pay` cut at every place: the real program, before a sequencer that a script drives.
#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "node/file.hpp"
#include "protocol/keys.hpp"
#include "tests/cli/pay_world_grpc.hpp"
#include "tests/e2e/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel;
using namespace gavel::test;
using nlohmann::json;

namespace {

using States = std::vector<std::string>;

}  // namespace

TEST_CASE("gavel pay, killed at any payout, pays the rest when resumed, and nobody twice") {
    for (const At what : {At::kBlockBefore, At::kBlockAfter}) {
        for (int submission = 1; submission <= kPayouts; ++submission) {
            INFO("submission " << submission << (what == At::kBlockAfter ? ", applied" : ", not applied"));
            Payer payer;
            payer.cut(submission, what);
            CHECK(payer.refusal() == "PAY_INCOMPLETE");
            const json resumed = payer.done({"--resume"});
            CHECK(resumed["payouts"].size() == kPayouts);
            CHECK(resumed["payouts"][0]["lines"] == json({2, 95}));
            CHECK(Payer::states_of(resumed) == States{"paid", "paid", "paid"});
            payer.check_all_paid_once();
            CHECK(payer.refusal() == "PAID_ALREADY");
            CHECK(e2e::run(payer.command_for(payer.link), payer.dir.path()).exit_status == 1);
            payer.done({"--resume"});
            CHECK(payer.sequencer.applied() == kPayouts);
        }
    }
}

TEST_CASE("a nonce that another payment took meanwhile: only that payout is signed anew") {
    Payer payer;
    payer.cut(2, At::kBlockBefore);
    payer.sequencer.use_nonce();
    const json resumed = payer.done({"--resume"});
    CHECK(resumed["payouts"][0]["nonce"] == 0);
    CHECK(resumed["payouts"][1]["nonce"] == 3);
    CHECK(resumed["payouts"][2]["nonce"] == 2);
    payer.check_all_paid_once();
    CHECK(payer.done({"--resume"})["payouts"] == resumed["payouts"]);
    CHECK(payer.sequencer.applied() == kPayouts);
}

TEST_CASE("an answer that is lost is asked for by hash; a request that is lost is told as not known") {
    Payer payer;
    payer.sequencer.at(2, At::kLoseRequest);
    CHECK(payer.states() == States{"paid", "not known", "not paid"});
    payer.sequencer.at(1, At::kLoseAnswer);
    CHECK(Payer::states_of(payer.done({"--resume"})) == States{"paid", "paid", "paid"});
    payer.check_all_paid_once();
}

TEST_CASE("a payout that is refused leaves those before it paid, and the rest for later") {
    Payer payer;
    payer.sequencer.at(2, At::kRefuseBalance);
    CHECK(payer.states() == States{"paid", "not paid", "not paid"});
    CHECK(payer.sequencer.applied() == 1);
    payer.done({"--resume"});
    payer.check_all_paid_once();
}

TEST_CASE("a fee that has risen since: signed anew with the same nonce") {
    Payer payer;
    payer.cut(2, At::kBlockBefore);
    payer.sequencer.set_fee(9);
    const json resumed = payer.done({"--resume"});
    CHECK(resumed["payouts"][1]["nonce"] == 1);
    CHECK(resumed["payouts"][1]["fee"] == "9");
    payer.check_all_paid_once();
    CHECK(payer.done({"--resume"})["complete"] == true);
    CHECK(payer.sequencer.applied() == kPayouts);
}

TEST_CASE("a payout that was rolled back is sent again as it was signed") {
    Payer payer;
    const json first = payer.done();
    payer.sequencer.roll_back_last();
    const json resumed = payer.done({"--resume"});
    CHECK(resumed["payouts"] == first["payouts"]);
    payer.check_all_paid_once();
}

TEST_CASE("gavel send asks by hash when its answer is lost, and names the hash when its request may be") {
    Payer payer;
    const std::vector<std::string> send = {std::string(std::getenv("GAVEL_BIN_DIR")) + "/gavel",
                                           "--json",
                                           "--private-key",
                                           to_hex(kPayer.scalar()),
                                           "--sequencer",
                                           payer.sequencer.target(),
                                           "send",
                                           to_checksum(worker(1)),
                                           "0.001"};
    payer.sequencer.at(1, At::kLoseAnswer);
    CHECK(json::parse(e2e::run(send, payer.dir.path()).output)["position"] == 0);
    payer.sequencer.at(1, At::kLoseRequest);
    const e2e::Finished lost = e2e::run(send, payer.dir.path());
    CHECK(lost.exit_status == 1);
    CHECK(lost.errors.find("it may have been taken all the same: before you send it again, ask: gavel tx 0x") !=
          std::string::npos);
    // What has no form is no refusal either.
    payer.sequencer.at(1, At::kSpoilAnswer);
    CHECK(json::parse(e2e::run(send, payer.dir.path()).output)["position"] == 1);
    payer.sequencer.at(1, At::kRefuseBalance);
    const e2e::Finished refused = e2e::run(send, payer.dir.path());
    CHECK(json::parse(refused.output)["error"]["reason"] == "INSUFFICIENT_BALANCE");
    CHECK(refused.errors.find("may have been taken") == std::string::npos);
    CHECK(payer.sequencer.applied() == 2);
}

TEST_CASE("Ctrl-C lets the payout under way end, and says who is paid") {
    Payer payer;
    payer.sequencer.at(2, At::kBlockAfter);
    e2e::Process process(payer.command({}), payer.dir.file("run.log"));
    payer.sequencer.wait_until_blocked();
    CHECK(payer.refusal({"--resume"}) == "PAY_RUNNING");
    REQUIRE(::kill(process.pid(), SIGINT) == 0);
    payer.sequencer.release();
    REQUIRE(e2e::within(std::chrono::seconds(60), [&] { return !process.is_alive(); }));
    const std::string log = process.log();
    CHECK(Payer::states_of(json::parse(log.substr(0, log.rfind("\n}") + 2))) == States{"paid", "paid", "not paid"});
    CHECK(log.find("INTERRUPTED") != std::string::npos);
    payer.done({"--resume"});
    payer.check_all_paid_once();
}

TEST_CASE("a journal is of one file, one sender and one rollup; what it can't be is refused before anything is sent") {
    Payer payer;
    CHECK(payer.refusal({"--resume"}) == "NOTHING_TO_RESUME");
    payer.cut(2, At::kBlockBefore);
    const std::string journal = *node::read_file(payer.file + ".journal");
    const std::string text = *node::read_file(payer.file);
    REQUIRE(node::write_file(payer.file, text + to_checksum(worker(0)) + ",1\n").ok());
    CHECK(payer.refusal({"--resume"}) == "PAY_FILE_CHANGED");
    REQUIRE(node::write_file(payer.file, text).ok());
    payer.signer = PrivateKey::derived("other");
    CHECK(payer.refusal({"--resume"}) == "JOURNAL_MISMATCH");
    payer.signer = kPayer;
    CHECK(payer.refusal({"--resume", "--memo", "x"}) == "OPTION_INVALID");

    // A line that was being written when the machine stopped.
    REQUIRE(node::write_file(payer.file + ".journal", journal + "{\"paid\":1,\"ha").ok());
    payer.done({"--resume"});
    payer.check_all_paid_once();
    // One that doesn't say what was signed.
    std::string bent = journal;
    bent.replace(bent.find("\"1000000000000000\""), 18, "\"9000000000000000\"");
    REQUIRE(node::write_file(payer.file + ".journal", bent).ok());
    CHECK(payer.refusal({"--resume"}) == "JOURNAL_INVALID");
    // A beginning that was never finished: nothing was sent.
    Payer fresh;
    REQUIRE(node::write_file(fresh.file + ".journal", journal.substr(0, journal.find('\n') + 100)).ok());
    CHECK(fresh.refusal({"--resume"}) == "NOTHING_TO_RESUME");
    fresh.done();
    fresh.check_all_paid_once();
}

TEST_CASE("nobody is paid by a file that pays the rollup, or says odd things once only") {
    Payer payer;
    const std::string text = *node::read_file(payer.file);
    REQUIRE(node::write_file(payer.file, text + to_checksum(kDomain.rollup) + ",1\n").ok());
    CHECK(payer.refusal() == "PAYEE_INVALID");
    REQUIRE(node::write_file(payer.file, text + to_checksum(worker(3)) + ",0.001\n" + to_checksum(worker(4)) + ",0\n").ok());
    const e2e::Finished odd = payer.pay();
    CHECK(odd.exit_status == 1);
    CHECK(odd.errors.find("line 202: the same as line 5") != std::string::npos);
    CHECK(odd.errors.find("line 203: an amount of zero") != std::string::npos);
    CHECK(payer.sequencer.applied() == 0);
    payer.done({"--as-it-stands"});
    CHECK(payer.sequencer.paid().at(worker(3)) == 2);
}

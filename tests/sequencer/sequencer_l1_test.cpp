// A sequencer whose L1 is silent, old, down at its start, or contradicts itself.
#include <catch2/catch.hpp>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "sequencer/sequencer.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::sequencer;

namespace {

class Line final : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    bool is_down = false, leaves_logs_out = false;
    std::optional<l1::BlockRef> stuck_at;

    node::Result<l1::BlockRef> head() override {
        auto out = ForwardingClient::head();
        return out && stuck_at ? node::Result<l1::BlockRef>(*stuck_at) : out;
    }
    node::Result<std::vector<l1::Log>> logs(const l1::LogFilter& filter) override {
        return leaves_logs_out ? std::vector<l1::Log>{} : ForwardingClient::logs(filter);
    }
    node::Result<std::vector<l1::Log>> logs_by_receipts(const l1::BlockSummary& block, const l1::LogFilter& filter) override {
        return leaves_logs_out ? std::vector<l1::Log>{} : ForwardingClient::logs_by_receipts(block, filter);
    }

private:
    node::Status admit() override {
        return is_down ? node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "down"} : node::Status{};
    }
};

// Blocks of 12 seconds; alice has money in the rollup.
struct World {
    test::ContractFixture l1;
    l1::InProcessClient node{*l1.chain, l1::rollup_error_names()};
    Line client{node};
    node::MemoryStore store;
    node::ManualClock clock{test::kStart * 1000};
    std::unique_ptr<l1::L1Wallet> wallet;
    std::unique_ptr<follow::L1Sync> sync;
    std::unique_ptr<node::Metrics> metrics;
    std::unique_ptr<Sequencer> sequencer;

    World() {
        start();
        rounds(10);
        INFO(node::to_string(sequencer->health()));
        REQUIRE(sequencer->health().ok());
        REQUIRE(l1.send(l1.alice, l1::rollup_call::deposit_eth(l1.alice.address()), test::kEther).empty());
        rounds(36);  // so that all blocks that are remembered are 12 s apart
        REQUIRE(balance(l1.alice) == test::kEther);
    }
    void start() {
        sequencer.reset();
        sync.reset();
        SequencerConfig config;
        config.fees.eth_percent = 0;
        config.engine.fee_recipient = l1.home.address();
        config.engine.batch_age_ms = 5'000;
        wallet = std::make_unique<l1::L1Wallet>(client, l1.home, l1::L1WalletOptions{}, clock);
        auto opened = follow::L1Sync::open(store, client, l1.rollup);
        INFO(node::to_string(opened.status()));
        REQUIRE(opened.ok());
        sync = std::move(*opened);
        metrics = std::make_unique<node::Metrics>();
        sequencer = std::make_unique<Sequencer>(store, *sync, client, *wallet, clock, *metrics, config);
    }
    void block() {
        l1.pass(11);
        REQUIRE(l1.chain->set_next_block_time(l1.now()).ok());
        l1.chain->mine();
        l1.pass(1);
        clock.advance(12'000);
    }
    void rounds(int count) {
        for (int i = 0; i < count; ++i) {
            block();
            sequencer->step();
        }
    }
    u128 balance(const PrivateKey& key) const { return sequencer->queries().account({key.address(), {}}).balance.value(); }
    std::string submit(uint64_t nonce) {
        Submission submission;
        submission.operation = {OperationKind::kTransfer, {}, {{l1.bob.address(), Amount{1}}}, Amount{0}, nonce, {}};
        submission.sender = l1.alice.address();
        submission.chain_id = sync->domain().chain_id;
        submission.signature = l1.alice.sign(submission.operation.digest(sync->domain().separator()));
        std::string reason;
        sequencer->submit({submission}, [&](std::vector<SubmitOutcome> outcomes) { reason = outcomes[0].status.reason; });
        sequencer->execute();
        return reason;
    }
    double gauge(const std::string& name) const {
        const std::string text = metrics->text();
        const size_t at = text.find("\n" + name + " ");
        REQUIRE(at != text.npos);
        return std::stod(text.substr(at + name.size() + 2));
    }
};

}  // namespace

TEST_CASE("no L1 block for four block times: nothing is confirmed, health says so, whatever the loop does") {
    World w;
    CHECK(w.submit(0).empty());
    const bool is_stuck = GENERATE(false, true);  // the same head for ever, or no answer
    if (is_stuck) w.client.stuck_at = w.l1.chain->head();
    else w.client.is_down = true;
    w.sequencer->step();
    CHECK(w.submit(1).empty());
    w.clock.advance(47'000);
    CHECK(w.submit(2).empty());
    w.clock.advance(2'000);
    CHECK(w.submit(3) == "L1_STALE");
    CHECK(w.sequencer->sequencing().message == "no new block of the L1 has come for 49 s");
    CHECK(w.sequencer->health().reason == "L1_STALE");
    CHECK(w.gauge("gavel_trouble_seconds{reason=\"L1_STALE\"}") == 1);
    w.sequencer->step();
    CHECK(w.submit(3) == "L1_STALE");
    w.client.stuck_at.reset();
    w.client.is_down = false;
    w.rounds(2);
    CHECK(w.sequencer->health().ok());
    CHECK(w.submit(3).empty());
}

TEST_CASE("an L1 that is down is told after a block time, and the gauges go on by the clock") {
    World w;
    CHECK(w.submit(0).empty());
    w.client.is_down = true;
    w.sequencer->step();
    CHECK(w.sequencer->health().ok());
    const double head_age = w.gauge("gavel_head_age_seconds");
    w.clock.advance(12'000);
    w.sequencer->step();
    CHECK(w.sequencer->health().reason == "L1_SILENT");
    w.clock.advance(88'000);
    CHECK(w.gauge("gavel_head_age_seconds") == head_age + 100);
    CHECK(w.gauge("gavel_unbatched_seconds") == 100);
    CHECK(w.gauge("gavel_l1_age_seconds") == 100);
    w.client.is_down = false;
    w.rounds(2);
    CHECK(w.sequencer->health().ok());
    CHECK(w.gauge("gavel_l1_age_seconds") == 0);
}

TEST_CASE("a round that hangs is told by itself") {
    World w;
    w.clock.advance(25'000);  // nobody has called follow() since
    CHECK(w.sequencer->health().reason == "L1_SILENT");
    CHECK(w.sequencer->sequencing().ok());
}

TEST_CASE("started without the L1 it serves what it has, confirms nothing, and goes on when the L1 comes") {
    World w;
    CHECK(w.submit(0).empty());
    w.rounds(4);
    w.client.is_down = true;
    w.start();
    w.sequencer->step();
    CHECK(w.balance(w.l1.bob) == 1);
    CHECK(w.sequencer->queries().account({w.l1.alice.address(), {}}).balance.value() == test::kEther - 1);
    CHECK(w.submit(1) == "STARTING");
    CHECK(w.sequencer->health().reason == "STARTING");
    CHECK(w.gauge("gavel_accounts") == 3);
    w.client.is_down = false;
    w.rounds(2);
    CHECK(w.sequencer->health().ok());
    CHECK(w.submit(1).empty());
}

TEST_CASE("an L1 that contradicts itself is no L1 to confirm by") {
    World w;
    w.client.leaves_logs_out = true;
    REQUIRE(w.l1.send(w.l1.bob, l1::rollup_call::deposit_eth(w.l1.bob.address()), 7).empty());
    w.block();
    w.sequencer->step();
    CHECK(w.sequencer->health().reason == "L1_CONTRADICTS");
    CHECK(w.submit(0) == "L1_CONTRADICTS");
    w.client.leaves_logs_out = false;
    for (int i = 0; i < 100 && !w.sequencer->health().ok(); ++i) w.sequencer->step();
    CHECK(w.sequencer->health().ok());
    w.rounds(4);
    CHECK(w.balance(w.l1.bob) == 7);
}

// How a channel stands by the word of servers: what is posted, what is settled, and what is remembered for how long.
#include <catch2/catch.hpp>

#include "cli/channel_source.hpp"

using namespace gavel;
using namespace gavel::cli;
using channel::Sighting;
using channel::Standing;
using node::Code;
using node::Result;
using node::Status;

namespace {

// Knows of one channel what the test has set, and nothing else.
class SetVerifier final : public api::Verifier {
public:
    Result<api::ChainInfo> chain_info() override {
        if (is_away) return kAway;
        api::ChainInfo out;
        out.l1_time = l1_time;
        return out;
    }
    Result<api::ChannelInfo> channel(const AccountKey&) override {
        if (is_away) return kAway;
        if (!info) return Status{Code::kNotFound, "UNKNOWN_CHANNEL", "channel", ""};
        return *info;
    }
    Result<api::AccountInfo> account(const AccountKey&) override { return kUnused; }
    Result<api::Balances> balances(const Address&, const std::optional<Address>&, uint32_t) override { return kUnused; }
    Result<api::Channels> channels(const Address&, const std::optional<AccountKey>&, uint32_t) override { return kUnused; }
    Result<api::Page<api::EntryInfo>> history(const Address&, const std::optional<Address>&, uint64_t, uint32_t) override {
        return kUnused;
    }
    Result<api::OperationInfo> operation(const Hash&) override { return kUnused; }
    Result<api::ClaimProof> withdrawal_proof(uint32_t) override { return kUnused; }
    Result<api::Page<api::WithdrawalInfo>> withdrawals(const Address&, uint64_t, uint32_t) override { return kUnused; }
    Result<api::ChunkSignatures> chunk_signatures(uint64_t, uint32_t) override { return kUnused; }
    Result<api::BatchInfo> batch(uint64_t) override { return kUnused; }
    Status watch_operation(const Hash&, const api::Take<api::OperationInfo>&, const api::Step&) override { return kUnused; }
    Status watch_payments(const Address&, const std::optional<Address>&, std::optional<uint64_t>,
                          const api::Take<api::Page<api::IncomingPayment>>&, const api::Step&) override {
        return kUnused;
    }
    Status feed(uint64_t, const api::Take<api::Page<api::EntryInfo>>&, const api::Step&) override { return kUnused; }
    Result<api::VerifierStatus> status() override { return kUnused; }
    Result<api::FraudProof> fraud_proof(uint64_t, const std::optional<Hash>&) override { return kUnused; }
    Status verdicts(uint64_t, const api::Take<api::Verdict>&, const api::Step&) override { return kUnused; }
    Status fraud_proofs(uint64_t, const api::Take<api::FraudProof>&, const api::Step&) override { return kUnused; }

    std::optional<api::ChannelInfo> info;
    uint64_t l1_time = 0;
    bool is_away = false;

private:
    const Status kUnused{Code::kInternal, "UNUSED", "", "the test doesn't ask for it"};
    const Status kAway{Code::kUnavailable, "AWAY", "", "the verifier is away"};
};

constexpr uint64_t kStart = 1'000'000;

struct Watched {
    node::ManualClock clock{kStart * 1000};
    SetVerifier verifier;
    ServersSource source{{nullptr, &verifier, nullptr}, clock};
    AccountKey channel{PrivateKey::derived("channel").address(), {}};

    // As the verifier has it from that second of the L1's on.
    void post(uint64_t claimed, api::OperationStatus status = api::OperationStatus::kPosted) {
        api::ChannelInfo info;
        info.account = {channel, 7, kChannelMark + claimed, Amount{100}};
        info.status = status;
        verifier.info = info;
    }
    void post_closed() {
        post(0);
        verifier.info->account.nonce = kClosedChannel;
    }
    Sighting look(uint64_t after_s) {
        verifier.l1_time = kStart + after_s;
        auto seen = source.look(channel);
        REQUIRE(seen.ok());
        return *seen;
    }
    // Units claimed in the settled state, if there is one.
    std::optional<uint64_t> settled(uint64_t after_s) {
        const Sighting seen = look(after_s);
        return seen.settled ? std::optional(seen.settled->claimed) : std::nullopt;
    }
};

}  // namespace

TEST_CASE("what is posted is settled once it has stood for as long as the L1's finality takes") {
    Watched w;
    w.post(5);
    CHECK(w.look(0).posted->claimed == 5);
    CHECK_FALSE(w.settled(0));
    CHECK_FALSE(w.settled(kFinality_s - 1));
    CHECK(w.settled(kFinality_s) == 5);
    // What comes later waits for itself, and what was settled stays.
    w.post(8);
    CHECK(w.settled(kFinality_s + 10) == 5);
    CHECK(w.look(kFinality_s + 10).posted->claimed == 8);
    CHECK(w.settled(2 * kFinality_s + 9) == 5);
    CHECK(w.settled(2 * kFinality_s + 10) == 8);
    // Of several that come one after the other the first isn't put off by the others.
    w.post(9);
    CHECK(w.settled(10'000) == 8);
    w.post(10);
    CHECK(w.settled(10'000 + kFinality_s) == 9);
    CHECK(w.settled(10'000 + 2 * kFinality_s) == 10);
}

TEST_CASE("what is final on the rollup is settled at once, and what is only confirmed isn't posted") {
    Watched w;
    w.post(5, api::OperationStatus::kFinal);
    CHECK(w.settled(0) == 5);
    w.post(6, api::OperationStatus::kConfirmed);
    CHECK_FALSE(w.look(1).posted);
    CHECK_FALSE(w.settled(1));
}

TEST_CASE("a state that was struck, or is gone, is waited for anew") {
    Watched w;
    w.post(5);
    CHECK(w.settled(0) == std::nullopt);
    CHECK(w.settled(kFinality_s) == 5);
    SECTION("fewer units are claimed than before") { w.post(3); }
    SECTION("the channel was closed") {
        w.post_closed();
        CHECK(w.look(kFinality_s + 1).posted->closed);
        CHECK(w.look(2 * kFinality_s + 1).settled->closed);
        w.post(3);
    }
    SECTION("there is no channel any more") {
        w.verifier.info.reset();
        CHECK_FALSE(w.look(kFinality_s + 1).posted);
        w.post(3);
    }
    const uint64_t then = 3 * kFinality_s;
    CHECK_FALSE(w.settled(then));
    CHECK_FALSE(w.settled(then + kFinality_s - 1));
    CHECK(w.settled(then + kFinality_s) == 3);
}

TEST_CASE("without the verifier nothing is posted, and without anybody's time nothing is known") {
    Watched w;
    w.post(5);
    CHECK_FALSE(w.settled(0));
    w.verifier.is_away = true;
    w.verifier.l1_time = kStart;
    CHECK(w.source.look(w.channel).status().reason == "AWAY");
    w.verifier.is_away = false;
    CHECK(w.settled(kFinality_s) == 5);
}

TEST_CASE("an answer for another account is no channel") {
    Watched w;
    w.post(5);
    w.verifier.info->account.key.owner = PrivateKey::derived("another").address();
    CHECK_FALSE(w.look(0).posted);
    w.post(5);
    w.verifier.info->account.nonce = 5;
    CHECK_FALSE(w.look(0).posted);
}

namespace {

class Counting final : public channel::ChannelSource {
public:
    explicit Counting(const node::Clock& clock) : clock_(clock) {}
    Result<Sighting> look(const AccountKey&) override {
        ++asked;
        if (!failure.ok()) return failure;
        Sighting out;
        out.seen_at_ms = clock_.steady_ms();
        if (stands) out.confirmed = Standing{Amount{100}, 0, false};
        return out;
    }
    size_t asked = 0;
    bool stands = true;
    Status failure;

private:
    const node::Clock& clock_;
};

}  // namespace

TEST_CASE("a sighting is kept for a while, of channels that stand, and no more of them than there is room for") {
    node::ManualClock clock{1'000'000};
    Counting world(clock);
    KeptSource kept(world, clock, 500, 2);
    auto key = [](const char* name) { return AccountKey{PrivateKey::derived(name).address(), {}}; };
    CHECK(kept.look(key("a")).ok());
    clock.advance(500);
    CHECK(kept.look(key("a")).ok());
    CHECK(world.asked == 1);
    clock.advance(1);
    CHECK(kept.look(key("a")).ok());
    CHECK(world.asked == 2);
    // A failure is told, and not remembered.
    clock.advance(501);
    world.failure = {Code::kUnavailable, "AWAY", "", ""};
    CHECK(kept.look(key("a")).status().reason == "AWAY");
    world.failure = {};
    CHECK(kept.look(key("a")).ok());
    CHECK(world.asked == 4);
    // What doesn't stand is asked for each time.
    world.stands = false;
    CHECK_FALSE(kept.look(key("b"))->confirmed);
    CHECK_FALSE(kept.look(key("b"))->confirmed);
    CHECK(world.asked == 6);
    world.stands = true;
    CHECK(kept.look(key("c")).ok());
    CHECK(kept.look(key("d")).ok());  // no room: all are forgotten
    CHECK(kept.look(key("a")).ok());
    CHECK(world.asked == 9);
}

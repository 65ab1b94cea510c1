// Channels at the sequencer: what it takes of funds and redeems, what it refuses, and by which name.
#include <random>

#include "tests/sequencer/sequencer_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;

namespace {

// Alice pays Bob, who has no account yet.
struct ChannelWorld : Funded {
    explicit ChannelWorld(SequencerConfig wanted = {}) : Funded(std::move(wanted)) {}

    Address address() const { return terms.address(sync->domain().separator()); }
    Submission fund(u128 amount, uint64_t nonce, u128 fee = 0) const {
        Submission out;
        out.operation = {OperationKind::kFund, {}, {{{}, Amount{amount}}}, Amount{fee}, nonce, {}, {terms, {}, 0, false, false}};
        return sign(l1.alice, out);
    }
    // It takes what the voucher is for, unless count is zero.
    Submission redeem(uint64_t claimed, uint64_t count, bool close, u128 fee = 0) const {
        Submission out;
        out.operation = {OperationKind::kRedeem, {}, {}, Amount{fee}, claimed, {}, {terms, address(), count, count > 0, close}};
        if (count > 0) out.voucher = voucher(l1.alice, count);
        return sign(l1.bob, out);
    }
    Signature voucher(const PrivateKey& payer, uint64_t count) const {
        return payer.sign(Voucher{address(), {}, count}.digest(sync->domain().separator()));
    }
    std::string reason(const Submission& submission) {
        const node::Status status = submit(submission).status;
        return status.ok() ? "OK" : status.reason + " " + status.field;
    }
    Account leaf() const {
        auto info = sequencer->queries().account({address(), {}});
        return {info.key, info.nonce, info.balance, {}};
    }

    ChannelTerms terms{l1.alice.address(), l1.bob.address(), Amount{kMilli}, 2'000'000'000, 7};
};

}  // namespace

TEST_CASE("a channel is funded, redeemed and closed, in batches that stand") {
    ChannelWorld w;
    REQUIRE(w.reason(w.fund(100 * kMilli, 0)) == "OK");
    CHECK(w.leaf().nonce == kChannelMark);
    CHECK(w.balance(w.address()) == 100 * kMilli);
    const SubmitOutcome taken = w.submit(w.redeem(0, 30, false));
    INFO(node::to_string(taken.status));
    REQUIRE(taken.status.ok());
    CHECK(w.leaf().nonce == kChannelMark + 30);
    CHECK(w.balance(w.l1.bob.address()) == 30 * kMilli);
    w.sequencer->follow();
    CHECK(w.metric("gavel_cached_signers") == "3");
    w.run(5);
    CHECK(w.metric("gavel_cached_signers") == "0");
    CHECK(w.status(taken.receipt.hash) == query::OperationStatus::kPosted);

    REQUIRE(w.reason(w.redeem(30, 50, true)) == "OK");
    CHECK(w.leaf().nonce == kClosedChannel);
    CHECK(w.balance(w.l1.bob.address()) == 50 * kMilli);
    CHECK(w.balance(w.l1.alice.address()) == 5 * kEther - 50 * kMilli);
    w.run(5);
    CHECK(w.sequencer->queries().chain_info().posted_op_count == 3);
    CHECK(w.reason(w.redeem(50, 60, false)) == "CHANNEL_NOT_OPEN operation");
    CHECK(w.reason(w.fund(1, 1)) == "CHANNEL_NOT_OPEN operation");
}

TEST_CASE("a channel's operations again get the same receipts, after a loss of power too") {
    ChannelWorld w;
    const Submission fund = w.fund(100 * kMilli, 0), redeem = w.redeem(0, 30, false);
    const auto funded = w.submit(fund), redeemed = w.submit(redeem);
    REQUIRE(redeemed.status.ok());
    CHECK(w.submit(redeem).receipt == redeemed.receipt);
    w.lose_power();
    w.start();
    w.run(1);
    CHECK(w.submit(fund).receipt == funded.receipt);
    CHECK(w.submit(redeem).receipt == redeemed.receipt);
    CHECK(w.balance(w.l1.bob.address()) == 30 * kMilli);
    w.run(5);
    CHECK(w.status(redeemed.receipt.hash) == query::OperationStatus::kPosted);
}

TEST_CASE("what can't be a fund or a redeem is refused by name, and changes nothing") {
    ChannelWorld w;
    CHECK(w.reason(w.redeem(0, 1, false)) == "CHANNEL_NOT_OPEN operation");
    REQUIRE(w.submit(w.transfer(w.l1.alice, w.address(), 1, 0)).status.ok());
    CHECK(w.reason(w.redeem(0, 1, false)) == "CHANNEL_NOT_OPEN operation");  // dust makes no channel
    auto changed = [&](Submission submission, auto change) {
        change(submission.operation);
        const bool is_fund = submission.operation.kind == OperationKind::kFund;
        return w.reason(w.sign(is_fund ? w.l1.alice : w.l1.bob, submission));
    };
    const Submission fund = w.fund(100 * kMilli, 1);
    CHECK(w.reason(w.fund(0, 1)) == "ZERO_AMOUNT operation.fund.amount");
    CHECK(changed(fund, [](Operation& o) { o.channel.terms.unit = {}; }) == "ZERO_UNIT operation.fund.unit");
    CHECK(changed(fund, [](Operation& o) { o.channel.terms.payee = {}; }) == "ZERO_RECIPIENT operation.fund.payee");
    CHECK(changed(fund, [&](Operation& o) { o.channel.terms.payee = w.terms.payer; }) == "PAYEE_IS_PAYER operation.fund.payee");
    CHECK(changed(fund, [&](Operation& o) { o.payments[0].to = w.l1.rollup; }) == "CHANNEL_TERMS operation.fund.channel");
    CHECK(changed(fund, [&](Operation& o) { o.payments[0].amount = Amount{6 * kEther}; }) == "INSUFFICIENT_BALANCE operation");
    REQUIRE(w.reason(fund) == "OK");
    const Account before = w.leaf();

    const Submission redeem = w.redeem(0, 30, false);
    CHECK(changed(redeem, [](Operation& o) { o.channel.take = false; }) == "IDLE_REDEEM operation.redeem.take");
    CHECK(changed(redeem, [](Operation& o) { o.channel.count = 0; }) == "BAD_COUNT operation.redeem.count");
    CHECK(changed(redeem, [](Operation& o) { o.channel.count = kMaxVoucherCount + 1; }) == "BAD_COUNT operation.redeem.count");
    CHECK(changed(w.redeem(0, 0, true), [](Operation& o) { o.fee = Amount{1}; }) == "BAD_FEE operation.redeem.fee");
    CHECK(changed(redeem, [](Operation& o) { o.channel.terms.unit = {}; }) == "CHANNEL_TERMS operation.redeem.terms");
    CHECK(changed(redeem, [](Operation& o) { o.channel.terms.salt = 8; }) == "CHANNEL_TERMS operation.redeem.channel");
    auto other = [&](Operation& o) {
        o.channel.terms.salt = 8;
        o.channel.channel = o.channel.terms.address(w.sync->domain().separator());
    };
    CHECK(changed(redeem, other) == "WRONG_SIGNER operation.redeem.voucher");  // the voucher is for another channel
    CHECK(w.reason(w.sign(w.l1.carol, redeem)) == "WRONG_SIGNER operation.redeem.terms.payee");

    auto with_voucher = [&](const std::optional<Signature>& voucher, uint64_t count) {
        Submission out = w.redeem(0, count, count == 0);
        out.voucher = voucher;
        return w.reason(out);
    };
    CHECK(with_voucher({}, 30) == "FIELD_MISSING operation.redeem.voucher");
    CHECK(with_voucher(w.voucher(w.l1.alice, 31), 30) == "WRONG_SIGNER operation.redeem.voucher");
    CHECK(with_voucher(w.voucher(w.l1.bob, 30), 30) == "WRONG_SIGNER operation.redeem.voucher");
    CHECK(with_voucher(Signature{}, 30) == "BAD_SIGNATURE operation.redeem.voucher");
    CHECK(with_voucher(w.voucher(w.l1.alice, 30), 0) == "FIELD_CONFLICT operation.redeem.voucher");

    const SubmitOutcome claimed = w.submit(w.redeem(3, 30, false));
    CHECK(claimed.status.reason == "WRONG_NONCE");
    CHECK(claimed.status.field == "operation.redeem.claimed");
    CHECK(claimed.expected_nonce == 0);
    CHECK(w.reason(w.redeem(0, 101, true)) == "INSUFFICIENT_BALANCE operation");  // it can't pay all that it is closed for
    CHECK(w.leaf() == before);
    REQUIRE(w.reason(w.redeem(0, 100, false)) == "OK");
    CHECK(w.reason(w.redeem(100, 101, false)) == "NOTHING_TO_REDEEM operation.redeem.count");
    CHECK(w.reason(w.redeem(100, 100, false)) == "NOTHING_TO_REDEEM operation.redeem.count");
}

TEST_CASE("a redeem's fee comes out of what it takes, and a close that takes nothing is refused where fees are asked") {
    World plain;
    plain.config.fees.eth_percent = 110;
    ChannelWorld w(plain.config);
    w.config.fees.eth_percent = 110;
    w.start();
    w.run(6);
    const u128 had = w.balance(w.l1.home.address());
    const u128 fee = w.sequencer->estimate_fee({}, {OperationKind::kFund})->suggested.value();
    REQUIRE(w.reason(w.fund(100 * kMilli, 0, fee)) == "OK");

    const auto quote = w.sequencer->estimate_fee({}, {.kind = OperationKind::kRedeem, .new_recipients = 1});
    const u128 least = quote->minimum.value();
    CHECK(quote->minimum > w.sequencer->estimate_fee({}, {.kind = OperationKind::kRedeem})->minimum);
    CHECK(w.reason(w.redeem(0, 30, false, least - 1)) == "FEE_TOO_LOW operation.fee");
    CHECK(w.reason(w.redeem(0, 1, false, 2 * kMilli)) == "INSUFFICIENT_BALANCE operation");
    REQUIRE(w.reason(w.redeem(0, 30, false, least)) == "OK");  // Bob had nothing
    CHECK(w.balance(w.l1.bob.address()) == 30 * kMilli - least);

    const SubmitOutcome close = w.submit(w.redeem(30, 0, true));
    CHECK(close.status.reason == "FEE_TOO_LOW");
    CHECK(close.status.field == "operation.redeem.take");
    CHECK(close.status.message.find("take and close in one") != std::string::npos);
    REQUIRE(w.reason(w.redeem(30, 31, true, least)) == "OK");
    w.run(5);
    CHECK(w.balance(w.l1.home.address()) == had + fee + 2 * least);
}

TEST_CASE("a close that takes nothing is taken where nothing is asked") {
    ChannelWorld w;
    REQUIRE(w.reason(w.fund(100 * kMilli, 0)) == "OK");
    REQUIRE(w.reason(w.redeem(0, 0, true)) == "OK");
    CHECK(w.balance(w.l1.alice.address()) == 5 * kEther);
    CHECK(w.leaf().nonce == kClosedChannel);
}

TEST_CASE("a fund and a redeem are priced for about the bytes that they take on the L1") {
    std::mt19937_64 random(5);
    auto index = [&] { return static_cast<uint32_t>(1000 + random() % (1 << 16)); };
    auto bytes = [&](OperationKind kind) {
        Chunk chunk;
        chunk.fee_leaves = {1};
        const bool is_fund = kind == OperationKind::kFund;
        const unsigned count = is_fund ? 31 : 23;
        for (unsigned i = 0; i < count; ++i) {
            PostedOperation operation{kind, index(), {}, Amount{5 * kMilli / 1000}, {}};
            if (is_fund) operation.payments = {{{}, Amount{(1 + random() % 900) * kMilli}}};
            else operation.payments = {{{index(), {}}, {}}, {{index(), {}}, {}}};
            operation.channel = {{}, Amount{kMilli / 10}, 2'000'000'000 + random() % 10'000'000, random(), {}, !is_fund, false};
            if (is_fund)
                for (auto& byte : operation.channel.payee.bytes) byte = static_cast<uint8_t>(random());
            else operation.channel.count = Amount{1 + random() % 10'000};
            chunk.operations.push_back(operation);
        }
        REQUIRE(chunk.weight() <= kMaxChunkWeight);
        const size_t sigs = Signature::kSize * count * chunk.operations[0].signatures();
        return static_cast<double>(encode_ops(chunk).size() + sigs + Batch::kBytesPerChunk) / count;
    };
    const double fund = bytes(OperationKind::kFund), redeem = bytes(OperationKind::kRedeem);
    CHECK(sequencer::posted_bytes({.kind = OperationKind::kFund}) == Approx(fund).margin(3));
    CHECK(sequencer::posted_bytes({.kind = OperationKind::kRedeem}) == Approx(redeem).margin(3));
    CHECK(sequencer::posted_bytes({.kind = OperationKind::kRedeem, .new_recipients = 1}) == Approx(redeem + 18).margin(3));
    // A channel's whole life: opened, redeemed once with its close.
    CHECK(fund + redeem < 380);
}

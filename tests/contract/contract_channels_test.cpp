// forceRedeem and reclaim: every refusal in docs/contract.md's order, and what is queued.
#include "protocol/encoding.hpp"
#include "tests/contract/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

Bytes force_redeem(ByteView terms, uint64_t count, ByteView voucher) {
    return AbiWriter("forceRedeem(bytes,address,uint64,bytes)").bytes(terms).word(Address{}).word(count).bytes(voucher).take();
}
Bytes reclaim(ByteView terms) { return AbiWriter("reclaim(bytes,address)").bytes(terms).word(Address{}).take(); }

}  // namespace

TEST_CASE("forceRedeem: every refusal, in order, then an entry with the unit and the count") {
    ContractFixture f;
    const SomeChannel channel;
    const Bytes terms = channel.terms.encode();
    REQUIRE(f.rollup == deployed(0));
    for (const Bytes& wrong : terms_that_are_wrong(channel.terms)) {
        INFO(to_hex(wrong));
        CHECK(f.send(f.bob, force_redeem(wrong, 0, {})) == "TermsInvalid");
    }
    for (uint64_t count : {uint64_t{0}, kMaxVoucherCount + 1, kChannelMark, ~uint64_t{0}}) {
        CHECK(f.send(f.bob, force_redeem(terms, count, {})) == "CountInvalid");
        CHECK(f.send(f.bob, force_redeem(terms, count, channel.voucher(count))) == "CountInvalid");
    }
    for (const Bytes& wrong : vouchers_that_are_wrong(channel, 7)) {
        INFO(to_hex(wrong));
        CHECK(f.send(f.bob, force_redeem(terms, 7, wrong)) == "VoucherInvalid");
    }
    SomeChannel other = channel;
    other.terms.unit = Amount{11};
    CHECK(f.send(f.bob, force_redeem(other.terms.encode(), 7, channel.voucher(7))) == "VoucherInvalid");
    CHECK(f.send(f.bob, rollup_call::force_redeem(channel.terms, kCarol, 7, channel.voucher(7))) == "VoucherInvalid");
    CHECK(f.send(f.bob, rollup_call::force_redeem(channel.terms, {}, 7, channel.voucher(7)), 1) == "(no data)");
    CHECK(f.queue_length() == 0);

    // Anybody; before the expiry or after.
    const uint64_t time = GENERATE(kStart + 4000, kStart + 9000);
    f.at(time);
    CHECK(f.send(f.carol, rollup_call::force_redeem(channel.terms, {}, 7, channel.voucher(7))) == "");
    const L1Operation queued{L1OperationKind::kRedeem, channel.address(), kBob, {}, Amount{10}, time, 7};
    CHECK(f.only_event<L1OperationQueued>() == L1OperationQueued{0, queued});
    CHECK(f.queue_hash(1) == queued.chain({}));
    const Address token = kCarol;  // no token: nobody asks
    const Signature most = channel.voucher(kMaxVoucherCount, token);
    CHECK(f.send(f.bob, rollup_call::force_redeem(channel.terms, token, kMaxVoucherCount, most)) == "");
    const L1Operation last{L1OperationKind::kRedeem, channel.address(), kBob, token, Amount{10}, time + 1, kMaxVoucherCount};
    CHECK(f.only_event<L1OperationQueued>() == L1OperationQueued{1, last});
    CHECK(f.queue_hash(2) == last.chain(queued.chain({})));
    CHECK(f.held({}) == 0);
}

TEST_CASE("reclaim: every refusal, in order, then from the second of the expiry on an entry for the payer") {
    ContractFixture f;
    SomeChannel channel;
    for (const Bytes& wrong : terms_that_are_wrong(channel.terms)) CHECK(f.send(f.alice, reclaim(wrong)) == "TermsInvalid");
    CHECK(f.send(f.alice, rollup_call::reclaim(channel.terms, {})) == "NotExpired");
    f.at(channel.terms.expiry - 1);
    CHECK(f.send(f.alice, rollup_call::reclaim(channel.terms, {})) == "NotExpired");
    CHECK(f.queue_length() == 0);
    REQUIRE(f.now() == channel.terms.expiry);
    CHECK(f.send(f.carol, rollup_call::reclaim(channel.terms, kBob)) == "");
    const L1Operation queued{L1OperationKind::kReclaim, channel.address(), kAlice, kBob, {}, channel.terms.expiry};
    CHECK(f.only_event<L1OperationQueued>() == L1OperationQueued{0, queued});
    CHECK(f.queue_hash(1) == queued.chain({}));
    CHECK(f.send(f.carol, rollup_call::reclaim(channel.terms, {}), 1) == "(no data)");
    channel.terms.expiry = ~uint64_t{0};
    CHECK(f.send(f.alice, rollup_call::reclaim(channel.terms, {})) == "NotExpired");
    channel.terms.expiry = 0;
    CHECK(f.send(f.alice, rollup_call::reclaim(channel.terms, {})) == "");
}

TEST_CASE("a redeem and a reclaim that wait are operations that wait, and no deposits to refund") {
    const SomeChannel channel;
    Frozen f({});
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    const uint64_t queued = f.now();
    REQUIRE(f.send(f.carol, rollup_call::force_redeem(channel.terms, {}, 7, channel.voucher(7))) == "");
    const L1Operation redeem = f.only_event<L1OperationQueued>().operation;
    f.at(channel.terms.expiry);
    REQUIRE(f.send(f.carol, rollup_call::reclaim(channel.terms, {})) == "");
    const L1Operation reclaim = f.only_event<L1OperationQueued>().operation;
    CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{0, queued});
    CHECK(f.send(f.bob, rollup_call::evict()) == "");
    f.freeze();
    CHECK(f.send(f.carol, rollup_call::refund(0, redeem)) == "NotADeposit");
    CHECK(f.send(f.carol, rollup_call::refund(1, reclaim)) == "NotADeposit");
    CHECK(f.send(f.bob, rollup_call::force_redeem(channel.terms, {}, 7, channel.voucher(7))) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::reclaim(channel.terms, {})) == "Frozen");
}

// How much gas goes with a payment: payGas of claim, exit and refund (docs/contract.md, "To pay out").
#include "l1-bridge/chain/gas_schedule.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

const Address kBob = PrivateKey::derived("bob").address();

// Takes ETH and calls alike; keeps in slot 0 what gas it came with.
class Gauge : public NativeContract {
public:
    explicit Gauge(uint64_t needs = 0) : needs_(needs) {}
    CallResult construct(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }
    CallResult call(Host& host, const CallContext&, ByteView) const override {
        const uint64_t given = host.gas_left();
        if (needs_ != 0 && given < needs_) return CallResult::revert();
        if (needs_ == 0) host.store(slots::at(0), word_of(given));
        return CallResult::ok();
    }

private:
    uint64_t needs_;
};

class Burner : public NativeContract {
public:
    CallResult construct(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }
    CallResult call(Host& host, const CallContext&, ByteView) const override {
        host.use_gas(host.gas_left() + 1);
        return CallResult::ok();
    }
};

// A rollup whose genesis has one withdrawal of 40 for that recipient, which is deployed first.
struct Paid : ContractFixture {
    Paid(std::shared_ptr<const NativeContract> code, const Address& to)
        : ContractFixture([&] {
              tree.append(Withdrawal{to, {}, Amount{40}}.hash());
              StateFields fields = genesis_fields();
              fields.withdrawals_root = tree.root();
              fields.withdrawal_count = 1;
              return fields;
          }()) {
        registry.add("code", std::move(code));
        REQUIRE(deploy("code") == to);
        REQUIRE(send(bob, rollup_call::deposit_eth(kBob), 100) == "");
        withdrawal = {to, {}, Amount{40}};
    }
    Bytes claim(uint64_t pay_gas) const { return rollup_call::claim(genesis, {0, withdrawal, {}}, {}, pay_gas); }
    // With this gas limit, tried only.
    std::string try_claim(uint64_t pay_gas, uint64_t gas_limit) {
        auto reply = chain->call(CallRequest{kBob, rollup, 0, claim(pay_gas), gas_limit, std::nullopt});
        if (!reply.ok()) return reply.status().reason;
        if (reply->success) return "";
        return reply->data.empty() ? "(no data)" : ErrorNames(rollup_error_signatures()).describe(reply->data);
    }

    static inline WithdrawalTree tree;
    Withdrawal withdrawal;
};

// Carol's first contract after the rollup.
Address recipient() { return created_address(PrivateKey::derived("carol").address(), 1); }

Paid paid(std::shared_ptr<const NativeContract> code) {
    Paid::tree = WithdrawalTree();
    return Paid(std::move(code), recipient());
}

}  // namespace

TEST_CASE("payGas: exactly so much goes with the payment, and the stipend; 0 is all") {
    auto f = paid(std::make_shared<Gauge>());
    const uint64_t pay_gas = GENERATE(uint64_t{50'000}, uint64_t{123'456}, uint64_t{0});
    REQUIRE(f.send(f.carol, f.claim(pay_gas)) == "");
    const auto given = static_cast<uint64_t>(low_u128(*f.chain->storage(recipient(), slots::at(0))));
    if (pay_gas != 0) CHECK(given == pay_gas + gas::kCallStipend - gas::kNativeCall);
    if (pay_gas == 0) CHECK(given > 15'000'000);  // of 16 million
}

TEST_CASE("payGas: a recipient that burns whatever it is given costs a claimer that and no more") {
    auto f = paid(std::make_shared<Burner>());
    CHECK(f.send(f.carol, f.claim(50'000)) == "PaymentFailed");
    CHECK(f.gas_used() < 150'000);
    CHECK(f.send(f.carol, f.claim(0)) == "PaymentFailed");
    CHECK(f.gas_used() > 15'000'000);
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_paid(0))) == false);
}

TEST_CASE("payGas: with less gas left than that the call is refused by name; the recipient isn't called and blamed") {
    auto f = paid(std::make_shared<Gauge>(50'000 + gas::kCallStipend - gas::kNativeCall));
    unsigned refused = 0, paid_out = 0;
    for (uint64_t limit = 40'000; limit < 200'000; limit += 100) {
        const std::string outcome = f.try_claim(50'000, limit);
        INFO("gas limit " << limit << ": " << outcome);
        CHECK(outcome != "PaymentFailed");
        CHECK(paid_out * (outcome != "") == 0);  // what suffices once suffices from there on
        refused += outcome == "PayGasShort";
        paid_out += outcome == "";
    }
    CHECK(refused > 300);
    CHECK(paid_out > 300);
    CHECK(f.try_claim(49'999, 10'000'000) == "PaymentFailed");
    for (uint64_t huge : {uint64_t{10'000'000}, ~uint64_t{0}}) CHECK(f.try_claim(huge, 10'000'000) == "PayGasShort");
    Bytes more = f.claim(1);
    more[4 + 7 * 32] = 0x80;  // 2^255 and 1
    CHECK(f.send(f.carol, more) == "PayGasShort");
}

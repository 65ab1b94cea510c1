// Between gavel.v1 and the protocol's types: what goes out comes back, and what has no form is refused by field.
#include <catch2/catch.hpp>
#include <functional>
#include <rapidcheck.h>

#include "proto/convert_grpc.hpp"
#include "proto/kinds_grpc.hpp"
#include "protocol/kinds/kinds.hpp"

using namespace gavel;
using namespace gavel::proto;

namespace {

template <class Fixed>
Fixed filled(uint8_t byte) {
    Fixed out;
    out.bytes.fill(byte);
    return out;
}

void add_channel(Operation& out) {
    ChannelWords& words = out.channel;
    words.terms = {{}, filled<Address>(2), Amount{*rc::gen::arbitrary<uint64_t>()}, *rc::gen::arbitrary<uint64_t>(), 3};
    if (out.kind == OperationKind::kFund) return;
    words.terms.payer = filled<Address>(1);
    words.channel = filled<Address>(*rc::gen::arbitrary<uint8_t>());
    words.count = *rc::gen::arbitrary<uint64_t>();
    words.take = *rc::gen::arbitrary<bool>();
    words.close = *rc::gen::arbitrary<bool>();
    out.payments[0].to = words.terms.payee;
    out.payments[1].to = words.terms.payer;
}

Operation any_operation() {
    Operation out;
    const OperationTraits& traits = kOperationKinds[*rc::gen::inRange<size_t>(0, std::size(kOperationKinds))];
    out.kind = traits.kind;
    out.token = filled<Address>(*rc::gen::arbitrary<uint8_t>());
    const size_t lines = traits.has_list ? *rc::gen::inRange<size_t>(1, traits.most_payments + 1) : traits.most_payments;
    for (size_t i = 0; i < lines; ++i) {
        const u128 amount = u128{*rc::gen::arbitrary<uint64_t>()} << 64 | *rc::gen::arbitrary<uint64_t>();
        out.payments.push_back({filled<Address>(*rc::gen::arbitrary<uint8_t>()), Amount{amount}});
    }
    out.fee = Amount{*rc::gen::arbitrary<uint64_t>()};
    out.nonce = *rc::gen::arbitrary<uint64_t>();
    if (traits.has_memo) out.memo = filled<Hash>(*rc::gen::element<uint8_t>(0, 1, 255));
    if (is_of_channel(traits.kind)) add_channel(out);
    return out;
}

v1::Operation good_transfer() {
    v1::Operation message;
    message.mutable_transfer()->set_to(std::string(20, 't'));
    message.mutable_transfer()->set_amount("5");
    message.mutable_transfer()->set_fee("0");
    return message;
}

// Reason and field with which a transfer is refused after `change`.
std::string refusal(const std::function<void(v1::Transfer&)>& change) {
    v1::Operation message = good_transfer();
    change(*message.mutable_transfer());
    const auto result = from_pb(message, "operation");
    return result ? "OK" : result.status().reason + " " + result.status().field;
}

}  // namespace

TEST_CASE("an operation goes over the wire and comes back") {
    CHECK(rc::check("from_pb(to_pb(x)) == x", [] {
        const Operation operation = any_operation();
        v1::Operation message;
        to_pb(operation, message);
        v1::Operation received;
        RC_ASSERT(received.ParseFromString(message.SerializeAsString()));
        const auto back = from_pb(received, "operation");
        RC_ASSERT(back.ok());
        RC_ASSERT(*back == operation);
    }));
}

TEST_CASE("each kind has a field of its name in the message, a kind to estimate by, and comes back from both") {
    const auto* fields = v1::Operation::descriptor()->oneof_decl(0);
    CHECK(fields->field_count() == static_cast<int>(std::size(kOperationKinds)));
    const int estimates = v1::EstimateFeeRequest::Kind_descriptor()->value_count();
    CHECK(estimates == 1 + static_cast<int>(std::size(kOperationKinds)));  // and KIND_UNSPECIFIED
    for (const OperationTraits& traits : kOperationKinds) {
        INFO(traits.name);
        Operation operation{traits.kind, {}, {{filled<Address>(2), Amount{1000}}}, Amount{5}, 7, {}};
        if (traits.payees == Payees::kParties) operation.payments.clear();
        v1::Operation message;
        to_pb(operation, message);
        const auto* field = v1::Operation::descriptor()->FindFieldByName(traits.name);
        REQUIRE(field != nullptr);
        CHECK(field->number() == static_cast<int>(message.kind_case()));
        CHECK(*from_pb(message, "operation") == operation);
        CHECK(kind_from_pb(kind_to_pb(traits.kind)) == traits.kind);
        // What is wrong within is told by the kind's own path.
        message.Clear();
        message.GetReflection()->MutableMessage(&message, field);
        CHECK(from_pb(message, "operation").status().field.starts_with("operation." + std::string(traits.name) + "."));
    }
    const node::Status none = from_pb(v1::Operation{}, "operation").status();
    CHECK(none.reason == "FIELD_MISSING");
    CHECK(none.message == "needs a transfer, a withdraw, a payout, a fund or a redeem");
    CHECK(kind_from_pb(v1::EstimateFeeRequest::KIND_UNSPECIFIED) == std::nullopt);
}

TEST_CASE("token and memo may be left out") {
    const auto operation = from_pb(good_transfer(), "operation");
    REQUIRE(operation.ok());
    CHECK(operation->token.is_zero());
    CHECK(operation->memo.is_zero());
    CHECK(operation->payments.at(0).amount == Amount{5});
}

TEST_CASE("a field without form is refused by its path") {
    CHECK(refusal([](auto&) {}) == "OK");
    CHECK(refusal([](auto& t) { t.set_token("x"); }) == "LENGTH_INVALID operation.transfer.token");
    CHECK(refusal([](auto& t) { t.set_to(""); }) == "FIELD_MISSING operation.transfer.to");
    CHECK(refusal([](auto& t) { t.set_to(std::string(21, 'x')); }) == "LENGTH_INVALID operation.transfer.to");
    CHECK(refusal([](auto& t) { t.set_memo(std::string(31, 'x')); }) == "LENGTH_INVALID operation.transfer.memo");
    CHECK(refusal([](auto& t) { t.set_fee(""); }) == "FIELD_MISSING operation.transfer.fee");
    for (const char* bad : {"-1", "+1", "1.0", "0x1", " 1", "01", "00", "1e3", "340282366920938463463374607431768211456"}) {
        INFO(bad);
        CHECK(refusal([&](auto& t) { t.set_amount(bad); }) == "AMOUNT_INVALID operation.transfer.amount");
    }
    CHECK(refusal([](auto& t) { t.set_amount("340282366920938463463374607431768211455"); }) == "OK");
    CHECK(from_pb(v1::Operation{}, "operation").status().field == "operation");
}

TEST_CASE("payouts have 1 to 94 lines, and a bad line is named") {
    v1::Operation message;
    v1::Payout& payout = *message.mutable_payout();
    payout.set_fee("1");
    CHECK(from_pb(message, "operation").status().reason == "PAYMENT_COUNT_INVALID");
    for (unsigned i = 0; i < kMaxPayoutLines; ++i) {
        payout.add_payments()->set_to(std::string(20, 't'));
        payout.mutable_payments(static_cast<int>(i))->set_amount("1");
    }
    CHECK(from_pb(message, "operation").ok());
    payout.mutable_payments(7)->set_amount("x");
    CHECK(from_pb(message, "operation").status().field == "operation.payout.payments[7].amount");
    payout.mutable_payments(7)->set_amount("1");
    *payout.add_payments() = payout.payments(0);
    CHECK(from_pb(message, "operation").status().field == "operation.payout.payments");
}

TEST_CASE("a redeem's voucher stands beside its words, and a bad one is named") {
    v1::Operation message;
    CHECK(*voucher_from_pb(good_transfer(), "operation") == std::nullopt);
    to_pb(Operation{OperationKind::kRedeem, {}, {}, Amount{5}, 7, {}}, message);
    CHECK(*voucher_from_pb(message, "operation") == std::nullopt);
    voucher_to_pb(filled<Signature>(9), message);
    CHECK(message.redeem().voucher().size() == 64);
    CHECK(*voucher_from_pb(message, "operation") == filled<Signature>(9));
    message.mutable_redeem()->set_voucher("x");
    CHECK(voucher_from_pb(message, "operation").status().reason == "LENGTH_INVALID");
    CHECK(voucher_from_pb(message, "operation").status().field == "operation.redeem.voucher");
    message.mutable_redeem()->clear_terms();
    CHECK(from_pb(message, "operation").status().field == "operation.redeem.terms.payer");
}

TEST_CASE("state fields and L1 operations go over the wire and come back") {
    StateFields fields{filled<Hash>(1), filled<Hash>(2), 3, 4, 5, 6};
    v1::StateFields message;
    to_pb(fields, message);
    CHECK(*from_pb(message, "state") == fields);
    message.clear_withdrawals_root();
    CHECK(from_pb(message, "state").status().field == "state.withdrawals_root");

    const auto* kinds = v1::L1OperationKind_descriptor();
    CHECK(kinds->value_count() == 1 + static_cast<int>(std::size(kL1OperationKinds)));
    for (const L1OperationTraits& traits : kL1OperationKinds) {
        const L1Operation operation{traits.kind, filled<Address>(1), filled<Address>(2), filled<Address>(3), Amount::max(),
                                    77,          ~uint64_t{0}};
        v1::L1Operation out;
        to_pb(operation, 9, true, out);
        CHECK(out.index() == 9);
        CHECK(out.took_effect());
        CHECK(*from_pb(out, "entry") == operation);
        out.set_kind(v1::L1_OPERATION_KIND_UNSPECIFIED);
        CHECK(from_pb(out, "entry").status().reason == "ENUM_INVALID");
    }
}

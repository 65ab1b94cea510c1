#include "proto/kinds_grpc.hpp"

#include "proto/convert_grpc.hpp"
#include "proto/field_reader.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::proto {
namespace {

using node::Code;
using node::Result;
using node::Status;

Result<Operation> transfer_from_pb(const v1::Operation& operation, const std::string& field) {
    const v1::Transfer& message = operation.transfer();
    FieldReader reader(field);
    Operation out;
    out.token = reader.take(token_from_pb, message.token(), "token");
    Payment payment;
    payment.to = reader.take(address_from_pb, message.to(), "to");
    payment.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.payments = {payment};
    out.fee = reader.take(amount_from_pb, message.fee(), "fee");
    out.nonce = message.nonce();
    out.memo = reader.take(memo_from_pb, message.memo(), "memo");
    return reader.finish(std::move(out));
}

void transfer_to_pb(const Operation& operation, v1::Operation& message) {
    v1::Transfer& out = *message.mutable_transfer();
    out.set_token(to_pb_bytes(operation.token));
    out.set_to(to_pb_bytes(operation.payments[0].to));
    out.set_amount(to_string(operation.payments[0].amount));
    out.set_fee(to_string(operation.fee));
    out.set_nonce(operation.nonce);
    out.set_memo(memo_to_pb(operation.memo));
}

Result<Operation> withdraw_from_pb(const v1::Operation& operation, const std::string& field) {
    const v1::Withdraw& message = operation.withdraw();
    FieldReader reader(field);
    Operation out;
    out.token = reader.take(token_from_pb, message.token(), "token");
    Payment payment;
    payment.to = reader.take(address_from_pb, message.to(), "to");
    payment.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.payments = {payment};
    out.fee = reader.take(amount_from_pb, message.fee(), "fee");
    out.nonce = message.nonce();
    return reader.finish(std::move(out));
}

void withdraw_to_pb(const Operation& operation, v1::Operation& message) {
    v1::Withdraw& out = *message.mutable_withdraw();
    out.set_token(to_pb_bytes(operation.token));
    out.set_to(to_pb_bytes(operation.payments[0].to));
    out.set_amount(to_string(operation.payments[0].amount));
    out.set_fee(to_string(operation.fee));
    out.set_nonce(operation.nonce);
}

Result<Operation> payout_from_pb(const v1::Operation& operation, const std::string& field) {
    const v1::Payout& message = operation.payout();
    if (message.payments_size() < 1 || message.payments_size() > static_cast<int>(kMaxPayoutLines)) {
        return Status{Code::kInvalidArgument, "PAYMENT_COUNT_INVALID", field + ".payments",
                      "has " + std::to_string(message.payments_size()) + " payments; 1 to 94 are allowed"};
    }
    FieldReader reader(field);
    Operation out;
    out.token = reader.take(token_from_pb, message.token(), "token");
    out.payments.reserve(static_cast<size_t>(message.payments_size()));
    for (int i = 0; i < message.payments_size(); ++i) {
        const std::string at = "payments[" + std::to_string(i) + "]";
        Payment payment;
        payment.to = reader.take(address_from_pb, message.payments(i).to(), (at + ".to").c_str());
        payment.amount = reader.take(amount_from_pb, message.payments(i).amount(), (at + ".amount").c_str());
        out.payments.push_back(payment);
    }
    out.fee = reader.take(amount_from_pb, message.fee(), "fee");
    out.nonce = message.nonce();
    out.memo = reader.take(memo_from_pb, message.memo(), "memo");
    return reader.finish(std::move(out));
}

void payout_to_pb(const Operation& operation, v1::Operation& message) {
    v1::Payout& out = *message.mutable_payout();
    out.set_token(to_pb_bytes(operation.token));
    for (const Payment& payment : operation.payments) {
        v1::Payment& line = *out.add_payments();
        line.set_to(to_pb_bytes(payment.to));
        line.set_amount(to_string(payment.amount));
    }
    out.set_fee(to_string(operation.fee));
    out.set_nonce(operation.nonce);
    out.set_memo(memo_to_pb(operation.memo));
}

Result<Operation> fund_from_pb(const v1::Operation& operation, const std::string& field) {
    const v1::Fund& message = operation.fund();
    FieldReader reader(field);
    Operation out;
    ChannelTerms& terms = out.channel.terms;
    out.token = reader.take(token_from_pb, message.token(), "token");
    terms.payee = reader.take(address_from_pb, message.payee(), "payee");
    terms.unit = reader.take(amount_from_pb, message.unit(), "unit");
    terms.expiry = message.expiry();
    terms.salt = message.salt();
    Payment payment;
    payment.to = reader.take_if_any(address_from_pb, message.channel(), "channel").value_or(Address{});
    payment.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.payments = {payment};
    out.fee = reader.take(amount_from_pb, message.fee(), "fee");
    out.nonce = message.nonce();
    return reader.finish(std::move(out));
}

void fund_to_pb(const Operation& operation, v1::Operation& message) {
    v1::Fund& out = *message.mutable_fund();
    const ChannelTerms& terms = operation.channel.terms;
    const Payment& payment = operation.payments[0];
    out.set_token(to_pb_bytes(operation.token));
    out.set_payee(to_pb_bytes(terms.payee));
    out.set_unit(to_string(terms.unit));
    out.set_expiry(terms.expiry);
    out.set_salt(terms.salt);
    out.set_amount(to_string(payment.amount));
    out.set_fee(to_string(operation.fee));
    out.set_nonce(operation.nonce);
    if (!payment.to.is_zero()) out.set_channel(to_pb_bytes(payment.to));
}

Result<Operation> redeem_from_pb(const v1::Operation& operation, const std::string& field) {
    const v1::Redeem& message = operation.redeem();
    FieldReader reader(field);
    Operation out;
    ChannelWords& words = out.channel;
    words.terms = reader.take<ChannelTerms>(from_pb, message.terms(), "terms");
    words.channel = reader.take_if_any(address_from_pb, message.channel(), "channel").value_or(Address{});
    words.count = message.count();
    words.take = message.take();
    words.close = message.close();
    out.token = reader.take(token_from_pb, message.token(), "token");
    out.fee = reader.take(amount_from_pb, message.fee(), "fee");
    out.nonce = message.claimed();
    if (!message.paid().empty() || !message.returned().empty()) {
        const Amount paid = reader.take(amount_from_pb, message.paid(), "paid");
        out.payments = {{words.terms.payee, paid},
                        {words.terms.payer, reader.take(amount_from_pb, message.returned(), "returned")}};
    }
    return reader.finish(std::move(out));
}

void redeem_to_pb(const Operation& operation, v1::Operation& message) {
    v1::Redeem& out = *message.mutable_redeem();
    const ChannelWords& words = operation.channel;
    to_pb(words.terms, *out.mutable_terms());
    out.set_token(to_pb_bytes(operation.token));
    out.set_claimed(operation.nonce);
    out.set_count(words.count);
    out.set_take(words.take);
    out.set_close(words.close);
    out.set_fee(to_string(operation.fee));
    if (!words.channel.is_zero()) out.set_channel(to_pb_bytes(words.channel));
    if (operation.payments.size() != 2) return;
    out.set_paid(to_string(operation.payments[0].amount));
    out.set_returned(to_string(operation.payments[1].amount));
}

struct WireKind {
    OperationKind kind;
    v1::Operation::KindCase field;
    v1::EstimateFeeRequest::Kind estimate;
    // All but the kind; `field` is the path of the kind's own message.
    Result<Operation> (*from_pb)(const v1::Operation& message, const std::string& field);
    void (*to_pb)(const Operation& operation, v1::Operation& message);
};

constexpr WireKind kWireKinds[] = {
    {OperationKind::kTransfer, v1::Operation::kTransfer, v1::EstimateFeeRequest::KIND_TRANSFER, transfer_from_pb, transfer_to_pb},
    {OperationKind::kWithdraw, v1::Operation::kWithdraw, v1::EstimateFeeRequest::KIND_WITHDRAW, withdraw_from_pb, withdraw_to_pb},
    {OperationKind::kPayout, v1::Operation::kPayout, v1::EstimateFeeRequest::KIND_PAYOUT, payout_from_pb, payout_to_pb},
    {OperationKind::kFund, v1::Operation::kFund, v1::EstimateFeeRequest::KIND_FUND, fund_from_pb, fund_to_pb},
    {OperationKind::kRedeem, v1::Operation::kRedeem, v1::EstimateFeeRequest::KIND_REDEEM, redeem_from_pb, redeem_to_pb},
};
static_assert(has_each_kind(kWireKinds));

struct WireL1Kind {
    L1OperationKind kind;
    v1::L1OperationKind wire;
};

constexpr WireL1Kind kWireL1Kinds[] = {
    {L1OperationKind::kDeposit, v1::L1_OPERATION_KIND_DEPOSIT},
    {L1OperationKind::kForcedTransfer, v1::L1_OPERATION_KIND_FORCED_TRANSFER},
    {L1OperationKind::kForcedWithdrawal, v1::L1_OPERATION_KIND_FORCED_WITHDRAWAL},
    {L1OperationKind::kRedeem, v1::L1_OPERATION_KIND_FORCED_REDEEM},
    {L1OperationKind::kReclaim, v1::L1_OPERATION_KIND_RECLAIM},
};
static_assert(has_each_kind(kWireL1Kinds));

// "a transfer, a withdraw, ... or a redeem".
std::string each_kind() {
    std::string out;
    for (const OperationTraits& traits : kOperationKinds) {
        if (!out.empty()) out += traits.kind == kLastOperationKind ? " or " : ", ";
        out += std::string("a ") + traits.name;
    }
    return out;
}

}  // namespace

Result<Operation> from_pb(const v1::Operation& message, const std::string& field) {
    for (const WireKind& wire : kWireKinds) {
        if (wire.field != message.kind_case()) continue;
        auto operation = wire.from_pb(message, field + "." + name_of(wire.kind));
        if (operation) operation->kind = wire.kind;
        return operation;
    }
    return Status{Code::kInvalidArgument, "FIELD_MISSING", field, "needs " + each_kind()};
}

void to_pb(const Operation& operation, v1::Operation& message) {
    GAVEL_CHECK(traits_of(operation.kind).most_payments > 1 || operation.payments.size() == 1);
    kWireKinds[static_cast<size_t>(operation.kind)].to_pb(operation, message);
}

std::optional<OperationKind> kind_from_pb(v1::EstimateFeeRequest::Kind kind) {
    for (const WireKind& wire : kWireKinds) {
        if (wire.estimate == kind) return wire.kind;
    }
    return std::nullopt;
}

v1::EstimateFeeRequest::Kind kind_to_pb(OperationKind kind) {
    GAVEL_CHECK(is_known(kind));
    return kWireKinds[static_cast<size_t>(kind)].estimate;
}

std::optional<L1OperationKind> kind_from_pb(v1::L1OperationKind kind) {
    for (const WireL1Kind& wire : kWireL1Kinds) {
        if (wire.wire == kind) return wire.kind;
    }
    return std::nullopt;
}

v1::L1OperationKind kind_to_pb(L1OperationKind kind) {
    GAVEL_CHECK(is_known(kind));
    return kWireL1Kinds[static_cast<size_t>(kind)].wire;
}

}  // namespace gavel::proto

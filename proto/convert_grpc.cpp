#include "proto/convert_grpc.hpp"

#include "proto/field_reader.hpp"
#include "protocol/check.hpp"
#include "protocol/chunk.hpp"

namespace gavel::proto {
namespace {

using node::Code;
using node::Result;
using node::Status;

Status invalid(const char* reason, const std::string& field, std::string message) {
    return {Code::kInvalidArgument, reason, field, std::move(message)};
}

template <class Fixed>
Result<Fixed> fixed_from_pb(const std::string& bytes, const std::string& field) {
    if (bytes.empty()) return invalid("FIELD_MISSING", field, "needs " + std::to_string(Fixed::kSize) + " bytes");
    if (bytes.size() != Fixed::kSize) {
        return invalid("LENGTH_INVALID", field,
                       "needs " + std::to_string(Fixed::kSize) + " bytes, has " + std::to_string(bytes.size()));
    }
    return Fixed::from(view_of(bytes));
}

using Reader = FieldReader;

Result<Operation> transfer_from_pb(const v1::Transfer& message, const std::string& field) {
    Reader reader(field);
    Operation out;
    out.kind = OperationKind::kTransfer;
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

Result<Operation> withdraw_from_pb(const v1::Withdraw& message, const std::string& field) {
    Reader reader(field);
    Operation out;
    out.kind = OperationKind::kWithdraw;
    out.token = reader.take(token_from_pb, message.token(), "token");
    Payment payment;
    payment.to = reader.take(address_from_pb, message.to(), "to");
    payment.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.payments = {payment};
    out.fee = reader.take(amount_from_pb, message.fee(), "fee");
    out.nonce = message.nonce();
    return reader.finish(std::move(out));
}

Result<Operation> payout_from_pb(const v1::Payout& message, const std::string& field) {
    if (message.payments_size() < 1 || message.payments_size() > static_cast<int>(kMaxPayoutLines)) {
        return invalid("PAYMENT_COUNT_INVALID", field + ".payments",
                       "has " + std::to_string(message.payments_size()) + " payments; 1 to 94 are allowed");
    }
    Reader reader(field);
    Operation out;
    out.kind = OperationKind::kPayout;
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

}  // namespace

Result<Address> address_from_pb(const std::string& bytes, const std::string& field) {
    return fixed_from_pb<Address>(bytes, field);
}

Result<Hash> hash_from_pb(const std::string& bytes, const std::string& field) { return fixed_from_pb<Hash>(bytes, field); }

Result<Signature> signature_from_pb(const std::string& bytes, const std::string& field) {
    return fixed_from_pb<Signature>(bytes, field);
}

Result<Address> token_from_pb(const std::string& bytes, const std::string& field) {
    if (bytes.empty()) return Address{};
    return fixed_from_pb<Address>(bytes, field);
}

Result<Hash> memo_from_pb(const std::string& bytes, const std::string& field) {
    if (bytes.empty()) return Hash{};
    return fixed_from_pb<Hash>(bytes, field);
}

Result<Amount> amount_from_pb(const std::string& digits, const std::string& field) {
    if (digits.empty()) return invalid("FIELD_MISSING", field, "needs an amount in base units; zero is written \"0\"");
    auto amount = amount_from_string(digits);
    if (!amount || (digits.size() > 1 && digits[0] == '0')) {
        return invalid("AMOUNT_INVALID", field, "is not a whole number of base units from 0 to 2^128-1");
    }
    return *amount;
}

Result<Operation> from_pb(const v1::Operation& message, const std::string& field) {
    switch (message.kind_case()) {
        case v1::Operation::kTransfer: return transfer_from_pb(message.transfer(), field + ".transfer");
        case v1::Operation::kWithdraw: return withdraw_from_pb(message.withdraw(), field + ".withdraw");
        case v1::Operation::kPayout: return payout_from_pb(message.payout(), field + ".payout");
        case v1::Operation::KIND_NOT_SET: break;
    }
    return invalid("FIELD_MISSING", field, "needs a transfer, a withdraw or a payout");
}

Result<StateFields> from_pb(const v1::StateFields& message, const std::string& field) {
    Reader reader(field);
    StateFields out;
    out.accounts_root = reader.take(hash_from_pb, message.accounts_root(), "accounts_root");
    out.withdrawals_root = reader.take(hash_from_pb, message.withdrawals_root(), "withdrawals_root");
    out.account_count = message.account_count();
    out.withdrawal_count = message.withdrawal_count();
    out.l1_ops_consumed = message.l1_ops_consumed();
    out.op_count = message.op_count();
    return reader.finish(out);
}

Result<L1Operation> from_pb(const v1::L1Operation& message, const std::string& field) {
    L1Operation out;
    switch (message.kind()) {
        case v1::L1_OPERATION_KIND_DEPOSIT: out.kind = L1OperationKind::kDeposit; break;
        case v1::L1_OPERATION_KIND_FORCED_TRANSFER: out.kind = L1OperationKind::kForcedTransfer; break;
        case v1::L1_OPERATION_KIND_FORCED_WITHDRAWAL: out.kind = L1OperationKind::kForcedWithdrawal; break;
        default: return invalid("ENUM_INVALID", field + ".kind", "is no kind of L1 operation");
    }
    Reader reader(field);
    out.caller = reader.take(address_from_pb, message.caller(), "caller");
    out.to = reader.take(address_from_pb, message.to(), "to");
    out.token = reader.take(token_from_pb, message.token(), "token");
    out.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.time = message.time_s();
    return reader.finish(out);
}

std::string memo_to_pb(const Hash& memo) { return memo.is_zero() ? std::string() : to_pb_bytes(memo); }

void to_pb(const Operation& operation, v1::Operation& message) {
    GAVEL_CHECK(operation.kind == OperationKind::kPayout || operation.payments.size() == 1);
    switch (operation.kind) {
        case OperationKind::kTransfer: {
            v1::Transfer& out = *message.mutable_transfer();
            out.set_token(to_pb_bytes(operation.token));
            out.set_to(to_pb_bytes(operation.payments[0].to));
            out.set_amount(to_string(operation.payments[0].amount));
            out.set_fee(to_string(operation.fee));
            out.set_nonce(operation.nonce);
            out.set_memo(memo_to_pb(operation.memo));
            return;
        }
        case OperationKind::kWithdraw: {
            v1::Withdraw& out = *message.mutable_withdraw();
            out.set_token(to_pb_bytes(operation.token));
            out.set_to(to_pb_bytes(operation.payments[0].to));
            out.set_amount(to_string(operation.payments[0].amount));
            out.set_fee(to_string(operation.fee));
            out.set_nonce(operation.nonce);
            return;
        }
        case OperationKind::kPayout: {
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
            return;
        }
    }
}

void to_pb(const StateFields& fields, v1::StateFields& message) {
    message.set_accounts_root(to_pb_bytes(fields.accounts_root));
    message.set_withdrawals_root(to_pb_bytes(fields.withdrawals_root));
    message.set_account_count(fields.account_count);
    message.set_withdrawal_count(fields.withdrawal_count);
    message.set_l1_ops_consumed(fields.l1_ops_consumed);
    message.set_op_count(fields.op_count);
}

void to_pb(const L1Operation& operation, uint64_t index, bool took_effect, v1::L1Operation& message) {
    message.set_index(index);
    switch (operation.kind) {
        case L1OperationKind::kDeposit: message.set_kind(v1::L1_OPERATION_KIND_DEPOSIT); break;
        case L1OperationKind::kForcedTransfer: message.set_kind(v1::L1_OPERATION_KIND_FORCED_TRANSFER); break;
        case L1OperationKind::kForcedWithdrawal: message.set_kind(v1::L1_OPERATION_KIND_FORCED_WITHDRAWAL); break;
    }
    message.set_caller(to_pb_bytes(operation.caller));
    message.set_to(to_pb_bytes(operation.to));
    message.set_token(to_pb_bytes(operation.token));
    message.set_amount(to_string(operation.amount));
    message.set_time_s(operation.time);
    message.set_took_effect(took_effect);
}

}  // namespace gavel::proto

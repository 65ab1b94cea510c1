#include "proto/convert_grpc.hpp"

#include "proto/field_reader.hpp"
#include "proto/kinds_grpc.hpp"

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

Result<std::optional<Signature>> voucher_from_pb(const v1::Operation& message, const std::string& field) {
    FieldReader reader(field);
    return reader.finish(reader.take_if_any(signature_from_pb, message.redeem().voucher(), "redeem.voucher"));
}

Result<ChannelTerms> from_pb(const v1::ChannelTerms& message, const std::string& field) {
    FieldReader reader(field);
    ChannelTerms out;
    out.payer = reader.take(address_from_pb, message.payer(), "payer");
    out.payee = reader.take(address_from_pb, message.payee(), "payee");
    out.unit = reader.take(amount_from_pb, message.unit(), "unit");
    out.expiry = message.expiry();
    out.salt = message.salt();
    return reader.finish(out);
}

Result<StateFields> from_pb(const v1::StateFields& message, const std::string& field) {
    FieldReader reader(field);
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
    auto kind = kind_from_pb(message.kind());
    if (!kind) return invalid("ENUM_INVALID", field + ".kind", "is no kind of L1 operation");
    out.kind = *kind;
    FieldReader reader(field);
    out.caller = reader.take(address_from_pb, message.caller(), "caller");
    out.to = reader.take(address_from_pb, message.to(), "to");
    out.token = reader.take(token_from_pb, message.token(), "token");
    out.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.time = message.time_s();
    out.count = message.count();
    return reader.finish(out);
}

std::string memo_to_pb(const Hash& memo) { return memo.is_zero() ? std::string() : to_pb_bytes(memo); }

void voucher_to_pb(const std::optional<Signature>& voucher, v1::Operation& message) {
    if (voucher) message.mutable_redeem()->set_voucher(to_pb_bytes(*voucher));
}

void to_pb(const ChannelTerms& terms, v1::ChannelTerms& message) {
    message.set_payer(to_pb_bytes(terms.payer));
    message.set_payee(to_pb_bytes(terms.payee));
    message.set_unit(to_string(terms.unit));
    message.set_expiry(terms.expiry);
    message.set_salt(terms.salt);
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
    message.set_kind(kind_to_pb(operation.kind));
    message.set_caller(to_pb_bytes(operation.caller));
    message.set_to(to_pb_bytes(operation.to));
    message.set_token(to_pb_bytes(operation.token));
    message.set_amount(to_string(operation.amount));
    message.set_time_s(operation.time);
    message.set_count(operation.count);
    message.set_took_effect(took_effect);
}

}  // namespace gavel::proto

// A payout: many payments to leaves, under one signature and nonce, for one fee.
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

Hash struct_hash(const Hash& type_hash, const Operation& operation) {
    static const Hash payment_type_hash = keccak256(view_of("Payment(address to,uint128 amount)"));
    ByteWriter lines;
    for (const Payment& payment : operation.payments) {
        ByteWriter line;
        line.raw(payment_type_hash).word(payment.to).word(payment.amount.value());
        lines.raw(keccak256(line.bytes()));
    }
    ByteWriter out;
    out.raw(type_hash).word(operation.token).raw(keccak256(lines.bytes()));
    out.word(operation.fee.value()).word(u128{operation.nonce}).raw(operation.memo);
    return keccak256(out.bytes());
}

void put_line_count(BitWriter& out, const PostedOperation& operation) {
    out.gamma(static_cast<unsigned>(operation.payments.size()) - 1);
}

}  // namespace

constinit const OperationSteps kPayout{.struct_hash = struct_hash,
                                       .form_fault = payments_fault,
                                       .put_head = put_line_count,
                                       .take_head = take_line_count,
                                       .execute = execute_to_leaves,
                                       .check_signatures = signed_by_sender};

}  // namespace gavel::kinds

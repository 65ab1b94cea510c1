// A transfer: one payment to one leaf.
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

Hash struct_hash(const Hash& type_hash, const Operation& operation) {
    GAVEL_CHECK(operation.payments.size() == 1);
    const Payment& payment = operation.payments[0];
    ByteWriter out;
    out.raw(type_hash).word(operation.token).word(payment.to).word(payment.amount.value());
    out.word(operation.fee.value()).word(u128{operation.nonce}).raw(operation.memo);
    return keccak256(out.bytes());
}

}  // namespace

constinit const OperationSteps kTransfer{.struct_hash = struct_hash,
                                         .form_fault = payments_fault,
                                         .put_head = put_no_head,
                                         .take_head = take_no_head,
                                         .execute = execute_to_leaves,
                                         .check_signatures = signed_by_sender};

}  // namespace gavel::kinds

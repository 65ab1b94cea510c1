#include "tests/export/export.hpp"

#include "protocol/kinds/kinds.hpp"

namespace gavel::test {

Json json_of(const Domain& domain) { return {{"chainId", decimal(domain.chain_id)}, {"rollup", hex(domain.rollup)}}; }

namespace {

Json json_of(const Recipient& to) { return to.address ? Json{{"address", hex(*to.address)}} : Json{{"index", to.index}}; }

// A fund's, or a redeem's, which has no count unless it takes.
void add_channel(Json& out, const PostedOperation& operation) {
    const PostedChannel& words = operation.channel;
    out["unit"] = decimal(words.unit);
    out["expiry"] = decimal(words.expiry);
    out["salt"] = decimal(words.salt);
    if (operation.kind == OperationKind::kFund) {
        out["payee"] = hex(words.payee);
        out["amount"] = decimal(operation.payments.at(0).amount);
        return;
    }
    out["payee"] = json_of(operation.payments.at(0).to);
    out["payer"] = operation.payments.at(1).to.index;
    out["take"] = words.take;
    out["close"] = words.close;
    if (words.take) out["count"] = decimal(words.count);
}

void add_payments(Json& out, const PostedOperation& operation) {
    Json payments = Json::array();
    for (const PostedPayment& payment : operation.payments) {
        Json line = json_of(payment.to);
        line["amount"] = decimal(payment.amount);
        payments.push_back(line);
    }
    out["payments"] = payments;
    out["memo"] = hex(operation.memo);
}

}  // namespace

Json json_of(const Chunk& chunk) {
    Json operations = Json::array();
    for (const PostedOperation& operation : chunk.operations) {
        Json one = {{"kind", name_of(operation.kind)}, {"sender", operation.sender}, {"fee", decimal(operation.fee)}};
        if (is_of_channel(operation)) add_channel(one, operation);
        else add_payments(one, operation);
        operations.push_back(one);
    }
    return {{"l1", chunk.l1_operations}, {"operations", operations}, {"feeLeaves", chunk.fee_leaves}, {"weight", chunk.weight()}};
}

}  // namespace gavel::test

#include "tests/export/export.hpp"

namespace gavel::test {

Json json_of(const Domain& domain) { return {{"chainId", decimal(domain.chain_id)}, {"rollup", hex(domain.rollup)}}; }

Json json_of(const Chunk& chunk) {
    Json operations = Json::array();
    for (const PostedOperation& operation : chunk.operations) {
        Json payments = Json::array();
        for (const PostedPayment& payment : operation.payments) {
            Json line = {{"amount", decimal(payment.amount)}};
            if (payment.to.address) {
                line["address"] = hex(*payment.to.address);
            } else {
                line["index"] = payment.to.index;
            }
            payments.push_back(line);
        }
        operations.push_back({{"kind", name_of(operation.kind)},
                              {"sender", operation.sender},
                              {"payments", payments},
                              {"fee", decimal(operation.fee)},
                              {"memo", hex(operation.memo)}});
    }
    return {{"l1", chunk.l1_operations}, {"operations", operations}, {"feeLeaves", chunk.fee_leaves}, {"weight", chunk.weight()}};
}

}  // namespace gavel::test

// The protocol's and the generator's values in the naive model's words.
#pragma once

#include "protocol/commitment.hpp"
#include "protocol/encoding.hpp"
#include "protocol/operation.hpp"
#include "tests/generator/starting_state.hpp"
#include "tests/model/model.hpp"

namespace gavel::test {

namespace m = gavel::model;

inline m::Bytes bytes(ByteView view) { return string_of(view); }

inline m::Number number(u128 value) {
    m::Number high = static_cast<long>(static_cast<uint32_t>(value >> 96));
    for (int shift : {64, 32, 0}) high = high * m::power_of_two(32) + static_cast<long>(static_cast<uint32_t>(value >> shift));
    return high;
}

inline m::State model_of(const StartingState& start) {
    m::State out;
    for (const StartingState::Leaf& leaf : start.leaves) {
        out.put(bytes(leaf.key.owner), bytes(leaf.key.token), number(leaf.nonce), number(leaf.balance.value()), leaf.index);
    }
    out.account_count = start.account_count;
    out.withdrawal_count = start.withdrawal_count;
    out.l1_ops_consumed = number(start.counters.l1_ops_consumed);
    out.op_count = number(start.counters.op_count);
    return out;
}

inline m::L1Operation model_of(const L1Operation& operation) {
    return {static_cast<m::L1Operation::Kind>(operation.kind),
            bytes(operation.caller),
            bytes(operation.to),
            bytes(operation.token),
            number(operation.amount.value()),
            number(operation.time),
            number(operation.count)};
}

// `queue` begins with entry `first`.
inline m::Env model_env(const Domain& domain, const std::vector<L1Operation>& queue, uint64_t first, uint64_t limit) {
    m::Env out{m::domain_separator(number(domain.chain_id), bytes(domain.rollup)), {}, number(limit)};
    for (size_t i = 0; i < queue.size(); ++i) out.l1[number(first) + static_cast<long>(i)] = model_of(queue[i]);
    return out;
}

// State fields of both kinds, in the same words.
inline std::string shown(const m::Fields& fields) { return m::hex(fields.encode()); }
inline std::string shown(const StateFields& fields) { return m::hex(bytes(fields.encode())); }

}  // namespace gavel::test

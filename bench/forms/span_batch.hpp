// OP Stack's batches (specs.optimism.io: Derivation, "Batch format", and Delta, "Span-batches").
#pragma once

#include "bench/ethereum_tx.hpp"

namespace gavel::bench {

struct SpanBatch {
    uint64_t rel_timestamp = 0;
    uint64_t l1_origin_number = 0;
    Address parent_check;  // 20 bytes of a hash
    Address l1_origin_check;
    std::vector<bool> origin_bits;  // of each block: whether the L1 origin advances
    std::vector<uint64_t> block_tx_counts;
    std::vector<EthereumTx> txs;
    friend bool operator==(const SpanBatch&, const SpanBatch&) = default;

    // Version byte 1 and what follows.
    Bytes encode() const;
};
// nullopt for bytes that are none. `chain_id`: what the batch doesn't hold.
std::optional<SpanBatch> decode_span_batch(ByteView batch, uint64_t chain_id);

// Go's encoding/binary: base 128, the lowest group first.
void put_uvarint(Bytes& out, uint64_t value);

}  // namespace gavel::bench

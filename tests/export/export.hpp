// Test vectors for other implementations, as JSON (docs/protocol.md): one file for each subject, from a fixed seed.
//
// A file is {"cases": [...]}, a line each. Every case has "kind" and "what". Byte strings are "0x" and hex; fields, headers,
// leaves, entries, ops, sigs and proofs are in the page's own bytes. Indexes and counts are numbers; nonces, counters, times and
// amounts are decimal strings. "None" is the name of no error and of no refusal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/chunk.hpp"
#include "protocol/operation.hpp"

namespace gavel::test {

using Json = nlohmann::json;
using Cases = std::vector<Json>;

// typed_data.json: operations, terms of channels and vouchers; their signatures, and signatures that are none.
Cases typed_data_cases();
// chunks.json: ops, and what they decode to.
Cases chunk_cases();
// applies.json: chunks applied, with each access. "lengthsHold" false: of a slot whose lengths don't fit, without ops and sigs.
Cases apply_cases();
// proofs.json: fraud proofs, each with the batch that the contract has taken and the queue's hashes that it has stored. "source"
// is the header's: 0 if the batch is in calldata, 1 if it is in blobs; "blobHashes" are those blobs' versioned hashes.
Cases proof_cases();
// batches.json: the argument of append, and the header that the contract makes of it.
Cases batch_cases();
// blob_batches.json: the argument of appendBlobs with the transaction's versioned hashes, and the header that the contract makes
// of it. Those that are batches come with their blobs, and with what is in the slots: null for a chunk whose lengths don't fit.
Cases blob_batch_cases();
// trees.json: roots, paths, frontiers, proofs for withdrawals and exits, queue hashes.
Cases tree_cases();

inline Json hex(ByteView bytes) { return to_hex(bytes); }
inline Json decimal(uint64_t value) { return std::to_string(value); }
inline Json decimal(Amount value) { return to_string(value); }
template <class Fixed>
Json hex_list(const std::vector<Fixed>& list) {
    Json out = Json::array();
    for (const Fixed& each : list) out.push_back(to_hex(each));
    return out;
}
// {"chainId": "31337", "rollup": address}.
Json json_of(const Domain& domain);
// l1, operations, feeLeaves, weight.
Json json_of(const Chunk& chunk);

}  // namespace gavel::test

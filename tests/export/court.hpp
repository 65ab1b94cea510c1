// Where a proof is judged: the batch that the contract has taken, and its queue. And how a proof is written down.
#pragma once

#include "protocol/fraud_proof.hpp"
#include "tests/export/export.hpp"

namespace gavel::test {

struct Court {
    Domain domain;
    PostedBatch batch;
    const QueueHashes& queue;
};

// As the contract would, which knows the batch by its header's hash.
ProofVerdict judge(const Court& court, const Bytes& proof);
// A case of proofs.json. `consumed` is l1OpsConsumed before the proof's chunk: from there on queue hashes are told.
Json proof_case(const std::string& kind, const std::string& what, const Court& court, const Bytes& proof, uint64_t consumed);
// That the case came to this. Of an error that says nothing of the chunk there is no refusal.
void expect(const Json& one, const std::string& error, const std::string& refusal);

// What proofs.json holds of batches in blobs.
void add_blob_proofs(Cases& out);

}  // namespace gavel::test

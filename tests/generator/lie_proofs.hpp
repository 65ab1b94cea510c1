// Fraud proofs about the chunks of tests/generator/lies.hpp, without an L1.
#pragma once

#include "protocol/fraud_proof.hpp"
#include "tests/generator/lies.hpp"

namespace gavel::test {

// A queue whose entries are all known, from 0 on.
class KnownQueue : public QueueHashes {
public:
    explicit KnownQueue(const std::vector<L1Operation>& entries);
    std::optional<Hash> queue_hash(uint64_t index) const override;

private:
    std::vector<Hash> hashes_ = {Hash{}};
};

// What apply leads to from the case's start.
StateFields fields_after(const LieCase& lie, const BatchChunk& chunk);
// A false claim about `wrong`: that it did what the control does or, if that is nothing, something.
Hash false_claim_of(const LieCase& lie);
// The batch of `chunk` and a second one of nothing, with `claim` as the commitment after the first, posted in calldata or blobs
// (can_be_in). The lie's `wrong` may be one whose lengths don't fit its slot.
PostedBatch batch_about(const LieCase& lie, const BatchChunk& chunk, const Hash& claim,
                        DataSource source = DataSource::kCalldata);
// The proof against that claim, of the batch made of it. In blobs it takes about 0.3 s.
Bytes proof_against(const LieCase& lie, const PostedBatch& batch);

}  // namespace gavel::test

// The verdicts given and the fraud proofs built, kept in a store and told to whoever follows them.
//
// Threads: one thread adds; any thread reads. Failure: node::StoreError.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "node/status.hpp"
#include "node/store.hpp"
#include "verifier/records.hpp"

namespace gavel::verifier {

class Findings {
public:
    // Keys start with "verifier/". Throws StoreError if what is kept is damaged.
    explicit Findings(node::Store& store);

    // ---- Adding ----

    // Gives it the next sequence number. Nothing happens if the latest verdict about this number is the same one (hash, kind and
    // chunk): false.
    bool add_verdict(VerdictRecord verdict);
    // Adds it, or replaces the one of the same number and hash. Synced. Nothing happens if it is the same.
    void put_fraud_proof(const FraudProofRecord& proof);

    // ---- Reading ----

    uint64_t verdict_count() const;
    // In order, from sequence number `sequence` on, of batches with at least number `from_batch`; at most `limit`. `next`:
    // where to go on.
    struct VerdictPage {
        std::vector<VerdictRecord> verdicts;
        uint64_t next = 0;
    };
    VerdictPage verdicts(uint64_t sequence, uint64_t from_batch, size_t limit) const;
    // Where the first verdict about a batch with at least this number stands; verdict_count() if there is none.
    uint64_t first_about(uint64_t from_batch) const;
    // The latest about this number.
    std::optional<VerdictRecord> latest_verdict(uint64_t number) const;

    // Every change of a fraud proof counts up: of those changed after `known` the one whose latest change is the oldest.
    struct ProofChange {
        std::optional<FraudProofRecord> proof;
        uint64_t known = 0;  // what to ask with next
    };
    ProofChange next_changed_proof(uint64_t known, uint64_t from_batch) const;
    std::optional<FraudProofRecord> fraud_proof(uint64_t number, const Hash& hash) const;
    // The one about the batch of this hash; without a hash, about the batch of this number that was found false last, even while
    // that proof isn't built yet. NOT_FOUND/UNKNOWN_FRAUD_PROOF batch (or batch_hash).
    node::Result<FraudProofRecord> fraud_proof_about(uint64_t number, const std::optional<Hash>& hash) const;
    std::vector<FraudProofRecord> fraud_proofs() const;

    // Until there are more verdicts or changes of proofs than those known, or the time is over; what there is then.
    struct Known {
        uint64_t verdicts = 0, changes = 0;
    };
    Known wait_for_news(Known known, uint64_t timeout_ms) const;

private:
    // The batch of this number that was found false last.
    std::optional<Hash> latest_false(uint64_t number) const;

    struct KeptProof {
        FraudProofRecord record;
        uint64_t changed = 0;
    };

    node::Store& store_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    uint64_t verdict_count_ = 0;
    uint64_t changes_ = 0;
    std::map<std::pair<uint64_t, Hash>, KeptProof> proofs_;
};

}  // namespace gavel::verifier

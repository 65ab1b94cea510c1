// Chunks at the bounds of the weights, by numbers: what a search varies; and the fraud proofs against them over a deep state.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bench/gas_deep.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/keys.hpp"

namespace gavel::bench {

// How a chunk ends. The wrong ones run to their last access.
enum class Ending : unsigned { kRight, kFeeLeafMissing, kFeeLeafToken };

struct Mix {
    // How many of each.
    unsigned transfers = 0;           // weight 2: to an index
    unsigned newcomers = 0;           // 3: transfers to an address
    unsigned withdrawals = 0;         // 2
    unsigned payouts = 0;             // 2: payouts of one line to an index
    unsigned lines = 0;               // 1 each, and 1: lines to indexes of one more payout
    unsigned new_lines = 0;           // 2 each, and 1: lines to addresses of one more payout
    unsigned funds = 0;               // 3: of a new channel each
    unsigned redeems = 0;             // 4: of a channel each, that take, to a payee with a leaf
    unsigned new_redeems = 0;         // 5: the same to a payee without one
    unsigned deposits = 0;            // 3: to an account that there is
    unsigned new_deposits = 0;        // 3
    unsigned forced_transfers = 0;    // 3: to an account that there is
    unsigned forced_newcomers = 0;    // 3: to one that there isn't
    unsigned forced_withdrawals = 0;  // 3
    // What they say.
    unsigned fees = 0;      // different fees; 0: no fee
    unsigned tokens = 1;    // that operations are spread over, each with a fee leaf of weight 1 if there are fees
    unsigned accounts = 0;  // that operations name in turn; 0: each its own
    unsigned amounts = 0;   // the same of amounts
    bool memos = false;
    bool long_numbers = false;
    Ending ending = Ending::kRight;

    unsigned l1_operations() const { return deposits + new_deposits + forced_transfers + forced_newcomers + forced_withdrawals; }
    unsigned operations() const {
        return transfers + newcomers + withdrawals + payouts + (lines != 0) + (new_lines != 0) + funds + redeems + new_redeems;
    }
    // What its operations need of a chunk's sigs, in signatures.
    unsigned signatures() const { return operations() + redeems + new_redeems; }
    unsigned fee_leaves() const;
    unsigned weight() const;
    // Whether it is a chunk at all, and none that is refused before its end.
    bool is_possible() const;
    std::string describe() const;
    friend auto operator<=>(const Mix&, const Mix&) = default;
};

// Where a mix is built.
struct Setting {
    Hash domain;                // EIP-712 separator
    uint32_t accounts = 0;      // leaves, about
    bool full_frontier = true;  // as many bits in withdrawalCount as there is place for
    bool plain = false;         // ordinary values: ETH, small nonces and balances, few digits
    Address token;
    uint64_t l1_first = 0;  // number of the first L1 operation
    Hash l1_hash;           // the queue's hash before it
    uint64_t l1_time = 0;   // when it is queued; the next ones each so much later:
    uint64_t l1_step = 12;
    DataSource source = DataSource::kCalldata;
    size_t chunks = kMaxChunks;  // of the batch, at least 2, at most kMaxBlobChunks in blobs
    uint64_t seed = 1;
};

// The L1 account that a mix's L1 operations come from.
const PrivateKey& l1_caller();
// A key whose address has no zero byte; the same one for the same number.
const PrivateKey& key_number(size_t number);

// A false batch, with its blobs if it is in any.
struct Lie {
    Batch batch;
    std::vector<Blob> blobs;
};

// A chunk over its state, worked out.
struct Built {
    Mix mix;
    Chunk chunk;
    BatchChunk posted;
    std::vector<L1Operation> entries;
    StateFields before, after;
    std::vector<Hash> frontier;
    Outcome outcome;
    Bytes witness;
    Work work;

    Hash queue_hash_after(const Setting& setting) const;
    // Whether a batch in blobs can have it.
    bool fits_slot() const { return gavel::fits_slot(posted.ops.size(), posted.sigs.size()); }
    // A batch on `parent` of `setting.chunks` chunks that claims something false after this chunk, which is one in the middle;
    // and the proof of that. The claim before it is this chunk's state before, whatever was before that. In blobs the middle is
    // a blob's first slot if the number of chunks is a multiple of 64, and the proof has to open the blob before, too.
    Lie lie(const BatchHeader& parent, const Setting& setting) const;
    FraudProof proof_of(const Lie& lie) const;
};
std::vector<L1Operation> entries_of(const Mix& mix, const Setting& setting);
Built build(const Mix& mix, const Setting& setting);
// Checks it as the contract does, the queue being as the setting says.
ProofVerdict check(const Built& built, const Setting& setting, ByteView proof);

}  // namespace gavel::bench

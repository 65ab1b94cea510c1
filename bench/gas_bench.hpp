// What gavel-bench-gas measures (docs/contract.md, "Gas"): each call of the contract, on an Ethereum node and on the simulated
// chain.
#pragma once

#include <vector>

#include "bench/gas_chain.hpp"
#include "bench/gas_mix.hpp"

namespace gavel::bench {

inline constexpr size_t kMempoolBytes = 131'072;
inline constexpr uint64_t kMaxGas = uint64_t{1} << 24;

// What a chunk of payments usually is: 47 transfers that pay the same fee.
Mix ordinary_mix();
// Throws if these are no blobs of a transaction.
l1::BlobSidecar sidecar_of(std::vector<Blob> blobs);

// A rollup on both chains, and whoever uses it. Each function adds rows to the table.
class GasBench {
public:
    explicit GasBench(TwoChains& chains);

    // Every call but append and prove, and what they lead to. `deep`: among so many accounts and withdrawals.
    void deploy(bool told);
    void run_seat();
    void run_queue();
    void run_appends(bool all);
    // A batch in calldata as full of ordinary payments as a transaction may be. work["payments"]: how many.
    Row run_full_batch();
    // Batches in blobs: each size with records of their own, then in steady state, where a record is overwritten. The latter's
    // of 96 chunks, full of ordinary payments.
    Row run_blob_appends(bool all);
    Row run_transfer();
    void run_claims();
    // A channel's calls before a freeze.
    void run_channels();
    // Posts a lie about the mix's chunk, commits to the proof and proves; each in the next block.
    Row prove(const std::string& name, const Mix& mix, const Setting& setting);
    void run_reward();
    void run_eviction();
    // Freezes, exits among `accounts` accounts, two of a channel among them, refunds.
    void run_end(uint32_t accounts);

    // Of the next L1 operation on: for chunks among so many accounts.
    Setting setting(uint32_t accounts, bool plain, size_t chunks);
    std::vector<Row>& rows() { return rows_; }
    const Address& rollup() const { return rollup_; }

private:
    Row& call(const std::string& name, const std::string& function, const PrivateKey& from, const Bytes& data, u128 value = 0);
    Row& append(const std::string& name, const Batch& batch);
    Row& append_blobs(const std::string& name, Batch batch, const l1::BlobSidecar& sidecar);
    // The head is a batch of the second lap, and the records of those that come next are the first lap's.
    void begin_second_lap(size_t batches);
    void put_record(const BatchHeader& header);
    void expect_head(const std::string& name);
    void sit();
    void enqueue(const L1Operation& entry);
    Hash domain() const;
    // A channel of Alice's and Bob's, which has expired; its leaf, and a voucher for more than is claimed there.
    ChannelTerms channel() const;
    Account channel_leaf(const Address& token) const;
    Signature voucher(const Address& token) const;
    void exit_channel(const ExitProof& proof, uint32_t accounts);
    uint64_t queue_length();
    // A batch of chunks of zeros that are so long, claiming `last`.
    Batch batch_of(size_t chunks, size_t ops, size_t sigs, const StateFields& last);

    TwoChains& chains_;
    l1::RollupParameters parameters_;
    const PrivateKey operator_ = key_number(10'001), alice_ = key_number(10'002), bob_ = key_number(10'003);
    std::vector<BatchHeader> headers_;
    Address rollup_, token_;
    bool sits_ = false;
    bool has_commit_ = false;  // among the rows: once is enough
    uint64_t terms_ = 0;
    std::vector<Row> rows_;
};

}  // namespace gavel::bench

// What the rollup contract, and tokens, tell Gavel's programs: typed views and events over an L1Client. What programs send is
// calldata (l1::rollup_call, l1::erc20_call) in an L1Wallet's transaction.
#pragma once

#include "l1-bridge/client/blob_source.hpp"
#include "l1-bridge/client/l1_client.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::l1 {

// An event and where it stands.
struct LocatedEvent {
    RollupEvent event;
    uint64_t block_number = 0;
    Hash block_hash;
    Hash tx_hash;
    uint64_t log_index = 0;  // within the block
    friend bool operator==(const LocatedEvent&, const LocatedEvent&) = default;
};

// The contract's and ERC-6093's errors, for an L1Client.
ErrorNames rollup_error_names();

// What a transaction posted at `time` (of its block), whatever batch it is. One that the node has forgotten is looked for in its
// block, if that is given. Reasons, beside the client's: BATCH_TX_UNKNOWN (kNotFound: the node doesn't know the transaction),
// L1_ANSWER_INVALID (kInternal: what it gives is no append to `rollup`), and, of a batch in blobs, the source's, or
// NO_BLOB_SOURCE (kUnavailable) where there is none.
node::Result<PostedData> fetch_posted(L1Client& client, const Address& rollup, const Hash& tx_hash, uint64_t time,
                                      std::optional<uint64_t> block = {}, BlobSource* blobs = nullptr);

// Whether a block, going by its bloom, may hold a followed event of the rollup of a kind that isn't among `known`.
bool may_hold_more(const Bloom& bloom, const Address& rollup, const std::vector<LocatedEvent>& known);

// Thread-safe. `client` must outlive it. Beside what L1Client's functions answer: L1_ANSWER_INVALID (kInternal) if a view's
// result or a log isn't what the ABI says, as from an address where another contract stands or none.
class RollupClient {
public:
    // `at_block`: where the views are asked; nullopt: at the head.
    // `blobs`: where fetch_batch() has blobs from; not owned.
    RollupClient(L1Client& client, const Address& rollup, std::optional<uint64_t> at_block = {}, BlobSource* blobs = nullptr)
        : client_(client), rollup_(rollup), at_block_(at_block), blobs_(blobs) {}

    const Address& address() const { return rollup_; }
    L1Client& l1() const { return client_; }

    // ---- Views, at the L1's head (docs/contract.md, "Views") ----
    node::Result<RollupParameters> parameters() const;
    node::Result<Head> head() const;
    node::Result<RollupRecord> batch(uint64_t number) const;
    node::Result<bool> is_final(uint64_t number) const;
    node::Result<uint64_t> queue_length() const;
    node::Result<Hash> queue_hash(uint64_t index) const;
    node::Result<WaitingOperation> waiting() const;
    node::Result<Notice> notice() const;
    node::Result<uint64_t> current_term() const;
    node::Result<uint64_t> term_count() const;
    node::Result<TermRecord> term(uint64_t number) const;
    node::Result<uint64_t> last_strike() const;
    node::Result<bool> is_exited(uint32_t index) const;
    node::Result<bool> is_refunded(uint64_t index) const;
    node::Result<bool> frozen() const;
    node::Result<uint64_t> frozen_at() const;
    node::Result<Amount> channel_taken(uint32_t index) const;
    node::Result<uint64_t> committed_at(const Address& prover, const Hash& commitment) const;

    // The followed events (those that say what the rollup's state is, not who was paid what) of these blocks, both included, in
    // order. The range may not go above the head.
    node::Result<std::vector<LocatedEvent>> events(uint64_t from_block, uint64_t to_block) const;
    // The same of one block, asked for by its hash: a node that doesn't have it says so. And from its transactions' receipts.
    node::Result<std::vector<LocatedEvent>> events_in(const BlockRef& block) const;
    node::Result<std::vector<LocatedEvent>> events_by_receipts(const BlockSummary& block) const;
    // The batch of that record, from its append's transaction; checked against the record's hash. Reasons: fetch_posted's.
    node::Result<Batch> fetch_batch(const Hash& tx_hash, const RollupRecord& record) const;

private:
    template <class T>
    node::Result<T> ask(Bytes calldata, std::optional<T> (*read)(ByteView)) const;

    node::Result<std::vector<LocatedEvent>> located(node::Result<std::vector<Log>> logs) const;

    L1Client& client_;
    Address rollup_;
    std::optional<uint64_t> at_block_;
    BlobSource* blobs_;
};

// What a token's contract tells, as far as Gavel's programs need it. Thread-safe.
class Erc20Client {
public:
    Erc20Client(L1Client& client, const Address& token) : client_(client), token_(token) {}

    // 0 to 255. A token that doesn't tell: the call's Status.
    node::Result<uint8_t> decimals() const;
    // Text, or the old tokens' bytes32 up to the first zero. Whatever bytes the token answers.
    node::Result<std::string> symbol() const;
    // More than 2^128-1 is told as 2^128-1.
    node::Result<Amount> allowance(const Address& owner, const Address& spender) const;

private:
    L1Client& client_;
    Address token_;
};

}  // namespace gavel::l1

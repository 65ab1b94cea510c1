// What anybody may ask of a ledger, at any time and on any thread.
//
// Readers see the ledger as it was published last: by flush(), apply_chunk(), roll_back_to_chunk(); never an operation that
// hasn't been flushed, nor the fees of a chunk that was sealed since.
//
// Failure: node::StoreError (see node/store.hpp) from any function. After one the ledger must not be used again.
#pragma once

#include <memory>

#include "ledger/records.hpp"
#include "protocol/account_proof.hpp"

namespace gavel::ledger {

// A leaf and where it is.
struct AccountAt {
    uint32_t index = 0;
    Account account;
    friend bool operator==(const AccountAt&, const AccountAt&) = default;
};

// What an owner had to do with an entry.
struct Touch {
    uint64_t entry = 0;
    Address token;
    bool outgoing = false;  // the owner's leaf was debited
    bool incoming = false;  // the owner's leaf was credited (fees too)
    friend bool operator==(const Touch&, const Touch&) = default;
};

// Numbers as readers see them at one moment.
struct LedgerSummary {
    StateFields fields;  // after the last sealed chunk that is published
    uint64_t entries = 0;
    uint64_t op_count = 0;          // L2 operations applied, those of the open chunk among them
    uint64_t l1_ops_consumed = 0;   // likewise
    uint32_t account_count = 0;     // likewise
    uint32_t withdrawal_count = 0;  // likewise
    uint64_t chunks = 0;            // sealed
    uint64_t batches = 0;           // number of the last batch that is marked; the base's: none
    uint64_t rolled_back = 0;       // operations in the list of rolled-back ones
    uint64_t generation = 0;
};

class Reader {
public:
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    const Domain& domain() const;
    const Hash& domain_separator() const;
    // Where it begins; genesis, unless it was begun from a snapshot. All withdrawals of before are in it, and no other history.
    const LedgerBase& base() const;

    LedgerSummary summary() const;
    // Counts the roll-backs. A reader that has seen entries of an earlier generation asks entries_kept_since() how many of them
    // stand.
    uint64_t generation() const;
    // Entries below this number are the same now as they were in `generation` (which is at most the present one).
    uint64_t entries_kept_since(uint64_t generation) const;

    std::optional<Entry> entry(uint64_t number) const;
    // At most `limit` entries from `first` on, in order; fewer at the end.
    std::vector<Entry> entries(uint64_t first, size_t limit) const;
    // Those of `numbers` that there are, in that order, all of one moment.
    std::vector<Entry> entries_at(const std::vector<uint64_t>& numbers) const;
    std::optional<uint64_t> entry_of_hash(const Hash& hash) const;
    std::optional<uint64_t> entry_of_position(uint64_t position) const;
    std::optional<uint64_t> entry_of_l1_operation(uint64_t index) const;
    // Returns how many entries there are as soon as there are more than `known`, or the generation isn't `generation`, or the
    // time is over.
    uint64_t wait_for_entries(uint64_t known, uint64_t generation, uint64_t timeout_ms) const;

    std::optional<AccountAt> account(const AccountKey& key) const;
    std::optional<Account> account(uint32_t index) const;
    // The owner's accounts with a token above `after` (or from the first), by token, at most `limit`.
    std::vector<AccountAt> accounts_of(const Address& owner, const std::optional<Address>& after, size_t limit) const;

    struct Touches {
        std::vector<Touch> touches;
        std::optional<uint64_t> next;  // where to go on; nullopt at the end
    };
    // What touched the owner's accounts, newest first: entries below `below`. A call looks at a bounded number of index rows and
    // for a bounded time, so a page may be short (even empty) though `next` says that there is more.
    Touches touches_before(const Address& owner, const std::optional<Address>& token, uint64_t below, size_t limit) const;
    // Those that credited it, oldest first: entries from `from` on. `next` is always given: the first entry not looked at.
    Touches incoming_from(const Address& owner, const std::optional<Address>& token, uint64_t from, size_t limit) const;

    // The terms of a channel that a fund or redeem has told the ledger of.
    std::optional<ChannelTerms> channel_terms(const Address& channel) const;
    struct ChannelAt {
        AccountKey key;  // the channel's address, token
        ChannelTerms terms;
        friend bool operator==(const ChannelAt&, const ChannelAt&) = default;
    };
    // Those whose payer or payee the owner is, by key, above `after`, at most `limit`.
    std::vector<ChannelAt> channels_of(const Address& owner, const std::optional<AccountKey>& after, size_t limit) const;

    std::optional<WithdrawalRecord> withdrawal(uint32_t position) const;
    // Withdrawals to a recipient, by position from `from` on.
    std::vector<WithdrawalRecord> withdrawals_to(const Address& recipient, uint32_t from, size_t limit) const;
    // Its path in the tree with `withdrawal_count` leaves; nullopt unless position < withdrawal_count <= the published count.
    std::optional<WithdrawalProof> withdrawal_proof(uint32_t position, uint32_t withdrawal_count) const;

    std::optional<ChunkRecord> chunk(uint64_t number) const;
    // The batch made of `count` chunks from `first_chunk` on, all sealed, behind `parent`; nullopt if one of them isn't there any
    // more.
    std::optional<Batch> assemble(const BatchHeader& parent, uint64_t first_chunk, uint16_t count) const;
    std::optional<uint64_t> chunk_of_entry(uint64_t entry) const;  // nullopt: of the open chunk, or no entry
    std::optional<BatchRecord> batch(uint64_t number) const;
    // Of the batch, or of the base.
    std::optional<BatchHeader> header(uint64_t number) const;
    std::optional<uint64_t> batch_of_chunk(uint64_t chunk) const;  // nullopt: in none yet
    // Both at once, and the batch's record.
    struct Place {
        uint64_t chunk = 0;
        BatchRecord batch;
    };
    std::optional<Place> place_of_entry(uint64_t entry) const;  // nullopt: in no batch yet, or no entry
    // What the signatures of a chunk are over, in order.
    std::vector<Hash> chunk_digests(const ChunkRecord& chunk) const;

    std::optional<RolledBack> rolled_back(const Hash& hash) const;
    // From number `from` on, of `sender` if one is given, at most `limit`; bounded as touches_before.
    struct RolledBackPage {
        std::vector<RolledBack> operations;
        std::optional<uint64_t> next;
    };
    RolledBackPage rolled_back_from(uint64_t from, const std::optional<Address>& sender, size_t limit) const;

protected:
    struct Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    ~Reader();

    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::ledger

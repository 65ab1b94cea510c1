// The query service over a ledger and what the L1 says, in domain types: for the sequencer over what it has confirmed, for the
// verifier over what it has verified. gRPC is an adapter on top.
//
// Thread-safe. Refusals (node/status.hpp) are written as CODE/REASON field; fields are named as in gavel.v1. Failure:
// node::StoreError. An answer is put together from several looks at the ledger; a roll-back between them may show, as it would a
// moment later.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "follow/l1_view.hpp"
#include "ledger/ledger.hpp"
#include "node/status.hpp"

namespace gavel::query {

enum class OperationStatus : uint8_t { kConfirmed, kPosted, kFinal, kRolledBack };
const char* name_of(OperationStatus status);  // "confirmed", "posted", "final", "rolled back"

// An operation and where it is.
struct OperationInfo {
    Operation operation;
    Address sender;
    Signature signature;
    Hash hash;
    OperationStatus status = OperationStatus::kConfirmed;
    uint64_t position = 0;         // of a rolled-back one: where it was
    uint64_t confirmed_at_ms = 0;  // 0: this process never took it, but read it from the L1
    uint64_t batch = 0;            // 0: only confirmed
    uint16_t chunk = 0;            // within the batch
    std::optional<Hash> l1_transaction;
    uint64_t posted_at = 0;  // seconds; 0: only confirmed
    uint64_t final_at = 0;   // seconds; 0: only confirmed
    std::string why;         // of a rolled-back one
};

// Where an entry stands.
struct EntryInfo {
    ledger::Entry entry;
    OperationStatus status = OperationStatus::kConfirmed;  // never kRolledBack
    uint64_t batch = 0;
    uint16_t chunk = 0;
    std::optional<Hash> l1_transaction;
    uint64_t posted_at = 0;
    uint64_t final_at = 0;
};

// What an operation's entry and its place say together.
OperationInfo operation_of(const EntryInfo& info, const ledger::OperationEntry& entry);

// An (owner, token) pair. Without a leaf index, nonce and balance are zero.
struct AccountInfo {
    AccountKey key;
    uint32_t index = 0;
    uint64_t nonce = 0;  // that its next operation must carry
    Amount balance;
    bool exists() const { return index != 0; }
};

// A credit to an account.
struct IncomingPayment {
    enum class Kind : uint8_t { kTransfer, kPayout, kDeposit, kForcedTransfer };
    Kind kind = Kind::kTransfer;
    uint64_t entry = 0;
    Address from;  // of a deposit, who called the contract
    Address to;
    Address token;
    Amount amount;
    Hash memo;
    std::optional<Hash> hash;              // of a transfer or payout
    std::optional<uint64_t> l1_operation;  // of a deposit or forced transfer
    uint16_t line = 0;                     // of a payout
    uint64_t confirmed_at_ms = 0;
};

enum class WithdrawalStatus : uint8_t { kNotPosted, kWaiting, kClaimable, kClaimed };
const char* name_of(WithdrawalStatus status);  // "not posted", "waiting", "claimable", "claimed"

struct WithdrawalInfo {
    ledger::WithdrawalRecord record;
    std::optional<Hash> hash;  // of the operation that made it; none if an L1 operation did
    WithdrawalStatus status = WithdrawalStatus::kNotPosted;
    uint64_t batch = 0;         // the first that holds it; 0: not posted
    uint64_t final_at = 0;      // seconds; 0: not posted
    uint64_t seconds_left = 0;  // of one that waits, by the newest L1 block's time
};

// What the contract's claim takes.
struct ClaimProof {
    WithdrawalInfo withdrawal;
    BatchHeader header;  // of the latest final batch; while none that holds it is final, of the first that holds it
    WithdrawalProof proof;
    uint64_t claimable_at = 0;  // seconds
};

struct BatchInfo {
    ledger::BatchRecord record;
    follow::StandingBatch standing;
    uint64_t first_position = 0;
    uint64_t op_count = 0;
    uint64_t l1_op_count = 0;
    uint64_t final_at = 0;  // seconds
    bool is_final = false;
};

struct ChunkSignatures {
    std::vector<Signature> signatures;
    std::vector<Hash> digests;  // that they sign
};

struct ChainInfo {
    Domain domain;
    Hash domain_separator;
    l1::RollupParameters parameters;
    ledger::LedgerSummary ledger;
    uint64_t head_batch = 0;  // standing on the L1 and in the ledger
    Hash head_hash;
    uint64_t final_batch = 0;
    uint64_t posted_op_count = 0;
    uint64_t final_op_count = 0;
    l1::BlockRef l1_head;
    uint64_t l1_queue_length = 0;
    uint64_t pending_l1_operations = 0;  // queued, and not consumed by the ledger
    bool frozen = false;
};

// Cursors are opaque to clients: zero starts; others name an entry, and the ledger's generation that it was seen in.
template <class T>
struct Page {
    std::vector<T> items;
    uint64_t next_cursor = 0;  // zero at the end; of feed() and incoming(), never zero: where to go on later
};

class Queries {
public:
    static constexpr size_t kDefaultLimit = 100;
    static constexpr size_t kMaxLimit = 1000;  // more is taken as this; zero as kDefaultLimit

    Queries(const ledger::Ledger& ledger, const follow::L1View& view) : ledger_(ledger), view_(view) {}

    ChainInfo chain_info() const;
    AccountInfo account(const AccountKey& key) const;
    // By token; `after` from the last item of the page before.
    std::vector<AccountInfo> balances(const Address& owner, const std::optional<Address>& after, size_t limit) const;
    // What touched the owner's accounts, newest first; a page may be short, even empty, though next_cursor says that there is
    // more. INVALID_ARGUMENT/BAD_CURSOR cursor.
    node::Result<Page<EntryInfo>> history(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                          size_t limit) const;
    // NOT_FOUND/UNKNOWN_OPERATION hash.
    node::Result<OperationInfo> operation(const Hash& hash) const;
    // Oldest first; the cursor is the next_cursor of the page before.
    Page<OperationInfo> rolled_back(const std::optional<Address>& sender, uint64_t cursor, size_t limit) const;
    // Payments that credit the owner, oldest first, then (with the page's next_cursor) those that come later.
    // INVALID_ARGUMENT/BAD_CURSOR cursor; ABORTED/ROLLED_BACK cursor: entries behind which the cursor stood were rolled back.
    node::Result<Page<IncomingPayment>> incoming(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                                 size_t limit) const;
    // Everything applied, in order, fee credits too. The same refusals.
    node::Result<Page<EntryInfo>> feed(uint64_t cursor, size_t limit) const;
    // The cursor behind everything that there is now: for streams of what is new only.
    uint64_t end_cursor() const;
    // Waits until there is more behind a cursor of feed() or incoming() than when it was made, or a roll-back, or until the time
    // is over; for streams, between pages.
    void wait_behind(uint64_t cursor, uint64_t timeout_ms) const;

    // NOT_FOUND/UNKNOWN_WITHDRAWAL position (or operation_hash).
    node::Result<WithdrawalInfo> withdrawal(uint32_t position) const;
    node::Result<WithdrawalInfo> withdrawal_of(const Hash& hash) const;
    // By position; next_cursor as in rolled_back().
    Page<WithdrawalInfo> withdrawals_to(const Address& recipient, uint64_t cursor, size_t limit) const;
    // NOT_FOUND/UNKNOWN_WITHDRAWAL, FAILED_PRECONDITION/NOT_POSTED.
    node::Result<ClaimProof> withdrawal_proof(uint32_t position) const;

    // NOT_FOUND/UNKNOWN_BATCH batch, OUT_OF_RANGE/NO_SUCH_CHUNK chunk.
    node::Result<ChunkSignatures> chunk_signatures(uint64_t batch, uint32_t chunk) const;
    // NOT_FOUND/UNKNOWN_BATCH number: above the head, or not verified yet.
    node::Result<BatchInfo> batch(uint64_t number) const;

private:
    EntryInfo describe(ledger::Entry entry) const;
    WithdrawalInfo describe(const ledger::WithdrawalRecord& record) const;
    // The record of a batch that ledger and L1 agree on; nullopt otherwise.
    std::optional<ledger::BatchRecord> standing_record(uint64_t number) const;
    // The last batch that they agree on; 0: genesis.
    uint64_t common_head() const;
    uint64_t cursor_of(uint64_t entry) const;

    const ledger::Ledger& ledger_;
    const follow::L1View& view_;
};

}  // namespace gavel::query

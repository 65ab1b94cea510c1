// What the ledger remembers beside the state, and how the store holds it: entries (everything that ever changed a balance),
// chunks, batches, and operations that were rolled back.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "protocol/batch.hpp"
#include "protocol/chunk.hpp"
#include "protocol/operation.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel::ledger {

// An operation whose signature has been found right, and what was computed of it to find that.
struct CheckedOperation {
    Operation operation;
    Address sender;
    Signature signature;               // by the sender, over the digest
    std::optional<Signature> voucher;  // of a redeem that takes: by the payer, over the voucher
    Hash digest;                       // EIP-712's
    Hash hash;                         // operation_hash(digest, sender)
};
// All but the check.
CheckedOperation with_names(const Operation& operation, const Address& sender, const Signature& signature,
                            const Hash& domain_separator, const std::optional<Signature>& voucher = {});
// That a redeem with `take` shows.
Voucher voucher_of(const Operation& operation);
// What a chunk has of an operation's channel.
PostedChannel posted_channel(const Operation& operation);

// An L2 operation that was applied.
struct OperationEntry {
    uint64_t position = 0;               // among all L2 operations ever applied, from 0
    Operation operation;                 // as the user signed it, with what a redeem has paid
    PostedOperation posted;              // as the chunk has it; posted.sender is the leaf debited
    Address sender;                      // who signed it first: that leaf's owner; of a redeem the payee
    std::vector<uint32_t> recipients;    // the leaf that each payment credited; empty for a withdrawal
    std::optional<uint32_t> withdrawal;  // position in the withdrawal tree, of a withdrawal
    Signature signature;
    std::optional<Signature> voucher;  // of a redeem that takes: by the payer, over the voucher
    Hash digest;                       // EIP-712's: what was signed
    Hash hash;                         // operation_hash(digest, sender)
    uint64_t confirmed_at_ms = 0;      // when this process took it; zero if it was read from the L1
    friend bool operator==(const OperationEntry&, const OperationEntry&) = default;
};

// An L1 operation that was consumed.
struct L1Entry {
    uint64_t index = 0;  // in the contract's queue, from 0
    L1Operation operation;
    bool took_effect = false;
    Amount moved;                        // zero without effect; of "the whole balance", what that was
    std::optional<uint32_t> sender;      // the leaf debited: none for a deposit, or without effect
    std::optional<uint32_t> recipient;   // the leaf credited: none for a withdrawal, a reclaim of nothing, or without effect
    std::optional<uint32_t> withdrawal;  // position in the withdrawal tree, if it made one
    Hash queue_hash;                     // h[index + 1], computed from the entries themselves
    friend bool operator==(const L1Entry&, const L1Entry&) = default;
};

// A chunk's fees in one token, credited to the sequencer's leaf when the chunk was sealed.
struct FeeEntry {
    Address token;
    Amount total;
    uint32_t leaf = 0;
    Address owner;  // of that leaf
    friend bool operator==(const FeeEntry&, const FeeEntry&) = default;
};

// Entries are numbered from 0, where the ledger begins, without gaps, in the order in which they took effect. A roll-back takes
// the latest numbers away, and they are used again (see Ledger::generation).
struct Entry {
    uint64_t number = 0;
    std::variant<OperationEntry, L1Entry, FeeEntry> what;
    friend bool operator==(const Entry&, const Entry&) = default;
};

// A sealed chunk. Numbered from 0 over all batches that the ledger has.
struct ChunkRecord {
    uint64_t number = 0;
    Bytes ops;
    Bytes sigs;
    StateFields before;
    StateFields after;
    uint64_t first_entry = 0;
    uint32_t entry_count = 0;  // zero for a chunk that apply found wrong (it changed nothing), or an empty one
    friend bool operator==(const ChunkRecord&, const ChunkRecord&) = default;
};

// A batch made of sealed chunks. Numbered from 1; genesis's has no record, and none has one that the ledger began behind.
struct BatchRecord {
    BatchHeader header;
    Hash l1_queue_hash;  // of the queue at header.last.l1_ops_consumed
    uint64_t first_chunk = 0;
    uint32_t size_bytes = 0;      // as posted
    std::optional<Hash> tx_hash;  // of the L1 transaction that holds it, as far as is known

    uint64_t number() const { return header.number; }
    uint64_t chunk_end() const { return first_chunk + header.chunk_count; }  // one past its last chunk
    friend bool operator==(const BatchRecord&, const BatchRecord&) = default;
};

// Where a ledger begins: with the state after this batch. Of what came before it has no entry, chunk or batch.
struct LedgerBase {
    BatchHeader header = genesis_header();
    Hash l1_queue_hash;  // of the queue at header.last.l1_ops_consumed

    uint64_t number() const { return header.number; }  // 0: genesis, where nothing came before
    friend bool operator==(const LedgerBase&, const LedgerBase&) = default;
};

// An L2 operation that was applied once, and is so no longer. It may be sent again.
struct RolledBack {
    uint64_t number = 0;  // in order of roll-back, then of the position it had; never used twice
    Operation operation;
    Signature signature;
    std::optional<Signature> voucher;  // of a redeem that takes
    Hash digest;
    Hash hash;  // operation_hash(digest, sender)
    Address sender;
    uint64_t position = 0;         // that it had
    uint64_t confirmed_at_ms = 0;  // as its receipt said
    uint64_t when_ms = 0;
    std::string why;
    friend bool operator==(const RolledBack&, const RolledBack&) = default;
};

// What made a withdrawal from before the ledger's beginning.
inline constexpr uint64_t kNoEntry = ~uint64_t{0};

// A withdrawal in the tree, and the entry that made it.
struct WithdrawalRecord {
    uint32_t position = 0;
    Withdrawal withdrawal;
    uint64_t entry = 0;  // kNoEntry: none that the ledger has
    friend bool operator==(const WithdrawalRecord&, const WithdrawalRecord&) = default;
};

// Canonical encodings, for the store only: a decoder gives nullopt for anything but what its encoder writes. What is the record's
// key (its number or position) is not encoded.
std::string encode_entry(const Entry& entry);
std::optional<Entry> decode_entry(uint64_t number, std::string_view data);
// Entries that follow on each other.
std::string encode_entries(std::span<const std::shared_ptr<const Entry>> entries);
std::optional<std::vector<Entry>> decode_entries(uint64_t first, std::string_view data);
std::string encode_batch_record(const BatchRecord& batch);
std::optional<BatchRecord> decode_batch_record(std::string_view data);
std::string encode_base(const LedgerBase& base);
std::optional<LedgerBase> decode_base(std::string_view data);
std::string encode_rolled_back(const RolledBack& operation);
std::optional<RolledBack> decode_rolled_back(uint64_t number, std::string_view data);

std::string encode_withdrawal(const WithdrawalRecord& withdrawal);
std::optional<WithdrawalRecord> decode_withdrawal(uint32_t position, std::string_view data);

}  // namespace gavel::ledger

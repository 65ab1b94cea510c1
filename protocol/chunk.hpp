// A chunk, the unit of proof, and its bit-packed form (docs/protocol.md, "Chunk codec").
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocol/operation.hpp"
#include "protocol/refusal.hpp"

namespace gavel {

inline constexpr unsigned kMaxChunkWeight = 96;
inline constexpr size_t kMaxOpsSize = 4096;   // bytes of a chunk's ops that the contract takes
inline constexpr size_t kMaxSigsSize = 3072;  // bytes of a chunk's sigs that the contract takes
inline constexpr unsigned kMaxPayoutLines = 94;

// What is posted of a chunk.
struct BatchChunk {
    Bytes ops;
    Bytes sigs;
    // False of a slot whose lengths don't fit in it (the refusal SlotLengths): ops and sigs are empty then.
    bool lengths_hold = true;
    friend bool operator==(const BatchChunk&, const BatchChunk&) = default;
};

// Whom a payment credits: the leaf at an index, or the account of an address that has no leaf yet.
struct Recipient {
    uint32_t index = 0;  // meaningful without an address
    std::optional<Address> address;
    friend bool operator==(const Recipient&, const Recipient&) = default;
};

struct PostedPayment {
    Recipient to;
    Amount amount;  // not posted of a redeem, whose amounts follow from the leaf
    friend bool operator==(const PostedPayment&, const PostedPayment&) = default;
};

// What is posted of a fund's or a redeem's channel.
struct PostedChannel {
    Address payee;  // of a fund; a redeem's is its first payment's
    Amount unit;
    uint64_t expiry = 0;
    uint64_t salt = 0;
    Amount count;  // of a redeem that takes
    bool take = false;
    bool close = false;
    friend bool operator==(const PostedChannel&, const PostedChannel&) = default;
};

// An operation as it is posted: nothing that the state implies (no nonce, token, sender address).
struct PostedOperation {
    OperationKind kind = OperationKind::kTransfer;
    uint32_t sender = 0;  // the leaf that it debits; of a redeem the channel's
    // Exactly one, but for a payout and a redeem. A withdrawal's is to an address (on the L1), a fund's to what the terms name; a
    // redeem's are to the payee and to the payer, who is an index.
    std::vector<PostedPayment> payments;
    Amount fee;
    Hash memo;
    PostedChannel channel{};  // of a fund and a redeem

    unsigned weight() const;
    unsigned signatures() const;  // how many of a chunk's sigs are its own
    friend bool operator==(const PostedOperation&, const PostedOperation&) = default;
};

struct Chunk {
    unsigned l1_operations = 0;  // how many L1 operations it consumes first
    std::vector<PostedOperation> operations;
    std::vector<uint32_t> fee_leaves;

    unsigned weight() const;
    friend bool operator==(const Chunk&, const Chunk&) = default;
};

inline constexpr unsigned kL1OperationWeight = 3;
inline constexpr unsigned kFeeLeafWeight = 1;

// Bits of a chunk's ops by what they say; with the padding they are all of its bytes.
struct OpsBits {
    size_t header = 0, kinds = 0, fees = 0, senders = 0, recipients = 0, amounts = 0, memos = 0, terms = 0, fee_leaves = 0,
           padding = 0;
};

// The canonical bytes of a chunk. Any chunk whose counts fit their fields can be encoded, a wrong one too (tests and liars need
// that); decode_ops gives back each one of weight <= kMaxChunkWeight, whose bytes fit in kMaxOpsSize. The caller guarantees:
// at most 63 operations and 63 fee leaves; 1 to 123 lines a payout, two payments a redeem, which takes or closes, one payment
// otherwise; a withdrawal's recipient by address; memos zero of kinds without one. `bits`: to be told how they are spent.
Bytes encode_ops(const Chunk& chunk, OpsBits* bits = nullptr);

// Bits of ops that an operation takes at most, whatever else is in its chunk; and that a chunk takes beside its operations, fee
// leaves left out, and for each of these.
size_t most_ops_bits(const PostedOperation& operation);
inline constexpr size_t kMostHeadBits = 11 + 12 + 5 + 3 + 17;
inline constexpr size_t kMostFeeLeafBits = 32;

// The chunk, or why the bytes are none. Any bytes may be passed; work and memory are bounded by the weight limit.
std::variant<Chunk, Refusal> decode_ops(ByteView ops);

}  // namespace gavel

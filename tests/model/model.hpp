// A second opinion on Gavel's ledger, written from docs/protocol.md alone and sharing nothing with protocol/: maps, lists,
// recursion, numbers without a width. Clear and slow; every test that compares with it says where the two implementations differ.
#pragma once

#include <cryptopp/integer.h>

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace gavel::model {

using Number = CryptoPP::Integer;  // exact, of any size
using Bytes = std::string;  // raw bytes; addresses have 20, hashes 32. Compared as big-endian integers when of equal length

// "Notation", "Keys and signatures".
Bytes be(size_t width, const Number& value);  // big-endian; `value` must fit
Number number(const Bytes& big_endian);
Number power_of_two(unsigned exponent);
Bytes H(const Bytes& data);
Bytes zeros(size_t count);
std::string hex(const Bytes& data);
Bytes unhex(const std::string& digits);
std::optional<Bytes> recover(const Bytes& digest, const Bytes& signature);

// "Trees": the root of a depth-32 tree whose leaves hash to `leaves`, all others being empty.
Bytes tree_root(const std::map<uint32_t, Bytes>& leaves);
Bytes small_tree_root(std::vector<Bytes> leaves);

// "Accounts": a leaf; its key is the map's, its next key the one that follows in the map.
struct Account {
    uint32_t index = 0;
    Number nonce;
    Number balance;
};

// "Commitment".
struct Fields {
    Bytes accounts_root;
    Bytes withdrawals_root;
    uint32_t account_count = 0;
    uint32_t withdrawal_count = 0;
    Number l1_ops_consumed;
    Number op_count;

    Bytes encode() const;
    static Fields decode(const Bytes& data);  // exactly 88 bytes
    Bytes commitment() const { return H(encode()); }
};

struct State {
    State();  // genesis

    // By owner || token; the sentinel is the 40 zero bytes. Indexes below account_count without an account are holes: their
    // leaves hash to zero (states made for tests).
    std::map<Bytes, Account> accounts;
    uint32_t account_count = 1;
    // Leaf hashes by position; positions below withdrawal_count that are missing are holes too.
    std::map<uint32_t, Bytes> withdrawals;
    uint32_t withdrawal_count = 0;
    Number l1_ops_consumed;
    Number op_count;

    // For states made by hand: an account at an index of one's choice, or at the next one.
    void put(const Bytes& owner, const Bytes& token, const Number& nonce, const Number& balance, uint32_t index);
    void put(const Bytes& owner, const Bytes& token, const Number& nonce, const Number& balance) {
        put(owner, token, nonce, balance, account_count);
    }
    Fields fields() const;
};

// "Operations".
struct Payment {
    Bytes to;
    Number amount;
};
Bytes domain_separator(const Number& chain_id, const Bytes& rollup);
Bytes transfer_digest(const Bytes& separator, const Bytes& token, const Payment& payment, const Number& fee, const Number& nonce,
                      const Bytes& memo);
Bytes withdraw_digest(const Bytes& separator, const Bytes& token, const Payment& payment, const Number& fee, const Number& nonce);
Bytes payout_digest(const Bytes& separator, const Bytes& token, const std::vector<Payment>& payments, const Number& fee,
                    const Number& nonce, const Bytes& memo);

// "Channels".
struct Terms {
    Bytes payer;
    Bytes payee;
    Number unit;
    Number expiry;
    Number salt;
};
Bytes terms_digest(const Bytes& separator, const Terms& terms);
Bytes channel_address(const Bytes& separator, const Terms& terms);
Bytes voucher_digest(const Bytes& separator, const Bytes& channel, const Bytes& token, const Number& count);
// `terms.payer` is the sender and not among what is signed.
Bytes fund_digest(const Bytes& separator, const Bytes& token, const Terms& terms, const Number& amount, const Number& fee,
                  const Number& nonce);
// What the payee signs.
struct RedeemWords {
    Bytes channel;
    Bytes token;
    Number claimed;
    Number count;
    bool take = false;
    bool close = false;
    Number fee;
};
Bytes redeem_digest(const Bytes& separator, const RedeemWords& words);

// "L1 operations".
struct L1Operation {
    enum Kind { kDeposit = 0, kForcedTransfer = 1, kForcedWithdrawal = 2, kRedeem = 3, kReclaim = 4 } kind = kDeposit;
    Bytes caller;
    Bytes to;
    Bytes token;
    Number amount;
    Number time;
    Number count = 0;

    Bytes encode() const;  // 93 bytes
};
Bytes queue_hash(const std::vector<L1Operation>& entries);  // h[number of entries]

// "Chunk codec".
struct Line {
    bool by_address = false;
    uint32_t index = 0;
    Bytes address;
    Number amount;
};
struct Operation {
    enum Kind { kTransfer, kWithdrawal, kPayout, kFund, kRedeem } kind = kTransfer;
    uint32_t sender = 0;      // of a redeem the channel's leaf
    std::vector<Line> lines;  // of a fund none; of a redeem the payee and the payer, the amounts being left to apply
    Number fee;
    Bytes memo = zeros(32);
    // Of a fund and a redeem.
    Terms terms;    // without the payer, and of a redeem without the payee
    Number amount;  // of a fund
    bool take = false;
    bool close = false;
    Number count = 0;  // of a redeem with take

    size_t signatures() const { return kind == kRedeem && take ? 2 : 1; }
};
struct Chunk {
    unsigned l1 = 0;
    std::vector<Operation> operations;
    std::vector<uint32_t> fee_leaves;
    unsigned weight = 0;
};
// Empty if the bytes are a chunk, which is then in `chunk`, else the refusal's name.
std::string decode(const Bytes& ops, Chunk& chunk);

// "Applying a chunk".
struct Env {
    Bytes separator;
    std::map<Number, L1Operation> l1;  // by number in the queue
    Number limit;
};
// What apply did on its way, whether or not it came to an end.
struct Trace {
    std::vector<std::string> accesses;     // "read 5", "find 3" (where the leaf is), "append 7", in order
    std::vector<std::string> l1_outcomes;  // as kL1Outcomes names them
};
extern const std::set<std::string> kL1Outcomes;
// A chunk names a hole. The rules don't speak of holes, which no history makes.
struct HoleRead : std::logic_error {
    HoleRead() : std::logic_error("model: apply reads a hole") {}
};
// Empty if the chunk is right, else the refusal's name, and `state` is as before (also when HoleRead is thrown).
std::string apply(const Env& env, State& state, const Bytes& ops, const Bytes& sigs, Trace* trace = nullptr);
// A chunk as it is posted. One in a slot whose lengths don't fit has neither ops nor sigs.
struct Posted {
    Bytes ops;
    Bytes sigs;
    bool lengths_fit = true;
};
std::string apply(const Env& env, State& state, const Posted& chunk, Trace* trace = nullptr);

// "Batches".
struct Header {
    uint64_t number = 0;
    Bytes parent_hash = zeros(32);
    uint32_t chunk_count = 0;
    unsigned source = 0;  // 0: calldata, 1: blobs
    Bytes data_root = zeros(32);
    Bytes sigs_root = zeros(32);  // of a batch in blobs what stands in its place: the commitment before the first chunk
    Fields last;

    Bytes encode() const;
    static Header decode(const Bytes& data);  // exactly 195 bytes
    Bytes hash() const { return H(encode()); }
};
Header genesis_header();

struct Batch {
    uint64_t number = 0;
    Header parent;
    Bytes l1_queue_hash;
    Fields last;
    unsigned source = 0;
    std::vector<Bytes> blob_hashes;  // none of a batch in calldata
    std::vector<Posted> chunks;
    std::vector<Bytes> commitments;  // after each chunk, the last too

    Bytes before(size_t chunk) const { return chunk == 0 ? parent.last.commitment() : commitments[chunk - 1]; }
    Header header() const;
};
// Empty if the bytes are a batch in calldata, else the refusal's name.
std::string decode_batch(const Bytes& data, Batch& batch);
// The same of one in blobs: the bytes in calldata, and the versioned hashes of its transaction's blobs. `blobs`, of 131,072 bytes
// each, are as many, and are looked at only if nothing is refused.
std::string decode_blob_batch(const Bytes& data, const std::vector<Bytes>& blobs, const std::vector<Bytes>& blob_hashes,
                              Batch& batch);

struct Judgement {
    std::optional<size_t> false_claim;  // the first chunk whose claim is false; none if the whole batch is true
    std::string refusal;                // why that chunk is wrong; empty if the chunk is right and the commitment isn't
    Fields truth;                       // after that chunk, or after the last
};
// Replays the batch from the state before it, which its parent's last commitment is about. `env.limit` is ignored: it's the
// batch's. `state` ends up behind the last chunk whose claim is true.
Judgement judge(const Batch& batch, State& state, Env env);

}  // namespace gavel::model

// The query service as its clients see it: what both daemons tell, the sequencer of what it has confirmed, the verifier of what
// it has verified. The values are those of gavel.v1 (proto/gavel/v1/), in the domain's types.
//
// Two ways lead to a daemon: gRPC (proto/client_grpc.hpp) and, in the daemon's own process, query/direct_query.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "node/status.hpp"
#include "protocol/account_proof.hpp"
#include "protocol/batch.hpp"
#include "protocol/operation.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel::api {

enum class OperationStatus : uint8_t { kConfirmed, kPosted, kFinal, kRolledBack };
const char* name_of(OperationStatus status);  // "confirmed", "posted", "final", "rolled back"

// An operation and where it is.
struct OperationInfo {
    Operation operation;
    Address sender;
    Signature signature;
    std::optional<Signature> voucher;  // of a redeem that takes: the payer's, over the voucher
    Hash hash;
    OperationStatus status = OperationStatus::kConfirmed;
    uint64_t position = 0;         // of a rolled-back one: where it was
    uint64_t confirmed_at_ms = 0;  // 0: the daemon never took it, but read it from the L1
    uint64_t batch = 0;            // 0: only confirmed
    uint16_t chunk = 0;            // within the batch
    std::optional<Hash> l1_transaction;
    uint64_t posted_at = 0;  // seconds; 0: only confirmed
    uint64_t final_at = 0;   // seconds; 0: only confirmed
    std::string why;         // of a rolled-back one
    friend bool operator==(const OperationInfo&, const OperationInfo&) = default;
};

// An L1 operation that was consumed.
struct L1OperationInfo {
    uint64_t index = 0;  // in the contract's queue, from 0
    L1Operation operation;
    bool took_effect = false;
    Amount moved;                        // zero without effect; of "the whole balance", what that was
    std::optional<uint32_t> withdrawal;  // position in the withdrawal tree, if it made one
    friend bool operator==(const L1OperationInfo&, const L1OperationInfo&) = default;
};

// A chunk's fees in one token.
struct FeeIncome {
    Address token;
    Amount total;
    Address owner;  // of the account credited
    friend bool operator==(const FeeIncome&, const FeeIncome&) = default;
};

// Something applied, and where it stands.
struct EntryInfo {
    uint64_t number = 0;  // among everything applied since ChainInfo::since_batch, from 0, without gaps
    std::variant<OperationInfo, L1OperationInfo, FeeIncome> what;
    OperationStatus status = OperationStatus::kConfirmed;  // never kRolledBack
    uint64_t batch = 0;                                    // 0: only confirmed
    uint64_t final_at = 0;                                 // seconds; 0: only confirmed
    friend bool operator==(const EntryInfo&, const EntryInfo&) = default;
};

// An (owner, token) pair. Without a leaf index, nonce and balance are zero.
struct AccountInfo {
    AccountKey key;
    uint32_t index = 0;
    uint64_t nonce = 0;  // that its next operation must carry; of a channel's leaf, see is_channel()
    Amount balance;
    bool exists() const { return index != 0; }
    // Of a channel: the nonce tells what has been claimed (protocol/channel.hpp).
    bool is_channel() const { return nonce >= kChannelMark; }
    friend bool operator==(const AccountInfo&, const AccountInfo&) = default;
};

// A channel's leaf, and what is known of the channel.
struct ChannelInfo {
    AccountInfo account;                                   // exists, and is_channel()
    std::optional<ChannelTerms> terms;                     // unknown: the server has seen no fund or redeem of it
    OperationStatus status = OperationStatus::kConfirmed;  // of what has changed it last; never kRolledBack
    Amount unposted;  // the part of the balance that has come by what isn't in a batch on the L1; all of it if there is much

    bool is_closed() const { return account.nonce == kClosedChannel; }
    uint64_t claimed() const { return account.nonce - kChannelMark; }  // units; of one that isn't closed
    friend bool operator==(const ChannelInfo&, const ChannelInfo&) = default;
};

struct Channels {
    std::vector<ChannelInfo> channels;  // by address, then token; their terms are known
    std::optional<AccountKey> next;     // go on behind this one; none at the end
    friend bool operator==(const Channels&, const Channels&) = default;
};

// A credit to an account.
struct IncomingPayment {
    enum class Kind : uint8_t { kTransfer, kPayout, kDeposit, kForcedTransfer, kFund, kRedeem, kForcedRedeem, kReclaim };
    Kind kind = Kind::kTransfer;
    uint64_t entry = 0;
    Address from;  // of a deposit, who called the contract; of a redeem and a reclaim, the channel
    Address to;
    Address token;
    Amount amount;
    Hash memo;
    std::optional<Hash> hash;              // of an operation
    std::optional<uint64_t> l1_operation;  // of what was asked on the L1
    uint16_t line = 0;                     // of a payout; of a redeem 0 for the payee, 1 for the payer
    uint64_t confirmed_at_ms = 0;
    friend bool operator==(const IncomingPayment&, const IncomingPayment&) = default;
};
// "transfer", "payout", "deposit", "forced transfer", "fund", "redeem", "forced redeem", "reclaim".
const char* name_of(IncomingPayment::Kind kind);
// Whether an entry of the L1's queue made it.
constexpr bool is_of_l1(IncomingPayment::Kind kind) {
    using Kind = IncomingPayment::Kind;
    return kind == Kind::kDeposit || kind == Kind::kForcedTransfer || kind == Kind::kForcedRedeem || kind == Kind::kReclaim;
}

enum class WithdrawalStatus : uint8_t { kNotPosted, kWaiting, kClaimable, kClaimed };
const char* name_of(WithdrawalStatus status);  // "not posted", "waiting", "claimable", "claimed"

struct WithdrawalInfo {
    uint32_t position = 0;  // in the withdrawal tree
    Withdrawal withdrawal;
    std::optional<Hash> hash;  // of the operation that made it; none if an L1 operation did, or the server doesn't know
    WithdrawalStatus status = WithdrawalStatus::kNotPosted;
    uint64_t batch = 0;         // the first that holds it, or ChainInfo::since_batch, if that holds it; 0: not posted
    uint64_t final_at = 0;      // of that batch, seconds; 0: not posted
    uint64_t seconds_left = 0;  // of one that waits, by the newest L1 block's time
    friend bool operator==(const WithdrawalInfo&, const WithdrawalInfo&) = default;
};

// What the contract's claim takes.
struct ClaimProof {
    WithdrawalInfo withdrawal;
    BatchHeader header;  // of the latest final batch; while none that holds it is final, of the first that holds it
    WithdrawalProof proof;
    uint64_t claimable_at = 0;  // seconds
    friend bool operator==(const ClaimProof& a, const ClaimProof& b);
};

struct BatchInfo {
    BatchHeader header;
    uint32_t size_bytes = 0;             // as posted
    std::optional<Hash> l1_transaction;  // that appended it
    uint64_t l1_block = 0;               // of that transaction
    uint64_t posted_at = 0;              // that block's time, seconds
    uint64_t first_position = 0;
    uint64_t op_count = 0;
    uint64_t l1_op_count = 0;
    uint64_t final_at = 0;  // seconds
    bool is_final = false;
    friend bool operator==(const BatchInfo&, const BatchInfo&) = default;
};

struct ChunkSignatures {
    std::vector<Signature> signatures;
    std::vector<Hash> digests;  // that they sign
    friend bool operator==(const ChunkSignatures&, const ChunkSignatures&) = default;
};

struct ChainInfo {
    Domain domain;
    Hash domain_separator;
    std::string server;       // "sequencer" or "verifier"
    std::string version;      // of its program
    StateFields state;        // after the last full chunk that it has confirmed or verified
    uint64_t op_count = 0;    // operations applied, those behind `state` among them
    uint64_t head_batch = 0;  // standing on the L1 and known to the server
    Hash head_hash;
    uint64_t final_batch = 0;
    uint64_t posted_op_count = 0;
    uint64_t final_op_count = 0;
    uint64_t l1_block = 0;  // read up to here
    uint64_t l1_time = 0;   // that block's, seconds
    uint64_t l1_queue_length = 0;
    uint64_t l1_ops_waiting = 0;    // queued, and not consumed by the server
    uint64_t challenge_window = 0;  // seconds, as the next two
    uint64_t inclusion_window = 0;
    uint64_t freeze_age = 0;
    bool frozen = false;
    uint64_t since_batch = 0;  // what came up to this batch isn't in the server's histories; 0: they are whole
    friend bool operator==(const ChainInfo&, const ChainInfo&) = default;
};

// Cursors are opaque to clients: zero starts; others name an entry of the one server that gave them.
template <class T>
struct Page {
    std::vector<T> items;
    uint64_t next_cursor = 0;  // zero at the end; of a stream's pages never zero: where to go on after a broken stream
    friend bool operator==(const Page&, const Page&) = default;
};

struct Balances {
    std::vector<AccountInfo> accounts;  // by token
    std::optional<Address> next;        // go on behind this token; none at the end
    friend bool operator==(const Balances&, const Balances&) = default;
};

// No answer came: the server isn't there, or was silent for too long.
bool is_no_answer(const node::Status& status);

// A stream's next value; false ends it, and then the stream is OK.
template <class T>
using Take = std::function<bool(const T&)>;
// Called now and then while nothing comes, maybe by another thread; false ends the stream likewise. May be empty.
using Step = std::function<bool()>;

// Limits: zero takes 100, more than 1000 is taken as 1000. Refusals are written as CODE/REASON field; besides, whatever the way
// to the server adds. Streams return when the server ends them, too. Any thread.
class Query {
public:
    virtual ~Query() = default;

    virtual node::Result<ChainInfo> chain_info() = 0;
    virtual node::Result<AccountInfo> account(const AccountKey& key) = 0;
    // `after`: a page's next.
    virtual node::Result<Balances> balances(const Address& owner, const std::optional<Address>& after, uint32_t limit) = 0;
    // A channel's leaf. NOT_FOUND/UNKNOWN_CHANNEL channel: there is none, or it is no channel's.
    virtual node::Result<ChannelInfo> channel(const AccountKey& key) = 0;
    // Channels whose payer or payee the owner is, as far as the server has seen funds and redeems of them. `after`: a page's
    // next.
    virtual node::Result<Channels> channels(const Address& owner, const std::optional<AccountKey>& after, uint32_t limit) = 0;
    // What touched the owner's accounts, newest first; a page may be short, even empty, though next_cursor says that there is
    // more. INVALID_ARGUMENT/BAD_CURSOR cursor.
    virtual node::Result<Page<EntryInfo>> history(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                                  uint32_t limit) = 0;
    // NOT_FOUND/UNKNOWN_OPERATION hash.
    virtual node::Result<OperationInfo> operation(const Hash& hash) = 0;
    // NOT_FOUND/UNKNOWN_WITHDRAWAL, FAILED_PRECONDITION/NOT_POSTED.
    virtual node::Result<ClaimProof> withdrawal_proof(uint32_t position) = 0;
    // By position.
    virtual node::Result<Page<WithdrawalInfo>> withdrawals(const Address& recipient, uint64_t cursor, uint32_t limit) = 0;
    // NOT_FOUND/UNKNOWN_BATCH batch, OUT_OF_RANGE/NO_SUCH_CHUNK chunk.
    virtual node::Result<ChunkSignatures> chunk_signatures(uint64_t batch, uint32_t chunk) = 0;
    // NOT_FOUND/UNKNOWN_BATCH number.
    virtual node::Result<BatchInfo> batch(uint64_t number) = 0;

    // The operation as it is, and again with each change of its status, until it is final or rolled back.
    virtual node::Status watch_operation(const Hash& hash, const Take<OperationInfo>& take, const Step& step) = 0;
    // Payments to the owner: those behind the cursor, then each as it comes. No cursor: only new ones. The first page comes at
    // once, even empty. ABORTED/ROLLED_BACK cursor: payments already told were rolled back.
    virtual node::Status watch_payments(const Address& owner, const std::optional<Address>& token, std::optional<uint64_t> cursor,
                                        const Take<Page<IncomingPayment>>& take, const Step& step) = 0;
    // Everything applied, in order, fee credits too. The same refusals.
    virtual node::Status feed(uint64_t cursor, const Take<Page<EntryInfo>>& take, const Step& step) = 0;
};

}  // namespace gavel::api

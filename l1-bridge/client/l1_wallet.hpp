// An account of the L1 that sends transactions: gas, fees, nonce, signature; and that looks after them until they are in a block.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "l1-bridge/client/l1_client.hpp"
#include "l1-bridge/client/l1_wallet_prices.hpp"
#include "l1-bridge/wire/blob_sidecar.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/clock.hpp"
#include "node/config.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

struct L1WalletOptions {
    // Of the estimate, in percent: what the state changes until the transaction is mined may make it dearer.
    uint64_t gas_margin = 125;
    uint64_t max_gas = uint64_t{1} << 24;  // EIP-7825
    // Wei per gas that are paid at most, whatever the L1 asks. Zero: no bound.
    u128 max_fee_cap = 0;
    // The same in wei per blob gas, of which a blob has 131,072.
    u128 max_blob_fee_cap = 0;
    // A transaction that waits so long, and sees a block pass after it, is replaced by one that pays more. With blobs the second
    // wait is twice as long, the next one four times, up to 16 times: each replacement pays twice as much, so that the price
    // grows with the time waited and no faster.
    std::chrono::milliseconds bump_after{30'000};
    std::chrono::milliseconds poll{200};  // of wait()
    // Transactions that are remembered once they are in a block. Who has more on the way at the same time may ask in vain for one
    // that was replaced.
    size_t kept_mined = 64;
    // Told by run() before it waits, so that the name is known whatever comes then.
    std::function<void(const Hash& sent)> on_sent{};
};

// The same as flags of a program: --max-fee-gwei, --max-blob-fee-gwei and --bump-after.
struct L1WalletFlags {
    uint64_t max_fee_gwei = 500;
    uint64_t max_blob_fee_gwei = 500;
    std::chrono::milliseconds bump_after = L1WalletOptions().bump_after;

    L1WalletOptions options() const;
};
void add_wallet_flags(node::Options& options, L1WalletFlags& flags);

// Thread-safe: sends go out one after the other. `client` and `clock` must outlive it. Only one wallet at a time should use a
// key; where two do, each finds the next free nonce, and one's transaction may be lost to the other's (is_lost).
//
// An account has either transactions with blobs on the way or others, never both: nodes' mempools have it so ("address already
// reserved"). Who needs both at a time takes two accounts.
//
// A transaction's name is the hash that send() gave, also when another version of it, with higher fees, is the one that is mined.
class L1Wallet {
public:
    L1Wallet(L1Client& client, const PrivateKey& key, L1WalletOptions options = {}, const node::Clock& clock = system_clock());

    const Address& address() const { return address_; }
    const L1WalletOptions& options() const { return options_; }

    // Builds, signs and sends; the name once a node has it, or may have it: whatever an answer says, it counts as handed over
    // unless the node, asked for it and for the account's nonce, knows nothing of it (what it lacks then keep_up() gives it
    // again). `to` of nullopt creates a contract. Without `gas_limit` it is estimated, so that what would revert is refused here,
    // with the revert's reason (L1Client::revert_status). Refusals are told by state, not by the node's words; reasons, beside
    // the client's:
    //   L1_FEE_OVER_CAP        the L1's base fee is above the cap; field max_fee_cap or, of blobs, max_blob_fee_cap
    //   TX_INSUFFICIENT_FUNDS  the account's balance is below what it and those that wait may cost
    //   TX_REFUSED             the node doesn't take it, at a higher tip either (up to 100 gwei); the message has its words
    // all kFailedPrecondition. And kUnavailable, as it passes by itself while keep_up() is called:
    //   TX_OTHER_KIND_WAITS    transactions of the account wait that have blobs if this one has none, or the reverse, or that
    //                          nobody here knows and may be such; it clears when they are in a block, or are replaced
    node::Result<Hash> send(const std::optional<Address>& to, u128 value, Bytes data, std::optional<uint64_t> gas_limit = {});
    // As send(), with blobs: their hashes go into the transaction, the sidecar to the node. It is kept until the transaction is
    // in a block; where the caller keeps it for longer, it can be given again after a reorganisation. Reasons beside send()'s:
    //   TX_BLOBS_MISSING, TX_TOO_MANY_BLOBS, TX_SIDECAR_COUNT  kInvalidArgument: it isn't one to six blobs, each with its proofs
    // and kUnavailable, to be tried again:
    //   L1_NO_BLOBS            the node tells no price of blobs
    //   TX_EARLIER_MISSING     the node lacks earlier ones of the account, which keep_up() gives it again: nodes take
    //                          transactions with blobs only without a gap between nonces
    //   TX_TOO_MANY_WAIT       16 of the account wait, as many as nodes take
    node::Result<Hash> send_blobs(const Address& to, Bytes data, std::shared_ptr<const BlobSidecar> sidecar,
                                  std::optional<uint64_t> gas_limit = {});
    // The gas that it takes at the head, without a margin and without blob gas; `blob_hashes` as a transaction with these blobs
    // would name them. A refusal as send()'s.
    node::Result<uint64_t> estimate(const std::optional<Address>& to, u128 value, const Bytes& data,
                                    const std::vector<Hash>& blob_hashes = {});
    // The limit that send() gives to what takes so much.
    uint64_t limit_for(uint64_t gas) const;

    // One round of care for what waits for its first block: sends again what the node has lost, as in a restart; replaces what
    // waits too long by the same with higher fees (both an eighth more at least, with blobs all three twice as much, or what the
    // node suggests now); and fills the nonces below, by what had them, if a reorganisation took it back, or by a transaction of
    // nothing, which of blobs has one of zeros. What an earlier process left, and keeps send() from sending, is replaced so, too.
    // What a reorganisation takes back is else the sender's to send again, who knows whether it is still wanted. To be called
    // again and again. Not OK: the client's Status, or why a replacement isn't sent, L1_FEE_OVER_CAP when a cap holds it back,
    // and of blobs TX_INSUFFICIENT_FUNDS; or TX_REFUSED. The transactions go on waiting.
    node::Status keep_up();
    // Whether something waits for its first block, as the last send() or keep_up() saw it.
    bool has_unmined() const;
    // Not wanted any more: it isn't cared for, and if the node still has it, it is replaced by a transaction of nothing. One with
    // blobs by one to the account itself with a blob of zeros, at twice the price: the only kind that a node takes in its place,
    // and cheaper than six blobs for a call that fails. Where a cap forbids that it is left as it is. In either case the node
    // may put the cancelled one into a block all the same: whoever cancels must expect it.
    void cancel(const Hash& sent);
    // The receipt of a transaction, whichever of its versions is in a block; nullopt while none is.
    node::Result<std::optional<Receipt>> receipt(const Hash& sent);
    // Whether it will never be in a block: neither this wallet nor the node knows it any more, or another transaction has its
    // nonce. Of a node that is behind this may be said too early: let some time pass before it is believed.
    node::Result<bool> is_lost(const Hash& sent);

    // Keeps up until its receipt is there, whether it succeeded or not, through whatever the node says meanwhile. After
    // `timeout`, kDeadlineExceeded, with its name, where it is and what was in the way in the message: L1_TIMEOUT, it waits for a
    // block, or its receipt can't be read; TX_NOT_KNOWN, the node doesn't know it (any more, or yet). Neither means that it has
    // failed.
    node::Result<Receipt> wait(const Hash& sent, std::chrono::milliseconds timeout = std::chrono::minutes(2));
    // send() and wait(); a failed transaction is a revert's Status.
    node::Result<Receipt> run(const std::optional<Address>& to, u128 value, Bytes data,
                              std::chrono::milliseconds timeout = std::chrono::minutes(2));
    // Why a mined transaction failed, as far as can be told: tries it again on the state before its block.
    node::Status explain(const Receipt& failed);

private:
    // What a transaction is made of, before it has a nonce.
    struct Draft {
        std::optional<Address> to;
        u128 value = 0;  // wei
        Bytes data;
        std::optional<uint64_t> gas_limit;
        std::shared_ptr<const BlobSidecar> sidecar;
        bool has_blobs() const { return sidecar != nullptr; }
    };
    struct Sent {
        SignedTransaction newest;                    // its newest version
        std::shared_ptr<const BlobSidecar> sidecar;  // of that version, until it is in a block
        std::weak_ptr<const BlobSidecar> let_go;     // from then on: there while its sender has it
        std::vector<Hash> hashes;                    // of each version, oldest first
        uint64_t priced_ms = 0;                      // when this version was made
        uint64_t sent_ms = 0;                        // when the node was given it
        std::optional<uint64_t> due_block;           // the head when it had waited long enough
        unsigned doublings = 0;                      // of its price, with blobs
        bool was_mined = false;                      // has been in a block, and may be again
        bool is_wanted = true;
        bool is_filler = false;  // of a nonce of which nobody here knows what has it
        bool was_taken = false;  // a node said so, of some version
        bool is_held = false;    // by a cap or for lack of funds, and told so
        node::Status refused{};  // why no node took it when it was given last; OK: one did, or has it now
        const Transaction& body() const { return newest.body; }
        bool waits() const { return is_wanted && !was_mined; }
        bool is_untaken_filler() const { return is_filler && !was_taken; }
    };
    using OfNonce = std::map<uint64_t, Sent>;
    // What nobody here may be caring for, and keeps a send() from its turn.
    struct Blocked {
        uint64_t first_nonce = 0;           // that isn't in a block
        bool has_blobs = false;             // what waits there, by all that is known
        uint64_t since_ms = 0;              // when that nonce was first seen to wait
        std::optional<uint64_t> due_block;  // as of a Sent
    };

    static const node::Clock& system_clock();
    FeeBounds bounds() const { return {options_.max_fee_cap, options_.max_blob_fee_cap}; }
    // ---- Sending ----
    node::Result<Hash> send_draft(Draft draft);
    node::Result<Transaction> prepare(Draft& draft);
    node::Status find_gas_limit(Transaction& transaction);
    node::Status check_kind(bool has_blobs);
    node::Status held_up(const Transaction& transaction, const node::Status& refused);
    node::Status other_kind_waits(uint64_t nonce, bool has_blobs, const std::string& why);
    // What is known of a transaction after a refusal.
    enum class Standing : uint8_t { kMayBeThere, kNonceTaken, kNowhere };
    Standing after_refusal(const SignedTransaction& transaction, const node::Status& refusal, int most_looks);
    std::optional<node::Status> lacking_funds(const Transaction& transaction);
    node::Result<uint64_t> next_nonce();
    Sent& note(SignedTransaction made, std::shared_ptr<const BlobSidecar> sidecar);
    // ---- Caring ----
    bool is_old(uint64_t since_ms, unsigned doublings) const;
    bool is_due(const Sent& sent) const;
    bool any_due() const;
    std::optional<uint64_t> first_waiting() const;
    std::optional<uint64_t> last_waiting() const;
    void note_mined(uint64_t mined);
    bool note_blocked(uint64_t pending, const std::optional<BlockRef>& head);
    std::vector<uint64_t> look_after(uint64_t end, uint64_t pending, const std::optional<BlockRef>& head, node::Status& trouble);
    node::Status fill_before(uint64_t end, uint64_t pending, bool has_blobs);
    node::Status raise_stuck(const std::vector<uint64_t>& stuck);
    Transaction nothing_at(uint64_t nonce, bool has_blobs) const;
    node::Status raise(Transaction& transaction, const Sent& sent, const Fees& fees);
    node::Status bump(uint64_t nonce, const Fees& fees);
    // Gives the node the newest version once more.
    node::Status send_again(uint64_t nonce);
    node::Status judge_refusal(const Sent& sent, const node::Status& refused);
    bool turn_filler(uint64_t nonce, const node::Status& refused);
    void hold_blobs(uint64_t nonce);
    bool is_known(const Sent& sent);
    bool is_settled(const Sent& sent);
    node::Status not_seen(const Hash& sent, const node::Status& trouble);
    static bool has_version(const Sent& sent, const Hash& hash);
    const Sent* find(const Hash& sent) const;

    L1Client& client_;
    PrivateKey key_;
    Address address_;
    L1WalletOptions options_;
    const node::Clock& clock_;
    mutable std::mutex mutex_;
    std::optional<uint64_t> chain_id_;
    OfNonce sent_;        // those not mined, and the newest of those that are: a reorganisation may take them back
    uint64_t mined_ = 0;  // the account's nonce in the L1's state when last seen
    std::optional<Blocked> blocked_;
    u128 least_tip_ = 0;  // wei; what a node took after it had refused less, and a little less with each one sent since
};

}  // namespace gavel::l1

// An account of the L1 that sends transactions: gas, fees, nonce, signature; and that looks after them until they are in a block.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "l1-bridge/client/l1_client.hpp"
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
    // A transaction that waits so long, and sees a block pass after it, is replaced by one that pays more.
    std::chrono::milliseconds bump_after{30'000};
    std::chrono::milliseconds poll{200};  // of wait()
    // Transactions that are remembered once they are in a block. Who has more on the way at the same time may ask in vain for one
    // that was replaced.
    size_t kept_mined = 64;
    // Told by run() before it waits, so that the name is known whatever comes then.
    std::function<void(const Hash& sent)> on_sent{};
};

// The same as flags of a program: --max-fee-gwei and --bump-after.
struct L1WalletFlags {
    uint64_t max_fee_gwei = 500;
    std::chrono::milliseconds bump_after = L1WalletOptions().bump_after;

    L1WalletOptions options() const;
};
void add_wallet_flags(node::Options& options, L1WalletFlags& flags);

// Thread-safe: sends go out one after the other. `client` and `clock` must outlive it. Only one wallet at a time should use a
// key; where two do, each finds the next free nonce, and one's transaction may be lost to the other's (is_lost).
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
    //   L1_FEE_OVER_CAP        the L1's base fee is above the cap
    //   TX_INSUFFICIENT_FUNDS  the account's balance is below what it and those that wait may cost
    //   TX_REFUSED             the node doesn't take it, at a higher tip either (up to 100 gwei); the message has its words
    // all kFailedPrecondition.
    node::Result<Hash> send(const std::optional<Address>& to, u128 value, Bytes data, std::optional<uint64_t> gas_limit = {});
    // The gas that it takes at the head, without a margin; a refusal as send()'s.
    node::Result<uint64_t> estimate(const std::optional<Address>& to, u128 value, const Bytes& data);
    // The limit that send() gives to what takes so much.
    uint64_t limit_for(uint64_t gas) const;

    // One round of care for what waits for its first block: sends again what the node has lost, as in a restart; replaces what
    // waits too long by the same with higher fees (both an eighth more at least, or what the node suggests now); and fills the
    // nonces below, by what had them, if a reorganisation took it back, or by a transaction of nothing. What a reorganisation
    // takes back is else the sender's to send again, who knows whether it is still wanted. To be called again and again. Not OK:
    // the client's Status, or L1_FEE_OVER_CAP when the cap holds a replacement back; the transactions go on waiting.
    node::Status keep_up();
    // Whether something waits for its first block, as the last send() or keep_up() saw it.
    bool has_unmined() const;
    // Not wanted any more: it isn't cared for, and if the node still has it, it is replaced by a transaction of nothing.
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
    struct Sent {
        Transaction body;  // of the newest version
        Bytes raw;
        std::vector<Hash> hashes;           // of each version, oldest first
        uint64_t priced_ms = 0;             // when this version was made
        uint64_t sent_ms = 0;               // when the node was given it
        std::optional<uint64_t> due_block;  // the head when it had waited long enough
        bool was_mined = false;             // has been in a block, and may be again
        bool is_wanted = true;
        bool is_held = false;    // by the cap, and told so
        node::Status refused{};  // why no node took it when it was given last; OK: one did, or has it now
        bool waits() const { return is_wanted && !was_mined; }
    };
    using OfNonce = std::map<uint64_t, Sent>;

    static const node::Clock& system_clock();
    node::Result<Transaction> prepare(const std::optional<Address>& to, u128 value, Bytes data,
                                      std::optional<uint64_t> gas_limit);
    node::Status set_first_fees(Transaction& transaction, const Fees& fees) const;
    // What is known of a transaction after a refusal.
    enum class Standing : uint8_t { kMayBeThere, kNonceTaken, kNowhere };
    Standing after_refusal(const SignedTransaction& transaction, const node::Status& refusal, int most_looks);
    std::optional<node::Status> lacking_funds(const Transaction& transaction);
    bool raise_tip(Transaction& transaction) const;
    bool is_settled(const Sent& sent, uint64_t nonce);
    node::Status not_seen(const Hash& sent, const node::Status& trouble);
    node::Result<uint64_t> next_nonce();
    Sent& note(const SignedTransaction& transaction);
    bool is_due(const Sent& sent) const;
    bool any_due() const;
    std::optional<uint64_t> first_waiting() const;
    std::optional<uint64_t> last_waiting() const;
    void note_mined(uint64_t mined);
    node::Status fill_before(uint64_t first_own, uint64_t pending);
    Transaction nothing_at(uint64_t nonce) const;
    node::Status bump(uint64_t nonce, const Fees& fees);
    // Gives the node the newest version once more.
    node::Status send_again(uint64_t nonce);
    node::Status give_again(const Sent& sent, uint64_t nonce);
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
    u128 least_tip_ = 0;  // wei; what a node took after it had refused less, and a little less with each one sent since
};

}  // namespace gavel::l1

// Transactions that wait for a block.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "l1-bridge/wire/blob_gas.hpp"
#include "l1-bridge/wire/blob_sidecar.hpp"
#include "node/status.hpp"

namespace gavel::l1 {

// One that waits, with its sidecar if it is of type 3.
struct WaitingTransaction {
    SignedTransaction transaction;
    std::shared_ptr<const BlobSidecar> sidecar = nullptr;
};

// Not thread-safe. Holds by sender and nonce; gaps wait. An account has either transactions with blobs here or others, as geth's
// two pools have it.
class Mempool {
public:
    static constexpr size_t kMaxTransactions = 16'384;
    static constexpr size_t kMaxOfSender = 4'096;
    static constexpr size_t kMaxBlobsOfSender = 16;  // transactions with blobs
    static constexpr size_t kMaxBytes = size_t{256} << 20;

    // Takes it, in place of one with the same nonce if both fees are at least a tenth higher; with blobs, if all three are at
    // least twice as high. Reasons: TX_KNOWN, TX_ACCOUNT_RESERVED (the account has some of the other sort here), TX_UNDERPRICED
    // (a replacement that pays too little), TX_ACCOUNT_LIMIT (16 with blobs are here), MEMPOOL_FULL. That the transaction is
    // valid by itself is the caller's to check.
    node::Status add(WaitingTransaction waiting);
    // Takes back what a reorganisation dropped, oldest first, ahead of all that waits, whatever the limits. A waiting one with
    // the same nonce stays.
    void put_back(std::vector<WaitingTransaction> transactions);
    bool remove(const Hash& hash);
    // Forgets what can't be mined any more.
    void forget_below(const Address& sender, uint64_t nonce);
    void clear();

    const SignedTransaction* find(const Hash& hash) const;
    // nullptr if it isn't here, or has none.
    std::shared_ptr<const BlobSidecar> sidecar(const Hash& hash) const;
    // The most that the sender's transactions here can cost, without the one of this nonce; 2^128-1 if it is more.
    u128 most_cost_beside(const Address& sender, uint64_t nonce) const;
    // The nonce after the sender's unbroken sequence from `state_nonce` on.
    uint64_t next_nonce(const Address& sender, uint64_t state_nonce) const;
    size_t size() const { return by_hash_.size(); }

    // Goes through what can be mined, by effective tip, then by arrival; of each sender in order of nonce.
    class Selection {
    public:
        Selection(const Mempool& pool, u128 base_fee, u128 blob_base_fee,
                  const std::function<uint64_t(const Address&)>& state_nonce);
        // nullptr when there is none left.
        const SignedTransaction* best() const;
        // best() was mined: its sender's next comes up.
        void take();
        // best() can't be mined in this block, nor its sender's later ones.
        void skip_sender();

    private:
        struct Candidate {
            u128 tip;
            int64_t arrival;
            Address sender;
            uint64_t nonce;
            bool operator<(const Candidate& other) const;
        };
        void enter(const Address& sender, uint64_t nonce);
        const Mempool& pool_;
        u128 base_fee_, blob_base_fee_;
        std::set<Candidate> candidates_;
    };

private:
    struct Pooled : WaitingTransaction {
        int64_t arrival = 0;
    };
    using OfSender = std::map<uint64_t, Pooled>;

    const Pooled* pooled(const Hash& hash) const;
    node::Status judge_place(const Transaction& body, size_t bytes, const Address& sender) const;
    void insert(WaitingTransaction waiting, int64_t arrival);

    std::map<Address, OfSender> by_sender_;
    std::map<Hash, std::pair<Address, uint64_t>> by_hash_;
    size_t bytes_ = 0;
    int64_t last_arrival_ = 0;
    int64_t first_arrival_ = 0;
};

}  // namespace gavel::l1

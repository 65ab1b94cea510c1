// Transactions that wait for a block.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "l1-bridge/wire/transaction.hpp"
#include "node/status.hpp"

namespace gavel::l1 {

// Not thread-safe. Holds by sender and nonce; gaps wait.
class Mempool {
public:
    static constexpr size_t kMaxTransactions = 16'384;
    static constexpr size_t kMaxOfSender = 4'096;
    static constexpr size_t kMaxBytes = size_t{256} << 20;

    // Takes it, in place of one with the same nonce if both fees are at least a tenth higher. Reasons: TX_KNOWN, TX_UNDERPRICED
    // (a replacement that pays too little), MEMPOOL_FULL. That the transaction is valid by itself is the caller's to check.
    node::Status add(SignedTransaction transaction);
    // Takes back what a reorganisation dropped, oldest first, ahead of all that waits, whatever the limits. A waiting one with
    // the same nonce stays.
    void put_back(std::vector<SignedTransaction> transactions);
    bool remove(const Hash& hash);
    // Forgets what can't be mined any more.
    void forget_below(const Address& sender, uint64_t nonce);
    void clear();

    const SignedTransaction* find(const Hash& hash) const;
    // The nonce after the sender's unbroken sequence from `state_nonce` on.
    uint64_t next_nonce(const Address& sender, uint64_t state_nonce) const;
    size_t size() const { return by_hash_.size(); }

    // Goes through what can be mined, by effective tip, then by arrival; of each sender in order of nonce.
    class Selection {
    public:
        Selection(const Mempool& pool, u128 base_fee, const std::function<uint64_t(const Address&)>& state_nonce);
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
        u128 base_fee_;
        std::set<Candidate> candidates_;
    };

private:
    struct Pooled {
        SignedTransaction transaction;
        int64_t arrival = 0;
    };
    using OfSender = std::map<uint64_t, Pooled>;

    void insert(SignedTransaction transaction, int64_t arrival);

    std::map<Address, OfSender> by_sender_;
    std::map<Hash, std::pair<Address, uint64_t>> by_hash_;
    size_t bytes_ = 0;
    int64_t last_arrival_ = 0;
    int64_t first_arrival_ = 0;
};

}  // namespace gavel::l1

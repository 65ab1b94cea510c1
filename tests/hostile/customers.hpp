// People who use the rollup while it is attacked: payments, withdrawals, deposits. What everybody must have in the end follows
// from what they did, without a look at any program of Gavel's.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/e2e/world.hpp"

namespace gavel::hostile {

// Each on a thread of his own: operation after operation, whichever is his next by the sequencer's word, now and then a deposit.
class Customers {
public:
    static const std::vector<std::string>& names();

    // Each has an account. `l1_url` is honest.
    Customers(e2e::World& world, const std::string& l1_url, uint64_t seed);
    ~Customers() { stop(); }
    // Each ends what he has begun.
    void stop();

    uint64_t confirmed() const;  // operations with a receipt
    // Whether each operation with a receipt is in the sequencer's state. What a lie of the operator's took back is sent again,
    // once its sender has found the sequencer again.
    bool all_stand() const;
    uint64_t deposits() const { return deposits_; }
    // What isn't so: each receipt's operation is in a batch, by the verifier's word; each balance is what it must be, by both
    // daemons'. To be called once all is posted.
    std::string complaint() const;
    // What isn't paid yet on the L1 of what was withdrawn. Empty: nothing.
    std::string unpaid() const;

private:
    struct Person {
        std::string name;
        size_t number = 0;
        u128 deposited = 0;
        std::map<uint64_t, Hash> receipts;  // by nonce
        std::string complaint;
    };
    // What a person signs with a nonce: always the same.
    Operation operation(size_t person, uint64_t nonce) const;
    void live(Person& person);
    void submit(Person& person, api::Sequencer& sequencer);
    void deposit(Person& person, l1::L1Wallet& wallet);
    std::string not_posted(const Person& person) const;
    // Operations that were applied, of each person, by the verifier's word: the nonces.
    std::vector<uint64_t> applied() const;

    e2e::World& world_;
    const std::string l1_url_;
    const uint64_t seed_;
    mutable std::mutex mutex_;
    std::vector<Person> people_;
    std::atomic<uint64_t> deposits_{0};
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> threads_;
};

}  // namespace gavel::hostile

// A world whose sequencer and verifier see the L1 through a proxy each; the tests themselves see it as it is.
#pragma once

#include <thread>

#include "tests/e2e/world.hpp"
#include "tests/hostile/proxy.hpp"

namespace gavel::hostile {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Within which a daemon has to say that it can't do its work: two of the L1's blocks, one a second here, and what a busy machine
// takes to notice and to ask.
inline constexpr seconds kToldWithin{6};

// Runs something a while later, on a thread of its own; not at all if it ends before.
class Later {
public:
    Later(milliseconds after, std::function<void()> what);
    ~Later();

private:
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

class HostileWorld {
public:
    explicit HostileWorld(e2e::WorldOptions options = {}, uint64_t seed = 0);

    e2e::World& world() { return world_; }
    Proxy& before_sequencer() { return before_sequencer_; }
    Proxy& before_verifier() { return before_verifier_; }
    // Both.
    void misbehave(const std::vector<Fault>& faults);
    void behave() { misbehave({}); }

    // A sequencer that sits, a verifier that proves, an ether of Alice's in her account and a payment of hers, posted and
    // verified.
    void start();
    // Of Alice's to a shop, a wei each.
    void pay(uint64_t payments = 1);
    // The same while the sequencer may be refusing; whether the payment was confirmed.
    bool try_to_pay();

    // ---- What daemons say of themselves ----
    bool is_well(const std::string& daemon) { return world_.health(daemon) == "ok\n"; }
    // Whether it said so within the time, at any moment of it.
    bool says_ill(const std::string& daemon, seconds time = kToldWithin);
    bool says_well(const std::string& daemon, seconds time = e2e::kPatience);

    // ---- Promises ----
    // For so long: whenever the verifier says that all is well, it has read everything that the contract has.
    void check_never_blind(seconds time);
    // Everybody lives, is well, takes a payment, and agrees, without a hand.
    void check_recovers();
    // And balances are what was paid; then everybody ends in order.
    void check_recovers_and_end();

    // Until both know every L1 operation that the contract has now.
    void wait_for_all_read();

private:
    e2e::World world_;
    Proxy before_sequencer_, before_verifier_;
    uint64_t paid_ = 0;
    std::string refused_;  // why the latest payment was that was
};

}  // namespace gavel::hostile

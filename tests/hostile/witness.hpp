// Watches a verifier from outside, beside an honest node: is it ever blind without saying so?
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "tests/hostile/hostile_world.hpp"
#include "tests/hostile/storm.hpp"

namespace gavel::hostile {

// Asks health, the verifier's knowledge and the contract's about five times a second, on a thread of its own.
class Witness {
public:
    // `l1_url` is honest.
    Witness(e2e::World& world, const std::string& l1_url);
    ~Witness() { stop(); }
    void stop();

    struct Complaint {
        Moment at;
        std::string text;
    };
    // What was seen that may not be: at a moment when the verifier said that all is well it didn't know of a batch or an L1
    // operation that had been on the L1 for kBlindFor. Empty: nothing.
    std::vector<Complaint> complaints() const;
    // Of an episode in which nothing could be read: when the verifier said that all is well though it had lasted for
    // kBlindTold. Empty: it never did.
    std::string silence_in(const Episode& episode) const;

    static constexpr seconds kBlindFor{6};   // two block times, the fork that lasts longest, and the time to notice
    static constexpr seconds kBlindTold{4};  // two block times, and the time to notice

private:
    struct Sample {
        Moment at;
        bool is_well = false;
        uint64_t head = 0, queue = 0;  // of the contract
    };
    void run(const std::string& l1_url);
    void look(l1::RollupClient& contract);
    void judge(const Sample& sample, uint64_t known_head, uint64_t known_queue);

    e2e::World& world_;
    mutable std::mutex mutex_;
    std::deque<Sample> samples_;
    std::vector<Complaint> complaints_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace gavel::hostile

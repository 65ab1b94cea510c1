// Faults dealt at random by a seed, for a while, before one proxy.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "tests/hostile/deck.hpp"
#include "tests/hostile/proxy.hpp"

namespace gavel::hostile {

using Moment = std::chrono::steady_clock::time_point;

// Some faults for a few seconds.
struct Episode {
    std::vector<std::string> faults;
    Moment begin, end;
    bool blinds = false;       // nothing can be read in it
    std::string told() const;  // for people
};

class Storm {
public:
    // Begins at once. Faults that have touched nothing yet come first.
    Storm(Proxy& proxy, uint64_t seed);
    ~Storm() { end(); }
    // The proxy is honest from then on.
    void end();
    // Ends what is dealt, and deals this fault alone, for as long as it may last. Returns once it has begun.
    void deal_now(const std::string& fault);

    std::vector<Episode> episodes() const;  // those that are over
    std::string now() const;                // what is being done wrong, for people
    // How many episodes had each fault; all are named.
    std::map<std::string, uint64_t> dealt() const;

private:
    struct Hand {
        std::vector<Fault> faults;
        Episode episode;
        std::chrono::milliseconds lasts{0};
    };
    void run();
    Hand deal();
    size_t next_card();
    std::optional<size_t> called_card() const;
    void answer_call(const Hand& hand);
    bool is_called() const;
    bool is_untouched(size_t card) const;  // it was dealt before
    bool sleep(std::chrono::milliseconds time) const;

    Proxy& proxy_;
    std::mt19937_64 random_;
    std::vector<size_t> left_;  // of the deck, shuffled
    mutable std::mutex mutex_;
    std::optional<std::string> called_;
    std::vector<Episode> episodes_;
    std::string now_;
    std::map<std::string, uint64_t> dealt_;
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

}  // namespace gavel::hostile

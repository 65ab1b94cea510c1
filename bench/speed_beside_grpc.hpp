// Who reads from the sequencer while payments are sent.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "protocol/bytes.hpp"

namespace gavel::bench {

// Page through an owner's history from the newest entry to the oldest, and again; each in a thread with a connection of its own.
class Readers {
public:
    // `foreign`: of a token that the owner has none of, so that each call looks at as many entries as it may.
    Readers(const std::string& sequencer, unsigned count, const Address& owner, bool foreign);
    ~Readers();
    uint64_t pages() const { return pages_; }
    uint64_t refused() const { return refused_; }

private:
    std::atomic<bool> running_{true};
    std::atomic<uint64_t> pages_{0}, refused_{0};
    std::vector<std::thread> threads_;
};

// Open WatchPayments streams, new payments only, each of one owner. One peer may have 200, so the second half asks at ::1.
class Watchers {
public:
    Watchers(const std::string& sequencer, const std::vector<Address>& owners);
    ~Watchers();
    uint64_t payments() const { return payments_; }
    // Streams that ended before their time.
    uint64_t ended() const { return ended_; }

private:
    struct Streams;
    std::unique_ptr<Streams> streams_;
    std::atomic<bool> running_{true};
    std::atomic<uint64_t> payments_{0}, ended_{0};
    std::thread thread_;
};

}  // namespace gavel::bench

// Payments of one sender through a stream, as fast as they are taken, by a client that survives everything: after a broken
// stream it asks for the next nonce and goes on from there.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "tests/e2e/world.hpp"

namespace gavel::e2e {

class Load {
public:
    // Payment `nonce` of `sender` moves nonce + 1 wei to `recipient`. Begins at once.
    Load(World& world, const std::string& sender, const Address& recipient);
    ~Load();

    // Waits until so many payments more than now are acknowledged.
    void wait_for_acknowledged(uint64_t more);
    // No new ones are sent; those under way are answered or lost.
    void stop();
    // Hash by nonce, of all that have ever been acknowledged.
    std::map<uint64_t, Hash> acknowledged() const;
    // Why something acknowledged was not what it should be: a second receipt with another hash or position. Empty: nothing was.
    std::string complaint() const;

private:
    void run();
    void stream(uint64_t nonce);
    void take(uint64_t nonce, const api::SubmitOutcome& outcome);

    World& world_;
    std::string sender_;
    Address recipient_;
    std::unique_ptr<api::Sequencer> sequencer_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::map<uint64_t, api::Receipt> receipts_;
    std::string complaint_;
    std::thread thread_;
};

}  // namespace gavel::e2e

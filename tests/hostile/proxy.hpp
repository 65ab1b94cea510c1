// A proxy before an L1 node that misbehaves as it is told: it takes JSON-RPC on a loopback port, asks the node, and lets faults
// spoil questions and answers. Without faults it is honest. What is asked by GET, the blobs, it passes on as it is,
// unless it is to falsify them.
//
//     Proxy proxy(world.l1_url());
//     proxy.misbehave({leaves_logs_out()});
//     proxy.misbehave({delays(200ms), refuses_large(2'000).with_chance(30)});
//     proxy.behave();
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/hostile/fault.hpp"

namespace httplib {
class Server;
}  // namespace httplib

namespace gavel::hostile {

// Thread-safe.
class Proxy {
public:
    // Takes questions from now on, at any path and with any query. `seed`: of what faults draw; which question draws what hangs
    // on the order in which they come.
    explicit Proxy(std::string node_url, uint64_t seed = 0);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    int port() const { return port_; }

    // From the next question on, each fault in turn. Questions under way end as they began.
    void misbehave(std::vector<Fault> faults);
    void behave() { misbehave({}); }
    // From now on each answer with a blob has another blob's bytes; how many have had.
    void falsify_blobs() { falsifies_blobs_ = true; }
    uint64_t falsified() const { return falsified_; }

    // How many questions each fault has touched, by its name, ever; and how often a method was asked for.
    std::map<std::string, uint64_t> touched() const;
    uint64_t touched(const std::string& fault) const;
    uint64_t asked(const std::string& method) const;

private:
    Json ask_node(const Json& request) const;
    void spoil(Exchange& exchange, std::mt19937_64& random);

    const std::string node_url_;
    const uint64_t seed_;
    mutable std::mutex mutex_;
    std::vector<Fault> faults_;
    std::map<std::string, uint64_t> touched_, asked_;
    uint64_t questions_ = 0;
    std::atomic<bool> falsifies_blobs_{false};
    std::atomic<uint64_t> falsified_{0};
    std::unique_ptr<httplib::Server> server_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace gavel::hostile

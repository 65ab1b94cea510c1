// The door of a daemon's ports: accepts connections on a thread of its own and hands them on, within bounds in all and for one
// peer. What is above them is closed at once; the door itself never closes, also when descriptors run out.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "node/peer_limit.hpp"
#include "node/status.hpp"

namespace gavel::node {

// Raises this process's soft limit of open files to the hard one. Returns what holds now. Does no more at the second call.
uint64_t raise_descriptor_limit();
// How many connections a process may hold beside its store, which keeps a quarter of all descriptors and 128: LevelDB takes a
// fifth for its tables (the others are mapped), the rest is for logs, locks and calls of our own.
uint64_t descriptors_for_connections();

// A socket's own address; of family AF_UNSPEC if it has none.
sockaddr_storage local_address(int fd);

struct ListenerOptions {
    std::string listen = "127.0.0.1:0";  // host:port, [v6]:port; port 0 takes a free one. A name is listened on at each address
    uint64_t max_connections = 1024;     // less if the process may not have so many descriptors
    uint64_t max_per_peer = 128;
};

// A connection that was let in. The descriptor is whose it is handed to; the share goes when the connection has gone.
struct Accepted {
    int fd = -1;
    sockaddr_storage from{};
    PeerShare share;
};

class Listener {
public:
    // Called from the listener's thread.
    using Take = std::function<void(Accepted)>;
    // One from there comes from this process itself, and isn't counted: its share isn't ok().
    using IsOwn = std::function<bool(const sockaddr_storage& from)>;

    // Binds. Nothing is accepted before run(). Reasons: LISTEN_ADDRESS_INVALID, LISTEN_FAILED.
    static Result<std::unique_ptr<Listener>> open(const ListenerOptions& options);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Accepts from now on. `tick` is called at least every half second, also while nobody comes, and before somebody is turned
    // away: whoever has to find out that connections have gone does it there.
    void run(Take take, std::function<void()> tick = {}, IsOwn is_own = {});
    // Closes the ports, and returns when nothing is handed on any more. Does nothing the second time. Shares live on.
    void stop();

    uint16_t port() const { return port_; }
    // Where this machine itself reaches it.
    sockaddr_storage address() const;
    const PeerLimit& connections() const { return limit_; }

private:
    explicit Listener(const ListenerOptions& options);
    Status bind_all(const std::string& host, uint16_t port);
    void loop();
    bool accept_one(int fd);
    PeerShare admit(const sockaddr_storage& from);

    PeerLimit limit_;
    std::vector<int> sockets_;
    int wake_ = -1;
    uint16_t port_ = 0;
    Take take_;
    IsOwn is_own_;
    std::function<void()> tick_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace gavel::node

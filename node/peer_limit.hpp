// How much of a thing (connections, calls, bytes) is in use, in all and by one peer. A peer is who shares an address: an IPv4
// address, or the first 64 bits of an IPv6 address, since whoever has one of those has 2^64.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gavel::node {

class PeerLimit {
public:
    PeerLimit(uint64_t total, uint64_t per_peer) : total_(total), per_peer_(per_peer) {}

    // False, and nothing is taken, if there is no room for so many more. Thread-safe, like all of it.
    bool take(const std::string& peer, uint64_t amount = 1);
    // Gives back what was taken.
    void give(const std::string& peer, uint64_t amount = 1);
    uint64_t used() const;
    uint64_t used_by(const std::string& peer) const;

private:
    mutable std::mutex mutex_;
    const uint64_t total_, per_peer_;
    uint64_t used_ = 0;
    std::map<std::string, uint64_t> peers_;  // those that hold something
};

// Something taken of a limit, given back when it goes. Moves; the limit must outlive it.
class PeerShare {
public:
    PeerShare() = default;
    // Not ok() if there was no room.
    PeerShare(PeerLimit& limit, std::string peer, uint64_t amount = 1);
    ~PeerShare() { release(); }
    PeerShare(PeerShare&& other) noexcept { *this = std::move(other); }
    PeerShare& operator=(PeerShare&& other) noexcept;

    bool ok() const { return limit_ != nullptr; }
    void release();

private:
    PeerLimit* limit_ = nullptr;
    std::string peer_;
    uint64_t amount_ = 0;
};

// The peer behind an address: "127.0.0.1", "2001:db8::/64"; "local" if it is neither IPv4 nor IPv6.
std::string peer_of(const sockaddr_storage& address);
// The same from what gRPC calls its peers: "ipv4:127.0.0.1:4711", "ipv6:%5B::1%5D:4711".
std::string peer_of_grpc(std::string_view peer);

}  // namespace gavel::node

#include "node/peer_limit.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace gavel::node {
namespace {

constexpr const char* kLocal = "local";

std::string peer_of_v4(const in_addr& address) {
    char text[INET_ADDRSTRLEN];
    return inet_ntop(AF_INET, &address, text, sizeof text);
}

std::string peer_of_v6(in6_addr address) {
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        in_addr v4{};
        std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
        return peer_of_v4(v4);
    }
    std::fill(address.s6_addr + 8, address.s6_addr + 16, uint8_t{0});
    char text[INET6_ADDRSTRLEN];
    return std::string(inet_ntop(AF_INET6, &address, text, sizeof text)) + "/64";
}

// "%5B" is "[", as gRPC writes it.
std::string without_brackets(std::string_view host) {
    for (std::string_view open : {"%5B", "[", "%5b"})
        if (host.starts_with(open)) host.remove_prefix(open.size());
    for (std::string_view close : {"%5D", "]", "%5d"})
        if (host.ends_with(close)) host.remove_suffix(close.size());
    return std::string(host.substr(0, host.find('%')));  // without the zone
}

}  // namespace

bool PeerLimit::take(const std::string& peer, uint64_t amount) {
    std::lock_guard lock(mutex_);
    auto held = peers_.find(peer);
    const uint64_t by_peer = held == peers_.end() ? 0 : held->second;
    if (amount > total_ - used_ || amount > per_peer_ || by_peer > per_peer_ - amount) return false;
    used_ += amount;
    if (held == peers_.end()) peers_.emplace(peer, amount);
    else held->second += amount;
    return true;
}

void PeerLimit::give(const std::string& peer, uint64_t amount) {
    std::lock_guard lock(mutex_);
    auto held = peers_.find(peer);
    if (held == peers_.end()) return;
    used_ -= amount;
    if ((held->second -= amount) == 0) peers_.erase(held);
}

uint64_t PeerLimit::used() const {
    std::lock_guard lock(mutex_);
    return used_;
}

uint64_t PeerLimit::used_by(const std::string& peer) const {
    std::lock_guard lock(mutex_);
    auto held = peers_.find(peer);
    return held == peers_.end() ? 0 : held->second;
}

PeerShare::PeerShare(PeerLimit& limit, std::string peer, uint64_t amount) : peer_(std::move(peer)), amount_(amount) {
    if (limit.take(peer_, amount_)) limit_ = &limit;
}

PeerShare& PeerShare::operator=(PeerShare&& other) noexcept {
    release();
    std::swap(limit_, other.limit_);
    std::swap(peer_, other.peer_);
    std::swap(amount_, other.amount_);
    return *this;
}

void PeerShare::release() {
    if (limit_) limit_->give(peer_, amount_);
    limit_ = nullptr;
}

std::string peer_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) return peer_of_v4(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
    if (address.ss_family == AF_INET6) return peer_of_v6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    return kLocal;
}

std::string peer_of_grpc(std::string_view peer) {
    const size_t colon = peer.find(':'), port = peer.rfind(':');
    if (colon == peer.npos || port <= colon) return kLocal;
    const std::string host = without_brackets(peer.substr(colon + 1, port - colon - 1));
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return peer_of_v4(v4);
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return peer_of_v6(v6);
    return kLocal;
}

}  // namespace gavel::node

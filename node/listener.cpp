#include "node/listener.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "node/http_server.hpp"
#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr int kBacklog = 512;
constexpr std::chrono::milliseconds kTick{500};
constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(50);
constexpr uint64_t kKeptBack = 128;

uint64_t descriptor_limit() {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

int open_socket(const addrinfo& address, uint16_t port) {
    const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    const int yes = 1;
    // Not SO_REUSEPORT: a second daemon would share the port without a word.
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_storage at{};
    std::copy_n(reinterpret_cast<const char*>(address.ai_addr), address.ai_addrlen, reinterpret_cast<char*>(&at));
    if (address.ai_family == AF_INET) reinterpret_cast<sockaddr_in&>(at).sin_port = htons(port);
    else reinterpret_cast<sockaddr_in6&>(at).sin6_port = htons(port);
    if (bind(fd, reinterpret_cast<sockaddr*>(&at), address.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

uint16_t port_of(int fd) {
    sockaddr_storage at = local_address(fd);
    return ntohs(at.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(at).sin_port
                                         : reinterpret_cast<sockaddr_in6&>(at).sin6_port);
}

}  // namespace

sockaddr_storage local_address(int fd) {
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    return at;
}

uint64_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return descriptor_limit();
}

uint64_t descriptors_for_connections() {
    const uint64_t all = descriptor_limit(), kept = all / 4 + kKeptBack;
    return all > kept ? all - kept : 1;
}

Listener::Listener(const ListenerOptions& options)
    : limit_(std::min(options.max_connections, descriptors_for_connections()), options.max_per_peer) {}

Result<std::unique_ptr<Listener>> Listener::open(const ListenerOptions& options) {
    auto address = parse_host_port(options.listen);
    if (!address.ok()) return address.status();
    std::unique_ptr<Listener> out(new Listener(options));
    Status status = out->bind_all(address->host, address->port);
    if (!status.ok()) return status;
    out->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (out->wake_ < 0) return Status{Code::kUnavailable, "LISTEN_FAILED", "listen", "no descriptor is left"};
    return out;
}

Status Listener::bind_all(const std::string& host, uint16_t port) {
    const Status failed{Code::kUnavailable, "LISTEN_FAILED", "listen",
                        "can't listen on " + host + ":" + std::to_string(port) + ": in use, or no such address"};
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return failed;
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
    port_ = port;
    for (const addrinfo* one = found; one; one = one->ai_next) {
        const int fd = open_socket(*one, port_);
        // A machine without IPv6 still says that localhost is ::1; in use is another matter.
        if (fd < 0 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) continue;
        if (fd < 0) return failed;
        sockets_.push_back(fd);
        if (port_ == 0) port_ = port_of(fd);
    }
    return sockets_.empty() ? failed : Status{};
}

Listener::~Listener() {
    stop();
    if (wake_ >= 0) close(wake_);
}

sockaddr_storage Listener::address() const {
    sockaddr_storage at = sockets_.empty() ? sockaddr_storage{} : local_address(sockets_.front());
    auto& v4 = reinterpret_cast<sockaddr_in&>(at);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(at);
    if (at.ss_family == AF_INET && v4.sin_addr.s_addr == htonl(INADDR_ANY)) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (at.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) v6.sin6_addr = in6addr_loopback;
    return at;
}

void Listener::run(Take take, std::function<void()> tick, IsOwn is_own) {
    take_ = std::move(take);
    tick_ = std::move(tick);
    is_own_ = std::move(is_own);
    thread_ = std::thread([this] { loop(); });
}

void Listener::stop() {
    stopping_ = true;
    const uint64_t one = 1;
    if (wake_ >= 0) (void)!write(wake_, &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    for (int fd : sockets_) close(fd);
    sockets_.clear();
}

void Listener::loop() {
    std::vector<pollfd> waiting{{wake_, POLLIN, 0}};
    for (int fd : sockets_) waiting.push_back({fd, POLLIN, 0});
    using Clock = std::chrono::steady_clock;
    auto next_tick = Clock::now() + kTick;
    while (!stopping_) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_tick - Clock::now());
        poll(waiting.data(), waiting.size(), std::max(0, static_cast<int>(left.count())));
        if (stopping_) return;
        // By time: where somebody comes more often than that, no poll ends without a connection.
        if (Clock::now() >= next_tick) {
            if (tick_) tick_();
            next_tick = Clock::now() + kTick;
        }
        for (const pollfd& one : waiting) {
            if (one.fd == wake_ || !(one.revents & POLLIN)) continue;
            while (!stopping_ && accept_one(one.fd)) {
            }
        }
    }
}

// True if there may be more.
bool Listener::accept_one(int fd) {
    Accepted out;
    socklen_t size = sizeof out.from;
    out.fd = accept4(fd, reinterpret_cast<sockaddr*>(&out.from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (out.fd < 0) {
        // Without descriptors the connection waits in the kernel's queue until there is one again.
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            if (tick_) tick_();
            std::this_thread::sleep_for(kPauseWithoutDescriptors);
            return false;
        }
        return errno == EINTR || errno == ECONNABORTED;
    }
    const bool own = is_own_ && is_own_(out.from);
    if (!own) out.share = admit(out.from);
    if (!own && !out.share.ok()) {
        close(out.fd);
        return true;
    }
    const int yes = 1;
    setsockopt(out.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    take_(std::move(out));
    return true;
}

PeerShare Listener::admit(const sockaddr_storage& from) {
    PeerShare share(limit_, peer_of(from));
    if (share.ok() || !tick_) return share;
    tick_();
    return PeerShare(limit_, peer_of(from));
}

}  // namespace gavel::node

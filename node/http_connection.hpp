// A connection of the HTTP server's, as httplib reads and writes it. Used by the server alone.
#pragma once

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "node/http_server.hpp"

namespace gavel::node {

// A connection, on which each part of a request has its time as a whole: a client that sends a byte now and then gains nothing.
class HttpConnection final : public httplib::Stream {
public:
    HttpConnection(int fd, const HttpServerOptions& options) : fd_(fd), options_(options) {}

    // Until a request comes; false if none does in time.
    bool wait_for_request() {
        expect(Part::kIdle, options_.idle_time);
        return is_readable();
    }
    void begin_head() {
        head_left_ = options_.max_head_bytes;
        expect(Part::kHead, options_.head_time);
    }
    void begin_body() { expect(Part::kBody, options_.body_time); }
    // The client has closed its side, or the connection is broken.
    bool is_gone() const {
        pollfd state{fd_, POLLRDHUP, 0};
        return poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    }

    // What is to be kept until the answer is sent, in place of what was; nullptr for nothing.
    void hold(std::shared_ptr<const void> held) { held_ = std::move(held); }

    // Something couldn't be read whole, or was no HTTP: nothing that follows can be told apart.
    bool is_lost() const { return is_lost_; }
    void lose() { is_lost_ = true; }

    bool is_readable() const override { return read_at_ < in_.size() || wait(POLLIN); }
    bool is_writable() const override { return wait(POLLOUT); }
    // httplib reads heads byte by byte, so from a buffer.
    ssize_t read(char* to, size_t size) override {
        if (part_ == Part::kHead) size = std::min(size, head_left_);
        const ssize_t got = size == 0 ? -1 : read_at_ == in_.size() ? fill() : 1;
        if (got <= 0) {
            lose();
            return got;
        }
        size = std::min(size, in_.size() - read_at_);
        std::copy_n(in_.data() + read_at_, size, to);
        read_at_ += size;
        if (part_ == Part::kHead) head_left_ -= size;
        return static_cast<ssize_t>(size);
    }
    // httplib writes an answer in parts: they go out together.
    ssize_t write(const char* from, size_t size) override {
        if (part_ != Part::kAnswer) expect(Part::kAnswer, options_.answer_time);
        if (out_.size() + size > kSendBytes && !flush()) return -1;
        if (size > kSendBytes) return send_whole({from, size}) ? static_cast<ssize_t>(size) : -1;
        out_.append(from, size);
        return static_cast<ssize_t>(size);
    }
    // Sends what was written. False: the client has gone, or doesn't read.
    bool flush() {
        const bool whole = send_whole(out_);
        out_.clear();
        return whole;
    }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    int socket() const override { return fd_; }

private:
    static constexpr size_t kReadBytes = 16 << 10, kSendBytes = 64 << 10;

    enum class Part : uint8_t { kIdle, kHead, kBody, kAnswer };

    bool send_whole(std::string_view data) {
        while (!data.empty() && wait(POLLOUT)) {
            const ssize_t sent = send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN && errno != EINTR) break;
            if (sent > 0) data.remove_prefix(static_cast<size_t>(sent));
        }
        return data.empty();
    }
    ssize_t fill() {
        if (!flush()) return -1;  // "100 Continue": who waits for it sends nothing before
        in_.resize(kReadBytes);
        read_at_ = 0;
        for (;;) {
            const ssize_t got = wait(POLLIN) ? recv(fd_, in_.data(), in_.size(), 0) : -1;
            if (got < 0 && (errno == EAGAIN || errno == EINTR) && std::chrono::steady_clock::now() < until_) continue;
            in_.resize(got > 0 ? static_cast<size_t>(got) : 0);
            return got;
        }
    }
    void expect(Part part, std::chrono::milliseconds time) {
        part_ = part;
        until_ = std::chrono::steady_clock::now() + time;
    }
    bool wait(short event) const {
        for (;;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now());
            if (left.count() <= 0) return false;
            pollfd one{fd_, event, 0};
            const int ready = poll(&one, 1, static_cast<int>(left.count()));
            if (ready > 0) return true;
            if (ready < 0 && errno != EINTR) return false;
        }
    }

    const int fd_;
    const HttpServerOptions& options_;
    Part part_ = Part::kIdle;
    std::chrono::steady_clock::time_point until_{};
    size_t head_left_ = 0;
    bool is_lost_ = false;
    std::shared_ptr<const void> held_;
    std::string in_;  // of which the first read_at_ bytes are read
    size_t read_at_ = 0;
    std::string out_;  // of the answer, not sent yet
};

}  // namespace gavel::node

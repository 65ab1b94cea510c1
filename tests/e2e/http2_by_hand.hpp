// HTTP/2 spoken by hand, for what no client library would send.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace gavel::e2e {

class Http2ByHand {
public:
    // Closes the socket.
    explicit Http2ByHand(int fd) : fd_(fd) { write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettings, 0, 0, "")); }
    ~Http2ByHand() { close(fd_); }
    Http2ByHand(const Http2ByHand&) = delete;

    // Opens `count` calls, each with a message that is said to have so many bytes, and sends all but the last byte of each, as
    // fast as the other side lets us; returns once it doesn't any more.
    void send_half_messages(const std::string& method, uint32_t count, uint32_t message_bytes) {
        std::map<uint32_t, uint32_t> left;
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t stream = 2 * i + 1;
            write(frame(kHeaders, 0x4, stream, header_block(method)));
            window_.try_emplace(stream, initial_window_);
            send_data(stream, std::string(1, '\0') + be32(message_bytes));
            left[stream] = message_bytes - 1;
        }
        for (bool moved = true; moved;) {
            moved = read_frames(std::chrono::milliseconds(500));
            for (auto& [stream, bytes] : left) {
                while (bytes > 0 && !broken_) {
                    const int64_t size = std::min<int64_t>({int64_t{bytes}, 16'384, window_[0], window_[stream]});
                    if (size <= 0) break;
                    send_data(stream, std::string(static_cast<size_t>(size), 'x'));
                    bytes -= static_cast<uint32_t>(size);
                    moved = true;
                }
            }
            moved = moved && !broken_;
        }
    }

    // Of messages.
    int64_t bytes_sent() const { return bytes_sent_; }

private:
    enum : uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kWindowUpdate = 8 };

    static std::string be32(uint32_t value) {
        return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
                static_cast<char>(value)};
    }
    static uint32_t read_be32(const std::string& text, size_t at) {
        uint32_t out = 0;
        for (size_t i = at; i < at + 4; ++i) out = out << 8 | static_cast<uint8_t>(text[i]);
        return out;
    }
    static std::string frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
        return be32(static_cast<uint32_t>(payload.size())).substr(1) +
               std::string{static_cast<char>(type), static_cast<char>(flags)} + be32(stream) + payload;
    }
    // Literals that aren't indexed (RFC 7541, 6.2.2).
    static std::string header_block(const std::string& path) {
        std::string out;
        auto add = [&](const std::string& name, const std::string& value) {
            out += std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
        };
        add(":method", "POST");
        add(":scheme", "http");
        add(":path", path);
        add(":authority", "localhost");
        add("content-type", "application/grpc");
        add("te", "trailers");
        return out;
    }
    void write(const std::string& bytes) {
        for (size_t at = 0; at < bytes.size() && !broken_;) {
            pollfd one{fd_, POLLOUT, 0};
            const ssize_t sent = poll(&one, 1, 2'000) == 1 ? send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL) : -1;
            broken_ = sent <= 0;
            at += broken_ ? 0 : static_cast<size_t>(sent);
        }
    }
    void send_data(uint32_t stream, const std::string& bytes) {
        write(frame(kData, 0, stream, bytes));
        bytes_sent_ += static_cast<int64_t>(bytes.size());
        window_[0] -= static_cast<int64_t>(bytes.size());
        window_[stream] -= static_cast<int64_t>(bytes.size());
    }
    // True if anything came in time.
    bool read_frames(std::chrono::milliseconds time) {
        bool any = false;
        for (pollfd one{fd_, POLLIN, 0}; !broken_ && poll(&one, 1, any ? 0 : static_cast<int>(time.count())) == 1;) {
            char buffer[16384];
            const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
            broken_ = got <= 0;
            if (broken_) return any;
            any = true;
            in_.append(buffer, static_cast<size_t>(got));
            while (in_.size() >= 9 && in_.size() >= 9 + (read_be32(in_, 0) >> 8)) {
                const size_t size = read_be32(in_, 0) >> 8;
                take(static_cast<uint8_t>(in_[3]), static_cast<uint8_t>(in_[4]), read_be32(in_, 5), in_.substr(9, size));
                in_.erase(0, 9 + size);
            }
        }
        return any;
    }
    void take(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
        if (type == kReset) window_[stream] = INT32_MIN;  // nothing more on that one
        if (type == kWindowUpdate && payload.size() == 4) window_[stream] += read_be32(payload, 0);
        if (type == kPing && !(flags & 1)) write(frame(kPing, 1, 0, payload));
        if (type != kSettings || (flags & 1)) return;
        for (size_t at = 0; at + 6 <= payload.size(); at += 6) {
            if (payload[at] != 0 || payload[at + 1] != 4) continue;  // SETTINGS_INITIAL_WINDOW_SIZE
            const int64_t value = read_be32(payload, at + 2);
            for (auto& [id, window] : window_)
                if (id != 0) window += value - initial_window_;
            initial_window_ = value;
        }
        write(frame(kSettings, 1, 0, ""));
    }

    const int fd_;
    bool broken_ = false;
    int64_t bytes_sent_ = 0;
    std::string in_;
    int64_t initial_window_ = 65'535;
    std::map<uint32_t, int64_t> window_{{0, 65'535}};  // 0: of the connection
};

}  // namespace gavel::e2e

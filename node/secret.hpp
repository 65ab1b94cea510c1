// What must not be left lying about: keys and passwords in memory, and the memory of a process that has them.
#pragma once

#include <string>
#include <string_view>

#include "node/status.hpp"

namespace gavel::node {

// Overwrites what the text holds, its spare room too, and empties it.
void wipe(std::string& text);

// A text that is wiped when it is gone. Moving leaves nothing behind.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) { wipe(text); }
    ~Secret() { wipe(text_); }
    Secret(const Secret& other) = default;
    Secret& operator=(const Secret& other);
    Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
    Secret& operator=(Secret&& other) noexcept;

    const std::string& text() const { return text_; }
    std::string_view view() const { return text_; }
    bool empty() const { return text_.empty(); }

private:
    std::string text_;
};

// A small file that holds a secret. Unless `allow_readable`, a regular file that others than its owner may read or write is
// refused. Reasons: read_file's (node/file.hpp), SECRET_FILE_READABLE (kFailedPrecondition).
Result<Secret> read_secret_file(const std::string& path, size_t max_bytes, bool allow_readable);

// From here on no core file is written, and no other process of the same user may look into this one (ptrace, /proc/PID/mem). To
// be called by a program that holds a key, before it reads one; what it starts with exec isn't concerned.
void forbid_dumps();

}  // namespace gavel::node

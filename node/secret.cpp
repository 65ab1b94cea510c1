#include "node/secret.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace gavel::node {

void wipe(std::string& text) {
    text.resize(text.capacity());
    explicit_bzero(text.data(), text.size());
    text.clear();
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) *this = Secret(other);
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(text_);
    text_ = std::move(other.text_);
    wipe(other.text_);
    return *this;
}

Result<Secret> read_secret_file(const std::string& path, size_t max_bytes, bool allow_readable) {
    const auto failed = [&](int error) {
        const bool missing = error == ENOENT;
        return Status{missing ? Code::kNotFound : Code::kFailedPrecondition, missing ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", "",
                      path + ": " + strerror(error)};
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) return failed(errno);
    struct Close {
        int fd;
        ~Close() { ::close(fd); }
    } const close_it{file};
    struct stat info {};
    if (::fstat(file, &info) != 0) return failed(errno);
    if (!allow_readable && S_ISREG(info.st_mode) && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return Status{Code::kFailedPrecondition, "SECRET_FILE_READABLE", "allow-readable-key",
                      path + " may be read or changed by others: chmod 600 it"};
    }
    std::string text(max_bytes + 1, '\0');  // all at once: a text that grows leaves copies behind
    size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            const int error = errno;
            wipe(text);
            return failed(error);
        }
        if (got == 0) break;
        size += static_cast<size_t>(got);
    }
    if (size > max_bytes) {
        wipe(text);
        return Status{Code::kOutOfRange, "FILE_TOO_LARGE", "", path + ": more than " + std::to_string(max_bytes) + " bytes"};
    }
    text.resize(size);
    return Secret(std::move(text));
}

void forbid_dumps() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace gavel::node

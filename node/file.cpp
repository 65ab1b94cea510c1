#include "node/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gavel::node {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }

private:
    int fd_;
};

Status file_error(const char* reason, const std::string& path, int error) {
    Code code = error == ENOENT ? Code::kNotFound : Code::kFailedPrecondition;
    return {code, reason, "", path + ": " + std::strerror(error)};
}

bool write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

}  // namespace

Result<std::string> read_file(const std::string& path, uint64_t max_bytes) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open()) return file_error(errno == ENOENT ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", path, errno);
    std::string content;
    char buffer[65536];
    while (true) {
        ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_error("FILE_UNREADABLE", path, errno);
        if (got == 0) return content;
        content.append(buffer, static_cast<size_t>(got));
        if (content.size() > max_bytes) {
            return Status{Code::kOutOfRange, "FILE_TOO_LARGE", "", path + ": more than " + std::to_string(max_bytes) + " bytes"};
        }
    }
}

Status write_file(const std::string& path, std::string_view content, unsigned mode) {
    std::string beside = path + ".XXXXXX";
    Descriptor file(::mkostemp(beside.data(), O_CLOEXEC));
    if (!file.open()) return file_error("FILE_UNWRITABLE", path, errno);
    if (!write_all(file.get(), content) || ::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
        ::rename(beside.c_str(), path.c_str()) != 0) {
        int error = errno;
        ::unlink(beside.c_str());
        return file_error("FILE_UNWRITABLE", path, error);
    }
    // The rename itself is durable once the directory is.
    std::string folder = std::filesystem::path(path).parent_path().string();
    Descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.open() || ::fsync(directory.get()) != 0) return file_error("FILE_UNWRITABLE", path, errno);
    return {};
}

}  // namespace gavel::node

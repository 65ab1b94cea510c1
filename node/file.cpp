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

namespace {

// Where the content goes, and how.
struct Place {
    std::string path;     // a symbolic link's target
    bool is_file = true;  // replaced as a whole; else written as it is
};

Result<Place> place_of(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return Place{path};
        return file_error("FILE_UNWRITABLE", path, errno);
    }
    Place out{path};
    if (S_ISLNK(info.st_mode)) {
        // /dev/stdout leads to an open file of this process: that one is meant, not its name.
        std::error_code error;
        out.path = std::filesystem::canonical(path, error).string();
        const bool is_open_file = path.starts_with("/dev/") || path.starts_with("/proc/");
        if (is_open_file) out = {path, false};
        if ((error && !is_open_file) || ::stat(path.c_str(), &info) != 0) return file_error("FILE_UNWRITABLE", path, ENOENT);
        if (is_open_file && S_ISREG(info.st_mode)) return out;
    }
    if (S_ISBLK(info.st_mode) || S_ISDIR(info.st_mode)) {
        return Status{Code::kFailedPrecondition, "FILE_UNWRITABLE", "",
                      path + ": is a " + (S_ISDIR(info.st_mode) ? "folder" : "block device") + ", which isn't written over"};
    }
    if (!S_ISREG(info.st_mode)) out.is_file = false;
    return out;
}

Status write_stream(const std::string& path, std::string_view content) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC));
    if (!file.open() || !write_all(file.get(), content)) return file_error("FILE_UNWRITABLE", path, errno);
    return {};
}

Status replace_file(const std::string& path, std::string_view content, unsigned mode) {
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

}  // namespace

Status write_file(const std::string& path, std::string_view content, unsigned mode) {
    auto place = place_of(path);
    if (!place) return place.status();
    return place->is_file ? replace_file(place->path, content, mode) : write_stream(place->path, content);
}

}  // namespace gavel::node

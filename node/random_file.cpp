#include "node/random_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace gavel::node {
namespace {

Status file_error(const char* reason, const std::string& path, int error) {
    return {error == ENOENT ? Code::kNotFound : Code::kFailedPrecondition, reason, "", path + ": " + std::strerror(error)};
}

}  // namespace

Status RandomFile::error(const char* reason) const { return file_error(reason, path_, errno); }

Result<RandomFile> RandomFile::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return file_error(errno == ENOENT ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", path, errno);
    return RandomFile(fd, path);
}

Result<RandomFile> RandomFile::open_to_write(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return file_error("FILE_UNWRITABLE", path, errno);
    return RandomFile(fd, path);
}

RandomFile::RandomFile(RandomFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

RandomFile& RandomFile::operator=(RandomFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
}

RandomFile::~RandomFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<uint64_t> RandomFile::size() const {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return error("FILE_UNREADABLE");
    return static_cast<uint64_t>(info.st_size);
}

Result<std::string> RandomFile::read(uint64_t offset, size_t size) const {
    std::string out(size, '\0');
    for (size_t done = 0; done < size;) {
        const ssize_t got = ::pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return error("FILE_UNREADABLE");
        if (got == 0) return Status{Code::kFailedPrecondition, "FILE_UNREADABLE", "", path_ + ": ends too early"};
        done += static_cast<size_t>(got);
    }
    return out;
}

Status RandomFile::write(uint64_t offset, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::pwrite(fd_, content.data(), content.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return error("FILE_UNWRITABLE");
        content.remove_prefix(static_cast<size_t>(written));
        offset += static_cast<uint64_t>(written);
    }
    return {};
}

Status RandomFile::resize(uint64_t size) {
    return ::ftruncate(fd_, static_cast<off_t>(size)) == 0 ? Status{} : error("FILE_UNWRITABLE");
}

Status RandomFile::sync() { return ::fsync(fd_) == 0 ? Status{} : error("FILE_UNWRITABLE"); }

Status rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return file_error("FILE_UNWRITABLE", to, errno);
    const std::string folder = std::filesystem::path(to).parent_path().string();
    const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = fd >= 0 && ::fsync(fd) == 0;
    const int why = errno;
    if (fd >= 0) ::close(fd);
    return is_synced ? Status{} : file_error("FILE_UNWRITABLE", to, why);
}

}  // namespace gavel::node

// A file that is read and written in parts, in any order.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "node/status.hpp"

namespace gavel::node {

// Any thread may read. Reasons: FILE_NOT_FOUND, FILE_UNREADABLE, FILE_UNWRITABLE.
class RandomFile {
public:
    static Result<RandomFile> open(const std::string& path);
    // Makes it, empty, if it isn't there; what is in it stays.
    static Result<RandomFile> open_to_write(const std::string& path);
    RandomFile(RandomFile&& other) noexcept;
    RandomFile& operator=(RandomFile&& other) noexcept;
    ~RandomFile();

    Result<uint64_t> size() const;
    // Exactly so many bytes from there on; a file that ends before is FILE_UNREADABLE.
    Result<std::string> read(uint64_t offset, size_t size) const;
    [[nodiscard]] Status write(uint64_t offset, std::string_view content);
    // Cuts it, or adds zeros.
    [[nodiscard]] Status resize(uint64_t size);
    // On the disk when it returns.
    [[nodiscard]] Status sync();

private:
    RandomFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    Status error(const char* reason) const;

    int fd_ = -1;
    std::string path_;
};

// Gives a file, which has been synced, another name in the same folder, in place of what has it; on the disk when it returns.
[[nodiscard]] Status rename_file(const std::string& from, const std::string& to);

}  // namespace gavel::node

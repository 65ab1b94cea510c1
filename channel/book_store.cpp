#include "channel/book_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "protocol/encoding.hpp"

namespace gavel::channel {

using node::Code;
using node::Status;

namespace {

constexpr std::string_view kOwnerKey = "book";  // behind it in order: 'c' and 't' rows

// A lock of the book's own beside the store's folder, so that "in use" is seen by the system's answer and not by anybody's words.
// The system lets go of it when the process ends, however it ends.
class FolderLock {
public:
    explicit FolderLock(const std::string& path) : file_(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
        locked_ = file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0;
        error_ = locked_ ? 0 : errno;
    }
    ~FolderLock() {
        if (file_ >= 0) ::close(file_);
    }
    FolderLock(const FolderLock&) = delete;

    bool locked() const { return locked_; }
    bool is_held_elsewhere() const { return file_ >= 0 && error_ == EWOULDBLOCK; }
    std::string why() const { return std::strerror(error_); }

private:
    int file_ = -1;
    bool locked_ = false;
    int error_ = 0;
};

// A store and the lock that it is held by, which goes last.
class LockedStore final : public node::Store {
public:
    LockedStore(std::unique_ptr<FolderLock> lock, const std::string& path) : lock_(std::move(lock)), kept_(path) {}

    std::optional<std::string> get(std::string_view key) const override { return kept_.get(key); }
    void write(const node::WriteBatch& batch, node::Durability durability) override { kept_.write(batch, durability); }
    void scan(std::string_view first, std::string_view last, const Visitor& visit) const override {
        kept_.scan(first, last, visit);
    }
    void scan_reverse(std::string_view first, std::string_view last, const Visitor& visit) const override {
        kept_.scan_reverse(first, last, visit);
    }
    std::unique_ptr<const node::StoreView> snapshot() const override { return kept_.snapshot(); }

private:
    std::unique_ptr<FolderLock> lock_;
    node::LevelDbStore kept_;
};

}  // namespace

node::Result<std::unique_ptr<node::Store>> open_book_store(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    auto lock = std::make_unique<FolderLock>(folder + "/lock");
    if (lock->is_held_elsewhere())
        return Status{Code::kFailedPrecondition, "BOOK_IN_USE", "book",
                      "another process has the book " + folder + " open; only one may sign or accept by it"};
    if (!lock->locked())
        return Status{Code::kUnavailable, "BOOK_UNAVAILABLE", "book", "the book " + folder + " can't be opened: " + lock->why()};
    try {
        return std::unique_ptr<node::Store>(std::make_unique<LockedStore>(std::move(lock), folder + "/db"));
    } catch (const node::StoreError& failure) {
        return Status{Code::kUnavailable, "BOOK_UNAVAILABLE", "book", failure.what()};
    }
}

Status claim_book(node::Store& store, std::string_view kind, const Hash& domain, const Address& owner) {
    ByteWriter mark;
    mark.raw(view_of(kind)).u8(1).raw(domain).raw(owner);
    const std::string wanted = string_of(mark.bytes());
    if (const auto found = store.get(kOwnerKey)) {
        if (*found == wanted) return {};
        return {Code::kFailedPrecondition, "BOOK_OF_ANOTHER", "book",
                "the book is of another kind, or kept for another owner, chain or contract"};
    }
    node::WriteBatch batch;
    batch.put(kOwnerKey, wanted);
    store.write(batch, node::Durability::kSynced);
    return {};
}

Status book_failed(const node::StoreError& error) {
    return {Code::kUnavailable, "BOOK_FAILED", "book", std::string("nothing is promised any more: ") + error.what()};
}

}  // namespace gavel::channel

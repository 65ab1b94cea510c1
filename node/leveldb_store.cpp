#include <fmt/format.h>
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "node/leveldb_log.hpp"
#include "node/log.hpp"
#include "node/sticky_env.hpp"
#include "node/store.hpp"

namespace gavel::node {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCacheBytes = 64 << 20;
constexpr size_t kWriteBufferBytes = 16 << 20;
constexpr int kFilterBitsPerKey = 10;

leveldb::Slice slice(std::string_view view) { return {view.data(), view.size()}; }
std::string_view view(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> names;
    std::error_code failure;
    for (fs::directory_iterator at(path, failure), end; !failure && at != end; at.increment(failure))
        names.push_back(at->path().filename().string());
    if (failure && failure != std::errc::no_such_file_or_directory)
        throw StoreError("store " + path + ": the directory can't be read: " + failure.message());
    return names;
}

// What may be there before there is a database: what its making leaves, cut short.
bool is_left_by_making(const std::string& name) {
    return name == "LOCK" || name == "LOG" || name == "LOG.old" || name == "MANIFEST-000001" || name == "000001.dbtmp";
}

// Whether the database is to be made. One that has lost the file which names its parts isn't made anew over them.
bool is_to_be_made(const std::string& path) {
    std::vector<std::string> names = names_in(path);
    if (std::find(names.begin(), names.end(), "CURRENT") != names.end()) return false;
    for (const std::string& name : names) {
        if (is_left_by_making(name)) continue;
        throw StoreError("store " + path + ": it isn't empty and holds no whole database: there is '" + name +
                         "', but no CURRENT; nothing was changed");
    }
    return true;
}

// Sees a log through, and takes off what the end of the process cut short.
void look_through_log(const std::string& path, bool may_be_torn, const LogVisitor& visit = {}) {
    LogTail tail = read_log(path, visit);
    if (tail.kind == LogTail::Kind::kClean) return;
    if (tail.kind == LogTail::Kind::kDamaged || !may_be_torn)
        throw StoreError("store file " + path + ": it is damaged at byte " + std::to_string(tail.end));
    log_warn("a record at the end of a store's log was never finished; nobody was told that it was written, and it is left out",
             {{"file", path}, {"at", tail.end}, {"bytes", tail.size - tail.end}});
    std::error_code failure;
    fs::resize_file(path, tail.end, failure);
    if (failure) throw StoreError("store file " + path + ": its torn end can't be taken off: " + failure.message());
}

// LevelDB would pass over some damage to a log without a word, and over a log that isn't there.
void look_through_logs(const std::string& path) {
    std::vector<std::string> logs;
    for (const std::string& name : names_in(path))
        if (name.ends_with(".log")) logs.push_back(name);
    auto by_number = [](const std::string& a, const std::string& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); };
    std::sort(logs.begin(), logs.end(), by_number);
    std::error_code ignored;
    while (logs.size() > 1 && fs::file_size(path + "/" + logs.back(), ignored) == 0) logs.pop_back();
    for (const std::string& name : logs) look_through_log(path + "/" + name, name == logs.back());

    std::string current;
    std::getline(std::ifstream(path + "/CURRENT"), current);
    if (!current.starts_with("MANIFEST-") || !fs::exists(path + "/" + current)) return;  // LevelDB says it
    LogNumber number;
    look_through_log(path + "/" + current, true, [&](std::string_view record) { number.take(record); });
    std::string needed = fmt::format("{:06}.log", number.value());
    if (number.value() != 0 && !fs::exists(path + "/" + needed))
        throw StoreError("store " + path + ": it is damaged: " + needed + ", what was written last, is missing");
}

}  // namespace

struct LevelDbStore::Impl {
    std::string path;
    StickyEnv files;
    // The database uses these until it is closed, so they come first.
    std::unique_ptr<leveldb::Cache> cache{leveldb::NewLRUCache(kCacheBytes)};
    std::unique_ptr<const leveldb::FilterPolicy> filter{leveldb::NewBloomFilterPolicy(kFilterBitsPerKey)};
    std::unique_ptr<leveldb::DB> db;

    std::atomic<bool> failed{false};
    mutable std::mutex mutex;
    std::string why;  // the first failure, once `failed`

    Impl(std::string its_path, leveldb::Env* env) : path(std::move(its_path)), files(env) {}

    void open(bool make);

    // Throws what ended the store, if anything has: a failure of another thread's, or of LevelDB's own.
    void require_sound() {
        if (!failed) {
            leveldb::Status status = files.failure();
            if (status.ok()) return;
            fail(status, "writing");
        }
        std::lock_guard lock(mutex);
        throw StoreError(why);
    }
    void fail(const leveldb::Status& status, const char* doing) {
        std::lock_guard lock(mutex);
        if (failed) return;
        const char* damage = status.IsCorruption() ? "it is damaged: " : "";
        why = "store " + path + ": " + doing + ": " + damage + status.ToString();
        failed = true;
    }
    void require(const leveldb::Status& status, const char* doing) {
        if (!status.ok()) fail(status, doing);
        require_sound();
    }

    leveldb::ReadOptions reading(const leveldb::Snapshot* moment) const {
        leveldb::ReadOptions options;
        options.verify_checksums = true;
        options.snapshot = moment;
        return options;
    }
    std::unique_ptr<leveldb::Iterator> iterator(const leveldb::Snapshot* moment) const {
        return std::unique_ptr<leveldb::Iterator>(db->NewIterator(reading(moment)));
    }
    std::optional<std::string> get(const leveldb::Snapshot* moment, std::string_view key);
    void scan(const leveldb::Snapshot* moment, std::string_view first, std::string_view last_exclusive, const Visitor& visit);
    void scan_reverse(const leveldb::Snapshot* moment, std::string_view first, std::string_view last_exclusive,
                      const Visitor& visit);
};

void LevelDbStore::Impl::open(bool make) {
    leveldb::FileLock* lock = nullptr;
    leveldb::Status status = files.LockFile(path + "/LOCK", &lock);
    if (status.ToString().starts_with("IO error: lock "))
        throw StoreError("store " + path + ": another process has it open: " + status.ToString());
    require(status, "can't be opened");
    {
        auto unlock = [this](leveldb::FileLock* held) { files.UnlockFile(held); };
        std::unique_ptr<leveldb::FileLock, decltype(unlock)> held(lock, unlock);
        look_through_logs(path);
    }

    leveldb::Options options;
    options.env = &files;
    options.create_if_missing = make;
    options.error_if_exists = make;
    options.paranoid_checks = true;
    options.block_cache = cache.get();
    options.filter_policy = filter.get();
    options.write_buffer_size = kWriteBufferBytes;
    options.compression = leveldb::kNoCompression;  // most of what is kept are signatures: a hundredth would be saved
    leveldb::DB* opened = nullptr;
    status = leveldb::DB::Open(options, path, &opened);
    if (status.IsCorruption()) throw StoreError("store " + path + ": it is damaged: " + status.ToString());
    require(status, "can't be opened");
    db.reset(opened);
}

LevelDbStore::LevelDbStore(const std::string& path, leveldb::Env* files)
    : impl_(std::make_unique<Impl>(path, files ? files : leveldb::Env::Default())) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (failure) throw StoreError("store " + path + ": the directory can't be made: " + failure.message());
    impl_->open(is_to_be_made(path));
}

LevelDbStore::~LevelDbStore() = default;

bool LevelDbStore::is_empty(const std::string& path) {
    std::vector<std::string> names = names_in(path);
    return std::all_of(names.begin(), names.end(), is_left_by_making);
}

std::optional<std::string> LevelDbStore::failure() const {
    try {
        impl_->require_sound();
        return std::nullopt;
    } catch (const StoreError& error) {
        return error.what();
    }
}

void LevelDbStore::write(const WriteBatch& batch, Durability durability) {
    impl_->require_sound();
    leveldb::WriteBatch updates;
    for (const auto& [key, value] : batch.operations()) {
        if (value) {
            updates.Put(slice(key), slice(*value));
        } else {
            updates.Delete(slice(key));
        }
    }
    leveldb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    impl_->require(impl_->db->Write(options, &updates), "writing");
}

// ---- Reading ----

std::optional<std::string> LevelDbStore::Impl::get(const leveldb::Snapshot* moment, std::string_view key) {
    require_sound();
    std::string value;
    leveldb::Status status = db->Get(reading(moment), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    require(status, "reading");
    return value;
}

// An iterator passes over a block that it can't read, and only its status tells: it is asked before each entry, so that no
// visitor sees what follows a gap, and at the end, whoever ends the scan.
void LevelDbStore::Impl::scan(const leveldb::Snapshot* moment, std::string_view first, std::string_view last_exclusive,
                              const Visitor& visit) {
    require_sound();
    auto at = iterator(moment);
    for (at->Seek(slice(first)); at->Valid() && view(at->key()) < last_exclusive; at->Next()) {
        if (!at->status().ok() || !visit(view(at->key()), view(at->value()))) break;
    }
    require(at->status(), "scanning");
}

void LevelDbStore::Impl::scan_reverse(const leveldb::Snapshot* moment, std::string_view first, std::string_view last_exclusive,
                                      const Visitor& visit) {
    require_sound();
    auto at = iterator(moment);
    at->Seek(slice(last_exclusive));
    if (at->Valid()) {
        at->Prev();
    } else {
        require(at->status(), "scanning");
        at->SeekToLast();
    }
    for (; at->Valid() && view(at->key()) >= first; at->Prev()) {
        if (!at->status().ok() || !visit(view(at->key()), view(at->value()))) break;
    }
    require(at->status(), "scanning");
}

std::optional<std::string> LevelDbStore::read_through(std::string_view first, size_t bytes) const {
    impl_->require_sound();
    leveldb::ReadOptions options = impl_->reading(nullptr);
    options.fill_cache = false;
    std::unique_ptr<leveldb::Iterator> at(impl_->db->NewIterator(options));
    size_t read = 0;
    for (at->Seek(slice(first)); at->Valid() && read < bytes; at->Next()) read += at->key().size() + at->value().size();
    impl_->require(at->status(), "reading through");
    return at->Valid() ? std::optional(at->key().ToString()) : std::nullopt;
}

class LevelDbStore::Snapshot final : public StoreView {
public:
    explicit Snapshot(Impl& store) : store_(store), moment_(store.db->GetSnapshot()) {}
    ~Snapshot() override { store_.db->ReleaseSnapshot(moment_); }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    std::optional<std::string> get(std::string_view key) const override { return store_.get(moment_, key); }
    void scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override {
        store_.scan(moment_, first, last_exclusive, visit);
    }
    void scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override {
        store_.scan_reverse(moment_, first, last_exclusive, visit);
    }

private:
    Impl& store_;
    const leveldb::Snapshot* moment_;
};

std::optional<std::string> LevelDbStore::get(std::string_view key) const { return impl_->get(nullptr, key); }

void LevelDbStore::scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const {
    impl_->scan(nullptr, first, last_exclusive, visit);
}

void LevelDbStore::scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const {
    impl_->scan_reverse(nullptr, first, last_exclusive, visit);
}

std::unique_ptr<const StoreView> LevelDbStore::snapshot() const { return std::make_unique<Snapshot>(*impl_); }

std::unique_ptr<Store> open_store(const std::string& folder) {
    if (folder.empty()) return std::make_unique<MemoryStore>();
    return std::make_unique<LevelDbStore>(folder);
}

}  // namespace gavel::node

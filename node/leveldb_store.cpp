#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <filesystem>
#include <system_error>

#include "node/store.hpp"

namespace gavel::node {
namespace {

constexpr size_t kCacheBytes = 64 << 20;
constexpr size_t kWriteBufferBytes = 16 << 20;
constexpr int kFilterBitsPerKey = 10;

leveldb::Slice slice(std::string_view view) { return {view.data(), view.size()}; }
std::string_view view(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

leveldb::ReadOptions reading() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    return options;
}

}  // namespace

struct LevelDbStore::Impl {
    std::string path;
    // The database uses both until it is closed, so they come first.
    std::unique_ptr<leveldb::Cache> cache{leveldb::NewLRUCache(kCacheBytes)};
    std::unique_ptr<const leveldb::FilterPolicy> filter{leveldb::NewBloomFilterPolicy(kFilterBitsPerKey)};
    std::unique_ptr<leveldb::DB> db;

    void require(const leveldb::Status& status, const char* doing) const {
        if (!status.ok()) throw StoreError("store " + path + ": " + doing + ": " + status.ToString());
    }
    std::unique_ptr<leveldb::Iterator> iterator() const {
        return std::unique_ptr<leveldb::Iterator>(db->NewIterator(reading()));
    }
};

LevelDbStore::LevelDbStore(const std::string& path) : impl_(std::make_unique<Impl>()) {
    impl_->path = path;
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) throw StoreError("store " + path + ": the directory can't be made: " + failure.message());

    leveldb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = true;
    options.block_cache = impl_->cache.get();
    options.filter_policy = impl_->filter.get();
    options.write_buffer_size = kWriteBufferBytes;
    leveldb::DB* db = nullptr;
    leveldb::Status status = leveldb::DB::Open(options, path, &db);
    if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
        throw StoreError("store " + path + ": another process has it open: " + status.ToString());
    }
    if (status.IsCorruption()) throw StoreError("store " + path + ": it is damaged: " + status.ToString());
    impl_->require(status, "can't be opened");
    impl_->db.reset(db);
}

LevelDbStore::~LevelDbStore() = default;

std::optional<std::string> LevelDbStore::get(std::string_view key) const {
    std::string value;
    leveldb::Status status = impl_->db->Get(reading(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    impl_->require(status, "reading");
    return value;
}

void LevelDbStore::write(const WriteBatch& batch, Durability durability) {
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

void LevelDbStore::scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const {
    auto at = impl_->iterator();
    for (at->Seek(slice(first)); at->Valid() && view(at->key()) < last_exclusive; at->Next()) {
        if (!visit(view(at->key()), view(at->value()))) return;
    }
    impl_->require(at->status(), "scanning");
}

void LevelDbStore::scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const {
    auto at = impl_->iterator();
    at->Seek(slice(last_exclusive));
    if (at->Valid()) {
        at->Prev();
    } else {
        impl_->require(at->status(), "scanning");
        at->SeekToLast();
    }
    for (; at->Valid() && view(at->key()) >= first; at->Prev()) {
        if (!visit(view(at->key()), view(at->value()))) return;
    }
    impl_->require(at->status(), "scanning");
}

}  // namespace gavel::node

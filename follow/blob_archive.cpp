#include "follow/blob_archive.hpp"

#include "protocol/encoding.hpp"

namespace gavel::follow {
namespace {

// blob/data/hash          the blob
// blob/kept/hash          (empty): that it is there, without reading it
// blob/batch/number hash  (empty)
// blob/count              how many there are
const std::string kCountKey = "blob/count";
std::string data_key(const Hash& hash) { return "blob/data/" + string_of(hash); }
std::string kept_key(const Hash& hash) { return "blob/kept/" + string_of(hash); }
std::string batch_prefix(uint64_t batch) { return "blob/batch/" + string_of(ByteWriter().u64(batch).bytes()); }

}  // namespace

BlobArchive::BlobArchive(node::Store& store) : store_(store) {}

void BlobArchive::put(const Hash& versioned_hash, const Blob& blob, std::optional<uint64_t> batch) {
    std::lock_guard lock(writing_);
    node::WriteBatch rows;
    if (!has(versioned_hash)) {
        rows.put(data_key(versioned_hash), string_of(blob.view()));
        rows.put(kept_key(versioned_hash), "");
        rows.put(kCountKey, string_of(ByteWriter().u64(count() + 1).bytes()));
    }
    if (batch) {
        const std::string key = batch_prefix(*batch) + string_of(versioned_hash);
        if (!store_.get(key)) rows.put(key, "");
    }
    if (!rows.empty()) store_.write(rows, node::Durability::kSynced);
}

bool BlobArchive::has(const Hash& versioned_hash) const { return store_.get(kept_key(versioned_hash)).has_value(); }

std::optional<Blob> BlobArchive::find(const Hash& versioned_hash) const {
    const auto row = store_.get(data_key(versioned_hash));
    if (!row) return std::nullopt;
    auto blob = Blob::from(view_of(*row));
    if (!blob) throw node::StoreError("the store of blobs is damaged: a blob has " + std::to_string(row->size()) + " bytes");
    return blob;
}

std::vector<Hash> BlobArchive::of_batch(uint64_t batch) const {
    std::vector<Hash> out;
    const std::string prefix = batch_prefix(batch);
    // Not to prefix_end(prefix): the number may be all ones, and still ends where the next one's keys begin.
    store_.scan(prefix, prefix + std::string(Hash::kSize + 1, '\xff'), [&](std::string_view key, std::string_view) {
        const std::string_view hash = key.substr(prefix.size());
        if (hash.size() != Hash::kSize) throw node::StoreError("the store of blobs is damaged: a batch's row");
        out.push_back(Hash::from(view_of(hash)));
        return true;
    });
    return out;
}

uint64_t BlobArchive::count() const {
    const auto row = store_.get(kCountKey);
    if (!row) return 0;
    if (row->size() != 8) throw node::StoreError("the store of blobs is damaged: their number");
    return ByteReader(view_of(*row)).u64();
}

node::Result<Blob> BlobArchive::fetch(const Hash& versioned_hash, const l1::BlobPlace&) {
    if (auto blob = find(versioned_hash)) return *std::move(blob);
    return node::Status{node::Code::kNotFound, "BLOB_UNKNOWN", "", "blob " + to_hex(versioned_hash) + " isn't kept here"};
}

node::Result<Blob> ArchivingSource::fetch_for(std::optional<uint64_t> batch, const Hash& versioned_hash,
                                              const l1::BlobPlace& place) {
    auto blob = archive_.find(versioned_hash);
    if (!blob) {
        auto fetched = sources_.fetch(versioned_hash, place);
        if (!fetched) return fetched;
        blob = *std::move(fetched);
    }
    archive_.put(versioned_hash, *blob, batch);
    return *std::move(blob);
}

}  // namespace gavel::follow

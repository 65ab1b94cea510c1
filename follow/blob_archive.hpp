// The blobs of a chain's batches, kept for good: the L1's nodes drop them after 18.2 days, and without them nobody can replay
// what came before a state.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "l1-bridge/client/blob_source.hpp"
#include "node/store.hpp"

namespace gavel::follow {

// Its keys start with "blob/", so the store may be another's, but one of its own is better: a ledger's folder is put aside when
// it is damaged, since the L1 has all that is in it, and the L1 hasn't old blobs. A blob takes 128 KiB, and is kept whole: what
// no slot needs of it is part of its commitment, and so of what is proven of it. Nothing is ever erased. Thread-safe. A store
// that fails, or whose rows aren't what they were, is node::StoreError, from each function.
class BlobArchive final : public l1::BlobSource {
public:
    // `store` must outlive it.
    explicit BlobArchive(node::Store& store);

    // Keeps a blob whose commitment has that hash: who calls has checked that, or has made it. `batch`: the batch that names it,
    // if it is known; several may. Nothing happens if that is kept already. On the disk when it returns.
    void put(const Hash& versioned_hash, const Blob& blob, std::optional<uint64_t> batch = std::nullopt);

    // Quick.
    bool has(const Hash& versioned_hash) const;
    std::optional<Blob> find(const Hash& versioned_hash) const;
    // Of which put() said that the batch names them, ascending by hash. After a reorganisation of the L1 these may be more than
    // the batch of that number has now.
    std::vector<Hash> of_batch(uint64_t batch) const;
    // How many blobs there are.
    uint64_t count() const;

    // BLOB_UNKNOWN, or the blob; `place` isn't needed.
    node::Result<Blob> fetch(const Hash& versioned_hash, const l1::BlobPlace& place) override;

private:
    node::Store& store_;
    std::mutex writing_;
};

// The archive, and behind it others: what they give is kept. Thread-safe.
class ArchivingSource final : public l1::BlobSource {
public:
    // Both must outlive it.
    ArchivingSource(BlobArchive& archive, l1::BlobSource& sources) : archive_(archive), sources_(sources) {}

    // Kept as of no batch.
    node::Result<Blob> fetch(const Hash& versioned_hash, const l1::BlobPlace& place) override {
        return fetch_for(std::nullopt, versioned_hash, place);
    }
    // The same, where it is known which batch names it.
    node::Result<Blob> fetch_for(std::optional<uint64_t> batch, const Hash& versioned_hash, const l1::BlobPlace& place);

private:
    BlobArchive& archive_;
    l1::BlobSource& sources_;
};

}  // namespace gavel::follow

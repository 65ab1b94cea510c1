// The sidecars of transactions that stand in blocks, beside the chain's history: they are kept for a time only, as nodes of the
// consensus layer do.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "l1-bridge/wire/blob_sidecar.hpp"
#include "node/store.hpp"

namespace gavel::l1 {

// By the index of its transaction in the block.
using BlockSidecars = std::map<uint64_t, std::shared_ptr<const BlobSidecar>>;

// Nothing is written for a block without any.
void put_sidecars(node::WriteBatch& batch, uint64_t block, uint64_t block_time, const BlockSidecars& sidecars);
void erase_sidecars(const node::Store& store, node::WriteBatch& batch, uint64_t block);
// Erases those of all blocks whose time is before that.
void expire_sidecars(const node::Store& store, node::WriteBatch& batch, uint64_t time);
// nullptr: there never was one, or it has expired. A record that can't be read is node::StoreError.
std::shared_ptr<const BlobSidecar> find_sidecar(const node::Store& store, uint64_t block, uint64_t index);

}  // namespace gavel::l1

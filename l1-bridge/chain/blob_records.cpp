#include "l1-bridge/chain/blob_records.hpp"

#include <vector>

#include "protocol/encoding.hpp"

namespace gavel::l1 {
namespace {

// Blocks with sidecars, and their times.
std::string block_key(uint64_t block) { return "v" + string_of(ByteWriter().u64(block).bytes()); }
std::string sidecars_of(uint64_t block) { return "w" + string_of(ByteWriter().u64(block).bytes()); }
std::string sidecar_key(uint64_t block, uint64_t index) {
    return sidecars_of(block) + string_of(ByteWriter().u64(index).bytes());
}

}  // namespace

void put_sidecars(node::WriteBatch& batch, uint64_t block, uint64_t block_time, const BlockSidecars& sidecars) {
    if (sidecars.empty()) return;
    batch.put(block_key(block), string_of(ByteWriter().u64(block_time).bytes()));
    for (const auto& [index, sidecar] : sidecars) batch.put(sidecar_key(block, index), string_of(encode_sidecar(*sidecar)));
}

void erase_sidecars(const node::Store& store, node::WriteBatch& batch, uint64_t block) {
    const std::string prefix = sidecars_of(block);
    store.scan(prefix, node::prefix_end(prefix), [&](std::string_view key, std::string_view) {
        batch.erase(std::string(key));
        return true;
    });
    batch.erase(block_key(block));
}

void expire_sidecars(const node::Store& store, node::WriteBatch& batch, uint64_t time) {
    std::vector<uint64_t> expired;
    store.scan("v", node::prefix_end("v"), [&](std::string_view key, std::string_view value) {
        if (ByteReader(view_of(value)).u64() >= time) return false;
        expired.push_back(ByteReader(view_of(key.substr(1))).u64());
        return true;
    });
    for (uint64_t block : expired) erase_sidecars(store, batch, block);
}

std::shared_ptr<const BlobSidecar> find_sidecar(const node::Store& store, uint64_t block, uint64_t index) {
    auto record = store.get(sidecar_key(block, index));
    if (!record) return nullptr;
    auto sidecar = decode_sidecar(view_of(*record));
    if (!sidecar) throw node::StoreError("chain store: a blob sidecar can't be read");
    return std::make_shared<const BlobSidecar>(std::move(*sidecar));
}

}  // namespace gavel::l1

#include "bench/chunk_cutter.hpp"

#include <algorithm>
#include <utility>

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

constexpr uint32_t kAccounts = 1 << 20;

Address operator_address() {
    Address address;
    address.bytes.fill(0xee);
    return address;
}

}  // namespace

uint32_t account_index(const Address& owner, const Address& token) {
    return static_cast<uint32_t>(ByteReader(ByteView(keccak256({owner, token})).subspan(24)).u64() % kAccounts);
}

std::optional<Chunk> ChunkCutter::add(PostedOperation operation, const Address& token) {
    auto is_known = [&] { return std::find(tokens_.begin(), tokens_.end(), token) != tokens_.end(); };
    std::optional<Chunk> full;
    if (chunk_.weight() + operation.weight() + (is_known() ? 0 : kFeeLeafWeight) > kMaxChunkWeight) full = cut();
    if (!is_known()) {
        tokens_.push_back(token);
        chunk_.fee_leaves.push_back(account_index(operator_address(), token));
    }
    chunk_.operations.push_back(std::move(operation));
    return full;
}

std::optional<Chunk> ChunkCutter::cut() {
    if (chunk_.operations.empty()) return std::nullopt;
    tokens_.clear();
    return std::exchange(chunk_, {});
}

}  // namespace gavel::bench

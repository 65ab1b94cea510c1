#include "bench/chunk_cutter.hpp"

#include <algorithm>
#include <utility>

#include "protocol/blob.hpp"
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
    if (!fits(operation, !is_known())) full = cut();
    if (!is_known()) {
        tokens_.push_back(token);
        chunk_.fee_leaves.push_back(account_index(operator_address(), token));
    }
    chunk_.operations.push_back(std::move(operation));
    return full;
}

// It is encoded only where its bytes might not fit.
bool ChunkCutter::fits(const PostedOperation& operation, bool is_new_token) const {
    if (chunk_.weight() + operation.weight() + (is_new_token ? kFeeLeafWeight : 0) > kMaxChunkWeight) return false;
    const size_t fee_leaves = tokens_.size() + is_new_token;
    size_t signatures = operation.signatures();
    size_t most_bits = kMostHeadBits + most_ops_bits(operation) + kMostFeeLeafBits * fee_leaves;
    for (const PostedOperation& one : chunk_.operations) {
        signatures += one.signatures();
        most_bits += most_ops_bits(one);
    }
    if (fits_slot((most_bits + 7) / 8, Signature::kSize * signatures)) return true;
    Chunk with = chunk_;
    with.operations.push_back(operation);
    with.fee_leaves.assign(fee_leaves, kAccounts - 1);  // as wide as any
    return fits_slot(encode_ops(with).size(), Signature::kSize * signatures);
}

std::optional<Chunk> ChunkCutter::cut() {
    if (chunk_.operations.empty()) return std::nullopt;
    tokens_.clear();
    return std::exchange(chunk_, {});
}

}  // namespace gavel::bench

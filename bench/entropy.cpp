#include "bench/entropy.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace gavel::bench {
namespace {

constexpr uint32_t kTotal = 1u << kTableBits;
constexpr uint32_t kLow = 1u << 23;  // the state is kept in [kLow, 256 kLow)

std::array<uint32_t, 257> starts_of(const ByteTable& table) {
    std::array<uint32_t, 257> out{};
    for (size_t i = 0; i < 256; ++i) out[i + 1] = out[i] + table[i];
    return out;
}

std::vector<Bytes> joined(const std::vector<std::vector<Bytes>>& batches, size_t first, size_t last) {
    std::vector<Bytes> out;
    for (size_t i = first; i < last; ++i) out.insert(out.end(), batches[i].begin(), batches[i].end());
    return out;
}

uint64_t coded(const std::vector<Bytes>& chunks, const ByteTable& table) {
    uint64_t sum = 0;
    for (const Bytes& chunk : chunks) {
        Bytes code = rans_encode(chunk, table);
        if (rans_decode(code, chunk.size(), table) != chunk) throw std::runtime_error("a chunk isn't what was encoded");
        sum += code.size();
    }
    return sum;
}

}  // namespace

ByteTable table_of(const std::vector<Bytes>& samples, bool all) {
    std::array<uint64_t, 256> counts{};
    if (all) counts.fill(1);
    for (const Bytes& sample : samples) {
        for (uint8_t byte : sample) ++counts[byte];
    }
    const uint64_t sum = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
    ByteTable out{};
    uint32_t used = 0;
    for (size_t i = 0; i < 256; ++i) {
        if (counts[i] == 0) continue;
        out[i] = static_cast<uint16_t>(std::max<uint64_t>(1, counts[i] * kTotal / sum));
        used += out[i];
    }
    // What rounding left or took, the commonest bytes have or give.
    while (used != kTotal && sum > 0) {
        uint16_t& most = *std::max_element(out.begin(), out.end());
        const int change = used < kTotal ? 1 : -1;
        most = static_cast<uint16_t>(most + change);
        used = static_cast<uint32_t>(static_cast<int>(used) + change);
    }
    return out;
}

size_t table_size(const ByteTable& table) {
    const auto count = static_cast<size_t>(std::count_if(table.begin(), table.end(), [](uint16_t n) { return n > 0; }));
    return 32 + (count * kTableBits + 7) / 8;
}

Bytes rans_encode(ByteView data, const ByteTable& table) {
    const auto starts = starts_of(table);
    uint32_t state = kLow;
    Bytes backwards;
    for (size_t i = data.size(); i-- > 0;) {
        const uint32_t often = table[data[i]];
        if (often == 0) throw std::runtime_error("a byte isn't in the table");
        for (; state >= (kLow >> kTableBits << 8) * often; state >>= 8) backwards.push_back(static_cast<uint8_t>(state));
        state = (state / often << kTableBits) + state % often + starts[data[i]];
    }
    for (int i = 0; i < 4; ++i, state >>= 8) backwards.push_back(static_cast<uint8_t>(state));
    std::reverse(backwards.begin(), backwards.end());
    return backwards;
}

std::optional<Bytes> rans_decode(ByteView code, size_t size, const ByteTable& table) {
    const auto starts = starts_of(table);
    if (code.size() < 4) return std::nullopt;
    uint32_t state = 0;
    size_t at = 0;
    for (; at < 4; ++at) state = state << 8 | code[at];
    Bytes out;
    while (out.size() < size) {
        const uint32_t slot = state & (kTotal - 1);
        const size_t byte = static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), slot) - starts.begin()) - 1;
        if (byte > 255) return std::nullopt;
        out.push_back(static_cast<uint8_t>(byte));
        state = table[byte] * (state >> kTableBits) + slot - starts[byte];
        for (; state < kLow; state = state << 8 | code[at++]) {
            if (at == code.size()) return std::nullopt;
        }
    }
    if (state != kLow || at != code.size()) return std::nullopt;
    return out;
}

EntropyFigures measure_entropy(const std::vector<std::vector<Bytes>>& batches) {
    EntropyFigures out;
    const size_t middle = batches.size() / 2;
    for (auto [first, last, other_first, other_last] :
         {std::array{size_t{0}, middle, middle, batches.size()}, std::array{middle, batches.size(), size_t{0}, middle}}) {
        const ByteTable table = table_of(joined(batches, other_first, other_last), true);
        const std::vector<Bytes> chunks = joined(batches, first, last);
        out.fixed += coded(chunks, table);
        if (chunks.empty()) continue;
        out.sample = chunks.front();
        out.sample_code = rans_encode(out.sample, table);
        out.sample_table = table;
    }
    for (const std::vector<Bytes>& chunks : batches) {
        const ByteTable table = table_of(chunks, false);
        out.with_table += table_size(table) + coded(chunks, table);
        for (const Bytes& chunk : chunks) out.ops += chunk.size();
    }
    return out;
}

}  // namespace gavel::bench

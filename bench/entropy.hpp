// An experiment: what an entropy coder over chunks' ops would save that a contract can still undo. rANS over bytes, its table
// fixed beforehand or sent with each batch (J. Duda, "Asymmetric numeral systems", arXiv:1311.2540; bytewise renormalisation).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "protocol/bytes.hpp"

namespace gavel::bench {

inline constexpr unsigned kTableBits = 12;

// How often each byte is expected, of 2^12; none of those that are to be coded is zero.
using ByteTable = std::array<uint16_t, 256>;

// Of the bytes' counts; with `all`, each byte has at least one.
ByteTable table_of(const std::vector<Bytes>& samples, bool all);
// Bytes of a table that is sent: a bit for each byte of whether it occurs, and 12 bits for each that does.
size_t table_size(const ByteTable& table);

// The coder's state (4 bytes) and the bytes behind it, in the order in which decoding reads.
Bytes rans_encode(ByteView data, const ByteTable& table);
// nullopt for bytes that aren't `size` bytes encoded by that table.
std::optional<Bytes> rans_decode(ByteView code, size_t size, const ByteTable& table);

struct EntropyFigures {
    uint64_t ops = 0;           // bytes of ops as they are
    uint64_t fixed = 0;         // by a table trained on other payments
    uint64_t with_table = 0;    // by a table for each batch, which is sent
    Bytes sample, sample_code;  // one chunk, for a contract to decode; and its table
    ByteTable sample_table{};
};
// `batches`: the ops of each batch's chunks. Each is decoded again. The table of one half is trained on the other.
EntropyFigures measure_entropy(const std::vector<std::vector<Bytes>>& batches);

}  // namespace gavel::bench

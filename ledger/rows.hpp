// The ledger's keys in the store. Numbers in keys are big-endian, so that scans go in order of the number.
//
//   meta/...              format, domain; "base": where it begins, if not at genesis; "seal": what the last sealed chunk left
//                         behind; "lists": roll-backs; "starting": a LedgerStart hasn't come to its end
//   A index               account leaf, as of the last sealed chunk
//   E entry               entry; those beyond the last sealed chunk are the write-ahead log of the open chunk
//   W position            withdrawal and its entry
//   C chunk, c chunk      chunk record; its first entry alone
//   D chunk               what undoes it
//   B batch               batch record
//   R number              rolled-back operation
//   r hash                its number
//   h hash, p position, q index   entry of an L2 operation (by hash, by position), of an L1 operation
//   o owner entry         flags and token: what touched the owner
//   w recipient position  (empty)
//   K channel entry       (empty) a fund or redeem, which tells the terms
//   k owner channel token entry   (empty) the same, of payer and payee
//   g generation          number of entries that the roll-back which began it left
//
// "l1/..." and "blob/..." are others' (follow/).
#pragma once

#include <string>
#include <string_view>

#include "node/store.hpp"
#include "protocol/commitment.hpp"
#include "protocol/encoding.hpp"

namespace gavel::ledger::rows {

inline constexpr std::string_view kFormatKey = "meta/format";
inline constexpr std::string_view kSealKey = "meta/seal";
inline constexpr std::string_view kListsKey = "meta/lists";
inline constexpr std::string_view kBaseKey = "meta/base";
inline constexpr std::string_view kStartingKey = "meta/starting";
inline constexpr std::string_view kChainKey = "l1/chain";  // L1Sync's: the chain id
inline constexpr std::string_view kFormat = "gavel ledger 3";

inline std::string u32_key(char table, uint32_t number) { return table + string_of(ByteWriter().u32(number).bytes()); }
inline std::string u64_key(char table, uint64_t number) { return table + string_of(ByteWriter().u64(number).bytes()); }
template <class Fixed>
std::string fixed_key(char table, const Fixed& value) {
    return table + string_of(value);
}
template <class Number>
std::string pair_key(char table, const Address& address, Number number) {
    ByteWriter out;
    if constexpr (sizeof(Number) == 4) {
        out.u32(number);
    } else {
        out.u64(number);
    }
    return fixed_key(table, address) + string_of(out.bytes());
}

inline std::string u64_value(uint64_t number) { return string_of(ByteWriter().u64(number).bytes()); }
// The last 8 / 4 bytes of a key or value; StoreError if there are fewer.
inline uint64_t u64_at_end(std::string_view data) {
    if (data.size() < 8) throw node::StoreError("the ledger's store is damaged: a number is cut short");
    return ByteReader(view_of(data.substr(data.size() - 8))).u64();
}
inline uint32_t u32_at_end(std::string_view data) {
    if (data.size() < 4) throw node::StoreError("the ledger's store is damaged: a number is cut short");
    return ByteReader(view_of(data.substr(data.size() - 4))).u32();
}

// What is kept under kSealKey and kListsKey.
inline std::string seal_value(const StateFields& fields, uint64_t entries) {
    return string_of(ByteWriter().raw(fields.encode()).u64(entries).bytes());
}
inline std::string lists_value(uint64_t generation, uint64_t rolled_back_next, uint64_t rolled_back_count) {
    return string_of(ByteWriter().u64(generation).u64(rolled_back_next).u64(rolled_back_count).bytes());
}

// What must be in the store, or StoreError naming it.
template <class T>
T required(std::optional<T> value, const char* what) {
    if (!value) throw node::StoreError(std::string("the ledger's store is damaged: ") + what + " is missing or unreadable");
    return std::move(*value);
}

}  // namespace gavel::ledger::rows

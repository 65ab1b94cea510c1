// The ledger's keys in the store. Numbers in keys are big-endian, so that scans go in order of the number.
//
//   meta/...              format, domain, turns; "base": where it begins, if not at genesis; "seal": what the last sealed chunk
//                         left behind; "lists": roll-backs; "starting": a LedgerStart hasn't come to its end
//   C chunk               chunk record, with what its entries say beyond it (chunk_row.hpp)
//   c chunk               its first entry, L2 position and L1 operation
//   D chunk               what it did to leaves that there were before (chunk_row.hpp)
//   E entry               the write-ahead log of the open chunk: the entries from that number on which were written together
//   A index               account leaf, as some chunk left it; what chunks have done to it since is in their D
//   h hash                entry of an L2 operation; by the hash's first half
//   o owner entry         what touched the owner, from that entry on (owner_index.hpp)
//   W position            withdrawal and its entry
//   w recipient position  (empty)
//   B batch               batch record
//   R number              rolled-back operation
//   r hash                its number
//   K channel entry       (empty) a fund or redeem, which tells the terms
//   k owner channel token entry   (empty) the same, of payer and payee
//   g generation          number of entries that the roll-back which began it left
//
// Rows of a sealed chunk are written in one batch: C, c, D, h, what of E is obsolete, and "seal". A leaf that is new, or linked
// to another one now, gets its A row in that batch, too. Any other leaf that has changed, and any owner who was touched, has his
// row written behind, in the next chunk in which he has his turn: of n turns, those with index (owner) = chunk number, modulo n.
// So whoever loads the state takes the leaves' rows and then lets D of the last n chunks have its say, in order; and what touched
// whom, without a row so far, is in the last n chunks.
//
// "l1/..." and "blob/..." are others' (follow/).
#pragma once

#include <string>
#include <string_view>

#include "node/store.hpp"
#include "protocol/commitment.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::ledger::rows {

inline constexpr std::string_view kFormatKey = "meta/format";
inline constexpr std::string_view kSealKey = "meta/seal";
inline constexpr std::string_view kListsKey = "meta/lists";
inline constexpr std::string_view kBaseKey = "meta/base";
inline constexpr std::string_view kStartingKey = "meta/starting";
inline constexpr std::string_view kChainKey = "l1/chain";  // L1Sync's: the chain id
inline constexpr std::string_view kFormat = "gavel ledger 4";

// How many chunks a leaf's or an owner's row may be behind. More of them: fewer rows are written, and more is done at a start.
// A store keeps the number that it began with.
inline constexpr uint32_t kTurns = 1024;

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

// What one half of the hash names. Two operations with the same one would take 2^64 trials to find; whoever looks one up compares
// the whole.
inline std::string hash_key(const Hash& hash) { return 'h' + string_of(ByteView(hash).first(Hash::kSize / 2)); }

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

// What is kept under kFormatKey, kSealKey and kListsKey.
inline std::string format_value(const Hash& domain_separator, uint32_t turns) {
    ByteWriter out;
    out.raw(domain_separator).u32(turns);
    const Hash sum = keccak256(out.bytes());  // a wrong number of turns would show nowhere
    return std::string(kFormat) + string_of(out.raw(sum).bytes());
}
inline std::string seal_value(const StateFields& fields, uint64_t entries) {
    return string_of(ByteWriter().raw(fields.encode()).u64(entries).bytes());
}
inline std::string lists_value(uint64_t generation, uint64_t rolled_back_next, uint64_t rolled_back_count) {
    return string_of(ByteWriter().u64(generation).u64(rolled_back_next).u64(rolled_back_count).bytes());
}

struct Format {
    Hash domain_separator;
    uint32_t turns = 0;
};
// nullopt if it isn't of this version.
inline std::optional<Format> decode_format(std::string_view value) {
    if (!value.starts_with(kFormat)) return std::nullopt;
    ByteReader in(view_of(value.substr(kFormat.size())));
    Format out;
    out.domain_separator = in.fixed<Hash>();
    out.turns = in.u32();
    if (out.turns == 0 || value != format_value(out.domain_separator, out.turns)) return std::nullopt;
    return out;
}

// What must be in the store, or StoreError naming it.
template <class T>
T required(std::optional<T> value, const char* what) {
    if (!value) throw node::StoreError(std::string("the ledger's store is damaged: ") + what + " is missing or unreadable");
    return std::move(*value);
}

}  // namespace gavel::ledger::rows

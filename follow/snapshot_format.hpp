// A snapshot: what is left of a chain's past once its blobs are gone. All leaves and all withdrawals as they were after a final
// batch, in pieces, each of which is a subtree of its tree: its root is named before it is sent, and the roots lead to the
// batch's header, whose hash the contract holds. So a false piece is found as it comes. (docs/protocol.md, "Snapshots")
//
//   head         "gavel snapshot 1" chainId(8) rollup(20) header(195)
//   roots        the root of each piece of leaves, then of withdrawals, 32 bytes each
//   leaves       104 bytes each, by index: 2^13 a piece
//   withdrawals  56 bytes each, by position: 2^14 a piece
//
// A file has the four one after the other, and no byte more. How long each is follows from the header alone.
#pragma once

#include <optional>
#include <vector>

#include "protocol/batch.hpp"
#include "protocol/operation.hpp"

namespace gavel::follow {

struct SnapshotHead {
    static constexpr size_t kSize = 16 + 8 + 20 + BatchHeader::kSize;

    Domain domain;
    BatchHeader header;

    uint64_t batch() const { return header.number; }
    Bytes encode() const;
    // nullopt: another length, or another beginning.
    static std::optional<SnapshotHead> decode(ByteView data);
    friend bool operator==(const SnapshotHead&, const SnapshotHead&) = default;
};

enum class SnapshotPart : uint8_t { kRoots, kLeaves, kWithdrawals };
inline constexpr SnapshotPart kSnapshotParts[] = {SnapshotPart::kRoots, SnapshotPart::kLeaves, SnapshotPart::kWithdrawals};
const char* name_of(SnapshotPart part);  // "roots", "leaves", "withdrawals"

struct SnapshotPiece {
    SnapshotPart part = SnapshotPart::kRoots;
    uint32_t number = 0;
    friend bool operator==(const SnapshotPiece&, const SnapshotPiece&) = default;
};
std::string to_string(const SnapshotPiece& piece);  // "leaves 7"

inline constexpr size_t kMaxPieceBytes = 1 << 20;

// Where everything is, by the counts of a header.
class SnapshotLayout {
public:
    explicit SnapshotLayout(const StateFields& state);

    uint32_t pieces(SnapshotPart part) const;
    // At most kMaxPieceBytes. piece.number < pieces(piece.part).
    size_t bytes_of(const SnapshotPiece& piece) const;
    // Of all its pieces.
    uint64_t part_bytes(SnapshotPart part) const;
    // From the file's beginning.
    uint64_t offset_of(const SnapshotPiece& piece) const;
    uint64_t file_bytes() const;

private:
    uint64_t records(SnapshotPart part) const;

    uint32_t account_count_, withdrawal_count_;
};

// The roots of all pieces of leaves and withdrawals.
class SnapshotRoots {
public:
    // `data` holds them all, one after the other: as many bytes as the layout has for the roots.
    SnapshotRoots(const StateFields& state, ByteView data);
    const Hash& of(const SnapshotPiece& piece) const;
    // Whether they give that state's roots.
    bool lead_to(const StateFields& state) const;

private:
    std::vector<Hash> leaves_, withdrawals_;
};

// The root of a piece of leaves or withdrawals, of any whole number of records up to a piece's.
Hash root_of_piece(SnapshotPart part, ByteView piece);
// How many bytes a record has, and how many records a piece.
size_t record_bytes(SnapshotPart part);
uint32_t records_a_piece(SnapshotPart part);

}  // namespace gavel::follow

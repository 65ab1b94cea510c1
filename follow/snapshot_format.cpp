#include "follow/snapshot_format.hpp"

#include <algorithm>

#include "protocol/account.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel::follow {
namespace {

constexpr std::string_view kBeginning = "gavel snapshot 1";

// What a piece of a part is made of.
struct PartForm {
    const char* name;
    size_t record_bytes;
    unsigned height;  // of a whole piece's subtree
};
constexpr PartForm kForms[] = {
    {"roots", Hash::kSize, 15}, {"leaves", Account::kSize, 13}, {"withdrawals", Withdrawal::kSize, 14}};
static_assert(std::all_of(std::begin(kForms), std::end(kForms),
                          [](const PartForm& form) { return form.record_bytes << form.height <= kMaxPieceBytes; }));

const PartForm& form_of(SnapshotPart part) { return kForms[static_cast<size_t>(part)]; }

uint32_t pieces_for(uint64_t records, SnapshotPart part) {
    const uint64_t whole = uint64_t{1} << form_of(part).height;
    return static_cast<uint32_t>((records + whole - 1) / whole);
}

}  // namespace

const char* name_of(SnapshotPart part) { return form_of(part).name; }
size_t record_bytes(SnapshotPart part) { return form_of(part).record_bytes; }
uint32_t records_a_piece(SnapshotPart part) { return uint32_t{1} << form_of(part).height; }
std::string to_string(const SnapshotPiece& piece) { return name_of(piece.part) + (" " + std::to_string(piece.number)); }

Bytes SnapshotHead::encode() const {
    ByteWriter out;
    out.raw(view_of(kBeginning)).u64(domain.chain_id).raw(domain.rollup).raw(header.encode());
    return out.take();
}

std::optional<SnapshotHead> SnapshotHead::decode(ByteView data) {
    ByteReader in(data);
    if (data.size() != kSize || string_of(in.take(kBeginning.size())) != kBeginning) return std::nullopt;
    SnapshotHead out;
    out.domain.chain_id = in.u64();
    out.domain.rollup = in.fixed<Address>();
    out.header = BatchHeader::decode(in.take(BatchHeader::kSize));
    return out;
}

SnapshotLayout::SnapshotLayout(const StateFields& state)
    : account_count_(state.account_count), withdrawal_count_(state.withdrawal_count) {}

uint64_t SnapshotLayout::records(SnapshotPart part) const {
    switch (part) {
        case SnapshotPart::kRoots:
            return uint64_t{pieces_for(account_count_, SnapshotPart::kLeaves)} +
                   pieces_for(withdrawal_count_, SnapshotPart::kWithdrawals);
        case SnapshotPart::kLeaves: return account_count_;
        case SnapshotPart::kWithdrawals: return withdrawal_count_;
    }
    return 0;
}

uint32_t SnapshotLayout::pieces(SnapshotPart part) const { return pieces_for(records(part), part); }

size_t SnapshotLayout::bytes_of(const SnapshotPiece& piece) const {
    GAVEL_CHECK(piece.number < pieces(piece.part));
    const uint64_t before = uint64_t{piece.number} << form_of(piece.part).height;
    return std::min<uint64_t>(records(piece.part) - before, records_a_piece(piece.part)) * record_bytes(piece.part);
}

uint64_t SnapshotLayout::part_bytes(SnapshotPart part) const { return records(part) * record_bytes(part); }

uint64_t SnapshotLayout::offset_of(const SnapshotPiece& piece) const {
    uint64_t out = SnapshotHead::kSize;
    for (SnapshotPart part : kSnapshotParts)
        if (part < piece.part) out += part_bytes(part);
    return out + (uint64_t{piece.number} << form_of(piece.part).height) * record_bytes(piece.part);
}

uint64_t SnapshotLayout::file_bytes() const {
    uint64_t out = SnapshotHead::kSize;
    for (SnapshotPart part : kSnapshotParts) out += part_bytes(part);
    return out;
}

SnapshotRoots::SnapshotRoots(const StateFields& state, ByteView data) {
    const uint32_t leaf_pieces = pieces_for(state.account_count, SnapshotPart::kLeaves);
    const uint32_t withdrawal_pieces = pieces_for(state.withdrawal_count, SnapshotPart::kWithdrawals);
    GAVEL_CHECK(data.size() == (size_t{leaf_pieces} + withdrawal_pieces) * Hash::kSize);
    ByteReader in(data);
    for (uint32_t i = 0; i < leaf_pieces; ++i) leaves_.push_back(in.fixed<Hash>());
    for (uint32_t i = 0; i < withdrawal_pieces; ++i) withdrawals_.push_back(in.fixed<Hash>());
}

const Hash& SnapshotRoots::of(const SnapshotPiece& piece) const {
    GAVEL_CHECK(piece.part != SnapshotPart::kRoots);
    return (piece.part == SnapshotPart::kLeaves ? leaves_ : withdrawals_).at(piece.number);
}

bool SnapshotRoots::lead_to(const StateFields& state) const {
    return subtree_root(leaves_, form_of(SnapshotPart::kLeaves).height, kTreeDepth) == state.accounts_root &&
           subtree_root(withdrawals_, form_of(SnapshotPart::kWithdrawals).height, kTreeDepth) == state.withdrawals_root;
}

Hash root_of_piece(SnapshotPart part, ByteView piece) {
    const PartForm& form = form_of(part);
    GAVEL_CHECK(part != SnapshotPart::kRoots && piece.size() % form.record_bytes == 0);
    std::vector<Hash> hashes;
    hashes.reserve(piece.size() / form.record_bytes);
    for (; !piece.empty(); piece = piece.subspan(form.record_bytes)) hashes.push_back(keccak256(piece.first(form.record_bytes)));
    return subtree_root(std::move(hashes), 0, form.height);
}

}  // namespace gavel::follow

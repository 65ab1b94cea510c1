// What the open chunk has room for.
#include <algorithm>
#include <bit>

#include "ledger/ledger_impl.hpp"
#include "ledger/open_ledger.hpp"

namespace gavel::ledger {

unsigned Reader::Impl::weight_with(unsigned more, const Address* fee_token) const {
    const auto& fees = open_.fees.entries();
    auto same_token = [&](const FeeTally::Entry& entry) { return entry.token == *fee_token; };
    bool new_fee_leaf = fee_token && std::none_of(fees.begin(), fees.end(), same_token);
    return open_.weight + more + (new_fee_leaf ? kFeeLeafWeight : 0);
}

bool OpenLedger::fits(const PostedOperation& posted, const Address& token) const {
    const bool is_light = impl_->weight_with(posted.weight(), posted.fee.is_zero() ? nullptr : &token) <= kMaxChunkWeight;
    return is_light && impl_->fits_slot_with(posted);
}

// A transfer that changes nothing of what a chunk's ops say of all its operations together: to a leaf, without memo, for a fee
// that one has paid before.
bool Reader::Impl::is_plain(const PostedOperation& posted) const {
    return posted.kind == OperationKind::kTransfer && !posted.payments.front().to.address && posted.memo.is_zero() &&
           !open_.chunk.operations.empty() && posted.fee == open_.chunk.operations.front().fee;
}

// Of ops with that plain operation, at most: behind what has been encoded there are plain ones alone. Their own bits come at the
// ends of columns; but as senders they stand before the recipients in the list of recent accounts. Each puts a recipient one
// place further back, and maybe makes a reference of one that was a literal. Each may be the first with a fee in its token.
size_t Reader::Impl::most_bits_behind_sized(const PostedOperation& posted) const {
    constexpr size_t kLongestReference = 16;  // to a place among all of a chunk's accounts
    const OpenChunk::Sized& sized = *open_.sized;
    const size_t more = open_.chunk.operations.size() - sized.operations + 1;
    size_t recipients = 0;
    for (const PostedOperation& operation : open_.chunk.operations) recipients += operation.payments.size();
    return sized.bits + open_.most_bits - sized.most_bits + most_ops_bits(posted) +
           more * (kLongestReference + kMostFeeLeafBits) + recipients * 2 * std::bit_width(more);
}

// Bytes of ops, with `last` behind the others if it is given, and fee leaves as wide as any can be.
size_t Reader::Impl::encoded_size(const PostedOperation* last) const {
    Chunk chunk = open_.chunk;
    if (last) chunk.operations.push_back(*last);
    chunk.fee_leaves.assign(open_.fees.entries().size() + 1, view_.account_count());
    return encode_ops(chunk).size();
}

// Whether the chunk can be posted in a blob, too. It is encoded only where its bytes might not fit.
bool Reader::Impl::fits_slot_with(const PostedOperation& posted) const {
    const size_t sigs = Signature::kSize * (open_.signatures.size() + posted.signatures());
    const size_t fee_leaves = open_.fees.entries().size() + 1;
    const auto fit = [&](size_t bits) { return fits_slot((bits + 7) / 8, sigs); };
    if (fit(kMostHeadBits + open_.most_bits + most_ops_bits(posted) + kMostFeeLeafBits * fee_leaves)) return true;
    if (is_plain(posted)) {
        if (open_.sized && fit(most_bits_behind_sized(posted))) return true;
        open_.sized = {open_.chunk.operations.size(), 8 * encoded_size(nullptr), open_.most_bits};
        if (fit(most_bits_behind_sized(posted))) return true;
    }
    return fits_slot(encoded_size(&posted), sigs);
}

bool OpenLedger::fits_l1_operation() const {
    return impl_->open_.chunk.operations.empty() && impl_->weight_with(kL1OperationWeight, nullptr) <= kMaxChunkWeight;
}

}  // namespace gavel::ledger

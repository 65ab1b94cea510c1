// What the open chunk has room for.
#include <algorithm>

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

// Whether the chunk can be posted in a blob, too. It is encoded only where its bytes might not fit.
bool Reader::Impl::fits_slot_with(const PostedOperation& posted) const {
    const size_t sigs = Signature::kSize * (open_.signatures.size() + posted.signatures());
    const size_t fee_leaves = open_.fees.entries().size() + 1;
    const size_t most_bits = kMostHeadBits + open_.most_bits + most_ops_bits(posted) + kMostFeeLeafBits * fee_leaves;
    if (fits_slot((most_bits + 7) / 8, sigs)) return true;
    Chunk chunk = open_.chunk;
    chunk.operations.push_back(posted);
    chunk.fee_leaves.assign(fee_leaves, view_.account_count());  // as wide as any can be
    return fits_slot(encode_ops(chunk).size(), sigs);
}

bool OpenLedger::fits_l1_operation() const {
    return impl_->open_.chunk.operations.empty() && impl_->weight_with(kL1OperationWeight, nullptr) <= kMaxChunkWeight;
}

}  // namespace gavel::ledger

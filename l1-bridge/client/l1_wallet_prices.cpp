#include "l1-bridge/client/l1_wallet_prices.hpp"

#include <algorithm>

#include "l1-bridge/wire/blob_gas.hpp"

namespace gavel::l1 {
namespace {

constexpr u128 kLeastRaisedTip = 4'000'000, kMostRaisedTip = 100 * kGwei;  // wei per gas
constexpr u128 kLeastBlobFee = kGwei;                                      // wei per blob gas

u128 bounded(u128 fee, u128 bound) { return bound != 0 ? std::min(fee, bound) : fee; }

node::Status over_cap(u128 base_fee, u128 cap, const std::string& what) {
    return {node::Code::kFailedPrecondition, "L1_FEE_OVER_CAP", "max_fee_cap",
            what + ": the L1's base fee is " + to_string(Amount{base_fee}) + " wei, the cap " + to_string(Amount{cap}) + " wei"};
}

node::Status over_blob_cap(const std::optional<u128>& base_fee, u128 cap, const std::string& what) {
    const std::string told = base_fee ? to_string(Amount{*base_fee}) + " wei" : "not known";
    return {node::Code::kFailedPrecondition, "L1_FEE_OVER_CAP", "max_blob_fee_cap",
            what + ": the L1's blob base fee is " + told + ", the cap for blobs " + to_string(Amount{cap}) + " wei"};
}

}  // namespace

node::Status set_first_fees(Transaction& transaction, const Fees& fees, u128 least_tip, const FeeBounds& bounds) {
    const char* const nothing = "nothing is sent";
    if (transaction.has_blobs()) {
        const auto& blob_fee = fees.blob_base_fee;
        if (!blob_fee) return {node::Code::kUnavailable, "L1_NO_BLOBS", "", "the L1's node tells no price of blobs"};
        if (bounds.blob_fee != 0 && *blob_fee > bounds.blob_fee) return over_blob_cap(blob_fee, bounds.blob_fee, nothing);
        transaction.max_blob_fee = bounded(std::max(capped_product(2, *blob_fee), kLeastBlobFee), bounds.blob_fee);
    }
    transaction.max_priority_fee = std::max(fees.priority_fee, least_tip);
    transaction.max_fee = capped_sum(capped_product(2, fees.base_fee), transaction.max_priority_fee);
    if (bounds.fee == 0 || transaction.max_fee <= bounds.fee) return {};
    if (fees.base_fee >= bounds.fee) return over_cap(fees.base_fee, bounds.fee, nothing);
    transaction.max_fee = bounds.fee;
    transaction.max_priority_fee = std::min(transaction.max_priority_fee, transaction.max_fee);
    return {};
}

u128 raised(u128 fee, bool has_blobs) {
    if (has_blobs) return std::max<u128>(capped_product(2, fee), 1);
    return capped_sum(fee, std::max<u128>(fee / 8 + (fee % 8 != 0), 1));
}

node::Status raise_fees(Transaction& transaction, const Fees& fees, const FeeBounds& bounds, const std::string& what) {
    const bool has_blobs = transaction.has_blobs();
    const u128 least_fee = raised(transaction.max_fee, has_blobs), least_tip = raised(transaction.max_priority_fee, has_blobs);
    Transaction next = transaction;
    if (has_blobs) {
        const u128 least_blob_fee = raised(transaction.max_blob_fee, true);
        const u128 asked = capped_product(2, fees.blob_base_fee.value_or(0));
        next.max_blob_fee = bounded(std::max(least_blob_fee, asked), bounds.blob_fee);
        if (next.max_blob_fee < least_blob_fee) return over_blob_cap(fees.blob_base_fee, bounds.blob_fee, what);
    }
    const u128 asked = capped_sum(capped_product(2, fees.base_fee), fees.priority_fee);
    next.max_fee = bounded(std::max(least_fee, asked), bounds.fee);
    next.max_priority_fee = std::min(std::max(least_tip, fees.priority_fee), next.max_fee);
    if (next.max_fee < least_fee || next.max_priority_fee < least_tip) return over_cap(fees.base_fee, bounds.fee, what);
    transaction = std::move(next);
    return {};
}

bool raise_tip(Transaction& transaction, const FeeBounds& bounds) {
    const u128 tip = std::min(std::max(4 * transaction.max_priority_fee, kLeastRaisedTip), kMostRaisedTip);
    if (tip <= transaction.max_priority_fee) return false;
    const u128 fee = bounded(transaction.max_fee + (tip - transaction.max_priority_fee), bounds.fee);
    if (std::min(tip, fee) <= transaction.max_priority_fee) return false;
    transaction.max_fee = fee;
    transaction.max_priority_fee = std::min(tip, fee);
    return true;
}

bool covers(const Transaction& transaction, const Fees& fees) {
    return transaction.max_fee >= fees.base_fee &&
           (!transaction.has_blobs() || transaction.max_blob_fee >= fees.blob_base_fee.value_or(0));
}

}  // namespace gavel::l1

#include "sequencer/fee_policy.hpp"

#include <algorithm>

#include "l1-bridge/wire/blob_gas.hpp"
#include "protocol/blob.hpp"
#include "protocol/keys.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::sequencer {
namespace {

constexpr unsigned kSignatureBytes = 64;
constexpr unsigned kOpsBytes = 9;       // kind, sender, recipient, amount, fee of a plain transfer
constexpr unsigned kShareBytes = 3;     // of chunk lengths, fee leaf, commitment and batch header
constexpr unsigned kAddressBytes = 18;  // a recipient by address rather than by index
constexpr unsigned kMemoBytes = 32;
constexpr unsigned kLineBytes = 8;  // each further line of a payout
constexpr unsigned kTransferBytes = kSignatureBytes + kOpsBytes + kShareBytes;
constexpr unsigned kTermsBytes = 8 + 8;  // of a channel: expiry, salt; its unit is often another's, too
constexpr unsigned kFundBytes = kTransferBytes + kTermsBytes + kAddressBytes;          // with its payee
constexpr unsigned kRedeemBytes = kTransferBytes + kSignatureBytes + kTermsBytes + 3;  // with its count
// Of a slot, that operations fill on the average: weight cuts a chunk of plain transfers.
constexpr size_t kFilledSlotBytes = 47 * kTransferBytes;

struct PostedBytes {
    OperationKind kind;
    unsigned with_one_payment;
    unsigned per_further_line;
    unsigned per_new_recipient;
    unsigned memo;
};

constexpr PostedBytes kPostedBytes[] = {
    {OperationKind::kTransfer, kTransferBytes, 0, kAddressBytes, kMemoBytes},
    {OperationKind::kWithdraw, kTransferBytes + kAddressBytes, 0, 0, 0},
    {OperationKind::kPayout, kTransferBytes, kLineBytes, kAddressBytes, kMemoBytes},
    {OperationKind::kFund, kFundBytes, 0, 0, 0},
    {OperationKind::kRedeem, kRedeemBytes, 0, kAddressBytes, 0},
};
static_assert(has_each_kind(kPostedBytes));

// value x numerator / denominator, rounded up; the largest amount if that is over 2^128-1.
Amount scaled(Amount value, u128 numerator, u128 denominator) {
    if (numerator != 0 && value.value() > (~u128{0} - denominator) / numerator) return Amount::max();
    return Amount{(value.value() * numerator + denominator - 1) / denominator};
}

}  // namespace

unsigned posted_bytes(const OperationShape& shape) {
    const PostedBytes& of = kPostedBytes[static_cast<size_t>(shape.kind)];
    const unsigned memo_bytes = shape.memo ? of.memo : 0;
    return of.with_one_payment + (shape.lines - 1) * of.per_further_line + shape.new_recipients * of.per_new_recipient +
           memo_bytes;
}

Amount round_up_to_a_digit(Amount amount) {
    if (amount.is_zero()) return amount;
    for (u128 power = 1;; power *= 10) {
        for (u128 digit : {1u, 2u, 5u})
            if (power <= ~u128{0} / digit && digit * power >= amount.value()) return Amount{digit * power};
        if (power > ~u128{0} / 10) return amount;
    }
}

void FeePolicy::set_gas_price(u128 wei_per_gas, std::optional<u128> wei_per_blob_gas) {
    std::lock_guard lock(mutex_);
    wei_per_gas_ = wei_per_gas;
    wei_per_blob_gas_ = wei_per_blob_gas;
}

void FeePolicy::set_batch_price(const l1::BatchChannel::Price& price) {
    std::lock_guard lock(mutex_);
    price_ = price;
}

node::Result<FeeQuote> FeePolicy::quote(const Address& token, const OperationShape& shape) const {
    Amount minimum;
    if (auto named = config_.per_transfer.find(token); named != config_.per_transfer.end()) {
        minimum = scaled(named->second, posted_bytes(shape), kTransferBytes);
    } else if (token.is_zero()) {
        std::lock_guard lock(mutex_);
        minimum = wei_of_bytes(posted_bytes(shape), config_.eth_percent);
    } else {
        return node::Status{node::Code::kInvalidArgument, "TOKEN_NOT_ACCEPTED", "token",
                            "this sequencer takes no payments of the token " + to_checksum(token)};
    }
    return FeeQuote{minimum, round_up_to_a_digit(scaled(minimum, 5, 4))};
}

// Under the lock.
u128 FeePolicy::wei_worth(const FeeTally::Entry& fee) const {
    if (fee.token.is_zero()) return fee.total.value();
    auto named = config_.per_transfer.find(fee.token);
    if (named == config_.per_transfer.end() || named->second.is_zero()) return 0;
    const u128 transfer_wei = wei_of_bytes(kTransferBytes, 100).value();
    return scaled(fee.total, transfer_wei, named->second.value()).value();
}

// Under the lock, both. What operations of so many bytes cost in a full batch, where they cost less.
Amount FeePolicy::wei_of_bytes(unsigned bytes, unsigned percent) const {
    const Amount in_calldata = scaled(Amount{wei_per_gas_}, u128{price_.per_byte} * bytes * percent, 100);
    if (config_.posting.data == DataMode::kCalldata || !wei_per_blob_gas_) return in_calldata;
    const size_t chunks = kSlotsPerBlob * config_.posting.max_blobs;
    const Amount in_blobs = scaled(blobs_cost_of(chunks), u128{bytes} * percent, u128{kFilledSlotBytes} * chunks * 100);
    return config_.posting.data == DataMode::kBlobs ? in_blobs : std::min(in_calldata, in_blobs);
}

Amount FeePolicy::blobs_cost_of(size_t chunks) const {
    const Amount blobs = scaled(Amount{*wei_per_blob_gas_}, u128{l1::kGasPerBlob} * blobs_for(chunks), 1);
    return blobs.plus(scaled(Amount{wei_per_gas_}, price_.blobs_overhead, 1)).value_or(Amount::max());
}

std::optional<Amount> FeePolicy::calldata_cost(size_t bytes) const {
    std::lock_guard lock(mutex_);
    if (wei_per_gas_ == 0) return std::nullopt;
    return scaled(Amount{wei_per_gas_}, price_.overhead + u128{price_.per_byte} * bytes, 1);
}

std::optional<Amount> FeePolicy::blobs_cost(size_t chunks) const {
    std::lock_guard lock(mutex_);
    if (wei_per_gas_ == 0 || !wei_per_blob_gas_) return std::nullopt;
    return blobs_cost_of(chunks);
}

bool FeePolicy::cover(const std::vector<FeeTally::Entry>& fees, Amount cost) const {
    std::lock_guard lock(mutex_);
    u128 worth = 0;
    for (const FeeTally::Entry& fee : fees) worth += std::min(wei_worth(fee), ~u128{0} - worth);
    return worth >= cost.value();
}

}  // namespace gavel::sequencer

#include "protocol/chunk.hpp"

#include "protocol/chunk_model.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel {
namespace {

using namespace chunk_model;

// Any chunk of weight at most kMaxChunkWeight fits in kMaxOpsSize: the dearest bits of each part, per unit of weight.
constexpr unsigned kLargestListPosition = kMaxChunkWeight - 1;  // each entry of a list is worth a unit of weight at least
constexpr unsigned kLargestCount = 63;
constexpr unsigned kAccountWidth = 32;
constexpr unsigned kAddressWidth = 160;
constexpr unsigned kMemoBits = 1 + 256;
constexpr unsigned kFeeWidth = 6 + kMaxMantissaBits;
constexpr unsigned kHeaderBits =
    gamma_bits(kMaxChunkWeight / kL1OperationWeight) + 2 * bit_length(kLargestCount) + 5 + 3;  // l1, n, f, w, three flags
constexpr unsigned kFeeTableBits = bit_length(kLargestCount) + 8 + 3;                          // K, wm, we
constexpr unsigned kClassBits = 2 + gamma_bits(kMaxChunkWeight / 2);
constexpr unsigned kAccountBits = 1 + std::max(kAccountWidth, gamma_bits(kLargestListPosition));
constexpr unsigned kMagnitudeBits = gamma_bits(2 * kMaxMantissaBits, kMagnitudeLowBits);
constexpr unsigned kLiteralAmountBits = gamma_bits(kMaxExponent) + kMagnitudeBits + kMaxMantissaBits - 1;
constexpr unsigned kAmountBits = 1 + std::max(kLiteralAmountBits, gamma_bits(kLargestListPosition));
constexpr unsigned kByIndexBits = 1 + kAccountBits + kAmountBits;
constexpr unsigned kByAddressBits = 1 + kAddressWidth + kAmountBits;
constexpr unsigned kTermsBits = 64 + 64;  // expiry, salt
// What the columns hold of a fund's payment beside its amount: the unit, the payee, the terms.
constexpr unsigned kFundBits = kAmountBits + kAddressWidth + kTermsBits;
// And of a redeem beside its payee: the payer, the unit, the count, the terms.
constexpr unsigned kRedeemBits = kAccountBits + 2 * kAmountBits + kTermsBits;
constexpr unsigned kByIndexFlagBits = 1 + kAccountBits, kByAddressFlagBits = 1 + kAddressWidth;
constexpr unsigned kL1PaymentBits = kAddressWidth + kAmountBits;            // no flag: always by address
constexpr unsigned kOperationBits = kAccountBits + kClassBits + kFeeWidth;  // without kind, payments, memo

constexpr unsigned largest_chunk_bits(unsigned weight) {
    unsigned per_two = 2 * kAccountWidth;  // bits of the dearest part, for two units of weight; fee leaves to begin with
    auto consider = [&](unsigned bits, unsigned part_weight) {
        per_two = std::max(per_two, (2 * bits + part_weight - 1) / part_weight);
    };
    for (const OperationTraits& kind : kOperationKinds) {
        const unsigned least = kind.has_list ? 1 : kind.most_payments;
        for (unsigned payments = least; payments <= (kind.has_list ? kMaxChunkWeight - 1 : least); ++payments) {
            const unsigned memo = kind.has_memo ? kMemoBits : 0;
            const unsigned head = kind.word.length + kind.head_bits(payments) + kOperationBits + memo;
            const unsigned weight_by_index = kind.base_weight + payments;
            switch (kind.payees) {
                case Payees::kL1: consider(head + payments * kL1PaymentBits, weight_by_index); break;
                case Payees::kChannel: consider(head + kAmountBits + kFundBits, weight_by_index); break;
                case Payees::kParties:
                    consider(head + kByIndexFlagBits + kRedeemBits, weight_by_index);
                    consider(head + kByAddressFlagBits + kRedeemBits, weight_by_index + 1);
                    break;
                case Payees::kLeaves:
                    consider(head + payments * kByIndexBits, weight_by_index);
                    consider(head + payments * kByAddressBits, weight_by_index + payments);
            }
        }
    }
    return kHeaderBits + kFeeTableBits + weight / 2 * per_two;
}
static_assert(kMostHeadBits == kHeaderBits + kFeeTableBits && kMostFeeLeafBits == kAccountWidth);
static_assert(kMaxChunkWeight % 2 == 0);
static_assert((largest_chunk_bits(kMaxChunkWeight) + 7) / 8 <= kMaxOpsSize);

constexpr size_t largest_sigs() {
    size_t largest = 0;
    for (const OperationTraits& kind : kOperationKinds) {
        const unsigned least_weight = kind.base_weight + (kind.has_list ? 1 : kind.most_payments);
        largest = std::max(largest, kMaxChunkWeight / least_weight * kind.most_signatures * Signature::kSize);
    }
    return largest;
}
static_assert(largest_sigs() <= kMaxSigsSize);

}  // namespace

unsigned PostedOperation::weight() const {
    const OperationTraits& traits = traits_of(kind);
    unsigned sum = traits.base_weight + static_cast<unsigned>(payments.size());
    if (!pays_leaves(traits.payees)) return sum;
    for (const PostedPayment& payment : payments) sum += payment.to.address.has_value();
    return sum;
}

size_t most_ops_bits(const PostedOperation& operation) {
    const OperationTraits& kind = traits_of(operation.kind);
    const auto count = static_cast<unsigned>(operation.payments.size());
    size_t bits = kind.word.length + kind.head_bits(count) + kOperationBits + (kind.has_memo ? kMemoBits : 0);
    if (kind.payees == Payees::kChannel) return bits + kAmountBits + kFundBits;
    if (kind.payees == Payees::kParties)
        return bits + kRedeemBits + (operation.payments[0].to.address ? kByAddressFlagBits : kByIndexFlagBits);
    for (const PostedPayment& payment : operation.payments) {
        if (kind.payees == Payees::kL1) bits += kL1PaymentBits;
        else bits += payment.to.address ? kByAddressBits : kByIndexBits;
    }
    return bits;
}

unsigned PostedOperation::signatures() const { return channel.take ? 2 : 1; }

unsigned Chunk::weight() const {
    unsigned sum = kL1OperationWeight * l1_operations + kFeeLeafWeight * static_cast<unsigned>(fee_leaves.size());
    for (const PostedOperation& operation : operations) sum += operation.weight();
    return sum;
}

}  // namespace gavel

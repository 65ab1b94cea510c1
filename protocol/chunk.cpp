#include "protocol/chunk.hpp"

#include "protocol/bits.hpp"
#include "protocol/chunk_model.hpp"

namespace gavel {
namespace {

using namespace chunk_model;

// Any chunk of weight at most kMaxChunkWeight fits in kMaxOpsSize: the dearest bits of each part, per unit of weight.
constexpr unsigned gamma_bits(unsigned value, unsigned low_bits = 0) {
    return 2 * bit_length((value >> low_bits) + 1) - 1 + low_bits;
}

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
constexpr unsigned kOperationBits = kAccountBits + kClassBits + kFeeWidth + kMemoBits;  // without kind and payments

constexpr unsigned largest_chunk_bits(unsigned weight) {
    unsigned per_two = 2 * kAccountWidth;  // bits of the dearest part, for two units of weight; fee leaves to begin with
    auto consider = [&](unsigned bits, unsigned part_weight) {
        per_two = std::max(per_two, (2 * bits + part_weight - 1) / part_weight);
    };
    consider(1 + kOperationBits + kByIndexBits, 2);
    consider(1 + kOperationBits + kByAddressBits, 3);
    consider(2 + kOperationBits - kMemoBits + kByAddressBits - 1, 2);  // a withdrawal: no memo, no flag for the address
    for (unsigned lines = 1; lines < kMaxChunkWeight; ++lines) {
        unsigned head = 2 + gamma_bits(lines - 1) + kOperationBits;
        consider(head + lines * kByIndexBits, 1 + lines);
        consider(head + lines * kByAddressBits, 1 + 2 * lines);
    }
    return kHeaderBits + kFeeTableBits + weight / 2 * per_two;
}
static_assert(kMaxChunkWeight % 2 == 0);
static_assert((largest_chunk_bits(kMaxChunkWeight) + 7) / 8 <= kMaxOpsSize);
static_assert(kMaxChunkWeight / 2 * 64 <= kMaxSigsSize, "an operation weighs 2 at least and has a signature of 64 bytes");

}  // namespace

unsigned PostedOperation::weight() const {
    if (kind == OperationKind::kWithdraw) return 2;
    unsigned sum = 1 + static_cast<unsigned>(payments.size());
    for (const PostedPayment& payment : payments) sum += payment.to.address.has_value();
    return sum;
}

unsigned Chunk::weight() const {
    unsigned sum = kL1OperationWeight * l1_operations + kFeeLeafWeight * static_cast<unsigned>(fee_leaves.size());
    for (const PostedOperation& operation : operations) sum += operation.weight();
    return sum;
}

}  // namespace gavel

#include "protocol/refusal.hpp"

#include <array>

#include "protocol/check.hpp"

namespace gavel {
namespace {

constexpr std::array kNames = {
    "None",
    "SlotLengths",
    "Truncated",
    "CodeTooLong",
    "OverWeight",
    "IdleFlag",
    "BadFeeWidth",
    "LooseNumber",
    "NumberTooLarge",
    "RepeatedFee",
    "LooseWidth",
    "BadReference",
    "UnusedFee",
    "RepeatedLiteral",
    "BadMagnitude",
    "ZeroMemo",
    "TrailingByte",
    "NonzeroPadding",
    "SignatureCount",
    "OpCountOverflow",
    "L1LimitExceeded",
    "WithdrawalTreeFull",
    "SenderIndex",
    "NonceExhausted",
    "InsufficientBalance",
    "RecipientIndex",
    "RecipientToken",
    "BalanceOverflow",
    "RecipientZero",
    "AccountTreeFull",
    "RecipientHasLeaf",
    "WithdrawalOfZero",
    "FeeOverflow",
    "SignatureInvalid",
    "SignerNotOwner",
    "ChannelTerms",
    "FundOfZero",
    "ChannelNotOpen",
    "ChannelCount",
    "NothingToRedeem",
    "FeeLeafMissing",
    "FeeLeafExtra",
    "FeeLeafIndex",
    "FeeLeafToken",
};
static_assert(kNames.size() == static_cast<size_t>(kLastRefusal) + 1, "one name for each refusal, in their order");

constexpr auto kAll = [] {
    std::array<Refusal, kNames.size() - 1> all{};
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Refusal>(i + 1);
    return all;
}();

}  // namespace

const char* name_of(Refusal refusal) {
    auto number = static_cast<size_t>(refusal);
    GAVEL_CHECK(number < kNames.size());
    return kNames[number];
}

std::span<const Refusal> all_refusals() { return kAll; }

}  // namespace gavel

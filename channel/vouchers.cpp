#include "channel/vouchers.hpp"

#include "protocol/check.hpp"

namespace gavel::channel {

using node::Code;
using node::Status;

AccountKey leaf_of(const ChannelTerms& terms, const Address& token, const Hash& domain) { return {terms.address(domain), token}; }

SignedVoucher sign_voucher(const PrivateKey& payer, const Hash& domain, const Voucher& voucher) {
    GAVEL_CHECK(voucher.count >= 1 && voucher.count <= kMaxVoucherCount);
    return {voucher, payer.sign(voucher.digest(domain))};
}

Status check_voucher(const SignedVoucher& signed_voucher, const Address& payer, const Hash& domain) {
    const Voucher& voucher = signed_voucher.voucher;
    if (voucher.count < 1 || voucher.count > kMaxVoucherCount)
        return {Code::kInvalidArgument, "COUNT_INVALID", "count", "a voucher counts 1 to 2^63-2 units"};
    if (recover(voucher.digest(domain), signed_voucher.signature) != payer)
        return {Code::kUnauthenticated, "VOUCHER_SIGNATURE", "signature", "it isn't signed by the channel's payer"};
    return {};
}

Signature sign_question(const PrivateKey& payer, const Hash& domain, const AccountKey& channel) {
    return payer.sign(Voucher{channel.owner, channel.token, 0}.digest(domain));
}

bool is_question_of(const Address& payer, const Hash& domain, const AccountKey& channel, const Signature& signature) {
    return recover(Voucher{channel.owner, channel.token, 0}.digest(domain), signature) == payer;
}

std::optional<Amount> amount_of(uint64_t units, Amount unit) {
    u128 product;
    if (__builtin_mul_overflow(u128{units}, unit.value(), &product)) return std::nullopt;
    return Amount{product};
}

std::optional<uint64_t> units_for(Amount price, Amount unit) {
    GAVEL_CHECK(!unit.is_zero());
    const u128 units = price.value() / unit.value() + (price.value() % unit.value() != 0 ? 1 : 0);
    if (units > kMaxVoucherCount) return std::nullopt;
    return static_cast<uint64_t>(units);
}

}  // namespace gavel::channel

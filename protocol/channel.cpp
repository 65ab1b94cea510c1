#include "protocol/channel.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel {

Bytes ChannelTerms::encode() const {
    ByteWriter out;
    out.raw(payer).raw(payee).amount(unit).u64(expiry).u64(salt);
    return out.take();
}

std::optional<ChannelTerms> ChannelTerms::decode(ByteView data) {
    ByteReader in(data);
    ChannelTerms out;
    out.payer = in.fixed<Address>();
    out.payee = in.fixed<Address>();
    out.unit = in.amount();
    out.expiry = in.u64();
    out.salt = in.u64();
    if (!in.finished()) return std::nullopt;
    return out;
}

bool ChannelTerms::are_right() const { return !unit.is_zero() && !payer.is_zero() && !payee.is_zero() && payer != payee; }

Address ChannelTerms::address(const Hash& domain_separator) const {
    static const Hash type_hash =
        keccak256(view_of("Channel(address payer,address payee,uint128 unit,uint64 expiry,uint64 salt)"));
    ByteWriter out;
    out.raw(type_hash).word(payer).word(payee).word(unit.value()).word(u128{expiry}).word(u128{salt});
    const Hash digest = typed_digest(domain_separator, keccak256(out.bytes()));
    return Address::from(ByteView(digest).last(Address::kSize));
}

Hash Voucher::digest(const Hash& domain_separator) const {
    static const Hash type_hash = keccak256(view_of("Voucher(address channel,address token,uint64 count)"));
    ByteWriter out;
    out.raw(type_hash).word(channel).word(token).word(u128{count});
    return typed_digest(domain_separator, keccak256(out.bytes()));
}

uint64_t units_due(const Account& leaf, Amount unit, uint64_t count) {
    GAVEL_CHECK(is_marked(leaf) && !unit.is_zero());
    const uint64_t claimed = claimed_units(leaf);
    if (count <= claimed) return 0;
    return static_cast<uint64_t>(std::min<u128>(count - claimed, leaf.balance.value() / unit.value()));
}

}  // namespace gavel

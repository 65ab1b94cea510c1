// Vouchers made and checked, and what they are worth (docs/channels.md).
#pragma once

#include <optional>

#include "node/status.hpp"
#include "protocol/channel.hpp"
#include "protocol/keys.hpp"

namespace gavel::channel {

struct SignedVoucher {
    Voucher voucher;
    Signature signature;
    friend bool operator==(const SignedVoucher&, const SignedVoucher&) = default;
};

// The leaf of a channel: its address and the token.
AccountKey leaf_of(const ChannelTerms& terms, const Address& token, const Hash& domain);

SignedVoucher sign_voucher(const PrivateKey& payer, const Hash& domain, const Voucher& voucher);
// OK; COUNT_INVALID: not 1 to kMaxVoucherCount; VOUCHER_SIGNATURE: not the payer's for this chain and contract.
node::Status check_voucher(const SignedVoucher& signed_voucher, const Address& payer, const Hash& domain);

// By which a payer who lost his book asks for the last voucher: his signature for a count of zero, which is never a voucher.
Signature sign_question(const PrivateKey& payer, const Hash& domain, const AccountKey& channel);
bool is_question_of(const Address& payer, const Hash& domain, const AccountKey& channel, const Signature& signature);

// units x unit; nullopt above 2^128-1 (the product has up to 191 bits).
std::optional<Amount> amount_of(uint64_t units, Amount unit);
// How many units pay a price, rounded up; nullopt if more than a voucher can count. unit is above zero.
std::optional<uint64_t> units_for(Amount price, Amount unit);

}  // namespace gavel::channel

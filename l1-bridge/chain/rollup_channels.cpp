// Channels without a sequencer's help, and after a freeze (docs/contract.md, "Channels" and "After a freeze").
#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/chain/rollup_running_call.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

ChannelTerms RunningCall::right_terms(ByteView terms) {
    const auto read = ChannelTerms::decode(terms);
    if (!read || !read->are_right()) refuse(RollupError::kTermsInvalid);
    host_.use_gas(rollup_gas::kTerms);
    return *read;
}

ChannelTerms RunningCall::terms_of(const Account& account, ByteView terms) {
    if (!is_marked(account)) refuse(RollupError::kNotAChannel);
    const ChannelTerms out = right_terms(terms);
    if (out.address(domain_separator()) != account.key.owner) refuse(RollupError::kTermsInvalid);
    return out;
}

void RunningCall::check_voucher(const ChannelTerms& terms, const Voucher& voucher, ByteView signature) {
    if (voucher.count == 0 || voucher.count > kMaxVoucherCount) refuse(RollupError::kCountInvalid);
    if (signature.size() != Signature::kSize) refuse(RollupError::kVoucherInvalid);
    host_.use_gas(rollup_gas::kVoucher);
    const auto signer = recover(voucher.digest(domain_separator()), Signature::from(signature));
    if (signer != terms.payer) refuse(RollupError::kVoucherInvalid);
}

void RunningCall::force_redeem() {
    CalldataReader reader = arguments(4);
    ByteView terms_bytes = reader.bytes();
    Address token = reader.address();
    uint64_t count = reader.integer64();
    ByteView signature = reader.bytes();

    if (enter().frozen) refuse(RollupError::kFrozen);
    const ChannelTerms terms = right_terms(terms_bytes);
    const Address channel = terms.address(domain_separator());
    check_voucher(terms, {channel, token, count}, signature);
    enqueue({L1OperationKind::kRedeem, channel, terms.payee, token, terms.unit, 0, count});
}

void RunningCall::reclaim() {
    CalldataReader reader = arguments(2);
    ByteView terms_bytes = reader.bytes();
    Address token = reader.address();

    if (enter().frozen) refuse(RollupError::kFrozen);
    const ChannelTerms terms = right_terms(terms_bytes);
    if (now() < terms.expiry) refuse(RollupError::kNotExpired);
    enqueue({L1OperationKind::kReclaim, terms.address(domain_separator()), terms.payer, token, Amount{}});
}

void RunningCall::exit_channel() {
    CalldataReader reader = arguments(9);
    const ShownLeaf shown = read_leaf(reader);
    ByteView terms_bytes = reader.bytes();
    uint64_t count = reader.integer64();
    ByteView signature = reader.bytes();
    Address receiver = reader.address();
    Hash pay_gas = reader.word();

    const Account account = proven_account(enter(), shown);
    const AccountKey& key = account.key;
    const ChannelTerms terms = terms_of(account, terms_bytes);
    // An old voucher of somebody else's would use up the one time.
    if (context_.sender != terms.payee) refuse(RollupError::kNotPayee);
    if (storage_.channel_taken(shown.index) != 0) refuse(RollupError::kAlreadyTaken);
    check_voucher(terms, {key.owner, key.token, count}, signature);
    const u128 amount = units_due(account, terms.unit, count) * terms.unit.value();  // within the balance
    if (amount == 0) refuse(RollupError::kZeroAmount);
    receiver = receiver_for(terms.payee, receiver);
    take_from_vault(key.token, amount);
    storage_.set_channel_taken(shown.index, amount);
    emit(AccountExited{shown.index, key.owner, key.token, Amount{amount}, receiver});
    pay_out(key.token, receiver, amount, pay_gas);
}

void RunningCall::exit_channel_rest() {
    CalldataReader reader = arguments(7);
    const ShownLeaf shown = read_leaf(reader);
    ByteView terms_bytes = reader.bytes();
    Address receiver = reader.address();
    Hash pay_gas = reader.word();

    const Account account = proven_account(enter(), shown);
    const ChannelTerms terms = terms_of(account, terms_bytes);
    const u128 taken = storage_.channel_taken(shown.index);
    const bool nothing_to_wait_for = taken != 0 || !is_open_channel(account);
    const u128 end = payees_end(terms.expiry, storage_.notice().frozen_at, storage_.windows().challenge_window);
    if (!nothing_to_wait_for && now() < end) refuse(RollupError::kRestTooEarly);
    exit_with(shown.index, account, account.balance.value() - taken, terms.payer, receiver, pay_gas);
}

}  // namespace gavel::l1

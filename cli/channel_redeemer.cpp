#include "cli/channel_redeemer.hpp"

#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/log.hpp"

namespace gavel::cli {

using channel::Claim;
using node::Code;
using node::Result;
using node::Status;

namespace {

Status refused(const char* reason, const char* field, const char* message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

}  // namespace

Result<RedeemPlan> plan_redeem(const Signing& signing, const Claim& claim, bool close, const std::string& fee) {
    const Voucher& voucher = claim.voucher.voucher;
    auto info = signing.sequencer->channel({voucher.channel, voucher.token});
    if (!info) return info.status();
    if (info->is_closed()) return refused("CHANNEL_CLOSED", "channel", "the channel is closed");
    const Account leaf{info->account.key, info->account.nonce, info->account.balance, {}};
    RedeemPlan out;
    if (is_open_channel(leaf)) out.units = gavel::units_due(leaf, claim.terms.unit, voucher.count);
    if (out.units == 0 && !close)
        return refused("NOTHING_TO_REDEEM", "channel", "the voucher's units have been paid, or the channel has no unit left");
    Operation& operation = out.operation;
    operation.kind = OperationKind::kRedeem;
    operation.token = voucher.token;
    operation.nonce = info->claimed();
    operation.channel = {claim.terms, voucher.channel, 0, out.units != 0, close};
    // Only to close: nothing is taken, so nothing can be paid for it.
    if (out.units == 0) return out;
    operation.channel.count = voucher.count;
    out.voucher = claim.voucher.signature;
    out.amount = channel::amount_of(out.units, claim.terms.unit).value_or(Amount::max());
    auto known = has_leaf(signing, claim.terms.payee);
    if (!known) return known.status();
    auto amount = fee_for(signing, fee, operation, *known ? 0 : 1);
    if (!amount) return amount.status();
    operation.fee = *amount;
    if (operation.fee >= out.amount)
        return refused("FEE_ABOVE_AMOUNT", "fee", "the fee would take all that there is to redeem; wait until there is more");
    return out;
}

SignedOperation sign(const Signing& signing, const RedeemPlan& plan) {
    SignedOperation out = sign(signing, plan.operation);
    out.voucher = plan.voucher;
    return out;
}

Status L1Redeemer::redeem(const Claim& claim) {
    const Voucher& voucher = claim.voucher.voucher;
    const AccountKey key{voucher.channel, voucher.token};
    const auto found = sent_.find(key);
    if (found != sent_.end() && found->second.count >= voucher.count) return {};
    auto sent = wallet_.send(rollup_, 0,
                             l1::rollup_call::force_redeem(claim.terms, voucher.token, voucher.count, claim.voucher.signature));
    if (!sent) return sent.status();
    node::log_warn("a voucher is redeemed through the L1's queue",
                   {{"channel", to_checksum(voucher.channel)}, {"count", voucher.count}, {"transaction", to_hex(*sent)}});
    sent_[key] = {voucher.count, *sent, false};
    return {};
}

void L1Redeemer::step() {
    if (wallet_.has_unmined())
        if (const Status kept = wallet_.keep_up(); !kept.ok())
            node::log_status(node::LogLevel::kWarn, "a transaction on the L1 waits", kept);
    for (auto entry = sent_.begin(); entry != sent_.end();) {
        Sent& sent = entry->second;
        const auto receipt = wallet_.receipt(sent.transaction);
        const bool in_block = receipt && receipt->has_value();
        const auto lost = in_block ? Result<bool>(!(*receipt)->success) : wallet_.is_lost(sent.transaction);
        // Forgotten, so that it is sent again if it is still due.
        if (lost && *lost) {
            node::log_warn("a voucher's transaction came to nothing", {{"transaction", to_hex(sent.transaction)}});
            entry = sent_.erase(entry);
        } else {
            sent.queued = in_block;
            ++entry;
        }
    }
}

Status ServersRedeemer::redeem(const Claim& claim) {
    auto plan = plan_redeem(signing_, claim, false, "");
    if (!plan) return plan.status().reason == "NOTHING_TO_REDEEM" ? Status{} : plan.status();
    const SignedOperation sent = sign(signing_, *plan);
    const Outcome outcome = hand_over(signing_, sent);
    if (outcome.fate != Fate::kTaken) return status_of(outcome, sent.hash);
    node::log_info(
        "a voucher is redeemed",
        {{"channel", to_checksum(claim.voucher.voucher.channel)}, {"units", plan->units}, {"operation", to_hex(sent.hash)}});
    return {};
}

}  // namespace gavel::cli

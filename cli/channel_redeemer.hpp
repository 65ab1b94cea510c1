// A payee's vouchers turned into money: by an operation of the sequencer's, or by the L1's queue.
#pragma once

#include <map>
#include <optional>

#include "channel/channel_source.hpp"
#include "cli/signing.hpp"
#include "l1-bridge/client/l1_wallet.hpp"

namespace gavel::cli {

// The operation that takes what a voucher still gives, closes the channel, or both.
struct RedeemPlan {
    Operation operation;
    std::optional<Signature> voucher;
    uint64_t units = 0;  // that it takes
    Amount amount;       // these, of which the fee comes
};

// `fee`: in the token's units; empty: the sequencer's suggestion. `signing` is the payee's. Reasons: UNKNOWN_CHANNEL,
// CHANNEL_CLOSED, NOTHING_TO_REDEEM (and it isn't to be closed), FEE_ABOVE_AMOUNT (the fee would take all of it).
node::Result<RedeemPlan> plan_redeem(const Signing& signing, const channel::Claim& claim, bool close, const std::string& fee);
SignedOperation sign(const Signing& signing, const RedeemPlan& plan);

// Calls the contract's forceRedeem; its transactions are looked after by step(), so that nothing waits for a block. One thread.
class L1Redeemer {
public:
    // Both outlive it.
    L1Redeemer(l1::L1Wallet& wallet, const Address& rollup) : wallet_(wallet), rollup_(rollup) {}
    // OK also while the same, or one for more, is on its way or in the queue.
    node::Status redeem(const channel::Claim& claim);
    void step();

private:
    struct Sent {
        uint64_t count = 0;
        Hash transaction;
        bool queued = false;
    };
    l1::L1Wallet& wallet_;
    const Address rollup_;
    std::map<AccountKey, Sent> sent_;
};

// What the collector calls.
class ServersRedeemer final : public channel::Redeemer {
public:
    // Both outlive it.
    ServersRedeemer(const Signing& signing, L1Redeemer& l1) : signing_(signing), l1_(l1) {}
    node::Status redeem(const channel::Claim& claim) override;
    node::Status force_redeem(const channel::Claim& claim) override { return l1_.redeem(claim); }

private:
    const Signing& signing_;
    L1Redeemer& l1_;
};

}  // namespace gavel::cli

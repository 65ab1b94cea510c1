// A frozen rollup with its last state rebuilt from the L1 alone: what exits are proven by.
#pragma once

#include <memory>

#include "cli/l1_state.hpp"
#include "cli/rollup_facts.hpp"

namespace gavel::cli {

// OK when exits and refunds are open. Reasons: NotFrozen, BatchNotFinal.
node::Status are_exits_open(const RollupFacts& facts);

// Lives as long as the session at most.
class FrozenRollup {
public:
    // Reasons: those of are_exits_open and L1State::rebuild; FALSE_BATCH, FALSE_BATCH_FINAL: the L1's last state can't be
    // rebuilt, yet or ever; HEAD_CHANGED: the L1 went on meanwhile.
    static node::Result<FrozenRollup> open(Session& session, const L1StateOptions& options);

    const ContractCaller& caller() const { return caller_; }
    const RollupFacts& facts() const { return facts_; }
    const ledger::Reader& ledger() const { return state_->ledger(); }
    Domain domain() const { return state_->domain(); }
    // The last batch's header, which the contract holds proofs against.
    BatchHeader header() const { return state_->last_header(); }
    // PROOF_NOT_BUILT: the path doesn't hold.
    node::Result<ExitProof> proof_of(uint32_t index) const;
    // From when on a channel's rest is its payer's; 0: at once. `leaf` is marked.
    u128 rest_opens_at(const ledger::AccountAt& leaf, const ChannelTerms& terms, Amount taken) const;

private:
    FrozenRollup(ContractCaller caller, const RollupFacts& facts, uint64_t frozen_at, std::unique_ptr<L1State> state)
        : caller_(std::move(caller)), facts_(facts), frozen_at_(frozen_at), state_(std::move(state)) {}
    ContractCaller caller_;
    RollupFacts facts_;
    uint64_t frozen_at_;
    std::unique_ptr<L1State> state_;
};

}  // namespace gavel::cli

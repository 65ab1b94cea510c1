#include "cli/frozen_rollup.hpp"

#include "cli/table.hpp"

namespace gavel::cli {

using node::Code;
using node::Result;
using node::Status;

namespace {

Status tell_false_batch(const L1State& state, const RollupFacts& facts) {
    const uint64_t number = state.false_batch()->verdict.number;
    const std::string which = "batch " + std::to_string(number) + " on the L1 is false";
    const uint64_t final_at = *state.view().final_at(number);
    if (final_at <= facts.now) {
        return {Code::kFailedPrecondition, "FALSE_BATCH_FINAL", "",
                which + " and final: nobody proved it in time, and the state that it claims can't be rebuilt"};
    }
    return {Code::kFailedPrecondition, "FALSE_BATCH", "",
            which + "; prove it before " + format_when(final_at, facts.now) + " ('gavel proof make " + std::to_string(number) +
                "', 'gavel proof send'): exits open when it is struck and what is left is final"};
}

// Whether what was rebuilt is what the contract will pay by.
Status check_rebuilt(const L1State& state, const RollupFacts& facts) {
    if (state.false_batch()) return tell_false_batch(state, facts);
    const BatchHeader header = state.last_header();
    if (header.hash() == facts.head.hash && state.ledger().summary().fields == header.last) return {};
    return {Code::kUnavailable, "HEAD_CHANGED", "",
            "the state rebuilt is that of batch " + std::to_string(header.number) + ", and the L1's head another; try again"};
}

}  // namespace

Status are_exits_open(const RollupFacts& facts) {
    if (!facts.frozen) return explained({Code::kAborted, "NotFrozen", "", ""}, facts);
    if (!facts.head_is_final()) return explained({Code::kAborted, "BatchNotFinal", "", ""}, facts);
    return {};
}

Result<FrozenRollup> FrozenRollup::open(Session& session, const L1StateOptions& options) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto facts = read_facts(caller->contract());
    if (!facts) return facts.status();
    if (!facts->frozen) return are_exits_open(*facts);
    auto state = L1State::rebuild(session, caller->contract().address(), options);
    if (!state) return state.status();
    // Before whether it is final: what is false can be proven until then.
    if (Status status = check_rebuilt(**state, *facts); !status.ok()) return status;
    if (Status status = are_exits_open(*facts); !status.ok()) return status;
    auto frozen_at = caller->contract().frozen_at();
    if (!frozen_at) return frozen_at.status();
    return FrozenRollup(*std::move(caller), *facts, *frozen_at, *std::move(state));
}

Result<ExitProof> FrozenRollup::proof_of(uint32_t index) const {
    auto proof = state_->exit_proof(index);
    if (proof && proof->holds_in(header().last)) return *std::move(proof);
    return Status{Code::kInternal, "PROOF_NOT_BUILT", "", "an account's path doesn't hold"};
}

u128 FrozenRollup::rest_opens_at(const ledger::AccountAt& leaf, const ChannelTerms& terms, Amount taken) const {
    if (!taken.is_zero() || !is_open_channel(leaf.account)) return 0;
    return l1::payees_end(terms.expiry, frozen_at_, facts_.parameters.challenge_window);
}

}  // namespace gavel::cli

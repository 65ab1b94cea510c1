// Freeze, and what there should be before it (docs/contract.md, "After a freeze").
#include <algorithm>

#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

Tx freeze(World& w, uint64_t number) { return w.as(w.any_actor(), rollup_call::freeze(number)); }

bool has_unconsumed(const World& w, const std::function<bool(const L1Operation&)>& holds) {
    const uint64_t consumed = std::min<uint64_t>(w.head().header.last.l1_ops_consumed, w.queue.size());
    const auto first = w.queue.begin() + static_cast<ptrdiff_t>(consumed);
    return std::any_of(first, w.queue.end(), holds);
}

// What there should be to exit and to refund before the contract freezes.
std::optional<Step> furnish(World& w) {
    auto deposit_for = [&](const Address& who, const Address& token) {
        return has_unconsumed(w, [&](const L1Operation& one) {
            return one.kind == L1OperationKind::kDeposit && one.to == who && one.token == token;
        });
    };
    Step out;
    for (const Address& who : {w.party(0), w.refuser, w.reenterer}) {
        if (deposit_for(who, {})) continue;
        out.transactions.push_back(w.as(w.any_actor(), rollup_call::deposit_eth(who), 100 + w.random.below(99)));
    }
    for (size_t number : {kPlain, kSilent, kFee}) {
        if (deposit_for(w.party(1), w.tokens[number])) continue;
        Step deposit = token_deposit(w, w.tokens[number], w.any_actor(), w.party(1), 100 + w.random.below(99));
        out.transactions.insert(out.transactions.end(), deposit.transactions.begin(), deposit.transactions.end());
    }
    if (!has_unconsumed(w, [](const L1Operation& one) { return one.kind != L1OperationKind::kDeposit; })) {
        const Bytes force = rollup_call::force_withdrawal(w.any_token(), w.any_address(), Amount::max());
        out.transactions.push_back(w.as(w.any_actor(), force));
    }
    if (out.transactions.empty()) return std::nullopt;
    return out;
}

void fill_withdrawals(Kept& kept) {
    const std::vector<Hash> left(kTreeDepth, kept.after().commitment());
    kept.after().withdrawals = WithdrawalTree::from_frontier(WithdrawalFrontier(kMaxWithdrawalCount, left));
    kept.withdrawals.clear();
}

Next before_freeze(World& w, const std::function<Tx()>& make) {
    if (Prep open = need_open(w); !open.met) return open.step;
    return step(make());
}

}  // namespace

BatchPlan with_estate(World& w) {
    BatchPlan plan;
    plan.consumes = false;
    plan.estate = [&w](Kept& kept) { w.make_estate(kept); };
    return plan;
}

Prep need_frozen(World& w) {
    if (w.frozen()) return {true, {}};
    if (!w.may_freeze) return {};
    if (auto missing = furnish(w)) return {false, missing};
    if (!w.head().has_estate) {
        if (Prep poster = need_poster(w); !poster.met) return poster;
        return {false, append_step(w, with_estate(w))};
    }
    const uint64_t head = w.head().header.number;
    if (w.head().header.last.withdrawal_count == kMaxWithdrawalCount) {
        return {false, step(freeze(w, head), w.head().posted_at + w.parameters.challenge_window)};
    }
    const auto sitter = w.sitter();
    Step out = step(freeze(w, w.random.next()), w.waiting()->time + w.parameters.freeze_age);
    if (sitter && w.can_post(*sitter)) {
        if (w.random.chance(20)) {
            BatchPlan plan = with_estate(w);
            plan.estate = fill_withdrawals;
            return {false, append_step(w, plan)};
        }
        // The head is young when all stops.
        if (w.random.chance(80)) {
            BatchPlan plan = with_estate(w);
            plan.lies = w.random.chance(50);
            const Tx late = w.as(*sitter, rollup_call::append(w.make_batch(plan).encode()));
            out.transactions.insert(out.transactions.begin(), late);
        }
    }
    return {false, out};
}

std::vector<Goal> freeze_goals() {
    return {
        {{"freeze", "success"}, [](World& w) { return need_frozen(w).step; }},
        {{"freeze", "Frozen"},
         [](World& w) -> Next {
             if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
             return step(freeze(w, w.random.below(3)));
         }},
        {{"freeze", "FreezeTooEarly"},
         [](World& w) {
             return before_freeze(
                 w, [&] { return freeze(w, w.random.chance(70) ? w.random.below(w.batches.size() + 1) : ~uint64_t{0}); });
         }},
    };
}

}  // namespace gavel::twins

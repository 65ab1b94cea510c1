// Deposits, forced operations and claims (docs/contract.md, "The bank").
#include <algorithm>

#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

Tx deposit_eth(World& w, const Address& to, u128 value) { return w.as(w.any_actor(), rollup_call::deposit_eth(to), value); }
Tx force_transfer(World& w, const Address& to) {
    const Amount amount = w.random.chance(20) ? Amount::max() : Amount{w.random.below(100)};
    return w.as(w.any_actor(), rollup_call::force_transfer(w.any_token(), to, amount));
}
Tx force_withdrawal(World& w, const Address& to, u128 amount) {
    return w.as(w.any_actor(), rollup_call::force_withdrawal(w.any_token(), to, Amount{amount}));
}
u128 some(World& w) { return w.random.chance(10) ? ~u128{0} : 1 + w.random.below(5000); }

Next deposit(World& w, const std::vector<size_t>& modes) {
    const Address token = w.tokens[w.random.pick(modes)];
    return token_deposit(w, token, w.any_actor(), w.any_address(), 1 + w.random.below(5000));
}

Next token_call_failed(World& w) {
    switch (w.random.below(4)) {
        case 0: {  // who has too little
            const Address actor = w.any_actor();
            const u128 more = token_balance(w, w.token_of(kPlain), actor) + 1;
            return step(w.as(actor, rollup_call::deposit_token(w.token_of(kPlain), w.any_address(), Amount{more})));
        }
        case 1: {  // contracts that are no tokens
            const Address odd = w.random.chance(50) ? w.rollup : w.forwarder;
            return step(w.as(w.any_actor(), rollup_call::deposit_token(odd, w.any_address(), Amount{1})));
        }
        default: {
            std::vector<size_t> modes(std::begin(kFailing), std::end(kFailing));
            modes.push_back(mode(test::TokenMode::kShortBalance));
            return deposit(w, modes);
        }
    }
}

// Two deposits of 2^127; the first has been stolen from the contract before the second, which no vault knows of.
Next token_over_cap(World& w) {
    if (w.random.chance(50)) return deposit(w, {mode(test::TokenMode::kHugeGrowth)});
    const Address token = w.token_of(w.random.chance(50) ? kPlain : kSilent);
    Step out = token_deposit(w, token, w.party(kWhale), w.any_address(), kHalf);
    out.transactions.push_back(move_tokens(w, token, w.rollup, test::stranger(9 + w.queue.size()), kHalf));
    return out;
}

Next when_frozen(World& w, const std::function<Tx()>& make) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    return step(make());
}

Goal when_open(Outcome aim, Tx (*make)(World&)) {
    return {std::move(aim), [make](World& w) -> Next {
                if (Prep open = need_open(w); !open.met) return open.step;
                return step(make(w));
            }};
}

Address no_code(World& w) {
    return w.random.chance(30) ? Address{} : w.random.chance(50) ? test::stranger(1) : w.party(w.random.below(6));
}

}  // namespace

std::vector<Goal> bank_goals() {
    std::vector<Goal> out{
        when_open({"depositEth", "success"}, [](World& w) { return deposit_eth(w, w.any_address(), 1 + w.random.below(9999)); }),
        when_open({"depositEth", "ZeroAddress"}, [](World& w) { return deposit_eth(w, {}, w.random.below(2)); }),
        when_open({"depositEth", "ZeroAmount"}, [](World& w) { return deposit_eth(w, w.any_address(), 0); }),
        {{"depositEth", "Frozen"},
         [](World& w) { return when_frozen(w, [&] { return deposit_eth(w, w.any_address(), w.random.below(2)); }); }},
        {{"depositToken", "success"},
         [](World& w) {
             return deposit(w, {kPlain, kSilent, kFee, kReenters});
         }},
        {{"depositToken", "Frozen"},
         [](World& w) {
             return when_frozen(
                 w, [&] { return token_deposit(w, w.any_token(), w.any_actor(), w.any_address(), 1).transactions.back(); });
         }},
        when_open({"depositToken", "ZeroAddress"},
                  [](World& w) { return w.as(w.any_actor(), rollup_call::deposit_token(w.any_token(), {}, Amount{1})); }),
        when_open(
            {"depositToken", "ZeroAmount"},
            [](World& w) { return w.as(w.any_actor(), rollup_call::deposit_token(w.any_token(), w.any_address(), Amount{})); }),
        when_open(
            {"depositToken", "TokenWithoutCode"},
            [](World& w) { return w.as(w.any_actor(), rollup_call::deposit_token(no_code(w), w.any_address(), Amount{1})); }),
        {{"depositToken", "TokenCallFailed"}, token_call_failed},
        {{"depositToken", "DepositCapExceeded"}, token_over_cap},
        {{"depositToken", "NothingReceived"},
         [](World& w) {
             return deposit(w, {mode(test::TokenMode::kTakesNothing), mode(test::TokenMode::kShrinks)});
         }},
        when_open({"forceTransfer", "success"}, [](World& w) { return force_transfer(w, w.any_address()); }),
        when_open({"forceTransfer", "ZeroAddress"}, [](World& w) { return force_transfer(w, {}); }),
        {{"forceTransfer", "Frozen"},
         [](World& w) { return when_frozen(w, [&] { return force_transfer(w, w.any_address()); }); }},
        when_open({"forceWithdrawal", "success"}, [](World& w) { return force_withdrawal(w, w.any_address(), some(w)); }),
        when_open({"forceWithdrawal", "ZeroAddress"}, [](World& w) { return force_withdrawal(w, {}, w.random.below(2)); }),
        when_open({"forceWithdrawal", "ZeroAmount"}, [](World& w) { return force_withdrawal(w, w.any_address(), 0); }),
        {{"forceWithdrawal", "Frozen"},
         [](World& w) { return when_frozen(w, [&] { return force_withdrawal(w, w.any_address(), some(w)); }); }},
    };
    return out;
}

}  // namespace gavel::twins

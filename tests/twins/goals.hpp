// What the generator aims at: one goal for each outcome of each call, as a policy that names the next step towards it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tests/twins/coverage.hpp"
#include "tests/twins/world.hpp"

namespace gavel::twins {

struct Goal {
    Outcome aim;
    // The next step, of which the last is the call itself; nullopt if the aim can't be reached from here.
    std::function<std::optional<Step>(World&)> next;
};
std::vector<Goal> seat_goals();
std::vector<Goal> batch_goals();
std::vector<Goal> court_goals();
std::vector<Goal> bank_goals();
std::vector<Goal> claim_goals();
std::vector<Goal> freeze_goals();
std::vector<Goal> exit_goals();
std::vector<Goal> channel_goals();
std::vector<Goal> channel_exit_goals();
std::vector<Goal> malformed_goals();

// A call drawn without any aim: any function, any arguments.
Tx noise(World& world);
// Well-formed calldata of a function, its arguments drawn by their types.
Bytes random_calldata(World& world, const AbiFunction& function);

// ---- Steps ----
inline Step step(Tx one, uint64_t not_before = 0) { return {{std::move(one)}, not_before, false, {}}; }
Step append_step(World& world, const BatchPlan& plan);
BatchPlan any_plan(World& world);
BatchPlan with_estate(World& world);  // of a batch after which there is something to exit
// Proves the first lie of that batch, by anybody, with or without a commit.
Step prove_step(World& world, Kept& kept);
// A deposit that is refused: when nothing but time has to pass.
Tx deposit_of_nothing(World& world);
Tx mint(World& world, const Address& token, const Address& to, u128 amount);
// Moves tokens of anybody: OddToken keeps no allowances.
Tx move_tokens(World& world, const Address& token, const Address& from, const Address& to, u128 amount);
// Gas for a payment: all, or plenty; more than a transaction has.
uint64_t any_pay_gas(World& world);
uint64_t too_much_pay_gas(World& world);
u128 token_balance(World& world, const Address& token, const Address& owner);
Step token_deposit(World& world, const Address& token, const Address& actor, const Address& to, u128 amount);

// Bytes that are no right terms; and no right voucher of them.
Bytes wrong_terms(World& world, const ChannelTerms& right);
Bytes wrong_voucher(World& world, const ChannelTerms& terms, const Address& token, uint64_t count);

// ---- What has to hold before ----
struct Prep {
    bool met = false;
    std::optional<Step> step;  // towards it; none: it can't be had now
};
Prep need_open(World& world);  // not frozen
Prep need_frozen(World& world);
Prep need_free_seat(World& world);
Prep need_sitter(World& world);
Prep need_sitter(World& world, const Address& who);
Prep need_poster(World& world);  // a sitter who may append
Prep need_waiting(World& world);
Prep need_notice(World& world);   // of the home operator's, whose time isn't over
Prep need_lie(World& world);      // find_lie finds one
Prep need_slashed(World& world);  // some term
// The youngest batch that isn't final and holds a lie after a true claim; nullptr: none.
Kept* find_lie(World& world);
// A term for which it holds, drawn among all.
std::optional<uint64_t> find_term(World& world, const std::function<bool(const TermRecord&)>& holds);

}  // namespace gavel::twins

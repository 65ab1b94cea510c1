#include <algorithm>

#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

// The first block time at which the sitter can be evicted, given that an operation waits.
uint64_t overdue_at(World& world) {
    const uint64_t started = world.term(world.current_term()).started_at;
    return std::max({world.waiting()->time, world.last_strike(), started}) + world.parameters.inclusion_window;
}

Step append_by_sitter(World& world, const Batch& batch) { return step(world.appending(*world.sitter(), batch)); }

}  // namespace

BatchPlan any_plan(World& world) {
    BatchPlan plan;
    plan.chunks = 1 + static_cast<unsigned>(world.random.chance(70) ? 0 : world.random.below(4));
    plan.lies = world.random.chance(30);
    plan.consumes = world.random.chance(70);
    plan.in_blobs = world.random.chance(4);  // its sidecar and proofs take their time
    if (world.random.chance(20)) plan.estate = [&world](Kept& kept) { world.make_estate(kept); };
    return plan;
}

Step append_step(World& world, const BatchPlan& plan) { return append_by_sitter(world, world.make_batch(plan)); }

Step prove_step(World& world, Kept& kept) {
    const Bytes proof = world.proof_of(kept, *kept.first_lie()).encode();
    const Address prover = world.any_actor();
    const uint64_t term = world.term_of(kept);
    const Hash word = proof_commitment(prover, proof, term);
    const Tx commit = world.as(prover, rollup_call::commit_proof(word));
    const Tx prove = world.as(prover, rollup_call::prove(proof));
    for (const auto& [who, what] : world.commits) {
        if (what != proof_commitment(who, proof, term)) continue;
        // Somebody has committed to it: they prove, or somebody who copied it.
        return step(world.random.chance(70) ? world.as(who, rollup_call::prove(proof)) : prove);
    }
    if (world.random.chance(60)) return step(commit);
    if (world.random.chance(50)) return {{commit, prove}, 0, false, {}};  // in one block: it doesn't count
    return step(prove);
}

Tx mint(World& world, const Address& token, const Address& to, u128 amount) {
    return {world.any_party(), token, test::token_mint(to, amount), 0};
}

Tx move_tokens(World& world, const Address& token, const Address& from, const Address& to, u128 amount) {
    Bytes data = AbiWriter("transferFrom(address,address,uint256)").word(from).word(to).word(amount).take();
    return {world.any_party(), token, std::move(data), 0};
}

uint64_t any_pay_gas(World& world) { return world.random.chance(50) ? 0 : 1'000'000 + world.random.below(1'000'000); }

uint64_t too_much_pay_gas(World& world) { return world.random.chance(50) ? kGasLimit : ~uint64_t{0} - world.random.below(9); }

u128 token_balance(World& world, const Address& token, const Address& owner) {
    const Bytes answer = world.ask_other(token, AbiWriter("balanceOf(address)").word(owner).take());
    return answer.size() == 32 ? low_u128(Hash::from(answer)) : 0;
}

Step token_deposit(World& world, const Address& token, const Address& actor, const Address& to, u128 amount) {
    Step out;
    const u128 has = token_balance(world, token, actor);
    const bool is_odd = std::find(world.tokens.begin(), world.tokens.end(), token) != world.tokens.end();
    if (is_odd && has < amount) out.transactions.push_back(mint(world, token, actor, amount - has));
    out.transactions.push_back(world.as(actor, rollup_call::deposit_token(token, to, Amount{amount})));
    return out;
}

Prep need_open(World& world) { return {!world.frozen(), std::nullopt}; }

Prep need_free_seat(World& world) {
    const auto sitter = world.sitter();
    if (!sitter) return {true, {}};
    if (world.frozen()) return {};
    const Step resign = step(world.as(*sitter, rollup_call::resign()));
    if (world.waiting() == nullptr) return {false, resign};
    if (world.now + 1 < world.waiting()->time + world.parameters.inclusion_window / 2) return {false, resign};
    if (world.now + 1 < overdue_at(world) && world.can_post(*sitter) && world.random.chance(60)) {
        return {false, append_step(world, {})};
    }
    return {false, step(world.as(world.any_actor(), rollup_call::evict()), overdue_at(world))};
}

Prep need_sitter(World& world, const Address& who) {
    const auto sitter = world.sitter();
    if (sitter == who) return {true, {}};
    if (world.frozen()) return {};
    const bool takes_over = who == world.party(kHome) && world.has_home() && world.random.chance(50);
    const Step become = step(world.as(who, rollup_call::become_sequencer(), world.parameters.stake));
    if (!sitter) return {false, become};
    if (!takes_over) return need_free_seat(world);
    if (Prep notice = need_notice(world); !notice.met) return notice.step ? notice : need_free_seat(world);
    return {false, step(become.transactions[0], world.notice().from)};
}

Prep need_sitter(World& world) {
    if (world.sitter()) return {true, {}};
    return need_sitter(world, world.any_actor());
}

Prep need_poster(World& world) {
    const auto sitter = world.sitter();
    if (sitter && world.can_post(*sitter)) return {true, {}};
    if (sitter && world.random.chance(80)) return need_free_seat(world);
    return need_sitter(world, world.party(world.random.below(kParties - 2)));
}

Prep need_waiting(World& world) {
    if (world.waiting() != nullptr) return {true, {}};
    if (world.frozen()) return {};
    const Address actor = world.any_actor();
    const Address to = world.any_address();
    if (world.random.chance(50)) {
        return {false, step(world.as(actor, rollup_call::deposit_eth(to), 1 + world.random.below(5000)))};
    }
    return {false, step(world.as(actor, rollup_call::force_transfer(world.any_token(), to, Amount{world.random.below(50)})))};
}

Prep need_notice(World& world) {
    if (world.now + 1 < world.notice().until) return {true, {}};
    const uint64_t again = world.announced_at + kNoticePause + 2 * world.parameters.inclusion_window;
    if (!world.has_home() || world.frozen() || (world.announced_at != 0 && world.now + 1 < again)) return {};
    return {false, step(world.as(world.party(kHome), rollup_call::announce_takeover()))};
}

Kept* find_lie(World& world) {
    for (size_t i = world.batches.size(); i-- > 1;) {
        Kept& kept = world.batches[i];
        if (world.is_final(kept)) break;
        if (kept.first_lie()) return &kept;
    }
    return nullptr;
}

Prep need_lie(World& world) {
    if (find_lie(world) != nullptr) return {true, {}};
    if (Prep poster = need_poster(world); !poster.met) return poster;
    BatchPlan plan = any_plan(world);
    plan.lies = true;
    return {false, append_step(world, plan)};
}

Prep need_slashed(World& world) {
    if (find_term(world, [](const TermRecord& term) { return term.slashed; })) return {true, {}};
    if (Prep lie = need_lie(world); !lie.met) return lie;
    return {false, prove_step(world, *find_lie(world))};
}

std::optional<uint64_t> find_term(World& world, const std::function<bool(const TermRecord&)>& holds) {
    std::vector<uint64_t> found;
    for (uint64_t number = 1; number <= world.term_count(); ++number) {
        if (holds(world.term(number))) found.push_back(number);
    }
    return found.empty() ? std::nullopt : std::optional(world.random.pick(found));
}

}  // namespace gavel::twins

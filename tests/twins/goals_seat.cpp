// The constructor and the seat (docs/contract.md, "Constructor" and "The seat").
#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

Next construct(World& w, bool valid) {
    RollupParameters parameters = w.parameters;
    const auto least = static_cast<uint64_t>(parameters.challenge_window + parameters.inclusion_window + kFreezeMargin);
    parameters.freeze_age = least + w.random.below(2);
    if (valid && w.random.chance(40)) {
        parameters.challenge_window = w.random.chance(50) ? 1 : kMaxChallengeWindow;
        parameters.inclusion_window = w.random.chance(50) ? kMinInclusionWindow : kMaxInclusionWindow;
        const uint64_t windows = parameters.challenge_window + parameters.inclusion_window;
        parameters.freeze_age = windows + (w.random.chance(50) ? kFreezeMargin : kMaxFreezeMargin);
    }
    AbiWriter writer;
    u128 stake_high = 0;
    if (!valid) {
        switch (w.random.below(9)) {
            case 0: parameters.challenge_window = 0; break;
            case 1: parameters.inclusion_window = w.random.below(kMinInclusionWindow); break;
            case 2: parameters.freeze_age = least - 1; break;
            case 3: stake_high = 1; break;
            case 4: parameters.stake = 0; break;
            case 5: parameters.freeze_age = least + kMaxFreezeMargin - kFreezeMargin + 1; break;
            case 6:
                parameters.challenge_window = kMaxChallengeWindow + 1;
                parameters.freeze_age = 40 * uint64_t{86400};
                break;
            case 7:
                parameters.inclusion_window = kMaxInclusionWindow + 1;
                parameters.freeze_age = 40 * uint64_t{86400};
                break;
            default: parameters.challenge_window = ~uint64_t{0} - w.random.below(2 * kFreezeMargin); break;
        }
    }
    Bytes arguments = parameters.encode();
    if (stake_high != 0) arguments[3 * 32 + 15] = 1;
    Step out;
    out.creates = std::move(arguments);
    return out;
}

Tx become(World& w, const Address& who, u128 stake) { return w.as(who, rollup_call::become_sequencer(), stake); }

Address other_than(World& w, const Address& who) {
    for (;;) {
        const Address actor = w.any_actor();
        if (actor != who) return actor;
    }
}

Next become_sequencer(World& w) {
    if (Prep open = need_open(w); !open.met) return open.step;
    const Address home = w.party(kHome);
    if (w.sitter() && *w.sitter() != home && w.random.chance(50)) {
        if (Prep sits = need_sitter(w, home); !sits.met && sits.step) return sits.step;
    }
    if (Prep free = need_free_seat(w); !free.met) return free.step;
    return step(become(w, w.any_actor(), w.parameters.stake));
}

Next seat_taken(World& w) {
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    const bool home_sits = *w.sitter() == w.party(kHome);
    Address who = home_sits ? w.any_actor() : other_than(w, w.party(kHome));
    return step(become(w, who, w.random.chance(80) ? w.parameters.stake : 0));
}

Tx announce(World& w) { return w.as(w.party(kHome), rollup_call::announce_takeover()); }

// By the home operator, whenever its last notice is long enough ago.
Next announced(World& w) {
    if (Prep open = need_open(w); !open.met || !w.has_home()) return open.step;
    const uint64_t pause = kNoticePause + 2 * w.parameters.inclusion_window;
    return step(announce(w), w.announced_at == 0 ? 0 : w.announced_at + pause);
}

Next not_home(World& w) {
    if (Prep open = need_open(w); !open.met) return open.step;
    return step(w.as(other_than(w, w.party(kHome)), rollup_call::announce_takeover()));
}

// Half the time in the last second in which it is too early.
Next notice_too_early(World& w) {
    if (Prep open = need_open(w); !open.met || !w.has_home()) return open.step;
    const uint64_t again = w.announced_at + kNoticePause + 2 * w.parameters.inclusion_window;
    if (w.announced_at == 0 || w.now + 1 >= again) return step(announce(w));
    return step(announce(w), w.random.chance(30) ? again - 1 : 0);
}

// The home operator takes a taken seat without notice, too soon, or when the time is over.
Next notice_required(World& w) {
    if (Prep open = need_open(w); !open.met || !w.has_home()) return open.step;
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    if (*w.sitter() == w.party(kHome)) return need_free_seat(w).step;
    if (w.announced_at == 0 && w.random.chance(60)) return step(announce(w));
    const Notice notice = w.notice();
    const uint64_t when = w.random.chance(50) || notice.until == 0 ? 0 : w.random.chance(50) ? notice.from - 1 : notice.until;
    return step(become(w, w.party(kHome), w.random.chance(80) ? w.parameters.stake : 0), when);
}

// The home operator punished within the week; half the time in the ban's last second.
Next home_barred(World& w) {
    if (Prep open = need_open(w); !open.met || !w.has_home()) return open.step;
    const Address home = w.party(kHome);
    uint64_t punished_at = 0;
    (void)find_term(w, [&](const TermRecord& term) {
        const uint64_t at = term.slashed ? term.first_proof_at : term.evicted ? term.ended_at : 0;
        if (term.sequencer == home && at != 0 && w.now + 1 < at + kHomeBan) punished_at = std::max(punished_at, at);
        return false;
    });
    if (punished_at != 0) return step(announce(w), w.random.chance(50) ? punished_at + kHomeBan - 1 : 0);
    if (Prep sitter = need_sitter(w, home); !sitter.met) return sitter.step;
    if (w.waiting() != nullptr && w.random.chance(50)) {
        const uint64_t since = std::max({w.waiting()->time, w.last_strike(), w.term(w.current_term()).started_at});
        return step(w.as(w.any_actor(), rollup_call::evict()), since + w.parameters.inclusion_window);
    }
    Kept* lie = find_lie(w);
    const uint64_t head_term = w.ask(rollup_view::batch(w.head().header.number), rollup_view::read_batch).term;
    if (lie == &w.head() && head_term == w.current_term()) return prove_step(w, *lie);
    BatchPlan plan;
    plan.lies = true;
    return append_step(w, plan);
}

Next wrong_stake(World& w) {
    if (Prep free = need_free_seat(w); !free.met) return free.step;
    const u128 stake = w.parameters.stake;
    const std::vector<u128> wrong{0, stake - 1, stake + 1, 2 * stake};
    return step(become(w, w.any_actor(), w.random.pick(wrong)));
}

Next resign(World& w) {
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    if (Prep free = need_free_seat(w); !free.met) return free.step;
    return std::nullopt;
}

Next not_sequencer(World& w) {
    return step(w.as(w.sitter() ? other_than(w, *w.sitter()) : w.any_actor(), rollup_call::resign()));
}

Next operation_waiting(World& w) {
    if (Prep waiting = need_waiting(w); !waiting.met) return waiting.step;
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    return step(w.as(*w.sitter(), rollup_call::resign()), w.waiting()->time + w.parameters.inclusion_window / 2);
}

Tx evict(World& w) { return w.as(w.any_actor(), rollup_call::evict()); }

Next evict_overdue(World& w) {
    if (Prep open = need_open(w); !open.met) return open.step;
    if (Prep waiting = need_waiting(w); !waiting.met) return waiting.step;
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    const uint64_t since = std::max({w.waiting()->time, w.last_strike(), w.term(w.current_term()).started_at});
    return step(evict(w), since + w.parameters.inclusion_window);
}

Next not_overdue(World& w) {
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    return step(evict(w));
}

Tx take_stake(World& w, uint64_t term) { return w.as(w.any_actor(), rollup_call::take_stake(term)); }

bool last_is_pending(World& w, uint64_t number, const TermRecord& term) {
    if (term.last_batch == 0 || term.last_batch >= w.batches.size()) return false;
    const RollupRecord record = w.ask(rollup_view::batch(term.last_batch), rollup_view::read_batch);
    return record.term == number && !w.is_final(w.batches[term.last_batch]);
}

Next stake_returned(World& w) {
    auto over = find_term(w, [](const TermRecord& t) { return t.ended_at != 0 && !t.slashed && !t.stake_taken; });
    if (!over) return resign(w);
    const TermRecord term = w.term(*over);
    const bool pends = last_is_pending(w, *over, term);
    return step(take_stake(w, *over), pends ? w.batches[term.last_batch].posted_at + w.parameters.challenge_window : 0);
}

Next unknown_term(World& w) {
    const std::vector<uint64_t> none{0, w.term_count() + 1, ~uint64_t{0}};
    return step(take_stake(w, w.random.pick(none)));
}

Next term_not_over(World& w) {
    if (Prep sitter = need_sitter(w); !sitter.met) return sitter.step;
    return step(take_stake(w, w.current_term()));
}

Next term_slashed(World& w) {
    if (Prep slashed = need_slashed(w); !slashed.met) return slashed.step;
    auto slashed = find_term(w, [](const TermRecord& t) { return t.slashed; });
    return step(take_stake(w, *slashed));
}

Next stake_taken(World& w) {
    auto taken = find_term(w, [](const TermRecord& t) { return t.stake_taken; });
    if (!taken) return stake_returned(w);
    return step(take_stake(w, *taken));
}

Next last_batch_pending(World& w) {
    for (uint64_t number = w.term_count(); number > 0; --number) {
        const TermRecord term = w.term(number);
        if (term.ended_at != 0 && !term.slashed && !term.stake_taken && last_is_pending(w, number, term)) {
            return step(take_stake(w, number));
        }
    }
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    const uint64_t number = w.current_term();
    if (last_is_pending(w, number, w.term(number))) return need_free_seat(w).step;
    return append_step(w, any_plan(w));
}

Next stake_refused(World& w) {
    auto over = find_term(
        w, [&](const TermRecord& t) { return t.sequencer == w.refuser && t.ended_at != 0 && !t.slashed && !t.stake_taken; });
    if (over) return step(take_stake(w, *over));
    if (Prep sitter = need_sitter(w, w.refuser); !sitter.met) return sitter.step;
    return need_free_seat(w).step;
}

Next when_frozen(World& w, Tx (*make)(World&)) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    return step(make(w));
}

}  // namespace

std::vector<Goal> seat_goals() {
    return {
        {{"constructor", "success"}, [](World& w) { return construct(w, true); }},
        {{"constructor", "ParametersInvalid"}, [](World& w) { return construct(w, false); }},
        {{"becomeSequencer", "success"}, become_sequencer},
        {{"becomeSequencer", "Frozen"},
         [](World& w) { return when_frozen(w, [](World& v) { return become(v, v.any_actor(), v.parameters.stake); }); }},
        {{"becomeSequencer", "SeatTaken"}, seat_taken},
        {{"becomeSequencer", "NoticeRequired"}, notice_required},
        {{"announceTakeover", "success"}, announced},
        {{"announceTakeover", "Frozen"}, [](World& w) { return when_frozen(w, announce); }},
        {{"announceTakeover", "NotHomeOperator"}, not_home},
        {{"announceTakeover", "HomeOperatorBarred"}, home_barred},
        {{"announceTakeover", "NoticeTooEarly"}, notice_too_early},
        {{"becomeSequencer", "WrongStake"}, wrong_stake},
        {{"resign", "success"}, resign},
        {{"resign", "NotSequencer"}, not_sequencer},
        {{"resign", "OperationWaiting"}, operation_waiting},
        {{"evict", "success"}, evict_overdue},
        {{"evict", "Frozen"}, [](World& w) { return when_frozen(w, evict); }},
        {{"evict", "SeatFree"},
         [](World& w) -> Next {
             if (Prep open = need_open(w); !open.met) return open.step;
             if (Prep free = need_free_seat(w); !free.met) return free.step;
             return step(evict(w));
         }},
        {{"evict", "NotOverdue"}, not_overdue},
        {{"takeStake", "success"}, stake_returned},
        {{"takeStake", "UnknownTerm"}, unknown_term},
        {{"takeStake", "TermNotOver"}, term_not_over},
        {{"takeStake", "TermSlashed"}, term_slashed},
        {{"takeStake", "AlreadyTaken"}, stake_taken},
        {{"takeStake", "LastBatchPending"}, last_batch_pending},
        {{"takeStake", "PaymentFailed"}, stake_refused},
    };
}

}  // namespace gavel::twins

// The seat, its terms and stakes.
#include <algorithm>

#include "l1-bridge/chain/rollup_running_call.hpp"

namespace gavel::l1 {

void RunningCall::construct(const RollupParameters& parameters, const StateFields& initial) {
    BatchHeader genesis = genesis_header();
    genesis.last = initial;
    storage_.set_parameters(parameters);
    // Posted at 0: final from the start.
    storage_.set_record(0, genesis.hash(), {0, 0, initial.l1_ops_consumed, initial.withdrawal_count});
}

void RunningCall::become_sequencer() {
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    RollupParameters parameters = storage_.parameters();
    const Address& caller = context_.sender;
    if (globals.current_term != 0) {
        bool may_replace = caller == parameters.home_operator && storage_.term_seat(globals.current_term).sequencer != caller;
        if (!may_replace) refuse(RollupError::kSeatTaken);
        Notice notice = standing_notice();
        if (now() < notice.from || now() >= notice.until) refuse(RollupError::kNoticeRequired);
    }
    if (context_.value != parameters.stake) refuse(RollupError::kWrongStake);

    if (caller == parameters.home_operator) withdraw_notice();
    if (globals.current_term != 0) end_dutifully(globals, TermEnd::kReplaced);
    Tallies tallies = storage_.tallies();
    globals.current_term = ++tallies.term_count;
    storage_.set(tallies);
    storage_.set(globals);
    storage_.set(globals.current_term, TermSeat{caller, now()});
    emit(TermStarted{globals.current_term, caller});
}

void RunningCall::announce_takeover() {
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    RollupParameters parameters = storage_.parameters();
    if (context_.sender != parameters.home_operator) refuse(RollupError::kNotHomeOperator);
    uint64_t punished_at = storage_.tallies().home_punished_at;
    if (punished_at != 0 && now() < u128{punished_at} + kHomeBan) refuse(RollupError::kHomeOperatorBarred);
    uint64_t before = storage_.notice().announced_at;
    if (before != 0 && now() < u128{before} + kNoticePause + 2 * parameters.inclusion_window)
        refuse(RollupError::kNoticeTooEarly);
    storage_.set(NoticeWord{now(), true});
}

Notice RunningCall::standing_notice() {
    NoticeWord word = storage_.notice();
    if (!word.stands) return {};
    uint64_t window = storage_.windows().inclusion_window;
    return {word.announced_at + (window + 3) / 4, word.announced_at + window};
}

void RunningCall::withdraw_notice() {
    NoticeWord word = storage_.notice();
    word.stands = false;
    storage_.set(word);
}

void RunningCall::note_if_home(const RollupParameters& parameters, const Address& sequencer, Tallies& tallies) {
    if (sequencer != parameters.home_operator) return;
    tallies.home_punished_at = now();
    withdraw_notice();
}

void RunningCall::resign() {
    Globals globals = enter();
    if (globals.current_term == 0 || storage_.term_seat(globals.current_term).sequencer != context_.sender) {
        refuse(RollupError::kNotSequencer);
    }
    WaitingOperation waiting = waiting_operation(globals);
    bool waits_long = waiting.time != 0 && now() >= u128{waiting.time} + storage_.windows().inclusion_window / 2;
    if (waits_long) refuse(RollupError::kOperationWaiting);
    end_term(globals, TermEnd::kResigned);
    storage_.set(globals);
}

void RunningCall::evict() {
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    if (globals.current_term == 0) refuse(RollupError::kSeatFree);
    if (!is_overdue(globals)) refuse(RollupError::kNotOverdue);

    end_dutifully(globals, TermEnd::kEvicted);
    storage_.set(globals);
}

bool RunningCall::is_overdue(const Globals& globals) {
    WaitingOperation waiting = waiting_operation(globals);
    uint64_t started_at = storage_.term_seat(globals.current_term).started_at;
    const uint64_t waits_since = std::max({waiting.time, globals.last_strike_at, started_at});
    const u128 could_post_since = std::max(u128{waits_since}, room_at(globals, waits_since));
    return waiting.time != 0 && now() >= could_post_since + storage_.windows().inclusion_window;
}

void RunningCall::end_dutifully(Globals& globals, TermEnd reason) {
    if (is_overdue(globals)) {
        TermSeat seat = storage_.term_seat(globals.current_term);
        seat.evicted = true;
        storage_.set(globals.current_term, seat);
        RollupParameters parameters = storage_.parameters();
        Tallies tallies = storage_.tallies();
        tallies.burned += parameters.stake / 4;
        note_if_home(parameters, seat.sequencer, tallies);
        storage_.set(tallies);
    }
    end_term(globals, reason);
}

uint64_t RunningCall::last_batch_of(const Globals& globals, uint64_t term) {
    // Of the sitting term: nobody's batches stand above its own.
    return storage_.record_info(globals.head).term == term ? globals.head : 0;
}

void RunningCall::end_term(Globals& globals, TermEnd reason) {
    uint64_t term = globals.current_term;
    TermCourse course = storage_.term_course(term);
    course.ended_at = now();
    course.last_batch = last_batch_of(globals, term);
    storage_.set(term, course);
    globals.current_term = 0;
    emit(TermEnded{term, reason});
}

void RunningCall::take_stake() {
    uint64_t term = arguments(1).integer64();
    Globals globals = enter();
    TermSeat seat = storage_.term_seat(term);
    if (seat.started_at == 0) refuse(RollupError::kUnknownTerm);
    TermCourse course = storage_.term_course(term);
    if (course.ended_at == 0) refuse(RollupError::kTermNotOver);
    if (seat.slashed) refuse(RollupError::kTermSlashed);
    if (seat.stake_taken) refuse(RollupError::kAlreadyTaken);
    if (course.last_batch != 0) {
        const auto last = record(globals, course.last_batch);
        // A record of another term at that number: the term's own was struck.
        if (last && last->term == term && !is_final(last->posted_at)) refuse(RollupError::kLastBatchPending);
    }
    u128 amount = held_stake(seat, storage_.parameters().stake);
    seat.stake_taken = true;
    storage_.set(term, seat);
    emit(StakeReturned{term, seat.sequencer, amount});
    pay_eth(seat.sequencer, amount);
}

}  // namespace gavel::l1

// The seat, its terms and stakes, and what the one who sits does: appending batches.
#include <algorithm>

#include "l1-bridge/rollup_call.hpp"
#include "l1-bridge/rollup_gas.hpp"

namespace gavel::l1 {

void RollupCall::construct(const RollupParameters& parameters, const StateFields& initial) {
    BatchHeader genesis = genesis_header();
    genesis.last = initial;
    storage_.set_parameters(parameters);
    // Posted at 0: final from the start.
    storage_.set_record(0, genesis.hash(), {0, 0, initial.l1_ops_consumed, initial.withdrawal_count});
}

void RollupCall::become_sequencer() {
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

void RollupCall::announce_takeover() {
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

Notice RollupCall::standing_notice() {
    NoticeWord word = storage_.notice();
    if (!word.stands) return {};
    uint64_t window = storage_.windows().inclusion_window;
    return {word.announced_at + (window + 3) / 4, word.announced_at + window};
}

void RollupCall::withdraw_notice() {
    NoticeWord word = storage_.notice();
    word.stands = false;
    storage_.set(word);
}

void RollupCall::note_if_home(const RollupParameters& parameters, const Address& sequencer, Tallies& tallies) {
    if (sequencer != parameters.home_operator) return;
    tallies.home_punished_at = now();
    withdraw_notice();
}

void RollupCall::resign() {
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

void RollupCall::evict() {
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    if (globals.current_term == 0) refuse(RollupError::kSeatFree);
    if (!is_overdue(globals)) refuse(RollupError::kNotOverdue);

    end_dutifully(globals, TermEnd::kEvicted);
    storage_.set(globals);
}

bool RollupCall::is_overdue(const Globals& globals) {
    WaitingOperation waiting = waiting_operation(globals);
    uint64_t started_at = storage_.term_seat(globals.current_term).started_at;
    uint64_t waits_since = std::max({waiting.time, globals.last_strike_at, started_at});
    return waiting.time != 0 && now() >= u128{waits_since} + storage_.windows().inclusion_window;
}

void RollupCall::end_dutifully(Globals& globals, TermEnd reason) {
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

uint64_t RollupCall::last_batch_of(const Globals& globals, uint64_t term) {
    // Of the sitting term: nobody's batches stand above its own.
    return storage_.record_info(globals.head).term == term ? globals.head : 0;
}

void RollupCall::end_term(Globals& globals, TermEnd reason) {
    uint64_t term = globals.current_term;
    TermCourse course = storage_.term_course(term);
    course.ended_at = now();
    course.last_batch = last_batch_of(globals, term);
    storage_.set(term, course);
    globals.current_term = 0;
    emit(TermEnded{term, reason});
}

void RollupCall::take_stake() {
    uint64_t term = arguments(1).integer64();
    Globals globals = enter();
    TermSeat seat = storage_.term_seat(term);
    if (seat.started_at == 0) refuse(RollupError::kUnknownTerm);
    TermCourse course = storage_.term_course(term);
    if (course.ended_at == 0) refuse(RollupError::kTermNotOver);
    if (seat.slashed) refuse(RollupError::kTermSlashed);
    if (seat.stake_taken) refuse(RollupError::kAlreadyTaken);
    if (course.last_batch != 0 && course.last_batch <= globals.head) {
        RecordInfo last = storage_.record_info(course.last_batch);
        // A record of another term at that number: the term's own was struck.
        if (last.term == term && !is_final(last.posted_at)) refuse(RollupError::kLastBatchPending);
    }
    u128 amount = held_stake(seat, storage_.parameters().stake);
    seat.stake_taken = true;
    storage_.set(term, seat);
    emit(StakeReturned{term, seat.sequencer, amount});
    pay_eth(seat.sequencer, amount);
}

void RollupCall::append() {
    CalldataReader reader = arguments(1);
    ByteView data = reader.bytes();
    Globals globals = enter();
    // The only calldata of these bytes: then whoever reads it back knows what was appended.
    Bytes exact = rollup_call::append(data);
    if (!std::ranges::equal(ByteView{exact}.subspan(4), arguments_)) refuse(RollupError::kCalldataNotExact);
    if (globals.frozen) refuse(RollupError::kFrozen);
    const Address& caller = context_.sender;
    if (globals.current_term == 0 || storage_.term_seat(globals.current_term).sequencer != caller) {
        refuse(RollupError::kNotSequencer);
    }
    if (caller != context_.origin || host_.has_code(caller)) refuse(RollupError::kNotPlainAccount);
    BatchError error = BatchError::kNone;
    std::optional<Batch> batch = decode_batch(data, &error);
    if (!batch) refuse(name_of(error));
    host_.use_gas(rollup_gas::of_append(*batch));
    check_on_head(globals, *batch);

    globals.head = batch->number;
    Hash hash = batch->header().hash();
    storage_.set(globals);
    const StateFields& last = batch->last;
    storage_.set_record(batch->number, hash, {now(), globals.current_term, last.l1_ops_consumed, last.withdrawal_count});
    emit(BatchAppended{batch->number, hash, globals.current_term});
}

void RollupCall::check_on_head(const Globals& globals, const Batch& batch) {
    if (batch.number != globals.head + 1) refuse(RollupError::kBatchNumber);
    if (!stands(globals, batch.parent) || batch.parent.number != globals.head) refuse(RollupError::kNotOnHead);
    uint64_t consumed = batch.last.l1_ops_consumed;
    if (consumed < batch.parent.last.l1_ops_consumed) refuse(RollupError::kL1OpsDecrease);
    Hash queue_hash = storage_.queue_hash(consumed);
    if (consumed != 0 && queue_hash.is_zero()) refuse(RollupError::kL1OpsBeyondQueue);
    if (batch.l1_queue_hash != queue_hash) refuse(RollupError::kQueueHash);
}

}  // namespace gavel::l1

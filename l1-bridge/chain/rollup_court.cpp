// The court: commits, proofs, strikes, slashes, rewards.
#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/chain/rollup_running_call.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {
namespace {

// The stored h[i], for the proof's kernel.
class StoredQueue : public QueueHashes {
public:
    explicit StoredQueue(RollupStorage& storage) : storage_(storage) {}
    std::optional<Hash> queue_hash(uint64_t index) const override {
        Hash hash = storage_.queue_hash(index);
        if (index != 0 && hash.is_zero()) return std::nullopt;
        return hash;
    }

private:
    RollupStorage& storage_;
};

}  // namespace

void RunningCall::commit_proof() {
    Hash commitment = arguments(1).word();
    enter();
    storage_.set_committed_at(context_.sender, commitment, now());
}

bool RunningCall::commit_counts(const Address& prover, const Hash& proof_hash, uint64_t term, uint64_t posted_at,
                                uint64_t proof_at) {
    Bytes named = to_bytes(prover);
    gavel::append(named, proof_hash);
    gavel::append(named, ByteWriter().u64(term).bytes());
    uint64_t committed_at = storage_.committed_at(prover, host_.keccak(named));
    return posted_at < committed_at && committed_at < proof_at;
}

void RunningCall::prove() {
    CalldataReader reader = arguments(1);
    ByteView proof = reader.bytes();
    Globals globals = enter();
    std::optional<BatchHeader> header = header_of_proof(proof);
    if (!header) refuse(name_of(ProofError::kTruncated));
    const auto record = standing(globals, *header);
    if (!record) refuse(name_of(ProofError::kUnknownBatch));
    if (is_final(record->posted_at)) refuse(RollupError::kBatchFinal);
    ProofVerdict verdict = check_fraud_proof(proof, domain_separator(), StoredQueue(storage_));
    host_.use_gas(rollup_gas::of_proof(rollup_gas::work_of(proof, verdict)));
    if (verdict.error != ProofError::kNone) refuse(name_of(verdict.error));

    // The last proof's, and no earlier one's: else a liar would keep the reward by striking his later lie first.
    Hash proof_hash = host_.keccak(proof);
    bool counts = commit_counts(context_.sender, proof_hash, record->term, record->posted_at, now());
    storage_.set(record->term, TermProof{counts ? context_.sender : Address{}, now(), proof_hash});
    TermCourse course = storage_.term_course(record->term);
    course.last_posted_at = record->posted_at;
    storage_.set(record->term, course);
    globals.head = header->number - 1;
    globals.last_strike_at = now();
    emit(BatchStruck{header->number, host_.keccak(header->encode()), record->term, context_.sender});
    TermSeat seat = storage_.term_seat(record->term);
    if (!seat.slashed) slash(globals, record->term, seat);
    storage_.set(globals);
}

void RunningCall::slash(Globals& globals, uint64_t term, TermSeat seat) {
    RollupParameters parameters = storage_.parameters();
    Tallies tallies = storage_.tallies();
    tallies.burned += held_stake(seat, parameters.stake) - parameters.stake / 4;
    note_if_home(parameters, seat.sequencer, tallies);
    storage_.set(tallies);
    seat.slashed = true;
    storage_.set(term, seat);
    if (term == globals.current_term) end_term(globals, TermEnd::kSlashed);
    TermCourse course = storage_.term_course(term);
    course.first_proof_at = now();
    storage_.set(term, course);
}

void RunningCall::take_reward() {
    CalldataReader reader = arguments(2);
    uint64_t term = reader.integer64();
    Address prover = reader.address();
    enter();
    TermSeat seat = storage_.term_seat(term);
    if (seat.started_at == 0) refuse(RollupError::kUnknownTerm);
    if (!seat.slashed) refuse(RollupError::kTermNotSlashed);
    if (seat.reward_taken) refuse(RollupError::kAlreadyTaken);
    // From then on every batch that the term ever posted is final or gone: no proof can follow.
    TermCourse course = storage_.term_course(term);
    if (!is_final(course.first_proof_at)) refuse(RollupError::kRewardTooEarly);
    if (prover.is_zero()) refuse(RollupError::kNotProver);
    TermProof last = storage_.last_proof(term);
    // Sent by somebody whose commit didn't count: a copy, perhaps. Whoever had committed to that very proof is the prover.
    bool is_prover =
        last.prover.is_zero() ? commit_counts(prover, last.hash, term, course.last_posted_at, last.at) : prover == last.prover;
    if (!is_prover) refuse(RollupError::kNotProver);
    u128 amount = storage_.parameters().stake / 4;
    seat.reward_taken = true;
    storage_.set(term, seat);
    emit(RewardTaken{term, prover, amount});
    pay_eth(prover, amount);
}

}  // namespace gavel::l1

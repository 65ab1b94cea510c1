// The court: commits, proofs, strikes, slashes, rewards.
#include "l1-bridge/rollup_call.hpp"
#include "l1-bridge/rollup_gas.hpp"
#include "protocol/encoding.hpp"
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

uint64_t gas_of(ByteView proof, const ProofVerdict& verdict) {
    ByteReader in(proof);
    in.take(BatchHeader::kSize + 2);
    uint64_t ops_bytes = in.u16();
    in.take(ops_bytes);
    uint64_t operations = in.u16() / Signature::kSize;
    return rollup_gas::of_proof(proof.size(), ops_bytes, operations, verdict.accesses);
}

}  // namespace

void RollupCall::commit_proof() {
    Hash commitment = arguments(1).word();
    enter();
    storage_.set(context_.sender, ProofCommit{commitment, now()});
    emit(ProofCommitted{context_.sender, commitment});
}

bool RollupCall::has_committed(ByteView proof, uint64_t posted_at) {
    ProofCommit commit = storage_.commit_of(context_.sender);
    return posted_at < commit.time && commit.time < now() && commit.commitment == proof_commitment(context_.sender, proof);
}

void RollupCall::prove() {
    CalldataReader reader = arguments(1);
    ByteView proof = reader.bytes();
    Globals globals = enter();
    std::optional<BatchHeader> header = header_of_proof(proof);
    if (!header) refuse(name_of(ProofError::kTruncated));
    if (!stands(globals, *header)) refuse(name_of(ProofError::kUnknownBatch));
    RecordInfo record = storage_.record_info(header->number);
    if (is_final(record.posted_at)) refuse(RollupError::kBatchFinal);
    ProofVerdict verdict = check_fraud_proof(proof, Domain{host_.chain_id(), context_.self}.separator(), StoredQueue(storage_));
    host_.use_gas(gas_of(proof, verdict));
    if (verdict.error != ProofError::kNone) refuse(name_of(verdict.error));

    // A later proof without a commit takes the reward from an earlier one: else a liar would keep it by striking his later lie
    // first.
    storage_.set_last_prover(record.term, has_committed(proof, record.posted_at) ? context_.sender : Address{});
    globals.head = header->number - 1;
    globals.last_strike_at = now();
    emit(BatchStruck{header->number, host_.keccak(header->encode()), record.term, context_.sender});
    TermSeat seat = storage_.term_seat(record.term);
    if (!seat.slashed) slash(globals, record.term, seat);
    storage_.set(globals);
}

void RollupCall::slash(Globals& globals, uint64_t term, TermSeat seat) {
    RollupParameters parameters = storage_.parameters();
    Tallies tallies = storage_.tallies();
    tallies.burned += held_stake(seat, parameters.stake) - parameters.stake / 4;
    if (seat.sequencer == parameters.home_operator) tallies.home_punished_at = now();
    storage_.set(tallies);
    seat.slashed = true;
    storage_.set(term, seat);
    if (term == globals.current_term) end_term(globals, TermEnd::kSlashed);
    TermCourse course = storage_.term_course(term);
    course.first_proof_at = now();
    storage_.set(term, course);
}

void RollupCall::take_reward() {
    uint64_t term = arguments(1).integer64();
    enter_locked();
    TermSeat seat = storage_.term_seat(term);
    if (seat.started_at == 0) refuse(RollupError::kUnknownTerm);
    if (!seat.slashed) refuse(RollupError::kTermNotSlashed);
    if (seat.reward_taken) refuse(RollupError::kAlreadyTaken);
    // From then on every batch that the term ever posted is final or gone: no proof can follow.
    if (!is_final(storage_.term_course(term).first_proof_at)) refuse(RollupError::kRewardTooEarly);
    Address prover = storage_.last_prover(term);
    u128 amount = storage_.parameters().stake / 4;
    seat.reward_taken = true;
    storage_.set(term, seat);
    emit(RewardTaken{term, prover, amount});
    if (prover.is_zero()) {
        Tallies tallies = storage_.tallies();
        tallies.burned += amount;
        storage_.set(tallies);
    } else {
        pay_eth(prover, amount);
    }
    leave();
}

}  // namespace gavel::l1

// Where the rollup contract keeps what it knows (docs/contract.md, "Storage"): each struct is the words that a Solidity struct
// of the same fields in the same order takes, so that both contracts' state reads the same. Internal to the contract.
#pragma once

#include "l1-bridge/chain/chain_host.hpp"
#include "l1-bridge/wire/records.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::l1 {

// Slot 0: what every call reads.
struct Globals {
    uint64_t head = 0;
    uint64_t current_term = 0;  // 0: the seat is free
    uint64_t last_strike_at = 0;
    bool frozen = false;
};

// Slot 1.
struct Tallies {
    uint64_t term_count = 0;
    uint64_t home_punished_at = 0;  // latest slash or eviction of the home operator; 0: never
    u128 burned = 0;
};

// What a record says beside the batch's hash.
struct RecordInfo {
    uint64_t posted_at = 0;
    uint64_t term = 0;
    uint64_t l1_ops_consumed = 0;
    uint32_t withdrawal_count = 0;
    uint32_t lap = 0;  // of its batch: lap_of
};

// First word of a term.
struct TermSeat {
    Address sequencer;
    uint64_t started_at = 0;
    bool slashed = false;
    bool evicted = false;
    bool stake_taken = false;
    bool reward_taken = false;
};

// Second word.
struct TermCourse {
    uint64_t ended_at = 0;
    uint64_t last_batch = 0;
    uint64_t first_proof_at = 0;
    uint64_t last_posted_at = 0;  // of the batch that the last proof struck
};

// Third and fourth: the last proof against a batch of the term.
struct TermProof {
    Address prover;  // zero: no commit of who sent it counted
    uint64_t at = 0;
    Hash hash;  // keccak256 of the proof
};

// Slot 11.
struct NoticeWord {
    uint64_t announced_at = 0;  // the home operator's latest notice, whatever became of it; 0: none ever
    bool stands = false;        // it may still be used, if its time is now
    uint64_t frozen_at = 0;     // when the contract was frozen; 0: never
};

class RollupStorage {
public:
    explicit RollupStorage(Host& host) : host_(host) {}

    // Kept apart from the layout: in Solidity these are immutable.
    RollupParameters parameters();
    void set_parameters(const RollupParameters& parameters);
    // Challenge window and inclusion window alone: one word.
    RollupParameters windows();

    Globals globals();
    void set(const Globals& globals);
    Tallies tallies();
    void set(const Tallies& tallies);

    // What is in a batch's place, whosever record it is.
    Hash batch_hash(uint64_t number);
    RecordInfo record_info(uint64_t number);
    void set_record(uint64_t number, const Hash& hash, const RecordInfo& info);

    TermSeat term_seat(uint64_t term);
    void set(uint64_t term, const TermSeat& seat);
    TermCourse term_course(uint64_t term);
    void set(uint64_t term, const TermCourse& course);
    TermProof last_proof(uint64_t term);
    void set(uint64_t term, const TermProof& proof);

    uint64_t queue_length();
    // h[index]: zero for 0 and past the queue's end.
    Hash queue_hash(uint64_t index);
    // Of L1 operation `index`, from 0; index < queue_length().
    uint64_t queue_time(uint64_t index);
    // Appends one operation at queue_length(): its time and h[length + 1].
    void push_operation(uint64_t index, const Hash& hash_after, uint64_t time);

    // Of a token: deposited and not paid out.
    u128 held(const Address& token);
    void set_held(const Address& token, u128 amount);
    NoticeWord notice();
    void set(const NoticeWord& notice);
    uint64_t committed_at(const Address& prover, const Hash& commitment);
    void set_committed_at(const Address& prover, const Hash& commitment, uint64_t time);
    // What is spent once: a withdrawal's position, an account's index, an L1 operation's number.
    bool is_paid(uint32_t position);
    void set_paid(uint32_t position);
    bool is_exited(uint32_t index);
    void set_exited(uint32_t index);
    bool is_refunded(uint64_t index);
    void set_refunded(uint64_t index);
    // What the payee of a channel took of its account.
    u128 channel_taken(uint32_t index);
    void set_channel_taken(uint32_t index, u128 amount);

private:
    bool bit(const Hash& bitmap, uint64_t index);
    void set_bit(const Hash& bitmap, uint64_t index);
    Hash commit_slot(const Address& prover, const Hash& commitment);
    Hash record_slot(uint64_t number);
    Hash term_slot(uint64_t term);

    Host& host_;
};

}  // namespace gavel::l1

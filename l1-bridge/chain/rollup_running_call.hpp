// One running call of the rollup contract. Internal: split over rollup_seat.cpp, rollup_batches.cpp, rollup_court.cpp,
// rollup_bank.cpp, rollup_channels.cpp and rollup_freeze.cpp by what a function is about. Functions check in the order that
// docs/contract.md lists, and leave by throwing Revert.
#pragma once

#include "l1-bridge/chain/chain_host.hpp"
#include "l1-bridge/chain/rollup_storage.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::l1 {

// Calldata's arguments, taken as Solidity's decoder takes them: a dynamic argument may stand anywhere, padding and bytes left
// over aren't looked at. What doesn't fit reverts without data. Views point into the calldata.
class CalldataReader {
public:
    // `head_words` is the number of arguments.
    CalldataReader(ByteView arguments, size_t head_words);
    Hash word();
    u128 integer(unsigned bits);
    uint64_t integer64() { return static_cast<uint64_t>(integer(64)); }
    uint32_t integer32() { return static_cast<uint32_t>(integer(32)); }
    Address address();
    ByteView bytes();
    std::vector<Hash> words();

private:
    // The `count x unit` bytes behind the length word that the next argument points to.
    ByteView dynamic(size_t unit);
    ByteView data_;
    size_t head_ = 0;
};

[[noreturn]] void refuse(RollupError error);
[[noreturn]] void refuse(const char* error_name);

class RunningCall {
public:
    RunningCall(Host& host, const CallContext& context, ByteView arguments)
        : host_(host), context_(context), arguments_(arguments), storage_(host) {}

    void construct(const RollupParameters& parameters, const StateFields& initial);

    // The seat.
    void become_sequencer();
    void announce_takeover();
    void resign();
    void evict();
    void take_stake();
    // Batches.
    void append();
    void append_blobs();
    // The court.
    void commit_proof();
    void prove();
    void take_reward();
    // The bank.
    void deposit_eth();
    void deposit_token();
    void force_transfer() { force(L1OperationKind::kForcedTransfer); }
    void force_withdrawal() { force(L1OperationKind::kForcedWithdrawal); }
    void claim();
    // Channels.
    void force_redeem();
    void reclaim();
    // A freeze, and what follows it.
    void freeze();
    void exit();
    void refund();
    void exit_channel();
    void exit_channel_rest();

    // Ends what enter() began.
    void leave();

    // Views, which return what the ABI says.
    Bytes view_parameters();
    Bytes view_prover();
    Bytes view_head();
    Bytes view_batch();
    Bytes view_is_final();
    Bytes view_queue_length();
    Bytes view_queue_hash();
    Bytes view_waiting();
    Bytes view_notice();
    Bytes view_current_term();
    Bytes view_term_count();
    Bytes view_term();
    Bytes view_last_strike();
    Bytes view_is_paid();
    Bytes view_is_exited();
    Bytes view_is_refunded();
    Bytes view_held_total();
    Bytes view_burned();
    Bytes view_frozen();
    Bytes view_frozen_at();
    Bytes view_channel_taken();
    Bytes view_committed_at();

private:
    // What every call that isn't a view does once its arguments are read: nothing of this contract but views can be called
    // until leave().
    Globals enter();
    void emit(const RollupEvent& event);
    CalldataReader arguments(size_t count) const { return CalldataReader(arguments_, count); }
    uint64_t now() const { return host_.block_time(); }

    // The one predicate, of when a batch was posted; and of a batch, which may have been overwritten.
    bool is_final(uint64_t posted_at);
    bool is_final_batch(const Globals& globals, uint64_t number);
    // What is kept of a batch; nullopt above the head, and of one that has been overwritten.
    std::optional<RecordInfo> record(const Globals& globals, uint64_t number);
    // When there was, or will be, a place for the next batch's record. 0 if there always was, and if the batch in the
    // way was posted since `since`: the sitting term has used up all places since then.
    u128 room_at(const Globals& globals, uint64_t since);
    // The record of the batch of that header; nullopt if it doesn't stand.
    std::optional<RecordInfo> standing(const Globals& globals, const BatchHeader& header);
    WaitingOperation waiting_operation(const Globals& globals);
    Notice standing_notice();
    void withdraw_notice();
    uint64_t last_batch_of(const Globals& globals, uint64_t term);
    u128 held_stake(const TermSeat& seat, u128 stake) const;
    // The sitting term is over; the caller stores `globals`.
    void end_term(Globals& globals, TermEnd reason);
    // Whether the sitting term has let an L1 operation wait for a whole inclusion window.
    bool is_overdue(const Globals& globals);
    // end_term(); a quarter of the stake burns if it is overdue. Nobody is spared that by a freeze or a take-over that comes
    // before the eviction.
    void end_dutifully(Globals& globals, TermEnd reason);
    // A slash or an eviction of the home operator: remembered, and its notice is void.
    void note_if_home(const RollupParameters& parameters, const Address& sequencer, Tallies& tallies);
    Globals begin_append(ByteView data);
    void append_to_head(Globals& globals, const BatchFrame& batch, const BatchHeader& header);
    void check_on_head(const Globals& globals, const BatchFrame& batch);
    void slash(Globals& globals, uint64_t term, TermSeat seat);
    // Whether `prover` committed to the proof of that hash against the term's batch, after posted_at and before proof_at.
    bool commit_counts(const Address& prover, const Hash& proof_hash, uint64_t term, uint64_t posted_at, uint64_t proof_at);
    void pay_eth(const Address& to, u128 amount);

    // Appends it to the queue as of now().
    void enqueue(L1Operation operation);
    void credit(const Address& token, const Address& to, u128 amount);
    void force(L1OperationKind kind);
    Hash balance_of_this(const Address& token);
    void call_token(const Address& token, ByteView calldata, uint64_t most_gas = Host::kAllGas);
    void check_claim(const Globals& globals, const BatchHeader& header, const WithdrawalProof& proof);
    struct ShownLeaf {
        ByteView header;
        uint32_t index = 0;
        ByteView leaf;
        std::vector<Hash> path;
    };
    static ShownLeaf read_leaf(CalldataReader& reader);
    // That leaf of the last state, which is final, and whose money is there: exit's checks 2 to 9.
    Account proven_account(const Globals& globals, const ShownLeaf& shown);
    // Pays `amount`, which leaves the account with nothing, to whom it is due, or to whom they name.
    void exit_with(uint32_t index, const Account& account, u128 amount, const Address& due, const Address& asked,
                   const Hash& pay_gas);
    // The terms, which must be right.
    ChannelTerms right_terms(ByteView terms);
    // The terms of a leaf, which must be a channel's, and theirs.
    ChannelTerms terms_of(const Account& account, ByteView terms);
    void check_voucher(const ChannelTerms& terms, const Voucher& voucher, ByteView signature);
    Hash domain_separator() const { return Domain{host_.chain_id(), context_.self}.separator(); }
    L1Operation check_refund(const Globals& globals, uint64_t index, ByteView entry);
    // Who is paid what is the owner's: the owner, unless it asks for another itself.
    Address receiver_for(const Address& owner, const Address& asked) const;
    void take_from_vault(const Address& token, u128 amount);
    // `pay_gas`: the gas that goes with it, neither more nor less; zero: all.
    void pay_out(const Address& token, const Address& receiver, u128 amount, const Hash& pay_gas);

    Host& host_;
    const CallContext& context_;
    ByteView arguments_;
    RollupStorage storage_;
};

}  // namespace gavel::l1

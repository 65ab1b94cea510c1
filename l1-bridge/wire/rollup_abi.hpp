// The rollup contract's ABI (docs/contract.md): calls, views, events and errors, for the contract itself, for its clients and
// for the JSON that programs in other languages read (l1-bridge/abi/Rollup.json).
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "l1-bridge/wire/rollup_times.hpp"
#include "protocol/account_proof.hpp"
#include "protocol/batch.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/operation.hpp"

namespace gavel::l1 {

// Fixed at deployment. Times in seconds, stake in wei.
struct RollupParameters {
    uint64_t challenge_window = 7 * 86400;
    uint64_t inclusion_window = 86400;
    uint64_t freeze_age = 15 * 86400;
    u128 stake = 32 * kEther;
    Address home_operator;  // zero: none

    // Whether the constructor takes them: a stake, windows and a freeze age within the bounds below.
    bool are_valid() const;
    // The lowest freeze age that goes with the windows.
    uint64_t least_freeze_age() const;

    // The contract's clock, as its clients reckon it (docs/contract.md). Times in seconds; one past 2^64-1 is told as that.

    // When a batch posted then is final: nothing is proven against it any more. (Genesis is final from the start.)
    uint64_t final_at(uint64_t posted_at) const { return later(posted_at, challenge_window); }
    // Whether it is so in a block of that time.
    bool is_final(uint64_t posted_at, uint64_t now) const { return now >= posted_at && now - posted_at >= challenge_window; }
    // Since when the L1 operation that waits counts against the sequencer: it was queued at `queued_at`, the last strike was at
    // `struck_at` (0: never), and the term began at `started_at`.
    static uint64_t waits_since(uint64_t queued_at, uint64_t struck_at, uint64_t started_at) {
        return std::max({queued_at, struck_at, started_at});
    }
    // When it is overdue, so that the sequencer can be evicted; and when half of that time is over.
    uint64_t overdue_at(uint64_t waits_since) const { return later(waits_since, inclusion_window); }
    uint64_t half_overdue_at(uint64_t waits_since) const { return later(waits_since, inclusion_window / 2); }
    // When one queued then has waited so long that anybody may freeze.
    uint64_t freeze_at(uint64_t queued_at) const { return later(queued_at, freeze_age); }
    // When the reward for a slashed term can be taken.
    uint64_t reward_at(uint64_t first_proof_at) const { return later(first_proof_at, challenge_window); }

    // The constructor's arguments.
    Bytes encode() const;
    friend bool operator==(const RollupParameters&, const RollupParameters&) = default;

private:
    static uint64_t later(uint64_t time, uint64_t span) { return time + std::min(span, ~uint64_t{0} - time); }
};

// Gas kept back from a payment of limited gas (claim, exit, refund, exitChannel, exitChannelRest).
inline constexpr uint64_t kPayReserve = 20'000;
// What Gavel's programs let go with the payment of somebody else's money (docs/contract.md, "What a payment needs").
inline constexpr uint64_t kPayGasOfEth = 50'000;
inline constexpr uint64_t kPayGasOfToken = 250'000;

// Why a term ended; the numbers of the event.
enum class TermEnd : uint8_t { kResigned = 0, kReplaced = 1, kSlashed = 2, kEvicted = 3, kFrozen = 4 };
inline constexpr TermEnd kLastTermEnd = TermEnd::kFrozen;
const char* name_of(TermEnd reason);

// The contract's own custom errors; those of batches and proofs are BatchError's and ProofError's names.
enum class RollupError : uint8_t {
    kNone,
    kParametersInvalid,   // constructor
    kReentrantCall,       // called from within a call of its own
    kFrozen,              // after a freeze
    kSeatTaken,           // somebody sits whom the caller can't replace
    kNotHomeOperator,     // only the home operator announces
    kHomeOperatorBarred,  // within kHomeBan of its own slash or eviction
    kNoticeTooEarly,      // its last notice isn't long enough ago
    kNoticeRequired,      // taking a seat from somebody: no notice stands whose time is now
    kWrongStake,          // the value isn't the stake
    kNotSequencer,        // the caller doesn't sit
    kOperationWaiting,    // an L1 operation has waited half an inclusion window: no resigning
    kSeatFree,            // evict: nobody sits
    kNotOverdue,          // evict: no L1 operation has waited long enough
    kUnknownTerm,
    kTermNotOver,
    kTermSlashed,
    kTermNotSlashed,
    kLastBatchPending,
    kAlreadyTaken,
    kRewardTooEarly,
    kNotProver,           // takeReward: no proof of that prover's counts
    kPaymentFailed,       // the receiver of ETH refused it
    kCalldataNotExact,    // append: anything but the canonical calldata
    kNotPlainAccount,     // append: by or through a contract or a delegated account
    kBatchNumber,         // isn't the head's and one
    kRecordsFull,         // no place for its record until an older batch is final
    kNotOnHead,           // the parent shown isn't the head
    kL1OpsDecrease,       // consumes less than the parent
    kL1OpsBeyondQueue,    // consumes more than is there
    kQueueHash,           // the queue isn't the one that the batch was made for
    kBatchFinal,          // too late for a proof
    kBatchNotFinal,       // too early for a claim
    kHeaderLength,        // isn't 195 bytes
    kWithdrawalPosition,  // not below the header's withdrawalCount
    kAlreadyPaid,
    kWithdrawalPath,      // doesn't lead to the header's withdrawalsRoot
    kReceiverNotAllowed,  // only the recipient itself may name another receiver
    kVaultShort,          // the vault holds less of the token
    kPayGasShort,         // less gas is left than the payment is to get
    kFreezeTooEarly,      // nothing allows a freeze yet
    kNotFrozen,           // exit and refund before a freeze
    kLeafLength,          // isn't 104 bytes
    kExitIndex,           // the sentinel's, or not below the header's accountCount
    kAlreadyExited,
    kExitPath,     // doesn't lead to the header's accountsRoot
    kEntryLength,  // isn't 93 bytes
    kEntryIndex,   // consumed, or past the queue's end
    kAlreadyRefunded,
    kEntryHash,  // isn't the L1 operation that was queued there
    kNotADeposit,
    kTermsInvalid,    // no right terms of a channel, or not of this one
    kCountInvalid,    // a voucher for nothing, or for more than 2^63-2 units
    kVoucherInvalid,  // isn't the payer's signature
    kNotExpired,      // reclaim before the terms' expiry
    kChannelLeaf,     // exit of a leaf that is a channel's
    kNotAChannel,     // exitChannel and exitChannelRest of one that isn't
    kNotPayee,        // only the payee takes his part
    kRestTooEarly,    // the payee may still come
    kZeroAddress,
    kZeroAmount,
    kDepositCapExceeded,  // the vault would hold more than 2^128-1 of the token
    kTokenWithoutCode,
    kTokenCallFailed,  // the token reverted, said no, or answered nonsense
    kNothingReceived,  // the balance didn't grow
};
inline constexpr RollupError kLastRollupError = RollupError::kNothingReceived;
// "SeatTaken" and so on; "None" for kNone.
const char* name_of(RollupError error);

// ---- Calls: calldata ----

namespace rollup_call {

Bytes become_sequencer();
Bytes announce_takeover();
Bytes resign();
Bytes evict();
Bytes take_stake(uint64_t term);
Bytes append(ByteView batch);
Bytes append_blobs(ByteView batch);
Bytes commit_proof(const Hash& commitment);
Bytes prove(ByteView proof);
Bytes take_reward(uint64_t term, const Address& prover);
Bytes deposit_eth(const Address& to);
Bytes deposit_token(const Address& token, const Address& to, Amount amount);
Bytes force_transfer(const Address& token, const Address& to, Amount amount);
Bytes force_withdrawal(const Address& token, const Address& to, Amount amount);
// Vouchers are 64 bytes: the payer's signature over Voucher::digest.
Bytes force_redeem(const ChannelTerms& terms, const Address& token, uint64_t count, const Signature& voucher);
Bytes reclaim(const ChannelTerms& terms, const Address& token);
// In the calls that pay, `pay_gas` is how much gas goes with the payment; 0: all.
// `receiver` zero: the recipient.
Bytes claim(const BatchHeader& header, const WithdrawalProof& proof, const Address& receiver = {}, uint64_t pay_gas = 0);
// `number`: a final batch whose withdrawals tree is full; any where an L1 operation has waited for the freeze age.
Bytes freeze(uint64_t number);
// `receiver` zero: the leaf's owner.
Bytes exit(const BatchHeader& header, const ExitProof& proof, const Address& receiver = {}, uint64_t pay_gas = 0);
// `receiver` zero: whom the deposit was made for.
Bytes refund(uint64_t index, const L1Operation& deposit, const Address& receiver = {}, uint64_t pay_gas = 0);
// What the payee of a channel takes of its leaf; `receiver` zero: the payee.
Bytes exit_channel(const BatchHeader& header, const ExitProof& proof, const ChannelTerms& terms, uint64_t count,
                   const Signature& voucher, const Address& receiver = {}, uint64_t pay_gas = 0);
// What is left of it, to the payer; `receiver` zero: the payer.
Bytes exit_channel_rest(const BatchHeader& header, const ExitProof& proof, const ChannelTerms& terms,
                        const Address& receiver = {}, uint64_t pay_gas = 0);

}  // namespace rollup_call

// What appends a batch: by calldata or by blobs, with which argument.
struct AppendCall {
    DataSource source = DataSource::kCalldata;
    ByteView batch;
};
// nullopt if it is no exact calldata of append or appendBlobs.
std::optional<AppendCall> read_append(ByteView calldata);
// keccak256(prover(20) || keccak256(proof) || term(8)): what commitProof takes. `term` has posted the batch that the proof is
// against.
Hash proof_commitment(const Address& prover, ByteView proof, uint64_t term);

// ---- Views: calldata and results ----

struct Head {
    uint64_t number = 0;
    Hash hash;
    friend bool operator==(const Head&, const Head&) = default;
};

// All zero for a number above the head.
struct RollupRecord {
    Hash hash;
    uint64_t posted_at = 0;  // 0 for genesis, which is final from the start
    uint64_t term = 0;       // 0 for genesis
    friend bool operator==(const RollupRecord&, const RollupRecord&) = default;
};

// All zero for a number that no term has. Terms count from 1.
struct TermRecord {
    Address sequencer;
    u128 stake = 0;  // wei that the contract holds for it
    uint64_t started_at = 0;
    uint64_t ended_at = 0;  // 0: sits
    bool slashed = false;
    uint64_t first_proof_at = 0;
    Address last_prover;      // zero: nobody whose commit counted
    uint64_t last_batch = 0;  // its last batch when it ended (or so far); 0: none stood. May be gone since
    bool stake_taken = false;
    bool reward_taken = false;
    bool evicted = false;
    friend bool operator==(const TermRecord&, const TermRecord&) = default;
};

// The first L1 operation that the head hasn't consumed.
struct WaitingOperation {
    uint64_t index = 0;
    uint64_t time = 0;  // when it was queued; 0: there is none
    friend bool operator==(const WaitingOperation&, const WaitingOperation&) = default;
};

// When the home operator may take the seat from whoever sits, in seconds: from <= time < until. Zeros: no notice stands.
struct Notice {
    uint64_t from = 0;
    uint64_t until = 0;
    friend bool operator==(const Notice&, const Notice&) = default;
};

// The calldata of a view, and the reading of its result (nullopt: not what the ABI says).
namespace rollup_view {

Bytes parameters();
std::optional<RollupParameters> read_parameters(ByteView result);
Bytes head();
std::optional<Head> read_head(ByteView result);
Bytes batch(uint64_t number);
std::optional<RollupRecord> read_batch(ByteView result);
Bytes term(uint64_t number);
std::optional<TermRecord> read_term(ByteView result);
Bytes waiting();
std::optional<WaitingOperation> read_waiting(ByteView result);
Bytes notice();
std::optional<Notice> read_notice(ByteView result);

Bytes is_final(uint64_t number);
Bytes is_paid(uint32_t position);
Bytes is_exited(uint32_t index);
Bytes is_refunded(uint64_t index);
Bytes frozen();
std::optional<bool> read_bool(ByteView result);

Bytes queue_length();
Bytes current_term();  // 0: the seat is free
Bytes term_count();
Bytes last_strike();                                                // time; 0: never
Bytes frozen_at();                                                  // the same
Bytes committed_at(const Address& prover, const Hash& commitment);  // time of the latest such commit; 0: none
std::optional<uint64_t> read_number(ByteView result);

Bytes queue_hash(uint64_t index);
std::optional<Hash> read_hash(ByteView result);
Bytes prover();  // the contract that checks proofs; zero: it does so itself
std::optional<Address> read_address(ByteView result);

Bytes held_total(const Address& token);  // deposited and not paid out
Bytes burned();                          // wei of stakes that nobody gets
Bytes channel_taken(uint32_t index);     // of that account, a channel's: what its payee took by exitChannel
std::optional<u128> read_amount(ByteView result);

}  // namespace rollup_view

// ---- Events ----

struct TermStarted {
    uint64_t term = 0;
    Address sequencer;
    friend bool operator==(const TermStarted&, const TermStarted&) = default;
};
struct TermEnded {
    uint64_t term = 0;
    TermEnd reason = TermEnd::kResigned;
    friend bool operator==(const TermEnded&, const TermEnded&) = default;
};
struct BatchAppended {
    uint64_t number = 0;
    Hash batch_hash;
    uint64_t term = 0;
    friend bool operator==(const BatchAppended&, const BatchAppended&) = default;
};
// This batch and all above it are gone.
struct BatchStruck {
    uint64_t number = 0;
    Hash batch_hash;
    uint64_t term = 0;
    Address prover;  // who sent the proof
    friend bool operator==(const BatchStruck&, const BatchStruck&) = default;
};
struct L1OperationQueued {
    uint64_t index = 0;  // from 0: the operation leads from h[index] to h[index + 1]
    L1Operation operation;
    friend bool operator==(const L1OperationQueued&, const L1OperationQueued&) = default;
};
struct WithdrawalClaimed {
    uint32_t position = 0;
    Withdrawal withdrawal;
    Address receiver;
    friend bool operator==(const WithdrawalClaimed&, const WithdrawalClaimed&) = default;
};
struct StakeReturned {
    uint64_t term = 0;
    Address to;
    u128 amount = 0;
    friend bool operator==(const StakeReturned&, const StakeReturned&) = default;
};
struct RewardTaken {
    uint64_t term = 0;
    Address prover;  // who was paid
    u128 amount = 0;
    friend bool operator==(const RewardTaken&, const RewardTaken&) = default;
};
struct RollupFrozen {
    friend bool operator==(const RollupFrozen&, const RollupFrozen&) = default;
};
struct AccountExited {
    uint32_t index = 0;
    Address owner;
    Address token;
    Amount amount;
    Address receiver;
    friend bool operator==(const AccountExited&, const AccountExited&) = default;
};
struct DepositRefunded {
    uint64_t index = 0;
    Address to;  // whom it was made for
    Address token;
    Amount amount;
    Address receiver;
    friend bool operator==(const DepositRefunded&, const DepositRefunded&) = default;
};

using RollupEvent = std::variant<TermStarted, TermEnded, BatchAppended, BatchStruck, L1OperationQueued, WithdrawalClaimed,
                                 StakeReturned, RewardTaken, RollupFrozen, AccountExited, DepositRefunded>;

struct LogContent {
    std::vector<Hash> topics;
    Bytes data;
    friend bool operator==(const LogContent&, const LogContent&) = default;
};
LogContent encode_event(const RollupEvent& event);
// nullopt for a log that is no event of this ABI, or not in its one encoding.
std::optional<RollupEvent> decode_event(const std::vector<Hash>& topics, ByteView data);
// "BatchAppended" and so on.
const char* name_of(const RollupEvent& event);

// ---- Errors, and the whole as a table ----

// The data of a revert by custom error `name`, which has no arguments.
Bytes error_data(std::string_view name);
// "SeatTaken()" and so on: the contract's own, batches' and proofs'.
std::vector<std::string> rollup_error_signatures();

struct AbiParameter {
    std::string type;
    std::string name;
    bool indexed = false;  // of events
};
struct AbiFunction {
    std::string name;
    std::vector<AbiParameter> inputs;
    std::vector<AbiParameter> outputs;
    std::string mutability;         // "nonpayable", "payable", "view"
    std::string signature() const;  // "append(bytes)"
};
struct AbiEvent {
    std::string name;
    std::vector<AbiParameter> inputs;
    std::string signature() const;
};
const std::vector<AbiParameter>& rollup_constructor();
const std::vector<AbiFunction>& rollup_functions();
// In the order of RollupEvent's alternatives.
const std::vector<AbiEvent>& rollup_events();
// The JSON that Ethereum's tools read, one line for each entry.
std::string rollup_abi_json();

}  // namespace gavel::l1

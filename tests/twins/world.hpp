// What a sequence of calls goes through: the parties, and what the generator has to know of the rollup to aim at something. It
// knows from the events of the simulated chain and asks that chain's views; it judges nothing.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "l1-bridge/wire/blob_sidecar.hpp"
#include "protocol/amount.hpp"
#include "protocol/channel.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/state.hpp"
#include "tests/contract/stand_ins.hpp"
#include "tests/generator/random.hpp"
#include "tests/generator/starting_state.hpp"
#include "tests/twins/chains.hpp"

namespace gavel::twins {

using test::Random;

// Those of test::person who send transactions; each may sit, prove and be paid.
inline constexpr size_t kParties = 8;
inline constexpr size_t kHome = 3;       // the home operator
inline constexpr size_t kDelegated = 6;  // may get a delegation
inline constexpr size_t kWhale = 7;      // has more than 2^127 wei
inline constexpr u128 kHalf = u128{1} << 127;

// The tokens, by TokenMode's numbers.
inline constexpr size_t kTokens = test::kTokenModes;
constexpr size_t mode(test::TokenMode mode) { return static_cast<size_t>(mode); }
inline constexpr size_t kPlain = mode(test::TokenMode::kPlain), kSilent = mode(test::TokenMode::kSilent),
                        kFee = mode(test::TokenMode::kFee), kReenters = mode(test::TokenMode::kReenters);
// Whose transfers never succeed.
inline constexpr size_t kFailing[] = {mode(test::TokenMode::kFalse), mode(test::TokenMode::kTwo),
                                      mode(test::TokenMode::kShortAnswer), mode(test::TokenMode::kReverts)};

struct Tx {
    size_t from = 0;  // party
    Address to;
    Bytes data;
    u128 value = 0;
    std::shared_ptr<const BlobSidecar> blobs = nullptr;  // of a transaction of type 3
};

// What is done next: transactions of one block.
struct Step {
    std::vector<Tx> transactions;
    uint64_t not_before = 0;       // the block's time
    bool delegates = false;        // instead: party kDelegated gets a delegation
    std::optional<Bytes> creates;  // and a rollup is made with these arguments
};

// A batch that stands, or did. states[i] is the state before chunk i as claimed, states.back() the one after the last.
struct Kept {
    Batch batch;
    std::vector<Blob> blobs;                   // if it is in blobs
    std::map<size_t, ChunkEvidence> evidence;  // of chunks that were asked for: an opening takes its time
    BatchHeader header;
    std::vector<State> states;
    std::vector<bool> is_lie;             // of each chunk's claim, taken by itself
    std::vector<Withdrawal> withdrawals;  // of the last state, by position; none if nobody knows them
    uint64_t posted_at = 0;
    bool has_estate = false;

    // To the claim after the last chunk.
    void add_withdrawal(const Withdrawal& withdrawal);
    std::optional<size_t> first_lie() const;
    const State& after() const { return states.back(); }
    State& after() { return states.back(); }
};

// What a new batch is to be.
struct BatchPlan {
    unsigned chunks = 1;
    bool lies = false;     // some chunk's claim is false
    bool consumes = true;  // takes L1 operations if there are any
    bool in_blobs = false;
    std::function<void(Kept&)> estate;  // changes the claim after the last chunk
};

State copy_of(const State& state);

class World {
public:
    World(Chain& simulated, const Random& seeded) : random(seeded), chain_(simulated) {}

    // ---- Parties ----
    static const Address& party(size_t number) { return test::person_address(number); }
    bool is_contract(const Address& address) const;
    bool is_token(const Address& address) const { return std::find(tokens.begin(), tokens.end(), address) != tokens.end(); }
    // A call of the rollup by this account, through it if it is a contract.
    Tx as(const Address& actor, Bytes calldata, u128 value = 0);
    Tx by(size_t from, Bytes calldata, u128 value = 0) const { return {from, rollup, std::move(calldata), value}; }
    size_t any_party() { return random.below(kParties); }
    Address any_actor();    // party or contract that can call
    Address any_address();  // also odd ones, never zero
    Address any_token();    // ETH among them
    Address token_of(size_t number) const { return tokens[number]; }

    // ---- Facts, of the head ----
    u128 wei_of(const Address& address) { return chain_.balance(address); }
    Bytes ask_other(const Address& to, const Bytes& calldata) { return chain_.call(to, calldata).data; }
    template <class T>
    T ask(const Bytes& calldata, std::optional<T> (*read)(ByteView)) {
        return read(chain_.call(rollup, calldata).data).value();
    }
    uint64_t current_term() { return ask(rollup_view::current_term(), rollup_view::read_number); }
    uint64_t term_count() { return ask(rollup_view::term_count(), rollup_view::read_number); }
    TermRecord term(uint64_t number) { return ask(rollup_view::term(number), rollup_view::read_term); }
    std::optional<Address> sitter();
    bool frozen() { return ask(rollup_view::frozen(), rollup_view::read_bool); }
    Notice notice() { return ask(rollup_view::notice(), rollup_view::read_notice); }
    bool has_home() const { return !parameters.home_operator.is_zero(); }
    uint64_t last_strike() { return ask(rollup_view::last_strike(), rollup_view::read_number); }
    u128 held(const Address& token) { return ask(rollup_view::held_total(token), rollup_view::read_amount); }
    bool is_paid(uint32_t position) { return ask(rollup_view::is_paid(position), rollup_view::read_bool); }
    // Whose batch it is; zero if it doesn't stand.
    uint64_t term_of(const Kept& kept) {
        const RollupRecord record = ask(rollup_view::batch(kept.header.number), rollup_view::read_batch);
        return record.hash == kept.header.hash() ? record.term : 0;
    }
    bool is_exited(uint32_t index) { return ask(rollup_view::is_exited(index), rollup_view::read_bool); }
    Amount channel_taken(uint32_t index) { return Amount{ask(rollup_view::channel_taken(index), rollup_view::read_amount)}; }
    bool is_refunded(uint64_t index) { return ask(rollup_view::is_refunded(index), rollup_view::read_bool); }
    // The first L1 operation that the head hasn't consumed.
    const L1Operation* waiting() const;
    Hash queue_hash(uint64_t index);
    // As of a block at now() + 1, the earliest that can come.
    bool is_final(const Kept& kept) const { return now + 1 >= kept.posted_at + parameters.challenge_window; }
    const Kept& head() const { return batches.back(); }
    Kept& head() { return batches.back(); }
    bool can_post(const Address& actor) const { return !is_contract(actor) && !(delegated && actor == party(kDelegated)); }

    // ---- Channels ----
    // Draws `channels`, once `rollup` is known.
    void make_channels();
    Address address_of(const ChannelTerms& terms) const;
    // Of the channel at that address; nullptr: none is known.
    const ChannelTerms* terms_at(const Address& channel) const;
    // By the payer, or by somebody if nobody has the payer's key.
    Signature voucher(const ChannelTerms& terms, const Address& token, uint64_t count) const;

    // ---- Batches and proofs ----
    // The next batch; on `parent` if given, else the head.
    Batch make_batch(const BatchPlan& plan, const Kept* parent = nullptr);
    // The call that appends it, in calldata or in blobs.
    Tx appending(const Address& actor, const Batch& batch);
    // Proof against one chunk of a batch that was kept; the state before it is known.
    FraudProof proof_of(Kept& kept, size_t chunk);
    // Leaves and withdrawals that nobody paid in: one for each kind of owner, token and amount; of each channel, too.
    void make_estate(Kept& kept);

    // Takes in a block.
    void take(const BlockResult& block, uint64_t time);

    Random random;
    RollupParameters parameters;
    Address rollup;
    Address forwarder, refuser, reenterer;
    std::vector<Address> tokens;  // by mode
    uint64_t now = kGenesisTime;  // time of the head
    bool may_freeze = false;      // whether this sequence may go there yet
    bool delegated = false;       // party kDelegated is
    uint64_t announced_at = 0;    // the home operator's latest notice

    std::vector<ChannelTerms> channels;  // that there may be
    std::vector<Kept> batches;           // that stand, by number
    std::vector<Kept> gone;              // struck ones
    std::vector<L1Operation> queue;
    std::vector<std::pair<Address, Hash>> commits;  // of which prover to which word

private:
    Chunk random_chunk(State& state, unsigned l1_operations);
    BatchChunk posted_chunk(State& state, uint64_t limit, bool consumes, std::vector<Withdrawal>& withdrawals);
    void tell_lie(State& claim);
    Amount estate_amount(const Address& token);
    void make_channel_estate(Kept& kept, const Address& token);

    Chain& chain_;
    std::map<Hash, Kept> proposed_;  // by batch hash
};

}  // namespace gavel::twins

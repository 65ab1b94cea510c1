// Random histories: starting states of several kinds, and chunk after chunk for them, right and wrong.
#pragma once

#include <optional>
#include <vector>

#include "tests/generator/random.hpp"
#include "tests/generator/starting_state.hpp"

namespace gavel::test {

enum class StartKind : uint8_t {
    kGenesis,
    kPopulated,
    kFullAccounts,     // a few places are left among 2^32-1
    kFullWithdrawals,  // a few places are left among 2^32-1
    kRich,             // balances near 2^128
    kWorn,             // nonces and claimed units near 2^63
    kLate,             // opCount and l1OpsConsumed near 2^64
};
inline constexpr StartKind kStartKinds[] = {
    StartKind::kGenesis, StartKind::kPopulated, StartKind::kFullAccounts, StartKind::kFullWithdrawals,
    StartKind::kRich,    StartKind::kWorn,      StartKind::kLate};
const char* name_of(StartKind kind);
StartingState random_start(StartKind kind, Random& random);

inline constexpr size_t kRandomTokens = 3;  // token(0) to token(2) are what histories are about
u128 power_of_ten(uint64_t exponent);       // at most 38

// What is posted of a chunk, and the claimed l1OpsConsumed that it is judged under.
struct PostedChunk {
    Bytes ops;
    Bytes sigs;
    uint64_t limit = 0;
    bool lengths_hold = true;  // as BatchChunk's
};

// Makes the next chunk of a history from the state that the one before has led to, and keeps the L1's queue.
class ChunkGenerator {
public:
    ChunkGenerator(uint64_t seed, StartKind kind);
    const StartingState& start() const { return start_; }

    // About half are right; of the others most break one rule, somewhere. `state` is as before afterwards.
    PostedChunk next(State& state);
    // L1 operations queued so far. The first has number start().counters.l1_ops_consumed.
    const std::vector<L1Operation>& queue() const { return queue_; }

private:
    struct Draft;  // a chunk being made, and the view that it is tried on

    Address any_address();
    enum class Whose : uint8_t { kAnybodys, kPersons, kChannels };
    std::optional<uint32_t> any_leaf(StateView& view, std::optional<Address> token, Whose whose);
    Amount any_amount(Amount balance);
    L1Operation any_l1_operation(StateView& view);
    L1Operation any_channel_entry(L1OperationKind kind, StateView& view);
    void queue_until(uint64_t number, StateView& view);
    bool flaw() { return flawed_ && random_.chance(5); }

    void draft_l1(Draft& draft);
    void draft_operation(Draft& draft);
    // What a channel's operation says; nothing if there is no channel, or no leaf, for one.
    std::optional<PostedOperation> draft_fund(Draft& draft, uint32_t sender);
    std::optional<PostedOperation> draft_redeem(Draft& draft);
    PostedOperation draft_payments(Draft& draft, uint32_t sender);
    void spoil_channel(PostedOperation& posted);
    uint64_t any_count(const Account& channel, Amount unit);
    PostedPayment draft_payment(Draft& draft, OperationKind kind, const Account& sender, size_t earlier_lines);
    std::optional<Bytes> draft_signatures(Draft& draft, const PostedOperation& posted);
    void spoil_words(Operation& form);
    void draft_fee_leaves(Draft& draft);
    void garble(PostedChunk& chunk);
    void flip_bits(Bytes& bytes, unsigned at_most);

    Random random_;
    StartingState start_;
    std::vector<L1Operation> queue_;
    uint64_t time_ = 1700000000;
    bool flawed_ = false;  // whether the chunk being made may be wrong
};

}  // namespace gavel::test

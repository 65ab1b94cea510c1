// Hand-made chunks over a small state: one for each thing that apply can come to.
#pragma once

#include "tests/protocol/proof_channels.hpp"

namespace gavel::test {

using Kind = L1OperationKind;

inline std::vector<Case> l1_cases() {
    auto one = [](Kind kind, const char* caller, const char* to, Amount amount) {
        return [=](World& world, Chunk& chunk) {
            world.l1(kind, caller, to, amount);
            chunk.l1_operations = 1;
        };
    };
    const Amount all = Amount::max();
    const Refusal right = Refusal::kNone;
    const Effect changes = Effect::kChanges, counted = Effect::kCounted;
    return {
        {"deposit to a leaf", right, changes, one(Kind::kDeposit, "x", "bob", Amount{5})},
        {"deposit to a newcomer", right, changes, one(Kind::kDeposit, "x", "newcomer", Amount{5})},
        {"deposit up to the largest balance", right, changes, one(Kind::kDeposit, "x", "bob", Amount{~u128{0} - 501})},
        {"forced transfer up to the largest balance", right, changes,
         [](World& world, Chunk& chunk) {
             world.l1(Kind::kDeposit, "x", "bob", Amount{~u128{0} - 506});
             world.l1(Kind::kForcedTransfer, "alice", "bob", Amount{5});
             chunk.l1_operations = 2;
         }},
        {"deposit that would overflow", right, changes, one(Kind::kDeposit, "x", "rich", Amount{1})},
        {"deposit to a newcomer, no place", right, changes, one(Kind::kDeposit, "x", "newcomer", Amount{5}), {}, fill_accounts},
        {"deposit to a leaf, no place", right, changes, one(Kind::kDeposit, "x", "bob", Amount{5}), {}, fill_accounts},
        {"deposit to the last place", right, changes, one(Kind::kDeposit, "x", "newcomer", Amount{5}), {}, nearly_fill_accounts},
        {"forced transfer", right, changes, one(Kind::kForcedTransfer, "alice", "bob", Amount{5})},
        {"forced transfer of nothing", right, changes, one(Kind::kForcedTransfer, "alice", "bob", Amount{})},
        {"forced transfer to a newcomer", right, changes, one(Kind::kForcedTransfer, "alice", "newcomer", Amount{5})},
        {"forced transfer of all", right, changes, one(Kind::kForcedTransfer, "alice", "newcomer", all)},
        {"forced transfer to oneself", right, changes, one(Kind::kForcedTransfer, "alice", "alice", all)},
        {"forced transfer from nobody", right, counted, one(Kind::kForcedTransfer, "nobody", "bob", Amount{})},
        {"forced transfer of too much", right, counted, one(Kind::kForcedTransfer, "bob", "alice", Amount{502})},
        {"forced transfer, nonce at its end", right, counted, one(Kind::kForcedTransfer, "spent", "bob", Amount{1})},
        {"forced transfer that would overflow", right, counted, one(Kind::kForcedTransfer, "alice", "rich", Amount{1})},
        {"forced transfer, no place",
         right,
         counted,
         one(Kind::kForcedTransfer, "alice", "newcomer", Amount{1}),
         {},
         fill_accounts},
        {"forced withdrawal", right, changes, one(Kind::kForcedWithdrawal, "alice", "x", Amount{5})},
        {"forced withdrawal of all", right, changes, one(Kind::kForcedWithdrawal, "alice", "alice", all)},
        {"forced withdrawal of nothing", right, counted, one(Kind::kForcedWithdrawal, "alice", "x", Amount{})},
        {"forced withdrawal of too much", right, counted, one(Kind::kForcedWithdrawal, "bob", "x", Amount{502})},
        {"forced withdrawal, no place", right, counted, one(Kind::kForcedWithdrawal, "alice", "x", all), {}, fill_withdrawals},
        {"deposit that overflows, no place for it as a withdrawal",
         Refusal::kWithdrawalTreeFull,
         Effect::kNothing,
         [](World& world, Chunk& chunk) {
             world.l1(Kind::kDeposit, "x", "bob", Amount{5});
             world.l1(Kind::kDeposit, "x", "rich", Amount{5});
             world.l1(Kind::kDeposit, "x", "bob", Amount{5});
             chunk.l1_operations = 3;
         },
         {},
         fill_withdrawals},
        {"past the limit", Refusal::kL1LimitExceeded, Effect::kNothing,
         [](World& world, Chunk& chunk) {
             world.l1(Kind::kDeposit, "x", "bob", Amount{5});
             chunk.l1_operations = 2;
         }},
        {"L1 operations, then a wrong transfer", Refusal::kInsufficientBalance, Effect::kNothing,
         [](World& world, Chunk& chunk) {
             world.l1(Kind::kForcedTransfer, "alice", "newcomer", Amount{500});
             world.l1(Kind::kForcedWithdrawal, "bob", "bob", Amount{100});
             chunk.l1_operations = 2;
             chunk.operations = {transfer(kAlice, at(kBob), 900)};
         }},
    };
}

inline std::vector<Case> operation_cases() {
    const Refusal right = Refusal::kNone;
    const Effect changes = Effect::kChanges, nothing = Effect::kNothing;
    auto ops = [](std::vector<PostedOperation> operations, std::vector<uint32_t> fee_leaves = {}) {
        return [=](World&, Chunk& chunk) {
            chunk.operations = operations;
            chunk.fee_leaves = fee_leaves;
        };
    };
    const u128 half = u128{1} << 127;
    PostedOperation small = transfer(kAlice, at(kBob), 1), with_fee = transfer(kAlice, at(kBob), 1, 2);
    PostedOperation remembered = small;
    remembered.memo = keccak256(view_of("memo"));
    auto swap_signatures = [](World&, BatchChunk& chunk) {
        std::rotate(chunk.sigs.begin(), chunk.sigs.begin() + Signature::kSize, chunk.sigs.end());
    };
    return {
        {"an empty chunk", right, nothing, ops({})},
        {"transfer", right, changes, ops({small})},
        {"transfer with a memo", right, changes, ops({remembered})},
        {"transfer of nothing", right, changes, ops({transfer(kAlice, at(kBob), 0)})},
        {"transfer to oneself", right, changes, ops({transfer(kAlice, at(kAlice), 990, 2)}, {kOperator})},
        {"transfer of a token", right, changes, ops({transfer(kCarolToken, at(kAliceToken), 20, 3)}, {kOperatorToken})},
        {"transfer to a newcomer", right, changes, ops({transfer(kAlice, newcomer("newcomer"), 1)})},
        {"transfer to the last place",
         right,
         changes,
         ops({transfer(kAlice, newcomer("newcomer"), 1)}),
         {},
         nearly_fill_accounts},
        {"transfer to a newcomer, and on from there", right, changes,
         [](World& world, Chunk& chunk) {
             world.keys.emplace(person("newcomer"), PrivateKey::derived("newcomer"));
             chunk.operations = {transfer(kAlice, newcomer("newcomer"), 50), transfer(kFirstNew, at(kBob), 20, 1)};
             chunk.fee_leaves = {kFirstNew};
         }},
        {"two tokens' fees", right, changes,
         ops({transfer(kCarolToken, at(kAliceToken), 1, 3), with_fee, transfer(kBob, at(kAlice), 1, 1)},
             {kOperatorToken, kOperator})},
        {"transfer and fee up to the largest balance", right, changes,
         [](World& world, Chunk& chunk) {
             world.l1(Kind::kDeposit, "x", "bob", Amount{~u128{0} - 506});
             world.l1(Kind::kDeposit, "x", "operator", Amount{~u128{0} - 9});
             chunk.l1_operations = 2;
             chunk.operations = {transfer(kAlice, at(kBob), 5, 2)};
             chunk.fee_leaves = {kOperator};
         }},
        {"withdrawal", right, changes, ops({withdrawal(kAlice, person("x"), 10, 1)}, {kOperator})},
        {"payout", right, changes,
         ops({payout(kAlice,
                     {{at(kBob), Amount{1}}, {newcomer("n1"), Amount{2}}, {at(kFirstNew), Amount{3}}, {at(kAlice), Amount{4}}},
                     5)},
             {kOperator})},
        {"payout of one line", right, changes, ops({payout(kBob, {{newcomer("n1"), Amount{501}}})})},
        {"everything at once", right, changes,
         [](World& world, Chunk& chunk) {
             world.l1(Kind::kForcedTransfer, "alice", "n0", Amount{5});
             world.l1(Kind::kForcedWithdrawal, "bob", "bob", Amount{5});
             chunk.l1_operations = 2;
             chunk.operations = {transfer(kAlice, at(kBob), 10, 2), transfer(kBob, newcomer("n1"), 3),
                                 withdrawal(kAlice, person("x"), 4),
                                 payout(kCarolToken, {{at(kAliceToken), Amount{5}}, {newcomer("n2"), Amount{6}}}, 1)};
             chunk.fee_leaves = {kOperator, kOperatorToken};
         }},
        {"bytes that are no chunk", Refusal::kTruncated, nothing, ops({small}),
         [](World&, BatchChunk& chunk) { chunk.ops.pop_back(); }},
        {"no bytes", Refusal::kTruncated, nothing, ops({}), [](World&, BatchChunk& chunk) { chunk.ops.clear(); }},
        {"too heavy", Refusal::kOverWeight, nothing, ops(std::vector<PostedOperation>(33, transfer(kAlice, newcomer("n"), 1)))},
        {"a signature too few", Refusal::kSignatureCount, nothing, ops({small}),
         [](World&, BatchChunk& chunk) { chunk.sigs.clear(); }},
        {"a byte of a signature too many", Refusal::kSignatureCount, nothing, ops({small}),
         [](World&, BatchChunk& chunk) { chunk.sigs.push_back(0); }},
        {"operation counter at its end",
         Refusal::kOpCountOverflow,
         nothing,
         ops({small}),
         {},
         [](State& state) { state.counters.op_count = ~uint64_t{0} - 1; }},
        {"sender 0", Refusal::kSenderIndex, nothing, ops({transfer(0, at(kBob), 0)})},
        {"sender beyond", Refusal::kSenderIndex, nothing, ops({small, transfer(kFirstNew, at(kBob), 0)})},
        {"nonce at its end", Refusal::kNonceExhausted, nothing, ops({transfer(kSpent, at(kBob), 1)})},
        {"too little", Refusal::kInsufficientBalance, nothing, ops({transfer(kAlice, at(kBob), 999, 1)})},
        {"a total over 128 bits", Refusal::kInsufficientBalance, nothing,
         ops({payout(kRich, {{at(kBob), Amount{half}}, {at(kAlice), Amount{half}}})})},
        {"recipient 0", Refusal::kRecipientIndex, nothing, ops({transfer(kAlice, at(0), 1)})},
        {"recipient beyond", Refusal::kRecipientIndex, nothing, ops({transfer(kAlice, at(kFirstNew), 1)})},
        {"recipient of another token", Refusal::kRecipientToken, nothing, ops({transfer(kAlice, at(kAliceToken), 1)})},
        {"recipient who overflows", Refusal::kBalanceOverflow, nothing, ops({small, transfer(kAlice, at(kRich), 1)})},
        {"zero recipient", Refusal::kRecipientZero, nothing, ops({transfer(kAlice, {0, Address{}}, 1)})},
        {"zero recipient of a withdrawal", Refusal::kRecipientZero, nothing, ops({withdrawal(kAlice, Address{}, 1)})},
        {"no place", Refusal::kAccountTreeFull, nothing, ops({transfer(kAlice, newcomer("n"), 1)}), {}, fill_accounts},
        {"an address with a leaf", Refusal::kRecipientHasLeaf, nothing, ops({transfer(kAlice, newcomer("bob"), 1)})},
        {"a newcomer twice", Refusal::kRecipientHasLeaf, nothing,
         ops({payout(kAlice, {{newcomer("n"), Amount{1}}, {newcomer("n"), Amount{1}}})})},
        {"withdrawal of nothing", Refusal::kWithdrawalOfZero, nothing, ops({withdrawal(kAlice, person("x"), 0)})},
        {"withdrawal, no place",
         Refusal::kWithdrawalTreeFull,
         nothing,
         ops({withdrawal(kAlice, person("x"), 1)}),
         {},
         fill_withdrawals},
        {"fees over 128 bits", Refusal::kFeeOverflow, nothing,
         ops({transfer(kRich, at(kBob), 0, half), transfer(kRicher, at(kBob), 0, half)}, {kOperator})},
        {"no signature at all", Refusal::kSignatureInvalid, nothing, ops({small}),
         [](World&, BatchChunk& chunk) { std::fill(chunk.sigs.begin(), chunk.sigs.end(), uint8_t{0}); }},
        {"another's signature", Refusal::kSignerNotOwner, nothing, ops({small, transfer(kBob, at(kAlice), 1)}), swap_signatures},
        {"other words signed", Refusal::kSignerNotOwner, nothing, ops({small, withdrawal(kBob, person("x"), 8)}),
         [](World&, BatchChunk& chunk) {
             Chunk other = std::get<Chunk>(decode_ops(chunk.ops));
             other.operations[1].payments[0].amount = Amount{9};
             chunk.ops = encode_ops(other);
         }},
        {"a fee leaf missing", Refusal::kFeeLeafMissing, nothing, ops({with_fee})},
        {"a fee leaf too many", Refusal::kFeeLeafExtra, nothing, ops({with_fee}, {kOperator, kOperatorToken})},
        {"a fee leaf without a fee", Refusal::kFeeLeafExtra, nothing, ops({}, {kOperator})},
        {"fee leaf 0", Refusal::kFeeLeafIndex, nothing, ops({with_fee}, {0})},
        {"fee leaf beyond", Refusal::kFeeLeafIndex, nothing, ops({with_fee}, {kFirstNew})},
        {"fee leaf of another token", Refusal::kFeeLeafToken, nothing, ops({with_fee}, {kOperatorToken})},
        {"fee leaf that overflows", Refusal::kBalanceOverflow, nothing, ops({with_fee}, {kRich})},
    };
}

inline std::vector<Case> all_cases() {
    std::vector<Case> out = l1_cases();
    for (auto make : {operation_cases, fund_cases, redeem_cases, l1_channel_cases}) {
        for (Case& one : make()) out.push_back(std::move(one));
    }
    return out;
}

// What apply told about L1 operations.
struct Effects : ApplyObserver {
    std::vector<bool> took_effect;
    unsigned operations = 0;
    void on_l1_operation(uint64_t, const L1Operation&, bool effect) override { took_effect.push_back(effect); }
    void on_operation(uint64_t, const PostedOperation&, const Account&, const Operation&, const Hash&, ByteView) override {
        ++operations;
    }
};

// A case worked out: the second of three chunks of a batch, whose claims about the first two are true. The state is the one
// between them. The batch claims to consume all L1 operations, so that its limit is the queue's length.
struct Worked {
    explicit Worked(const Case& one) {
        if (one.prepare) one.prepare(world.state);
        batch.number = 1;
        batch.parent.last = world.state.fields();
        BatchChunk first = world.make({0, {transfer(kAlice, at(kBob), 1)}, {}});
        Outcome started = run(first, nullptr, false);
        GAVEL_CHECK(started.ok());
        before = world.state.fields();

        one.make(world, chunk);
        BatchChunk second = world.make(chunk);
        if (one.damage) one.damage(world, second);
        outcome = run(second, &effects, true);
        batch.chunks = {first, second, {encode_ops({}), {}}};
        batch.commitments = {before.hash(), after.hash()};
        batch.last = after;
        batch.last.l1_ops_consumed = world.queue.size();
        batch.l1_queue_hash = *world.queue_hash(world.queue.size());
    }

    // The same batch with a lie about the case's chunk.
    Batch lying() const {
        Batch out = batch;
        out.commitments[1] = keccak256(view_of("a lie"));
        return out;
    }

    World world;
    Chunk chunk;
    Batch batch;
    StateFields before;
    StateFields after;
    Outcome outcome;
    Effects effects;

private:
    Outcome run(const BatchChunk& made, ApplyObserver* observer, bool and_back) {
        StateRunner runner(world.state);
        ListEnv env = world.env();
        Counters counters = world.state.counters;
        Outcome result = apply(env, runner, world.state.counters, made.ops, made.sigs, observer);
        after = world.state.fields();
        if (and_back) {
            runner.roll_back(0);
            world.state.counters = counters;
        }
        return result;
    }
};

}  // namespace gavel::test

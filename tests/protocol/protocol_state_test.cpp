// A state as a whole: undone and rolled back, the encoding of what changed, proofs of what is in it.
#include <catch2/catch.hpp>
#include <random>

#include "protocol/account_proof.hpp"
#include "protocol/account_tree.hpp"
#include "protocol/merkle.hpp"
#include "protocol/state.hpp"
#include "protocol/withdrawal_tree.hpp"
#include "tests/protocol/naive_trees.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("rolling back and undoing give the state of before") {
    std::mt19937_64 random(11);
    State state;
    uint64_t next_key = 1;
    auto change = [&](StateRunner& runner) {
        uint32_t count = runner.account_count();
        uint32_t index = static_cast<uint32_t>(random() % count);
        Account leaf;
        switch (random() % 3) {
            case 0: {
                StateView::Found low;
                AccountKey key = key_of(next_key++);
                REQUIRE(runner.find(key, low));
                leaf.key = key;
                leaf.next = low.leaf.next;
                low.leaf.next = key;
                REQUIRE(runner.write(low.index, low.leaf));
                REQUIRE(runner.append(leaf));
                break;
            }
            case 1:
                REQUIRE(runner.read(index, leaf));
                leaf.balance = Amount{random()};
                REQUIRE(runner.write(index, leaf));
                break;
            default: REQUIRE(runner.append_withdrawal({key_of(random()).owner, {}, Amount{random()}}));
        }
    };
    std::vector<std::pair<StateFields, StateDiff>> past;
    for (int round = 0; round < 30; ++round) {
        StateFields before = state.fields();
        StateRunner runner(state);
        for (int i = 0; i < 5; ++i) change(runner);
        StateView::Mark mark = runner.mark();
        StateFields middle = state.fields();
        size_t withdrawals = runner.new_withdrawals().size();
        for (int i = 0; i < 5; ++i) change(runner);
        runner.roll_back(mark);
        REQUIRE(state.fields() == middle);
        REQUIRE(runner.new_withdrawals().size() == withdrawals);
        state.counters.op_count += 3;
        StateDiff diff = runner.diff();
        auto decoded = StateDiff::decode(diff.encode());
        REQUIRE(decoded.has_value());
        REQUIRE(decoded->encode() == diff.encode());
        past.emplace_back(before, *decoded);
    }
    for (; !past.empty(); past.pop_back()) {
        undo(state, past.back().second);
        REQUIRE(state.fields() == past.back().first);
        // Lookups, too: no key of an undone leaf is left.
        uint32_t found = 0;
        for (uint64_t i = 1; i < next_key; ++i) found += state.accounts.find(key_of(i)).present;
        REQUIRE(found + 1 == state.accounts.count());
    }
    REQUIRE(state.fields() == genesis_fields());
}

TEST_CASE("a diff has one encoding") {
    StateDiff diff;
    diff.account_count = 9;
    diff.changes = {{8, {}}, {2, {}}};
    Bytes good = diff.encode();
    REQUIRE(StateDiff::decode(good).has_value());
    for (size_t size = 0; size < good.size(); ++size) {
        bool whole_changes = size >= 24 && (size - 24) % 108 == 0;
        REQUIRE(StateDiff::decode(ByteView{good}.first(size)).has_value() == whole_changes);
    }
    diff.changes[1].index = 8;
    REQUIRE_FALSE(StateDiff::decode(diff.encode()).has_value());
    diff.changes[1].index = 9;
    REQUIRE_FALSE(StateDiff::decode(diff.encode()).has_value());
}

TEST_CASE("withdrawal and exit proofs hold for what is there, and for nothing else") {
    State state;
    StateRunner runner(state);
    for (uint64_t i = 1; i <= 6; ++i) insert(state.accounts, key_of(i), i);
    std::vector<Withdrawal> withdrawals;
    for (uint64_t i = 0; i < 5; ++i) {
        withdrawals.push_back({key_of(i).owner, key_of(i).token, Amount{i + 1}});
        REQUIRE(runner.append_withdrawal(withdrawals.back()));
    }
    StateFields fields = state.fields();
    for (uint32_t i = 0; i < 5; ++i) {
        WithdrawalProof proof{i, withdrawals[i], state.withdrawals.path(i, 5)};
        REQUIRE(proof.holds_in(fields));
        WithdrawalProof other = proof;
        other.withdrawal.amount = Amount{99};
        REQUIRE_FALSE(other.holds_in(fields));
        other = proof;
        other.position = (i + 1) % 5;
        REQUIRE_FALSE(other.holds_in(fields));
        other = proof;
        other.path.push_back(zero_subtree(3));
        REQUIRE_FALSE(other.holds_in(fields));
        other = proof;
        other.path.pop_back();
        REQUIRE_FALSE(other.holds_in(fields));
    }
    // An empty place has no proof, though it folds to the root.
    REQUIRE_FALSE(WithdrawalProof{5, {}, {}}.holds_in(fields));
    for (uint32_t i = 0; i < state.accounts.count(); ++i) {
        ExitProof proof{i, *state.accounts.at(i), state.accounts.path(i)};
        REQUIRE(proof.holds_in(fields) == (i != 0));
        proof.account.balance = Amount{1000};
        REQUIRE_FALSE(proof.holds_in(fields));
    }
    ExitProof beyond{state.accounts.count(), {}, state.accounts.path(state.accounts.count())};
    REQUIRE_FALSE(beyond.holds_in(fields));
}

// Chunks at the bounds of the weights, over trees as deep as they get (docs/protocol.md, "Weights"). The accounts are few: the
// paths are as long as if there were as many as the count says.
#pragma once

#include "tests/generator/random.hpp"
#include "tests/protocol/proof_world.hpp"

namespace gavel::test {

// Among nearly 2^32 accounts the heaviest chunk of each kind of operation.
inline std::vector<Case> limit_cases() {
    std::vector<PostedPayment> lines, new_lines;
    for (int i = 0; i < 94; ++i) lines.push_back({at(i % 2 ? kBob : kRich), Amount{}});
    for (int i = 0; i < 47; ++i) new_lines.push_back({newcomer("new " + std::to_string(i)), Amount{1}});
    std::vector<PostedOperation> transfers(47, transfer(kAlice, at(kBob), 0, 1)), newcomers;
    std::vector<PostedOperation> withdrawals(47, withdrawal(kAlice, person("x"), 1, 1));
    for (int i = 0; i < 31; ++i) newcomers.push_back(transfer(kAlice, newcomer("new " + std::to_string(i)), 1, 1));
    auto forced = [](World& world, Chunk& chunk) {
        for (int i = 0; i < 32; ++i) world.l1(Kind::kForcedTransfer, "alice", "new " + std::to_string(i), Amount{1});
        chunk.l1_operations = 32;
    };
    auto deposits = [](World& world, Chunk& chunk) {
        for (int i = 0; i < 32; ++i) world.l1(Kind::kDeposit, "x", "new " + std::to_string(i), Amount{1});
        chunk.l1_operations = 32;
    };
    auto redeemed = [](World& world, Chunk& chunk) {
        for (uint64_t i = 0; i < 32; ++i)
            world.queue.push_back(
                {Kind::kRedeem, alices_channel(), person("new " + std::to_string(i)), kEth, alices_terms().unit, 2000, 4 + i});
        chunk.l1_operations = 32;
    };
    std::vector<PostedOperation> funds, redeems;
    for (uint64_t i = 0; i < 31; ++i) funds.push_back(channel_fund(alices_terms(100 + i), 1, 1));
    for (uint64_t i = 0; i < 23; ++i) redeems.push_back(channel_redeem(4 + i, false, 1));
    redeems.push_back(transfer(kAlice, at(kBob), 0, 1));
    auto ops = [](std::vector<PostedOperation> operations, std::vector<uint32_t> fee_leaves) {
        return [=](World&, Chunk& chunk) {
            chunk.operations = operations;
            chunk.fee_leaves = fee_leaves;
        };
    };
    auto in_crowd = [](const char* name, std::function<void(World&, Chunk&)> make) {
        return Case{name, Refusal::kNone, Effect::kChanges, std::move(make), {}, [](State& state) {
                        open_channel(state);
                        state.accounts.set_count_for_test(kMaxAccountCount - 100);
                        // The fullest frontier that has place for a chunk's withdrawals: 31 hashes.
                        state.withdrawals = WithdrawalTree::from_frontier(
                            WithdrawalFrontier(kMaxWithdrawalCount - 64, std::vector<Hash>(31, keccak256(view_of("left")))));
                    }};
    };
    return {in_crowd("transfers", ops(transfers, {kOperator})),
            in_crowd("newcomers", ops(newcomers, {kOperator})),
            in_crowd("withdrawals", ops(withdrawals, {kOperator})),
            in_crowd("forced transfers", forced),
            in_crowd("deposits", deposits),
            in_crowd("redeems by the L1", redeemed),
            in_crowd("funds", ops(funds, {kOperator})),
            in_crowd("redeems", ops(redeems, {kOperator})),
            in_crowd("payout", ops({payout(kAlice, lines, 1)}, {kOperator})),
            in_crowd("payout to newcomers", ops({payout(kAlice, new_lines, 1)}, {kOperator}))};
}

// An ordinary full chunk: 47 transfers of different people's, and the operator's fee leaf, among 2^20 accounts.
inline Case ordinary_case() {
    constexpr uint32_t kCrowd = 1 << 20;
    struct Place {
        uint32_t index;
        std::string name;
    };
    // Pairs of neighbours, so that the lowest sibling is a leaf, too; the first of a pair signs.
    std::vector<Place> places;
    Random random(20);
    for (uint32_t i = 0; i < 94; ++i) {
        uint32_t index = 2 * static_cast<uint32_t>(10 + i * (kCrowd / 2 - 20) / 94 + random.below(5000));
        places.push_back({index, "one of " + std::to_string(i)});
        places.push_back({index + 1, "other of " + std::to_string(i)});
    }
    auto prepare = [places](State& state) {
        for (const Place& place : places) {
            state.accounts.set_count_for_test(place.index);
            World::add_leaf(state, {person(place.name), kEth}, u128{1000000000} * 1000000000 + place.index);
        }
        state.accounts.set_count_for_test(kCrowd);
    };
    auto make = [places](World& world, Chunk& chunk) {
        Random amounts(21);
        for (size_t i = 0; i < 47; ++i) {
            const Place &from = places[4 * i], &to = places[4 * ((i * 5 + 3) % 47) + 2];
            world.keys.emplace(person(from.name), PrivateKey::derived(from.name));
            u128 unit = 1000000000000;
            chunk.operations.push_back(transfer(from.index, at(to.index), (1 + amounts.below(99999)) * unit, 21 * unit));
        }
        chunk.fee_leaves = {kOperator};
    };
    return {"47 transfers among 2^20 accounts", Refusal::kNone, Effect::kChanges, make, {}, prepare};
}

}  // namespace gavel::test

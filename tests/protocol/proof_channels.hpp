// Hand-made chunks with channels: Alice's to Bob, at 7 a unit.
#pragma once

#include "tests/protocol/proof_people.hpp"

namespace gavel::test {

inline ChannelTerms alices_terms(uint64_t salt = 1) { return {person("alice"), person("bob"), Amount{7}, 1'800'000'000, salt}; }
inline Address alices_channel() { return alices_terms().address(kDomain); }

// Its leaf, the first new one: 1,000 in it, three units of it claimed.
inline void open_channel(State& state) { World::add_leaf(state, {alices_channel(), kEth}, 1000, kChannelMark + 3); }
inline void closed_channel(State& state) { World::add_leaf(state, {alices_channel(), kEth}, 8, kClosedChannel); }
inline void paid_before(State& state) { World::add_leaf(state, {alices_channel(), kEth}, 8, 0); }

inline PostedOperation channel_fund(const ChannelTerms& terms, u128 amount, u128 fee = 0) {
    PostedOperation out{OperationKind::kFund, kAlice, {{{}, Amount{amount}}}, Amount{fee}, {}};
    out.channel = {terms.payee, terms.unit, terms.expiry, terms.salt, {}, false, false};
    return out;
}
inline PostedOperation channel_fund(u128 amount, u128 fee = 0) { return channel_fund(alices_terms(), amount, fee); }
// Of the first new leaf. count 0: it doesn't take.
inline PostedOperation channel_redeem(uint64_t count, bool close = false, u128 fee = 0) {
    const ChannelTerms terms = alices_terms();
    PostedOperation out{OperationKind::kRedeem, kFirstNew, {{{kBob, {}}, {}}, {{kAlice, {}}, {}}}, Amount{fee}, {}};
    out.channel = {{}, terms.unit, terms.expiry, terms.salt, Amount{count}, count != 0, close};
    return out;
}

inline std::function<void(World&, Chunk&)> channel_ops(std::vector<PostedOperation> operations,
                                                       std::vector<uint32_t> fee_leaves = {}) {
    return [=](World&, Chunk& chunk) {
        chunk.operations = operations;
        chunk.fee_leaves = fee_leaves;
    };
}

inline std::vector<Case> fund_cases() {
    const Refusal right = Refusal::kNone;
    const Effect changes = Effect::kChanges, nothing = Effect::kNothing;
    ChannelTerms no_unit = alices_terms(), to_herself = alices_terms();
    no_unit.unit = {};
    to_herself.payee = person("alice");
    auto one = [](u128 amount, u128 fee = 0) { return channel_ops({channel_fund(amount, fee)}); };
    return {
        {"fund", right, changes, channel_ops({channel_fund(100, 1)}, {kOperator})},
        {"fund of a channel that is there", right, changes, one(100), {}, open_channel},
        {"fund of a leaf that a payment has made", right, changes, one(100), {}, paid_before},
        {"fund, to the last place", right, changes, one(100), {}, nearly_fill_accounts},
        {"fund, no place", Refusal::kAccountTreeFull, nothing, one(100), {}, fill_accounts},
        {"fund without a unit", Refusal::kChannelTerms, nothing, channel_ops({channel_fund(no_unit, 100)})},
        {"fund to oneself", Refusal::kChannelTerms, nothing, channel_ops({channel_fund(to_herself, 100)})},
        {"fund of nothing", Refusal::kFundOfZero, nothing, one(0)},
        {"fund of too much", Refusal::kInsufficientBalance, nothing, one(1000)},
        {"fund of a closed channel", Refusal::kChannelNotOpen, nothing, one(100), {}, closed_channel},
    };
}

inline std::vector<Case> redeem_cases() {
    const Refusal right = Refusal::kNone;
    const Effect changes = Effect::kChanges, nothing = Effect::kNothing;
    auto one = [](const PostedOperation& redeem, bool has_fee = false) {
        return channel_ops({redeem}, has_fee ? std::vector<uint32_t>{kOperator} : std::vector<uint32_t>{});
    };
    PostedOperation salted = channel_redeem(5), of_bob = channel_redeem(5);
    ++salted.channel.salt;
    of_bob.sender = kBob;
    auto swap_last = [](World&, BatchChunk& chunk) {
        std::rotate(chunk.sigs.end() - 2 * Signature::kSize, chunk.sigs.end() - Signature::kSize, chunk.sigs.end());
    };
    return {
        {"redeem that takes", right, changes, one(channel_redeem(5, false, 2), true), {}, open_channel},
        {"redeem that takes what there is", right, changes, one(channel_redeem(1000)), {}, open_channel},
        {"redeem that takes and closes", right, changes, one(channel_redeem(5, true)), {}, open_channel},
        {"redeem that closes", right, changes, one(channel_redeem(0, true)), {}, open_channel},
        {"fund, and a redeem of it", right, changes, channel_ops({channel_fund(100), channel_redeem(5)})},
        {"redeem of a closed channel", Refusal::kChannelNotOpen, nothing, one(channel_redeem(5)), {}, closed_channel},
        {"redeem of a person's leaf", Refusal::kChannelNotOpen, nothing, one(of_bob), {}, open_channel},
        {"redeem of too large a count",
         Refusal::kChannelCount,
         nothing,
         one(channel_redeem(kMaxVoucherCount + 1)),
         {},
         open_channel},
        {"redeem of a voucher paid before", Refusal::kNothingToRedeem, nothing, one(channel_redeem(3)), {}, open_channel},
        {"redeem that closes and can't take all",
         Refusal::kInsufficientBalance,
         nothing,
         one(channel_redeem(1000, true)),
         {},
         open_channel},
        {"redeem of other terms", Refusal::kChannelTerms, nothing, one(salted), {}, open_channel},
        {"voucher and signature swapped", Refusal::kSignerNotOwner, nothing, one(channel_redeem(5)), swap_last, open_channel},
        {"transfer from a channel",
         Refusal::kNonceExhausted,
         nothing,
         channel_ops({{OperationKind::kTransfer, kFirstNew, {{{kBob, {}}, Amount{1}}}, {}, {}}}),
         {},
         open_channel},
    };
}

inline std::vector<Case> l1_channel_cases() {
    const Refusal right = Refusal::kNone;
    const Effect changes = Effect::kChanges, counted = Effect::kCounted;
    auto entry = [](L1OperationKind kind, const char* to, uint64_t count = 0) {
        return [=](World& world, Chunk& chunk) {
            const Amount unit = count == 0 ? Amount{} : alices_terms().unit;
            world.queue.push_back({kind, alices_channel(), person(to), kEth, unit, 2000, count});
            chunk.l1_operations = 1;
        };
    };
    constexpr auto kRedeem = L1OperationKind::kRedeem, kReclaim = L1OperationKind::kReclaim;
    return {
        {"redeem by the L1", right, changes, entry(kRedeem, "bob", 5), {}, open_channel},
        {"redeem by the L1 to a newcomer", right, changes, entry(kRedeem, "newcomer", 5), {}, open_channel},
        {"redeem by the L1 of a voucher paid before", right, counted, entry(kRedeem, "bob", 3), {}, open_channel},
        {"redeem by the L1 of nobody's channel", right, counted, entry(kRedeem, "bob", 5)},
        {"redeem by the L1 of a leaf that is no channel's", right, counted, entry(kRedeem, "bob", 5), {}, paid_before},
        {"redeem by the L1 of a closed channel", right, counted, entry(kRedeem, "bob", 5), {}, closed_channel},
        {"redeem by the L1 that would overflow", right, counted, entry(kRedeem, "rich", 5), {}, open_channel},
        {"reclaim", right, changes, entry(kReclaim, "alice"), {}, open_channel},
        {"reclaim of a closed channel, to a newcomer", right, changes, entry(kReclaim, "newcomer"), {}, closed_channel},
        {"reclaim of nobody's channel", right, counted, entry(kReclaim, "alice")},
        {"reclaim that would overflow", right, counted, entry(kReclaim, "rich"), {}, open_channel},
    };
}

}  // namespace gavel::test

// Claims (docs/contract.md, "The bank").
#include <algorithm>

#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

struct Claim {
    BatchHeader header;
    WithdrawalProof proof;
    Address receiver;
    uint64_t pay_gas = 0;
};
using Holds = std::function<bool(const Kept&, uint32_t position, const Withdrawal&)>;

bool is_unpaid(World& w, uint32_t position) { return !w.is_paid(position); }

// A withdrawal of a batch that stands.
std::optional<Claim> find_claim(World& w, const Holds& holds) {
    std::vector<std::pair<const Kept*, uint32_t>> found;
    for (const Kept& kept : w.batches) {
        for (uint32_t i = 0; i < kept.withdrawals.size(); ++i) {
            if (holds(kept, i, kept.withdrawals[i])) found.push_back({&kept, i});
        }
    }
    if (found.empty()) return std::nullopt;
    const auto [kept, position] = w.random.pick(found);
    const auto path = kept->after().withdrawals.path(position, kept->header.last.withdrawal_count);
    return Claim{kept->header, {position, kept->withdrawals[position], path}, {}, 0};
}

Tx claim_by(World& w, const Address& actor, const Claim& claim) {
    return w.as(actor, rollup_call::claim(claim.header, claim.proof, claim.receiver, claim.pay_gas));
}
Tx claim_of(World& w, const Claim& claim) { return claim_by(w, w.any_actor(), claim); }

// A batch is posted that lets `wanted` be claimed, or one waits until it is final.
Next prepare(World& w, const Withdrawal& wanted) {
    for (uint64_t i = w.batches.size(); i-- > 1;) {
        const Kept& kept = w.batches[i];
        if (w.is_final(kept)) break;
        if (std::find(kept.withdrawals.begin(), kept.withdrawals.end(), wanted) == kept.withdrawals.end()) continue;
        Step wait = step(deposit_of_nothing(w));
        wait.not_before = kept.posted_at + w.parameters.challenge_window;
        return wait;
    }
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    BatchPlan plan = any_plan(w);
    plan.lies = false;
    plan.estate = [&](Kept& kept) {
        for (size_t i = w.random.below(3); i > 0; --i) {
            kept.add_withdrawal({w.any_actor(), w.any_token(), Amount{w.random.below(20)}});
        }
        kept.add_withdrawal(wanted);
    };
    return append_step(w, plan);
}

// The same with a withdrawal of this kind; amounts that can be paid. `spoil` changes the claim.
Next claim_with(World& w, const Withdrawal& wanted, const Holds& holds, const std::function<void(Claim&)>& spoil) {
    auto ready = [&](const Kept& kept, uint32_t position, const Withdrawal& withdrawal) {
        return w.is_final(kept) && is_unpaid(w, position) && holds(kept, position, withdrawal);
    };
    auto found = find_claim(w, ready);
    if (!found) return prepare(w, wanted);
    spoil(*found);
    return step(claim_of(w, *found));
}

bool is_payable(World& w, const Withdrawal& withdrawal) { return withdrawal.amount.value() <= w.held(withdrawal.token); }

Withdrawal usual(World& w) {
    const std::vector<Address> of_tokens{Address{}, w.token_of(kPlain), w.token_of(kSilent), w.token_of(kFee)};
    const Address token = w.random.pick(of_tokens);
    const auto most = static_cast<uint64_t>(std::min<u128>(w.held(token), 500));
    return {w.party(w.random.below(kParties)), token, Amount{w.random.below(most + 1)}};
}

Next spoiled(World& w, const std::function<void(Claim&)>& spoil) {
    return claim_with(
        w, usual(w), [](const Kept&, uint32_t, const Withdrawal&) { return true; }, spoil);
}

Next success(World& w) {
    const Withdrawal wanted = usual(w);
    auto pays = [&](const Kept&, uint32_t, const Withdrawal& one) {
        return is_payable(w, one) && one.recipient != w.refuser && one.recipient != w.rollup && !one.amount.is_zero();
    };
    auto found = find_claim(w, [&](const Kept& kept, uint32_t position, const Withdrawal& one) {
        return w.is_final(kept) && is_unpaid(w, position) && pays(kept, position, one);
    });
    if (!found) return prepare(w, wanted);
    found->pay_gas = any_pay_gas(w);
    if (w.random.chance(30)) {
        const Address recipient = found->proof.withdrawal.recipient;
        for (const Address& actor : {w.party(0), w.party(1), w.party(2), w.forwarder, w.reenterer}) {
            if (actor != recipient) continue;
            found->receiver = w.any_address();
            return step(claim_by(w, actor, *found));
        }
    }
    if (w.random.chance(20)) found->receiver = found->proof.withdrawal.recipient;
    return step(claim_of(w, *found));
}

Next not_final(World& w) {
    auto found = find_claim(w, [&](const Kept& kept, uint32_t position, const Withdrawal&) {
        return !w.is_final(kept) && position + 1 >= kept.withdrawals.size() / 2;
    });
    if (found) return step(claim_of(w, *found));
    return prepare(w, usual(w));
}

Next unknown_batch(World& w) {
    return spoiled(w, [&](Claim& claim) {
        if (!w.gone.empty() && w.random.chance(50)) claim.header = w.random.chance(50) ? w.gone.back().header : w.gone[0].header;
        else if (w.random.chance(50)) claim.header.number += w.random.chance(50) ? 1 : ~uint64_t{0};
        else claim.header.last.withdrawal_count ^= 1;
    });
}

Next header_length(World& w) {
    auto found = find_claim(w, [](const Kept&, uint32_t, const Withdrawal&) { return true; });
    if (!found) return prepare(w, usual(w));
    Bytes header = found->header.encode();
    header.resize(w.random.chance(30) ? 0 : w.random.chance(50) ? BatchHeader::kSize - 1 : BatchHeader::kSize + 1);
    const Withdrawal& withdrawal = found->proof.withdrawal;
    AbiWriter writer("claim(bytes,uint32,address,address,uint128,bytes32[],address,uint256)");
    writer.bytes(header).word(found->proof.position).word(withdrawal.recipient).word(withdrawal.token);
    writer.word(withdrawal.amount.value()).hashes(found->proof.path).word(Address{}).word(0);
    return step(w.as(w.any_actor(), writer.take()));
}

Next paid_already(World& w) {
    auto found = find_claim(
        w, [&](const Kept& kept, uint32_t position, const Withdrawal&) { return w.is_final(kept) && w.is_paid(position); });
    if (!found) return success(w);
    return step(claim_of(w, *found));
}

Next wrong_path(World& w) {
    return spoiled(w, [&](Claim& claim) {
        std::vector<Hash>& path = claim.proof.path;
        switch (w.random.below(5)) {
            case 0: path.push_back(Hash{}); break;
            case 1:
                if (!path.empty()) path.pop_back();
                else path.push_back(zero_subtree(0));
                break;
            case 2:
                if (!path.empty()) path[w.random.below(path.size())].bytes[5] ^= 1;
                else claim.proof.withdrawal.token.bytes[3] ^= 1;
                break;
            case 3: claim.proof.withdrawal.amount = Amount{claim.proof.withdrawal.amount.value() ^ 1}; break;
            default: claim.proof.withdrawal.recipient = test::stranger(77);
        }
    });
}

Next receiver_not_allowed(World& w) {
    return spoiled(w, [&](Claim& claim) { claim.receiver = test::stranger(50 + w.random.below(3)); });
}

}  // namespace

Tx deposit_of_nothing(World& w) { return w.by(w.any_party(), rollup_call::deposit_eth(w.any_address()), 0); }

std::vector<Goal> claim_goals() {
    auto kind = [](std::function<Withdrawal(World&)> wanted, std::function<bool(World&, const Withdrawal&)> holds) {
        return [=](World& w) {
            auto ready = [&](const Kept&, uint32_t, const Withdrawal& one) { return holds(w, one); };
            return claim_with(w, wanted(w), ready, [&](Claim& claim) {
                if (claim.proof.withdrawal.recipient == w.reenterer) claim.pay_gas = 1;
            });
        };
    };
    return {
        {{"claim", "success"}, success},
        {{"claim", "HeaderLength"}, header_length},
        {{"claim", "UnknownBatch"}, unknown_batch},
        {{"claim", "BatchNotFinal"}, not_final},
        {{"claim", "WithdrawalPosition"},
         [](World& w) {
             return spoiled(w, [&](Claim& claim) {
                 claim.proof.position = w.random.chance(70) ? claim.header.last.withdrawal_count : ~uint32_t{0};
             });
         }},
        {{"claim", "AlreadyPaid"}, paid_already},
        {{"claim", "WithdrawalPath"}, wrong_path},
        {{"claim", "ReceiverNotAllowed"}, receiver_not_allowed},
        {{"claim", "VaultShort"},
         kind(
             [](World& w) {
                 const Address token = w.any_token();
                 return Withdrawal{w.any_actor(), token, Amount{w.held(token) + 1 + w.random.below(3)}};
             },
             [](World& w, const Withdrawal& one) { return !is_payable(w, one); })},
        {{"claim", "PayGasShort"},
         [](World& w) {
             const Withdrawal wanted{w.any_actor(), w.random.chance(50) ? w.token_of(kPlain) : Address{}, Amount{1}};
             return claim_with(
                 w, wanted, [&](const Kept&, uint32_t, const Withdrawal& one) { return is_payable(w, one); },
                 [&](Claim& claim) { claim.pay_gas = too_much_pay_gas(w); });
         }},
        // Those who refuse, and one whose code needs more than it gets.
        {{"claim", "PaymentFailed"},
         kind(
             [](World& w) {
                 const std::vector<Address> refusing{w.refuser, w.reenterer, w.reenterer, w.rollup, w.token_of(kPlain)};
                 return Withdrawal{w.random.pick(refusing), Address{},
                                   Amount{static_cast<uint64_t>(std::min<u128>(w.held({}), 5))}};
             },
             [](World& w, const Withdrawal& one) {
                 const bool fails = one.recipient == w.refuser || one.recipient == w.rollup || one.recipient == w.reenterer;
                 return one.token.is_zero() && is_payable(w, one) && fails;
             })},
        {{"claim", "TokenWithoutCode"},
         kind(
             [](World& w) {
                 return Withdrawal{w.any_actor(), test::stranger(3), Amount{}};
             },
             [](World&, const Withdrawal& one) { return one.token == test::stranger(3); })},
        {{"claim", "TokenCallFailed"},
         kind(
             [](World& w) {
                 return Withdrawal{w.any_actor(), w.tokens[kFailing[w.random.below(std::size(kFailing))]], Amount{}};
             },
             [](World& w, const Withdrawal& one) {
                 for (size_t failing : kFailing) {
                     if (one.token == w.tokens[failing] && one.amount.is_zero()) return true;
                 }
                 return false;
             })},
    };
}

}  // namespace gavel::twins

// Exit and refund, after a freeze (docs/contract.md, "After a freeze").
#include <algorithm>

#include "tests/twins/leaves.hpp"

namespace gavel::twins {

std::optional<Exit> find_exit(World& w, const std::function<bool(uint32_t, const Account&)>& holds) {
    std::vector<uint32_t> found;
    const AccountTree& accounts = w.head().after().accounts;
    for (uint32_t i = 1; i < accounts.count(); ++i) {
        if (holds(i, *accounts.at(i))) found.push_back(i);
    }
    if (found.empty()) return std::nullopt;
    const uint32_t index = w.random.pick(found);
    return Exit{w.head().header, {index, *accounts.at(index), accounts.path(index)}, {}, 0};
}

namespace {

Tx exit_by(World& w, const Address& actor, const Exit& one) {
    return w.as(actor, rollup_call::exit(one.header, one.proof, one.receiver, one.pay_gas));
}
Bytes exit_calldata(const Bytes& header, const Exit& one, const Bytes& leaf) {
    AbiWriter writer("exit(bytes,uint32,bytes,bytes32[],address,uint256)");
    writer.bytes(header).word(one.proof.index).bytes(leaf).hashes(one.proof.path).word(one.receiver).word(one.pay_gas);
    return writer.take();
}

bool is_payable(World& w, const Account& leaf) {
    return !leaf.balance.is_zero() && leaf.balance.value() <= w.held(leaf.key.token);
}

Next exit_not_final(World& w);
Next refund_not_final(World& w);

}  // namespace

Prep need_exits(World& w) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen;
    if (w.is_final(w.head())) return {true, {}};
    if (w.random.chance(50)) {
        Step early;
        for (Next one : {exit_not_final(w), refund_not_final(w), channel_not_final(w, true), channel_not_final(w, false)}) {
            if (one) early.transactions.push_back(one->transactions.front());
        }
        if (!early.transactions.empty()) return {false, early};
    }
    return {false, step(deposit_of_nothing(w), w.head().posted_at + w.parameters.challenge_window)};
}

Next after_theft(World& w, const Address& token, const std::function<Next()>& then) {
    const u128 has = token_balance(w, token, w.rollup);
    if (has == 0) return then();
    return step(move_tokens(w, token, w.rollup, test::stranger(8), has));
}

Bytes of_other_length(World& w, Bytes bytes) {
    bytes.resize(w.random.chance(30) ? 0 : w.random.chance(50) ? bytes.size() - 1 : bytes.size() + 1);
    return bytes;
}

void spoil_path(World& w, ExitProof& proof) {
    switch (w.random.below(4)) {
        case 0: proof.path.push_back(Hash{}); break;
        case 1: proof.path.pop_back(); break;
        case 2: proof.path[w.random.below(proof.path.size())].bytes[7] ^= 1; break;
        default: proof.account.balance = Amount{proof.account.balance.value() ^ 2};
    }
}

uint32_t wrong_index(World& w, const BatchHeader& header) {
    const std::vector<uint32_t> wrong{0, header.last.account_count, ~uint32_t{0}};
    return w.random.pick(wrong);
}

BatchHeader not_the_heads(World& w) {
    if (w.batches.size() > 1) return w.batches[w.batches.size() - 2].header;
    BatchHeader out = w.head().header;
    out.number ^= 1;
    return out;
}

namespace {

Next exit_with(World& w, const std::function<bool(uint32_t, const Account&)>& holds, const std::function<void(Exit&)>& spoil) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_exit(
        w, [&](uint32_t index, const Account& leaf) { return !is_marked(leaf) && !w.is_exited(index) && holds(index, leaf); });
    if (!found) return std::nullopt;
    spoil(*found);
    return step(exit_by(w, w.any_actor(), *found));
}
bool any(uint32_t, const Account&) { return true; }
void as_it_is(Exit&) {}

Next exit_success(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_exit(w, [&](uint32_t index, const Account& leaf) {
        const bool can_be_paid = leaf.key.owner != w.refuser && leaf.key.owner != w.rollup;
        return !is_marked(leaf) && !w.is_exited(index) && is_payable(w, leaf) && can_be_paid;
    });
    if (!found) return std::nullopt;
    found->pay_gas = any_pay_gas(w);
    const Address owner = found->proof.account.key.owner;
    if (w.random.chance(30) && (owner == w.party(0) || owner == w.party(1) || owner == w.forwarder || owner == w.reenterer)) {
        found->receiver = w.any_address();
        return step(exit_by(w, owner, *found));
    }
    if (w.random.chance(20)) found->receiver = owner;
    return step(exit_by(w, w.any_actor(), *found));
}

Next exit_not_final(World& w) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    if (w.is_final(w.head())) return std::nullopt;
    auto found = find_exit(w, any);
    if (!found) return std::nullopt;
    return step(exit_by(w, w.any_actor(), *found));
}

Next exit_other_bytes(World& w, bool header_is_wrong) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_exit(w, any);
    if (!found) return std::nullopt;
    Bytes header = found->header.encode(), leaf = found->proof.account.encode();
    Bytes& wrong = header_is_wrong ? header : leaf;
    wrong = of_other_length(w, wrong);
    return step(w.as(w.any_actor(), exit_calldata(header, *found, leaf)));
}

Next exit_path(World& w) {
    return exit_with(w, any, [&](Exit& one) { spoil_path(w, one.proof); });
}

// A channel's leaf, whatever else is to be said of it.
Next exit_of_channel(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_exit(w, [&](uint32_t index, const Account& leaf) { return is_marked(leaf) && !w.is_exited(index); });
    if (!found) return std::nullopt;
    if (w.random.chance(50)) found->receiver = w.any_address();
    return step(exit_by(w, w.any_actor(), *found));
}

Next exit_again(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_exit(w, [&](uint32_t index, const Account&) { return w.is_exited(index); });
    if (!found) return exit_success(w);
    return step(exit_by(w, w.any_actor(), *found));
}

Next exit_token_fails(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    for (size_t number : {kPlain, kSilent, kFee}) {
        auto of_token = [&](uint32_t, const Account& leaf) {
            return !is_marked(leaf) && leaf.key.token == w.tokens[number] && is_payable(w, leaf);
        };
        if (!find_exit(w, [&](uint32_t i, const Account& leaf) { return !w.is_exited(i) && of_token(i, leaf); })) continue;
        return after_theft(w, w.tokens[number], [&] { return exit_with(w, of_token, as_it_is); });
    }
    return std::nullopt;
}

std::optional<uint64_t> find_refund(World& w, const std::function<bool(uint64_t, const L1Operation&)>& holds) {
    std::vector<uint64_t> found;
    for (uint64_t i = w.head().header.last.l1_ops_consumed; i < w.queue.size(); ++i) {
        if (holds(i, w.queue[i])) found.push_back(i);
    }
    return found.empty() ? std::nullopt : std::optional(w.random.pick(found));
}
bool is_deposit(const L1Operation& one) { return one.kind == L1OperationKind::kDeposit; }
bool is_payable(World& w, const L1Operation& one) { return is_deposit(one) && one.amount.value() <= w.held(one.token); }

Step refund(World& w, uint64_t index, const L1Operation& entry, const Address& receiver = {}, uint64_t pay_gas = 0) {
    return step(w.as(w.any_actor(), rollup_call::refund(index, entry, receiver, pay_gas)));
}

using Refunds = std::function<Next(uint64_t, const L1Operation&)>;
Next refund_with(World& w, const std::function<bool(const L1Operation&)>& holds, const Refunds& make) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_refund(w, [&](uint64_t i, const L1Operation& one) { return !w.is_refunded(i) && holds(one); });
    if (!found) return std::nullopt;
    return make(*found, w.queue[*found]);
}

Next refund_success(World& w) {
    auto pays = [&](const L1Operation& one) {
        return is_payable(w, one) && one.to != w.refuser && one.to != w.rollup && !w.is_token(one.to);
    };
    return refund_with(w, pays, [&](uint64_t index, const L1Operation& entry) -> Next {
        if (w.random.chance(40) && (entry.to == w.party(0) || entry.to == w.party(1) || entry.to == w.reenterer)) {
            return step(w.as(entry.to, rollup_call::refund(index, entry, w.any_address(), any_pay_gas(w))));
        }
        return refund(w, index, entry, w.random.chance(20) ? entry.to : Address{}, any_pay_gas(w));
    });
}

Next refund_not_final(World& w) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    if (w.is_final(w.head()) || w.queue.empty()) return std::nullopt;
    const uint64_t index = w.random.below(w.queue.size());
    return refund(w, index, w.queue[index]);
}

Next refund_length(World& w) {
    return refund_with(
        w, [](const L1Operation&) { return true; },
        [&](uint64_t index, const L1Operation& entry) {
            const Bytes bytes = of_other_length(w, entry.encode());
            AbiWriter writer("refund(uint64,bytes,address,uint256)");
            return step(w.as(w.any_actor(), writer.word(index).bytes(bytes).word(Address{}).word(0).take()));
        });
}

Next refund_index(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    if (w.queue.empty()) return std::nullopt;
    const uint64_t consumed = w.head().header.last.l1_ops_consumed;
    std::vector<uint64_t> wrong{w.queue.size(), w.queue.size(), ~uint64_t{0}};
    if (consumed > 0) wrong.insert(wrong.end(), {consumed - 1, w.random.below(consumed)});
    const uint64_t index = w.random.pick(wrong);
    return refund(w, index, w.queue[std::min<uint64_t>(index, w.queue.size() - 1)]);
}

Next refund_again(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_refund(w, [&](uint64_t i, const L1Operation&) { return w.is_refunded(i); });
    if (!found) return refund_success(w);
    return refund(w, *found, w.queue[*found]);
}

Next refund_hash(World& w) {
    return refund_with(
        w, [](const L1Operation&) { return true; },
        [&](uint64_t index, L1Operation entry) {
            switch (w.random.below(4)) {
                case 0:
                    entry.caller = w.any_actor();
                    entry.time ^= 1;
                    break;
                case 1: entry.amount = Amount{entry.amount.value() ^ 1}; break;
                case 2: entry.count ^= 1; break;
                default: entry.kind = static_cast<L1OperationKind>((static_cast<int>(entry.kind) + 1) % 5);
            }
            return refund(w, index, entry);
        });
}

// Nothing of the token is held any more: ghosts have exited with it.
Next refund_short(World& w) {
    auto is_short = [&](const L1Operation& one) { return is_deposit(one) && one.amount.value() > w.held(one.token); };
    Next out = refund_with(w, is_short, [&](uint64_t index, const L1Operation& entry) { return refund(w, index, entry); });
    if (out || !w.frozen()) return out;
    auto most = [&](uint32_t, const Account& leaf) {
        return is_payable(w, leaf) && leaf.balance.value() > w.held(leaf.key.token) / 2 && leaf.key.owner != w.refuser;
    };
    Next drains = exit_with(w, most, as_it_is);
    return drains ? drains : exit_success(w);
}

Next refund_token_fails(World& w) {
    auto pays = [&](const L1Operation& one) { return is_payable(w, one) && !one.token.is_zero(); };
    return refund_with(w, pays, [&](uint64_t index, const L1Operation& entry) {
        return after_theft(w, entry.token, [&]() -> Next { return refund(w, index, entry); });
    });
}

Next exit_unfrozen(World& w) {
    if (w.frozen()) return std::nullopt;
    if (auto found = find_exit(w, any)) return step(exit_by(w, w.any_actor(), *found));
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    return append_step(w, with_estate(w));
}

}  // namespace

std::vector<Goal> exit_goals() {
    auto kind = [](bool (*holds)(World&, const Account&)) {
        return [holds](World& w) {
            return exit_with(
                w, [&](uint32_t, const Account& leaf) { return holds(w, leaf); }, as_it_is);
        };
    };
    return {
        {{"exit", "success"}, exit_success},
        {{"exit", "NotFrozen"}, exit_unfrozen},
        {{"exit", "HeaderLength"}, [](World& w) { return exit_other_bytes(w, true); }},
        {{"exit", "NotOnHead"}, [](World& w) { return exit_with(w, any, [&](Exit& one) { one.header = not_the_heads(w); }); }},
        {{"exit", "BatchNotFinal"}, exit_not_final},
        {{"exit", "LeafLength"}, [](World& w) { return exit_other_bytes(w, false); }},
        {{"exit", "ExitIndex"},
         [](World& w) { return exit_with(w, any, [&](Exit& one) { one.proof.index = wrong_index(w, one.header); }); }},
        {{"exit", "AlreadyExited"}, exit_again},
        {{"exit", "ExitPath"}, exit_path},
        {{"exit", "ChannelLeaf"}, exit_of_channel},
        {{"exit", "ZeroAmount"}, kind([](World&, const Account& leaf) { return leaf.balance.is_zero(); })},
        {{"exit", "ReceiverNotAllowed"},
         [](World& w) {
             auto some = [](uint32_t, const Account& leaf) { return !leaf.balance.is_zero(); };
             return exit_with(w, some, [&](Exit& one) { one.receiver = test::stranger(60 + w.random.below(3)); });
         }},
        {{"exit", "VaultShort"},
         kind([](World& w, const Account& leaf) { return !leaf.balance.is_zero() && !is_payable(w, leaf); })},
        {{"exit", "PayGasShort"},
         [](World& w) {
             auto pays = [&](uint32_t, const Account& leaf) { return is_payable(w, leaf); };
             return exit_with(w, pays, [&](Exit& one) { one.pay_gas = too_much_pay_gas(w); });
         }},
        {{"exit", "PaymentFailed"}, kind([](World& w, const Account& leaf) {
             return is_payable(w, leaf) && leaf.key.token.is_zero() &&
                    (leaf.key.owner == w.refuser || leaf.key.owner == w.rollup || leaf.key.owner == w.token_of(kPlain));
         })},
        {{"exit", "TokenCallFailed"}, exit_token_fails},
        {{"refund", "success"}, refund_success},
        {{"refund", "NotFrozen"},
         [](World& w) -> Next {
             if (w.frozen()) return std::nullopt;
             if (Prep waiting = need_waiting(w); !waiting.met) return waiting.step;
             const uint64_t index = w.random.below(w.queue.size());
             return refund(w, index, w.queue[index]);
         }},
        {{"refund", "BatchNotFinal"}, refund_not_final},
        {{"refund", "EntryLength"}, refund_length},
        {{"refund", "EntryIndex"}, refund_index},
        {{"refund", "AlreadyRefunded"}, refund_again},
        {{"refund", "EntryHash"}, refund_hash},
        {{"refund", "NotADeposit"},
         [](World& w) {
             auto forced = [](const L1Operation& one) { return !is_deposit(one); };
             return refund_with(w, forced, [&](uint64_t i, const L1Operation& entry) { return refund(w, i, entry); });
         }},
        {{"refund", "ReceiverNotAllowed"},
         [](World& w) {
             return refund_with(w, is_deposit, [&](uint64_t i, const L1Operation& entry) {
                 return refund(w, i, entry, test::stranger(70 + w.random.below(3)));
             });
         }},
        {{"refund", "VaultShort"}, refund_short},
        {{"refund", "PayGasShort"},
         [](World& w) {
             auto pays = [&](const L1Operation& one) { return is_payable(w, one); };
             return refund_with(
                 w, pays, [&](uint64_t i, const L1Operation& entry) { return refund(w, i, entry, {}, too_much_pay_gas(w)); });
         }},
        {{"refund", "PaymentFailed"},
         [](World& w) {
             auto refused = [&](const L1Operation& one) {
                 return is_payable(w, one) && one.token.is_zero() && one.to == w.refuser;
             };
             return refund_with(w, refused, [&](uint64_t i, const L1Operation& entry) { return refund(w, i, entry); });
         }},
        {{"refund", "TokenCallFailed"}, refund_token_fails},
    };
}

}  // namespace gavel::twins

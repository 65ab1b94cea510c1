#include <functional>

#include "protocol/account_proof.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/kinds.hpp"
#include "tests/export/export.hpp"
#include "tests/generator/random.hpp"
#include "tests/generator/starting_state.hpp"

namespace gavel::test {
namespace {

Hash named(const std::string& name) { return keccak256(view_of(name)); }

// A state of `leaves` accounts, spread over `count` places if that is more, and `withdrawals` withdrawals.
State some_state(Random& random, uint32_t leaves, uint32_t count) {
    StartingState start;
    for (uint32_t i = 0; i < leaves; ++i) {
        uint32_t gap = count > leaves + 1 ? (count - start.account_count) / (leaves - i) : 1;
        start.account_count += static_cast<uint32_t>(random.below(gap));
        start.add(stranger(random.next()), token(random.below(3)), Amount{random.next()}, random.below(5));
    }
    start.account_count = std::max(start.account_count, count);
    return start.build();
}

Json accounts_case(const State& state) {
    Json leaves = Json::array(), paths = Json::array();
    std::vector<uint32_t> places = {state.accounts.count()};
    auto add = [&](uint32_t index) {
        if (const Account* account = state.accounts.at(index)) {
            leaves.push_back({{"index", index}, {"leaf", hex(account->encode())}});
            places.push_back(index);
        }
    };
    // Far leaves are few: they are found by following the list.
    const Account* account = state.accounts.at(0);
    add(0);
    while (!account->next.is_zero()) {
        uint32_t index = state.accounts.find(account->next).index;
        account = state.accounts.at(index);
        add(index);
    }
    for (uint32_t index : places) paths.push_back({{"index", index}, {"path", hex_list(state.accounts.path(index))}});
    return {{"kind", "accounts"},
            {"what", std::to_string(leaves.size()) + " leaves among " + std::to_string(state.accounts.count())},
            {"count", state.accounts.count()},
            {"leaves", leaves},
            {"root", hex(state.accounts.root())},
            {"paths", paths}};
}

Withdrawal some_withdrawal(Random& random) {
    return {stranger(random.next()), token(random.below(3)), Amount{random.next() + u128{1}}};
}

Json withdrawal_json(const Withdrawal& withdrawal) {
    return {{"recipient", hex(withdrawal.recipient)}, {"token", hex(withdrawal.token)}, {"amount", decimal(withdrawal.amount)}};
}

Json withdrawals_case(Random& random, uint32_t count) {
    WithdrawalTree tree;
    Json list = Json::array(), paths = Json::array();
    for (uint32_t i = 0; i < count; ++i) {
        Withdrawal withdrawal = some_withdrawal(random);
        tree.append(withdrawal.hash());
        list.push_back(withdrawal_json(withdrawal));
    }
    for (uint32_t i = 0; i < count; ++i) paths.push_back({{"index", i}, {"path", hex_list(tree.path(i, count))}});
    return {{"kind", "withdrawals"},    {"what", std::to_string(count) + " withdrawals"}, {"withdrawals", list},
            {"root", hex(tree.root())}, {"frontier", hex_list(tree.frontier().hashes())}, {"paths", paths}};
}

// A frontier alone, and what appending three more leads to.
Json frontier_case(uint32_t count) {
    std::vector<Hash> hashes;
    for (uint32_t bits = count; bits != 0; bits &= bits - 1) hashes.push_back(named("node " + std::to_string(hashes.size())));
    WithdrawalFrontier frontier(count, hashes);
    Json out = {{"kind", "frontier"},
                {"what", "of " + std::to_string(count)},
                {"count", count},
                {"frontier", hex_list(hashes)},
                {"root", hex(frontier.root())}};
    Json appended = Json::array();
    for (int i = 0; i < 3 && frontier.count() < kMaxWithdrawalCount; ++i) {
        Hash leaf = named("appended " + std::to_string(i));
        frontier.append(leaf);
        appended.push_back({{"leaf", hex(leaf)}, {"root", hex(frontier.root())}, {"frontier", hex_list(frontier.hashes())}});
    }
    out["appended"] = appended;
    return out;
}

Json small_tree_case(size_t count) {
    std::vector<Hash> leaves;
    for (size_t i = 0; i < count; ++i) leaves.push_back(named("small " + std::to_string(i)));
    Json paths = Json::array();
    for (size_t i = 0; i<count; i += count> 16 ? 15 : 1)
        paths.push_back({{"index", i}, {"path", hex_list(small_tree_path(leaves, i))}});
    return {{"kind", "smallTree"},
            {"what", std::to_string(count) + " leaves"},
            {"leaves", hex_list(leaves)},
            {"root", hex(small_tree_root(leaves))},
            {"paths", paths}};
}

Json withdrawal_proof_case(const std::string& what, const StateFields& fields, const WithdrawalProof& proof) {
    return {{"kind", "withdrawalProof"},
            {"what", what},
            {"fields", hex(fields.encode())},
            {"position", proof.position},
            {"withdrawal", withdrawal_json(proof.withdrawal)},
            {"path", hex_list(proof.path)},
            {"holds", proof.holds_in(fields)}};
}

Json exit_proof_case(const std::string& what, const StateFields& fields, const ExitProof& proof) {
    return {{"kind", "exitProof"},
            {"what", what},
            {"fields", hex(fields.encode())},
            {"index", proof.index},
            {"leaf", hex(proof.account.encode())},
            {"path", hex_list(proof.path)},
            {"holds", proof.holds_in(fields)}};
}

// A proof that holds, and the same with each part of it changed.
void add_withdrawal_proofs(Cases& out, Random& random, uint32_t count) {
    State state = some_state(random, 3, 0);
    std::vector<Withdrawal> list;
    for (uint32_t i = 0; i < count; ++i) {
        list.push_back(some_withdrawal(random));
        state.withdrawals.append(list.back().hash());
    }
    StateFields fields = state.fields();
    for (uint32_t i : {uint32_t{0}, count / 2, count - 1}) {
        const WithdrawalProof good{i, list[i], state.withdrawals.path(i, count)};
        const std::string place = ", " + std::to_string(i) + " of " + std::to_string(count);
        auto add = [&](const std::string& what, const std::function<void(WithdrawalProof&)>& change) {
            WithdrawalProof proof = good;
            change(proof);
            out.push_back(withdrawal_proof_case(what + place, fields, proof));
            GAVEL_CHECK(out.back()["holds"] == (what == "good"));
        };
        add("good", [](WithdrawalProof&) {});
        add("position at the count", [&](WithdrawalProof& proof) { proof.position = count; });
        add("position the largest", [&](WithdrawalProof& proof) { proof.position = ~uint32_t{0}; });
        add("another position", [&](WithdrawalProof& proof) { proof.position ^= 1; });
        add("another recipient", [](WithdrawalProof& proof) { proof.withdrawal.recipient.bytes[19] ^= 1; });
        add("another token", [](WithdrawalProof& proof) { proof.withdrawal.token.bytes[19] ^= 1; });
        add("another amount",
            [](WithdrawalProof& proof) { proof.withdrawal.amount = Amount{proof.withdrawal.amount.value() ^ 1}; });
        add("a sibling more", [](WithdrawalProof& proof) { proof.path.push_back(Hash{}); });
        if (good.path.empty()) continue;
        add("a sibling less", [](WithdrawalProof& proof) { proof.path.pop_back(); });
        add("another sibling", [](WithdrawalProof& proof) { proof.path.back().bytes[0] ^= 1; });
    }
}

void add_exit_proofs(Cases& out, Random& random, uint32_t leaves, uint32_t count) {
    State state = some_state(random, leaves, count);
    StateFields fields = state.fields();
    uint32_t last = state.accounts.at(0) ? state.accounts.find(state.accounts.at(0)->next).index : 0;
    for (uint32_t i : {uint32_t{0}, last}) {
        const ExitProof good{i, *state.accounts.at(i), state.accounts.path(i)};
        const std::string place = ", " + std::to_string(i) + " of " + std::to_string(fields.account_count);
        auto add = [&](const std::string& what, const std::function<void(ExitProof&)>& change) {
            ExitProof proof = good;
            change(proof);
            out.push_back(exit_proof_case(what + place, fields, proof));
            GAVEL_CHECK(out.back()["holds"] == (what == "good" && i != 0));
        };
        add("good", [](ExitProof&) {});
        add("index at the count", [&](ExitProof& proof) { proof.index = fields.account_count; });
        add("another index", [&](ExitProof& proof) { proof.index ^= 1; });
        add("another owner", [](ExitProof& proof) { proof.account.key.owner.bytes[0] ^= 1; });
        add("another token", [](ExitProof& proof) { proof.account.key.token.bytes[0] ^= 1; });
        add("another nonce", [](ExitProof& proof) { proof.account.nonce ^= 1; });
        add("another balance", [](ExitProof& proof) { proof.account.balance = Amount{proof.account.balance.value() ^ 1}; });
        add("another next key", [](ExitProof& proof) { proof.account.next.token.bytes[19] ^= 1; });
        add("a sibling less", [](ExitProof& proof) { proof.path.pop_back(); });
        add("a sibling more", [](ExitProof& proof) { proof.path.push_back(Hash{}); });
        add("another sibling", [](ExitProof& proof) { proof.path.front().bytes[31] ^= 1; });
    }
}

Json queue_case(Random& random, size_t count) {
    Json entries = Json::array(), hashes = {hex(Hash{})};
    Hash hash;
    for (size_t i = 0; i < count; ++i) {
        L1Operation entry;
        entry.kind = static_cast<L1OperationKind>(random.below(std::size(kL1OperationKinds)));
        entry.caller = stranger(random.next());
        entry.to = stranger(random.next());
        entry.token = token(random.below(3));
        entry.amount = random.chance(20) ? Amount::max() : Amount{random.next()};
        entry.time = random.next();
        if (entry.kind == L1OperationKind::kRedeem) entry.count = random.next();
        hash = entry.chain(hash);
        entries.push_back({{"kind", static_cast<int>(entry.kind)},
                           {"caller", hex(entry.caller)},
                           {"to", hex(entry.to)},
                           {"token", hex(entry.token)},
                           {"amount", decimal(entry.amount)},
                           {"time", decimal(entry.time)},
                           {"count", decimal(entry.count)},
                           {"entry", hex(entry.encode())}});
        hashes.push_back(hex(hash));
    }
    return {{"kind", "queue"}, {"what", std::to_string(count) + " entries"}, {"entries", entries}, {"hashes", hashes}};
}

}  // namespace

Cases tree_cases() {
    Cases out;
    Random random(12);
    for (uint32_t leaves = 0; leaves < 18; ++leaves) out.push_back(accounts_case(some_state(random, leaves, 0)));
    for (uint32_t count : {33u, 1000u, 1u << 20, (1u << 20) + 1, 1u << 31, kMaxAccountCount - 1, kMaxAccountCount})
        out.push_back(accounts_case(some_state(random, 9, count)));
    for (uint32_t count : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50}) out.push_back(withdrawals_case(random, count));
    for (uint32_t count : {0u, 1u, 6u, 255u, 256u, 0x80000000u, 0xfffffffcu, 0xfffffffdu, 0xfffffffeu, 0xffffffffu})
        out.push_back(frontier_case(count));
    for (size_t count : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 100, 128, 129, 255, 256}) out.push_back(small_tree_case(count));
    for (uint32_t count : {1, 2, 5, 8}) add_withdrawal_proofs(out, random, count);
    add_exit_proofs(out, random, 5, 0);
    add_exit_proofs(out, random, 8, 1u << 20);
    add_exit_proofs(out, random, 3, kMaxAccountCount);
    for (size_t count : {0, 1, 2, 20}) out.push_back(queue_case(random, count));
    return out;
}

}  // namespace gavel::test

// A small state with people in it, who sign; and what a hand-made chunk over it is given by (proof_world.hpp).
#pragma once

#include <functional>
#include <map>

#include "protocol/check.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"

namespace gavel::test {

inline const Address kEth{};
inline const Address kToken = PrivateKey::derived("token").address();
inline const Domain kRollup{31337, PrivateKey::derived("rollup").address()};
inline const Hash kDomain = kRollup.separator();

inline Address person(const std::string& name) { return PrivateKey::derived(name).address(); }

// Indexes of the leaves of every World.
enum : uint32_t { kAlice = 1, kBob, kCarolToken, kOperator, kOperatorToken, kRich, kRicher, kSpent, kAliceToken, kFirstNew };

class World : public QueueHashes {
public:
    World() {
        add("alice", kEth, 1000);
        add("bob", kEth, 500);
        add("carol", kToken, 300);
        add("operator", kEth, 7);
        add("operator", kToken, 0);
        add("rich", kEth, ~u128{0});
        add("richer", kEth, ~u128{0});
        add("spent", kEth, 50, kMaxNonce);
        add("alice", kToken, 70);
        for (int i = 0; i < 3; ++i) state.withdrawals.append(Withdrawal{person("alice"), kEth, Amount{5}}.hash());
        for (int i = 0; i < 2; ++i) queue.push_back({L1OperationKind::kDeposit, person("a"), person("b"), kEth, Amount{1}, 100});
        state.counters = {2, 10};
    }

    void add(const std::string& name, const Address& token, u128 balance, uint64_t nonce = 3) {
        keys.emplace(person(name), PrivateKey::derived(name));
        add_leaf(state, {person(name), token}, balance, nonce);
    }

    static void add_leaf(State& state, const AccountKey& key, u128 balance, uint64_t nonce = 3) {
        uint32_t low = state.accounts.find(key).index;
        Account leaf{key, nonce, Amount{balance}, state.accounts.at(low)->next}, linked = *state.accounts.at(low);
        linked.next = key;
        state.accounts.write(low, linked);
        state.accounts.append(leaf);
    }

    void l1(L1OperationKind kind, const std::string& caller, const std::string& to, Amount amount, const Address& token = kEth) {
        queue.push_back({kind, person(caller), person(to), token, amount, 1000 + queue.size()});
    }

    // Signatures of the senders over the chunk's operations as they would execute on the state as it is.
    Bytes sign(const Chunk& chunk) {
        StateRunner runner(state);
        for (unsigned i = 0; i < chunk.l1_operations; ++i) {
            uint64_t index = state.counters.l1_ops_consumed + i;
            if (index < queue.size()) (void)apply_l1_operation(runner, queue[index]);
        }
        Bytes sigs;
        for (const PostedOperation& posted : chunk.operations) {
            FeeTally fees;
            Account sender;
            Operation form;
            (void)execute_operation(runner, kDomain, posted, fees, sender, form);
            if (form.payments.empty()) {  // refused before its words are known
                sigs.resize(sigs.size() + posted.signatures() * Signature::kSize);
                continue;
            }
            append(sigs, signature_of(form.signer(sender), form.digest(kDomain)));
            const ChannelWords& words = form.channel;
            if (!words.take) continue;
            const Voucher voucher{words.channel, form.token, words.count};
            append(sigs, signature_of(words.terms.payer, voucher.digest(kDomain)));
        }
        runner.roll_back(0);
        return sigs;
    }
    // Zeros of whoever has no key.
    Signature signature_of(const Address& who, const Hash& digest) const {
        auto key = keys.find(who);
        return key == keys.end() ? Signature{} : key->second.sign(digest);
    }

    BatchChunk make(const Chunk& chunk) { return {encode_ops(chunk), sign(chunk)}; }

    ListEnv env(uint64_t limit) const { return ListEnv(kDomain, limit, queue); }
    ListEnv env() const { return env(queue.size()); }

    std::optional<Hash> queue_hash(uint64_t index) const override {
        if (index > queue.size()) return std::nullopt;
        Hash hash;
        for (uint64_t i = 0; i < index; ++i) hash = queue[i].chain(hash);
        return hash;
    }

    State state;
    std::map<Address, PrivateKey> keys;
    std::vector<L1Operation> queue;
};

inline PostedOperation transfer(uint32_t sender, Recipient to, u128 amount, u128 fee = 0) {
    return {OperationKind::kTransfer, sender, {{to, Amount{amount}}}, Amount{fee}, {}};
}
inline PostedOperation withdrawal(uint32_t sender, const Address& to, u128 amount, u128 fee = 0) {
    return {OperationKind::kWithdraw, sender, {{{0, to}, Amount{amount}}}, Amount{fee}, {}};
}
inline PostedOperation payout(uint32_t sender, std::vector<PostedPayment> payments, u128 fee = 0) {
    return {OperationKind::kPayout, sender, std::move(payments), Amount{fee}, {}};
}
inline Recipient at(uint32_t index) { return {index, {}}; }
inline Recipient newcomer(const std::string& name) { return {0, person(name)}; }

enum class Effect {
    kChanges,  // a root changes
    kCounted,  // L1 operations are consumed, without any effect
    kNothing,  // nothing at all
};

struct Case {
    std::string name;
    Refusal refusal;  // kNone: the chunk is right
    Effect effect;
    std::function<void(World&, Chunk&)> make;
    std::function<void(World&, BatchChunk&)> damage = {};
    std::function<void(State&)> prepare = {};
};

inline void fill_accounts(State& state) { state.accounts.set_count_for_test(kMaxAccountCount); }
inline void nearly_fill_accounts(State& state) { state.accounts.set_count_for_test(kMaxAccountCount - 1); }
inline void fill_withdrawals(State& state) {
    std::vector<Hash> left(32, keccak256(view_of("left")));
    state.withdrawals = WithdrawalTree::from_frontier(WithdrawalFrontier(kMaxWithdrawalCount, left));
}

}  // namespace gavel::test

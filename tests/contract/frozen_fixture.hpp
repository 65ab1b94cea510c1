// A rollup with accounts from the start, that can be frozen.
#pragma once

#include "tests/contract/contract_fixture.hpp"

namespace gavel::test {

inline const Address kAlice = PrivateKey::derived("alice").address();
inline const Address kBob = PrivateKey::derived("bob").address();
inline const Address kCarol = PrivateKey::derived("carol").address();
// What the contracts that Carol deploys after the rollup will be: their accounts are in genesis, before there are any.
inline Address deployed(uint64_t nth) { return created_address(PrivateKey::derived("carol").address(), nth); }

struct Owned {
    Address owner;
    Address token;
    u128 amount;
    uint64_t nonce = 0;
};

inline State state_of(const std::vector<Owned>& accounts) {
    State out;
    StateRunner view(out);
    for (const Owned& a : accounts) {
        L1Operation deposit{L1OperationKind::kDeposit, a.owner, a.owner, a.token, Amount{a.amount}, 1};
        REQUIRE(apply_l1_operation(view, deposit).ok());
        const uint32_t index = out.accounts.find(AccountKey{a.owner, a.token}).index;
        Account leaf = *out.accounts.at(index);
        leaf.nonce = a.nonce;
        out.accounts.write(index, leaf);
    }
    return out;
}

// A rollup whose genesis holds these accounts, from index 1 on. What the vault lacks for them is deposited later, and never
// consumed.
struct Frozen : ContractFixture {
    explicit Frozen(const std::vector<Owned>& accounts, u128 in_vault = 0)
        : ContractFixture(state_of(accounts).fields()), state(state_of(accounts)) {
        if (in_vault != 0) REQUIRE(send(alice, rollup_call::deposit_eth(kAlice), in_vault) == "");
    }
    L1Operation deposit(u128 amount) {
        REQUIRE(send(carol, rollup_call::deposit_eth(kBob), amount) == "");
        return only_event<L1OperationQueued>().operation;
    }
    // As anybody can once the first L1 operation has waited for the freeze age.
    void freeze() {
        auto waiting = *rollup_view::read_waiting(view(rollup_view::waiting()));
        REQUIRE(waiting.time != 0);
        at(std::max(now(), waiting.time + parameters.freeze_age));
        REQUIRE(send(bob, rollup_call::freeze(0)) == "");
    }
    bool is_frozen() { return *rollup_view::read_bool(view(rollup_view::frozen())); }
    ExitProof proof(uint32_t index) const { return {index, *state.accounts.at(index), state.accounts.path(index)}; }
    Bytes exit(uint32_t index, const Address& receiver = {}) const { return rollup_call::exit(genesis, proof(index), receiver); }
    bool is_exited(uint32_t index) { return *rollup_view::read_bool(view(rollup_view::is_exited(index))); }
    bool is_refunded(uint64_t index) { return *rollup_view::read_bool(view(rollup_view::is_refunded(index))); }
    u128 token_balance(const Address& token, const Address& owner) {
        return *rollup_view::read_amount(view(AbiWriter("balanceOf(address)").word(owner).take(), token));
    }

    State state;
};

}  // namespace gavel::test

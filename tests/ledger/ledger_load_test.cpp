// A ledger of more accounts than are read at once.
#include <catch2/catch.hpp>

#include "ledger/ledger.hpp"
#include "ledger/ledger_start.hpp"
#include "ledger/rows.hpp"
#include "tests/protocol/naive_trees.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("accounts that are read in parts, and withdrawals, lead to the state that was written, or the store is refused") {
    constexpr uint32_t kCount = 65'536 + 200, kWithdrawals = 2'500;
    const Domain domain{7, {}};
    ledger::LedgerBase base;
    node::MemoryStore store;
    {
        State state;
        Bytes leaves = Account{}.encode(), withdrawals;
        for (uint32_t i = 1; i < kCount; ++i) {
            Account leaf;
            leaf.key = key_of(i);
            leaf.balance = Amount{i};
            state.accounts.append(leaf);
            append(leaves, leaf.encode());
        }
        for (uint32_t i = 0; i < kWithdrawals; ++i) {
            const Withdrawal withdrawal{Address::from(number(i)), {}, Amount{u128{1} + i}};
            state.withdrawals.append(withdrawal.hash());
            append(withdrawals, withdrawal.encode());
        }
        base.header.last = state.fields();
        ledger::LedgerStart start(store, domain, base);
        start.add_leaves(leaves);
        start.add_withdrawals(withdrawals);
        start.finish();
    }
    ledger::writing.assume();
    ledger::Ledger loaded(store, domain);
    CHECK(loaded.sealed_fields() == base.header.last);
    CHECK(loaded.sealed_state().before_chunk(0).fields() == base.header.last);

    for (uint32_t index : {uint32_t{1}, uint32_t{65'535}, uint32_t{65'536}, kCount - 1}) {
        const std::string key = ledger::rows::u32_key('A', index), row = *store.get(key);
        std::string changed = row;
        changed[60] = static_cast<char>(changed[60] ^ 1);  // of the balance
        for (const std::optional<std::string>& bad : {std::optional<std::string>(), {row.substr(1)}, {changed}}) {
            auto damaged = store.clone();
            node::WriteBatch batch;
            if (bad) batch.put(key, *bad);
            else batch.erase(key);
            damaged->write(batch, node::Durability::kSynced);
            CHECK_THROWS_AS(ledger::Ledger(*damaged, domain), node::StoreError);
        }
    }
}

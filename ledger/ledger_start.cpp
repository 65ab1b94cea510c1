#include "ledger/ledger_start.hpp"

#include "ledger/rows.hpp"
#include "protocol/check.hpp"

namespace gavel::ledger {
namespace {

constexpr size_t kErasedAtOnce = 10'000;  // rows

bool is_anothers(std::string_view key) { return key.starts_with("l1/") || key.starts_with("blob/"); }

}  // namespace

bool has_ledger(const node::StoreView& store) { return store.get(rows::kFormatKey).has_value(); }

LedgerStart::LedgerStart(node::Store& store, const Domain& domain, const LedgerBase& base)
    : store_(store), domain_(domain), base_(base) {
    GAVEL_CHECK(!has_ledger(store_));
    batch_.put(rows::kStartingKey, "");
    write(node::Durability::kSynced);
    store_.scan("", std::string(1, '\xff'), [&](std::string_view key, std::string_view) {
        if (is_anothers(key) || key == rows::kStartingKey) return true;
        batch_.erase(key);
        if (batch_.operations().size() == kErasedAtOnce) write();
        return true;
    });
    write();
}

void LedgerStart::write(node::Durability durability) {
    if (!batch_.empty()) store_.write(batch_, durability);
    batch_.clear();
}

void LedgerStart::add_leaves(ByteView leaves) {
    GAVEL_CHECK(leaves.size() % Account::kSize == 0);
    for (; !leaves.empty(); leaves = leaves.subspan(Account::kSize))
        batch_.put(rows::u32_key('A', leaves_++), string_of(leaves.first(Account::kSize)));
    write();
}

void LedgerStart::add_withdrawals(ByteView withdrawals) {
    GAVEL_CHECK(withdrawals.size() % Withdrawal::kSize == 0);
    for (; !withdrawals.empty(); withdrawals = withdrawals.subspan(Withdrawal::kSize)) {
        const Withdrawal withdrawal = Withdrawal::decode(withdrawals.first(Withdrawal::kSize));
        batch_.put(rows::u32_key('W', withdrawals_), encode_withdrawal({withdrawals_, withdrawal, kNoEntry}));
        batch_.put(rows::pair_key('w', withdrawal.recipient, withdrawals_), "");
        ++withdrawals_;
    }
    write();
}

void LedgerStart::finish() {
    const StateFields& state = base_.header.last;
    GAVEL_CHECK(leaves_ == state.account_count && withdrawals_ == state.withdrawal_count);
    batch_.put(rows::kFormatKey, rows::format_value(domain_.separator(), rows::kTurns));
    batch_.put(rows::kBaseKey, encode_base(base_));
    batch_.put(rows::kSealKey, rows::seal_value(state, 0));
    batch_.put(rows::kListsKey, rows::lists_value(0, 0, 0));
    batch_.erase(rows::kStartingKey);
    write(node::Durability::kSynced);
}

}  // namespace gavel::ledger

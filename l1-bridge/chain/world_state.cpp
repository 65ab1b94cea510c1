#include "l1-bridge/chain/world_state.hpp"

#include "l1-bridge/wire/rlp.hpp"
#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

constexpr uint8_t kNativeMark = 0xfe;
const Bytes kDelegationMark{0xef, 0x01, 0x00};

ChainAccount decode_account(const std::optional<std::string>& record) {
    ChainAccount out;
    if (!record) return out;
    RlpReader outer(view_of(*record));
    RlpReader fields = outer.list();
    out.nonce = fields.integer64();
    out.balance = fields.integer();
    out.code = to_bytes(fields.string());
    GAVEL_CHECK(fields.finished() && outer.finished());
    return out;
}

Hash decode_word(const std::optional<std::string>& record) {
    if (!record) return {};
    GAVEL_CHECK(record->size() == Hash::kSize);
    return Hash::from(view_of(*record));
}

std::optional<std::string> encode_word(const Hash& word) {
    if (word.is_zero()) return std::nullopt;
    return string_of(word);
}

}  // namespace

bool ChainAccount::is_delegated() const {
    return code.size() == kDelegationMark.size() + Address::kSize &&
           std::equal(kDelegationMark.begin(), kDelegationMark.end(), code.begin());
}

std::string ChainAccount::native_name() const {
    return code.empty() || code[0] != kNativeMark ? "" : string_of(ByteView{code}.subspan(1));
}

Bytes ChainAccount::native_code(std::string_view name) {
    Bytes out{kNativeMark};
    append(out, view_of(name));
    return out;
}

Bytes ChainAccount::delegation_to(const Address& address) {
    Bytes out = kDelegationMark;
    append(out, address);
    return out;
}

std::string account_key(const Address& address) { return "a" + string_of(address); }

std::string storage_key(const Address& address, const Hash& slot) { return "s" + string_of(address) + string_of(slot); }

std::optional<std::string> encode_account(const ChainAccount& account) {
    if (account.is_empty()) return std::nullopt;
    return string_of(RlpWriter().integer(account.nonce).integer(account.balance).string(account.code).as_list());
}

const ChainAccount& WorldState::account(const Address& address) {
    auto found = accounts_.find(address);
    if (found == accounts_.end()) found = accounts_.emplace(address, decode_account(view_.get(account_key(address)))).first;
    return found->second;
}

void WorldState::set_account(const Address& address, ChainAccount account_now) {
    journal_.push_back({Kind::kAccount, address, {}, account(address), {}, 0});
    accounts_[address] = std::move(account_now);
}

Hash WorldState::storage(const Address& address, const Hash& slot) {
    auto found = storage_.find({address, slot});
    if (found == storage_.end()) {
        found = storage_.emplace(Slot{address, slot}, decode_word(view_.get(storage_key(address, slot)))).first;
    }
    return found->second;
}

void WorldState::set_storage(const Address& address, const Hash& slot, const Hash& value) {
    Hash old = storage(address, slot);
    originals_.emplace(Slot{address, slot}, old);
    journal_.push_back({Kind::kStorage, address, slot, {}, old, 0});
    storage_[{address, slot}] = value;
}

bool WorldState::transfer(const Address& from, const Address& to, u128 amount) {
    if (account(from).balance < amount) return false;
    if (amount == 0 || from == to) return true;
    if (account(to).balance > ~u128{0} - amount) return false;
    ChainAccount payer = account(from), payee = account(to);
    payer.balance -= amount;
    payee.balance += amount;
    set_account(from, std::move(payer));
    set_account(to, std::move(payee));
    return true;
}

void WorldState::begin_transaction() {
    originals_.clear();
    transient_.clear();
    warm_addresses_.clear();
    warm_slots_.clear();
    refund_ = 0;
    logs_.clear();
    journal_.clear();
}

bool WorldState::touch(const Address& address) {
    if (!warm_addresses_.insert(address).second) return true;
    journal_.push_back({Kind::kWarmAddress, address, {}, {}, {}, 0});
    return false;
}

bool WorldState::touch(const Address& address, const Hash& slot) {
    if (!warm_slots_.insert({address, slot}).second) return true;
    journal_.push_back({Kind::kWarmSlot, address, slot, {}, {}, 0});
    return false;
}

Hash WorldState::original(const Address& address, const Hash& slot) {
    auto found = originals_.find({address, slot});
    return found != originals_.end() ? found->second : storage(address, slot);
}

Hash WorldState::transient(const Address& address, const Hash& slot) const {
    auto found = transient_.find({address, slot});
    return found != transient_.end() ? found->second : Hash{};
}

void WorldState::set_transient(const Address& address, const Hash& slot, const Hash& value) {
    journal_.push_back({Kind::kTransient, address, slot, {}, transient(address, slot), 0});
    transient_[{address, slot}] = value;
}

void WorldState::add_refund(int64_t amount) {
    journal_.push_back({Kind::kRefund, {}, {}, {}, {}, refund_});
    refund_ += amount;
}

void WorldState::add_log(LogEntry log) {
    journal_.push_back({Kind::kLog, {}, {}, {}, {}, 0});
    logs_.push_back(std::move(log));
}

void WorldState::undo(const Entry& entry) {
    switch (entry.kind) {
        case Kind::kAccount: accounts_[entry.address] = entry.old_account; break;
        case Kind::kStorage: storage_[{entry.address, entry.slot}] = entry.old_value; break;
        case Kind::kTransient: transient_[{entry.address, entry.slot}] = entry.old_value; break;
        case Kind::kWarmAddress: warm_addresses_.erase(entry.address); break;
        case Kind::kWarmSlot: warm_slots_.erase({entry.address, entry.slot}); break;
        case Kind::kRefund: refund_ = entry.old_refund; break;
        case Kind::kLog: logs_.pop_back(); break;
    }
}

void WorldState::revert_to(size_t snapshot) {
    GAVEL_CHECK(snapshot <= journal_.size());
    while (journal_.size() > snapshot) {
        undo(journal_.back());
        journal_.pop_back();
    }
}

std::vector<StateChange> WorldState::changes() const {
    std::vector<StateChange> out;
    auto add = [&](std::string key, std::optional<std::string> after) {
        auto before = view_.get(key);
        if (before != after) out.push_back({std::move(key), std::move(before), std::move(after)});
    };
    for (const auto& [address, account_now] : accounts_) add(account_key(address), encode_account(account_now));
    for (const auto& [slot, value] : storage_) add(storage_key(slot.first, slot.second), encode_word(value));
    return out;
}

}  // namespace gavel::l1

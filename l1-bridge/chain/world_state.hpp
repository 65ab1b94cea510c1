// Accounts and storage while a block is made: journaled, so that a revert at any depth is exact, over a view of what is kept.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "l1-bridge/chain/block.hpp"
#include "protocol/amount.hpp"

namespace gavel::l1 {

struct ChainAccount {
    uint64_t nonce = 0;
    u128 balance = 0;
    // Empty; 0xfe and a native contract's name; or 0xef0100 and an address (EIP-7702).
    Bytes code;

    bool is_empty() const { return nonce == 0 && balance == 0 && code.empty(); }
    bool is_delegated() const;
    // Name of the native contract; empty if there is none.
    std::string native_name() const;
    static Bytes native_code(std::string_view name);
    static Bytes delegation_to(const Address& address);
    friend bool operator==(const ChainAccount&, const ChainAccount&) = default;
};

// State as of some block, by key: "a" address -> RLP of an account, "s" address slot -> word. What is absent is empty or zero.
class WorldView {
public:
    virtual ~WorldView() = default;
    virtual std::optional<std::string> get(const std::string& key) const = 0;
};

struct StateChange {
    std::string key;
    std::optional<std::string> before;
    std::optional<std::string> after;
};

// Not thread-safe. `view` must outlive it.
class WorldState {
public:
    explicit WorldState(const WorldView& view) : view_(view) {}

    const ChainAccount& account(const Address& address);
    void set_account(const Address& address, ChainAccount account);
    Hash storage(const Address& address, const Hash& slot);
    void set_storage(const Address& address, const Hash& slot, const Hash& value);
    // Moves wei; false, with nothing changed, if there is too little or the receiver's balance would be over 2^128-1.
    bool transfer(const Address& from, const Address& to, u128 amount);

    // What belongs to one transaction.
    void begin_transaction();
    // Makes it warm; whether it was.
    bool touch(const Address& address);
    bool touch(const Address& address, const Hash& slot);
    // Value of the slot when the transaction began.
    Hash original(const Address& address, const Hash& slot);
    // EIP-1153: zero when the transaction began.
    Hash transient(const Address& address, const Hash& slot) const;
    void set_transient(const Address& address, const Hash& slot, const Hash& value);
    void add_refund(int64_t amount);
    int64_t refund() const { return refund_; }
    void add_log(LogEntry log);
    const std::vector<LogEntry>& logs() const { return logs_; }

    size_t snapshot() const { return journal_.size(); }
    // Undoes everything since that snapshot of the same transaction.
    void revert_to(size_t snapshot);

    // All differences from the view, by ascending key.
    std::vector<StateChange> changes() const;

private:
    using Slot = std::pair<Address, Hash>;
    enum class Kind : uint8_t { kAccount, kStorage, kTransient, kWarmAddress, kWarmSlot, kRefund, kLog };
    struct Entry {
        Kind kind;
        Address address;
        Hash slot;
        ChainAccount old_account;
        Hash old_value;
        int64_t old_refund = 0;
    };
    void undo(const Entry& entry);

    const WorldView& view_;
    std::map<Address, ChainAccount> accounts_;
    std::map<Slot, Hash> storage_;
    std::map<Slot, Hash> originals_;  // of slots written; a revert needn't forget one, for it stays true
    std::map<Slot, Hash> transient_;
    std::set<Address> warm_addresses_;
    std::set<Slot> warm_slots_;
    int64_t refund_ = 0;
    std::vector<LogEntry> logs_;
    std::vector<Entry> journal_;
};

std::string account_key(const Address& address);
std::string storage_key(const Address& address, const Hash& slot);
// nullopt for an empty account, which is not kept.
std::optional<std::string> encode_account(const ChainAccount& account);

}  // namespace gavel::l1

// How a native contract sees the simulated chain.
//
// A native contract is C++ code that stands at an address, as EVM code does on Ethereum. It is one immutable object for all
// addresses at which it is deployed: everything that it remembers is kept in the metered 32-byte storage slots of the address
// that it runs for, so that one mechanism persists, reverts and reorganises everything.
//
// Gas of storage, logs, calls and hashes is charged by the host as Ethereum's schedule has it (l1-bridge/chain/gas_schedule.hpp);
// a contract charges what else it wants to by use_gas(). When the gas is used up, host functions throw; the exception passes
// through the contract, which never catches it, to the edge of the call, where all effects of that call are undone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {

// Outcome of a call: return data, or the data of a revert (a custom error: 4 bytes of selector and ABI-encoded arguments; empty
// when the gas ran out).
struct CallResult {
    bool success = false;
    Bytes data;

    static CallResult ok(Bytes data = {}) { return {true, std::move(data)}; }
    static CallResult revert(Bytes data = {}) { return {false, std::move(data)}; }
};

// Thrown by a contract to revert from any depth of its own functions: the same as returning CallResult::revert(data).
struct Revert {
    Bytes data;
};

struct CallContext {
    Address self;    // address whose storage and balance are used
    Address sender;  // msg.sender
    Address origin;  // tx.origin
    u128 value = 0;  // wei, already credited to `self`
    bool is_static = false;
};

// The chain as one running call sees it. Not thread-safe; lives as long as that call.
class Host {
public:
    static constexpr uint64_t kAllGas = ~uint64_t{0};
    virtual ~Host() = default;

    // Storage of the contract that runs; a slot never written is zero. SLOAD and SSTORE by EIP-2929, 2200 and 3529.
    virtual Hash load(const Hash& slot) = 0;
    virtual void store(const Hash& slot, const Hash& value) = 0;
    // The same word without charge: for what never changes after the constructor, which Solidity keeps in the code (immutables).
    virtual Hash load_immutable(const Hash& slot) = 0;
    // The same for one transaction: zero again after it (TLOAD and TSTORE, EIP-1153: 100 gas each).
    virtual Hash load_transient(const Hash& slot) = 0;
    virtual void store_transient(const Hash& slot, const Hash& value) = 0;

    // Wei of any account. Cold or warm account access.
    virtual u128 balance(const Address& address) = 0;
    // EXTCODESIZE > 0: a native contract, or an account with an EIP-7702 delegation. Cold or warm account access.
    virtual bool has_code(const Address& address) = 0;
    // Only the second of these two. Cold or warm account access.
    virtual bool is_delegated(const Address& address) = 0;

    // Calls another contract or pays an account, with all but a 64th of the gas left (EIP-150) or `most_gas` if that is less, at
    // most 64 calls deep. On failure nothing of the inner call remains, and the value stays here. Calling an account without code
    // succeeds with no data.
    virtual CallResult call(const Address& to, u128 value, ByteView calldata, uint64_t most_gas = kAllGas) = 0;
    // The same, with nothing written by anybody (STATICCALL).
    virtual CallResult static_call(const Address& to, ByteView calldata) = 0;
    // Pays by a call without data; false if the balance is too small or the recipient reverts.
    virtual bool send_value(const Address& to, u128 amount) = 0;

    // At most four topics. Charged as LOGn.
    virtual void emit_log(std::vector<Hash> topics, Bytes data) = 0;

    // keccak256, charged as the KECCAK256 opcode: 30, and 6 for each word.
    virtual Hash keccak(ByteView data) = 0;
    virtual void use_gas(uint64_t amount) = 0;
    virtual uint64_t gas_left() const = 0;

    virtual uint64_t block_time() const = 0;  // seconds
    virtual uint64_t block_number() const = 0;
    virtual uint64_t chain_id() const = 0;
    // BLOBHASH (EIP-4844): the versioned hash of the transaction's blob of that index, zero if it has none. 3 gas.
    virtual Hash blob_hash(uint64_t index) = 0;
};

class NativeContract {
public:
    virtual ~NativeContract() = default;
    // Runs once, when deployed; `args` are the ABI-encoded constructor arguments. A revert leaves no contract.
    virtual CallResult construct(Host& host, const CallContext& context, ByteView args) const = 0;
    // Any calldata, also none (plain ETH).
    virtual CallResult call(Host& host, const CallContext& context, ByteView calldata) const = 0;
};

// Native contracts by name, fixed before a chain opens. A transaction without recipient whose data begins with a contract's
// creation code deploys it; the rest are the constructor arguments.
class NativeRegistry {
public:
    // `creation_code`: of the Solidity contract whose twin it is, so that one transaction deploys either. A contract that has no
    // such twin (a test's) is created by a tag instead: keccak256("gavel.native:<name>").
    void add(std::string name, std::shared_ptr<const NativeContract> contract, ByteView creation_code = {});
    // nullptr if there is none.
    const NativeContract* find(std::string_view name) const;

    struct Creation {
        std::string_view name;
        const NativeContract* contract = nullptr;
        ByteView args;
        // Of the code that the twin's constructor leaves behind, for which a creation pays by the byte: taken to be as long as
        // the creation code. Zero for a contract without a twin.
        uint64_t deployed_bytes = 0;
    };
    // What a creation with this data deploys. The views live as long as the registry and the data.
    std::optional<Creation> find_creation(ByteView data) const;
    // Data of the transaction that deploys a contract that has no twin.
    static Bytes creation_data(std::string_view name, ByteView constructor_args);

private:
    struct Entry {
        std::shared_ptr<const NativeContract> contract;
        Bytes creation_code;
        bool has_twin = false;
    };
    std::map<std::string, Entry, std::less<>> contracts_;
};

// Where Solidity would keep things, so that a contract's state can be read by eth_getStorageAt as in its Solidity twin.
namespace slots {

// Slot number `index`, counted from the first state variable.
Hash at(uint64_t index);
// slot + offset, as a 256-bit integer (a struct's fields, an array's elements).
Hash plus(const Hash& slot, uint64_t offset);
// mapping(uint => ...) at `base`: keccak256(key || base). Charged as KECCAK256 of 64 bytes when given a host.
Hash mapping(Host& host, const Hash& key, const Hash& base);
Hash mapping(Host& host, const Address& key, const Hash& base);
Hash mapping(Host& host, u128 key, const Hash& base);
// Element `index` of a dynamic array of one-slot elements at `base`: keccak256(base) + index.
Hash element(Host& host, const Hash& base, uint64_t index);

}  // namespace slots

// Words of storage.
Hash word_of(u128 value);
Hash word_of(const Address& address);
// The low 128 bits, low 20 bytes.
u128 low_u128(const Hash& word);
Address low_address(const Hash& word);

}  // namespace gavel::l1

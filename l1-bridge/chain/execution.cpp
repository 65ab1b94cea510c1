#include "l1-bridge/chain/execution.hpp"

#include <algorithm>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/wire/blob_gas.hpp"
#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

constexpr size_t kMaxDepth = 64;  // bounds the C++ stack; no contract here comes near it

// Out of gas, or a write in a static call: the call fails and its gas is gone. Passes through contracts, to the edge of their
// call.
struct ExceptionalHalt {};

// What all frames of one transaction share.
struct Execution {
    WorldState& state;
    const NativeRegistry& registry;
    const BlockEnvironment& block;
    Address origin;
    const std::vector<Hash>& blob_hashes;
};

// nullptr for an account without a contract. That a deployed contract is registered was checked when the chain opened.
const NativeContract* contract_at(Execution& shared, const Address& address) {
    std::string name = shared.state.account(address).native_name();
    if (name.empty()) return nullptr;
    const NativeContract* contract = shared.registry.find(name);
    GAVEL_CHECK(contract != nullptr);
    return contract;
}

// One running call: the host of the contract that it runs.
class Frame final : public Host {
public:
    Frame(Execution& shared, const Address& self, bool is_static, size_t depth, uint64_t gas)
        : shared_(shared), self_(self), is_static_(is_static), depth_(depth), gas_(gas) {}

    // `is_creation`: the constructor. On failure the state is as before; the gas left stands in gas_left().
    CallResult run(const NativeContract& contract, const CallContext& context, ByteView data, bool is_creation) {
        size_t before = shared_.state.snapshot();
        CallResult result;
        try {
            use_gas(gas::kNativeCall);
            result = is_creation ? contract.construct(*this, context, data) : contract.call(*this, context, data);
        } catch (Revert& revert) {
            result = CallResult::revert(std::move(revert.data));
        } catch (const ExceptionalHalt&) {
            gas_ = 0;
            result = CallResult::revert();
        }
        if (!result.success) shared_.state.revert_to(before);
        return result;
    }

    Hash load(const Hash& slot) override {
        use_gas(shared_.state.touch(self_, slot) ? gas::kWarm : gas::kColdSlot);
        return shared_.state.storage(self_, slot);
    }

    Hash load_immutable(const Hash& slot) override { return shared_.state.storage(self_, slot); }

    void store(const Hash& slot, const Hash& value) override {
        forbid_if_static();
        if (gas_ <= gas::kStoreSentry) throw ExceptionalHalt{};
        uint64_t cold = shared_.state.touch(self_, slot) ? 0 : gas::kColdSlot;
        Hash current = shared_.state.storage(self_, slot), original = shared_.state.original(self_, slot);
        use_gas(cold + store_cost(original, current, value));
        refund_store(original, current, value);
        shared_.state.set_storage(self_, slot, value);
    }

    Hash load_transient(const Hash& slot) override {
        use_gas(gas::kTransient);
        return shared_.state.transient(self_, slot);
    }

    void store_transient(const Hash& slot, const Hash& value) override {
        forbid_if_static();
        use_gas(gas::kTransient);
        shared_.state.set_transient(self_, slot, value);
    }

    u128 balance(const Address& address) override { return access(address).balance; }
    bool has_code(const Address& address) override { return !access(address).code.empty(); }
    bool is_delegated(const Address& address) override { return access(address).is_delegated(); }

    CallResult call(const Address& to, u128 value, ByteView calldata, uint64_t most_gas) override {
        if (value != 0) forbid_if_static();
        return inner_call(to, value, calldata, is_static_, most_gas);
    }
    CallResult static_call(const Address& to, ByteView calldata) override { return inner_call(to, 0, calldata, true, kAllGas); }
    bool send_value(const Address& to, u128 amount) override { return call(to, amount, {}, kAllGas).success; }

    void emit_log(std::vector<Hash> topics, Bytes data) override {
        GAVEL_CHECK(topics.size() <= 4);
        forbid_if_static();
        use_gas(gas::kLog + gas::kLogTopic * topics.size() + gas::kLogByte * data.size());
        shared_.state.add_log({self_, std::move(topics), std::move(data)});
    }

    Hash keccak(ByteView data) override {
        use_gas(gas::keccak(data.size()));
        return keccak256(data);
    }
    void use_gas(uint64_t amount) override {
        if (gas_ < amount) throw ExceptionalHalt{};
        gas_ -= amount;
    }
    uint64_t gas_left() const override { return gas_; }
    uint64_t block_time() const override { return shared_.block.time; }
    uint64_t block_number() const override { return shared_.block.number; }
    uint64_t chain_id() const override { return shared_.block.chain_id; }
    Hash blob_hash(uint64_t index) override {
        use_gas(gas::kBlobHash);
        return index < shared_.blob_hashes.size() ? shared_.blob_hashes[index] : Hash{};
    }

private:
    void forbid_if_static() const {
        if (is_static_) throw ExceptionalHalt{};
    }

    const ChainAccount& access(const Address& address) {
        use_gas(shared_.state.touch(address) ? gas::kWarm : gas::kColdAccount);
        return shared_.state.account(address);
    }

    static uint64_t store_cost(const Hash& original, const Hash& current, const Hash& value) {
        if (current == value || original != current) return gas::kWarm;
        return original.is_zero() ? gas::kSlotSet : gas::kSlotReset;
    }

    // EIP-3529's table of refunds.
    void refund_store(const Hash& original, const Hash& current, const Hash& value) {
        if (current == value) return;
        auto clear = static_cast<int64_t>(gas::kSlotClearRefund);
        int64_t refund = 0;
        if (!original.is_zero()) {
            if (current.is_zero()) refund -= clear;
            if (value.is_zero()) refund += clear;
        }
        if (original == value && original != current) {
            refund += static_cast<int64_t>((original.is_zero() ? gas::kSlotSet : gas::kSlotReset) - gas::kWarm);
        }
        if (refund != 0) shared_.state.add_refund(refund);
    }

    CallResult inner_call(const Address& to, u128 value, ByteView calldata, bool is_static, uint64_t most_gas) {
        bool is_new = access(to).is_empty();
        if (value != 0) use_gas(gas::kCallValue + (is_new ? gas::kNewAccount : 0));
        uint64_t passed = std::min(most_gas, gas_ - gas_ / 64);
        use_gas(passed);
        uint64_t inner_gas = passed + (value != 0 ? gas::kCallStipend : 0);
        size_t before = shared_.state.snapshot();
        if (depth_ + 1 >= kMaxDepth || !shared_.state.transfer(self_, to, value)) {
            gas_ += inner_gas;
            return CallResult::revert();
        }
        const NativeContract* contract = contract_at(shared_, to);
        if (contract == nullptr) {
            gas_ += inner_gas;
            return CallResult::ok();
        }
        Frame inner(shared_, to, is_static, depth_ + 1, inner_gas);
        CallResult result = inner.run(*contract, {to, self_, shared_.origin, value, is_static}, calldata, false);
        gas_ += inner.gas_left();
        if (!result.success) shared_.state.revert_to(before);
        return result;
    }

    Execution& shared_;
    Address self_;
    bool is_static_;
    size_t depth_;
    uint64_t gas_;
};

// Outcome of the message itself; `gas` becomes what is left.
CallResult run_call(Execution& shared, const Transaction& transaction, uint64_t& gas_left) {
    const Address& to = *transaction.to;
    size_t before = shared.state.snapshot();
    shared.state.touch(to);
    if (!shared.state.transfer(shared.origin, to, transaction.value)) return CallResult::revert();
    const NativeContract* contract = contract_at(shared, to);
    if (contract == nullptr) return CallResult::ok();
    Frame frame(shared, to, false, 0, gas_left);
    CallContext context{to, shared.origin, shared.origin, transaction.value, false};
    CallResult result = frame.run(*contract, context, transaction.data, false);
    gas_left = frame.gas_left();
    if (!result.success) shared.state.revert_to(before);
    return result;
}

CallResult run_creation(Execution& shared, const Transaction& transaction, const Address& at, uint64_t& gas_left) {
    const auto creation = shared.registry.find_creation(transaction.data);
    const ChainAccount existing = shared.state.account(at);
    if (!creation || existing.nonce != 0 || !existing.code.empty()) {
        gas_left = 0;
        return CallResult::revert();
    }
    size_t before = shared.state.snapshot();
    shared.state.touch(at);
    ChainAccount created = existing;
    created.nonce = 1;
    shared.state.set_account(at, created);
    if (!shared.state.transfer(shared.origin, at, transaction.value)) return CallResult::revert();
    Frame frame(shared, at, false, 0, gas_left);
    CallContext context{at, shared.origin, shared.origin, transaction.value, false};
    CallResult result = frame.run(*creation->contract, context, creation->args, true);
    gas_left = frame.gas_left();
    Bytes code = ChainAccount::native_code(creation->name);
    const uint64_t deposit = gas::kCodeByte * std::max<uint64_t>(creation->deployed_bytes, code.size());
    if (result.success && gas_left < deposit) {
        gas_left = 0;
        result = CallResult::revert();
    }
    if (!result.success) {
        shared.state.revert_to(before);
        return result;
    }
    gas_left -= deposit;
    created = shared.state.account(at);
    created.code = std::move(code);
    shared.state.set_account(at, created);
    return result;
}

void warm_up(WorldState& state, const BlockEnvironment& block, const Transaction& transaction, const Address& sender) {
    state.touch(sender);
    state.touch(block.coinbase);  // EIP-3651
    for (const AccessEntry& entry : transaction.access_list) {
        state.touch(entry.address);
        for (const Hash& slot : entry.slots) state.touch(entry.address, slot);
    }
}

void credit(WorldState& state, const Address& address, u128 amount) {
    ChainAccount account = state.account(address);
    account.balance += std::min(amount, ~u128{0} - account.balance);
    if (amount != 0) state.set_account(address, account);
}

}  // namespace

std::optional<ExecutionResult> execute(WorldState& state, const NativeRegistry& registry, const BlockEnvironment& block,
                                       const Transaction& transaction, const Address& sender, const GasPrices& prices) {
    const uint64_t limit = transaction.gas_limit, intrinsic = gas::intrinsic(transaction);
    GAVEL_CHECK(limit >= gas::minimum_limit(transaction));
    ChainAccount payer = state.account(sender);
    const u128 cost = cost_of(transaction, prices.gas, prices.blob_gas);
    if (cost == ~u128{0} || payer.balance < cost) return std::nullopt;
    const u128 fee = cost - transaction.value;

    state.begin_transaction();
    warm_up(state, block, transaction, sender);
    Address created = created_address(sender, payer.nonce);
    payer.balance -= fee;
    payer.nonce += 1;
    state.set_account(sender, payer);

    Execution shared{state, registry, block, sender, transaction.blob_hashes};
    uint64_t gas_left = limit - intrinsic;
    ExecutionResult out;
    out.outcome = transaction.to ? run_call(shared, transaction, gas_left) : run_creation(shared, transaction, created, gas_left);

    GAVEL_CHECK(state.refund() >= 0);
    uint64_t floor = gas::floor(transaction), used = limit - gas_left;
    out.gas_before_refund = std::max(used, floor);
    used -= std::min(static_cast<uint64_t>(state.refund()), used / gas::kMaxRefundQuotient);
    out.gas_used = std::max(used, floor);
    credit(state, sender, prices.gas * (limit - out.gas_used));
    if (prices.gas > block.base_fee) credit(state, block.coinbase, (prices.gas - block.base_fee) * out.gas_used);
    out.logs = state.logs();
    if (!transaction.to && out.outcome.success) out.contract_address = created;
    return out;
}

}  // namespace gavel::l1

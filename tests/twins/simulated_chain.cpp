#include <stdexcept>

#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "node/clock.hpp"
#include "node/store.hpp"
#include "tests/contract/stand_ins.hpp"
#include "tests/twins/chains.hpp"

namespace gavel::twins {
namespace {

// The rollup contract, its calls written down.
class Recorded final : public NativeContract {
public:
    CallResult construct(Host& host, const CallContext& context, ByteView args) const override {
        calls.push_back({context.sender, context.value, to_bytes(args), true, {}, true});
        try {
            CallResult result = contract_.construct(host, context, args);
            if (!result.success) throw Revert{result.data};
            return result;
        } catch (const Revert& revert) {
            calls.back().success = false;
            calls.back().output = revert.data;
            throw;
        }
    }
    CallResult call(Host& host, const CallContext& context, ByteView calldata) const override {
        const size_t at = calls.size();
        calls.push_back({context.sender, context.value, to_bytes(calldata), false, {}, false});
        try {
            CallResult result = contract_.call(host, context, calldata);
            calls[at].success = result.success;
            calls[at].output = result.data;
            return result;
        } catch (const Revert& revert) {
            calls[at].output = revert.data;
            throw;
        }
    }
    mutable std::vector<RunningCall> calls;

private:
    RollupContract contract_;
};

template <class T>
T value_of(node::Result<T> result) {
    if (!result) throw std::runtime_error("simulated chain: " + node::to_string(result.status()));
    return std::move(*result);
}

class SimulatedTwin final : public Chain {
public:
    SimulatedTwin() {
        registry_.add(kRollupName, rollup_);
        test::add_stand_ins(registry_);
    }
    const char* name() const override { return "simulated"; }

    void begin(const std::vector<std::pair<Address, u128>>& funds) override {
        chain_.reset();
        store_ = std::make_unique<node::MemoryStore>();
        ChainOptions options;
        options.chain_id = kChainId;
        options.block_gas_limit = 1'000'000'000;
        options.initial_base_fee = 0;
        options.least_blob_tip = 0;
        options.genesis_balances = funds;
        chain_ = value_of(SimulatedChain::open(*store_, clock_, registry_, options));
    }
    void watch(const Address&) override {}  // there is one rollup in a chain

    Bytes creation(const std::string& contract, ByteView arguments) override {
        return NativeRegistry::creation_data(contract, arguments);
    }

    BlockResult mine(const std::vector<SignedTransaction>& transactions, uint64_t time) override {
        set_time(time);
        for (const SignedTransaction& transaction : transactions) (void)value_of(chain_->send_raw(transaction.raw));
        rollup_->calls.clear();
        const BlockHeader header = chain_->mine();
        BlockResult out;
        for (size_t i = 0; i < transactions.size(); ++i) {
            auto receipt = chain_->receipt(transactions[i].hash);
            if (!receipt || receipt->block_number != header.number || receipt->tx_index != i) {
                throw std::runtime_error("simulated chain: transaction " + std::to_string(i) + " isn't in its place");
            }
            BlockResult::Sent sent{receipt->success, {}, receipt->contract_address};
            for (Log& log : receipt->logs) sent.logs.push_back({log.address, std::move(log.topics), std::move(log.data)});
            out.transactions.push_back(std::move(sent));
        }
        out.calls = std::move(rollup_->calls);
        return out;
    }

    void delegate(const Address& account, const Address& to, uint64_t time) override {
        set_time(time);
        chain_->set_delegation(account, to);
    }

    CallReply call(const Address& to, const Bytes& data) override {
        CallRequest request;
        request.to = to;
        request.data = data;
        return value_of(chain_->call(request));
    }
    u128 balance(const Address& address) override { return value_of(chain_->account(address)).balance; }
    Hash storage(const Address& address, const Hash& slot) override { return value_of(chain_->storage(address, slot)); }

private:
    void set_time(uint64_t time) {
        if (auto status = chain_->set_next_block_time(time); !status.ok()) {
            throw std::runtime_error("simulated chain: " + node::to_string(status));
        }
    }

    std::shared_ptr<Recorded> rollup_ = std::make_shared<Recorded>();
    NativeRegistry registry_;
    node::ManualClock clock_{kGenesisTime * 1000};
    std::unique_ptr<node::MemoryStore> store_;
    std::unique_ptr<SimulatedChain> chain_;
};

}  // namespace

std::unique_ptr<Chain> simulated_chain() { return std::make_unique<SimulatedTwin>(); }

}  // namespace gavel::twins

#include "bench/gas_chain.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kGasLimit = uint64_t{1} << 24;
constexpr u128 kEther = 1'000'000'000'000'000'000;

template <class T>
T take(node::Result<T> result, const char* what) {
    if (!result) throw std::runtime_error(fmt::format("{}: {}", what, node::to_string(result.status())));
    return std::move(*result);
}

Row row_of(const l1::SignedTransaction& sent, const l1::Receipt& there, const l1::Receipt& here) {
    Row row;
    row.calldata = sent.body.data.size();
    row.transaction = sent.raw.size();
    row.intrinsic = l1::gas::intrinsic(sent.body);
    row.floor = l1::gas::floor(sent.body);
    row.gas = there.gas_used;
    row.gas_later = gas_later(there.gas_used, row.calldata);
    row.simulated = here.gas_used;
    row.block = there.block_number;
    return row;
}

}  // namespace

TwoChains::TwoChains(const std::string& url) {
    l1::JsonRpcOptions options;
    options.url = url;
    options.timeout = std::chrono::seconds(60);
    options.error_names = l1::rollup_error_names();
    there_ = std::make_unique<l1::JsonRpcClient>(options);
    uint64_t start = take(there_->head(), "head").time;
    clock_.advance_to(start * 1000);
    registry_.add(l1::kRollupName, std::make_shared<l1::RollupContract>(), l1::rollup_creation_code());
    registry_.add(l1::TestToken::kName, std::make_shared<l1::TestToken>(), l1::test_token_creation_code());
    here_ = take(l1::SimulatedChain::open(store_, clock_, registry_, {}), "simulated chain");
    time_ = start + 1000;
}

TwoChains::~TwoChains() = default;

l1::SignedTransaction TwoChains::signed_by(const PrivateKey& from, std::optional<Address> to, const Bytes& data, u128 value) {
    Address address = from.address();
    if (!nonces_.contains(address)) {
        const u128 wealth = u128{1'000'000'000} * kEther;
        take(there_->request("anvil_setBalance", nlohmann::json{to_hex(address), l1::rpc::quantity(wealth)}.dump()), "funding");
        here_->set_balance(address, wealth);
        nonces_[address] = 0;
    }
    l1::Transaction body;
    body.chain_id = chain_id();
    body.nonce = nonces_[address]++;
    body.max_priority_fee = 1'000'000'000;
    body.max_fee = 1'000'000'000'000;
    body.gas_limit = kGasLimit;
    body.to = to;
    body.value = value;
    body.data = data;
    return sign(body, from);
}

l1::Receipt TwoChains::mine_there(const l1::SignedTransaction& transaction) {
    take(there_->request("evm_setNextBlockTimestamp", nlohmann::json{l1::rpc::quantity(time_)}.dump()), "block time");
    Hash hash = take(there_->send_raw(transaction.raw), "sending");
    for (int tries = 0; tries < 3000; ++tries) {
        if (auto receipt = take(there_->receipt(hash), "receipt")) return *receipt;
        struct timespec pause = {0, 2'000'000};
        nanosleep(&pause, nullptr);
    }
    throw std::runtime_error("a transaction is in no block");
}

l1::Receipt TwoChains::mine_here(const l1::SignedTransaction& transaction) {
    if (auto status = here_->set_next_block_time(time_); !status.ok()) throw std::runtime_error(node::to_string(status));
    Hash hash = take(here_->send_raw(transaction.raw), "sending to the simulated chain");
    here_->mine();
    auto receipt = here_->receipt(hash);
    if (!receipt) throw std::runtime_error("the simulated chain mines nothing");
    return *receipt;
}

Row TwoChains::send(const PrivateKey& from, const Address& to, const Bytes& data, u128 value) {
    l1::SignedTransaction transaction = signed_by(from, to, data, value);
    l1::Receipt there = mine_there(transaction), here = mine_here(transaction);
    if (!there.success || !here.success) {
        auto reply = there_->try_call({from.address(), to, value, data, kGasLimit, std::nullopt});
        std::string why = reply ? node::to_string(l1::L1Client::revert_status(there_->error_names(), reply->data)) : "";
        throw std::runtime_error(
            fmt::format("a call of {} bytes: {} there, {} here; {}", data.size(), there.success, here.success, why));
    }
    bool alike = there.logs.size() == here.logs.size();
    for (size_t i = 0; alike && i < there.logs.size(); ++i) {
        alike = there.logs[i].topics == here.logs[i].topics && there.logs[i].data == here.logs[i].data;
    }
    if (!alike) throw std::runtime_error("the two chains tell different events");
    time_ += kBlockTime;
    return row_of(transaction, there, here);
}

Row TwoChains::deploy(const Bytes& creation, Address& at) {
    l1::SignedTransaction transaction = signed_by(PrivateKey::derived("gas deployer"), std::nullopt, creation, 0);
    l1::Receipt there = mine_there(transaction), here = mine_here(transaction);
    if (!there.success || !here.success || there.contract_address != here.contract_address) {
        throw std::runtime_error("a contract can't be deployed");
    }
    at = *there.contract_address;
    time_ += kBlockTime;
    return row_of(transaction, there, here);
}

Address TwoChains::deploy_there(const std::string& file) {
    std::ifstream in(file);
    std::string text;
    in >> text;
    auto code = from_hex(text);
    if (!code || code->empty()) throw std::runtime_error(file + " holds no creation code");
    l1::Receipt receipt = mine_there(signed_by(PrivateKey::derived("gas other deployer"), std::nullopt, *code, 0));
    if (!receipt.success) throw std::runtime_error("deploying " + file + " fails");
    time_ += kBlockTime;
    return *receipt.contract_address;
}

Bytes TwoChains::call_there(const Address& to, const Bytes& data) {
    l1::CallRequest request;
    request.to = to;
    request.data = data;
    request.gas = 30'000'000;
    l1::CallReply reply = take(there_->try_call(request), "call");
    if (!reply.success) {
        throw std::runtime_error(node::to_string(l1::L1Client::revert_status(there_->error_names(), reply.data)));
    }
    return reply.data;
}

Bytes TwoChains::view(const Address& to, const Bytes& data) {
    Bytes there = call_there(to, data);
    l1::CallRequest request;
    request.to = to;
    request.data = data;
    l1::CallReply here = take(here_->call(request), "view");
    if (!here.success || here.data != there) throw std::runtime_error("the two chains show different things");
    return there;
}

}  // namespace gavel::bench

#include "bench/own_l1.hpp"

#include <stdexcept>

#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/deployment.hpp"

namespace gavel::bench {

OwnL1::OwnL1(const std::vector<PrivateKey>& rich) {
    registry_.add(l1::kRollupName, std::make_shared<l1::RollupContract>(), l1::rollup_creation_code());
    registry_.add(l1::TestToken::kName, std::make_shared<l1::TestToken>(), l1::test_token_creation_code());
    l1::ChainOptions options;
    options.block_gas_limit = kBlockGas;
    options.minimum_base_fee = kGwei;
    options.genesis_balances.emplace_back(bank.address(), 1'000'000'000 * kEther);
    for (const PrivateKey& key : rich) options.genesis_balances.emplace_back(key.address(), 1'000'000 * kEther);
    auto opened = l1::SimulatedChain::open(store_, clock, registry_, options);
    if (!opened) throw std::runtime_error(node::to_string(opened.status()));
    chain = std::move(*opened);
    const uint64_t week = 7 * 24 * 3600, day = 24 * 3600;
    parameters = {week, day, week + day + l1::kFreezeMargin, 32 * kEther, {}};
    rollup = *run(bank, std::nullopt, l1::rollup_creation(parameters)).contract_address;
}

OwnL1::~OwnL1() = default;

l1::BlockHeader OwnL1::mine() {
    clock.advance(kBlockTime * 1000);
    return chain->mine();
}

Bytes OwnL1::transaction(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value,
                         uint64_t gas_limit, u128 max_fee) {
    const Address sender = from.address();
    l1::Transaction body;
    body.chain_id = chain->chain_id();
    body.nonce = nonces_[sender]++;
    body.max_priority_fee = kGwei;
    body.max_fee = max_fee ? max_fee : 1'000'000 * kGwei;
    body.gas_limit = gas_limit;
    body.to = to;
    body.value = value;
    body.data = data;
    return l1::sign(body, from).raw;
}

Hash OwnL1::send(const Bytes& raw) {
    auto hash = chain->send_raw(raw);
    if (!hash) throw std::runtime_error(node::to_string(hash.status()));
    return *hash;
}

l1::Receipt OwnL1::run(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value) {
    Hash hash = send(transaction(from, to, data, value, uint64_t{1} << 24));
    mine();
    auto receipt = chain->receipt(hash);
    if (!receipt || !receipt->success) {
        throw std::runtime_error("a transaction of " + std::to_string(data.size()) + " bytes fails on the L1");
    }
    return *receipt;
}

uint64_t OwnL1::append(const Bytes& calldata) {
    if (!std::exchange(bank_sits_, true)) run(bank, rollup, l1::rollup_call::become_sequencer(), parameters.stake);
    return run(bank, rollup, calldata).gas_used;
}

}  // namespace gavel::bench

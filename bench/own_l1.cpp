#include "bench/own_l1.hpp"

#include <stdexcept>

#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/deployment.hpp"

namespace gavel::bench {
namespace {

constexpr u128 kAnything = 1'000'000 * kGwei;  // per gas
constexpr uint64_t kMostGas = uint64_t{1} << 24;

// The least excess of blob gas at which blobs cost their reserve.
uint64_t excess_at_reserve(const l1::BlobSchedule& schedule, u128 base_fee) {
    uint64_t low = 0, high = 64 * schedule.update_fraction;  // e^64
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (l1::blob_base_fee(schedule, middle) * 16 >= base_fee) high = middle;
        else low = middle + 1;
    }
    return low;
}

}  // namespace

void BlobCost::add(uint64_t more_payments, const l1::Receipt& receipt) {
    payments += more_payments;
    gas += receipt.gas_used;
    if (receipt.blob_gas) blob_gas += receipt.blob_gas->used;
}

OwnL1::OwnL1(const std::vector<PrivateKey>& rich) {
    registry_.add(l1::kRollupName, std::make_shared<l1::RollupContract>(), l1::rollup_creation_code());
    registry_.add(l1::TestToken::kName, std::make_shared<l1::TestToken>(), l1::test_token_creation_code());
    l1::ChainOptions options;
    options.block_gas_limit = kBlockGas;
    options.minimum_base_fee = kGwei;
    options.initial_blob_excess = excess_at_reserve(options.blob_schedule, kGwei);
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

l1::Transaction OwnL1::draft(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value,
                             uint64_t gas_limit, u128 max_fee) {
    l1::Transaction out;
    out.chain_id = chain->chain_id();
    out.nonce = nonces_[from.address()]++;
    out.max_priority_fee = kGwei;
    out.max_fee = max_fee ? max_fee : kAnything;
    out.gas_limit = gas_limit;
    out.to = to;
    out.value = value;
    out.data = data;
    return out;
}

Bytes OwnL1::transaction(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value,
                         uint64_t gas_limit, u128 max_fee) {
    return l1::sign(draft(from, to, data, value, gas_limit, max_fee), from).raw;
}

Bytes OwnL1::blob_transaction(const PrivateKey& from, const Address& to, const Bytes& data, const l1::BlobSidecar& sidecar,
                              uint64_t gas_limit, const BlobBids& bids) {
    l1::Transaction body = draft(from, to, data, 0, gas_limit, bids.max_fee);
    body.max_blob_fee = bids.max_blob_fee ? bids.max_blob_fee : kAnything;
    body.blob_hashes = l1::versioned_hashes(sidecar);
    return l1::network_form(l1::sign(body, from), sidecar);
}

Hash OwnL1::send(const Bytes& raw) {
    auto hash = chain->send_raw(raw);
    if (!hash) throw std::runtime_error(node::to_string(hash.status()));
    return *hash;
}

l1::Receipt OwnL1::mined(const Bytes& raw, size_t bytes) {
    Hash hash = send(raw);
    mine();
    auto receipt = chain->receipt(hash);
    if (!receipt || !receipt->success) {
        throw std::runtime_error("a transaction of " + std::to_string(bytes) + " bytes fails on the L1");
    }
    return *receipt;
}

l1::Receipt OwnL1::run(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value) {
    return mined(transaction(from, to, data, value, kMostGas), data.size());
}

void OwnL1::sit_down() {
    if (!std::exchange(bank_sits_, true)) run(bank, rollup, l1::rollup_call::become_sequencer(), parameters.stake);
}

uint64_t OwnL1::append(const Bytes& calldata) {
    sit_down();
    return run(bank, rollup, calldata).gas_used;
}

l1::Receipt OwnL1::append_blobs(const PostedBatch& batch, const l1::BlobSidecar& sidecar) {
    sit_down();
    const Bytes calldata = l1::rollup_call::append_blobs(batch.data().argument);
    return mined(blob_transaction(bank, rollup, calldata, sidecar, kMostGas, {}), calldata.size());
}

}  // namespace gavel::bench

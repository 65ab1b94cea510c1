#include "bench/gas_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
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
constexpr u128 kTip = 1'000'000'000;  // wei per gas

template <class T>
T take(node::Result<T> result, const char* what) {
    if (!result) throw std::runtime_error(fmt::format("{}: {}", what, node::to_string(result.status())));
    return std::move(*result);
}

// The rollup of the simulated chain, with a call more: store(bytes32 slot, bytes32 word), as Anvil's anvil_setStorageAt.
class WritableRollup final : public l1::RollupContract {
public:
    static Bytes store_call(const Hash& slot, const Hash& word) { return l1::AbiWriter(kStore).word(slot).word(word).take(); }

    l1::CallResult call(l1::Host& host, const l1::CallContext& context, ByteView calldata) const override {
        static const Bytes selector = l1::AbiWriter(kStore).take();
        if (calldata.size() != 68 || !std::ranges::equal(calldata.first(4), selector)) {
            return l1::RollupContract::call(host, context, calldata);
        }
        host.store(Hash::from(calldata.subspan(4, 32)), Hash::from(calldata.subspan(36)));
        return l1::CallResult::ok();
    }

private:
    static constexpr const char* kStore = "store(bytes32,bytes32)";
};

// Without the tip, which is the miner's; what a transaction was charged is its receipt's.
u128 fee_of(const l1::Receipt& receipt) {
    u128 fee = receipt.gas_used * (receipt.effective_gas_price - kTip);
    if (receipt.blob_gas) fee += receipt.blob_gas->used * receipt.blob_gas->price;
    return fee;
}

}  // namespace

TwoChains::TwoChains(const std::string& url) {
    l1::JsonRpcOptions options;
    options.url = url;
    options.timeout = std::chrono::minutes(5);  // for its first blobs a node loads KZG's setup, and machines may be busy
    options.error_names = l1::rollup_error_names();
    there_ = std::make_unique<l1::JsonRpcClient>(options);
    uint64_t start = take(there_->head(), "head").time;
    clock_.advance_to(start * 1000);
    registry_.add(l1::kRollupName, std::make_shared<WritableRollup>(), l1::rollup_creation_code());
    registry_.add(l1::TestToken::kName, std::make_shared<l1::TestToken>(), l1::test_token_creation_code());
    l1::ChainOptions held;
    held.initial_base_fee = held.minimum_base_fee = kBaseFee;
    here_ = take(l1::SimulatedChain::open(store_, clock_, registry_, held), "simulated chain");
    time_ = start + 1000;
}

TwoChains::~TwoChains() = default;

l1::SignedTransaction TwoChains::signed_by(const PrivateKey& from, l1::Transaction body) {
    Address address = from.address();
    if (!nonces_.contains(address)) {
        const u128 wealth = u128{1'000'000'000} * kEther;
        take(there_->request("anvil_setBalance", nlohmann::json{to_hex(address), l1::rpc::quantity(wealth)}.dump()), "funding");
        here_->set_balance(address, wealth);
        nonces_[address] = 0;
    }
    body.chain_id = chain_id();
    body.nonce = nonces_[address]++;
    body.max_priority_fee = kTip;
    body.max_fee = 1'000 * kTip;
    body.gas_limit = kGasLimit;
    if (body.has_blobs()) body.max_blob_fee = kTip;
    return sign(body, from);
}

l1::Receipt TwoChains::mine_there(ByteView raw) {
    auto set = [&](const char* method, u128 value) {
        take(there_->request(method, nlohmann::json{l1::rpc::quantity(value)}.dump()), method);
    };
    set("evm_setNextBlockTimestamp", time_);
    set("anvil_setNextBlockBaseFeePerGas", kBaseFee);
    Hash hash = take(there_->send_raw(raw), "sending");
    for (int tries = 0; tries < 3000; ++tries) {
        if (auto receipt = take(there_->receipt(hash), "receipt")) return *receipt;
        struct timespec pause = {0, 2'000'000};
        nanosleep(&pause, nullptr);
    }
    throw std::runtime_error("a transaction is in no block");
}

l1::Receipt TwoChains::mine_here(ByteView raw) {
    if (auto status = here_->set_next_block_time(time_); !status.ok()) throw std::runtime_error(node::to_string(status));
    Hash hash = take(here_->send_raw(raw), "sending to the simulated chain");
    here_->mine();
    auto receipt = here_->receipt(hash);
    if (!receipt) throw std::runtime_error("the simulated chain mines nothing");
    return *receipt;
}

Repriced TwoChains::trace_there(const Hash& transaction) {
    auto ask = [&](nlohmann::json tracer) {
        std::string params = nlohmann::json{to_hex(transaction), std::move(tracer)}.dump();
        return nlohmann::json::parse(take(there_->request("debug_traceTransaction", params), "trace"));
    };
    return Repriced::read(ask({{"tracer", "callTracer"}}),
                          ask({{"tracer", "prestateTracer"}, {"tracerConfig", {{"diffMode", true}}}}));
}

Row TwoChains::mine(const l1::SignedTransaction& transaction, ByteView raw) {
    const l1::Transaction& body = transaction.body;
    l1::Receipt there = mine_there(raw), here = mine_here(raw);
    if (!there.success || !here.success || there.contract_address != here.contract_address) {
        auto reply =
            there_->try_call({transaction.sender, body.to, body.value, body.data, kGasLimit, {}, 0, 0, body.blob_hashes});
        std::string why = reply ? node::to_string(l1::L1Client::revert_status(there_->error_names(), reply->data)) : "";
        throw std::runtime_error(
            fmt::format("a call of {} bytes: {} there, {} here; {}", body.data.size(), there.success, here.success, why));
    }
    bool alike = there.logs.size() == here.logs.size();
    for (size_t i = 0; alike && i < there.logs.size(); ++i) {
        alike = there.logs[i].topics == here.logs[i].topics && there.logs[i].data == here.logs[i].data;
    }
    if (!alike) throw std::runtime_error("the two chains tell different events");
    time_ += kBlockTime;

    Row row;
    row.calldata = body.data.size();
    row.transaction = transaction.raw.size();
    row.intrinsic = l1::gas::intrinsic(body);
    row.floor = l1::gas::floor(body);
    row.gas = gas_by_schedule(body, there.gas_used, trace_there(transaction.hash));
    row.simulated = here.gas_used;
    row.fee = fee_of(there);
    row.fee_simulated = fee_of(here);
    row.block = there.block_number;
    row.contract = there.contract_address;
    return row;
}

Row TwoChains::send(const PrivateKey& from, const Address& to, const Bytes& data, u128 value) {
    l1::Transaction body;
    body.to = to;
    body.data = data;
    body.value = value;
    l1::SignedTransaction transaction = signed_by(from, body);
    return mine(transaction, transaction.raw);
}

Row TwoChains::send_blobs(const PrivateKey& from, const Address& to, const Bytes& data, const l1::BlobSidecar& sidecar) {
    l1::Transaction body;
    body.to = to;
    body.data = data;
    body.blob_hashes = l1::versioned_hashes(sidecar);
    l1::SignedTransaction transaction = signed_by(from, body);
    return mine(transaction, l1::network_form(transaction, sidecar));
}

Row TwoChains::deploy(const Bytes& creation, Address& at) {
    l1::Transaction body;
    body.data = creation;
    l1::SignedTransaction transaction = signed_by(PrivateKey::derived("gas deployer"), body);
    Row row = mine(transaction, transaction.raw);
    at = row.contract.value();
    return row;
}

Hash TwoChains::load_there(const Address& address, const Hash& slot) {
    std::string params = nlohmann::json{to_hex(address), to_hex(slot), "latest"}.dump();
    auto word = from_hex(nlohmann::json::parse(take(there_->request("eth_getStorageAt", params), "storage")).get<std::string>());
    if (!word || word->size() != Hash::kSize) throw std::runtime_error("eth_getStorageAt gives no word");
    return Hash::from(*word);
}

void TwoChains::store(const Address& rollup, const Hash& slot, const Hash& word) {
    std::string params = nlohmann::json{to_hex(rollup), to_hex(slot), to_hex(word)}.dump();
    take(there_->request("anvil_setStorageAt", params), "anvil_setStorageAt");
    l1::Transaction body;
    body.to = rollup;
    body.data = WritableRollup::store_call(slot, word);
    // Of a key that sends nothing else: on the other chain its nonce stays.
    l1::Receipt receipt = mine_here(signed_by(PrivateKey::derived("gas writer"), body).raw);
    if (!receipt.success) throw std::runtime_error("the simulated chain's storage can't be written");
    time_ += kBlockTime;
}

Address TwoChains::deploy_there(const std::string& file) {
    std::ifstream in(file);
    std::string text;
    in >> text;
    auto code = from_hex(text);
    if (!code || code->empty()) throw std::runtime_error(file + " holds no creation code");
    l1::Transaction body;
    body.data = *code;
    l1::Receipt receipt = mine_there(signed_by(PrivateKey::derived("gas other deployer"), body).raw);
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

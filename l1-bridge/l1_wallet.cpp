#include "l1-bridge/l1_wallet.hpp"

#include <algorithm>
#include <thread>

namespace gavel::l1 {

L1Wallet::L1Wallet(L1Client& client, const PrivateKey& key, L1WalletOptions options)
    : client_(client), key_(key), address_(key.address()), options_(options) {}

node::Result<Transaction> L1Wallet::prepare(const std::optional<Address>& to, u128 value, Bytes data,
                                            std::optional<uint64_t> gas_limit) {
    if (!chain_id_) {
        auto id = client_.chain_id();
        if (!id) return id.status();
        chain_id_ = *id;
    }
    auto fees = client_.fees();
    if (!fees) return fees.status();
    auto nonce = client_.nonce(address_, true);
    if (!nonce) return nonce.status();
    Transaction out{*chain_id_, *nonce, fees->priority_fee, 0, 0, to, value, std::move(data), {}};
    // Twice the base fee lasts for six full blocks.
    out.max_fee = 2 * fees->base_fee + fees->priority_fee;
    if (options_.max_fee_cap != 0 && out.max_fee > options_.max_fee_cap) {
        if (fees->base_fee >= options_.max_fee_cap) {
            return node::Status{node::Code::kFailedPrecondition, "L1_FEE_OVER_CAP", "max_fee_cap",
                                "the L1's base fee is " + to_string(Amount{fees->base_fee}) + " wei, above the cap"};
        }
        out.max_fee = options_.max_fee_cap;
        out.max_priority_fee = std::min(out.max_priority_fee, out.max_fee);
    }
    if (gas_limit) {
        out.gas_limit = *gas_limit;
        return out;
    }
    CallRequest request;
    request.from = address_;
    request.to = to;
    request.value = value;
    request.data = out.data;
    auto gas = client_.estimate_gas(request);
    if (!gas) return gas.status();
    out.gas_limit = std::max(*gas, std::min(*gas * options_.gas_margin / 100, options_.max_gas));
    return out;
}

node::Result<Hash> L1Wallet::send(const std::optional<Address>& to, u128 value, Bytes data, std::optional<uint64_t> gas_limit) {
    std::lock_guard lock(mutex_);
    auto transaction = prepare(to, value, std::move(data), gas_limit);
    if (!transaction) return transaction.status();
    return client_.send_raw(sign(*transaction, key_).raw);
}

node::Result<Receipt> L1Wallet::wait(const Hash& tx_hash, std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (true) {
        auto found = client_.receipt(tx_hash);
        if (!found) return found.status();
        if (*found) return std::move(**found);
        if (std::chrono::steady_clock::now() + options_.poll > until) {
            return node::Status{node::Code::kDeadlineExceeded, "L1_TIMEOUT", "", to_hex(tx_hash) + " is not in a block yet"};
        }
        std::this_thread::sleep_for(options_.poll);
    }
}

node::Result<Receipt> L1Wallet::run(const std::optional<Address>& to, u128 value, Bytes data, std::chrono::milliseconds timeout) {
    auto hash = send(to, value, std::move(data));
    if (!hash) return hash.status();
    auto receipt = wait(*hash, timeout);
    if (receipt && !receipt->success) return explain(*receipt);
    return receipt;
}

node::Status L1Wallet::explain(const Receipt& failed) {
    const node::Status unknown{node::Code::kAborted, "EXECUTION_REVERTED", "revert",
                               to_hex(failed.tx_hash) + " failed in its block"};
    auto input = client_.transaction_input(failed.tx_hash);
    if (!input || !*input || failed.block_number == 0) return unknown;
    CallRequest request;
    request.from = failed.from;
    request.to = failed.to;
    request.value = (*input)->value;
    request.data = (*input)->input;
    request.block = failed.block_number - 1;
    auto reply = client_.try_call(request);
    if (!reply || reply->success) return unknown;
    return L1Client::revert_status(client_.error_names(), reply->data);
}

}  // namespace gavel::l1

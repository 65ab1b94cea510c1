#include "cli/bulk_sender.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "l1-bridge/wire/transaction.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kOnTheWay = 2'000;
// The base fee grows by an eighth with each full block; what isn't used isn't paid.
constexpr u128 kFeeRoom = 20;
constexpr std::chrono::milliseconds kPoll{50};
constexpr std::chrono::minutes kPatience{2};
constexpr std::chrono::seconds kReceiptPatience{10};

}  // namespace

Result<uint64_t> BulkSender::gas_limit_for(const BulkTransaction& transaction) {
    l1::CallRequest request;
    request.from = key_.address();
    request.to = transaction.to;
    request.value = transaction.value;
    request.data = transaction.data;
    auto gas = client_.estimate_gas(request);
    if (!gas) return gas.status();
    return std::min(*gas + *gas / 2, uint64_t{1} << 24);
}

Result<BulkResult> BulkSender::run(const std::vector<BulkTransaction>& transactions,
                                   const std::function<void(uint64_t)>& progress) {
    auto chain_id = client_.chain_id();
    if (!chain_id) return chain_id.status();
    auto nonce = client_.nonce(key_.address(), true);
    if (!nonce) return nonce.status();
    auto fees = client_.fees();
    if (!fees) return fees.status();
    BulkResult result;
    result.first_nonce = *nonce;
    l1::Transaction body;
    body.chain_id = *chain_id;
    body.max_priority_fee = fees->priority_fee;
    body.max_fee = fees->base_fee * kFeeRoom + fees->priority_fee;
    for (size_t i = 0; i < transactions.size(); ++i) {
        if (i >= kOnTheWay && i % 100 == 0) {
            Status waited = wait_for_nonce(*nonce + i - kOnTheWay, *nonce, progress);
            if (!waited.ok()) return waited;
        }
        body.nonce = *nonce + i;
        body.to = transactions[i].to;
        body.value = transactions[i].value;
        body.data = transactions[i].data;
        body.gas_limit = transactions[i].gas_limit;
        const l1::SignedTransaction signed_transaction = l1::sign(body, key_);
        auto sent = client_.send_raw(signed_transaction.raw);
        if (!sent) return sent.status();
        result.hashes.push_back(signed_transaction.hash);
    }
    Status waited = wait_for_nonce(*nonce + transactions.size(), *nonce, progress);
    if (!waited.ok()) return waited;
    Status checked = check_receipts(transactions, result);
    if (!checked.ok()) return checked;
    return result;
}

Status BulkSender::wait_for_nonce(uint64_t nonce, uint64_t first, const std::function<void(uint64_t)>& progress) {
    auto last_change = std::chrono::steady_clock::now();
    uint64_t last = first;
    for (;;) {
        auto mined = client_.nonce(key_.address(), false);
        if (!mined) return mined.status();
        if (progress) progress(*mined - first);
        if (*mined >= nonce) return {};
        const auto now = std::chrono::steady_clock::now();
        if (*mined != last) last_change = now;
        last = *mined;
        if (now - last_change > kPatience) return {Code::kDeadlineExceeded, "L1_TIMEOUT", "", "the L1 mines nothing of ours"};
        std::this_thread::sleep_for(kPoll);
    }
}

// A node may count a transaction in the account's nonce a little before it tells the receipt.
Result<l1::Receipt> BulkSender::receipt_of(const Hash& mined) {
    const auto end = std::chrono::steady_clock::now() + kReceiptPatience;
    for (;;) {
        auto receipt = client_.receipt(mined);
        if (!receipt) return receipt.status();
        if (*receipt) return **receipt;
        if (std::chrono::steady_clock::now() > end) {
            return Status{Code::kAborted, "L1_REORGANISED", "", "a mined transaction is gone: " + to_hex(mined)};
        }
        std::this_thread::sleep_for(kPoll);
    }
}

Status BulkSender::check_receipts(const std::vector<BulkTransaction>& transactions, BulkResult& result) {
    for (size_t i = 0; i < result.hashes.size(); ++i) {
        auto receipt = receipt_of(result.hashes[i]);
        if (!receipt) return receipt.status();
        result.gas_used += receipt->gas_used;
        if (receipt->success) continue;
        l1::CallRequest again;
        again.from = key_.address();
        again.to = transactions[i].to;
        again.value = transactions[i].value;
        again.data = transactions[i].data;
        auto reply = client_.try_call(again);
        if (reply && !reply->success) return l1::L1Client::revert_status(client_.error_names(), reply->data);
        return {Code::kAborted, "EXECUTION_REVERTED", "", "transaction " + to_hex(result.hashes[i]) + " failed"};
    }
    return {};
}

}  // namespace gavel::cli

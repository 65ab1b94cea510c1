// What became of what a wallet has sent.

#include "l1-bridge/client/l1_wallet.hpp"

namespace gavel::l1 {

bool L1Wallet::has_version(const Sent& sent, const Hash& hash) {
    return std::find(sent.hashes.begin(), sent.hashes.end(), hash) != sent.hashes.end();
}

const L1Wallet::Sent* L1Wallet::find(const Hash& hash) const {
    for (const auto& [nonce, sent] : sent_)
        if (has_version(sent, hash)) return &sent;
    return nullptr;
}

node::Result<std::optional<Receipt>> L1Wallet::receipt(const Hash& sent) {
    std::vector<Hash> hashes{sent};
    {
        std::lock_guard lock(mutex_);
        if (const Sent* found = find(sent)) hashes = found->hashes;
    }
    for (auto hash = hashes.rbegin(); hash != hashes.rend(); ++hash) {
        auto receipt = client_.receipt(*hash);
        if (!receipt || *receipt) return receipt;
    }
    return std::optional<Receipt>{};
}

node::Result<bool> L1Wallet::is_lost(const Hash& sent) {
    bool is_known = false;
    {
        std::lock_guard lock(mutex_);
        const Sent* found = find(sent);
        if (found && found->waits()) return false;
        is_known = found != nullptr && found->body().nonce < mined_;
    }
    auto mined = receipt(sent);
    if (!mined) return mined.status();
    if (*mined || is_known) return !mined->has_value();
    auto waiting = client_.transaction_input(sent);
    if (!waiting) return waiting.status();
    return !waiting->has_value();
}

node::Result<Receipt> L1Wallet::wait(const Hash& sent, std::chrono::milliseconds timeout) {
    const uint64_t until_ms = clock_.steady_ms() + static_cast<uint64_t>(timeout.count());
    for (;;) {
        node::Status trouble = keep_up();
        auto found = receipt(sent);
        if (found && *found) return std::move(**found);
        if (!found) trouble = found.status();
        if (clock_.steady_ms() + static_cast<uint64_t>(options_.poll.count()) > until_ms) return not_seen(sent, trouble);
        clock_.sleep(options_.poll);
    }
}

// Where a transaction is that wait() gives up on. It was handed over: nothing here says that it failed.
node::Status L1Wallet::not_seen(const Hash& sent, const node::Status& trouble) {
    std::vector<Hash> hashes{sent};
    {
        std::lock_guard lock(mutex_);
        if (const Sent* found = find(sent)) hashes = found->hashes;
    }
    std::string reason = "TX_NOT_KNOWN", where = "the node doesn't know it, or doesn't know it yet";
    for (const Hash& hash : hashes) {
        auto known = client_.transaction_input(hash);
        if (known && !*known) continue;
        reason = "L1_TIMEOUT";
        if (!known) where = "the node can't tell where it is (" + node::to_string(known.status()) + ")";
        else if ((*known)->block_number)
            where = "it is in block " + std::to_string(*(*known)->block_number) + ", and its receipt can't be read yet";
        else where = "it waits for a block";
        break;
    }
    std::string message = to_hex(sent) + " was sent; " + where;
    if (!trouble.ok()) message += "; " + node::to_string(trouble);
    return {node::Code::kDeadlineExceeded, reason, "", message + "; ask for it by this hash before sending anything again"};
}

node::Result<Receipt> L1Wallet::run(const std::optional<Address>& to, u128 value, Bytes data, std::chrono::milliseconds timeout) {
    auto hash = send(to, value, std::move(data));
    if (!hash) return hash.status();
    if (options_.on_sent) options_.on_sent(*hash);
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
    request.blob_hashes = (*input)->blob_hashes;
    request.block = failed.block_number - 1;
    auto reply = client_.try_call(request);
    if (!reply || reply->success) return unknown;
    return L1Client::revert_status(client_.error_names(), reply->data);
}

}  // namespace gavel::l1

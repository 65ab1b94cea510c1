#include "l1-bridge/l1_wallet.hpp"

#include <algorithm>
#include <thread>

#include "node/log.hpp"

namespace gavel::l1 {
namespace {

constexpr u128 kGwei = 1'000'000'000;
constexpr uint64_t kSendAgainMs = 2'000;   // between two tries to give a node what it lacks
constexpr uint64_t kMostFilled = 64;       // unknown nonces that are filled at once
constexpr int kLostInARow = 5;             // answers before wait() believes that a transaction is lost
constexpr uint64_t kTransferGas = 21'000;

// An eighth more: what every node's mempool takes for a replacement (geth asks for a tenth).
u128 raised(u128 fee) { return fee + std::max<u128>(fee / 8 + (fee % 8 != 0), 1); }

// Whether the node may have taken the transaction though it didn't say so.
bool is_unclear(const node::Status& status) {
    return status.code == node::Code::kUnavailable || status.reason == "L1_ANSWER_INVALID";
}

node::Status over_cap(u128 base_fee, u128 cap, const std::string& what) {
    return {node::Code::kFailedPrecondition, "L1_FEE_OVER_CAP", "max_fee_cap",
            what + ": the L1's base fee is " + to_string(Amount{base_fee}) + " wei, the cap " + to_string(Amount{cap}) + " wei"};
}

}  // namespace

L1WalletOptions L1WalletFlags::options() const {
    L1WalletOptions out;
    out.max_fee_cap = max_fee_gwei * kGwei;
    out.bump_after = bump_after;
    return out;
}

void add_wallet_flags(node::Options& options, L1WalletFlags& flags) {
    options.number("--max-fee-gwei", flags.max_fee_gwei, "gwei per gas that an L1 transaction pays at most; 0: no bound", 0,
                   1'000'000'000);
    options.duration("--bump-after", flags.bump_after, "an L1 transaction that waits so long is replaced by one that pays more");
}

const node::Clock& L1Wallet::system_clock() {
    static const node::SystemClock clock;
    return clock;
}

L1Wallet::L1Wallet(L1Client& client, const PrivateKey& key, L1WalletOptions options, const node::Clock& clock)
    : client_(client), key_(key), address_(key.address()), options_(options), clock_(clock) {}

// ---- Sending ----

node::Status L1Wallet::set_first_fees(Transaction& transaction, const Fees& fees) const {
    transaction.max_priority_fee = fees.priority_fee;
    // Twice the base fee lasts for six full blocks.
    transaction.max_fee = 2 * fees.base_fee + fees.priority_fee;
    if (options_.max_fee_cap == 0 || transaction.max_fee <= options_.max_fee_cap) return {};
    if (fees.base_fee >= options_.max_fee_cap) return over_cap(fees.base_fee, options_.max_fee_cap, "nothing is sent");
    transaction.max_fee = options_.max_fee_cap;
    transaction.max_priority_fee = std::min(transaction.max_priority_fee, transaction.max_fee);
    return {};
}

// After the node's and all that waits here: a node that has lost transactions counts too few.
node::Result<uint64_t> L1Wallet::next_nonce() {
    auto pending = client_.nonce(address_, true);
    auto last = last_waiting();
    if (!pending || !last) return pending;
    return std::max(*pending, *last + 1);
}

node::Result<Transaction> L1Wallet::prepare(const std::optional<Address>& to, u128 value, Bytes data,
                                            std::optional<uint64_t> gas_limit) {
    if (!chain_id_) {
        auto id = client_.chain_id();
        if (!id) return id.status();
        chain_id_ = *id;
    }
    auto fees = client_.fees();
    if (!fees) return fees.status();
    auto nonce = next_nonce();
    if (!nonce) return nonce.status();
    Transaction out{*chain_id_, *nonce, 0, 0, 0, to, value, std::move(data), {}};
    if (auto status = set_first_fees(out, *fees); !status.ok()) return status;
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

L1Wallet::Sent& L1Wallet::note(const SignedTransaction& transaction) {
    Sent& sent = sent_[transaction.body.nonce];
    sent.body = transaction.body;
    sent.raw = transaction.raw;
    sent.hashes.push_back(transaction.hash);
    sent.priced_ms = sent.sent_ms = clock_.steady_ms();
    sent.due_block.reset();
    return sent;
}

node::Result<Hash> L1Wallet::send(const std::optional<Address>& to, u128 value, Bytes data, std::optional<uint64_t> gas_limit) {
    std::lock_guard lock(mutex_);
    auto transaction = prepare(to, value, std::move(data), gas_limit);
    if (!transaction) return transaction.status();
    for (;;) {
        SignedTransaction made = sign(*transaction, key_);
        auto answer = client_.send_raw(made.raw);
        if (answer || is_unclear(answer.status()) || answer.status().reason == "TX_KNOWN") {
            sent_.erase(made.body.nonce);  // what a reorganisation took back, or was cancelled
            note(made);
            return made.hash;
        }
        if (answer.status().reason != "TX_NONCE_TOO_LOW" && answer.status().reason != "TX_UNDERPRICED") return answer.status();
        // Somebody else with this key was faster.
        auto nonce = next_nonce();
        if (!nonce) return nonce.status();
        if (*nonce <= transaction->nonce) return answer.status();
        transaction->nonce = *nonce;
    }
}

// ---- Keeping up ----

std::optional<uint64_t> L1Wallet::first_waiting() const {
    auto found = std::find_if(sent_.begin(), sent_.end(), [](const auto& entry) { return entry.second.waits(); });
    return found == sent_.end() ? std::nullopt : std::optional(found->first);
}

std::optional<uint64_t> L1Wallet::last_waiting() const {
    auto found = std::find_if(sent_.rbegin(), sent_.rend(), [](const auto& entry) { return entry.second.waits(); });
    return found == sent_.rend() ? std::nullopt : std::optional(found->first);
}

bool L1Wallet::has_unmined() const {
    std::lock_guard lock(mutex_);
    return first_waiting().has_value();
}

bool L1Wallet::is_due(const Sent& sent) const {
    return sent.waits() && clock_.steady_ms() >= sent.priced_ms + static_cast<uint64_t>(options_.bump_after.count());
}

bool L1Wallet::any_due() const {
    return std::any_of(sent_.begin(), sent_.end(), [&](const auto& entry) { return is_due(entry.second); });
}

void L1Wallet::note_mined(uint64_t mined) {
    mined_ = mined;
    for (auto it = sent_.begin(); it != sent_.end() && it->first < mined; ++it) it->second.was_mined = true;
    while (sent_.size() > options_.kept_mined && sent_.begin()->first < mined) sent_.erase(sent_.begin());
}

node::Status L1Wallet::keep_up() {
    std::lock_guard lock(mutex_);
    if (!first_waiting()) return {};
    // The head before the nonce: what is in the head's block is counted.
    std::optional<BlockRef> head;
    if (any_due()) {
        auto now = client_.head();
        if (!now) return now.status();
        head = *now;
    }
    auto mined = client_.nonce(address_, false);
    if (!mined) return mined.status();
    note_mined(*mined);
    const auto first = first_waiting(), last = last_waiting();
    if (!first) return {};
    auto pending = client_.nonce(address_, true);
    if (!pending) return pending.status();

    std::vector<uint64_t> stuck;
    node::Status out;
    auto keep = [&](node::Status status) { out = out.ok() ? std::move(status) : out; };
    for (auto it = sent_.lower_bound(mined_); it != sent_.end() && it->first <= *last; ++it) {
        Sent& sent = it->second;
        const bool waited = head && is_due(sent);
        if (waited && !sent.due_block) sent.due_block = head->number;
        const bool is_stuck = waited && head->number > *sent.due_block;
        if (is_stuck) stuck.push_back(it->first);
        const bool is_lacking = it->first >= *pending && clock_.steady_ms() >= sent.sent_ms + kSendAgainMs;
        if (is_lacking && (!is_stuck || sent.is_held)) {
            node::log_info("a transaction that the L1 doesn't have is sent again", {{"nonce", it->first}});
            keep(send_again(it->first));
        }
    }
    if (stuck.empty()) return out;
    if (stuck.front() == *first && !sent_.contains(mined_)) return fill_before(*first, *pending);
    auto fees = client_.fees();
    if (!fees) return fees.status();
    for (uint64_t nonce : stuck) keep(bump(nonce, *fees));
    return out;
}

Transaction L1Wallet::nothing_at(uint64_t nonce) const {
    return {*chain_id_, nonce, 0, 0, kTransferGas, address_, 0, {}, {}};
}

// Nonces below the wallet's own that no block has and nobody here knows: of an earlier process, say, and stuck or lost. Nothing of
// this account is mined before they are.
node::Status L1Wallet::fill_before(uint64_t first_own, uint64_t pending) {
    if (first_own - mined_ > kMostFilled) {
        node::log_warn("the L1 has forgotten too much of this account; what was sent is given up", {{"nonce", mined_}});
        sent_.clear();
        return {};
    }
    auto fees = client_.fees();
    if (!fees) return fees.status();
    for (uint64_t nonce = mined_; nonce < first_own; ++nonce) {
        if (sent_.contains(nonce)) continue;
        Transaction nothing = nothing_at(nonce);
        if (auto status = set_first_fees(nothing, *fees); !status.ok()) return status;
        node::log_warn("an earlier transaction of this account is stuck or lost; its nonce is filled",
                       {{"nonce", nonce}, {"node_has_it", nonce < pending}});
        note(sign(nothing, key_));
        if (auto status = send_again(nonce); !status.ok()) return status;
    }
    return {};
}

void L1Wallet::cancel(const Hash& hash) {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(sent_.begin(), sent_.end(), [&](const auto& entry) { return has_version(entry.second, hash); });
    if (found == sent_.end() || !found->second.waits()) return;
    Sent& sent = found->second;
    sent.is_wanted = false;
    auto pending = client_.nonce(address_, true);
    Transaction nothing = nothing_at(found->first);
    nothing.max_fee = raised(sent.body.max_fee);
    nothing.max_priority_fee = raised(sent.body.max_priority_fee);
    if (options_.max_fee_cap != 0 && nothing.max_fee > options_.max_fee_cap) return;
    note(sign(nothing, key_));
    if (pending && found->first >= *pending) return;  // the node has nothing to replace
    if (auto status = send_again(found->first); !status.ok())
        node::log_status(node::LogLevel::kWarn, "a transaction can't be cancelled", status);
}

node::Status L1Wallet::bump(uint64_t nonce, const Fees& fees) {
    Sent& sent = sent_.at(nonce);
    Transaction next = sent.body;
    next.max_fee = std::max(raised(sent.body.max_fee), 2 * fees.base_fee + fees.priority_fee);
    next.max_priority_fee = std::max(raised(sent.body.max_priority_fee), fees.priority_fee);
    if (options_.max_fee_cap != 0) next.max_fee = std::min(next.max_fee, options_.max_fee_cap);
    next.max_priority_fee = std::min(next.max_priority_fee, next.max_fee);
    if (next.max_fee < raised(sent.body.max_fee) || next.max_priority_fee < raised(sent.body.max_priority_fee)) {
        node::Status held = over_cap(fees.base_fee, options_.max_fee_cap,
                                     to_hex(sent.hashes.back()) + " waits for a block, and may not pay more");
        if (!sent.is_held) node::log_status(node::LogLevel::kWarn, "a transaction is held back by the fee cap", held);
        sent.is_held = true;
        return held;
    }
    SignedTransaction made = sign(next, key_);
    node::log_info("a transaction that waits too long pays more", {{"nonce", nonce},
                                                                   {"max_fee_wei", to_string(Amount{next.max_fee})},
                                                                   {"was", to_hex(sent.hashes.back())},
                                                                   {"tx", to_hex(made.hash)}});
    // Also if the node refuses it: another process's may be dearer, and the next try is above this one.
    note(made);
    return send_again(nonce);
}

node::Status L1Wallet::send_again(uint64_t nonce) {
    Sent& sent = sent_.at(nonce);
    sent.sent_ms = clock_.steady_ms();
    auto answer = client_.send_raw(sent.raw);
    if (answer) return {};
    const node::Status status = answer.status();
    // Known, mined meanwhile, or to be raised later: there is nothing to tell.
    for (const char* harmless : {"TX_KNOWN", "TX_NONCE_TOO_LOW", "TX_UNDERPRICED"})
        if (status.reason == harmless) return {};
    return status;
}

// ---- Looking ----

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
        is_known = found != nullptr && found->body.nonce < mined_;
    }
    auto mined = receipt(sent);
    if (!mined) return mined.status();
    if (*mined || is_known) return !mined->has_value();
    auto waiting = client_.transaction_input(sent);
    if (!waiting) return waiting.status();
    return !waiting->has_value();
}

node::Result<Receipt> L1Wallet::wait(const Hash& sent, std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    for (int lost_in_a_row = 0;;) {
        node::Status trouble = keep_up();
        auto found = receipt(sent);
        if (found && *found) return std::move(**found);
        auto lost = is_lost(sent);
        lost_in_a_row = lost && *lost ? lost_in_a_row + 1 : 0;
        if (lost_in_a_row == kLostInARow)
            return node::Status{node::Code::kAborted, "TX_LOST", "", to_hex(sent) + " is gone: its nonce is another's now"};
        if (!found) trouble = found.status();
        if (!trouble.ok() && !is_unclear(trouble) && trouble.reason != "L1_FEE_OVER_CAP") return trouble;
        if (std::chrono::steady_clock::now() + options_.poll > until) {
            return node::Status{node::Code::kDeadlineExceeded, "L1_TIMEOUT", "",
                                to_hex(sent) + " is not in a block yet" + (trouble.ok() ? "" : "; " + trouble.message)};
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

#include "l1-bridge/client/l1_wallet.hpp"

#include <algorithm>

#include "node/log.hpp"

namespace gavel::l1 {
namespace {

constexpr u128 kGwei = 1'000'000'000;
constexpr uint64_t kSendAgainMs = 2'000;  // between two tries to give a node what it lacks
constexpr uint64_t kMostFilled = 64;      // unknown nonces that are filled at once
constexpr uint64_t kTransferGas = 21'000;
// What another's transaction before it in the block can make it cost more: a fresh storage slot (EIP-2929).
constexpr uint64_t kGasOfSlot = 22'100;
constexpr uint64_t kGasOfByte = 16;  // at least
constexpr int kLooks = 4;            // for what a node has refused, one poll apart: others behind its address may have it
constexpr int kMostSends = 16;       // of one transaction, with other nonces and tips
constexpr u128 kLeastRaisedTip = 4'000'000, kMostRaisedTip = 100 * kGwei;  // wei per gas

// An eighth more: what every node's mempool takes for a replacement (geth asks for a tenth).
u128 raised(u128 fee) { return fee + std::max<u128>(fee / 8 + (fee % 8 != 0), 1); }

bool is_unclear(const node::Status& status) {
    return status.code == node::Code::kUnavailable || status.reason == "L1_ANSWER_INVALID";
}

node::Status over_cap(u128 base_fee, u128 cap, const std::string& what) {
    return {node::Code::kFailedPrecondition, "L1_FEE_OVER_CAP", "max_fee_cap",
            what + ": the L1's base fee is " + to_string(Amount{base_fee}) + " wei, the cap " + to_string(Amount{cap}) + " wei"};
}

node::Status not_taken(const Hash& hash, const node::Status& why) {
    return {node::Code::kFailedPrecondition, "TX_REFUSED", "",
            "the L1's node doesn't take " + to_hex(hash) + ": " + why.reason + ": " + why.message};
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
    transaction.max_priority_fee = std::max(fees.priority_fee, least_tip_);
    // Twice the base fee lasts for six full blocks.
    transaction.max_fee = 2 * fees.base_fee + transaction.max_priority_fee;
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
    auto gas = estimate(to, value, out.data);
    if (gas) {
        out.gas_limit = limit_for(*gas);
        return out;
    }
    const node::Status refused = gas.status();
    if (refused.code == node::Code::kAborted || is_unclear(refused)) return refused;
    out.gas_limit = kTransferGas + kGasOfByte * out.data.size();
    auto lacking = lacking_funds(out);
    return lacking ? *lacking : refused;
}

node::Result<uint64_t> L1Wallet::estimate(const std::optional<Address>& to, u128 value, const Bytes& data) {
    CallRequest request;
    request.from = address_;
    request.to = to;
    request.value = value;
    request.data = data;
    return client_.estimate_gas(request);
}

uint64_t L1Wallet::limit_for(uint64_t gas) const {
    const uint64_t with_slot = gas > kTransferGas ? gas + kGasOfSlot : gas;
    return std::max(gas, std::min(std::max(gas * options_.gas_margin / 100, with_slot), options_.max_gas));
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
    least_tip_ -= least_tip_ / 8;
    node::Status refused;
    std::vector<Hash> tried;  // with this nonce
    for (int sends = 0; sends < kMostSends; ++sends) {
        SignedTransaction made = sign(*transaction, key_);
        auto answer = client_.send_raw(made.raw);
        const Standing standing =
            answer ? Standing::kMayBeThere : after_refusal(made, answer.status(), tried.empty() ? kLooks : 1);
        if (standing == Standing::kMayBeThere) {
            if (!tried.empty()) least_tip_ = transaction->max_priority_fee;
            sent_.erase(made.body.nonce);  // what a reorganisation took back, or was cancelled
            sent_[made.body.nonce].hashes = std::move(tried);
            note(made).refused = answer.status();
            return made.hash;
        }
        refused = not_taken(made.hash, answer.status());
        if (standing == Standing::kNonceTaken) {  // somebody else with this key was faster
            auto nonce = next_nonce();
            if (!nonce) return nonce.status();
            if (*nonce <= transaction->nonce) return refused;
            transaction->nonce = *nonce;
            tried.clear();
            continue;
        }
        tried.push_back(made.hash);
        if (auto lacking = lacking_funds(*transaction)) return *lacking;
        if (!raise_tip(*transaction)) return refused;
    }
    return refused;
}

// By state alone: nodes have many words for "I have it already", and behind one address there may be several nodes.
L1Wallet::Standing L1Wallet::after_refusal(const SignedTransaction& transaction, const node::Status& refusal, int most_looks) {
    if (is_unclear(refusal)) return Standing::kMayBeThere;
    const uint64_t nonce = transaction.body.nonce;
    for (int looks = 1;; ++looks) {
        auto known = client_.transaction_input(transaction.hash);
        if (!known || *known) return Standing::kMayBeThere;
        auto next = client_.nonce(address_, true);
        if (!next) return Standing::kMayBeThere;
        if (looks == most_looks) return *next > nonce ? Standing::kNonceTaken : Standing::kNowhere;
        clock_.sleep(options_.poll);
    }
}

// If the balance is below what this one and those that wait may cost.
std::optional<node::Status> L1Wallet::lacking_funds(const Transaction& transaction) {
    auto balance = client_.balance(address_);
    if (!balance) return std::nullopt;
    u128 needed = transaction.max_fee * transaction.gas_limit + transaction.value;
    for (const auto& [nonce, sent] : sent_)
        if (sent.waits() && nonce != transaction.nonce) needed += sent.body.max_fee * sent.body.gas_limit + sent.body.value;
    if (*balance >= needed) return std::nullopt;
    return node::Status{node::Code::kFailedPrecondition, "TX_INSUFFICIENT_FUNDS", "value",
                        to_checksum(address_) + " has " + to_string(Amount{*balance}) + " wei on the L1, and may have to pay " +
                            to_string(Amount{needed})};
}

// A pool may ask for more than its node suggests. False: it pays all that it may.
bool L1Wallet::raise_tip(Transaction& transaction) const {
    const u128 tip = std::min(std::max(4 * transaction.max_priority_fee, kLeastRaisedTip), kMostRaisedTip);
    if (tip <= transaction.max_priority_fee) return false;
    u128 fee = transaction.max_fee + (tip - transaction.max_priority_fee);
    if (options_.max_fee_cap != 0) fee = std::min(fee, options_.max_fee_cap);
    if (std::min(tip, fee) <= transaction.max_priority_fee) return false;
    transaction.max_fee = fee;
    transaction.max_priority_fee = std::min(tip, fee);
    return true;
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
        if (it->first < *pending) sent.refused = {};
        const bool is_lacking = it->first >= *pending && clock_.steady_ms() >= sent.sent_ms + kSendAgainMs;
        if (is_lacking && (!is_stuck || sent.is_held)) {
            node::log_info("a transaction that the L1 doesn't have is sent again", {{"nonce", it->first}});
            (void)send_again(it->first);
        }
        // Also between two tries: it isn't where it should be.
        keep(sent.refused);
    }
    if (stuck.empty()) return out;
    if (stuck.front() == *first && !sent_.contains(mined_)) return fill_before(*first, *pending);
    auto fees = client_.fees();
    if (!fees) return fees.status();
    for (uint64_t nonce : stuck) keep(bump(nonce, *fees));
    return out;
}

Transaction L1Wallet::nothing_at(uint64_t nonce) const { return {*chain_id_, nonce, 0, 0, kTransferGas, address_, 0, {}, {}}; }

// Nonces below the wallet's own that no block has and nobody here knows: of an earlier process, say, and stuck or lost. Nothing
// of this account is mined before they are.
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
    sent.refused = give_again(sent, nonce);
    return sent.refused;
}

node::Status L1Wallet::give_again(const Sent& sent, uint64_t nonce) {
    auto answer = client_.send_raw(sent.raw);
    if (answer) return {};
    if (is_settled(sent, nonce)) return {};
    if (is_unclear(answer.status())) return answer.status();
    if (auto lacking = lacking_funds(sent.body)) return *lacking;
    auto fees = client_.fees();
    if (fees && sent.body.max_fee < fees->base_fee) return {};  // it will be raised when it is due
    return not_taken(sent.hashes.back(), answer.status());
}

// Whether a node has any version of it, or its nonce is used, by another process's that a dearer one will replace, say: then
// there is nothing to tell of a refusal.
bool L1Wallet::is_settled(const Sent& sent, uint64_t nonce) {
    auto next = client_.nonce(address_, true);
    if (next && *next > nonce) return true;
    return std::any_of(sent.hashes.rbegin(), sent.hashes.rend(), [&](const Hash& hash) {
        auto known = client_.transaction_input(hash);
        return known && *known;
    });
}

}  // namespace gavel::l1

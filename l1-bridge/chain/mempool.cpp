#include "l1-bridge/chain/mempool.hpp"

#include <algorithm>

namespace gavel::l1 {
namespace {

node::Status refusal(node::Code code, std::string reason, std::string message) {
    return {code, std::move(reason), "", std::move(message)};
}

bool pays_a_tenth_more(u128 now, u128 before) {
    u128 tenth = before / 10 + (before % 10 != 0);
    return now >= before && now - before >= tenth;
}

}  // namespace

node::Status Mempool::add(SignedTransaction transaction) {
    const Transaction& body = transaction.body;
    if (by_hash_.count(transaction.hash) != 0) return refusal(node::Code::kAlreadyExists, "TX_KNOWN", "already known");
    auto sender = by_sender_.find(transaction.sender);
    auto old = sender == by_sender_.end() ? OfSender::iterator{} : sender->second.find(body.nonce);
    if (sender != by_sender_.end() && old != sender->second.end()) {
        const Transaction& before = old->second.transaction.body;
        if (!pays_a_tenth_more(body.max_fee, before.max_fee) ||
            !pays_a_tenth_more(body.max_priority_fee, before.max_priority_fee)) {
            return refusal(node::Code::kFailedPrecondition, "TX_UNDERPRICED", "replacement transaction underpriced");
        }
        remove(Hash{old->second.transaction.hash});
    } else if (size() >= kMaxTransactions || bytes_ + transaction.raw.size() > kMaxBytes ||
               (sender != by_sender_.end() && sender->second.size() >= kMaxOfSender)) {
        return refusal(node::Code::kResourceExhausted, "MEMPOOL_FULL", "txpool is full");
    }
    insert(std::move(transaction), ++last_arrival_);
    return {};
}

void Mempool::insert(SignedTransaction transaction, int64_t arrival) {
    bytes_ += transaction.raw.size();
    by_hash_[transaction.hash] = {transaction.sender, transaction.body.nonce};
    Address sender = transaction.sender;
    uint64_t nonce = transaction.body.nonce;
    by_sender_[sender][nonce] = {std::move(transaction), arrival};
}

void Mempool::put_back(std::vector<SignedTransaction> transactions) {
    first_arrival_ -= static_cast<int64_t>(transactions.size());
    int64_t arrival = first_arrival_;
    for (SignedTransaction& transaction : transactions) {
        auto sender = by_sender_.find(transaction.sender);
        bool taken = sender != by_sender_.end() && sender->second.count(transaction.body.nonce) != 0;
        if (!taken) insert(std::move(transaction), arrival++);
    }
}

bool Mempool::remove(const Hash& hash) {
    auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return false;
    auto sender = by_sender_.find(found->second.first);
    auto pooled = sender->second.find(found->second.second);
    bytes_ -= pooled->second.transaction.raw.size();
    sender->second.erase(pooled);
    if (sender->second.empty()) by_sender_.erase(sender);
    by_hash_.erase(found);
    return true;
}

void Mempool::forget_below(const Address& sender, uint64_t nonce) {
    while (true) {
        auto found = by_sender_.find(sender);
        if (found == by_sender_.end() || found->second.begin()->first >= nonce) return;
        remove(Hash{found->second.begin()->second.transaction.hash});
    }
}

void Mempool::clear() {
    by_sender_.clear();
    by_hash_.clear();
    bytes_ = 0;
}

const SignedTransaction* Mempool::find(const Hash& hash) const {
    auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return nullptr;
    return &by_sender_.at(found->second.first).at(found->second.second).transaction;
}

uint64_t Mempool::next_nonce(const Address& sender, uint64_t state_nonce) const {
    auto found = by_sender_.find(sender);
    if (found == by_sender_.end()) return state_nonce;
    while (found->second.count(state_nonce) != 0) ++state_nonce;
    return state_nonce;
}

bool Mempool::Selection::Candidate::operator<(const Candidate& other) const {
    return tip != other.tip ? tip > other.tip : arrival < other.arrival;
}

Mempool::Selection::Selection(const Mempool& pool, u128 base_fee, const std::function<uint64_t(const Address&)>& state_nonce)
    : pool_(pool), base_fee_(base_fee) {
    for (const auto& [sender, waiting] : pool.by_sender_) enter(sender, state_nonce(sender));
}

void Mempool::Selection::enter(const Address& sender, uint64_t nonce) {
    const OfSender& waiting = pool_.by_sender_.at(sender);
    auto next = waiting.find(nonce);
    if (next == waiting.end()) return;
    const Transaction& body = next->second.transaction.body;
    if (body.max_fee < base_fee_) return;
    u128 tip = std::min(body.max_priority_fee, body.max_fee - base_fee_);
    candidates_.insert({tip, next->second.arrival, sender, nonce});
}

const SignedTransaction* Mempool::Selection::best() const {
    if (candidates_.empty()) return nullptr;
    const Candidate& first = *candidates_.begin();
    return &pool_.by_sender_.at(first.sender).at(first.nonce).transaction;
}

void Mempool::Selection::take() {
    Candidate first = *candidates_.begin();
    skip_sender();
    enter(first.sender, first.nonce + 1);
}

void Mempool::Selection::skip_sender() { candidates_.erase(candidates_.begin()); }

}  // namespace gavel::l1

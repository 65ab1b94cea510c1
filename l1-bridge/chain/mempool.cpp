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

bool pays_twice(u128 now, u128 before) { return now >= before && now - before >= before; }

bool may_replace(const Transaction& now, const Transaction& before) {
    if (!now.has_blobs()) {
        return pays_a_tenth_more(now.max_fee, before.max_fee) && pays_a_tenth_more(now.max_priority_fee, before.max_priority_fee);
    }
    return pays_twice(now.max_fee, before.max_fee) && pays_twice(now.max_priority_fee, before.max_priority_fee) &&
           pays_twice(now.max_blob_fee, before.max_blob_fee);
}

size_t bytes_of(const WaitingTransaction& waiting) {
    constexpr size_t kOfBlob = kBlobBytes + sizeof(KzgCommitment) + sizeof(CellProofs);
    return waiting.transaction.raw.size() + (waiting.sidecar ? waiting.sidecar->blobs.size() * kOfBlob : 0);
}

}  // namespace

node::Status Mempool::add(WaitingTransaction waiting) {
    const Transaction& body = waiting.transaction.body;
    if (by_hash_.count(waiting.transaction.hash) != 0) {
        return refusal(node::Code::kAlreadyExists, "TX_KNOWN", "already known");
    }
    if (auto status = judge_place(body, bytes_of(waiting), waiting.transaction.sender); !status.ok()) return status;
    auto sender = by_sender_.find(waiting.transaction.sender);
    if (sender != by_sender_.end()) {
        auto old = sender->second.find(body.nonce);
        if (old != sender->second.end()) remove(Hash{old->second.transaction.hash});
    }
    insert(std::move(waiting), ++last_arrival_);
    return {};
}

// Whether there is a place for it, an empty one or that of another.
node::Status Mempool::judge_place(const Transaction& body, size_t bytes, const Address& sender) const {
    auto found = by_sender_.find(sender);
    const bool is_new = found == by_sender_.end();
    if (!is_new && found->second.begin()->second.transaction.body.has_blobs() != body.has_blobs()) {
        return refusal(node::Code::kFailedPrecondition, "TX_ACCOUNT_RESERVED", "address already reserved");
    }
    if (!is_new && found->second.count(body.nonce) != 0) {
        if (may_replace(body, found->second.at(body.nonce).transaction.body)) return {};
        return refusal(node::Code::kFailedPrecondition, "TX_UNDERPRICED", "replacement transaction underpriced");
    }
    const size_t of_sender = is_new ? 0 : found->second.size();
    if (body.has_blobs() && of_sender >= kMaxBlobsOfSender) {
        return refusal(node::Code::kResourceExhausted, "TX_ACCOUNT_LIMIT", "account limit exceeded: pooled 16 txs");
    }
    if (size() >= kMaxTransactions || bytes_ + bytes > kMaxBytes || of_sender >= kMaxOfSender) {
        return refusal(node::Code::kResourceExhausted, "MEMPOOL_FULL", "txpool is full");
    }
    return {};
}

void Mempool::insert(WaitingTransaction waiting, int64_t arrival) {
    bytes_ += bytes_of(waiting);
    const Address sender = waiting.transaction.sender;
    const uint64_t nonce = waiting.transaction.body.nonce;
    by_hash_[waiting.transaction.hash] = {sender, nonce};
    by_sender_[sender][nonce] = {std::move(waiting), arrival};
}

void Mempool::put_back(std::vector<WaitingTransaction> transactions) {
    first_arrival_ -= static_cast<int64_t>(transactions.size());
    int64_t arrival = first_arrival_;
    for (WaitingTransaction& waiting : transactions) {
        auto sender = by_sender_.find(waiting.transaction.sender);
        bool taken = sender != by_sender_.end() && sender->second.count(waiting.transaction.body.nonce) != 0;
        if (!taken) insert(std::move(waiting), arrival++);
    }
}

bool Mempool::remove(const Hash& hash) {
    auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return false;
    auto sender = by_sender_.find(found->second.first);
    auto pooled = sender->second.find(found->second.second);
    bytes_ -= bytes_of(pooled->second);
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

const Mempool::Pooled* Mempool::pooled(const Hash& hash) const {
    auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return nullptr;
    return &by_sender_.at(found->second.first).at(found->second.second);
}

const SignedTransaction* Mempool::find(const Hash& hash) const {
    const Pooled* found = pooled(hash);
    return found == nullptr ? nullptr : &found->transaction;
}

std::shared_ptr<const BlobSidecar> Mempool::sidecar(const Hash& hash) const {
    const Pooled* found = pooled(hash);
    return found == nullptr ? nullptr : found->sidecar;
}

u128 Mempool::most_cost_beside(const Address& sender, uint64_t nonce) const {
    u128 sum = 0;
    auto found = by_sender_.find(sender);
    if (found == by_sender_.end()) return sum;
    for (const auto& [of_nonce, one] : found->second) {
        if (of_nonce != nonce) sum = capped_sum(sum, most_cost(one.transaction.body));
    }
    return sum;
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

Mempool::Selection::Selection(const Mempool& pool, u128 base_fee, u128 blob_base_fee,
                              const std::function<uint64_t(const Address&)>& state_nonce)
    : pool_(pool), base_fee_(base_fee), blob_base_fee_(blob_base_fee) {
    for (const auto& [sender, waiting] : pool.by_sender_) enter(sender, state_nonce(sender));
}

void Mempool::Selection::enter(const Address& sender, uint64_t nonce) {
    const OfSender& waiting = pool_.by_sender_.at(sender);
    auto next = waiting.find(nonce);
    if (next == waiting.end()) return;
    const Transaction& body = next->second.transaction.body;
    if (body.max_fee < base_fee_ || (body.has_blobs() && body.max_blob_fee < blob_base_fee_)) return;
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

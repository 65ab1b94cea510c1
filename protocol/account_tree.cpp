#include "protocol/account_tree.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel {

const Hash& AccountTree::Level::get(uint32_t position) const {
    auto page = pages_.find(position / kPageSize);
    return page == pages_.end() ? zero_subtree(height_) : (*page->second)[position % kPageSize];
}

void AccountTree::Level::set(uint32_t position, const Hash& hash) {
    std::unique_ptr<Page>& page = pages_[position / kPageSize];
    if (!page) {
        page = std::make_unique<Page>();
        page->fill(zero_subtree(height_));
    }
    (*page)[position % kPageSize] = hash;
}

AccountTree::AccountTree() {
    for (unsigned h = 0; h <= kTreeDepth; ++h) levels_.emplace_back(h);
    append(Account{});
}

std::optional<AccountTree> AccountTree::of(std::vector<Account> leaves) {
    if (leaves.empty() || !leaves.front().key.is_zero()) return std::nullopt;
    GAVEL_CHECK(leaves.size() <= kMaxAccountCount);
    std::vector<std::pair<AccountKey, uint32_t>> keys;
    keys.reserve(leaves.size());
    for (const Account& leaf : leaves) keys.emplace_back(leaf.key, static_cast<uint32_t>(keys.size()));
    std::sort(keys.begin(), keys.end());
    AccountTree out;
    out.by_key_.clear();
    for (const auto& [key, index] : keys) out.by_key_.emplace_hint(out.by_key_.end(), key, index);
    if (out.by_key_.size() != leaves.size()) return std::nullopt;
    out.count_ = static_cast<uint32_t>(leaves.size());
    out.accounts_ = std::move(leaves);
    out.dirty_.clear();
    for (uint32_t index = 0; index < out.count_; ++index) out.touch(index);
    return out;
}

const Account* AccountTree::at(uint32_t index) const {
    if (is_dense(index)) return &accounts_[index];
    auto far = far_accounts_.find(index);
    return far == far_accounts_.end() ? nullptr : &far->second;
}

AccountTree::Found AccountTree::find(const AccountKey& key) const {
    auto above = by_key_.upper_bound(key);
    GAVEL_CHECK(above != by_key_.begin());  // the sentinel's key is below or equal to any
    auto found = std::prev(above);
    return {found->second, found->first == key};
}

void AccountTree::write(uint32_t index, const Account& account) {
    const Account* old = at(index);
    GAVEL_CHECK(old != nullptr && old->key == account.key);
    (is_dense(index) ? accounts_[index] : far_accounts_[index]) = account;
    touch(index);
}

void AccountTree::append(const Account& account) {
    GAVEL_CHECK(count_ < kMaxAccountCount);
    GAVEL_CHECK(by_key_.emplace(account.key, count_).second);
    if (count_ == accounts_.size()) {
        accounts_.push_back(account);
    } else {
        far_accounts_[count_] = account;
    }
    touch(count_++);
}

void AccountTree::pop() {
    const Account* last = count_ > 1 ? at(count_ - 1) : nullptr;
    GAVEL_CHECK(last != nullptr);
    by_key_.erase(last->key);
    --count_;
    if (is_dense(count_)) {
        accounts_.pop_back();
    } else {
        far_accounts_.erase(count_);
    }
    touch(count_);
}

void AccountTree::set_count_for_test(uint32_t count) {
    GAVEL_CHECK(count >= count_);
    count_ = count;
}

Hash AccountTree::root() const {
    update_hashes();
    return levels_[kTreeDepth].get(0);
}

std::vector<Hash> AccountTree::path(uint32_t index) const {
    GAVEL_CHECK(index <= count_);
    update_hashes();
    std::vector<Hash> siblings;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (!sibling_is_left_out(index, h, count_)) siblings.push_back(levels_[h].get((index >> h) ^ 1));
    }
    return siblings;
}

void AccountTree::update_hashes() const {
    auto drop_repeated = [this] { dirty_.erase(std::unique(dirty_.begin(), dirty_.end()), dirty_.end()); };
    std::sort(dirty_.begin(), dirty_.end());
    drop_repeated();
    for (uint32_t index : dirty_) {
        const Account* account = at(index);
        levels_[0].set(index, account ? account->hash() : Hash{});
    }
    for (unsigned h = 0; h < kTreeDepth && !dirty_.empty(); ++h) {
        for (uint32_t& position : dirty_) position >>= 1;
        drop_repeated();
        for (uint32_t position : dirty_) {
            levels_[h + 1].set(position, keccak256_pair(levels_[h].get(2 * position), levels_[h].get(2 * position + 1)));
        }
    }
    dirty_.clear();
}

}  // namespace gavel

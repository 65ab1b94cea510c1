// The leaves of all accounts, by index.
#pragma once

#include <unordered_map>

#include "protocol/account.hpp"
#include "protocol/pages.hpp"

namespace gavel {

class AccountLeaves {
public:
    using Dense = Pages<Account>;

    AccountLeaves() = default;
    // At most kMaxAccountCount.
    explicit AccountLeaves(Dense leaves) : dense_(std::move(leaves)), count_(static_cast<uint32_t>(dense_.size())) {}

    uint32_t count() const { return count_; }
    // nullptr if there is none (at or beyond the count, or in a hole). Valid until it is popped.
    const Account* at(uint32_t index) const {
        if (index < dense_.size()) return &dense_[index];
        return far_.empty() ? nullptr : far_at(index);
    }
    // Of a leaf that is there.
    const AccountKey& key(uint32_t index) const { return at(index)->key; }
    // Replaces a leaf that is there.
    void write(uint32_t index, const Account& account) { (index < dense_.size() ? dense_[index] : far_[index]) = account; }
    void append(const Account& account);
    void pop();
    // The next leaf comes at `count` >= count(); all between is a hole.
    void set_count_for_test(uint32_t count);

private:
    const Account* far_at(uint32_t index) const;

    Dense dense_;
    std::unordered_map<uint32_t, Account> far_;  // behind a hole
    uint32_t count_ = 0;
};

}  // namespace gavel

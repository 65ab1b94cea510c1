#include "protocol/account_leaves.hpp"

namespace gavel {

void AccountLeaves::append(const Account& account) {
    GAVEL_CHECK(count_ < kMaxAccountCount);
    if (count_ == dense_.size()) dense_.push_back(account);
    else far_[count_] = account;
    ++count_;
}

void AccountLeaves::pop() {
    GAVEL_CHECK(count_ > 0 && at(count_ - 1) != nullptr);
    --count_;
    if (count_ < dense_.size()) dense_.resize(count_);
    else far_.erase(count_);
}

void AccountLeaves::set_count_for_test(uint32_t count) {
    GAVEL_CHECK(count >= count_);
    count_ = count;
}

const Account* AccountLeaves::far_at(uint32_t index) const {
    auto found = far_.find(index);
    return found == far_.end() ? nullptr : &found->second;
}

}  // namespace gavel

#include "bench/gas_deep.hpp"

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {

template <class Fixed>
Fixed drawn(uint64_t seed) {
    Draw draw(seed);
    Fixed out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(1 + draw.below(255));
    return out;
}
template Hash drawn<Hash>(uint64_t);
template Address drawn<Address>(uint64_t);

std::vector<Hash> drawn_path(uint32_t index, uint32_t count) {
    std::vector<Hash> out;
    for (size_t i = carried_siblings(index, count); i > 0; --i) out.push_back(drawn<Hash>(uint64_t{index} << 8 | i));
    return out;
}

DeepState::DeepState(uint32_t account_count, uint32_t withdrawal_count, Counters with) : counters(with), count_(account_count) {
    std::vector<Hash> left;
    for (int i = __builtin_popcount(withdrawal_count); i > 0; --i) left.push_back(drawn<Hash>(uint64_t{7} << 40 | unsigned(i)));
    withdrawals = WithdrawalFrontier(withdrawal_count, left);
    // The place of the next leaf has a path, too.
    if (count_ < kMaxAccountCount) set_leaf_hash(count_, Hash{});
}

Hash DeepState::node(unsigned height, uint32_t position) const {
    auto known = nodes_.find(key_of(height, position));
    if (known != nodes_.end()) return known->second;
    if (uint64_t{position} << height >= count_) return zero_subtree(height);
    return drawn<Hash>(key_of(height, position) ^ uint64_t{0xacc} << 48);
}

void DeepState::set_leaf_hash(uint32_t index, const Hash& hash) {
    Hash now = hash;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        uint32_t position = index >> h;
        nodes_[key_of(h, position)] = now;
        Hash sibling = node(h, position ^ 1);
        now = position & 1 ? keccak256_pair(sibling, now) : keccak256_pair(now, sibling);
    }
    root_ = now;
}

void DeepState::put(uint32_t index, const Account& leaf) {
    GAVEL_CHECK(index < count_);
    leaves_[index] = leaf;
    by_key_[leaf.key] = index;
    set_leaf_hash(index, leaf.hash());
}

void DeepState::link() {
    AccountKey last;
    last.owner.bytes.fill(0xff);
    last.token.bytes.fill(0xff);
    for (auto it = by_key_.begin(); it != by_key_.end(); ++it) {
        auto next = std::next(it);
        Account leaf = leaves_.at(it->second);
        leaf.next = next == by_key_.end() ? last : next->first;
        put(it->second, leaf);
    }
}

StateFields DeepState::fields() const {
    return {root_, withdrawals.root(), count_, withdrawals.count(), counters.l1_ops_consumed, counters.op_count};
}

std::vector<Hash> DeepState::path(uint32_t index) const {
    std::vector<Hash> out;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (!sibling_is_left_out(index, h, count_)) out.push_back(node(h, index >> h ^ 1));
    }
    return out;
}

StateView::Found DeepState::find(const AccountKey& key) const {
    auto above = by_key_.upper_bound(key);
    GAVEL_CHECK(above != by_key_.begin());
    uint32_t index = std::prev(above)->second;
    const Account& leaf = leaves_.at(index);
    return {index, leaf.key == key, leaf};
}

void DeepState::append(const Account& leaf) {
    uint32_t index = count_++;
    put(index, leaf);
}

void DeepView::write_path(uint32_t index) {
    for (const Hash& hash : state_.path(index)) {
        witness_.raw(hash);
        ++work_.siblings;
    }
    ++work_.accesses;
}

bool DeepView::read(uint32_t index, Account& leaf) {
    leaf = state_.leaves().at(index);
    witness_.raw(leaf.encode());
    write_path(index);
    return true;
}

bool DeepView::find(const AccountKey& key, Found& found) {
    found = state_.find(key);
    witness_.u32(found.index);
    return read(found.index, found.leaf);
}

bool DeepView::write(uint32_t index, const Account& leaf) {
    state_.put(index, leaf);
    ++work_.writes;
    return true;
}

bool DeepView::append(const Account& leaf) {
    write_path(state_.account_count());
    state_.append(leaf);
    ++work_.writes;
    return true;
}

bool DeepView::append_withdrawal(const Withdrawal& withdrawal) {
    state_.withdrawals.append(withdrawal.hash());
    ++work_.withdrawals;
    return true;
}

StateView::Mark DeepView::mark() {
    saved_.push_back(state_);
    return saved_.size() - 1;
}

void DeepView::roll_back(Mark mark) {
    state_ = saved_.at(mark);
    saved_.resize(mark + 1, state_);
}

}  // namespace gavel::bench

#include "protocol/account_tree.hpp"

#include <algorithm>
#include <numeric>

#include "protocol/keccak.hpp"

namespace gavel {
namespace {

constexpr size_t kGroup = 64;  // nodes hashed by one call

void drop_repeated(std::vector<uint32_t>& sorted) { sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end()); }

}  // namespace

const Hash& AccountTree::Level::get(uint32_t position) const {
    if (position < dense_.size()) return dense_[position];
    auto far = far_.find(position);
    return far == far_.end() ? zero_subtree(height_) : far->second;
}

void AccountTree::Level::set(uint32_t position, const Hash& hash) {
    if (position < dense_.size()) dense_[position] = hash;
    else if (position == dense_.size() && far_.empty()) dense_.push_back(hash);
    else far_[position] = hash;
}

AccountTree::AccountTree() : AccountTree(AccountLeaves(), AccountIndex()) { append(Account{}); }

AccountTree::AccountTree(AccountLeaves leaves, AccountIndex index) : leaves_(std::move(leaves)), index_(std::move(index)) {
    for (unsigned h = 0; h <= kTreeDepth; ++h) levels_.emplace_back(h);
}

std::optional<AccountTree> AccountTree::of(AccountLeaves::Dense dense, const JobRunner& run) {
    if (dense.size() == 0 || !dense[0].key.is_zero()) return std::nullopt;
    GAVEL_CHECK(dense.size() <= kMaxAccountCount);
    AccountLeaves leaves(std::move(dense));
    std::optional<AccountIndex> index = AccountIndex::of(leaves, run);
    if (!index) return std::nullopt;
    AccountTree out(std::move(leaves), *std::move(index));
    const uint32_t last = out.count() - 1;
    for (unsigned h = 1; h <= kTreeDepth; ++h) out.levels_[h].reserve_dense((uint64_t{last} >> h) + 1);
    constexpr unsigned kJobHeight = 16;  // a job hashes what is below one node of this height
    run((last >> kJobHeight) + 1, [&](size_t job) {
        const auto position = static_cast<uint32_t>(job);
        out.hash_all(1, kJobHeight, position << kJobHeight, std::min(last, ((position + 1) << kJobHeight) - 1));
    });
    out.hash_all(kJobHeight + 1, kTreeDepth, 0, last);
    return out;
}

void AccountTree::write(uint32_t index, const Account& account) {
    const Account* old = at(index);
    GAVEL_CHECK(old != nullptr && old->key == account.key);
    leaves_.write(index, account);
    touch(index);
}

void AccountTree::append(const Account& account) {
    leaves_.append(account);
    index_.insert(leaves_, count() - 1);
    touch(count() - 1);
}

void AccountTree::pop() {
    GAVEL_CHECK(count() > 1 && at(count() - 1) != nullptr);
    index_.erase(leaves_, count() - 1);
    leaves_.pop();
    touch(count());
}

Hash AccountTree::root() const {
    update_hashes();
    return levels_[kTreeDepth].get(0);
}

std::vector<Hash> AccountTree::path(uint32_t index) const {
    GAVEL_CHECK(index <= count());
    update_hashes();
    std::vector<Hash> siblings;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (sibling_is_left_out(index, h, count())) continue;
        const uint32_t sibling = (index >> h) ^ 1;
        siblings.push_back(h == 0 ? leaf_hash(sibling) : levels_[h].get(sibling));
    }
    return siblings;
}

Hash AccountTree::leaf_hash(uint32_t index) const {
    const Account* account = at(index);
    return account ? account->hash() : Hash{};
}

void AccountTree::update_hashes() const {
    std::sort(dirty_.begin(), dirty_.end());
    for (unsigned h = 1; h <= kTreeDepth && !dirty_.empty(); ++h) {
        for (uint32_t& position : dirty_) position >>= 1;
        drop_repeated(dirty_);
        hash_nodes(h, dirty_);
    }
    dirty_.clear();
}

void AccountTree::hash_nodes(unsigned height, std::span<const uint32_t> positions) const {
    while (!positions.empty()) {
        const size_t taken = std::min(positions.size(), kGroup);
        hash_group(height, positions.first(taken));
        positions = positions.subspan(taken);
    }
}

void AccountTree::hash_group(unsigned height, std::span<const uint32_t> positions) const {
    std::array<Hash, 2 * kGroup> below;
    std::array<Hash, kGroup> nodes;
    const auto children = std::span(below).first(2 * positions.size());
    const auto out = std::span(nodes).first(positions.size());
    auto child = [&](size_t i) { return 2 * positions[i / 2] + static_cast<uint32_t>(i % 2); };
    if (height == 1) {
        std::array<uint8_t, 2 * kGroup * Account::kSize> leaves;
        const Account absent;
        for (size_t i = 0; i < children.size(); ++i) {
            const Account* account = at(child(i));
            (account ? *account : absent).encode_to(std::span(leaves).subspan(i * Account::kSize).first<Account::kSize>());
        }
        keccak256_many(ByteView(leaves).first(children.size() * Account::kSize), Account::kSize, children);
        for (size_t i = 0; i < children.size(); ++i) {
            if (!at(child(i))) children[i] = {};
        }
    } else {
        for (size_t i = 0; i < children.size(); ++i) children[i] = levels_[height - 1].get(child(i));
    }
    keccak256_pairs(children, out);
    for (size_t i = 0; i < positions.size(); ++i) levels_[height].set(positions[i], out[i]);
}

void AccountTree::hash_all(unsigned from, unsigned to, uint32_t first, uint32_t last) const {
    std::vector<uint32_t> positions;
    for (unsigned h = from; h <= to; ++h) {
        const auto low = static_cast<uint32_t>(uint64_t{first} >> h), high = static_cast<uint32_t>(uint64_t{last} >> h);
        positions.resize(high - low + 1);
        std::iota(positions.begin(), positions.end(), low);
        hash_nodes(h, positions);
    }
}

}  // namespace gavel

#include "bench/speed_proof.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "protocol/account_tree.hpp"
#include "protocol/check.hpp"
#include "protocol/commitment.hpp"
#include "workload/split_mix.hpp"

namespace gavel::bench {
namespace {

using Timer = std::chrono::steady_clock;
constexpr int kProofs = 301;

// Linked in the order of their keys, as the tree wants them.
std::vector<Account> some_accounts(uint32_t count, workload::SplitMix64& random) {
    std::vector<Account> out(count);
    for (uint32_t i = 1; i < count; ++i) {
        for (uint8_t& byte : out[i].key.owner.bytes) byte = static_cast<uint8_t>(random.next());
        out[i].balance = Amount{random.next()};
    }
    std::vector<uint32_t> by_key(count);
    std::iota(by_key.begin(), by_key.end(), 0u);
    std::sort(by_key.begin(), by_key.end(), [&](uint32_t a, uint32_t b) { return out[a].key < out[b].key; });
    for (size_t i = 0; i + 1 < by_key.size(); ++i) out[by_key[i]].next = out[by_key[i + 1]].key;
    return out;
}

}  // namespace

double account_proof_us(uint32_t accounts) {
    workload::SplitMix64 random(1);
    AccountLeaves::Dense leaves;
    for (const Account& account : some_accounts(std::max(2u, accounts), random)) leaves.push_back(account);
    auto tree = AccountTree::of(std::move(leaves));
    GAVEL_CHECK(tree.has_value());
    GAVEL_CHECK(!tree->root().is_zero());
    std::vector<double> us;
    for (int i = 0; i < kProofs; ++i) {
        const uint32_t index = 1 + static_cast<uint32_t>(random.below(tree->count() - 1));
        Account changed = *tree->at(index);
        changed.balance = Amount{random.next()};
        const auto begin = Timer::now();
        tree->write(index, changed);
        const std::vector<Hash> path = tree->path(index);
        us.push_back(std::chrono::duration<double, std::micro>(Timer::now() - begin).count());
        GAVEL_CHECK(!path.empty());
    }
    std::sort(us.begin(), us.end());
    return us[us.size() / 2];
}

}  // namespace gavel::bench

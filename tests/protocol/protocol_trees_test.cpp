// The trees against a slow model.
#include <catch2/catch.hpp>
#include <random>

#include "protocol/account_tree.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"
#include "protocol/state.hpp"
#include "protocol/withdrawal_tree.hpp"
#include "tests/protocol/naive_trees.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("zero subtrees are hashes of nothing but zeros") {
    Hash node;
    for (unsigned h = 0; h <= kTreeDepth; ++h) {
        REQUIRE(zero_subtree(h) == node);
        node = keccak256_pair(node, node);
    }
    // Z[32], as any sparse Merkle tree of depth 32 over Keccak-256 has it (the deposit contracts of other rollups publish it).
    REQUIRE(to_hex(zero_subtree(1)) == "0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5");
    REQUIRE(to_hex(zero_subtree(32)) == "0x27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757");
}

TEST_CASE("a sibling is left out exactly if all its leaves lie at or beyond the count") {
    for (uint32_t count = 0; count <= 40; ++count) {
        for (uint32_t index = 0; index <= count; ++index) {
            size_t carried = 0;
            for (unsigned h = 0; h < 6; ++h) {
                bool any = false;
                uint32_t sibling = (index >> h) ^ 1;
                for (uint32_t leaf = sibling << h; leaf < (sibling + 1) << h; ++leaf) any = any || leaf < count;
                REQUIRE(sibling_is_left_out(index, h, count) == !any);
                carried += any;
            }
            // Above 64 leaves there is nothing.
            REQUIRE(carried_siblings(index, count) == carried);
        }
    }
    REQUIRE(carried_siblings(0, 1) == 0);
    REQUIRE(carried_siblings(kMaxAccountCount - 1, kMaxAccountCount) == 31);
    REQUIRE(carried_siblings(kMaxAccountCount, kMaxAccountCount) == 32);
    REQUIRE(carried_siblings(0, kMaxAccountCount) == 32);
}

TEST_CASE("the genesis tree holds the sentinel alone") {
    AccountTree tree;
    REQUIRE(tree.count() == 1);
    REQUIRE(tree.at(0)->encode() == Bytes(Account::kSize, 0));
    REQUIRE(tree.at(1) == nullptr);
    REQUIRE(tree.path(0).empty());
    REQUIRE(tree.root() == naive_root({Account{}.hash()}));
    REQUIRE(genesis_fields() == State{}.fields());
}

TEST_CASE("the account tree agrees with the model through inserts, writes and pops") {
    std::mt19937_64 random(7);
    AccountTree tree;
    uint64_t next_key = 1;
    for (int step = 0; step < 120; ++step) {
        // One to four changes between roots, so that shared nodes are brought up to date once for several leaves.
        for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
            uint32_t count = tree.count();
            uint32_t index = static_cast<uint32_t>(random() % count);
            if (random() % 2 == 0 || count == 1) {
                insert(tree, key_of(next_key++), random());
            } else if (index != 0) {
                Account changed = *tree.at(index);
                changed.nonce = random();
                tree.write(index, changed);
            }
        }
        if (step % 10 == 0) check_against_model(tree);
        REQUIRE(tree.root() == naive_root(leaf_hashes(tree)));
    }
    std::vector<Hash> leaves = leaf_hashes(tree);
    while (tree.count() > 1) {
        tree.pop();
        leaves.pop_back();
        if (tree.count() % 7 == 0) REQUIRE(tree.root() == naive_root(leaves));
    }
}

TEST_CASE("find gives the key's leaf or its low leaf, as a scan does") {
    AccountTree tree;
    for (uint64_t i = 1; i <= 200; ++i) insert(tree, key_of(i), 0);
    for (uint64_t i = 1; i <= 400; ++i) {
        AccountKey key = key_of(i);
        AccountTree::Found found = tree.find(key);
        uint32_t expected = 0;
        for (uint32_t at = 0; at < tree.count(); ++at) {
            const Account& leaf = *tree.at(at);
            if (leaf.key == key || leaf.is_low_leaf_of(key)) expected = at;
        }
        REQUIRE(found.index == expected);
        REQUIRE(found.present == (i <= 200));
    }
    // The list runs through all leaves in order of keys.
    uint32_t steps = 0;
    for (const Account* leaf = tree.at(0); !leaf->next.is_zero(); ++steps) {
        AccountTree::Found next = tree.find(leaf->next);
        REQUIRE(next.present);
        REQUIRE(leaf->key < leaf->next);
        leaf = tree.at(next.index);
    }
    REQUIRE(steps == 200);
}

TEST_CASE("a leaf is low for the keys between its own and the next") {
    auto key = [](uint8_t owner, uint8_t token) {
        AccountKey out;
        out.owner.bytes[0] = owner;
        out.token.bytes[19] = token;
        return out;
    };
    Account leaf;
    leaf.key = key(2, 5);
    leaf.next = key(4, 0);
    REQUIRE(leaf.is_low_leaf_of(key(2, 6)));
    REQUIRE(leaf.is_low_leaf_of(key(3, 255)));
    REQUIRE_FALSE(leaf.is_low_leaf_of(key(2, 5)));
    REQUIRE_FALSE(leaf.is_low_leaf_of(key(2, 4)));
    REQUIRE_FALSE(leaf.is_low_leaf_of(key(4, 0)));
    REQUIRE_FALSE(leaf.is_low_leaf_of(key(4, 1)));
    leaf.next = {};
    REQUIRE(leaf.is_low_leaf_of(key(255, 255)));
}

TEST_CASE("a tree with a hole works at the far end of its indexes") {
    AccountTree tree;
    insert(tree, key_of(1), 5);
    tree.set_count_for_test(kMaxAccountCount - 2);
    for (uint64_t i = 2; i <= 3; ++i) {
        uint32_t index = tree.count();
        std::vector<Hash> path = tree.path(index);
        REQUIRE(fold_path(Hash{}, index, index, path) == tree.root());
        insert(tree, key_of(i), i);
        REQUIRE(tree.find(key_of(i)).index == index);
        REQUIRE(fold_path(tree.at(index)->hash(), index, tree.count(), tree.path(index)) == tree.root());
    }
    REQUIRE(tree.count() == kMaxAccountCount);
    REQUIRE(tree.at(7) == nullptr);
    REQUIRE(fold_path(Hash{}, 7, tree.count(), tree.path(7)) == tree.root());
    Hash root = tree.root();
    Account last = *tree.at(kMaxAccountCount - 1);
    tree.pop();
    REQUIRE(tree.at(kMaxAccountCount - 1) == nullptr);
    REQUIRE(tree.root() != root);
    tree.append(last);
    REQUIRE(tree.root() == root);
}

TEST_CASE("the withdrawal tree agrees with the model at every count, then and later") {
    WithdrawalTree tree;
    WithdrawalFrontier frontier;
    std::vector<Hash> leaves;
    std::vector<Hash> roots{tree.root()};
    REQUIRE(roots[0] == zero_subtree(kTreeDepth));
    for (uint32_t i = 0; i < 37; ++i) {
        leaves.push_back(number(i));
        tree.append(leaves.back());
        frontier.append(leaves.back());
        roots.push_back(naive_root(leaves));
        REQUIRE(tree.root() == roots.back());
        REQUIRE(frontier.root() == roots.back());
        REQUIRE(tree.frontier().hashes() == frontier.hashes());
        REQUIRE(WithdrawalFrontier(tree.count(), frontier.hashes()).root() == roots.back());
    }
    for (uint32_t count = 1; count <= tree.count(); ++count) {
        REQUIRE(tree.root_at(count) == roots[count]);
        for (uint32_t position = 0; position < count; ++position) {
            REQUIRE(fold_path(leaves[position], position, count, tree.path(position, count)) == roots[count]);
        }
    }
    for (uint32_t count : {36u, 32u, 31u, 17u, 1u, 0u}) {
        tree.truncate(count);
        REQUIRE(tree.root() == roots[count]);
    }
    for (const Hash& leaf : leaves) tree.append(leaf);
    REQUIRE(tree.root() == roots.back());
}

TEST_CASE("withdrawals appended together make the tree that they make one by one, from any frontier on") {
    std::vector<Hash> leaves;
    for (uint32_t i = 0; i < 80; ++i) leaves.push_back(number(i));
    for (uint32_t base : {0u, 1u, 2u, 5u, 7u, 8u}) {
        WithdrawalTree before;
        for (uint32_t i = 0; i < base; ++i) before.append(leaves[i]);
        for (uint32_t first = base; first < base + 9; ++first) {
            for (uint32_t last : {first, first + 1, first + 2, first + 3, first + 16, first + 45}) {
                INFO("base " << base << ", from " << first << " to " << last);
                WithdrawalTree single = WithdrawalTree::from_frontier(before.frontier()), together = single;
                for (uint32_t i = base; i < last; ++i) single.append(leaves[i]);
                together.append(std::span(leaves).subspan(base, first - base));
                together.append(std::span(leaves).subspan(first, last - first));
                REQUIRE(together.count() == last);
                REQUIRE(together.root() == single.root());
                REQUIRE(together.frontier().hashes() == single.frontier().hashes());
                for (uint32_t i = base; i < last; ++i) REQUIRE(together.path(i, last) == single.path(i, last));
            }
        }
    }
}

TEST_CASE("the frontier's hashes are the nodes that the specification names, lowest bit first") {
    WithdrawalFrontier frontier;
    std::vector<Hash> leaves;
    for (uint32_t i = 0; i < 13; ++i) {
        leaves.push_back(number(i));
        frontier.append(leaves.back());
    }
    // 13 = 1 + 4 + 8: leaf 12, the node over 8 to 11, the node over 0 to 7.
    REQUIRE(frontier.hashes() == std::vector<Hash>{leaves[12], naive_node(leaves, 2, 2), naive_node(leaves, 3, 0)});
}

TEST_CASE("a withdrawal tree from a frontier goes on as the whole tree does") {
    for (uint32_t base : {0u, 1u, 5u, 6u, 8u, 11u}) {
        WithdrawalTree whole;
        for (uint32_t i = 0; i < base; ++i) whole.append(number(i));
        WithdrawalTree rest = WithdrawalTree::from_frontier(whole.frontier());
        for (uint32_t i = base; i < base + 20; ++i) {
            whole.append(number(i));
            rest.append(number(i));
            REQUIRE(rest.root() == whole.root());
            REQUIRE(rest.frontier().hashes() == whole.frontier().hashes());
        }
        for (uint32_t i = base; i < base + 20; ++i) {
            for (uint32_t count = i + 1; count <= base + 20; ++count) REQUIRE(rest.path(i, count) == whole.path(i, count));
        }
        for (uint32_t left : {base + 11, base}) {
            rest.truncate(left);
            whole.truncate(left);
            REQUIRE(rest.root() == whole.root());
            for (uint32_t i = 0; i < 5; ++i) {
                rest.append(number(900 + i));
                whole.append(number(900 + i));
                REQUIRE(rest.root() == whole.root());
            }
        }
    }
    // Near the end of the positions.
    std::vector<Hash> left(31);
    for (size_t i = 0; i < left.size(); ++i) left[i] = number(i);
    WithdrawalFrontier frontier(kMaxWithdrawalCount - 1, left);
    WithdrawalTree tree = WithdrawalTree::from_frontier(frontier);
    tree.append(number(77));
    frontier.append(number(77));
    REQUIRE(tree.count() == kMaxWithdrawalCount);
    REQUIRE(tree.root() == frontier.root());
    uint32_t position = kMaxWithdrawalCount - 1;
    REQUIRE(fold_path(number(77), position, kMaxWithdrawalCount, tree.path(position, kMaxWithdrawalCount)) == tree.root());
}

TEST_CASE("a batch's small trees pad with zero hashes to the next power of two") {
    for (size_t count : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 47u, 255u, 256u}) {
        std::vector<Hash> leaves;
        for (size_t i = 0; i < count; ++i) leaves.push_back(number(i));
        int depth = small_tree_depth(count);
        REQUIRE((size_t{1} << depth) >= count);
        REQUIRE((depth == 0 || (size_t{1} << (depth - 1)) < count));
        Hash root = small_tree_root(leaves);
        REQUIRE(root == naive_node(leaves, depth, 0));
        for (size_t i = 0; i < count; ++i) {
            std::vector<Hash> path = small_tree_path(leaves, i);
            REQUIRE(path.size() == static_cast<size_t>(depth));
            REQUIRE(fold_small_path(leaves[i], i, path) == root);
            REQUIRE((depth == 0 || fold_small_path(leaves[i], i ^ 1, path) != root));
        }
    }
}

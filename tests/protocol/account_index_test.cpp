// The index of accounts against std::map.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "protocol/account_tree.hpp"
#include "tests/protocol/naive_trees.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

using Model = std::map<AccountKey, uint32_t>;

AccountKey key_of_bytes(uint64_t head, uint64_t tail) {
    AccountKey key;
    for (size_t i = 0; i < 8; ++i) {
        key.owner.bytes[i] = static_cast<uint8_t>(head >> (56 - 8 * i));
        key.token.bytes[12 + i] = static_cast<uint8_t>(tail >> (56 - 8 * i));
    }
    return key;
}

// Keys of one kind each: at random; all alike in their first 8 bytes, so that whole keys decide; of few different beginnings, in
// runs longer than a block; at both ends of what is possible; rising, falling.
AccountKey drawn_key(unsigned kind, uint64_t step, std::mt19937_64& random) {
    switch (kind) {
        case 0: return key_of_bytes(random(), random());
        case 1: return key_of_bytes(0x0123456789abcdef, random() % 5000);
        case 2: return key_of_bytes(random() % 3, random() % 3000);
        case 3: return random() % 2 ? key_of_bytes(0, 1 + random() % 2000) : key_of_bytes(~uint64_t{0}, ~(random() % 2000));
        case 4: return key_of_bytes(1, step);
        case 5: return key_of_bytes(~step, 1);
        default: return key_of_bytes(random() % 2 ? random() % 7 : random(), random());
    }
}
constexpr unsigned kKinds = 7;

void check_found(const AccountTree& tree, const Model& model, const AccountKey& key) {
    auto low = std::prev(model.upper_bound(key));
    const AccountTree::Found found = tree.find(key);
    REQUIRE(found.index == low->second);
    REQUIRE(found.present == (low->first == key));
}

void check_all(const AccountTree& tree, const Model& model) {
    for (const auto& [key, index] : model) {
        check_found(tree, model, key);
        AccountKey neighbour = key;
        if (++neighbour.token.bytes[19] == 0) continue;
        check_found(tree, model, neighbour);
    }
    check_found(tree, model, AccountKey{});
    check_found(tree, model, key_of_bytes(~uint64_t{0}, ~uint64_t{0}));
}

Account leaf_of(const AccountKey& key) {
    Account leaf;
    leaf.key = key;
    return leaf;
}

}  // namespace

TEST_CASE("the index finds what a map of the same keys does, however much they are alike, while leaves come and go") {
    for (unsigned kind = 0; kind < kKinds; ++kind) {
        INFO("kind " << kind);
        std::mt19937_64 random(kind);
        AccountTree tree;
        Model model{{AccountKey{}, 0}};
        auto append = [&](const AccountKey& key) {
            if (!model.emplace(key, tree.count()).second) return;
            tree.append(leaf_of(key));
        };
        auto pop = [&] {
            model.erase(tree.at(tree.count() - 1)->key);
            tree.pop();
        };
        for (uint64_t step = 1; step <= 4000; ++step) {
            append(drawn_key(kind, step, random));
            check_found(tree, model, drawn_key(kind, step + random() % 10, random));
            if (step % 1500 == 0) {  // a roll-back that empties blocks
                for (uint64_t left = 1 + random() % model.size(); tree.count() > left;) pop();
                check_all(tree, model);
            }
        }
        check_all(tree, model);
        while (tree.count() > 1) pop();
        check_all(tree, model);
        append(drawn_key(kind, 1, random));
        check_all(tree, model);
    }
}

TEST_CASE("an index of all leaves at once is the one that grew, and finds keys that are there twice") {
    for (unsigned kind = 0; kind < kKinds; ++kind) {
        for (size_t count : {1u, 2u, 447u, 448u, 449u, 3000u}) {
            INFO("kind " << kind << ", count " << count);
            std::mt19937_64 random(kind);
            Model model{{AccountKey{}, 0}};
            std::vector<Account> leaves{Account{}};
            for (uint64_t step = 1; step < count; ++step) {
                const AccountKey key = drawn_key(kind, step, random);
                if (model.emplace(key, static_cast<uint32_t>(leaves.size())).second) leaves.push_back(leaf_of(key));
            }
            auto tree = AccountTree::of(dense(leaves));
            REQUIRE(tree.has_value());
            check_all(*tree, model);
            for (uint64_t step = count; step < count + 600; ++step) {  // blocks that were filled are split
                const AccountKey key = drawn_key(kind, step, random);
                if (model.emplace(key, tree->count()).second) tree->append(leaf_of(key));
            }
            check_all(*tree, model);

            leaves.push_back(leaves[random() % leaves.size()]);
            REQUIRE_FALSE(AccountTree::of(dense(leaves)).has_value());
        }
    }
}

TEST_CASE("a tree of more leaves than one job hashes is the one that grew, in whatever order its jobs run") {
    const JobRunner backwards = [](size_t jobs, const std::function<void(size_t)>& job) {
        while (jobs-- > 0) job(jobs);
    };
    AccountTree grown;
    std::vector<Account> leaves{Account{}};
    for (size_t count : {65'535u, 65'536u, 65'537u, 140'000u}) {
        while (leaves.size() < count) {
            leaves.push_back(leaf_of(key_of_bytes(leaves.size() * 0x9e3779b97f4a7c15, 0)));
            grown.append(leaves.back());
        }
        auto made = AccountTree::of(dense(leaves), backwards);
        REQUIRE(made.has_value());
        REQUIRE(made->root() == grown.root());
        for (uint32_t index : {0u, 1u, 65'535u, grown.count() - 1}) {
            if (index < count) REQUIRE(made->path(index) == grown.path(index));
        }
    }
}

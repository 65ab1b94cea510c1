// What the L1 says, as a view keeps it: blocks, reorganisations, finality, what can't follow.
#include <catch2/catch.hpp>

#include "tests/ledger/ledger_l1_fixture.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::ledger;
using namespace gavel::ledger_test;

TEST_CASE("the view is what its blocks say, after a restart and with blocks taken back") {
    uint64_t seed = GENERATE(range(1, 9));
    INFO("seed " << seed);
    World world(seed);
    HandL1 l1;
    node::MemoryStore store;
    auto view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
    std::vector<std::string> seen{describe(*view)};
    uint64_t claims = 0;
    for (int i = 0; i < 120; ++i) {
        uint64_t standing = view->batch_head();
        switch (world.below(8)) {
            case 0: l1.queue(world.random_l1_operation()); break;
            case 1:
            case 2: l1.add(l1::BatchAppended{standing + 1, hash_of(static_cast<uint8_t>(world.below(250))), 1}); break;
            case 3:
                if (standing > view->final_head()) l1.strike(view->final_head() + 1 + world.below(standing - view->final_head()));
                break;
            case 4: l1.add(l1::WithdrawalClaimed{static_cast<uint32_t>(claims++), {}, {}}); break;
            case 5: {
                if (l1.blocks.empty()) break;
                size_t count = 1 + world.below(std::min<size_t>(l1.blocks.size(), 6));
                for (size_t gone = l1.blocks.size() - count; gone < l1.blocks.size(); ++gone) {
                    for (const L1Event& event : l1.blocks[gone].events) {
                        claims -= std::holds_alternative<l1::WithdrawalClaimed>(event.event);
                    }
                }
                l1.reorganise(*view, count);
                seen.resize(l1.blocks.size() + 1);
                CHECK(describe(*view) == seen.back());
                break;
            }
            case 7:
                if (!view->frozen()) l1.add(l1::RollupFrozen{});
                break;
            default: view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
        }
        l1.mine(*view, world.below(200));
        seen.push_back(describe(*view));
        node::MemoryStore fresh_store;
        L1View fresh(fresh_store, world.domain.rollup, HandL1::parameters());
        l1.tell_all(fresh);
        CHECK(describe(fresh) == seen.back());
    }
}

TEST_CASE("a batch is final exactly when its window is over") {
    World world(1);
    HandL1 l1;
    node::MemoryStore store;
    L1View view(store, world.domain.rollup, HandL1::parameters());
    CHECK(view.is_final(0));
    l1.add(l1::BatchAppended{1, hash_of(1), 1});
    l1.mine(view);
    CHECK_FALSE(view.is_final(1));
    CHECK(view.final_at(1) == view.head().time + 600);
    l1.mine(view, 600 - HandL1::kBlockTime - 1);
    CHECK_FALSE(view.is_final(1));
    CHECK(view.final_head() == 0);
    l1.reorganise(view, 1);
    l1.mine(view, 600 - HandL1::kBlockTime);
    CHECK(view.is_final(1));
    CHECK(view.final_head() == 1);
    CHECK_FALSE(view.is_final(2));
    CHECK_FALSE(view.final_at(2).has_value());
}

TEST_CASE("a view takes no block whose events can't follow") {
    World world(1);
    HandL1 l1;
    node::MemoryStore store;
    L1View view(store, world.domain.rollup, HandL1::parameters());
    l1.add(l1::BatchAppended{1, hash_of(1), 1});
    l1.queue(world.deposit(1, {}, 5));
    CHECK_FALSE(view.frozen());
    l1.add(l1::RollupFrozen{});  // nobody sat
    l1.mine(view);
    CHECK(view.frozen());
    std::string before = describe(view);
    L1Operation nobody = world.deposit(1, {}, 5);
    nobody.to = Address{};
    const std::vector<l1::RollupEvent> impossible = {l1::BatchAppended{3, hash_of(2), 1},
                                                     l1::BatchAppended{1, hash_of(2), 1},
                                                     l1::BatchStruck{2, hash_of(1), 1, {}},
                                                     l1::BatchStruck{1, hash_of(2), 1, {}},
                                                     l1::BatchStruck{0, hash_of(1), 1, {}},
                                                     l1::L1OperationQueued{2, world.deposit(1, {}, 5)},
                                                     l1::L1OperationQueued{1, nobody},
                                                     l1::TermStarted{3, {}},
                                                     l1::TermEnded{2, {}},
                                                     l1::TermEnded{0, {}},
                                                     l1::RollupFrozen{}};
    for (const l1::RollupEvent& event : impossible) {
        L1Block block{{2, hash_of(9), l1.blocks.back().ref.hash, HandL1::kStartTime + 99}, {}};
        block.events = {{l1::BatchAppended{2, hash_of(7), 1}, hash_of(4)}, {event, hash_of(5)}};
        const auto* appended = std::get_if<l1::BatchAppended>(&event);
        if (appended && appended->number == 3) block.events.erase(block.events.begin());
        CHECK_FALSE(view.add_block(block));
        CHECK(describe(view) == before);
    }
    CHECK_FALSE(view.add_block({{1, hash_of(9), {}, HandL1::kStartTime + 99}, {}}));
    CHECK_FALSE(view.add_block({{2, hash_of(9), hash_of(8), HandL1::kStartTime + 99}, {}}));
    CHECK(view.add_block({{2, hash_of(9), l1.blocks.back().ref.hash, HandL1::kStartTime + 99}, {}}));
    CHECK_THROWS_AS(L1View(store, address_of(1), HandL1::parameters()), node::StoreError);
}

// The proxy itself: honest without faults, and what it tells with one is what that fault says.
#include <catch2/catch.hpp>
#include <set>

#include "tests/hostile/deck.hpp"
#include "tests/hostile/hostile_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace gavel::hostile;

namespace {

// A node behind a proxy, and a client on either side.
struct Node {
    World world;
    Proxy proxy{world.l1_url()};
    l1::JsonRpcClient spoiled{[this] {
        l1::JsonRpcOptions options;
        options.url = proxy.url();
        return options;
    }()};

    uint64_t head() { return world.l1_client().head()->number; }
    // The result in text; empty if it is refused.
    std::string ask(const std::string& method, const std::string& params) {
        auto answer = spoiled.request(method, params);
        return answer ? *answer : "";
    }
    std::string ask_node(const std::string& method, const std::string& params) {
        auto answer = world.l1_client().request(method, params);
        return answer ? *answer : "";
    }
};

}  // namespace

TEST_CASE("a proxy without faults is the node") {
    Node node;
    const std::string block = "[\"0x1\",true]", logs = R"([{"fromBlock":"0x0","toBlock":"latest"}])";
    CHECK(node.ask("eth_getBlockByNumber", block) == node.ask_node("eth_getBlockByNumber", block));
    CHECK(node.ask("eth_getLogs", logs) == node.ask_node("eth_getLogs", logs));
    CHECK(node.ask("eth_none", "[]").empty());
    CHECK(node.proxy.asked("eth_getLogs") == 1);
    CHECK(node.proxy.touched().empty());
}

TEST_CASE("a proxy's views are a node that lags, one that stands still, a fork that is a chain of its own") {
    Node node;
    node.world.mine(8);
    const uint64_t head = node.head();

    node.proxy.misbehave({lags(3)});
    CHECK(node.spoiled.head()->number + 3 >= head);
    CHECK(node.spoiled.head()->number < node.head());
    CHECK_FALSE(node.spoiled.block_at(node.head() + 1)->has_value());

    node.proxy.misbehave({freezes()});
    const auto frozen = node.spoiled.head();
    node.world.mine(3);
    CHECK(node.spoiled.head()->number == frozen->number);
    CHECK_FALSE(node.spoiled.block_at(frozen->number + 1)->has_value());

    node.proxy.misbehave({forks(2)});
    (void)node.spoiled.head();
    node.world.mine(3);
    const auto top = node.spoiled.head();
    REQUIRE(top.ok());
    size_t others = 0;
    for (uint64_t number = top->number; number > 1; --number) {
        const auto upper = node.spoiled.block_at(number), lower = node.spoiled.block_at(number - 1);
        REQUIRE((upper.ok() && *upper && lower.ok() && *lower));
        CHECK((*upper)->parent_hash == (*lower)->hash);
        others += (*upper)->hash != (*node.world.l1_client().block_at(number))->hash;
    }
    CHECK(others >= 5);
    CHECK(others < top->number);

    node.proxy.misbehave({is_syncing()});
    CHECK(node.spoiled.head()->number == 0);
    CHECK(node.spoiled.code(node.world.domain().rollup)->empty());
    CHECK(node.ask("eth_syncing", "[]").find("highestBlock") != std::string::npos);
}

TEST_CASE("an error after sending is one of a transaction that the node has") {
    Node node;
    l1::L1Wallet wallet(node.world.l1_client(), key_of("alice"));
    l1::Transaction body{
        *node.world.l1_client().chain_id(), 0, 2'000'000'000, 10'000'000'000, 21'000, address_of("carol"), 7, {}, {}};
    const l1::SignedTransaction first = l1::sign(body, key_of("alice"));
    node.proxy.misbehave({errors_after_sending()});
    CHECK_FALSE(node.spoiled.send_raw(first.raw).ok());
    node.world.eventually("it is in a block", [&] { return node.world.l1_client().receipt(first.hash)->has_value(); });
    body.nonce = 1;
    const l1::SignedTransaction second = l1::sign(body, key_of("alice"));
    node.proxy.misbehave({swallows()});
    CHECK(node.spoiled.send_raw(second.raw).ok());
    node.world.mine(2);
    CHECK_FALSE(node.world.l1_client().receipt(second.hash)->has_value());
    node.proxy.misbehave({refuses_large(10)});
    CHECK_FALSE(node.spoiled.send_raw(second.raw).ok());
    node.proxy.misbehave({refuses_small_tips(2'000'000'000), caps_fees(1'000'000'000'000'000)});
    CHECK(node.spoiled.send_raw(second.raw).ok());
}

TEST_CASE("each card of the deck is a fault by a name of its own") {
    std::mt19937_64 random(1);
    std::set<std::string> names;
    for (const Card& card : deck()) names.insert(card.draw(random).name);
    CHECK(deck().size() >= 40);
    CHECK(names.size() + 1 == deck().size());  // logs left out of ranges alone are the same fault's
}

// Several nodes as one: which is asked when, and what is believed.
#include "l1-bridge/client/l1_sources.hpp"
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "tests/contract/contract_fixture.hpp"
#include "tests/support/moody_node.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

class Node final : public MoodyNode {
public:
    using MoodyNode::MoodyNode;
    bool forgets_transactions = false, refuses_sends = false;
    int asked = 0, heads = 0, sends = 0;
    node::Status refusal;

    node::Result<BlockRef> head() override {
        ++heads;
        return MoodyNode::head();
    }
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx) override {
        return forgets_transactions ? std::optional<TransactionInput>{} : ForwardingClient::transaction_input(tx);
    }
    node::Result<Hash> send_raw(ByteView raw) override {
        ++sends;
        if (refuses_sends) return node::Status{node::Code::kFailedPrecondition, "TX_UNDERPRICED", "", "no"};
        return MoodyNode::send_raw(raw);
    }

private:
    node::Status admit() override {
        ++asked;
        const node::Status line = MoodyNode::admit();
        return line.ok() ? refusal : line;
    }
};

struct Two {
    ContractFixture l1;
    InProcessClient chain{*l1.chain, rollup_error_names()};
    Node *a, *b;
    std::unique_ptr<L1Sources> both;

    Two() {
        std::vector<L1Sources::Source> sources;
        for (Node** node : {&a, &b}) {
            auto made = std::make_unique<Node>(chain);
            *node = made.get();
            sources.push_back({std::move(made), node == &a ? "a" : "b"});
        }
        both = std::make_unique<L1Sources>(std::move(sources), l1.clock, 5'000);
    }
};

}  // namespace

TEST_CASE("the other node is asked when one fails, and stays the one that is asked") {
    Two two;
    REQUIRE(two.both->head().ok());
    CHECK(two.b->asked == 0);
    two.a->is_down = true;
    CHECK(two.both->block_at(1)->has_value());
    CHECK(two.b->asked == 2);  // its chain, then the block
    two.a->asked = 0;
    CHECK(two.both->block_at(1)->has_value());
    CHECK(two.a->asked == 0);
    two.b->is_down = true;
    CHECK(two.both->block_at(1).status().reason == "L1_UNREACHABLE");
    two.a->is_down = false;
    CHECK(two.both->block_at(1)->has_value());
}

TEST_CASE("what one node refuses is asked of the other, and turns nobody away; a revert is an answer") {
    Two two;
    two.a->refusal = {node::Code::kFailedPrecondition, "L1_ERROR", "", "missing trie node"};
    CHECK(two.both->chain_id().ok());
    two.a->refusal = {};
    REQUIRE(two.both->head().ok());
    two.a->refusal = {node::Code::kFailedPrecondition, "L1_ERROR", "", "missing trie node"};
    CHECK(two.both->code(two.l1.rollup).ok());
    two.a->refusal = {};
    two.b->asked = 0;
    CHECK(two.both->code(two.l1.rollup).ok());
    CHECK(two.b->asked == 0);
    CallRequest request;
    request.to = two.l1.rollup;
    request.data = rollup_call::resign();
    CHECK(two.both->estimate_gas(request).status().reason == "NotSequencer");
    CHECK(two.b->asked == 0);
}

TEST_CASE("a node that lags is left for one that doesn't, at once or when its head stands still") {
    Two two;
    for (int i = 0; i < 10; ++i) two.l1.chain->mine();
    const uint64_t newest = two.l1.chain->head().number;
    CHECK(two.both->head()->number == newest);
    two.a->stuck_at = newest - 3;  // it falls back
    CHECK(two.both->head()->number == newest);
    two.a->stuck_at.reset();
    two.b->stuck_at = newest;  // and the other stands still
    two.l1.chain->mine();
    CHECK(two.both->head()->number == newest);
    two.l1.clock.advance(5'000);
    CHECK(two.both->head()->number == newest + 1);
    two.b->heads = 0;
    for (int i = 0; i < 10; ++i) CHECK(two.both->head().ok());
    CHECK(two.b->heads == 0);
}

TEST_CASE("a node of another chain is never asked") {
    Two two;
    two.b->other_chain = 5;
    REQUIRE(two.both->head().ok());
    two.a->is_down = true;
    CHECK(two.both->head().status().reason == "L1_UNREACHABLE");
    CHECK(&two.both->second_opinion() == two.both.get());
    two.a->is_down = false;
    CHECK(two.both->head().ok());
    two.b->other_chain.reset();
    CHECK(&two.both->second_opinion() == two.b);
    two.both->suspect();
    CHECK(&two.both->second_opinion() == two.a);
}

TEST_CASE("a transaction goes to all nodes, and is sent if one takes it; one that a node has forgotten is asked of the other") {
    Two two;
    L1Wallet wallet(*two.both, two.l1.bob);
    two.a->refuses_sends = true;
    auto sent = wallet.send(two.l1.alice.address(), 1, {});
    INFO(node::to_string(sent.status()));
    REQUIRE(sent.ok());
    CHECK(two.a->sends == 1);
    CHECK(two.b->sends == 1);
    two.a->forgets_transactions = true;
    CHECK(two.both->transaction_input(*sent)->has_value());
    two.a->refuses_sends = false;
    two.b->is_down = true;
    CHECK(wallet.send(two.l1.alice.address(), 1, {}).ok());
    two.a->refuses_sends = true;
    CHECK(two.both->send_raw(Bytes{1}).status().reason == "TX_UNDERPRICED");
}

TEST_CASE("--l1 is one URL or several; what is none is refused, and not repeated") {
    node::SystemClock clock;
    CHECK(open_l1({}, clock).ok());
    auto two = open_l1({{"http://127.0.0.1:1/KEY", "https://user:PASS@node.example/KEY"}}, clock);
    REQUIRE(two.ok());
    CHECK(dynamic_cast<L1Sources*>(two->get()) != nullptr);
    for (const char* bad : {"", "SECRET", "ftp://host/SECRET", "http://user:p/SECRET@host"}) {
        auto refused = open_l1({{bad}}, clock).status();
        CHECK(refused.reason == "OPTION_INVALID");
        CHECK(node::to_string(refused).find("SECRET") == std::string::npos);
    }
    L1Flags flags;
    node::Options options("test", "");
    add_l1_flags(options, flags);
    CHECK(flags.urls == std::vector<std::string>{"http://127.0.0.1:8545"});
    CHECK(options.parse({"--l1", "http://a", "--l1", "http://b"}).run);
    CHECK(flags.urls == std::vector<std::string>{"http://a", "http://b"});
}

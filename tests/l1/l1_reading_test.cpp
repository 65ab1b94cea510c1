// Reading a rollup from a node that leaves events out, of ranges, of blocks, of old blocks: told at once, and healed by itself.
#include "follow/l1_sync.hpp"
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/l1_sources.hpp"
#include "tests/contract/contract_fixture.hpp"
#include "tests/support/moody_node.hpp"

using namespace gavel;
using namespace gavel::test;
using follow::L1Sync;

namespace {

using OfBlock = std::function<bool(uint64_t block)>;

bool never(uint64_t) { return false; }
bool always(uint64_t) { return true; }

// Leaves logs of some blocks out of its answers, without an error.
class Forgetful final : public MoodyNode {
public:
    using MoodyNode::MoodyNode;
    OfBlock in_ranges = never, by_hash = never, in_receipts = never, in_bloom = never;
    std::optional<Bloom> bloom;  // told of each block instead of its own
    int asked_by_hash = 0, asked_receipts = 0;
    bool is_syncing_now = false, has_forgotten_state = false, hides_code = false;

    void forget_all(const OfBlock& blocks) { in_ranges = by_hash = in_receipts = in_bloom = blocks; }

    node::Result<std::vector<Log>> logs(const LogFilter& filter) override {
        asked_by_hash += filter.block_hash.has_value();
        return without(ForwardingClient::logs(filter), filter.block_hash ? by_hash : in_ranges);
    }
    node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) override {
        ++asked_receipts;
        return without(ForwardingClient::logs_by_receipts(block, filter), in_receipts);
    }
    node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) override {
        auto out = ForwardingClient::summary_at(number);
        if (out && *out && bloom) (*out)->bloom = *bloom;
        if (out && *out && in_bloom(number)) (*out)->bloom = Bloom{};
        return out;
    }
    node::Result<bool> is_syncing() override { return is_syncing_now; }
    node::Result<Bytes> code(const Address& address) override {
        return hides_code ? node::Result<Bytes>(Bytes{}) : ForwardingClient::code(address);
    }
    node::Result<CallReply> try_call(const CallRequest& request) override {
        if (has_forgotten_state && request.block && *request.block < ForwardingClient::head()->number)
            return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "missing trie node"};
        return ForwardingClient::try_call(request);
    }

private:
    static node::Result<std::vector<Log>> without(node::Result<std::vector<Log>> logs, const OfBlock& forgotten) {
        if (logs) std::erase_if(*logs, [&](const Log& log) { return forgotten(log.block_number); });
        return logs;
    }
};

struct Reading {
    ContractFixture l1;
    InProcessClient node{*l1.chain, rollup_error_names()};
    Forgetful client{node};
    node::MemoryStore store;
    std::unique_ptr<L1Sync> sync;

    Reading() { REQUIRE(l1.send(l1.alice, rollup_call::become_sequencer(), l1.parameters.stake) == ""); }

    uint64_t deposit() {
        REQUIRE(l1.send(l1.bob, rollup_call::deposit_eth(l1.bob.address()), 5) == "");
        return l1.chain->head().number;
    }
    void mine(int blocks) {
        for (int i = 0; i < blocks; ++i) l1.chain->mine();
        l1.at(l1.chain->head().time + 1);
    }
    void open(L1Client& from) {
        auto opened = L1Sync::open(store, from, l1.rollup);
        INFO(node::to_string(opened.status()));
        REQUIRE(opened.ok());
        sync = std::move(*opened);
    }
    void open() { open(client); }
    // Steps until it is up to date, at most so often; the rounds needed. The reasons met on the way are kept.
    int catch_up(int most = 400) {
        for (int round = 1; round <= most; ++round) {
            auto step = sync->step();
            if (!step) reasons.push_back(step.status().reason);
            if (step && *step) {
                CHECK(sync->contradiction().ok());
                return round;
            }
        }
        return 0;
    }
    // As the contract has it.
    void check() {
        CHECK(sync->view().queue_length() == l1.queue_length());
        CHECK(sync->view().queue_hash(l1.queue_length()) == l1.queue_hash(l1.queue_length()));
        CHECK(sync->view().batch_head() == l1.head().number);
        CHECK(sync->view().sitting().has_value());
    }
    bool was_told() const { return std::find(reasons.begin(), reasons.end(), "L1_CONTRADICTS") != reasons.end(); }

    std::vector<std::string> reasons;
};

}  // namespace

TEST_CASE("logs left out of a range are found by the block's bloom and its hash, in the same round") {
    Reading r;
    r.open();
    REQUIRE(r.catch_up() > 0);
    r.client.in_ranges = always;
    r.deposit();
    r.mine(3);
    r.deposit();
    CHECK(r.catch_up() == 1);
    r.check();
    CHECK_FALSE(r.was_told());
}

TEST_CASE("logs left out by hash too are contradicted by the contract at once, and found in receipts") {
    Reading r;
    r.open();
    REQUIRE(r.catch_up() > 0);
    r.client.in_ranges = r.client.by_hash = always;
    r.deposit();
    r.mine(2);
    CHECK(r.sync->step().status().reason == "L1_CONTRADICTS");
    CHECK(r.sync->contradiction().message.find("queue length is 1, by the events told it is 0") != std::string::npos);
    CHECK_FALSE(r.sync->is_up_to_date());
    CHECK(r.catch_up() > 0);
    r.check();
}

TEST_CASE("a node that hides events wherever it can is never believed, and healed from once it is honest") {
    Reading r;
    r.open();
    REQUIRE(r.catch_up() > 0);
    const bool is_of_seat = GENERATE(false, true);
    r.client.forget_all([&, from = r.l1.chain->head().number](uint64_t block) { return block > from; });
    if (is_of_seat) {
        REQUIRE(r.l1.send(r.l1.alice, rollup_call::resign()) == "");
        REQUIRE(r.l1.send(r.l1.bob, rollup_call::become_sequencer(), r.l1.parameters.stake) == "");
    } else {
        r.deposit();
    }
    r.mine(5);
    CHECK(r.catch_up(100) == 0);
    CHECK(r.sync->contradiction().reason == "L1_CONTRADICTS");
    r.client.forget_all(never);
    CHECK(r.catch_up() > 0);
    r.check();
    CHECK(r.sync->view().terms().size() == (is_of_seat ? 2 : 1));
}

TEST_CASE("a node that answers nothing for old ranges is contradicted at the head, and read again block by block") {
    Reading r;
    r.deposit();
    r.mine(600);
    const uint64_t old = r.l1.chain->head().number - 300;
    r.deposit();
    r.client.in_ranges = [&](uint64_t block) { return block < old; };
    r.client.has_forgotten_state = true;
    r.open();
    CHECK(r.catch_up() > 0);
    CHECK(r.was_told());
    r.check();
    CHECK(r.l1.queue_length() == 2);
}

TEST_CASE("a store that lacks events already is healed by an honest node") {
    Reading r;
    r.deposit();
    r.mine(100);
    r.client.forget_all(always);
    {
        // As a version that believed the node had it.
        follow::L1View view(r.store, r.l1.rollup, r.l1.parameters);
        L1Follower follower(r.client, r.l1.rollup);
        for (bool done = false; !done;) {
            auto step = follower.step();
            REQUIRE(step.ok());
            REQUIRE(view.take(step->updates, follower.encode_position()));
            done = step->is_up_to_date;
        }
        REQUIRE(view.queue_length() == 0);
    }
    r.client.forget_all(never);
    const bool comes_more = GENERATE(false, true);
    if (comes_more) r.deposit();  // an event that can't follow what the store holds
    r.open();
    REQUIRE(r.sync->view().queue_length() == 0);
    CHECK(r.catch_up() > 0);
    CHECK(r.was_told());
    r.check();
    // And after a restart.
    r.open();
    CHECK(r.catch_up() > 0);
    r.check();
}

TEST_CASE("a bloom that speaks of everything holds nothing up") {
    Reading r;
    r.client.bloom.emplace().fill(0xff);
    r.deposit();
    r.mine(20);
    r.open();
    CHECK(r.catch_up() <= 2);
    r.check();
    CHECK(r.client.asked_by_hash == static_cast<int>(r.l1.chain->head().number) + 1);
    CHECK(r.client.asked_receipts == 0);
    CHECK_FALSE(r.was_told());
}

TEST_CASE("of two nodes the honest one is turned to, and the liar's view corrected in two rounds") {
    Reading r;
    auto liar = std::make_unique<Forgetful>(r.node);
    liar->forget_all([](uint64_t block) { return block > 2; });
    std::vector<L1Sources::Source> sources;
    sources.push_back({std::move(liar), "liar"});
    sources.push_back({std::make_unique<Forgetful>(r.node), "honest"});
    L1Sources both(std::move(sources), r.l1.clock);
    r.deposit();
    r.mine(10);
    r.open(both);
    CHECK(r.catch_up() <= 3);
    CHECK(r.reasons == std::vector<std::string>{"L1_CONTRADICTS"});
    r.check();
}

TEST_CASE("started without the L1, the view is served from the store, and the L1 is known again later") {
    Reading r;
    r.deposit();
    r.client.is_down = true;
    CHECK(L1Sync::open(r.store, r.client, r.l1.rollup).status().reason == "L1_UNREACHABLE");  // never seen
    r.client.is_down = false;
    r.open();
    REQUIRE(r.catch_up() > 0);
    r.client.is_down = true;
    r.open();
    CHECK(r.sync->view().queue_length() == 1);
    CHECK(r.sync->domain().chain_id == 31'337);
    CHECK(r.sync->step().status().reason == "L1_UNREACHABLE");
    CHECK_FALSE(r.sync->is_up_to_date());
    CHECK(L1Sync::open(r.store, r.client, r.l1.rollup, {0, 5}).status().reason == "L1_WRONG_CHAIN");
    r.client.is_down = false;
    r.deposit();
    CHECK(r.catch_up() > 0);
    r.check();
}

TEST_CASE("started without the L1, another L1 in its place is told when it comes") {
    Reading r;
    r.deposit();
    r.open();
    REQUIRE(r.catch_up() > 0);
    r.client.is_down = true;
    r.open();
    r.client.is_down = false;
    r.client.other_chain = 5;
    for (int i = 0; i < 3; ++i) CHECK(r.sync->step().status().reason == "L1_WRONG_CHAIN");
    CHECK(r.sync->view().queue_length() == 1);
    r.client.other_chain.reset();
    CHECK(r.catch_up() > 0);
}

TEST_CASE("a node that is still fetching the chain is waited for; a synced one without the contract isn't") {
    Reading r;
    const Address nobody = PrivateKey::derived("nobody").address();
    auto reason = [&](uint64_t start_block) { return L1Sync::open(r.store, r.client, nobody, {start_block, 0}).status().reason; };
    CHECK(reason(0) == "NO_CONTRACT");
    CHECK(reason(1000) == "L1_SYNCING");  // it isn't where the contract was deployed
    r.client.stuck_at = 0;
    CHECK(reason(0) == "L1_SYNCING");
    r.client.stuck_at.reset();
    r.client.is_syncing_now = true;
    CHECK(reason(0) == "L1_SYNCING");
    int waited = 0;
    auto opened = L1Sync::open_when_reachable(r.store, r.client, nobody, {}, [&] {
        r.client.is_syncing_now = ++waited < 3;
        return true;
    });
    CHECK(opened.status().reason == "NO_CONTRACT");
    CHECK(waited == 5);  // said three times

    // One odd answer is no end.
    waited = 0;
    r.client.hides_code = true;
    opened = L1Sync::open_when_reachable(r.store, r.client, r.l1.rollup, {}, [&] {
        r.client.hides_code = false;
        return ++waited < 10;
    });
    CHECK(opened.ok());
    CHECK(waited == 1);
}

TEST_CASE("a node that falls behind what was read takes nothing back, however long") {
    Reading r;
    r.deposit();
    r.mine(20);
    r.open();
    REQUIRE(r.catch_up() > 0);
    r.client.stuck_at = 1;
    for (int i = 0; i < 1000; ++i) REQUIRE(r.sync->step().status().reason == "L1_BEHIND");
    CHECK(r.sync->view().queue_length() == 1);
    r.client.stuck_at.reset();
    CHECK(r.catch_up() == 1);
    CHECK(r.sync->reorganisations() == 0);
}

// The follower against a chain that reorganises and a node that fails.
#include <map>
#include <random>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_follower.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// Fails now and then, and lets the chain change between any two answers.
class UnsteadyClient final : public l1::ForwardingClient {
public:
    UnsteadyClient(L1Client& inner, std::function<bool()> fails) : ForwardingClient(inner), fails_(std::move(fails)) {}

    node::Result<std::vector<Log>> logs(const LogFilter& filter) override {
        const uint64_t range = filter.to_block - filter.from_block + 1;
        longest_range = std::max(longest_range, range);
        if (range > max_range) return node::Status{node::Code::kOutOfRange, "TOO_MANY_LOGS", "", ""};
        return ForwardingClient::logs(filter);
    }

    uint64_t max_range = ~uint64_t{0};
    uint64_t longest_range = 0;
    uint64_t answers = 0;

private:
    node::Status admit() override {
        ++answers;
        return fails_() ? node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "down"} : node::Status{};
    }
    std::function<bool()> fails_;
};

// What a user of the follower knows: the blocks told and not taken back.
struct Told {
    std::vector<BlockAdded> blocks;
    // Of every block that ever was, if known: how many events it has. Also what is taken back later is of one chain when told.
    const std::map<Hash, size_t>* event_counts = nullptr;

    void check_one(const BlockAdded& added) const {
        if (!blocks.empty()) {
            const BlockRef& before = blocks.back().block;
            REQUIRE(added.block.number > before.number);
            if (added.block.number == before.number + 1) REQUIRE(added.block.parent_hash == before.hash);
        }
        for (const LocatedEvent& event : added.events) REQUIRE(event.block_hash == added.block.hash);
        if (event_counts) REQUIRE(event_counts->at(added.block.hash) == added.events.size());
    }

    void take(const FollowerStep& step) {
        for (const L1Update& update : step.updates) {
            if (auto* added = std::get_if<BlockAdded>(&update)) {
                check_one(*added);
                blocks.push_back(*added);
                continue;
            }
            auto head = std::get<BlocksRemoved>(update).head;
            while (!blocks.empty() && (!head || blocks.back().block.number > head->number)) blocks.pop_back();
            if (head) REQUIRE(!blocks.empty());
            if (head) REQUIRE(blocks.back().block == *head);
        }
    }
    // Against the chain as it is.
    void check(L1Client& l1, const Address& rollup) const {
        std::vector<LocatedEvent> events;
        for (const BlockAdded& added : blocks) {
            REQUIRE(*l1.block_at(added.block.number) == added.block);
            events.insert(events.end(), added.events.begin(), added.events.end());
        }
        REQUIRE(events == *RollupClient(l1, rollup).events(0, l1.head()->number));
    }
};

void catch_up(L1Follower& follower, Told& told) {
    for (int i = 0; i < 1000; ++i) {
        auto step = follower.step();
        REQUIRE(step.ok());
        told.take(*step);
        if (step->is_up_to_date) return;
    }
    FAIL("never up to date");
}

}  // namespace

TEST_CASE("a follower tells the chain as it is through reorganisations, failures and restarts, from a seed") {
    uint32_t seed = GENERATE(range(1u, 13u));
    CAPTURE(seed);
    std::mt19937 random(seed);
    ContractFixture f;
    InProcessClient inner(*f.chain, rollup_error_names());
    bool steady = false;
    std::map<Hash, size_t> event_counts;
    auto note_blocks = [&] {
        uint64_t head = f.chain->head().number, first = head - std::min<uint64_t>(head, 3);
        for (uint64_t number = first; number <= head; ++number) event_counts[f.chain->block_at(number)->hash] = 0;
        auto events = RollupClient(inner, f.rollup).events(first, head);
        for (const LocatedEvent& event : *events) ++event_counts[event.block_hash];
    };
    auto grow = [&] {
        if (random() % 3 == 0) {
            // Taken or not: a transaction that a reorganisation put back may wait with the same nonce.
            uint64_t nonce = *f.chain->nonce(f.bob.address(), {std::nullopt, true});
            Transaction deposit{f.chain->chain_id(),
                                nonce,
                                1,
                                1'000'000'000'000,
                                500'000,
                                f.rollup,
                                1 + random() % 9,
                                rollup_call::deposit_eth(f.bob.address()),
                                {}};
            (void)f.chain->send_raw(sign(deposit, f.bob).raw);
        }
        f.chain->mine();
        note_blocks();
    };
    auto change = [&] {
        uint64_t depth = random() % 3 == 0 ? 1 + random() % (random() % 8 == 0 ? 40 : 6) : 0;
        // The rollup's own deployment stays.
        if (depth > 0 && f.chain->head().number > depth + 2) (void)f.chain->reorganise(depth, random() % 2 == 0);
        for (uint64_t blocks = random() % 4 != 0 ? depth + random() % 2 : random() % 3; blocks > 0; --blocks) grow();
    };
    note_blocks();
    UnsteadyClient l1(inner, [&] {
        if (steady) return false;
        if (random() % 6 == 0) change();
        return random() % 40 == 0;
    });
    FollowerOptions options;
    options.start_block = random() % 2;
    options.blocks_per_step = 1 + random() % 5;
    options.skip_beyond = random() % 3 == 0 ? 1000 : 2 + random() % 10;
    options.blocks_per_skip = 1 + random() % 20;
    auto follower = std::make_unique<L1Follower>(l1, f.rollup, options);
    Told told;
    told.event_counts = &event_counts;
    for (int round = 0; round < 250; ++round) {
        for (unsigned i = random() % 3; i > 0; --i) change();
        auto step = follower->step();
        if (step.ok()) {
            told.take(*step);
            CHECK(step->updates.size() <= options.blocks_per_step + options.blocks_per_skip + 1);
        }
        if (random() % 10 == 0) {
            Bytes position = follower->encode_position();
            follower = std::make_unique<L1Follower>(l1, f.rollup, options);
            REQUIRE(follower->restore_position(position));
        }
    }
    steady = true;
    uint64_t told_to = follower->last() ? follower->last()->number : 0;
    while (f.chain->head().number < told_to) {
        f.chain->mine();
        note_blocks();
    }
    catch_up(*follower, told);
    told.check(inner, f.rollup);
    CHECK(f.queue_length() > 10);
    CHECK(follower->encode_position().size() < 80 * 64);
}

TEST_CASE("a node that is behind takes nothing back, until it says otherwise of a block that was told") {
    ContractFixture f;
    InProcessClient l1(*f.chain, rollup_error_names());
    for (int i = 0; i < 20; ++i) f.chain->mine();
    L1Follower follower(l1, f.rollup);
    Told told;
    catch_up(follower, told);
    BlockRef before = f.chain->head();
    REQUIRE(f.chain->reorganise(5).ok());
    auto step = follower.step();
    REQUIRE(step.ok());
    CHECK(step->node_is_behind);
    CHECK_FALSE(step->is_up_to_date);
    CHECK(step->updates.empty());
    CHECK(follower.last() == before);
    SECTION("it grows again, otherwise") {
        for (int i = 0; i < 5; ++i) f.chain->mine();
        REQUIRE(f.chain->head().number == before.number);
        REQUIRE(f.chain->head().hash != before.hash);
        step = follower.step();
        REQUIRE(step.ok());
        REQUIRE(step->updates.size() == 6);
        CHECK(std::get<BlocksRemoved>(step->updates[0]).head->number == before.number - 5);
        CHECK(step->is_up_to_date);
    }
}

TEST_CASE("far behind, a follower asks for many blocks at once, and for fewer from a node that refuses") {
    ContractFixture f;
    for (int i = 0; i < 3000; ++i) f.chain->mine();
    f.at(f.chain->head().time + 1);
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 3) == "");
    for (int i = 0; i < 1500; ++i) f.chain->mine();
    InProcessClient inner(*f.chain, rollup_error_names());
    UnsteadyClient l1(inner, [] { return false; });
    L1Follower follower(l1, f.rollup);
    Told told;
    SECTION("a willing node") {
        catch_up(follower, told);
        CHECK(l1.longest_range == 4000);
        CHECK(l1.answers < 300);
    }
    SECTION("a node that gives logs of 100 blocks") {
        l1.max_range = 100;
        bool up_to_date = false;
        for (int i = 0; i < 200 && !up_to_date; ++i) {
            auto step = follower.step();
            if (!step.ok()) continue;
            told.take(*step);
            up_to_date = step->is_up_to_date;
        }
        REQUIRE(up_to_date);
    }
    told.check(inner, f.rollup);
}

TEST_CASE("what is no position of a follower is refused") {
    ContractFixture f;
    InProcessClient l1(*f.chain);
    L1Follower follower(l1, f.rollup);
    CHECK(follower.restore_position(follower.encode_position()));
    CHECK_FALSE(follower.last());
    Told told;
    catch_up(follower, told);
    Bytes position = follower.encode_position();
    CHECK_FALSE(follower.restore_position({}));
    Bytes bad = position;
    bad[0] = 2;
    CHECK_FALSE(follower.restore_position(bad));
    bad = position;
    bad.pop_back();
    CHECK_FALSE(follower.restore_position(bad));
    bad = position;
    append(bad, ByteView{position}.subspan(1, 80));
    CHECK_FALSE(follower.restore_position(bad));
    CHECK(follower.last() == f.chain->head());
    CHECK(follower.restore_position(position));
}

namespace {

// Tells a log with an event's topic that is none.
class OddLogs final : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    node::Result<std::vector<Log>> logs(const LogFilter& filter) override {
        auto out = ForwardingClient::logs(filter);
        const BlockRef head = *ForwardingClient::head();
        Log odd{filter.addresses[0], {filter.topics[0][0]}, {}, head.number, head.hash, 0, {}, 0, 0};
        if (out && filter.to_block >= head.number) out->push_back(odd);
        return out;
    }
};

}  // namespace

TEST_CASE("another contract's logs aren't asked for; a log that is no event is refused") {
    ContractFixture f;
    f.registry.add(TestToken::kName, std::make_shared<TestToken>());
    Address token = f.deploy(TestToken::kName, TestToken::constructor_args("Test Dollar", "TUSD", 6));
    f.send(f.alice, token, AbiWriter("mint(address,uint256)").word(f.alice.address()).word(u128{5}).take());
    InProcessClient l1(*f.chain);
    L1Follower follower(l1, token);
    auto step = follower.step();
    REQUIRE(step.ok());
    CHECK(step->is_up_to_date);
    for (const L1Update& update : step->updates) CHECK(std::get<BlockAdded>(update).events.empty());
    OddLogs odd(l1);
    CHECK(L1Follower(odd, token).step().status().reason == "L1_ANSWER_INVALID");
}

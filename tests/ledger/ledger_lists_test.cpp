// What a reader sees of the list of rolled-back operations while the writing thread is in the middle of changing it.
#include <catch2/catch.hpp>

#include "tests/ledger/ledger_fixture.hpp"

namespace gavel::ledger_test {
namespace {

// Lets somebody look whenever something is about to be written.
class WatchedStore final : public node::Store {
public:
    std::function<void()> look;

    std::optional<std::string> get(std::string_view key) const override { return inner_.get(key); }
    void write(const node::WriteBatch& batch, node::Durability durability) override {
        if (look) look();
        inner_.write(batch, durability);
    }
    void scan(std::string_view first, std::string_view last, const Visitor& visit) const override {
        inner_.scan(first, last, visit);
    }
    void scan_reverse(std::string_view first, std::string_view last, const Visitor& visit) const override {
        inner_.scan_reverse(first, last, visit);
    }
    std::unique_ptr<const node::StoreView> snapshot() const override { return inner_.snapshot(); }

private:
    node::MemoryStore inner_;
};

}  // namespace

TEST_CASE("the length of the rolled-back list is published with the rest, not before") {
    World world(11);
    WatchedStore store;
    ledger::OpenLedger ledger(store, world.domain);
    world.fund(ledger);
    const uint64_t chunks = ledger.chunk_count();
    const Operation operation = world.transfer(ledger, 1, world.tokens[0], world.address(2), 1);
    REQUIRE(world.submit(ledger, 1, operation).ok());
    ledger.flush(node::Durability::kSynced);
    REQUIRE(ledger.roll_back_to_chunk(chunks, "struck", World::kNowMs) == 1);
    CHECK(ledger.summary().rolled_back == 1);

    REQUIRE(world.submit(ledger, 1, operation).ok());
    std::vector<uint64_t> seen;
    store.look = [&] { seen.push_back(ledger.summary().rolled_back); };
    ledger.flush(node::Durability::kSynced);
    store.look = {};
    CHECK(seen == std::vector<uint64_t>{1});
    CHECK(ledger.summary().rolled_back == 0);
}

}  // namespace gavel::ledger_test

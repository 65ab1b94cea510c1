// Batches: every refusal of append by name, in docs/contract.md's order, and what success does.
#include "protocol/encoding.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

using namespace gavel::test;

namespace {

Bytes raw_append(ByteView batch, u128 offset, Bytes behind) {
    Bytes out = rollup_call::append(batch);
    Bytes word = to_bytes(word_of(offset));
    std::copy(word.begin(), word.end(), out.begin() + 4);
    append(out, behind);
    return out;
}

// Takes the seat in its constructor, then tries `calldata`, and passes the refusal on.
class Builder : public NativeContract {
public:
    Builder(const Address& rollup, Bytes calldata) : rollup_(rollup), calldata_(std::move(calldata)) {}
    CallResult construct(Host& host, const CallContext& context, ByteView) const override {
        CallResult seat = host.call(rollup_, context.value, rollup_call::become_sequencer());
        return seat.success ? host.call(rollup_, 0, calldata_) : seat;
    }
    CallResult call(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }

private:
    Address rollup_;
    Bytes calldata_;
};

}  // namespace

TEST_CASE("append: every refusal, in order") {
    Court f;
    Batch good = f.batch_on(f.genesis, f.genesis.last);
    Bytes bytes = good.encode();
    Bytes call = rollup_call::append(bytes);
    CHECK(f.send(f.alice, raw_append(bytes, 0x40, {})) == "(no data)");
    CHECK(f.send(f.alice, raw_append(bytes, 0x20, {0})) == "CalldataNotExact");
    CHECK(f.send(f.alice, raw_append(bytes, 0x20, Bytes(32))) == "CalldataNotExact");
    Bytes elsewhere = raw_append(bytes, 0x40, {});
    elsewhere.insert(elsewhere.begin() + 36, 32, 0);
    CHECK(f.send(f.bob, elsewhere) == "CalldataNotExact");
    REQUIRE(bytes.size() % 32 != 0);
    Bytes padded = call;
    padded.back() = 1;
    CHECK(f.send(f.alice, padded) == "CalldataNotExact");
    padded = call;
    padded.pop_back();
    CHECK(f.send(f.alice, padded) == "CalldataNotExact");

    CHECK(f.send(f.bob, call) == "NotSequencer");
    CHECK(f.send(f.bob, rollup_call::append({})) == "NotSequencer");
    CHECK(f.send(f.alice, rollup_call::append({})) == "Truncated");
    auto with = [&](auto change) {
        Batch batch = good;
        change(batch);
        return f.send(f.alice, rollup_call::append(batch.encode()));
    };
    CHECK(with([](Batch& b) { b.chunks.clear(); }) == "ChunkCount");
    CHECK(with([](Batch& b) { b.chunks[0].ops.resize(4097); }) == "OpsTooLong");
    CHECK(with([](Batch& b) { b.chunks[0].sigs.resize(3073); }) == "SigsTooLong");
    CHECK(with([](Batch& b) { b.commitments.push_back({}); }) == "TrailingBytes");
    CHECK(with([](Batch& b) { b.chunks.push_back({}); }) == "Truncated");
    CHECK(with([](Batch& b) {
              b.number = 2;
              b.parent.number = 1;
          }) == "BatchNumber");
    CHECK(with([](Batch& b) { b.number = 0; }) == "BatchNumber");
    CHECK(with([](Batch& b) { b.parent.last.op_count = 1; }) == "NotOnHead");
    CHECK(with([](Batch& b) { b.last.l1_ops_consumed = 1; }) == "L1OpsBeyondQueue");
    CHECK(with([](Batch& b) { b.l1_queue_hash.bytes[0] = 1; }) == "QueueHash");

    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    StateFields last = f.genesis.last;
    last.l1_ops_consumed = 2;
    Batch second = f.batch_on(f.genesis, last);
    uint64_t posted = f.now();
    BatchHeader header = f.append(f.alice, second);
    CHECK(f.only_event<BatchAppended>() == BatchAppended{1, header.hash(), 1});
    CHECK(f.head() == Head{1, header.hash()});
    CHECK(rollup_view::read_batch(f.view(rollup_view::batch(1))) == RollupRecord{header.hash(), posted, 1});
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_final(1))) == false);
    CHECK(f.send(f.alice, rollup_call::append(second.encode())) == "BatchNumber");
    last.l1_ops_consumed = 1;
    CHECK(f.send(f.alice, rollup_call::append(f.batch_on(header, last).encode())) == "L1OpsDecrease");
    last.l1_ops_consumed = 3;
    CHECK(f.send(f.alice, rollup_call::append(f.batch_on(header, last).encode())) == "L1OpsBeyondQueue");
    f.at(posted + kChallenge - 2);
    CHECK(f.send(f.bob, rollup_call::resign()) == "NotSequencer");
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_final(1))) == false);
    CHECK(f.send(f.bob, rollup_call::resign()) == "NotSequencer");
    CHECK(f.send(f.bob, rollup_call::resign()) == "NotSequencer");
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_final(1))) == true);
}

TEST_CASE("append: not by an account that has delegated itself to code") {
    Court f;
    f.chain->set_delegation(f.alice.address(), f.rollup);
    f.pass(10);
    CHECK(f.send(f.alice, rollup_call::append(f.batch_on(f.genesis, f.genesis.last).encode())) == "NotPlainAccount");
    CHECK(f.send(f.alice, rollup_call::append({})) == "NotPlainAccount");
}

TEST_CASE("append: not through a contract that sits itself") {
    ContractFixture f;
    Address forwarder = f.deploy("forwarder");
    auto through = [&](const Bytes& data) { return forwarded(f.rollup, data); };
    REQUIRE(f.send(f.alice, forwarder, through(rollup_call::become_sequencer()), f.parameters.stake) == "");
    Batch batch = f.batch_on(f.genesis, f.genesis.last);
    CHECK(f.send(f.alice, forwarder, through(rollup_call::append(batch.encode()))) == "NotPlainAccount");
    CHECK(f.send(f.alice, rollup_call::append(batch.encode())) == "NotSequencer");
}

TEST_CASE("append: not by a contract under construction, which has no code yet") {
    ContractFixture f;
    f.registry.add("builder",
                   std::make_shared<Builder>(f.rollup, rollup_call::append(f.batch_on(f.genesis, f.genesis.last).encode())));
    CallRequest request{
        f.alice.address(), std::nullopt, f.parameters.stake, NativeRegistry::creation_data("builder", {}), {}, {}};
    auto reply = f.chain->call(request);
    REQUIRE(reply.ok());
    CHECK(to_hex(reply->data) == to_hex(error_data("NotPlainAccount")));
}

TEST_CASE("append: the calldata of a posted batch can be read back, and nothing else passes for it") {
    Bytes batch = Batch{}.encode();
    Bytes call = rollup_call::append(batch);
    REQUIRE(read_append(call).has_value());
    CHECK(read_append(call)->source == DataSource::kCalldata);
    CHECK(to_bytes(read_append(call)->batch) == batch);
    REQUIRE(read_append(rollup_call::append_blobs(batch)).has_value());
    CHECK(read_append(rollup_call::append_blobs(batch))->source == DataSource::kBlobs);
    CHECK(to_bytes(read_append(rollup_call::append_blobs(batch))->batch) == batch);
    Bytes longer = call;
    longer.push_back(0);
    CHECK_FALSE(read_append(longer));
    CHECK_FALSE(read_append(rollup_call::prove(batch)));
    CHECK_FALSE(read_append(Bytes{1, 2}));
}

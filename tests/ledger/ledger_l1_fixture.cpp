#include "tests/ledger/ledger_l1_fixture.hpp"

#include <catch2/catch.hpp>

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::ledger_test {

using namespace gavel::follow;
using namespace gavel::ledger;

HandL1::HandL1() {
    Address operator_address;
    operator_address.bytes.fill(0x0f);
    add(l1::TermStarted{1, operator_address});
}

l1::RollupParameters HandL1::parameters() {
    l1::RollupParameters out;
    out.challenge_window = 600;
    return out;
}

Hash HandL1::new_hash() { return keccak256(ByteWriter().u64(fork).u64(++hashes_).bytes()); }

HandL1::Standing HandL1::standing() const {
    Standing out;
    auto take = [&](const L1Event& event) {
        if (std::holds_alternative<l1::L1OperationQueued>(event.event)) ++out.queue;
        if (const auto* appended = std::get_if<l1::BatchAppended>(&event.event)) out.batches.push_back(appended->batch_hash);
        if (const auto* struck = std::get_if<l1::BatchStruck>(&event.event)) out.batches.resize(struck->number - 1);
    };
    for (const L1Block& block : blocks) std::for_each(block.events.begin(), block.events.end(), take);
    std::for_each(waiting_.begin(), waiting_.end(), take);
    return out;
}

void HandL1::add(const l1::RollupEvent& event) { waiting_.push_back({event, new_hash()}); }
void HandL1::queue(const L1Operation& operation) { add(l1::L1OperationQueued{standing().queue, operation}); }
void HandL1::claim(uint32_t position, const Withdrawal& withdrawal) {
    add(l1::WithdrawalClaimed{position, withdrawal, withdrawal.recipient});
}
void HandL1::append(const Batch& batch) {
    add(l1::BatchAppended{batch.number, batch.header().hash(), 1});
    batches[waiting_.back().tx_hash] = batch.encode();
}
void HandL1::strike(uint64_t number) { add(l1::BatchStruck{number, standing().batches.at(number - 1), 1, {}}); }

void HandL1::mine(L1View& view, uint64_t later) {
    L1Block block;
    block.ref.number = blocks.size() + 1;
    block.ref.hash = new_hash();
    if (!blocks.empty()) block.ref.parent_hash = blocks.back().ref.hash;
    block.ref.time = (blocks.empty() ? kStartTime : blocks.back().ref.time) + kBlockTime + later;
    block.events = std::move(waiting_);
    waiting_.clear();
    REQUIRE(view.add_block(block));
    blocks.push_back(std::move(block));
}

void HandL1::reorganise(L1View& view, size_t count) {
    ++fork;
    blocks.resize(blocks.size() - count);
    view.remove_blocks_above(blocks.empty() ? l1::BlockRef{} : blocks.back().ref);
}

void HandL1::tell_all(L1View& view) const {
    for (const L1Block& block : blocks) REQUIRE(view.add_block(block));
}

BatchSource HandL1::source() {
    return [this](const StandingBatch& batch) -> node::Result<PostedData> {
        if (!reachable) return node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "down"};
        return PostedData{DataSource::kCalldata, batches.at(batch.tx_hash)};
    };
}

}  // namespace gavel::ledger_test

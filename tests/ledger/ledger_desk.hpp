// A ledger on an L1 by hand, and the queries over both.
#pragma once

#include <catch2/catch.hpp>

#include "query/queries.hpp"
#include "tests/ledger/ledger_l1_fixture.hpp"

namespace gavel::ledger_test {

struct Desk {
    explicit Desk(uint64_t seed)
        : world(seed), view(store, world.domain.rollup, HandL1::parameters()), ledger(store, world.domain) {
        world.fund(ledger);
        for (const L1Operation& operation : world.queue) l1.queue(operation);
        l1.mine(view);
    }
    ledger::OperationReceipt pay(size_t from, const Address& to, u128 amount, u128 fee = 1) {
        return submit(from, world.transfer(ledger, from, {}, to, amount, fee));
    }
    ledger::OperationReceipt withdraw(size_t from, const Address& to, u128 amount) {
        Operation operation = world.transfer(ledger, from, {}, to, amount, 1);
        operation.kind = OperationKind::kWithdraw;
        return submit(from, operation);
    }
    ledger::OperationReceipt submit(size_t from, const Operation& operation) {
        ledger::OperationReceipt receipt;
        REQUIRE(world.submit(ledger, from, operation, &receipt).ok());
        ledger.flush(node::Durability::kSynced);
        return receipt;
    }
    // Everything sealed and posted in a block of its own.
    Batch post() {
        if (!ledger.open_chunk().empty()) world.seal(ledger);
        uint64_t head = ledger.batch_head();
        uint64_t first = head == 0 ? 0 : ledger.batch(head)->chunk_end();
        Batch batch = *ledger.assemble(ledger.last_header(), first, static_cast<uint16_t>(ledger.chunk_count() - first));
        auto size = static_cast<uint32_t>(batch.encode().size());
        ledger.mark_batch({batch.header(), batch.l1_queue_hash, first, size, std::nullopt});
        l1.append(batch);
        l1.mine(view);
        return batch;
    }
    void finalise() { l1.mine(view, 600); }

    World world;
    HandL1 l1;
    node::MemoryStore store;
    follow::L1View view;
    ledger::OpenLedger ledger;
    query::Queries queries{ledger, view};
};

}  // namespace gavel::ledger_test

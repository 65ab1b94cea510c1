// The figures that a sequencer's operator watches.
#pragma once

#include <map>
#include <mutex>

#include "node/metrics.hpp"
#include "sequencer/engine.hpp"
#include "sequencer/sequencer.hpp"

namespace gavel::sequencer {

struct Sequencer::Figures {
    explicit Figures(node::Metrics& metrics);

    void count(const SubmitOutcome& outcome, uint64_t latency_ms);
    void count_refusal(const node::Status& status);
    void set_wallet_balance(u128 wei);
    void update(const Engine& engine, const ledger::LedgerSummary& ledger, const ledger::L1View& view, const node::Clock& clock);

    node::Metrics& metrics;
    node::Counter operations;
    node::Histogram latency;
    node::Gauge unposted_bytes;
    node::Gauge unposted_operations;
    node::Gauge head_age;
    node::Gauge oldest_l1_operation;
    node::Gauge wallet_balance;
    node::Gauge batches_on_l1;
    node::Gauge batches_in_flight;
    node::Gauge l1_block;
    node::Gauge accounts;
    node::Gauge cached_signers;
};

}  // namespace gavel::sequencer

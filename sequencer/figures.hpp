// The figures that a sequencer's operator watches.
#pragma once

#include <map>
#include <mutex>

#include "follow/l1_view.hpp"
#include "node/metrics.hpp"
#include "sequencer/engine.hpp"

namespace gavel::sequencer {

// Thread-safe.
struct Figures {
    explicit Figures(node::Metrics& metrics);

    void count(const SubmitOutcome& outcome, uint64_t latency_ms, uint64_t now_ms);
    // Told in the log too, with how many they are, now and then: those that aren't the client's fault.
    void count_refusal(const node::Status& status, uint64_t now_ms);
    void set_wallet_balance(u128 wei);
    void set_l1_age(uint64_t ms) { l1_age.set(static_cast<double>(ms) / 1000); }
    void update(const EngineFigures& engine, size_t signers, const ledger::LedgerSummary& ledger, const follow::L1View& view,
                const node::Clock& clock);

    node::Metrics& metrics;
    node::Counter operations;
    node::Histogram latency;
    node::Gauge unposted_bytes;
    node::Gauge unbatched_seconds;
    node::Gauge head_age;
    node::Gauge oldest_l1_operation;
    node::Gauge wallet_balance;
    node::Gauge batches_on_l1;
    node::Gauge batches_in_flight;
    node::Gauge l1_block;
    node::Gauge l1_age;
    node::Gauge accounts;
    node::Gauge cached_signers;

private:
    struct Refused {
        uint64_t count = 0;  // since it was told
        uint64_t told_ms = 0;
    };
    std::mutex refused_mutex;
    std::map<std::string, Refused> refused;  // by reason
};

}  // namespace gavel::sequencer

// Claims withdrawals for their recipients, as soon as a final batch holds them.
#pragma once

#include <atomic>
#include <map>
#include <optional>

#include "l1-bridge/l1_wallet.hpp"
#include "ledger/l1_view.hpp"
#include "ledger/ledger.hpp"
#include "node/clock.hpp"
#include "verifier/on_its_way.hpp"

namespace gavel::verifier {

struct ClaimerOptions {
    size_t max_on_their_way = 16;    // claims sent and not yet seen in a block
    size_t positions_per_step = 4'096;  // looked at
    // A claim that needs more is not sent: a recipient's code runs at the claimer's cost.
    uint64_t max_gas = 400'000;
    // A claim that the contract refuses (a recipient that reverts, say) is tried again after this, then after twice as long, ...
    uint64_t first_retry_ms = 60'000;
    uint64_t last_retry_ms = 86'400'000;
};

class Claimer {
public:
    // None of the references is owned. step() is for the ledger's writing thread.
    Claimer(const ledger::Ledger& ledger, const ledger::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
            const node::Clock& clock, uint64_t lost_after_ms, ClaimerOptions options);

    // One bounded round. The view must be up to date. Not OK: a claim couldn't be sent now for a reason that isn't the claim's.
    node::Status step();
    // Blocks were taken back, claims perhaps among them.
    void on_reorganisation() { next_ = 0; }

    // Claims of this process that are in a block.
    uint64_t claimed() const { return claimed_; }
    // Withdrawals that wait for another try.
    uint64_t refused() const { return refused_count_; }

private:
    struct Refused {
        uint64_t again_at_ms = 0;
        uint64_t pause_ms = 0;
    };

    node::Status look_after_sent();
    std::optional<BatchHeader> final_header() const;
    bool is_open(uint32_t position) const;
    node::Status claim_new(const BatchHeader& header);
    node::Status claim_refused(const BatchHeader& header);
    node::Status claim(uint32_t position, const BatchHeader& header);
    void note_refused(uint32_t position, const node::Status& why);

    const ledger::Ledger& ledger_;
    const ledger::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet& wallet_;
    const node::Clock& clock_;
    uint64_t lost_after_ms_;
    ClaimerOptions options_;

    uint32_t next_ = 0;  // positions below are claimed, on their way, or refused
    std::map<uint32_t, OnItsWay> sent_;
    std::map<uint32_t, Refused> refused_;
    std::atomic<uint64_t> claimed_{0};
    std::atomic<uint64_t> refused_count_{0};
};

}  // namespace gavel::verifier

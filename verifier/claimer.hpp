// Claims withdrawals for their recipients, as soon as a final batch holds them: those that are worth it, a bounded number of
// times, and never with money that a proof may need.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <vector>

#include "follow/l1_view.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "ledger/reader.hpp"
#include "node/clock.hpp"
#include "verifier/on_its_way.hpp"

namespace gavel::verifier {

struct ClaimerOptions {
    size_t max_on_their_way = 16;       // claims sent and not yet seen in a block
    size_t positions_per_step = 4'096;  // looked at
    // A claim that needs more is not sent: a recipient's code runs at the claimer's cost. It is also the most that one is given.
    uint64_t max_gas = 400'000;
    // A withdrawal of ETH is claimed if it is so many times what its claim costs now; 0: whatever it is.
    uint64_t min_worth = 2;
    // Of tokens only these, from so many base units on.
    std::map<Address, Amount> tokens;
    // A claim that the contract refuses or that fails (a recipient that reverts, say) is tried again after this, then after twice
    // as long, ..., at most so often in all; then it is given up.
    unsigned max_tries = 8;
    uint64_t first_retry_ms = 60'000;
    uint64_t last_retry_ms = 86'400'000;
    // What wasn't worth it is looked at again, at the L1's price of then.
    uint64_t look_again_ms = 3'600'000;
    // Wei that stay in the wallet whatever there is to claim.
    u128 reserve = 0;
};

class Claimer {
public:
    // None of the references is owned. step() is for the ledger's writing thread.
    Claimer(const ledger::Reader& ledger, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
            const node::Clock& clock, uint64_t lost_after_ms, ClaimerOptions options);

    // One bounded round. The view must be up to date. Not OK: a claim couldn't be sent now for a reason that isn't the claim's;
    // CLAIMS_HELD (kFailedPrecondition): the wallet has too little for one beside its reserve.
    node::Status step();
    // Blocks were taken back, claims perhaps among them.
    void on_reorganisation() { next_ = 0; }

    // Claims of this process that are in a block.
    uint64_t claimed() const { return claimed_; }
    // Withdrawals that wait for another try.
    uint64_t refused() const { return refused_count_; }
    // Given up by this process, after all tries.
    uint64_t given_up() const { return given_up_count_; }
    // Not worth a claim, or of a token that isn't on the list, when they were looked at last.
    uint64_t not_worth_it() const { return not_worth_count_; }

private:
    struct Refused {
        uint64_t again_at_ms = 0;
        uint64_t pause_ms = 0;
        unsigned tries = 0;
    };
    struct Price {
        u128 now = 0;  // wei per gas
        u128 max_fee = 0, max_priority_fee = 0;
    };

    node::Status look_after_sent();
    std::optional<BatchHeader> final_header() const;
    bool is_open(uint32_t position) const;
    node::Status claim_new(const BatchHeader& header);
    node::Status claim_refused(const BatchHeader& header);
    void look_again();
    node::Status claim(uint32_t position, const BatchHeader& header);
    node::Result<bool> is_worth_it(const Withdrawal& withdrawal, uint64_t gas);
    node::Status ask_price();
    node::Status keep_reserve();
    node::Status leave(uint32_t position);
    node::Status note_refused(uint32_t position, const node::Status& why, unsigned tries = 1);
    bool is_given_up(uint32_t position) const { return position < given_up_.size() && given_up_[position]; }
    void give_up(uint32_t position, const node::Status& why);

    const ledger::Reader& ledger_;
    const follow::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet& wallet_;
    const node::Clock& clock_;
    uint64_t lost_after_ms_;
    ClaimerOptions options_;

    uint32_t next_ = 0;           // positions below are claimed, on their way, refused, given up or not worth it
    uint64_t passed_ms_ = 0;      // when next_ began anew
    uint64_t not_worth_ = 0;      // since then
    std::optional<Price> price_;  // asked at most once in a step
    std::map<uint32_t, OnItsWay> sent_;
    std::map<uint32_t, Refused> refused_;
    std::vector<bool> given_up_;  // by position
    std::atomic<uint64_t> claimed_{0};
    std::atomic<uint64_t> refused_count_{0};
    std::atomic<uint64_t> given_up_count_{0};
    std::atomic<uint64_t> not_worth_count_{0};
};

}  // namespace gavel::verifier

// Brings fraud proofs to the L1: commits, proves, takes the reward. What is due is told from the view of the L1 alone, each time
// anew, so that a restart or a reorganisation loses nothing.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "follow/l1_view.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "node/clock.hpp"
#include "verifier/findings.hpp"
#include "verifier/on_its_way.hpp"

namespace gavel::verifier {

// Seconds before the window ends in which a proof is sent, committed or not: an hour, or a quarter of a window shorter than four.
uint64_t proof_margin(const l1::RollupParameters& parameters);

// Wei that a commit and a proof cost at most, at this cap on the price of gas (0, no cap: at 500 gwei).
u128 proof_reserve(u128 max_fee_cap);

class Challenger {
public:
    // None of the references is owned. Without a wallet only the stages are kept.
    Challenger(const follow::L1View& view, l1::L1Client& client, l1::L1Wallet* wallet, const Hash& domain_separator,
               Findings& findings, const node::Clock& clock, uint64_t lost_after_ms);

    // Brings the stages up to date and sends at most one transaction about the lowest false batch that stands, and what is due of
    // rewards. The view must be up to date. Not OK: what was due couldn't be done; call again.
    node::Status step();
    // Blocks were taken back: nothing done is certain any more.
    void on_reorganisation() { rewards_settled_.clear(); }
    // Proof and reward transactions sent in this process's life.
    uint64_t proofs_sent() const { return proofs_sent_; }

private:
    enum class Errand : uint8_t { kCommit, kProve };
    struct Sent {
        Errand errand;
        Hash batch;
        OnItsWay transaction;
    };

    node::Status update_stages();
    node::Result<ProofStage> stage_of(const FraudProofRecord& proof);
    // When this wallet last committed to it against the term's batch, by the contract as of the view's newest block; 0: never.
    // No event tells of commits, and others' don't matter.
    node::Result<uint64_t> committed_at(const FraudProofRecord& proof, uint64_t term);
    node::Status challenge();
    node::Result<bool> earlier_are_mined();
    node::Result<bool> still_waiting(Errand due, const FraudProofRecord& proof);
    node::Status send(Errand errand, FraudProofRecord proof, uint64_t term);
    node::Status take_rewards();
    node::Result<bool> may_be_ours(const follow::Strike& last);
    node::Status take_reward(uint64_t term);

    const follow::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet* wallet_;
    Hash domain_separator_;
    Findings& findings_;
    const node::Clock& clock_;
    uint64_t lost_after_ms_;

    std::map<Hash, uint64_t> commits_;  // what the contract has told of this wallet's, by commitment
    uint64_t commits_version_ = 0;      // of the view, then
    std::optional<Sent> sent_;
    bool earlier_mined_ = false;  // nothing that an earlier process sent is still under way, or it is stuck
    uint64_t waiting_since_ms_ = 0;
    std::map<uint64_t, OnItsWay> rewards_sent_;  // by term
    std::set<uint64_t> rewards_settled_;         // taken, or nobody's and not ours to take
    uint64_t proofs_sent_ = 0;
};

}  // namespace gavel::verifier

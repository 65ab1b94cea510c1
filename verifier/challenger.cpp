#include "verifier/challenger.hpp"

#include <algorithm>

#include "node/log.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::verifier {
namespace {

constexpr uint64_t kEarlierPatienceMs = 60'000;
// At most, at 64 gas for a byte of calldata: docs/contract.md, "Gas".
constexpr u128 kCommitGas = 100'000, kProveGas = 8'000'000;
constexpr u128 kUsualFeeCap = 500'000'000'000;  // wei per gas

}  // namespace

u128 proof_reserve(u128 max_fee_cap) { return (kCommitGas + kProveGas) * (max_fee_cap == 0 ? kUsualFeeCap : max_fee_cap); }

uint64_t proof_margin(const l1::RollupParameters& parameters) {
    return std::min<uint64_t>(3600, parameters.challenge_window / 4);
}

Challenger::Challenger(const follow::L1View& view, l1::L1Client& client, l1::L1Wallet* wallet, const Hash& domain_separator,
                       Findings& findings, const node::Clock& clock, uint64_t lost_after_ms)
    : view_(view),
      client_(client),
      wallet_(wallet),
      domain_separator_(domain_separator),
      findings_(findings),
      clock_(clock),
      lost_after_ms_(lost_after_ms) {}

node::Status Challenger::step() {
    node::Status staged = update_stages();  // what is only told holds up nothing that is due
    if (!wallet_) return staged;
    if (node::Status status = challenge(); !status.ok()) return status;
    if (node::Status status = take_rewards(); !status.ok()) return status;
    return staged;
}

// ---- Stages ----

node::Result<uint64_t> Challenger::committed_at(const FraudProofRecord& proof, uint64_t term) {
    if (!wallet_) return uint64_t{0};
    if (commits_version_ != view_.version()) commits_.clear();
    commits_version_ = view_.version();
    const Hash word = l1::proof_commitment(wallet_->address(), proof.proof, term);
    if (auto known = commits_.find(word); known != commits_.end()) return known->second;
    l1::CallRequest request;
    request.to = view_.rollup();
    request.data = l1::rollup_view::committed_at(wallet_->address(), word);
    request.block = view_.head().number;  // a later one may tell what a reorganisation of the view's own is yet to undo
    auto reply = client_.try_call(request);
    if (!reply) return reply.status();
    auto time = reply->success ? l1::rollup_view::read_number(reply->data) : std::nullopt;
    if (!time)
        return node::Status{node::Code::kInternal, "L1_ANSWER_INVALID", "committedAt", "the time of a commit can't be read"};
    commits_.emplace(word, *time);
    return *time;
}

node::Result<ProofStage> Challenger::stage_of(const FraudProofRecord& proof) {
    auto standing = view_.batch(proof.number);
    bool stands = standing && standing->hash == proof.hash;
    if (!stands && view_.was_struck(proof.number, proof.hash)) {
        auto strikes = view_.strikes();
        auto by = std::find_if(strikes.rbegin(), strikes.rend(), [&](const follow::Strike& strike) {
            return strike.number == proof.number && strike.hash == proof.hash;
        });
        bool is_own = by != strikes.rend() && wallet_ && by->prover == wallet_->address();
        return is_own ? ProofStage::kProven : ProofStage::kStruck;
    }
    if (!stands) return ProofStage::kBuilt;
    auto committed = committed_at(proof, standing->term);
    if (!committed) return committed.status();
    return *committed > standing->posted_at ? ProofStage::kCommitted : ProofStage::kBuilt;
}

node::Status Challenger::update_stages() {
    for (FraudProofRecord proof : findings_.fraud_proofs()) {
        auto told = stage_of(proof);
        if (!told) return told.status();
        ProofStage stage = *told;
        bool lacks_gas = stage == ProofStage::kProven && proof.gas_used == 0;
        if (stage == proof.stage && !lacks_gas) continue;
        if (stage == ProofStage::kProven) {
            for (const follow::Strike& strike : view_.strikes())
                if (strike.number == proof.number && strike.hash == proof.hash) proof.prove_tx = strike.tx_hash;
            // Only to be told: a node that can't say it now keeps no other proof from being sent.
            auto receipt = client_.receipt(*proof.prove_tx);
            if (receipt && *receipt) proof.gas_used = (*receipt)->gas_used;
            if (proof.gas_used == 0 && stage == proof.stage) continue;
        } else {
            proof.gas_used = 0;
        }
        proof.stage = stage;
        findings_.put_fraud_proof(proof);
        node::log_info("fraud proof", {{"batch", proof.number}, {"stage", name_of(stage)}, {"gas", proof.gas_used}});
    }
    return {};
}

// ---- Committing and proving ----

node::Status Challenger::challenge() {
    std::optional<FraudProofRecord> lowest;
    follow::StandingBatch standing;
    for (FraudProofRecord& proof : findings_.fraud_proofs()) {  // by number
        auto batch = view_.batch(proof.number);
        if (!batch || batch->hash != proof.hash || view_.is_final(proof.number)) continue;
        // The L1 operations that it was built with may be others after a reorganisation.
        if (check_fraud_proof(proof.proof, domain_separator_, view_).error != ProofError::kNone) continue;
        standing = *batch;
        lowest = std::move(proof);
        break;
    }
    if (!lowest) {
        sent_.reset();
        return {};
    }
    // The next block's time is above this one's: a commit that the view shows counts in it.
    uint64_t final_at = standing.posted_at + view_.parameters().challenge_window;
    bool is_late = view_.head().time + proof_margin(view_.parameters()) >= final_at;
    auto committed = committed_at(*lowest, standing.term);
    if (!committed && !is_late) return committed.status();
    bool counts = committed && *committed > standing.posted_at;
    Errand due = counts || is_late ? Errand::kProve : Errand::kCommit;
    auto mined = earlier_are_mined();
    if (!mined) return mined.status();
    if (!*mined && !is_late) return {};
    auto waiting = still_waiting(due, *lowest);
    if (!waiting) return waiting.status();
    return *waiting ? node::Status{} : send(due, std::move(*lowest), standing.term);
}

// A commit to the same proof, of an earlier process, that lands in the proof's own block would be too late: the latest counts.
node::Result<bool> Challenger::earlier_are_mined() {
    if (earlier_mined_) return true;
    auto mined = client_.nonce(wallet_->address(), false);
    if (!mined) return mined.status();
    auto pending = client_.nonce(wallet_->address(), true);
    if (!pending) return pending.status();
    // What is stuck since then is the wallet's to get out of the way, once something waits behind it.
    if (waiting_since_ms_ == 0) waiting_since_ms_ = clock_.steady_ms();
    earlier_mined_ = *mined == *pending || clock_.steady_ms() >= waiting_since_ms_ + kEarlierPatienceMs;
    return earlier_mined_;
}

// Whether what is due is on its way already.
node::Result<bool> Challenger::still_waiting(Errand due, const FraudProofRecord& proof) {
    if (!sent_) return false;
    if (sent_->errand != due || sent_->batch != proof.hash) {
        // Of what a reorganisation has undone: a proof in the block of its own commit would earn nothing.
        wallet_->cancel(sent_->transaction.tx_hash());
        sent_.reset();
        return false;
    }
    auto state = sent_->transaction.look(*wallet_, view_, clock_.steady_ms(), lost_after_ms_);
    if (!state) return state.status();
    if (*state == OnItsWay::State::kWaiting) return true;
    node::log_warn(*state == OnItsWay::State::kLost ? "challenge was lost by the L1" : "challenge had no effect on the L1",
                   {{"batch", proof.number}, {"tx", to_hex(sent_->transaction.tx_hash())}});
    sent_.reset();
    return false;
}

node::Status Challenger::send(Errand errand, FraudProofRecord proof, uint64_t term) {
    Bytes data = errand == Errand::kCommit
                     ? l1::rollup_call::commit_proof(l1::proof_commitment(wallet_->address(), proof.proof, term))
                     : l1::rollup_call::prove(proof.proof);
    auto sent = wallet_->send(view_.rollup(), 0, std::move(data));
    if (!sent) return sent.status();
    sent_ = Sent{errand, proof.hash, OnItsWay(*sent, clock_.steady_ms())};
    node::log_info(errand == Errand::kCommit ? "proof committed to" : "proof sent",
                   {{"batch", proof.number}, {"chunk", proof.chunk}, {"bytes", proof.proof.size()}, {"tx", to_hex(*sent)}});
    if (errand == Errand::kCommit) return {};
    ++proofs_sent_;
    proof.prove_tx = *sent;
    findings_.put_fraud_proof(proof);
    return {};
}

// ---- Rewards ----

node::Status Challenger::take_rewards() {
    std::map<uint64_t, uint64_t> first_proof_at;
    std::map<uint64_t, follow::Strike> last;
    for (const follow::Strike& strike : view_.strikes()) {
        first_proof_at.emplace(strike.term, strike.time);
        last[strike.term] = strike;
    }
    for (const auto& [term, strike] : last) {
        bool is_due = view_.head().time >= first_proof_at[term] + view_.parameters().challenge_window;
        if (!is_due || rewards_settled_.contains(term)) continue;
        auto ours = may_be_ours(strike);
        if (!ours) return ours.status();
        if (!*ours) rewards_settled_.insert(term);  // whatever is committed to from now on is too late
        if (!*ours) continue;
        if (node::Status status = take_reward(term); !status.ok()) return status;
    }
    return {};
}

// The last prover's, or, should somebody without a commit have sent a proof that this wallet had committed to, its own.
node::Result<bool> Challenger::may_be_ours(const follow::Strike& last) {
    if (last.prover == wallet_->address()) return true;
    auto proof = findings_.fraud_proof(last.number, last.hash);
    if (!proof) return false;
    auto committed = committed_at(*proof, last.term);
    if (!committed) return committed.status();
    return *committed != 0 && *committed < last.time;
}

node::Status Challenger::take_reward(uint64_t term) {
    if (auto sent = rewards_sent_.find(term); sent != rewards_sent_.end()) {
        auto state = sent->second.look(*wallet_, view_, clock_.steady_ms(), lost_after_ms_);
        if (!state) return state.status();
        if (*state == OnItsWay::State::kWaiting) return {};
        rewards_sent_.erase(sent);
    }
    auto result = client_.call(view_.rollup(), l1::rollup_view::term(term));
    if (!result) return result.status();
    auto record = l1::rollup_view::read_term(*result);
    if (!record) return {node::Code::kInternal, "L1_ANSWER_INVALID", "term", "the contract's term can't be read"};
    bool is_ours = record->last_prover.is_zero() || record->last_prover == wallet_->address();
    if (record->reward_taken || !is_ours) {
        rewards_settled_.insert(term);
        return {};
    }
    auto sent = wallet_->send(view_.rollup(), 0, l1::rollup_call::take_reward(term, wallet_->address()));
    if (!sent && sent.status().reason == l1::name_of(l1::RollupError::kNotProver)) {  // another proof than the one committed to
        rewards_settled_.insert(term);
        return {};
    }
    if (!sent) return sent.status();
    rewards_sent_.emplace(term, OnItsWay(*sent, clock_.steady_ms()));
    node::log_info("taking the reward", {{"term", term}, {"tx", to_hex(*sent)}});
    return {};
}

}  // namespace gavel::verifier

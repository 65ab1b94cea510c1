#include "verifier/verifier.hpp"

#include <algorithm>

#include "l1-bridge/client/rollup_client.hpp"
#include "node/log.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::verifier {
namespace {

constexpr size_t kFollowersPerStep = 16;
constexpr int kReplayerSteps = 2;
constexpr const char *kL1Trouble = "L1_TROUBLE", *kProofNotSent = "PROOF_NOT_SENT", *kClaimsNotSent = "CLAIMS_NOT_SENT",
                     *kBlobsMissing = "BLOBS_MISSING";

bool is_trouble(const std::string& reason) { return reason == kL1Trouble || reason == kProofNotSent || reason == kClaimsNotSent; }

uint64_t count_operations(const Batch& batch) {
    uint64_t out = 0;
    for (const BatchChunk& chunk : batch.chunks) {
        auto decoded = decode_ops(chunk.ops);
        if (const Chunk* good = std::get_if<Chunk>(&decoded)) out += good->operations.size();
    }
    return out;
}

}  // namespace

Verifier::Verifier(node::Store& store, follow::L1Sync& sync, l1::L1Client& client, l1::L1Wallet* wallet, const node::Clock& clock,
                   VerifierOptions options)
    : clock_(clock),
      options_(options),
      sync_(sync),
      view_(sync.view()),
      client_(client),
      wallet_(wallet),
      troubles_now_(clock, options.metrics),
      freshness_(clock, troubles_now_, sync.view().parameters().inclusion_window, options.l1_stale_after_ms),
      ledger_(store, sync.domain()),
      source_(sync.batch_source()),
      replayer_(ledger_, view_, source_, clock,
                {.keep_lost_batches = false,
                 .threads = options.threads,
                 .batches_ahead = options.batches_ahead,
                 .trust_final = options.trust_final}),
      findings_(store),
      challenger_(view_, client, wallet, ledger_.domain_separator(), findings_, clock, options.lost_after_ms),
      queries_(ledger_, view_),
      channels_(ledger_, options.warnings) {
    claim_wallet_ = options.claim_wallet ? options.claim_wallet : wallet;
    if (claim_wallet_ && options.claim) {
        ClaimerOptions claims = options.claims;
        if (claim_wallet_ == wallet) claims.reserve = proof_reserve(wallet->options().max_fee_cap);
        claimer_.emplace(ledger_, view_, client, *claim_wallet_, clock, options.lost_after_ms, claims);
    }
    if (options.snapshots) snapshots_.emplace(*options.snapshots, options.snapshot_every, clock, troubles_now_, options.metrics);
    ledger::writing.assume();
    restore_verdicts();
    publish();
}

// A batch may be in the ledger, and the process have ended before its verdict was written.
void Verifier::restore_verdicts() {
    std::vector<ledger::BatchRecord> lacking;
    for (uint64_t number = ledger_.batch_head(); number > ledger_.base().number(); --number) {
        auto batch = ledger_.batch(number);
        auto told = findings_.latest_verdict(number);
        if (told && told->hash == batch->header.hash() && told->kind == VerdictKind::kTrue) break;
        lacking.push_back(*batch);
    }
    for (auto batch = lacking.rbegin(); batch != lacking.rend(); ++batch) {
        auto parent = ledger_.header(batch->number() - 1);
        VerdictRecord verdict;
        verdict.number = batch->number();
        verdict.hash = batch->header.hash();
        verdict.last = batch->header.last;
        verdict.op_count = batch->header.last.op_count - (parent ? parent->last.op_count : 0);
        add_verdict(std::move(verdict));
    }
}

// ---- A round ----

node::Result<bool> Verifier::step() {
    ledger::writing.assume();  // the one loop of a verifier
    troubles_.clear();
    more_to_do_ = false;
    node::Status status;
    auto up_to_date = sync_.step();
    freshness_.note(up_to_date.status(), sync_);
    if (!up_to_date) {
        status = up_to_date.status();
        note(kL1Trouble, status);
    } else if (!*up_to_date) {
        more_to_do_ = true;
        note(kL1Trouble, sync_.contradiction());
    } else {
        status = replay();
        const node::Status no_blobs = l1::is_without_blobs(status) ? status : node::Status{};
        troubles_now_.settle(kBlobsMissing, no_blobs, options_.trouble_after_ms);
        node::Status read = read_notice();
        note(kL1Trouble, status.ok() || !no_blobs.ok() ? read : status);
        if (status.ok()) status = read;
        if (node::Status acted = act(); status.ok()) status = acted;
        read_balance();
        if (snapshots_) snapshots_->look(ledger_, view_);
    }
    publish();
    if (!status.ok()) return status;
    return more_to_do_;
}

void Verifier::on_reorganisation() {
    node::log_warn("the L1 was reorganised", {{"block", view_.head().number}});
    reorganisations_ = sync_.reorganisations();
    proof_for_.reset();
    challenger_.on_reorganisation();
    if (claimer_) claimer_->on_reorganisation();
}

node::Status Verifier::replay() {
    if (sync_.reorganisations() != reorganisations_) on_reorganisation();
    progress_ = follow::Replayer::Progress::kWorked;
    for (int i = 0; i < kReplayerSteps && progress_ == follow::Replayer::Progress::kWorked; ++i)
        progress_ = replayer_.step(options_.chunks_per_step);
    more_to_do_ = progress_ == follow::Replayer::Progress::kWorked;
    take_verdicts();
    if (progress_ == follow::Replayer::Progress::kUnavailable) return replayer_.status();
    if (!replayer_.false_batch()) {
        proof_for_.reset();
        return {};
    }
    return handle_false_batch(*replayer_.false_batch());
}

node::Status Verifier::read_notice() {
    if (view_.parameters().home_operator.is_zero()) return {};
    node::Status status;
    notice_asked_.at(view_.head(), [&] {
        auto read = l1::RollupClient(client_, view_.rollup(), view_.head().number).notice();
        if (read) notice_ = *read;
        status = read.status();
        return read.ok();
    });
    return status;
}

void Verifier::read_balance() {
    if (!wallet_) return;
    balance_asked_.at(view_.head(), [&] {
        auto balance = client_.balance(wallet_->address());
        if (balance) wallet_balance_ = *balance;
        return balance.ok();
    });
}

void Verifier::take_verdicts() {
    for (const follow::Verdict& given : replayer_.take_verdicts()) {
        VerdictRecord verdict;
        verdict.number = given.number;
        verdict.hash = given.hash;
        verdict.last = given.last;
        if (given.valid) {
            verdict.op_count = given.op_count;
            if (given.is_trusted) node::log_info("signatures of a final batch weren't checked", {{"batch", given.number}});
        } else {
            verdict.kind = VerdictKind::kFalse;
            verdict.op_count = replayer_.false_batch() ? count_operations(replayer_.false_batch()->batch()) : 0;
            verdict.chunk = given.chunk;
            verdict.refusal = given.refusal;
            verdict.claimed = given.claimed;
            verdict.computed = given.computed.hash();
        }
        add_verdict(std::move(verdict));
    }
}

void Verifier::add_verdict(VerdictRecord verdict) {
    auto standing = view_.batch(verdict.number);
    if (standing && standing->hash == verdict.hash) verdict.posted_at = standing->posted_at;
    verdict.verified_at_ms = clock_.now_ms();
    if (!findings_.add_verdict(verdict)) return;
    bool is_true = verdict.kind == VerdictKind::kTrue;
    node::log(is_true ? node::LogLevel::kInfo : node::LogLevel::kError, "verdict",
              {{"batch", verdict.number},
               {"verdict", name_of(verdict.kind)},
               {"operations", verdict.op_count},
               {"chunk", verdict.chunk},
               {"refusal", gavel::name_of(verdict.refusal)}});
    std::lock_guard lock(mutex_);
    ++status_.verdicts;
    if (verdict.kind == VerdictKind::kFalse) ++status_.false_verdicts;
}

// ---- False batches ----

node::Status Verifier::handle_false_batch(const follow::Replayer::FalseBatch& found) {
    if (proof_for_ != found.verdict.hash) {
        if (node::Status status = build_proof(found); !status.ok()) return status;
        proof_for_ = found.verdict.hash;
        followers_judged_ = found.verdict.number;
    }
    return judge_followers(found.verdict.number);
}

node::Status Verifier::build_proof(const follow::Replayer::FalseBatch& found) {
    const follow::Verdict& verdict = found.verdict;
    auto is_sound = [&](ByteView proof) {
        return check_fraud_proof(proof, ledger_.domain_separator(), view_).error == ProofError::kNone;
    };
    if (auto kept = findings_.fraud_proof(verdict.number, verdict.hash); kept && is_sound(kept->proof)) return {};
    auto proof = follow::prove_false(ledger_, view_, found);
    if (!proof) return proof.status();
    FraudProofRecord record;
    record.proof = *std::move(proof);
    record.number = verdict.number;
    record.hash = verdict.hash;
    record.chunk = verdict.chunk;
    record.refusal = verdict.refusal;
    findings_.put_fraud_proof(record);
    node::log_info("fraud proof built", {{"batch", record.number}, {"chunk", record.chunk}, {"bytes", record.proof.size()}});
    return {};
}

// Batches that were appended on a false one.
node::Status Verifier::judge_followers(uint64_t false_batch) {
    followers_judged_ = std::clamp(followers_judged_, false_batch, view_.batch_head());
    for (size_t done = 0; followers_judged_ < view_.batch_head(); ++followers_judged_, ++done) {
        if (done == kFollowersPerStep) {
            more_to_do_ = true;
            break;
        }
        auto standing = view_.batch(followers_judged_ + 1);
        auto told = findings_.latest_verdict(standing->number);
        if (told && told->hash == standing->hash && told->kind == VerdictKind::kOnFalse) continue;
        auto bytes = source_(*standing);
        if (!bytes) return bytes.status();
        auto batch = decode_batch(*bytes);
        if (!batch) return {node::Code::kInternal, "L1_ANSWER_INVALID", "batch", "the bytes of a batch on the L1 can't be read"};
        VerdictRecord verdict;
        verdict.number = standing->number;
        verdict.hash = standing->hash;
        verdict.kind = VerdictKind::kOnFalse;
        verdict.last = batch->last;
        verdict.op_count = count_operations(*batch);
        add_verdict(std::move(verdict));
    }
    return {};
}

// What is due on the L1. The claims' troubles are nobody else's.
node::Status Verifier::act() {
    node::Status challenged = challenger_.step();
    if (node::Status kept = wallet_ ? wallet_->keep_up() : node::Status{}; challenged.ok()) challenged = kept;
    note(kProofNotSent, challenged);
    node::Status claimed = claimer_ ? claimer_->step() : node::Status{};
    if (claimer_ && claim_wallet_ != wallet_)
        if (node::Status kept = claim_wallet_->keep_up(); claimed.ok()) claimed = kept;
    note(kClaimsNotSent, claimed);
    return challenged.ok() ? claimed : challenged;
}

// ---- Status ----

void Verifier::note(const char* reason, const node::Status& status) {
    troubles_now_.settle(reason, status, options_.trouble_after_ms, reason != kClaimsNotSent);
    if (!status.ok()) troubles_.push_back({reason, node::to_string(status), clock_.now_ms() / 1000});
}

void Verifier::publish() {
    using Progress = follow::Replayer::Progress;
    VerifierStatus now = status();
    std::vector<Warning> before = now.warnings;
    now.l1_block = view_.head().number;
    now.l1_time = view_.head().time;
    now.l1_head = std::max(sync_.l1_head().number, now.l1_block);
    now.verified_batch = std::min(ledger_.batch_head(), view_.batch_head());
    now.head_batch = view_.batch_head();
    now.final_batch = view_.final_head();
    now.is_synced = sync_.is_up_to_date() && (progress_ == Progress::kCaughtUp || progress_ == Progress::kFalseBatch);
    now.can_prove = wallet_ != nullptr;
    now.claims = claimer_.has_value();
    now.proofs_sent = challenger_.proofs_sent();
    now.claimed = claimer_ ? claimer_->claimed() : 0;
    now.claims_refused = claimer_ ? claimer_->refused() : 0;
    now.claims_given_up = claimer_ ? claimer_->given_up() : 0;
    now.claims_not_worth_it = claimer_ ? claimer_->not_worth_it() : 0;
    auto waiting = view_.queued(ledger_.counters().l1_ops_consumed);
    now.oldest_l1_operation_s = waiting ? now.l1_time - std::min(now.l1_time, waiting->operation.time) : 0;
    auto newest = view_.batch(now.head_batch);
    now.last_batch_s = newest ? now.l1_time - std::min(now.l1_time, newest->posted_at) : 0;
    now.wallet_balance = wallet_balance_;

    KnownFacts known{ledger_.counters().l1_ops_consumed, {}, now.can_prove};
    auto final_header = ledger_.header(view_.final_head());
    known.withdrawals_full = final_header && final_header->last.withdrawal_count == kMaxWithdrawalCount;
    known.notice = notice_;
    if (replayer_.false_batch()) known.false_batch = replayer_.false_batch()->verdict.number;
    if (progress_ == Progress::kUnavailable && l1::is_without_blobs(replayer_.status())) {
        known.not_judged = ledger_.batch_head() + 1;
        known.why_not_judged = replayer_.status().message;
    }
    // Behind the L1 everything looks late: what was told before stays.
    if (now.is_synced || known.not_judged) {
        now.warnings = warnings_of(view_, known, options_.warnings);
        const std::vector<Warning>& expiring = channels_.look(view_.head());
        now.warnings.insert(now.warnings.end(), expiring.begin(), expiring.end());
        now.channels_expiring = expiring.size();
    } else {
        std::erase_if(now.warnings, [](const Warning& warning) { return is_trouble(warning.reason); });
    }
    for (Warning& trouble : troubles_) {
        for (const Warning& old : before)
            if (old.reason == trouble.reason) trouble.since = old.since;
        now.warnings.push_back(trouble);
    }
    for (const Warning& warning : now.warnings) {
        const bool is_new = std::none_of(before.begin(), before.end(), [&](const Warning& old) { return is_same(old, warning); });
        if (is_new)
            node::log(is_critical(warning) ? node::LogLevel::kError : node::LogLevel::kWarn, "warning",
                      {{"reason", warning.reason}, {"detail", warning.message}});
    }
    std::lock_guard lock(mutex_);
    status_ = std::move(now);
}

VerifierStatus Verifier::status() const {
    VerifierStatus out;
    {
        std::lock_guard lock(mutex_);
        out = status_;
    }
    out.l1_age_s = freshness_.age_ms() / 1000;
    if (out.oldest_l1_operation_s != 0) out.oldest_l1_operation_s += out.l1_age_s;
    if (out.last_batch_s != 0) out.last_batch_s += out.l1_age_s;
    return out;
}

node::Status Verifier::health() const {
    if (node::Status contradiction = sync_.contradiction(); !contradiction.ok()) return contradiction;
    if (node::Status trouble = troubles_now_.health(); !trouble.ok()) return trouble;
    if (!status().is_synced) return {node::Code::kUnavailable, "NOT_SYNCED", "", "the verifier isn't up to date with the L1"};
    return {};
}

}  // namespace gavel::verifier

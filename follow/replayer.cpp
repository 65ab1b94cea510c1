#include "follow/replayer.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::follow {
namespace {

constexpr size_t kTogether = 256;  // signatures, those of a few chunks: much cheaper than alone

// The L1 operations that the view knows.
class ViewEnv : public Env {
public:
    ViewEnv(const Hash& domain_separator, uint64_t l1_limit, const L1View& view, const SignatureJudge* judge)
        : domain_separator_(domain_separator), l1_limit_(l1_limit), view_(view), judge_(judge) {}

    const Hash& domain_separator() const override { return domain_separator_; }
    uint64_t l1_limit() const override { return l1_limit_; }
    bool expect_l1_operations(uint64_t first, unsigned count) override { return first + count <= view_.queue_length(); }
    const L1Operation* l1_operation(uint64_t index) override {
        auto queued = view_.queued(index);
        if (!queued) return nullptr;
        operation_ = queued->operation;
        return &operation_;
    }
    const SignatureJudge& judge() const override { return judge_ ? *judge_ : Env::judge(); }

private:
    const Hash& domain_separator_;
    uint64_t l1_limit_;
    const L1View& view_;
    const SignatureJudge* judge_;
    L1Operation operation_;
};

class Trusting : public SignatureJudge {
public:
    Outcome check(const Hash&, const Signature&, const Address&) const override { return Outcome::applied(); }
};

}  // namespace

std::unique_ptr<Env> make_env(const Hash& domain_separator, const L1View& view, uint64_t l1_limit, const SignatureJudge* judge) {
    return std::make_unique<ViewEnv>(domain_separator, l1_limit, view, judge);
}

BatchSource batch_source(l1::BatchChannel& channel) {
    return [&channel](const StandingBatch& batch) { return channel.fetch({batch.tx_hash, batch.posted_at, batch.block}); };
}

Replayer::Replayer(ledger::Ledger& ledger, const L1View& view, BatchSource source, const node::Clock& clock, Options options)
    : ledger_(ledger),
      view_(view),
      source_(source),
      ahead_(std::move(source), options.batches_ahead),
      clock_(clock),
      options_(options),
      pool_(options.threads) {}

Replayer::Progress Replayer::step(size_t max_chunks) {
    if (auto progress = reconcile()) return *progress;
    Progress progress = Progress::kWorked;
    for (size_t room = max_chunks; room > 0 && progress == Progress::kWorked;) {
        if (!replays_.empty() && !replays_.back().is_applied()) {
            progress = apply_chunks(room);
            continue;
        }
        progress = want_next();
        if (progress != Progress::kWantsBatch) break;
        fetch_ahead();
        progress = take(ahead_.take(*wanted_));
        --room;
    }
    return settle_all(progress);
}

Replayer::Progress Replayer::advance(size_t max_chunks) {
    if (auto progress = reconcile()) return *progress;
    if (replays_.empty()) return want_next();
    return settle_all(apply_chunks(max_chunks));
}

node::Result<PostedBatch> Replayer::fetch() const { return fetch_batch(source_, *wanted_); }

// What is on the L1 behind what the ledger began with: only a chain that is another one could say otherwise.
bool Replayer::base_stands() const {
    const ledger::LedgerBase& base = ledger_.base();
    if (base.number() == 0) return true;
    auto standing = view_.batch(base.number());
    return standing && standing->hash == base.header.hash() &&
           view_.queue_hash(base.header.last.l1_ops_consumed) == base.l1_queue_hash;
}

// What is due before more is applied. A value: that was all for now.
std::optional<Replayer::Progress> Replayer::reconcile() {
    if (!base_stands()) {
        return unavailable({node::Code::kFailedPrecondition, "SNAPSHOT_CONTRADICTED", "",
                            "the L1 doesn't hold batch " + std::to_string(ledger_.base().number()) +
                                " as the snapshot has it that the ledger began with"});
    }
    drop_outdated();
    if (reconcile_batches() || reconcile_l1_operations()) return Progress::kWorked;
    uint64_t common = common_head();
    note_transactions(common);
    if (view_.batch_head() == common) return Progress::kCaughtUp;
    if (false_batch_) return Progress::kFalseBatch;
    return std::nullopt;
}

Replayer::Progress Replayer::want_next() {
    auto standing = view_.batch((replays_.empty() ? ledger_.batch_head() : replays_.back().standing.number) + 1);
    if (!standing) return Progress::kCaughtUp;
    wanted_ = *standing;
    return Progress::kWantsBatch;
}

void Replayer::fetch_ahead() {
    std::vector<StandingBatch> wanted;
    for (size_t i = 0; i < ahead_.most(); ++i) {
        auto standing = view_.batch(wanted_->number + i);
        if (!standing) break;
        wanted.push_back(*standing);
    }
    ahead_.want(wanted);
}

// Forgets what it was doing for a batch that doesn't stand any more.
void Replayer::drop_outdated() {
    auto stands = [&](uint64_t number, const Hash& hash) {
        auto standing = view_.batch(number);
        return standing && standing->hash == hash;
    };
    std::erase_if(replays_, [&](const Replay& replay) { return !stands(replay.standing.number, replay.standing.hash); });
    if (false_batch_ && !stands(false_batch_->verdict.number, false_batch_->verdict.hash)) false_batch_.reset();
}

// The last batch that ledger and L1 agree on. A batch's hash holds its parent's: below it they agree on all.
uint64_t Replayer::common_head() const {
    uint64_t number = std::min(ledger_.batch_head(), view_.batch_head());
    while (number > ledger_.base().number() && ledger_.batch(number)->header.hash() != view_.batch(number)->hash) --number;
    return number;
}

uint64_t Replayer::marked_chunks() const {
    auto head = ledger_.batch(ledger_.batch_head());
    return head ? head->chunk_end() : 0;
}

bool Replayer::reconcile_batches() {
    uint64_t common = common_head();
    bool another_stands = view_.batch_head() > common;
    auto next = ledger_.batch(common + 1);
    if (!next) {
        // What is left of a batch that a verifier was replaying when it went.
        bool left_over = !options_.keep_lost_batches && !another_stands && ledger_.chunk_count() > marked_chunks();
        return left_over && roll_back(marked_chunks(), "the batch no longer stands on the L1");
    }
    if (view_.was_struck(next->number(), next->header.hash())) return roll_back(next->first_chunk, "the batch was struck");
    if (another_stands) {
        ledger_.unmark_batches_from(next->number());  // its chunks may be the other's too
        return true;
    }
    if (!options_.keep_lost_batches) return roll_back(next->first_chunk, "the L1 lost the batch in a reorganisation");
    bool changed = false;
    for (uint64_t number = next->number(); number <= ledger_.batch_head(); ++number) {
        if (!ledger_.batch(number)->tx_hash) break;
        ledger_.set_batch_transaction(number, std::nullopt);
        changed = true;
    }
    return changed;
}

bool Replayer::reconcile_l1_operations() {
    uint64_t consumed = ledger_.counters().l1_ops_consumed;
    auto agrees = [&](uint64_t count)
                      GAVEL_REQUIRES(ledger::writing) { return view_.queue_hash(count) == ledger_.l1_queue_hash(count); };
    if (agrees(consumed)) return false;
    // The hashes are chained: where they part, they stay apart.
    uint64_t good = ledger_.base().header.last.l1_ops_consumed;
    for (uint64_t bad = consumed; bad - good > 1;) {
        uint64_t middle = good + (bad - good) / 2;
        (agrees(middle) ? good : bad) = middle;
    }
    ledger_.flush(node::Durability::kSynced);
    auto entry = ledger_.entry_of_l1_operation(good);
    GAVEL_CHECK(entry.has_value());
    uint64_t chunk = ledger_.chunk_of_entry(*entry).value_or(ledger_.chunk_count());
    return roll_back(chunk, "the L1 lost an L1 operation in a reorganisation");
}

void Replayer::note_transactions(uint64_t common) {
    for (uint64_t number = common; number > ledger_.base().number(); --number) {
        Hash tx_hash = view_.batch(number)->tx_hash;
        if (ledger_.batch(number)->tx_hash == tx_hash) break;
        ledger_.set_batch_transaction(number, tx_hash);
    }
}

bool Replayer::roll_back(uint64_t chunk, const std::string& why) {
    ledger_.roll_back_to_chunk(chunk, why, clock_.now_ms());
    std::erase_if(replays_, [&](const Replay& replay) { return replay.first_chunk + replay.next > chunk; });
    false_batch_.reset();
    return true;
}

Replayer::Progress Replayer::unavailable(node::Status status) {
    status_ = std::move(status);
    return Progress::kUnavailable;
}

Replayer::Progress Replayer::take(node::Result<PostedBatch> fetched) {
    if (!fetched) return unavailable(fetched.status());
    auto standing = view_.batch(wanted_->number);
    const Replay* before = replays_.empty() ? nullptr : &replays_.back();
    const BatchHeader parent = before ? before->posted.header() : ledger_.last_header();
    // The world may have moved since advance() wanted it: then another batch is next.
    if (!standing || standing->hash != fetched->hash() || parent.number + 1 != wanted_->number) return Progress::kWorked;
    if (fetched->batch().parent.hash() != parent.hash())
        return unavailable({node::Code::kInternal, "L1_CONTRADICTS", "batch",
                            "batch " + std::to_string(wanted_->number) + " doesn't follow the one before it"});
    // So that every sealed chunk can be read back, for is_same_chunk.
    if (!before) ledger_.flush(node::Durability::kSynced);
    const uint64_t first_chunk = before ? before->first_chunk + before->posted.header().chunk_count : marked_chunks();
    const bool is_trusted = options_.trust_final && view_.is_final(standing->number);
    replays_.push_back({*standing, *std::move(fetched), first_chunk, is_trusted});
    return Progress::kWorked;
}

// Whether the ledger has the next chunk of the replayed batch already: one that it has built, or replayed before a restart.
bool Replayer::is_same_chunk(uint64_t number) const {
    auto record = ledger_.chunk(number);
    const Replay& replay = replays_.back();
    const BatchChunk& chunk = replay.batch().chunks[replay.next];
    // One that changed nothing may have been wrong only by another batch's limit.
    return record && record->ops == chunk.ops && record->sigs == chunk.sigs && record->entry_count > 0 &&
           record->after.hash() == replay.batch().after(replay.next) &&
           record->after.l1_ops_consumed <= replay.batch().last.l1_ops_consumed;
}

// Of the newest batch, until all are applied or `room` is used up.
Replayer::Progress Replayer::apply_chunks(size_t& room) {
    while (!replays_.back().is_applied()) {
        const Replay& replay = replays_.back();
        const uint64_t number = replay.first_chunk + replay.next;
        if (number < ledger_.chunk_count() && is_same_chunk(number)) {
            ++replays_.back().next;
            note_kept();
            if (replays_.empty()) break;
            continue;
        }
        if (room == 0) break;
        --room;
        if (number < ledger_.chunk_count() || !ledger_.open_chunk().empty()) {
            roll_back(number, "a batch that stands on the L1 says otherwise");
            break;
        }
        if (auto stop = apply_next()) return *stop;
        if (replays_.empty()) break;
    }
    return Progress::kWorked;
}

// A value: there it ends for now.
std::optional<Replayer::Progress> Replayer::apply_next() {
    if (!replays_.back().is_doubtful && hold_next()) {
        while (!checks_.empty() && checks_.front()->is_done())
            if (!settle_oldest()) return Progress::kWorked;
        return std::nullopt;
    }
    // Whatever isn't plainly right is applied again, with each signature checked in its place.
    while (!checks_.empty())
        if (!settle_oldest()) return Progress::kWorked;
    const Replay& replay = replays_.back();
    const Batch& batch = replay.batch();
    ViewEnv env(ledger_.domain_separator(), batch.last.l1_ops_consumed, view_, nullptr);
    const ledger::Ledger::Applied applied = ledger_.apply_chunk(batch.chunks[replay.next], env, batch.after(replay.next));
    if (applied.outcome.kind == Outcome::Kind::kViewFailed) {
        std::string number = std::to_string(replay.standing.number);
        return unavailable({node::Code::kUnavailable, "L1_OPERATIONS_MISSING", "",
                            "L1 operations that batch " + number + " consumes aren't known"});
    }
    if (!applied.kept) return found_false(applied);
    ++replays_.back().next;
    note_kept();
    return std::nullopt;
}

// Applies the next chunk with its signatures taken for right. False: the ledger is as before.
bool Replayer::hold_next() {
    static const Trusting trusting;
    Replay& replay = replays_.back();
    if (checks_.empty() || checks_.back()->is_started()) gathered_ = std::make_shared<NotedSignatures>(pool_, checker_);
    const size_t noted = gathered_->size();
    NotedSignatures::Judge noting(*gathered_);
    const SignatureJudge* judge = &noting;
    if (replay.is_trusted) judge = &trusting;
    const Batch& batch = replay.batch();
    ViewEnv env(ledger_.domain_separator(), batch.last.l1_ops_consumed, view_, judge);
    if (!ledger_.hold_chunk(batch.chunks[replay.next], env, batch.after(replay.next)).kept) {
        gathered_->truncate(noted);
        return false;
    }
    checks_.push_back(gathered_);
    if (gathered_->size() >= kTogether || replay.is_trusted) gathered_->start();
    ++replay.next;
    return true;
}

// Keeps the oldest chunk that is held. False: its signatures aren't right; it and all behind it are undone, and it is next.
bool Replayer::settle_oldest() {
    if (checks_.front()->are_right()) {
        ledger_.keep_oldest_held();
        checks_.pop_front();
        note_kept();
        return true;
    }
    checks_.clear();
    ledger_.drop_held();
    replays_.erase(std::next(replays_.begin()), replays_.end());
    replays_.front().next = replays_.front().kept;
    replays_.front().is_doubtful = true;
    return false;
}

// Nothing is held any more. What has come of it all, if that was what had come of it before.
Replayer::Progress Replayer::settle_all(Progress progress) {
    while (!checks_.empty())
        if (!settle_oldest()) progress = Progress::kWorked;
    if (std::exchange(must_sync_, false)) ledger_.flush(node::Durability::kSynced);
    return progress;
}

// One more chunk of the oldest batch is in the ledger.
void Replayer::note_kept() {
    Replay& replay = replays_.front();
    if (++replay.kept == replay.batch().chunks.size()) finish();
}

Verdict Replayer::verdict_of(const Replay& replay) {
    Verdict out;
    out.number = replay.standing.number;
    out.hash = replay.standing.hash;
    out.tx_hash = replay.standing.tx_hash;
    out.last = replay.batch().last;
    return out;
}

void Replayer::finish() {
    const Replay& replay = replays_.front();
    const PostedBatch& posted = replay.posted;
    const Batch& batch = posted.batch();
    ledger_.mark_batch({posted.header(), batch.l1_queue_hash, replay.first_chunk, static_cast<uint32_t>(posted.data().size()),
                        replay.standing.tx_hash});
    must_sync_ = true;
    Verdict verdict = verdict_of(replay);
    verdict.valid = true;
    verdict.is_trusted = replay.is_trusted;
    verdict.op_count = batch.last.op_count - batch.parent.last.op_count;
    verdicts_.push_back(verdict);
    replays_.pop_front();
}

Replayer::Progress Replayer::found_false(const ledger::Ledger::Applied& applied) {
    Replay& replay = replays_.back();
    Verdict verdict = verdict_of(replay);
    verdict.chunk = static_cast<uint16_t>(replay.next);
    verdict.refusal = applied.outcome.refusal;
    verdict.claimed = replay.batch().after(replay.next);
    verdict.computed = applied.after;
    verdicts_.push_back(verdict);
    false_batch_ = FalseBatch{verdict, std::move(replay.posted)};
    replays_.clear();
    return Progress::kFalseBatch;
}

std::vector<Verdict> Replayer::take_verdicts() { return std::exchange(verdicts_, {}); }

node::Result<Bytes> prove_false(ledger::Ledger& ledger, const L1View& view, const Replayer::FalseBatch& found) {
    const Batch& batch = found.batch();
    auto env = make_env(ledger.domain_separator(), view, batch.last.l1_ops_consumed);
    auto evidence = evidence_of(batch, found.verdict.chunk, found.posted.data().blobs);
    std::optional<FraudProof> built;
    ledger.with_state([&](State& state) {
        if (evidence) built = build_fraud_proof(batch, found.verdict.chunk, *std::move(evidence), state, *env);
    });
    Bytes proof = built ? built->encode() : Bytes{};
    if (built && check_fraud_proof(proof, ledger.domain_separator(), view).error == ProofError::kNone) return proof;
    return node::Status{node::Code::kInternal, "PROOF_NOT_BUILT", "",
                        "no sound proof against batch " + std::to_string(found.verdict.number) + " could be built"};
}

}  // namespace gavel::follow

#include "follow/replayer.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::follow {
namespace {

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

}  // namespace

std::unique_ptr<Env> make_env(const Hash& domain_separator, const L1View& view, uint64_t l1_limit, const SignatureJudge* judge) {
    return std::make_unique<ViewEnv>(domain_separator, l1_limit, view, judge);
}

BatchSource batch_source(l1::BatchChannel& channel) {
    return [&channel](const StandingBatch& batch) { return channel.fetch({batch.tx_hash, batch.posted_at, batch.block}); };
}

Replayer::Replayer(ledger::Ledger& ledger, const L1View& view, BatchSource source, const node::Clock& clock, Options options)
    : ledger_(ledger), view_(view), source_(std::move(source)), clock_(clock), options_(options), pool_(options.threads) {}

Replayer::Progress Replayer::step(size_t max_chunks) {
    const Progress progress = advance(max_chunks);
    return progress == Progress::kWantsBatch ? take(fetch()) : progress;
}

// What is on the L1 behind what the ledger began with: only a chain that is another one could say otherwise.
bool Replayer::base_stands() const {
    const ledger::LedgerBase& base = ledger_.base();
    if (base.number() == 0) return true;
    auto standing = view_.batch(base.number());
    return standing && standing->hash == base.header.hash() &&
           view_.queue_hash(base.header.last.l1_ops_consumed) == base.l1_queue_hash;
}

Replayer::Progress Replayer::advance(size_t max_chunks) {
    if (!base_stands()) {
        return unavailable({node::Code::kFailedPrecondition, "SNAPSHOT_CONTRADICTED", "",
                            "the L1 doesn't hold batch " + std::to_string(ledger_.base().number()) +
                                " as the snapshot has it that the ledger began with"});
    }
    drop_outdated();
    if (reconcile_batches() || reconcile_l1_operations()) return Progress::kWorked;
    uint64_t common = common_head();
    note_transactions(common);
    auto standing = view_.batch(common + 1);
    if (!standing) return Progress::kCaughtUp;
    if (false_batch_) return Progress::kFalseBatch;
    if (replay_) return replay_chunks(max_chunks);
    wanted_ = *standing;
    return Progress::kWantsBatch;
}

// Forgets what it was doing for a batch that doesn't stand any more.
void Replayer::drop_outdated() {
    auto stands = [&](uint64_t number, const Hash& hash) {
        auto standing = view_.batch(number);
        return standing && standing->hash == hash;
    };
    if (replay_ && !stands(replay_->standing.number, replay_->standing.hash)) replay_.reset();
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
    if (replay_ && replay_->first_chunk + replay_->next > chunk) replay_.reset();
    false_batch_.reset();
    return true;
}

Replayer::Progress Replayer::unavailable(node::Status status) {
    status_ = std::move(status);
    return Progress::kUnavailable;
}

node::Result<PostedBatch> Replayer::fetch() const {
    node::Result<PostedData> data = source_(*wanted_);
    if (!data) return data.status();
    BatchError error = BatchError::kNone;
    auto batch = PostedBatch::decode(*std::move(data), &error);
    if (batch && batch->hash() == wanted_->hash) return *std::move(batch);
    std::string number = std::to_string(wanted_->number);
    std::string what = batch ? "hash to another header" : name_of(error);
    return node::Status{node::Code::kInternal, "L1_ANSWER_INVALID", "batch",
                        "what is told of batch " + number + " isn't what the contract took: " + what};
}

Replayer::Progress Replayer::take(node::Result<PostedBatch> fetched) {
    if (!fetched) return unavailable(fetched.status());
    auto standing = view_.batch(wanted_->number);
    // The world may have moved since advance() wanted it: then another batch is next.
    if (!standing || standing->hash != fetched->hash() || ledger_.batch_head() + 1 != wanted_->number) return Progress::kWorked;
    if (fetched->batch().parent.hash() != ledger_.last_header().hash())
        return unavailable({node::Code::kInternal, "L1_CONTRADICTS", "batch",
                            "batch " + std::to_string(wanted_->number) + " doesn't follow the one before it"});
    ledger_.flush(node::Durability::kSynced);  // so that every sealed chunk can be read back, for is_same_chunk
    replay_ = Replay{*standing, *std::move(fetched), 0, marked_chunks()};
    return Progress::kWorked;
}

// Whether the ledger has the next chunk of the replayed batch already: one that it has built, or replayed before a restart.
bool Replayer::is_same_chunk(uint64_t number) const {
    auto record = ledger_.chunk(number);
    const BatchChunk& chunk = replay_->batch().chunks[replay_->next];
    // One that changed nothing may have been wrong only by another batch's limit.
    return record && record->ops == chunk.ops && record->sigs == chunk.sigs && record->entry_count > 0 &&
           record->after.hash() == replay_->batch().after(replay_->next) &&
           record->after.l1_ops_consumed <= replay_->batch().last.l1_ops_consumed;
}

Replayer::Progress Replayer::replay_chunks(size_t max_chunks) {
    const size_t chunks = replay_->batch().chunks.size();
    for (size_t applied_here = 0; replay_->next < chunks; ++replay_->next) {
        uint64_t number = replay_->first_chunk + replay_->next;
        if (number < ledger_.chunk_count() && is_same_chunk(number)) continue;
        if (applied_here++ == max_chunks) break;
        if (number < ledger_.chunk_count() || !ledger_.open_chunk().empty()) {
            roll_back(number, "a batch that stands on the L1 says otherwise");
            return Progress::kWorked;
        }
        if (!replay_->is_doubtful && hold_next()) continue;
        // Whatever isn't plainly right.
        if (!settle_all()) return Progress::kWorked;
        if (auto stop = judge_next()) return *stop;
    }
    if (settle_all() && replay_->next == chunks) finish();
    return Progress::kWorked;
}

// Applies the next chunk with its signatures taken for right. False: the ledger is as before.
bool Replayer::hold_next() {
    NotedSignatures notes;
    NotedSignatures::Judge judge(notes);
    ViewEnv env(ledger_.domain_separator(), replay_->batch().last.l1_ops_consumed, view_, &judge);
    const Batch& batch = replay_->batch();
    if (!ledger_.hold_chunk(batch.chunks[replay_->next], env, batch.after(replay_->next)).kept) return false;
    checks_.emplace_back(pool_, std::move(notes));
    return true;
}

// Keeps the chunks that are held. False: the signatures of one aren't right; it and those behind it are undone, and it is next.
bool Replayer::settle_all() {
    while (!checks_.empty()) {
        if (!checks_.front().are_right()) {
            replay_->next -= checks_.size();
            replay_->is_doubtful = true;
            checks_.clear();
            ledger_.drop_held();
            return false;
        }
        ledger_.keep_oldest_held();
        checks_.pop_front();
    }
    return true;
}

// Applies the next chunk with each signature checked in its place, and keeps it. A value: there it ends for now.
std::optional<Replayer::Progress> Replayer::judge_next() {
    const Batch& batch = replay_->batch();
    ViewEnv env(ledger_.domain_separator(), batch.last.l1_ops_consumed, view_, nullptr);
    ledger::Ledger::Applied applied = ledger_.apply_chunk(batch.chunks[replay_->next], env, batch.after(replay_->next));
    if (applied.outcome.kind == Outcome::Kind::kViewFailed) {
        std::string number = std::to_string(replay_->standing.number);
        return unavailable({node::Code::kUnavailable, "L1_OPERATIONS_MISSING", "",
                            "L1 operations that batch " + number + " consumes aren't known"});
    }
    if (!applied.kept) return found_false(applied);
    return std::nullopt;
}

Verdict Replayer::verdict_of_replay() const {
    Verdict out;
    out.number = replay_->standing.number;
    out.hash = replay_->standing.hash;
    out.tx_hash = replay_->standing.tx_hash;
    out.last = replay_->batch().last;
    return out;
}

void Replayer::finish() {
    const PostedBatch& posted = replay_->posted;
    const Batch& batch = posted.batch();
    ledger_.mark_batch({posted.header(), batch.l1_queue_hash, replay_->first_chunk, static_cast<uint32_t>(posted.data().size()),
                        replay_->standing.tx_hash});
    ledger_.flush(node::Durability::kSynced);
    Verdict verdict = verdict_of_replay();
    verdict.valid = true;
    verdict.op_count = batch.last.op_count - batch.parent.last.op_count;
    verdicts_.push_back(verdict);
    replay_.reset();
}

Replayer::Progress Replayer::found_false(const ledger::Ledger::Applied& applied) {
    Verdict verdict = verdict_of_replay();
    verdict.chunk = static_cast<uint16_t>(replay_->next);
    verdict.refusal = applied.outcome.refusal;
    verdict.claimed = replay_->batch().after(replay_->next);
    verdict.computed = applied.after;
    verdicts_.push_back(verdict);
    false_batch_ = FalseBatch{verdict, std::move(replay_->posted)};
    replay_.reset();
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

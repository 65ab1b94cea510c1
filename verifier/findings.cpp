#include "verifier/findings.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"

namespace gavel::verifier {
namespace {

// verifier/v sequence         verdict
// verifier/n number sequence  (empty): the verdicts about a batch number
// verifier/p number hash      fraud proof
constexpr std::string_view kVerdicts = "verifier/v", kNumbers = "verifier/n", kProofs = "verifier/p";

std::string u64_row(uint64_t number) { return string_of(ByteWriter().u64(number).bytes()); }
std::string verdict_key(uint64_t sequence) { return std::string(kVerdicts) + u64_row(sequence); }
std::string number_key(uint64_t number) { return std::string(kNumbers) + u64_row(number); }
std::string proof_key(uint64_t number, const Hash& hash) { return std::string(kProofs) + u64_row(number) + string_of(hash); }

uint64_t u64_at_end(std::string_view key) { return ByteReader(view_of(key.substr(key.size() - 8))).u64(); }

VerdictRecord read_verdict(uint64_t sequence, std::string_view row) {
    auto out = decode_verdict(sequence, row);
    if (!out) throw node::StoreError("the verifier's store is damaged: a verdict can't be read");
    return *out;
}

}  // namespace

Findings::Findings(node::Store& store) : store_(store) {
    store_.scan_reverse(kVerdicts, node::prefix_end(kVerdicts), [&](std::string_view key, std::string_view) {
        verdict_count_ = u64_at_end(key) + 1;
        return false;
    });
    store_.scan(kProofs, node::prefix_end(kProofs), [&](std::string_view key, std::string_view row) {
        ByteReader in(view_of(key.substr(kProofs.size())));
        uint64_t number = in.u64();
        Hash hash = in.fixed<Hash>();
        auto proof = in.finished() ? decode_fraud_proof(number, hash, row) : std::nullopt;
        if (!proof) throw node::StoreError("the verifier's store is damaged: a fraud proof can't be read");
        proofs_[{number, hash}] = {std::move(*proof), ++changes_};
        return true;
    });
}

bool Findings::add_verdict(VerdictRecord verdict) {
    auto latest = latest_verdict(verdict.number);
    if (latest && latest->hash == verdict.hash && latest->kind == verdict.kind && latest->chunk == verdict.chunk) return false;
    {
        std::lock_guard lock(mutex_);
        node::WriteBatch batch;
        batch.put(verdict_key(verdict_count_), encode_verdict(verdict));
        batch.put(number_key(verdict.number) + u64_row(verdict_count_), {});
        store_.write(batch, node::Durability::kBuffered);
        ++verdict_count_;
    }
    changed_.notify_all();
    return true;
}

void Findings::put_fraud_proof(const FraudProofRecord& proof) {
    {
        std::lock_guard lock(mutex_);
        KeptProof& kept = proofs_[{proof.number, proof.hash}];
        if (kept.changed != 0 && kept.record == proof) return;
        node::WriteBatch batch;
        batch.put(proof_key(proof.number, proof.hash), encode_fraud_proof(proof));
        store_.write(batch, node::Durability::kSynced);
        kept = {proof, ++changes_};
    }
    changed_.notify_all();
}

uint64_t Findings::verdict_count() const {
    std::lock_guard lock(mutex_);
    return verdict_count_;
}

Findings::VerdictPage Findings::verdicts(uint64_t sequence, uint64_t from_batch, size_t limit) const {
    VerdictPage out;
    out.next = std::max(sequence, first_about(from_batch));
    store_.scan(verdict_key(out.next), node::prefix_end(kVerdicts), [&](std::string_view key, std::string_view row) {
        if (out.verdicts.size() == limit) return false;
        VerdictRecord verdict = read_verdict(u64_at_end(key), row);
        out.next = verdict.sequence + 1;
        if (verdict.number >= from_batch) out.verdicts.push_back(verdict);
        return true;
    });
    return out;
}

// Batches get their first verdict in the order of their numbers.
uint64_t Findings::first_about(uint64_t from_batch) const {
    uint64_t out = verdict_count();
    store_.scan(number_key(from_batch), node::prefix_end(kNumbers), [&](std::string_view key, std::string_view) {
        out = u64_at_end(key);
        return false;
    });
    return out;
}

std::optional<VerdictRecord> Findings::latest_verdict(uint64_t number) const {
    std::optional<uint64_t> sequence;
    store_.scan_reverse(number_key(number), number_key(number + 1), [&](std::string_view key, std::string_view) {
        sequence = u64_at_end(key);
        return false;
    });
    if (!sequence) return std::nullopt;
    auto row = store_.get(verdict_key(*sequence));
    if (!row) throw node::StoreError("the verifier's store is damaged: a verdict is missing");
    return read_verdict(*sequence, *row);
}

Findings::ProofChange Findings::next_changed_proof(uint64_t known, uint64_t from_batch) const {
    std::lock_guard lock(mutex_);
    const KeptProof* next = nullptr;
    for (auto it = proofs_.lower_bound({from_batch, Hash{}}); it != proofs_.end(); ++it)
        if (it->second.changed > known && (!next || it->second.changed < next->changed)) next = &it->second;
    if (!next) return {std::nullopt, changes_};
    return {next->record, next->changed};
}

std::optional<FraudProofRecord> Findings::fraud_proof(uint64_t number, const Hash& hash) const {
    std::lock_guard lock(mutex_);
    auto found = proofs_.find({number, hash});
    if (found == proofs_.end()) return std::nullopt;
    return found->second.record;
}

std::optional<Hash> Findings::latest_false(uint64_t number) const {
    std::vector<uint64_t> sequences;
    store_.scan_reverse(number_key(number), number_key(number + 1), [&](std::string_view key, std::string_view) {
        sequences.push_back(u64_at_end(key));
        return true;
    });
    for (uint64_t sequence : sequences) {
        auto row = store_.get(verdict_key(sequence));
        if (!row) throw node::StoreError("the verifier's store is damaged: a verdict is missing");
        const VerdictRecord verdict = read_verdict(sequence, *row);
        if (verdict.kind == VerdictKind::kFalse) return verdict.hash;
    }
    return std::nullopt;
}

node::Result<FraudProofRecord> Findings::fraud_proof_about(uint64_t number, const std::optional<Hash>& hash) const {
    auto unknown = [&](std::string message) {
        return node::Status{node::Code::kNotFound, "UNKNOWN_FRAUD_PROOF", hash ? "batch_hash" : "batch", std::move(message)};
    };
    const std::optional<Hash> about = hash ? hash : latest_false(number);
    if (!about) return unknown("no batch number " + std::to_string(number) + " is known to be false");
    if (auto proof = fraud_proof(number, *about)) return *proof;
    if (hash) return unknown("no proof about a batch number " + std::to_string(number) + " of this hash is known");
    return unknown("the batch " + to_hex(*about) + " is false; its proof isn't built yet");
}

std::vector<FraudProofRecord> Findings::fraud_proofs() const {
    std::lock_guard lock(mutex_);
    std::vector<FraudProofRecord> out;
    for (const auto& [key, kept] : proofs_) out.push_back(kept.record);
    return out;
}

Findings::Known Findings::wait_for_news(Known known, uint64_t timeout_ms) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                      [&] { return verdict_count_ > known.verdicts || changes_ > known.changes; });
    return {verdict_count_, changes_};
}

}  // namespace gavel::verifier

#include <map>
#include <stdexcept>

#include "bench/gas_mix.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

const BatchChunk kNothing{{0x80, 0, 0}, {}};

// In a slot that holds so many bytes of data, all others made to cost as much calldata as they can: those behind the data, and
// the elements' first bytes, which may be anything that leaves the element below r.
void fill_up(Blob& blob, size_t slot, size_t used) {
    std::span<uint8_t, kSlotBytes> bytes = blob.slot(slot);
    for (size_t i = 0; i < kSlotElements; ++i) bytes[i * kElementBytes] = 0x11;
    for (size_t i = used; i < kSlotData; ++i) bytes[i / kElementData * kElementBytes + 1 + i % kElementData] = 0x11;
}

// 50 ms each; most of a batch's blobs are as they were in the batch before.
Hash hash_of(const Blob& blob) {
    static std::map<Hash, Hash> known;
    auto [at, is_new] = known.try_emplace(keccak256(blob.view()));
    if (is_new) {
        auto commitment = Kzg::get().commitment(blob.view());
        if (!commitment) throw std::runtime_error("a blob with an element beyond the field");
        at->second = versioned_hash(*commitment);
    }
    return at->second;
}

class SettingQueue : public QueueHashes {
public:
    SettingQueue(const Built& built, const Setting& setting) : setting_(setting) {
        hashes_.push_back(setting.l1_hash);
        for (const L1Operation& entry : built.entries) hashes_.push_back(entry.chain(hashes_.back()));
    }
    std::optional<Hash> queue_hash(uint64_t index) const override {
        if (index < setting_.l1_first || index - setting_.l1_first >= hashes_.size()) return std::nullopt;
        return hashes_[index - setting_.l1_first];
    }

private:
    const Setting& setting_;
    std::vector<Hash> hashes_;
};

}  // namespace

Hash Built::queue_hash_after(const Setting& setting) const {
    Hash hash = setting.l1_hash;
    for (const L1Operation& entry : entries) hash = entry.chain(hash);
    return hash;
}

Lie Built::lie(const BatchHeader& parent, const Setting& setting) const {
    Lie out;
    Batch& batch = out.batch;
    batch.number = parent.number + 1;
    batch.parent = parent;
    batch.l1_queue_hash = queue_hash_after(setting);
    batch.chunks.assign(setting.chunks, kNothing);
    size_t at = setting.chunks / 2;
    batch.chunks[at] = posted;
    for (size_t i = 0; i + 1 < setting.chunks; ++i) batch.commitments.push_back(drawn<Hash>(uint64_t{5} << 32 | i));
    batch.commitments[at - 1] = before.hash();
    batch.last = after;
    batch.last.l1_ops_consumed = setting.l1_first + entries.size();
    if (at + 1 == setting.chunks) batch.last.accounts_root = drawn<Hash>(6);
    batch.source = setting.source;
    if (batch.source == DataSource::kCalldata) return out;

    GAVEL_CHECK(fits_slot());
    out.blobs = batch.blobs();
    if (!setting.plain) {
        const size_t fixed = kSlotData - kSlotRoom;
        fill_up(out.blobs[at / kSlotsPerBlob], at % kSlotsPerBlob, fixed + posted.ops.size() + posted.sigs.size());
        fill_up(out.blobs[(at - 1) / kSlotsPerBlob], (at - 1) % kSlotsPerBlob, fixed + kNothing.ops.size());
    }
    for (const Blob& blob : out.blobs) batch.blob_hashes.push_back(hash_of(blob));
    return out;
}

FraudProof Built::proof_of(const Lie& lie) const {
    FraudProof out;
    size_t at = lie.batch.chunks.size() / 2;
    out.header = lie.batch.header();
    out.chunk_index = static_cast<uint16_t>(at);
    out.data = evidence_of(lie.batch, at, lie.blobs).value();
    out.before = before;
    out.frontier = frontier;
    out.l1_operations = entries;
    out.witness = witness;
    return out;
}

ProofVerdict check(const Built& built, const Setting& setting, ByteView proof) {
    return check_fraud_proof(proof, setting.domain, SettingQueue(built, setting));
}

}  // namespace gavel::bench

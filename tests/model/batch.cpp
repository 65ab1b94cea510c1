// The model's reading of "Batches".
#include "tests/model/model.hpp"

namespace gavel::model {
namespace {

uint32_t small(const Bytes& big_endian) { return static_cast<uint32_t>(number(big_endian).ConvertToLong()); }

uint64_t wide(const Bytes& big_endian) {
    uint64_t out = 0;
    for (unsigned char byte : big_endian) out = out * 256 + byte;
    return out;
}

// What a batch of either source begins with, and which is all that is in calldata of one in blobs.
const size_t kFixedPart = 8 + 195 + 32 + 2 + 88;

// `data` has the fixed part at least.
void read_fixed_part(const Bytes& data, Batch& batch, uint32_t& chunk_count) {
    batch = Batch{};
    batch.number = wide(data.substr(0, 8));
    batch.parent = Header::decode(data.substr(8, 195));
    batch.l1_queue_hash = data.substr(203, 32);
    chunk_count = small(data.substr(235, 2));
    batch.last = Fields::decode(data.substr(237, 88));
}

}  // namespace

Bytes Header::encode() const {
    return be(4, number >> 32) + be(4, number & 0xffffffff) + parent_hash + be(2, chunk_count) + be(1, source) + data_root +
           sigs_root + last.encode();
}

Header Header::decode(const Bytes& data) {
    return {wide(data.substr(0, 8)), data.substr(8, 32),  small(data.substr(40, 2)),           small(data.substr(42, 1)),
            data.substr(43, 32),     data.substr(75, 32), Fields::decode(data.substr(107, 88))};
}

Header genesis_header() {
    Header header;
    header.last = State{}.fields();
    return header;
}

Header Batch::header() const {
    Bytes data_root, sigs_root;
    if (source == 1) {
        Bytes all;
        for (const Bytes& hash : blob_hashes) all += hash;
        data_root = H(all);
        sigs_root = before(0);
    } else {
        std::vector<Bytes> chunk_leaves, sigs_leaves;
        for (size_t i = 0; i < chunks.size(); ++i) {
            chunk_leaves.push_back(H(H(chunks[i].ops) + before(i) + commitments[i]));
            sigs_leaves.push_back(H(H(chunks[i].sigs)));
        }
        data_root = small_tree_root(chunk_leaves);
        sigs_root = small_tree_root(sigs_leaves);
    }
    return {number, parent.hash(), static_cast<uint32_t>(chunks.size()), source, data_root, sigs_root, last};
}

std::string decode_batch(const Bytes& data, Batch& batch) {
    if (data.size() < kFixedPart) return "Truncated";
    uint32_t count = 0;
    read_fixed_part(data, batch, count);
    if (count < 1 || count > 256) return "ChunkCount";

    Bytes rest = data.substr(kFixedPart);
    auto take = [&rest](size_t size) {
        Bytes out = rest.substr(0, size);
        rest = rest.substr(size);
        return out;
    };
    for (uint32_t i = 0; i < count; ++i) {
        if (rest.size() < 4) return "Truncated";
        uint32_t ops_size = small(take(2)), sigs_size = small(take(2));
        if (ops_size > 4096) return "OpsTooLong";
        if (sigs_size > 3072) return "SigsTooLong";
        if (rest.size() < ops_size + sigs_size) return "Truncated";
        Bytes ops = take(ops_size);
        batch.chunks.push_back({ops, take(sigs_size)});
    }
    for (uint32_t i = 0; i + 1 < count; ++i) {
        if (rest.size() < 32) return "Truncated";
        batch.commitments.push_back(take(32));
    }
    batch.commitments.push_back(batch.last.commitment());
    return rest.empty() ? "" : "TrailingBytes";
}

namespace {

// Reads a slot byte by byte, passing over the first of each element.
class SlotReader {
public:
    SlotReader(const Bytes& blob, size_t slot) : blob_(blob), at_(slot * 128 * 32) {}

    Bytes take(size_t size) {
        Bytes out;
        while (out.size() < size) {
            if (at_ % 32 == 0) ++at_;
            out += blob_.at(at_++);
        }
        return out;
    }

private:
    const Bytes& blob_;
    size_t at_;
};

}  // namespace

std::string decode_blob_batch(const Bytes& data, const std::vector<Bytes>& blobs, const std::vector<Bytes>& blob_hashes,
                              Batch& batch) {
    if (data.size() < kFixedPart) return "Truncated";
    uint32_t count = 0;
    read_fixed_part(data, batch, count);
    if (count < 1 || count > 192) return "ChunkCount";
    if (data.size() > kFixedPart) return "TrailingBytes";
    if (blob_hashes.size() * 32 < count || (blob_hashes.size() - 1) * 32 >= count) return "BlobHashes";
    for (const Bytes& hash : blob_hashes) {
        if (hash[0] != 1) return "BlobHashes";
    }

    batch.source = 1;
    batch.blob_hashes = blob_hashes;
    for (uint32_t i = 0; i < count; ++i) {
        SlotReader slot(blobs.at(i / 32), i % 32);
        Bytes after = slot.take(32);
        batch.commitments.push_back(i + 1 == count ? batch.last.commitment() : after);
        uint32_t ops_size = small(slot.take(2)), sigs_size = small(slot.take(2));
        if (ops_size + sigs_size > 3932) {
            batch.chunks.push_back({"", "", false});
        } else {
            Bytes ops = slot.take(ops_size);
            batch.chunks.push_back({ops, slot.take(sigs_size)});
        }
    }
    return "";
}

Judgement judge(const Batch& batch, State& state, Env env) {
    env.limit = batch.last.l1_ops_consumed;
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        State after = state;
        std::string refusal = apply(env, after, batch.chunks[i]);
        Fields truth = after.fields();
        if (truth.commitment() != batch.commitments[i]) return {i, refusal, truth};
        state = after;
    }
    return {std::nullopt, "", state.fields()};
}

}  // namespace gavel::model

#include <set>

#include "protocol/check.hpp"
#include "tests/export/batches.hpp"
#include "tests/generator/slots.hpp"
#include "tests/protocol/proof_world.hpp"

namespace gavel::test {
namespace {

constexpr size_t kCountAt = 8 + BatchHeader::kSize + 32, kFixedSize = kCountAt + 2 + StateFields::kSize;

Json chunks_of(const Batch& batch) {
    Json chunks = Json::array();
    for (const BatchChunk& chunk : batch.chunks) {
        chunks.push_back(chunk.lengths_hold ? Json{{"ops", hex(chunk.ops)}, {"sigs", hex(chunk.sigs)}} : Json(nullptr));
    }
    return chunks;
}

// `data` has as many blobs as hashes, if they are a batch's.
Json blob_batch_case(const std::string& what, const PostedData& data) {
    BatchError error = BatchError::kNone;
    const bool taken = decode_blob_frame(data.argument, data.blob_hashes, &error).has_value();
    Json out = {
        {"kind", taken ? "batch" : "refused"},      {"what", what},           {"source", 1}, {"bytes", hex(data.argument)},
        {"blobHashes", hex_list(data.blob_hashes)}, {"error", name_of(error)}};
    if (!taken) return out;
    const auto posted = PostedBatch::decode(data);
    GAVEL_CHECK(posted.has_value());
    const Batch& batch = posted->batch();
    Json blobs = Json::array();
    for (const Blob& blob : data.blobs) blobs.push_back(hex(blob.view()));
    out["blobs"] = blobs;
    out["header"] = hex(posted->header().encode());
    out["hash"] = hex(posted->hash());
    out["parentHash"] = hex(batch.parent.hash());
    out["l1QueueHash"] = hex(batch.l1_queue_hash);
    out["claims"] = claims_of(batch);
    out["chunks"] = chunks_of(batch);
    return out;
}

// The blobs' own.
void compute_hashes(PostedData& data) {
    data.blob_hashes.clear();
    for (const Blob& blob : data.blobs) data.blob_hashes.push_back(versioned_hash(Kzg::get().commitment(blob.view()).value()));
}

// Slots of all lengths around what one holds, in blobs that are full of garbage otherwise; the last chunk's `after`, too.
PostedData garbage_around(Random& random, size_t chunks) {
    const std::pair<size_t, size_t> lengths[] = {
        {0, 0},      {40, 128}, {3932, 0},  {0, 3932},      {860, 3072},   {1, 3931},     {3933, 0},      {0, 3933},
        {861, 3072}, {4096, 0}, {65535, 1}, {33628, 35840}, {65535, 3933}, {3933, 65535}, {65535, 65535}, {32768, 32768}};
    PostedData data{DataSource::kBlobs, {}, {}, {}};
    Batch batch = some_batch(random, chunks, 0);
    batch.source = DataSource::kBlobs;
    data.argument = batch.encode();
    for (size_t i = 0; i < blobs_for(chunks); ++i) data.blobs.push_back(random_blob(random));
    for (size_t i = 0; i < chunks; ++i) {
        const auto& [ops, sigs] = lengths[i % std::size(lengths)];
        put_lengths(data.blobs[i / kSlotsPerBlob], i % kSlotsPerBlob, ops, sigs);
    }
    compute_hashes(data);
    return data;
}

void add_batches(Cases& out, Random& random) {
    for (size_t chunks : {1, 2, 32, 33, 65}) {
        Batch batch = some_batch(random, chunks, chunks > 2 ? 300 : 1966);
        out.push_back(blob_batch_case("any bytes in " + std::to_string(chunks) + " chunks", PostedBatch::in_blobs(batch).data()));
    }
    out.push_back(blob_batch_case("slots around their bounds, and garbage", garbage_around(random, 17)));
    out.push_back(blob_batch_case("the same in two blobs", garbage_around(random, 64)));

    PostedData twice = garbage_around(random, 34);
    twice.blobs[1] = twice.blobs[0];
    compute_hashes(twice);
    out.push_back(blob_batch_case("the same blob twice", twice));
    for (const Case& one : all_cases()) {
        if (one.name != "everything at once") continue;
        out.push_back(blob_batch_case(one.name, PostedBatch::in_blobs(Worked(one).batch).data()));
    }
}

// Without blobs: their hashes are no blob's.
void add_refused(Cases& out, Random& random) {
    auto hashes = [&](size_t count) {
        std::vector<Hash> list;
        for (size_t i = 0; i < count; ++i) {
            list.push_back(Hash::from(random_bytes(random, Hash::kSize)));
            list.back().bytes[0] = 1;
        }
        return list;
    };
    auto add = [&](const std::string& what, size_t chunks, size_t size, std::vector<Hash> list, const std::string& error) {
        PostedData data{DataSource::kBlobs, random_bytes(random, kFixedSize), {}, std::move(list)};
        data.argument[kCountAt] = static_cast<uint8_t>(chunks >> 8);
        data.argument[kCountAt + 1] = static_cast<uint8_t>(chunks);
        data.argument.resize(size);
        out.push_back(blob_batch_case(what, data));
        GAVEL_CHECK(out.back()["error"] == error);
    };
    for (size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{203}, kCountAt, kCountAt + 2, kFixedSize - 32, kFixedSize - 1})
        add("cut to " + std::to_string(size), 1, size, hashes(1), "Truncated");
    for (size_t chunks : {0, 193, 256, 257, 65535})
        add("chunkCount " + std::to_string(chunks), chunks, kFixedSize, hashes(blobs_for(chunks) % 8), "ChunkCount");
    for (size_t more : {1, 4, 32})
        add(std::to_string(more) + " bytes too many", 40, kFixedSize + more, hashes(2), "TrailingBytes");
    for (size_t chunks : {1, 32, 33, 64, 65, 192}) {
        const size_t blobs = blobs_for(chunks);
        for (size_t count : std::set<size_t>{0, blobs - 1, blobs + 1}) {
            add(std::to_string(count) + " blobs for " + std::to_string(chunks) + " chunks", chunks, kFixedSize, hashes(count),
                "BlobHashes");
        }
        for (uint8_t version : {0, 2, 255}) {
            std::vector<Hash> list = hashes(blobs);
            list.back().bytes[0] = version;
            add("the last hash of " + std::to_string(blobs) + " of version " + std::to_string(version), chunks, kFixedSize, list,
                "BlobHashes");
        }
    }
    add("cut, and chunkCount 0", 0, kFixedSize - 1, hashes(0), "Truncated");
    add("chunkCount 193, a byte and a blob too many", 193, kFixedSize + 1, hashes(8), "ChunkCount");
    add("a byte too many, a blob too few", 33, kFixedSize + 1, hashes(1), "TrailingBytes");
}

}  // namespace

Cases blob_batch_cases() {
    Cases out;
    Random random(12);
    add_batches(out, random);
    add_refused(out, random);
    return out;
}

}  // namespace gavel::test

// Batches in blobs, read by the protocol and by the naive model: slots of anything, and arguments that are refused.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/generator/lie_proofs.hpp"
#include "tests/generator/random_chunks.hpp"
#include "tests/generator/slots.hpp"
#include "tests/support/model_of.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

constexpr size_t kSlotHolds = 3932;
constexpr size_t kCountAt = 8 + 195 + 32, kArgument = kCountAt + 2 + 88;

Hash random_hash(Random& random) { return Hash::from(random_bytes(random, 32)); }

// A versioned hash, of no blob.
Hash random_blob_hash(Random& random) {
    Hash out = random_hash(random);
    out.bytes[0] = 1;
    return out;
}

// Any fields, any parent.
Bytes random_argument(Random& random, size_t chunks) {
    Bytes out = random_bytes(random, kArgument);
    out[kCountAt] = static_cast<uint8_t>(chunks >> 8);
    out[kCountAt + 1] = static_cast<uint8_t>(chunks);
    return out;
}

// Of ops and of sigs.
using Lengths = std::pair<size_t, size_t>;

Lengths random_lengths(Random& random) {
    auto of_sum = [&](size_t sum) {
        const size_t least = sum > 65535 ? sum - 65535 : 0, ops = least + random.below(std::min<size_t>(sum, 65535) - least + 1);
        return Lengths{ops, sum - ops};
    };
    switch (random.below(12)) {
        case 0: return {0, 0};
        case 1: return of_sum(kSlotHolds);
        case 2: return of_sum(kSlotHolds + 1);
        case 3: return random.chance(50) ? Lengths{kSlotHolds, 0} : Lengths{0, kSlotHolds};
        case 4: return random.chance(50) ? Lengths{kSlotHolds + 1, 0} : Lengths{0, kSlotHolds + 1};
        case 5: return of_sum(65536 + random.below(kSlotHolds + 1));  // small modulo 2^16
        case 6: return {random.below(65536), random.below(65536)};
        case 7: return of_sum(3072 + random.below(kSlotHolds - 3072));
        default: return of_sum(random.below(900));
    }
}

// Blobs of garbage, in which slots have been written, and what can be read in them.
struct Drawn {
    PostedData data;
    std::vector<BatchChunk> chunks;
    std::vector<Hash> afters;  // the last chunk's is not its claim

    Drawn(Random& random, size_t count) {
        data.source = DataSource::kBlobs;
        data.argument = random_argument(random, count);
        for (size_t blob = 0; blob < (count + 31) / 32; ++blob) {
            data.blobs.push_back(Blob::from(random_bytes(random, kBlobBytes)).value());
            data.blob_hashes.push_back(random_blob_hash(random));
        }
        for (size_t i = 0; i < count; ++i) draw_slot(random, i);
    }

    void draw_slot(Random& random, size_t i) {
        const auto [ops, sigs] = random_lengths(random);
        const bool fits = ops + sigs <= kSlotHolds;
        BatchChunk chunk{{}, {}, fits};
        if (fits) chunk = {random_bytes(random, ops), random_bytes(random, sigs), true};
        afters.push_back(random_hash(random));
        ByteWriter slot;
        slot.raw(afters.back()).u16(static_cast<uint16_t>(ops)).u16(static_cast<uint16_t>(sigs));
        put_data(data.blobs[i / 32], i % 32, slot.raw(chunk.ops).raw(chunk.sigs).bytes());
        chunks.push_back(std::move(chunk));
    }
};

template <class Fixed>
std::vector<m::Bytes> all_bytes(const std::vector<Fixed>& list) {
    std::vector<m::Bytes> out;
    for (const Fixed& each : list) out.push_back(bytes(each));
    return out;
}

std::string read_by_model(const PostedData& data, m::Batch& batch) {
    std::vector<m::Bytes> blobs;
    for (const Blob& blob : data.blobs) blobs.push_back(bytes(blob.view()));
    return m::decode_blob_batch(bytes(data.argument), blobs, all_bytes(data.blob_hashes), batch);
}

void check_same(const Batch& batch, const m::Batch& model) {
    REQUIRE(batch.number == model.number);
    REQUIRE(bytes(batch.parent.encode()) == model.parent.encode());
    REQUIRE(bytes(batch.l1_queue_hash) == model.l1_queue_hash);
    REQUIRE(shown(batch.last) == shown(model.last));
    REQUIRE(all_bytes(batch.blob_hashes) == model.blob_hashes);
    REQUIRE(batch.chunks.size() == model.chunks.size());
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        REQUIRE(bytes(batch.chunks[i].ops) == model.chunks[i].ops);
        REQUIRE(bytes(batch.chunks[i].sigs) == model.chunks[i].sigs);
        REQUIRE(batch.chunks[i].lengths_hold == model.chunks[i].lengths_fit);
        REQUIRE(bytes(batch.before(i)) == model.before(i));
        REQUIRE(bytes(batch.after(i)) == model.commitments[i]);
    }
    REQUIRE(bytes(batch.header().encode()) == model.header().encode());
    REQUIRE(bytes(batch.header().hash()) == model.header().hash());
}

// The refusal's name ("" if they are a batch), which both give.
std::string read_by_both(const PostedData& data) {
    m::Batch model;
    const std::string refusal = read_by_model(data, model);
    BatchError error = BatchError::kNone, of_frame = BatchError::kNone;
    const auto batch = decode_batch(data, &error);
    const auto frame = decode_blob_frame(data.argument, data.blob_hashes, &of_frame);
    REQUIRE(name_of(error) == (refusal.empty() ? "None" : refusal));
    REQUIRE(of_frame == error);
    REQUIRE(batch.has_value() == refusal.empty());
    REQUIRE(frame.has_value() == refusal.empty());
    REQUIRE(PostedBatch::decode(data).has_value() == refusal.empty());
    if (!batch) return refusal;
    check_same(*batch, model);
    REQUIRE(static_cast<const BatchFrame&>(*batch) == static_cast<const BatchFrame&>(*frame));
    REQUIRE(header_in_blobs(*frame, frame->chunk_count, data.blob_hashes) == batch->header());
    return "";
}

}  // namespace

TEST_CASE("protocol and model read the same in blobs of anything, and it is what was written") {
    Random random(1);
    for (size_t count : {1, 2, 31, 32, 33, 64, 65, 96, 191, 192}) {
        INFO(count << " chunks");
        Drawn drawn(random, count);
        REQUIRE(read_by_both(drawn.data) == "");
        const auto batch = decode_batch(drawn.data);
        REQUIRE(batch->source == DataSource::kBlobs);
        REQUIRE(batch->chunks == drawn.chunks);
        REQUIRE(batch->before(0) == batch->parent.last.hash());
        for (size_t i = 0; i + 1 < count; ++i) {
            REQUIRE(batch->after(i) == drawn.afters[i]);
            REQUIRE(batch->before(i + 1) == drawn.afters[i]);
        }
        REQUIRE(batch->after(count - 1) == batch->last.hash());
        REQUIRE(batch->encode() == drawn.data.argument);

        const BatchHeader header = batch->header();
        REQUIRE(header.source == DataSource::kBlobs);
        REQUIRE(header.chunk_count == count);
        REQUIRE(header.sigs_root == batch->before(0));
        REQUIRE(BatchHeader::decode(header.encode()) == header);
        const auto posted = PostedBatch::decode(drawn.data);
        REQUIRE(posted->header() == header);
        REQUIRE(posted->hash() == header.hash());
        REQUIRE(posted->data().size() == kArgument + drawn.data.blobs.size() * 131072);
    }
}

TEST_CASE("what nobody reads in a blob changes nothing but its hash") {
    Random random(2);
    const size_t count = 34;
    const Drawn drawn(random, count);
    PostedData other = drawn.data;
    for (Blob& blob : other.blobs) blob = Blob::from(random_bytes(random, kBlobBytes)).value();
    for (size_t i = 0; i < count; ++i) {
        const BatchChunk& chunk = drawn.chunks[i];
        // Of the last slot `after`, too, is left as the garbage is; of one that is wrong all but its lengths and `after`.
        for (size_t k = i + 1 == count ? 32 : 0; k < 36 + chunk.ops.size() + chunk.sigs.size(); ++k)
            data_at(other.blobs[i / 32], i % 32, k) = data_at(drawn.data.blobs[i / 32], i % 32, k);
    }
    REQUIRE(other.blobs != drawn.data.blobs);
    REQUIRE(read_by_both(other) == "");
    REQUIRE(decode_batch(other) == decode_batch(drawn.data));
}

TEST_CASE("blobs that a batch is posted in say what it says, and zero where nobody reads") {
    Random random(3);
    for (size_t count : {1, 32, 33, 65}) {
        Drawn drawn(random, count);
        Batch batch = decode_batch(drawn.data).value();
        for (BatchChunk& chunk : batch.chunks) {
            if (!chunk.lengths_hold) chunk = {random_bytes(random, 3000), random_bytes(random, 932)};
        }
        PostedData posted = drawn.data;
        posted.argument = batch.encode();
        posted.blobs = batch.blobs();
        REQUIRE(posted.blobs.size() == drawn.data.blobs.size());
        REQUIRE(decode_batch(posted) == batch);
        REQUIRE(read_by_both(posted) == "");
        for (size_t i = 0; i < 32 * posted.blobs.size(); ++i) {
            Blob& blob = posted.blobs[i / 32];
            // The last `after` is written, though nobody reads it.
            if (i < count) {
                for (size_t k = 0; k < 36 + batch.chunks[i].ops.size() + batch.chunks[i].sigs.size(); ++k)
                    data_at(blob, i % 32, k) = 0;
            }
            const auto slot = blob.slot(i % 32);
            REQUIRE(std::all_of(slot.begin(), slot.end(), [](uint8_t byte) { return byte == 0; }));
        }
    }
}

TEST_CASE("both refuse the same arguments of appendBlobs, by the same names") {
    Random random(4);
    auto read = [&](size_t count, size_t size, size_t hashes, std::optional<size_t> version = {}) {
        PostedData data{DataSource::kBlobs, random_argument(random, count), std::vector<Blob>(hashes), {}};
        data.argument.resize(size);
        for (size_t i = 0; i < hashes; ++i) data.blob_hashes.push_back(random_blob_hash(random));
        if (version) data.blob_hashes[*version].bytes[0] = static_cast<uint8_t>(2 * random.below(128));
        return read_by_both(data);
    };
    for (size_t size : {size_t{0}, size_t{1}, size_t{203}, kCountAt, kCountAt + 2, kArgument - 1})
        CHECK(read(1, size, 1) == "Truncated");
    for (size_t count : {0, 193, 256, 257, 65535}) CHECK(read(count, kArgument, count == 0 ? 0 : 7) == "ChunkCount");
    for (size_t longer : {1, 4, 32}) CHECK(read(40, kArgument + longer, 2) == "TrailingBytes");
    for (size_t count : {1, 31, 32, 33, 64, 65, 160, 161, 192}) {
        INFO(count << " chunks");
        const size_t blobs = (count + 31) / 32;
        CHECK(read(count, kArgument, blobs) == "");
        CHECK(read(count, kArgument, blobs - 1) == "BlobHashes");
        CHECK(read(count, kArgument, blobs + 1) == "BlobHashes");
        CHECK(read(count, kArgument, 0) == "BlobHashes");
        for (size_t i = 0; i < blobs; ++i) CHECK(read(count, kArgument, blobs, i) == "BlobHashes");
    }
    // Two faults: the one that comes first.
    CHECK(read(0, kArgument - 1, 0) == "Truncated");
    CHECK(read(193, kArgument + 1, 7) == "ChunkCount");
    CHECK(read(33, kArgument + 1, 1) == "TrailingBytes");
}

namespace {

// A random history in blobs, whose claims are all true; about a fifth of its slots have lengths that don't fit.
Drawn true_batch(ChunkGenerator& generator, Random& random) {
    Drawn out(random, 1 + random.below(40));
    State state = generator.start().build();
    Batch batch = decode_batch(out.data).value();
    batch.parent.last = state.fields();
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        PostedChunk chunk = generator.next(state);
        out.chunks[i] = {chunk.ops, chunk.sigs};
        if (random.chance(20) || !can_be_in(DataSource::kBlobs, out.chunks[i])) out.chunks[i] = {{}, {}, false};
        auto decoded = decode_ops(out.chunks[i].ops);
        const Chunk* readable = std::get_if<Chunk>(&decoded);
        const bool queued = !readable || state.counters.l1_ops_consumed + readable->l1_operations <= generator.queue().size();
        if (!queued) out.chunks[i] = {{}, {}, false};
        ListEnv env(test_domain().separator(), generator.queue().size(), generator.queue());
        StateRunner runner(state);
        REQUIRE(apply(env, runner, state.counters, out.chunks[i]).kind != Outcome::Kind::kViewFailed);
        if (i + 1 < batch.chunks.size()) batch.commitments[i] = state.commitment();
    }
    batch.last = state.fields();
    for (size_t i = 0; i < batch.chunks.size(); ++i) batch.chunks[i] = {out.chunks[i].ops, out.chunks[i].sigs};
    out.data.argument = batch.encode();
    out.data.blobs = batch.blobs();
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        if (out.chunks[i].lengths_hold) continue;
        Lengths lengths;
        while (lengths.first + lengths.second <= kSlotHolds) lengths = random_lengths(random);
        put_lengths(out.data.blobs[i / 32], i % 32, lengths.first, lengths.second);
    }
    return out;
}

}  // namespace

TEST_CASE("protocol and model judge the same of batches in blobs, and a slot's lengths before all else") {
    std::set<std::string> refusals;
    for (uint64_t seed = 1; seed <= 24; ++seed) {
        INFO("seed " << seed);
        Random random(seed);
        ChunkGenerator generator(seed, StartKind::kPopulated);
        Drawn drawn = true_batch(generator, random);
        // No lie, one about a chunk, one about a slot whose lengths don't fit.
        std::vector<size_t> candidates;
        for (size_t i = 0; i < drawn.chunks.size(); ++i) {
            if (seed % 3 != 0 && drawn.chunks[i].lengths_hold == (seed % 3 == 1)) candidates.push_back(i);
        }
        std::optional<size_t> liar;
        if (!candidates.empty()) liar = random.pick(candidates);
        if (liar && *liar + 1 < drawn.chunks.size()) data_at(drawn.data.blobs[*liar / 32], *liar % 32, 5) ^= 1;
        if (liar && *liar + 1 == drawn.chunks.size()) drawn.data.argument.back() ^= 1;  // opCount

        REQUIRE(read_by_both(drawn.data) == "");
        m::Batch model;
        REQUIRE(read_by_model(drawn.data, model) == "");
        m::State state = model_of(generator.start());
        const m::Judgement judged = m::judge(model, state, model_env(test_domain(), generator.queue(), 0, 0));
        REQUIRE(judged.false_claim == liar);
        if (!liar) continue;
        REQUIRE((judged.refusal == "SlotLengths") == !drawn.chunks[*liar].lengths_hold);
        refusals.insert(judged.refusal);
    }
    CHECK(refusals.count("") == 1);
    CHECK(refusals.count("SlotLengths") == 1);
}

TEST_CASE("a lie is proven in blobs that are full of what nobody reads") {
    const LieCase& lie = all_lie_cases().back();
    const PostedBatch plain = batch_about(lie, lie.wrong, false_claim_of(lie), DataSource::kBlobs);
    Random random(5);
    PostedData data = plain.data();
    Blob garbage = random_blob(random);
    for (size_t i = 0; i < 2; ++i) {
        const BatchChunk& chunk = plain.batch().chunks[i];
        ByteWriter slot;
        slot.raw(i == 0 ? plain.batch().after(0) : random_hash(random));
        slot.u16(static_cast<uint16_t>(chunk.ops.size())).u16(static_cast<uint16_t>(chunk.sigs.size()));
        put_data(garbage, i, slot.raw(chunk.ops).raw(chunk.sigs).bytes());
    }
    data.blobs = {garbage};
    data.blob_hashes = {versioned_hash(Kzg::get().commitment(garbage.view()).value())};
    const auto posted = PostedBatch::decode(data);
    REQUIRE(posted.has_value());
    REQUIRE(posted->batch().chunks == plain.batch().chunks);
    REQUIRE(posted->hash() != plain.hash());
    const ProofVerdict judged = check_fraud_proof(proof_against(lie, *posted), test_domain().separator(), KnownQueue(lie.queue));
    CHECK(std::string(name_of(judged.error)) == "None");
    CHECK(judged.refusal == lie.rule);
}

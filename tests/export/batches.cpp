#include "tests/export/batches.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "tests/protocol/proof_world.hpp"

namespace gavel::test {
namespace {

Json batch_case(const std::string& what, const Bytes& bytes) {
    BatchError error = BatchError::kNone;
    auto batch = decode_batch(bytes, &error);
    Json out = {
        {"kind", batch ? "batch" : "refused"}, {"what", what}, {"source", 0}, {"bytes", hex(bytes)}, {"error", name_of(error)}};
    if (!batch) return out;
    BatchHeader header = batch->header();
    out["header"] = hex(header.encode());
    out["hash"] = hex(header.hash());
    out["parentHash"] = hex(batch->parent.hash());
    out["l1QueueHash"] = hex(batch->l1_queue_hash);
    out["chunkLeaves"] = hex_list(batch->chunk_leaves());
    out["sigsLeaves"] = hex_list(batch->sigs_leaves());
    out["claims"] = claims_of(*batch);
    return out;
}

Hash some_hash(Random& random) { return keccak256(ByteWriter().u64(random.next()).bytes()); }

// Where chunkCount and the first chunk's lengths stand in the bytes.
constexpr size_t kCountAt = 8 + BatchHeader::kSize + 32, kFixedSize = kCountAt + 2 + StateFields::kSize;

void add_refused(Cases& out, Random& random) {
    const Bytes three = some_batch(random, 3, 40).encode();
    for (size_t size = 0; size < three.size(); size += size + 1 < three.size() && size + 11 >= three.size() ? 1 : 11)
        out.push_back(batch_case("cut to " + std::to_string(size), to_bytes(ByteView{three}.first(size))));
    for (size_t size : {kFixedSize - 1, kFixedSize, kFixedSize + 1, kFixedSize + 3, kFixedSize + 4})
        out.push_back(batch_case("cut to " + std::to_string(size), to_bytes(ByteView{three}.first(size))));
    auto edited = [&](const std::string& what, size_t at, uint16_t value) {
        Bytes bytes = three;
        bytes[at] = static_cast<uint8_t>(value >> 8);
        bytes[at + 1] = static_cast<uint8_t>(value);
        out.push_back(batch_case(what, bytes));
    };
    for (uint16_t count : {0, 1, 2, 4, 5, 256, 257, 65535}) edited("chunkCount " + std::to_string(count), kCountAt, count);
    for (uint16_t length : {0, 1, 4096, 4097, 65535}) {
        edited("opsLength " + std::to_string(length), kFixedSize, length);
        edited("sigsLength " + std::to_string(length), kFixedSize + 2, length);
    }
    Bytes longer = three;
    longer.push_back(0);
    out.push_back(batch_case("a byte too many", longer));
    longer.resize(longer.size() + 31, 7);
    out.push_back(batch_case("32 bytes too many", longer));
    auto of_sizes = [&](size_t ops, size_t sigs, size_t missing) {
        Batch batch = some_batch(random, 1, 0);
        batch.chunks[0] = {Bytes(ops, 1), Bytes(sigs, 2)};
        Bytes bytes = batch.encode();
        bytes.resize(bytes.size() - missing);
        out.push_back(batch_case(
            "ops of " + std::to_string(ops) + ", sigs of " + std::to_string(sigs) + ", cut by " + std::to_string(missing),
            bytes));
    };
    for (size_t missing : {0, 1}) {
        of_sizes(4096, 3072, missing);
        of_sizes(4097, 3072, missing);
        of_sizes(4096, 3073, missing);
        of_sizes(4097, 3073, missing);
    }
}

}  // namespace

Json claims_of(const Batch& batch) {
    Json claims = Json::array();
    for (size_t i = 0; i < batch.chunks.size(); ++i)
        claims.push_back({{"before", hex(batch.before(i))}, {"after", hex(batch.after(i))}});
    return claims;
}

Batch some_batch(Random& random, size_t chunks, size_t most_bytes) {
    auto fields = [&] {
        Hash accounts = some_hash(random), withdrawals = some_hash(random);
        auto count = static_cast<uint32_t>(random.next());
        return StateFields{accounts, withdrawals, count, count / 2, random.next(), count};
    };
    auto bytes = [&](size_t most) {
        Bytes out(random.below(most + 1));
        for (uint8_t& byte : out) byte = static_cast<uint8_t>(random.next());
        return out;
    };
    Batch out;
    out.number = 1 + random.below(1000);
    out.parent.number = out.number - 1;
    out.parent.parent_hash = some_hash(random);
    out.parent.chunk_count = static_cast<uint16_t>(1 + random.below(256));
    out.parent.source = random.pick(std::vector{DataSource::kCalldata, DataSource::kBlobs});
    out.parent.data_root = some_hash(random);
    out.parent.sigs_root = some_hash(random);
    out.parent.last = fields();
    out.l1_queue_hash = some_hash(random);
    out.last = fields();
    for (size_t i = 0; i < chunks; ++i) {
        Bytes ops = bytes(most_bytes);
        out.chunks.push_back({ops, bytes(most_bytes)});
        if (i > 0) out.commitments.push_back(some_hash(random));
    }
    return out;
}

Cases batch_cases() {
    Cases out;
    Random random(11);
    for (size_t chunks : {1, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 128, 255, 256})
        out.push_back(batch_case("any bytes in " + std::to_string(chunks) + " chunks",
                                 some_batch(random, chunks, chunks > 9 ? 20 : 300).encode()));
    for (const Case& one : all_cases()) out.push_back(batch_case(one.name, Worked(one).batch.encode()));
    add_refused(out, random);
    return out;
}

}  // namespace gavel::test

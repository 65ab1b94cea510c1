// Batches: bytes there and back, and each error by its own cause.
#include <catch2/catch.hpp>

#include "protocol/batch.hpp"
#include "protocol/chunk.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"

using namespace gavel;

namespace {

Hash hash_of(std::string_view text) { return keccak256(view_of(text)); }

Batch sample(size_t chunks) {
    Batch batch;
    batch.number = 0x0102030405060708;
    batch.parent = genesis_header();
    batch.parent.number = batch.number - 1;
    batch.l1_queue_hash = hash_of("queue");
    batch.last = {hash_of("accounts"), hash_of("withdrawals"), 12, 3, 4, 56};
    for (size_t i = 0; i < chunks; ++i) {
        batch.chunks.push_back({Bytes(i + 1, static_cast<uint8_t>(i)), Bytes(64 * (i % 3), 0xee)});
        if (i > 0) batch.commitments.push_back(hash_of("commitment " + std::to_string(i)));
    }
    return batch;
}

// The offset of the first chunk's opsLength.
constexpr size_t kFixed = 8 + BatchHeader::kSize + 32 + 2 + StateFields::kSize;

BatchError error_of(ByteView data) {
    BatchError error = BatchError::kNone;
    auto batch = decode_batch(data, &error);
    REQUIRE(batch.has_value() == (error == BatchError::kNone));
    return error;
}

}  // namespace

TEST_CASE("headers and fields have the layout of the specification") {
    Batch batch = sample(3);
    Bytes fields = batch.last.encode();
    REQUIRE(fields.size() == 88);
    REQUIRE(to_hex(ByteView{fields}.subspan(64)) == "0x0000000c000000030000000000000004"
                                                    "0000000000000038");
    REQUIRE(StateFields::decode(fields) == batch.last);
    REQUIRE(batch.last.hash() == keccak256(fields));

    BatchHeader header = batch.header();
    Bytes encoded = header.encode();
    REQUIRE(encoded.size() == 195);
    REQUIRE(to_hex(ByteView{encoded}.first(8)) == "0x0102030405060708");
    REQUIRE(Hash::from(ByteView{encoded}.subspan(8)) == keccak256(batch.parent.encode()));
    REQUIRE(to_hex(ByteView{encoded}.subspan(40, 2)) == "0x0003");
    REQUIRE(encoded[42] == 0);
    REQUIRE(Hash::from(ByteView{encoded}.subspan(43)) == header.data_root);
    REQUIRE(Hash::from(ByteView{encoded}.subspan(75)) == header.sigs_root);
    REQUIRE(to_bytes(ByteView{encoded}.subspan(107)) == fields);
    REQUIRE(BatchHeader::decode(encoded) == header);
    REQUIRE(header.hash() == keccak256(encoded));
}

TEST_CASE("genesis is a header without chunks or parent") {
    BatchHeader genesis = genesis_header();
    REQUIRE(genesis.number == 0);
    REQUIRE(genesis.chunk_count == 0);
    REQUIRE(genesis.parent_hash.is_zero());
    REQUIRE(genesis.data_root.is_zero());
    REQUIRE(genesis.sigs_root.is_zero());
    REQUIRE(genesis.last.account_count == 1);
    REQUIRE(genesis.last.withdrawals_root == zero_subtree(32));
    Hash root = keccak256(Bytes(104, 0));
    for (int h = 0; h < 32; ++h) root = keccak256_pair(root, zero_subtree(h));
    REQUIRE(genesis.last.accounts_root == root);
}

TEST_CASE("each chunk's leaf binds its bytes and the commitments on both sides") {
    Batch batch = sample(3);
    std::vector<Hash> leaves = batch.chunk_leaves();
    Hash before = batch.parent.last.hash();
    for (size_t i = 0; i < 3; ++i) {
        Hash after = i == 2 ? batch.last.hash() : batch.commitments[i];
        REQUIRE(batch.before(i) == before);
        REQUIRE(batch.after(i) == after);
        Bytes words = to_bytes(keccak256(batch.chunks[i].ops));
        append(words, before);
        append(words, after);
        REQUIRE(leaves[i] == keccak256(words));
        REQUIRE(batch.sigs_leaves()[i] == keccak256(keccak256(batch.chunks[i].sigs)));
        before = after;
    }
    Hash root = keccak256_pair(keccak256_pair(leaves[0], leaves[1]), keccak256_pair(leaves[2], Hash{}));
    REQUIRE(batch.header().data_root == root);
}

TEST_CASE("a batch that is encoded and decoded is the same") {
    for (size_t chunks : {1u, 2u, 47u, 256u}) {
        Batch batch = sample(chunks);
        Bytes encoded = batch.encode();
        auto decoded = decode_batch(encoded);
        REQUIRE(decoded.has_value());
        REQUIRE(*decoded == batch);
        REQUIRE(decoded->encode() == encoded);
    }
    Batch largest = sample(1);
    largest.chunks[0] = {Bytes(kMaxOpsSize, 1), Bytes(kMaxSigsSize, 2)};
    REQUIRE(error_of(largest.encode()) == BatchError::kNone);
}

TEST_CASE("bytes that are no batch are refused by name") {
    Bytes good = sample(5).encode();
    for (size_t size = 0; size < good.size(); ++size) {
        INFO("the first " << size << " bytes");
        REQUIRE(error_of(ByteView{good}.first(size)) == BatchError::kTruncated);
    }
    Bytes bad = good;
    bad.push_back(0);
    REQUIRE(error_of(bad) == BatchError::kTrailingBytes);

    auto with_u16 = [&good](size_t offset, uint16_t value) {
        Bytes out = good;
        out[offset] = static_cast<uint8_t>(value >> 8);
        out[offset + 1] = static_cast<uint8_t>(value);
        return out;
    };
    size_t count_offset = kFixed - StateFields::kSize - 2;
    REQUIRE(with_u16(count_offset, 5) == good);
    REQUIRE(error_of(with_u16(count_offset, 0)) == BatchError::kChunkCount);
    REQUIRE(error_of(with_u16(count_offset, 257)) == BatchError::kChunkCount);
    REQUIRE(error_of(with_u16(count_offset, 0xffff)) == BatchError::kChunkCount);
    REQUIRE(with_u16(kFixed, 1) == good);
    // Lengths are judged before the bytes are missed.
    REQUIRE(error_of(with_u16(kFixed, kMaxOpsSize + 1)) == BatchError::kOpsTooLong);
    REQUIRE(error_of(with_u16(kFixed, kMaxOpsSize)) == BatchError::kTruncated);
    REQUIRE(error_of(with_u16(kFixed + 2, kMaxSigsSize + 1)) == BatchError::kSigsTooLong);
    REQUIRE(error_of(with_u16(kFixed + 2, kMaxSigsSize)) == BatchError::kTruncated);
    // A count is judged after the fixed part.
    bad = with_u16(count_offset, 0);
    bad.resize(kFixed - 1);
    REQUIRE(error_of(bad) == BatchError::kTruncated);
}

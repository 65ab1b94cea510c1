// The naive model (tests/model) on examples worked out apart from it. The hashes written out here were computed once from
// docs/protocol.md with a Keccak-256 and a hash tree of their own, in another language.
#include <catch2/catch.hpp>

#include "tests/model/model.hpp"
#include "tests/protocol/by_hand.hpp"

namespace m = gavel::model;
using namespace gavel::test::by_hand;

namespace {

const size_t kFixedPart = 8 + 195 + 32 + 2 + 88;

// The argument of appendBlobs: batch 1 over genesis, in which nothing changes but opCount.
m::Bytes blob_argument(uint32_t chunk_count) {
    m::Fields last = m::State{}.fields();
    last.op_count = 5;
    return m::be(8, 1) + m::genesis_header().encode() + m::zeros(32) + m::be(2, chunk_count) + last.encode();
}
m::Bytes blob_hash(char fill) { return '\x01' + m::Bytes(31, fill); }

// Puts data bytes into a blob's slot. A slot's first data bytes are at 1 to 31 of its first element.
void put(m::Bytes& blob, size_t slot, const m::Bytes& data) {
    for (size_t k = 0; k < data.size(); ++k) blob[4096 * slot + 32 * (k / 31) + 1 + k % 31] = data[k];
}

}  // namespace

TEST_CASE("the model's genesis is made of hashes of zeros") {
    CHECK(m::hex(m::H("")) == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    m::Bytes z = m::zeros(32);
    for (int h = 0; h < 32; ++h) z = m::H(z + z);
    CHECK(m::tree_root({}) == z);

    m::Bytes root = m::H(m::zeros(104));
    m::Bytes right = m::zeros(32);
    for (int h = 0; h < 32; ++h, right = m::H(right + right)) root = m::H(root + right);
    m::Fields genesis = m::State{}.fields();
    CHECK(genesis.accounts_root == root);
    CHECK(genesis.withdrawals_root == z);
    CHECK(m::hex(genesis.commitment()) == "edc34e8c148c911284630a75cfacc753464bd58889f62574e36b7f228328b4bd");
    CHECK(m::hex(m::genesis_header().hash()) == "1589835aac520e8e9153b1f603e0f6c9d1f68296f80f2bc74285a699f107553f");
    CHECK(m::Fields::decode(genesis.encode()).encode() == genesis.encode());
    CHECK(m::Header::decode(m::genesis_header().encode()).encode() == m::genesis_header().encode());
}

TEST_CASE("the model decodes the page's example chunks") {
    m::Chunk chunk;
    CHECK(m::decode(m::unhex("800000"), chunk) == "");
    CHECK(chunk.l1 == 0);
    CHECK(chunk.operations.empty());
    CHECK(m::decode(m::unhex("600000"), chunk) == "");
    CHECK(chunk.l1 == 2);

    CHECK(m::decode(m::unhex("8208c000b32aa908be44"), chunk) == "");
    CHECK(chunk.l1 == 0);
    REQUIRE(chunk.operations.size() == 1);
    CHECK(chunk.operations[0].sender == 5);
    REQUIRE(chunk.operations[0].lines.size() == 1);
    CHECK(chunk.operations[0].lines[0].index == 9);
    CHECK(chunk.operations[0].lines[0].amount == m::Number("250000000000000000"));
    CHECK(chunk.operations[0].fee == m::Number("21000000000000"));
    CHECK(chunk.fee_leaves == std::vector<uint32_t>{1});
    CHECK(chunk.weight == 3);

    CHECK(m::decode(m::unhex("8408c000b32aa9e822f9c4"), chunk) == "");
    REQUIRE(chunk.operations.size() == 2);
    CHECK(chunk.operations[1].sender == 9);
    CHECK(chunk.operations[1].lines[0].index == 5);
    CHECK(chunk.operations[1].lines[0].amount == chunk.operations[0].lines[0].amount);
    CHECK(chunk.operations[1].fee == chunk.operations[0].fee);

    CHECK(m::decode("", chunk) == "Truncated");
    CHECK(m::decode(m::unhex("80000000"), chunk) == "TrailingByte");
    CHECK(m::decode(m::unhex("800001"), chunk) == "NonzeroPadding");
    CHECK(m::decode(m::unhex("00"), chunk) == "CodeTooLong");
}

TEST_CASE("the model's digests of the page's operations are the page's") {
    m::Bytes separator = m::domain_separator(31337, kRollup);
    m::Number fee("21000000000000"), quarter("250000000000000000");
    CHECK(m::hex(m::transfer_digest(separator, kEth, {kBob, quarter}, fee, 0, m::zeros(32))) ==
          "ce40e50f3fd87cd8eeab8892619b114eb869fa5429c19a58b01778e7d346e008");
    CHECK(m::hex(m::withdraw_digest(separator, kEth, {kCarol, 1}, 0, 1)) ==
          "d6e406cadd24872c2a9cfe9ad709d274a0dde076cd1438474c6ac9bcfea9b855");
    CHECK(m::hex(m::payout_digest(separator, kEth, {{kBob, 1}, {kCarol, 2}}, 3, 4, m::be(32, 7))) ==
          "bc57054cb8bd50165d6f8e1e12260f7410b82c90fbe930c4c7b29946f8e08f33");
}

TEST_CASE("the model finds who signed, and refuses what is no signature") {
    m::Bytes digest = m::H("words"), good = sign(digest, scalar(1));
    CHECK(m::recover(digest, good) == kAlice);
    CHECK(m::recover(m::H("other words"), good) != kAlice);
    m::Number n = m::number(m::unhex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    m::Bytes r = good.substr(0, 32), s = good.substr(32);
    CHECK_FALSE(m::recover(digest, m::zeros(32) + s));
    CHECK_FALSE(m::recover(digest, r + m::zeros(32)));
    CHECK_FALSE(m::recover(digest, m::be(32, n) + s));
    CHECK_FALSE(m::recover(digest, r + m::be(32, n / 2 + 1)));
    CHECK(m::recover(digest, r + m::be(32, n / 2)));
    CHECK_FALSE(m::recover(digest, m::be(32, 5) + s));  // no point has this x
}

TEST_CASE("the model applies a deposit, a transfer to an address, a withdrawal") {
    m::Env env{m::domain_separator(31337, kRollup), {}, 1};
    env.l1[0] = {m::L1Operation::kDeposit, kCarol, kAlice, kEth, kEther, 0};
    m::State state;

    // One L1 operation and nothing else: gamma(1), then as the empty chunk.
    m::Trace trace;
    REQUIRE(m::apply(env, state, m::unhex("400000"), "", &trace) == "");
    CHECK(m::hex(state.fields().commitment()) == "6fdc0fb56752403b1192ea7a4e3b8a9804700de739c68862dcd8ebe132f02ae6");
    CHECK(trace.accesses == std::vector<std::string>{"find 0", "append 1"});

    // Alice (leaf 1) pays Bob, who gets leaf 2; her own leaf takes the fee. In bits, column by column: l1 1, n 000001, f 000001,
    // w 00000; not mixed, byAddress, no memos; K-1 000000, wm 00000101, we 100, e 1100, m 10101; sender 1; 1 and Bob; exponent 16
    // at its place (gamma 000010001), z = 11 (q = 3: 011, then 11), mantissa 11001 without its top bit; fee leaf 1.
    m::Bytes pay =
        pack("1 000001 000001 00000 010 000000 00000101 100 1100 10101 1 1" + bits_of(kBob) + "000010001 01111 1001 1");
    m::Number fee("21000000000000"), quarter("250000000000000000");
    m::Bytes digest = m::transfer_digest(env.separator, kEth, {kBob, quarter}, fee, 0, m::zeros(32));
    m::State before = state;
    CHECK(m::apply(env, state, pay, sign(digest, scalar(2))) == "SignerNotOwner");
    CHECK(m::apply(env, state, pay, "") == "SignatureCount");
    CHECK(state.fields().encode() == before.fields().encode());
    trace = {};
    REQUIRE(m::apply(env, state, pay, sign(digest, scalar(1)), &trace) == "");
    CHECK(m::hex(state.fields().commitment()) == "57a37db34bf6557b21197ce10c370233fb3a2ddb8b6750bf833e5e3a1aae0ff5");
    CHECK(trace.accesses == std::vector<std::string>{"read 1", "find 0", "append 2", "read 1"});
    CHECK(m::apply(env, state, pay, sign(digest, scalar(1))) == "RecipientHasLeaf");

    // Alice withdraws 1 wei to Carol without a fee: n 1, f 0, mixed, kind 10, a table of one fee of no bits; sender 1; Carol;
    // exponent 0 (gamma 1), magnitude from 64 to 1 (z = 125: q = 32, 00000100000, then 01), a mantissa of one bit.
    m::Bytes withdraw = pack("1 000001 000000 00000 100 10 000000 00000000 000 1" + bits_of(kCarol) + "1 0000010000001");
    digest = m::withdraw_digest(env.separator, kEth, {kCarol, 1}, 0, 1);
    REQUIRE(m::apply(env, state, withdraw, sign(digest, scalar(1))) == "");
    CHECK(m::hex(state.fields().commitment()) == "e420d9c76031ddb10aed86af43b612d4a907cf2c8e57d4dd9eba3fe2fd57c372");
}

TEST_CASE("the model reads a batch from its blobs' slots") {
    // All that isn't put there is 0x77, which nobody looks at: top bytes, what is behind sigs, slots of no chunk.
    std::vector<m::Bytes> blobs(2, m::Bytes(131072, '\x77'));
    const m::Bytes after(32, '\x31');
    for (size_t slot = 0; slot < 32; ++slot) put(blobs[0], slot, after + m::be(2, 0) + m::be(2, 0));
    put(blobs[0], 1, m::Bytes(32, '\x32') + m::be(2, 40) + m::be(2, 3) + m::Bytes(40, '\x0a') + "sig");
    put(blobs[0], 2, after + m::be(2, 3932) + m::be(2, 0));
    put(blobs[0], 3, after + m::be(2, 3900) + m::be(2, 33));
    put(blobs[0], 31, after + m::be(2, 0) + m::be(2, 3932) + m::Bytes(3932, '\x0b'));
    put(blobs[1], 0, after + m::be(2, 1) + m::be(2, 65535));

    m::Batch batch;
    const std::vector<m::Bytes> hashes = {blob_hash('\xaa'), blob_hash('\xbb')};
    REQUIRE(m::decode_blob_batch(blob_argument(33), blobs, hashes, batch) == "");
    REQUIRE(batch.chunks.size() == 33);
    CHECK(batch.before(0) == m::genesis_header().last.commitment());
    CHECK(batch.commitments[0] == after);
    CHECK(batch.commitments[1] == m::Bytes(32, '\x32'));
    CHECK(batch.commitments[32] == batch.last.commitment());
    CHECK(batch.chunks[0].lengths_fit);
    CHECK(batch.chunks[0].ops + batch.chunks[0].sigs == "");
    CHECK(batch.chunks[1].ops == m::Bytes(40, '\x0a'));
    CHECK(batch.chunks[1].sigs == "sig");
    CHECK(batch.chunks[2].lengths_fit);
    CHECK(batch.chunks[2].ops == m::Bytes(3932, '\x77'));
    CHECK(batch.chunks[31].sigs == m::Bytes(3932, '\x0b'));
    for (size_t wrong : {3, 32}) {
        CHECK_FALSE(batch.chunks[wrong].lengths_fit);
        CHECK(batch.chunks[wrong].ops + batch.chunks[wrong].sigs == "");
    }
    CHECK(m::hex(batch.header().data_root) == "7b10ff942a56ad5a27627a81282fe4971233a9407586e9c1454b04055159b435");
    CHECK(m::hex(batch.header().hash()) == "69ad3207c350ca99ae970fe92804dd6a08f7acc6b27ff52bc68fd8ada27b6897");
    CHECK(m::Header::decode(batch.header().encode()).encode() == batch.header().encode());
}

TEST_CASE("the model refuses arguments of appendBlobs, in the page's order") {
    m::Batch batch;
    const m::Bytes hash = blob_hash('\xaa');
    CHECK(m::decode_blob_batch(blob_argument(0).substr(0, kFixedPart - 1), {}, {}, batch) == "Truncated");
    CHECK(m::decode_blob_batch(blob_argument(0) + "x", {}, {}, batch) == "ChunkCount");
    CHECK(m::decode_blob_batch(blob_argument(193), {}, {}, batch) == "ChunkCount");
    CHECK(m::decode_blob_batch(blob_argument(1) + "x", {}, {}, batch) == "TrailingBytes");
    CHECK(m::decode_blob_batch(blob_argument(1), {}, {}, batch) == "BlobHashes");
    CHECK(m::decode_blob_batch(blob_argument(32), {}, {hash, hash}, batch) == "BlobHashes");
    CHECK(m::decode_blob_batch(blob_argument(33), {}, {hash}, batch) == "BlobHashes");
    CHECK(m::decode_blob_batch(blob_argument(33), {}, {hash, '\x02' + m::Bytes(31, '\xaa')}, batch) == "BlobHashes");
}

TEST_CASE("the model finds a chunk wrong whose slot's lengths don't fit, whatever it would do") {
    m::Env env{m::domain_separator(31337, kRollup), {}, 0};
    m::State state;
    CHECK(m::apply(env, state, m::Posted{m::unhex("800000"), ""}) == "");
    CHECK(m::apply(env, state, m::Posted{"", "", false}) == "SlotLengths");

    m::Bytes blob(131072, '\x77');
    put(blob, 0, state.fields().commitment() + m::be(2, 3) + m::be(2, 0) + m::unhex("800000"));
    put(blob, 1, m::zeros(32) + m::be(2, 3) + m::be(2, 3930) + m::unhex("800000"));
    m::Batch batch;
    REQUIRE(m::decode_blob_batch(blob_argument(2), {blob}, {blob_hash('\xaa')}, batch) == "");
    m::Judgement judged = m::judge(batch, state, env);
    CHECK(judged.false_claim == std::optional<size_t>(1));  // it claims an operation
    CHECK(judged.refusal == "SlotLengths");
    CHECK(judged.truth.encode() == m::State{}.fields().encode());
}

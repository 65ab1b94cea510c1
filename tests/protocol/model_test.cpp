// The naive model (tests/model) on examples worked out apart from it. The hashes written out here were computed once from
// docs/protocol.md with a Keccak-256 and a hash tree of their own, in another language.
#include "tests/model/model.hpp"

#include <secp256k1_recovery.h>

#include <catch2/catch.hpp>

namespace m = gavel::model;

namespace {

m::Bytes scalar(int value) { return m::be(32, value); }

m::Bytes sign(const m::Bytes& digest, const m::Bytes& key) {
    static const secp256k1_context* context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    auto raw = [](const m::Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); };
    secp256k1_ecdsa_recoverable_signature parsed;
    REQUIRE(secp256k1_ecdsa_sign_recoverable(context, &parsed, raw(digest), raw(key), nullptr, nullptr));
    m::Bytes out(64, '\0');
    int parity = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context, reinterpret_cast<unsigned char*>(out.data()), &parity,
                                                            &parsed);
    out[32] = static_cast<char>(out[32] | parity << 7);
    return out;
}

// Characters 0 and 1, all others passed over, with zeros up to a whole byte.
m::Bytes pack(const std::string& digits) {
    std::string bits;
    for (char c : digits) {
        if (c == '0' || c == '1') bits += c;
    }
    bits.resize((bits.size() + 7) / 8 * 8, '0');
    m::Bytes out;
    for (size_t i = 0; i < bits.size(); i += 8) out += static_cast<char>(std::stoi(bits.substr(i, 8), nullptr, 2));
    return out;
}

std::string bits_of(const m::Bytes& bytes) {
    std::string out;
    for (unsigned char byte : bytes) {
        for (int bit = 7; bit >= 0; --bit) out += byte >> bit & 1 ? '1' : '0';
    }
    return out;
}

// Addresses of the private keys 1 and 2, and one without a key.
const m::Bytes kAlice = m::unhex("7e5f4552091a69125d5dfcb7b8c2659029395bdf");
const m::Bytes kBob = m::unhex("2b5ad5c4795c026514f8317c7a215e218dccd6cf");
const m::Bytes kCarol = m::Bytes(20, '\x11');
const m::Bytes kRollup = m::Bytes(20, '\x22');
const m::Bytes kEth = m::zeros(20);
const m::Number kEther = m::Number("1000000000000000000");

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
    CHECK(m::hex(m::genesis_header().hash()) == "679544c4c0682b7187aee55f460a9ec86c964fc661025d710426c5e87578c333");
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

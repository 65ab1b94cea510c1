// The chunk codec against its specification (docs/protocol.md, "Chunk codec"): example bytes, each refusal by name, bounds; and
// on random input against the naive model's decoder, which shares nothing with it.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cstdlib>
#include <set>

#include "bench/codec_figures.hpp"
#include "protocol/chunk.hpp"
#include "tests/generator/codec_chunks.hpp"
#include "tests/model/model.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// Cases of each property; RC_PARAMS="seed=N", which a failure prints, repeats one.
[[maybe_unused]] const int kRapidcheckSet = ::setenv("RC_PARAMS", "max_success=1500", 0);

// What rapidcheck draws is a seed, so that the same generator serves without it.
Random any_seed() { return Random(*rc::gen::noShrink(rc::gen::arbitrary<uint64_t>())); }

// ---- Comparisons --------------------------------------------------------------------------------------------------------

Refusal refusal_of(ByteView ops) {
    auto decoded = decode_ops(ops);
    const Refusal* refusal = std::get_if<Refusal>(&decoded);
    return refusal ? *refusal : Refusal::kNone;
}

std::string text_of(const model::Number& number) { return CryptoPP::IntToString(number); }

// The chunk in words, to compare across types.
std::string describe(const Chunk& chunk) {
    std::string out = std::to_string(chunk.weight()) + " " + std::to_string(chunk.l1_operations);
    for (const PostedOperation& op : chunk.operations) {
        out += "; " + std::to_string(int(op.kind)) + " " + std::to_string(op.sender) + " " + to_string(op.fee) + " " +
               to_hex(op.memo);
        if (op.kind == OperationKind::kFund) {  // its payment goes to nobody that is posted
            out += " " + to_string(op.payments[0].amount) + " " + to_hex(op.channel.payee);
        } else {
            for (const PostedPayment& payment : op.payments) {
                out += " " + (payment.to.address ? to_hex(*payment.to.address) : std::to_string(payment.to.index));
                out += " " + to_string(payment.amount);
            }
        }
        const PostedChannel& words = op.channel;
        out += " " + to_string(words.unit) + " " + std::to_string(words.expiry) + " " + std::to_string(words.salt) + " " +
               to_string(words.count) + (words.take ? " take" : "") + (words.close ? " close" : "");
    }
    for (uint32_t leaf : chunk.fee_leaves) out += ", " + std::to_string(leaf);
    return out;
}
std::string describe(const model::Chunk& chunk) {
    std::string out = std::to_string(chunk.weight) + " " + std::to_string(chunk.l1);
    for (const model::Operation& op : chunk.operations) {
        out += "; " + std::to_string(int(op.kind)) + " " + std::to_string(op.sender) + " " + text_of(op.fee) + " " +
               to_hex(view_of(op.memo));
        if (op.kind == model::Operation::kFund) out += " " + text_of(op.amount) + " " + to_hex(view_of(op.terms.payee));
        for (const model::Line& line : op.lines) {
            out += " " + (line.by_address ? to_hex(view_of(line.address)) : std::to_string(line.index));
            out += " " + text_of(line.amount);
        }
        out += " " + text_of(op.terms.unit) + " " + text_of(op.terms.expiry) + " " + text_of(op.terms.salt) + " " +
               text_of(op.count) + (op.take ? " take" : "") + (op.close ? " close" : "");
    }
    for (uint32_t leaf : chunk.fee_leaves) out += ", " + std::to_string(leaf);
    return out;
}

// Decoded by both, and what is accepted encoded again. Empty if all agree.
std::string disagreement(const Bytes& ops) {
    model::Chunk naive;
    std::string naive_refusal = model::decode(string_of(ops), naive);
    auto decoded = decode_ops(ops);
    if (const Refusal* refusal = std::get_if<Refusal>(&decoded)) {
        return naive_refusal == name_of(*refusal) ? "" : std::string(name_of(*refusal)) + " here, there " + naive_refusal;
    }
    const Chunk& chunk = std::get<Chunk>(decoded);
    if (!naive_refusal.empty()) return "accepted here, there " + naive_refusal;
    if (describe(chunk) != describe(naive)) return describe(chunk) + "\n" + describe(naive);
    return encode_ops(chunk) == ops ? "" : "encodes to " + to_hex(encode_ops(chunk));
}

}  // namespace

TEST_CASE("ops of the specification's examples are encoded as there") {
    Amount amount{250'000'000'000'000'000}, fee{21'000'000'000'000};
    PostedOperation there{OperationKind::kTransfer, 5, {{{9, {}}, amount}}, fee, {}};
    PostedOperation back = there;
    std::swap(back.sender, back.payments[0].to.index);
    const std::pair<Chunk, const char*> examples[] = {
        {{}, "0x800000"},
        {{2, {}, {}}, "0x600000"},
        {{0, {there}, {1}}, "0x8208c000b32aa908be44"},
        {{0, {there, back}, {1}}, "0x8408c000b32aa9e822f9c4"},
    };
    for (const auto& [chunk, ops] : examples) {
        CHECK(to_hex(encode_ops(chunk)) == ops);
        auto decoded = decode_ops(*from_hex(ops));
        REQUIRE(std::holds_alternative<Chunk>(decoded));
        CHECK(std::get<Chunk>(decoded) == chunk);
    }
}

TEST_CASE("every refusal of the decoder has an input that reaches it, and the same input without the fault decodes") {
    std::set<Refusal> reached;
    for (const CodecCase& each : codec_cases()) {
        INFO(name_of(each.refusal) << ": " << each.what);
        CHECK(name_of(refusal_of(each.build(true))) == std::string(name_of(each.refusal)));
        CHECK(refusal_of(each.build(false)) == Refusal::kNone);
        CHECK(disagreement(each.build(true)) == "");
        CHECK(disagreement(each.build(false)) == "");
        reached.insert(each.refusal);
    }
    auto decoders = all_refusals().subspan(1, 16);
    CHECK(reached == std::set<Refusal>(decoders.begin(), decoders.end()));
}

TEST_CASE("refusals have the specification's names and order") {
    CHECK(all_refusals().size() == 43);
    CHECK(std::string(name_of(Refusal::kNone)) == "None");
    CHECK(std::string(name_of(all_refusals().front())) == "SlotLengths");
    CHECK(std::string(name_of(Refusal::kTruncated)) == "Truncated");
    CHECK(std::string(name_of(Refusal::kNonzeroPadding)) == "NonzeroPadding");
    CHECK(std::string(name_of(Refusal::kSignatureCount)) == "SignatureCount");
    CHECK(std::string(name_of(all_refusals().back())) == "FeeLeafToken");
    std::set<std::string> names;
    for (Refusal refusal : all_refusals()) names.insert(name_of(refusal));
    CHECK(names.size() == 43);
}

TEST_CASE("a chunk decodes to itself, here and by the naive decoder") {
    CHECK(rc::check("round trip", [] {
        Random random = any_seed();
        Chunk chunk = random_codec_chunk(random);
        Bytes ops = encode_ops(chunk);
        RC_ASSERT(ops.size() <= kMaxOpsSize);
        auto decoded = decode_ops(ops);
        RC_ASSERT(std::holds_alternative<Chunk>(decoded));
        RC_ASSERT(std::get<Chunk>(decoded) == chunk);
        RC_ASSERT(disagreement(ops) == "");
    }));
}

TEST_CASE("any bytes: the naive decoder's refusal, or a chunk that encodes to the same bytes") {
    CHECK(rc::check("mutated and random bytes", [] {
        Random random = any_seed();
        Bytes ops = encode_ops(random_codec_chunk(random));
        for (int i = 0; i < 8; ++i) RC_ASSERT(disagreement(mutated_ops(random, ops)) == "");
    }));
}

TEST_CASE("what is cut short is Truncated, at any byte") {
    Widest widest;
    for (bool address : {false, true}) {
        Chunk chunk = widest.chunk(OperationKind::kPayout, 5, address);
        chunk.operations[0].payments[4] = chunk.operations[0].payments[1];
        Bytes ops = encode_ops(chunk);
        for (size_t size = 0; size < ops.size(); ++size) {
            REQUIRE(refusal_of(ByteView(ops).first(size)) == Refusal::kTruncated);
        }
    }
}

TEST_CASE("the largest chunk of each kind fits") {
    Widest widest;
    size_t largest = 0;
    auto check = [&](const Chunk& chunk) {
        REQUIRE(chunk.weight() == kMaxChunkWeight);
        Bytes ops = encode_ops(chunk);
        auto decoded = decode_ops(ops);
        REQUIRE(std::holds_alternative<Chunk>(decoded));
        CHECK(std::get<Chunk>(decoded) == chunk);
        CHECK(ops.size() <= kMaxOpsSize);
        largest = std::max(largest, ops.size());
    };
    for (const Chunk& chunk : widest.largest_chunks()) check(chunk);
    CHECK(largest > 3500);  // else this builds something easier than it says
}

TEST_CASE("chunks too heavy or too many for the decoder can be encoded, and are refused") {
    Widest widest;
    Chunk chunk;
    for (int i = 0; i < 49; ++i) chunk.operations.push_back(widest.operation(OperationKind::kTransfer, 1, false));
    CHECK(refusal_of(encode_ops(chunk)) == Refusal::kOverWeight);
    chunk.operations.assign(63, widest.operation(OperationKind::kPayout, 123, true));
    CHECK(refusal_of(encode_ops(chunk)) == Refusal::kOverWeight);
    CHECK(refusal_of(encode_ops({0, {}, std::vector<uint32_t>(63, 1)})) == Refusal::kNone);
    CHECK(refusal_of(encode_ops({33, {}, {}})) == Refusal::kOverWeight);
    CHECK(refusal_of(encode_ops({127, {}, {}})) == Refusal::kCodeTooLong);
}

TEST_CASE("each operation weighs what the page says") {
    Widest widest;
    CHECK(widest.operation(OperationKind::kTransfer, 1, false).weight() == 2);
    CHECK(widest.operation(OperationKind::kTransfer, 1, true).weight() == 3);
    CHECK(widest.operation(OperationKind::kWithdraw, 1, true).weight() == 2);
    CHECK(widest.operation(OperationKind::kPayout, 1, false).weight() == 2);
    CHECK(widest.operation(OperationKind::kPayout, 94, false).weight() == 95);
    CHECK(widest.operation(OperationKind::kPayout, 10, true).weight() == 21);
    CHECK(widest.operation(OperationKind::kFund, 1, false).weight() == 3);
    CHECK(widest.operation(OperationKind::kRedeem, 2, false).weight() == 4);
    CHECK(widest.operation(OperationKind::kRedeem, 2, true).weight() == 5);
    Chunk chunk;
    CHECK(chunk.weight() == 0);
    chunk.l1_operations = 2;
    chunk.fee_leaves = {7, 8, 9};
    chunk.operations = {widest.operation(OperationKind::kTransfer, 1, true), widest.operation(OperationKind::kWithdraw, 1, true)};
    CHECK(chunk.weight() == 6 + 3 + 3 + 2);
}

TEST_CASE("bytes a payment on real payments are as docs/protocol.md says") {
    if (!test::corpus_file("scroll-blocks.transfers.csv.zst")) return;
    auto figures = bench::measure_folder(std::getenv("GAVEL_CORPORA"));
    INFO(node::to_string(figures.status()));
    REQUIRE(figures.ok());
    std::vector<const bench::CodecFigures*> parts;
    for (const bench::CodecFigures& each : *figures) {
        INFO(each.name << ": " << each.bytes_per_payment() << " bytes a payment, limit " << each.limit());
        CHECK(each.decoded_alike);
        // Two miss their limit, as the page says and why; they may not get worse.
        if (each.name == "erc20-transfer-events") {
            CHECK(each.bytes_per_payment() < 10.962);
        } else if (each.name == "scroll-blocks") {
            CHECK(each.bytes == 21);
        } else {
            CHECK(each.margin() >= 0);
        }
        parts.push_back(&each);
    }
    CHECK(bench::pooled("all together", parts).bytes_per_payment() <= bench::kPooledLimit);
}

#include <algorithm>
#include <map>

#include "protocol/check.hpp"
#include "tests/export/export.hpp"
#include "tests/generator/bit_string.hpp"
#include "tests/generator/codec_chunks.hpp"
#include "tests/generator/lies.hpp"

namespace gavel::test {
namespace {

Json chunk_case(const std::string& what, const Bytes& ops) {
    auto decoded = decode_ops(ops);
    const Refusal* refusal = std::get_if<Refusal>(&decoded);
    Json out = {{"kind", refusal ? "refused" : "valid"}, {"what", what}, {"ops", hex(ops)}};
    out["refusal"] = name_of(refusal ? *refusal : Refusal::kNone);
    if (!refusal) out["chunk"] = json_of(std::get<Chunk>(decoded));
    return out;
}

// At most so many of a refusal that random changes lead to.
constexpr unsigned kMostOfEach = 25;

void add_changed(Cases& out, Random& random) {
    std::map<std::string, unsigned> seen;
    unsigned valid = 0;
    for (int i = 0; i < 3000; ++i) {
        Bytes ops = mutated_ops(random, encode_ops(random_codec_chunk(random)));
        Json one = chunk_case("changed " + std::to_string(i), ops);
        if (one["kind"] == "valid" ? ++valid > 30 : ++seen[one["refusal"].get<std::string>()] > kMostOfEach) continue;
        out.push_back(one);
    }
}

// Five transfers with memos, of which one is zeros: no random change leads there.
void add_zero_memos(Cases& out) {
    for (unsigned zero = 0; zero < 5; ++zero) {
        RawOps raw;
        raw.operations = 5;
        raw.memos = true;
        for (unsigned i = 0; i < 5; ++i) {
            raw.memo_bits += "1" + u(256, i == zero ? 0 : 7 + i);
            if (i == 0) continue;
            for (std::string* column : {&raw.senders, &raw.recipients, &raw.amounts}) *column += "1" + gamma(0);
        }
        out.push_back(chunk_case("memo " + std::to_string(zero) + " of zeros", raw.bytes()));
        GAVEL_CHECK(out.back()["refusal"] == "ZeroMemo");
    }
}

constexpr unsigned kLeastOfEach = 5;

}  // namespace

Cases chunk_cases() {
    Cases out;
    for (const char* ops : {"0x800000", "0x600000", "0x8208c000b32aa908be44", "0x8408c000b32aa9e822f9c4"})
        out.push_back(chunk_case("an example of the page", *from_hex(ops)));
    Random random(8);
    for (int i = 0; i < 320; ++i)
        out.push_back(chunk_case("random " + std::to_string(i), encode_ops(random_codec_chunk(random))));
    Widest widest;
    for (const Chunk& chunk : widest.largest_chunks()) out.push_back(chunk_case("at the bounds", encode_ops(chunk)));
    for (const CodecCase& each : codec_cases()) {
        out.push_back(chunk_case(each.what, each.build(true)));
        out.push_back(chunk_case(std::string(each.what) + ", without the fault", each.build(false)));
    }
    for (const LieCase& lie : all_lie_cases()) {
        if (lie.rule < Refusal::kTruncated || lie.rule >= Refusal::kSignatureCount) continue;  // not the decoder's
        out.push_back(chunk_case(lie.what, lie.wrong.ops));
        out.push_back(chunk_case(lie.what + ", without the fault", lie.control.ops));
    }
    add_changed(out, random);
    add_zero_memos(out);
    for (Refusal refusal : all_refusals().subspan(1, 16)) {
        auto of_it = [&](const Json& one) { return one["refusal"] == name_of(refusal); };
        GAVEL_CHECK(std::count_if(out.begin(), out.end(), of_it) >= kLeastOfEach);
    }
    return out;
}

}  // namespace gavel::test

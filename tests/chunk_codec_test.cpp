// The chunk codec against its specification (docs/protocol.md, "Chunk codec"): example bytes, each refusal by name, bounds; and
// on random input against the naive model's decoder, which shares nothing with it.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cstdlib>
#include <functional>
#include <random>
#include <set>

#include "bench/codec_figures.hpp"
#include "protocol/chunk.hpp"
#include "tests/model/model.hpp"
#include "tests/vectors.hpp"

using namespace gavel;

namespace {

// Cases of each property; RC_PARAMS="seed=N", which a failure prints, repeats one.
[[maybe_unused]] const int kRapidcheckSet = ::setenv("RC_PARAMS", "max_success=1500", 0);

// ---- A bit stream by hand -----------------------------------------------------------------------------------------------

class Bits {
public:
    Bits& u(u128 value, unsigned width) {
        while (width-- > 0) bits_.push_back(width < 128 ? value >> width & 1 : 0);
        return *this;
    }
    Bits& gamma(unsigned value, unsigned k = 0) {
        unsigned q = (value >> k) + 1, length = 0;
        while (q >> length != 0) ++length;
        return u(0, length - 1).u(q, length).u(value & ((1u << k) - 1), k);
    }
    Bytes bytes() const {
        Bytes out((bits_.size() + 7) / 8);
        for (size_t i = 0; i < bits_.size(); ++i) out[i / 8] |= bits_[i] << (7 - i % 8);
        return out;
    }

    // Parts of ops, by their numbers in the specification.
    Bits& header(unsigned l1, unsigned n, unsigned f, unsigned w, const std::string& flags = "") {
        gamma(l1).u(n, 6).u(f, 6).u(w - 1, 5);
        for (char flag : {'m', 'a', 'o'}) u(flags.find(flag) != std::string::npos, 1);  // mixed, byAddress, memos
        return *this;
    }
    Bits& fee_table(unsigned count, unsigned wm, unsigned we) { return u(count - 1, 6).u(wm, 8).u(we, 3); }
    Bits& no_fee() { return fee_table(1, 0, 0); }
    Bits& ref(unsigned position) { return u(1, 1).gamma(position); }
    Bits& exponent(unsigned position) { return gamma(position); }
    Bits& change(int magnitude) { return gamma(static_cast<unsigned>(magnitude >= 0 ? 2 * magnitude : -2 * magnitude - 1), 2); }
    Bits& first_one() { return exponent(0).change(-63); }  // amount 1, the first of its class
    // Accounts of one transfer to oneself, index 1.
    Bits& to_self() { return u(1, 1).ref(0); }

private:
    std::vector<bool> bits_;
};

struct Case {
    Refusal refusal;
    const char* what;
    std::function<Bytes(bool lie)> build;  // without the lie: the same with that one rule respected
};

// One transfer of 1 without a fee from account 1 to itself, all told.
Bits plain() { return Bits().header(0, 1, 0, 1).no_fee().to_self().first_one(); }
// Two of them, with fees of 2 and `second_fee`; `switches`: the second is of another class.
Bits two_fees(unsigned second_fee, bool switches) {
    return Bits().header(0, 2, 0, 1).fee_table(2, 2, 0).u(2, 2).u(second_fee, 2).u(switches, 1).u(1, 1).u(1, 1).ref(0).ref(0)
        .first_one().first_one();
}
Bits one_fee(unsigned wm, unsigned we, u128 m, unsigned e) {
    return Bits().header(0, 1, 0, 1).fee_table(1, wm, we).u(e, we).u(m, wm).to_self().first_one();
}
Bits before_amounts(unsigned n = 1) {
    Bits bits = Bits().header(0, n, 0, 1).no_fee().u(1, 1);
    for (unsigned i = 1; i < 2 * n; ++i) bits.ref(0);
    return bits;
}
Bits payout(unsigned lines) {
    Bits bits = Bits().header(0, 1, 0, 1, "m").u(3, 2).gamma(lines - 1).no_fee().u(1, 1);
    for (unsigned i = 0; i < lines; ++i) bits.ref(0);
    bits.first_one();
    for (unsigned i = 1; i < lines; ++i) bits.ref(0);
    return bits;
}

const u128 kAllOnes = ~u128{0};

const std::vector<Case> kCases = {
    {Refusal::kTruncated, "one byte too few",
     [](bool lie) {
         Bytes bytes = plain().bytes();
         if (lie) bytes.pop_back();
         return bytes;
     }},
    {Refusal::kTruncated, "nothing at all", [](bool lie) { return lie ? Bytes{} : Bits().header(0, 0, 0, 1).bytes(); }},
    {Refusal::kCodeTooLong, "seven zeros",
     [](bool lie) {
         Bits bits = before_amounts(2).exponent(0).change(64).u(kAllOnes, 127).u(0, 1).exponent(0);
         if (lie) bits.u(0, 1);
         return bits.change(-127).bytes();
     }},
    {Refusal::kOverWeight, "L1 operations, before anything else is read",
     [](bool lie) { return lie ? Bits().gamma(33).bytes() : Bits().header(32, 0, 0, 1).bytes(); }},
    {Refusal::kOverWeight, "fee leaves", [](bool lie) { return Bits().header(lie ? 12 : 11, 0, 63, 1).u(0, 63).bytes(); }},
    {Refusal::kOverWeight, "lines", [](bool lie) { return payout(lie ? 96 : 95).bytes(); }},
    {Refusal::kOverWeight, "an address",
     [](bool lie) {
         return Bits().header(31, 1, lie, 1, "a").no_fee().u(1, 1).u(1, 1).u(7, 160).first_one().u(lie, lie).bytes();
     }},
    {Refusal::kIdleFlag, "mixed",
     [](bool lie) {
         Bits bits = Bits().header(0, 1, 0, 1, "m");
         lie ? bits.u(0, 1) : bits.u(3, 2).gamma(0);
         return bits.no_fee().to_self().first_one().bytes();
     }},
    {Refusal::kIdleFlag, "byAddress",
     [](bool lie) {
         Bits bits = Bits().header(0, 1, 0, 1, "a").no_fee().u(1, 1);
         lie ? bits.u(0, 1).ref(0) : bits.u(1, 1).u(7, 160);
         return bits.first_one().bytes();
     }},
    {Refusal::kIdleFlag, "byAddress, with a withdrawal's address",
     [](bool lie) {
         Bits bits = Bits().header(0, 2, 0, 1, "ma").u(2, 2).u(0, 1).no_fee().u(1, 1).ref(0).u(7, 160);
         lie ? bits.u(0, 1).ref(0) : bits.u(1, 1).u(7, 160);
         return bits.first_one().ref(0).bytes();
     }},
    {Refusal::kIdleFlag, "memos",
     [](bool lie) {
         Bits bits = Bits().header(0, 1, 0, 1, "o").no_fee().to_self().first_one();
         lie ? bits.u(0, 1) : bits.u(1, 1).u(0, 128).u(5, 128);
         return bits.bytes();
     }},
    {Refusal::kBadFeeWidth, "129 bits of mantissa",
     [](bool lie) {
         Bits bits = Bits().header(0, 1, 0, 1).fee_table(1, lie ? 129 : 128, 0).u(0, lie);
         return bits.u(kAllOnes, 128).to_self().first_one().bytes();
     }},
    {Refusal::kBadFeeWidth, "7 bits of exponent", [](bool lie) { return one_fee(1, lie ? 7 : 6, 1, 38).bytes(); }},
    {Refusal::kLooseNumber, "fee of 20 x 10^0", [](bool lie) { return one_fee(5, 0, lie ? 20 : 21, 0).bytes(); }},
    {Refusal::kLooseNumber, "fee of 0 x 10^1", [](bool lie) { return one_fee(0, lie, 0, lie).bytes(); }},
    {Refusal::kLooseNumber, "amount of 10 x 10^0",
     [](bool lie) { return before_amounts().exponent(0).change(-60).u(lie ? 2 : 3, 3).bytes(); }},
    {Refusal::kLooseNumber, "amount of 0 x 10^1",
     [](bool lie) { return before_amounts().exponent(1).change(lie ? -61 : -60).bytes(); }},
    {Refusal::kNumberTooLarge, "fee of 10^39", [](bool lie) { return one_fee(1, 6, 1, lie ? 39 : 38).bytes(); }},
    {Refusal::kNumberTooLarge, "fee of 4 x 10^38", [](bool lie) { return one_fee(lie ? 3 : 2, 6, lie ? 4 : 3, 38).bytes(); }},
    {Refusal::kNumberTooLarge, "amount of 4 x 10^38",
     [](bool lie) { return before_amounts().exponent(38).change(lie ? 65 : 64).u(lie ? 0 : 1, lie ? 2 : 1).bytes(); }},
    {Refusal::kRepeatedFee, "two fees of 2", [](bool lie) { return two_fees(lie ? 2 : 3, true).bytes(); }},
    {Refusal::kLooseWidth, "of mantissas", [](bool lie) { return one_fee(lie ? 2 : 1, 0, 1, 0).bytes(); }},
    {Refusal::kLooseWidth, "of exponents", [](bool lie) { return one_fee(1, lie, 1, 0).bytes(); }},
    {Refusal::kLooseWidth, "of accounts",
     [](bool lie) { return Bits().header(0, 1, 0, 1 + lie).no_fee().u(1, 1 + lie).ref(0).first_one().bytes(); }},
    {Refusal::kLooseWidth, "of fee leaves", [](bool lie) { return Bits().header(0, 0, 1, 5).u(lie ? 15 : 16, 5).bytes(); }},
    {Refusal::kBadReference, "to an account",
     [](bool lie) { return Bits().header(0, 1, 0, 1).no_fee().u(1, 1).ref(lie).first_one().bytes(); }},
    {Refusal::kBadReference, "to an amount", [](bool lie) { return before_amounts(2).first_one().ref(lie).bytes(); }},
    {Refusal::kBadReference, "to an exponent",
     [](bool lie) { return before_amounts().exponent(lie ? 39 : 38).change(63).bytes(); }},
    {Refusal::kBadReference, "to a class",
     [](bool lie) {
         Bits bits = Bits().header(0, 3, 0, 1).fee_table(2, 2, 0).u(2, 2).u(3, 2).u(1, 1).u(1, 1).gamma(lie);
         bits.u(1, 1).u(1, 1).ref(0).ref(0).ref(0).ref(0);
         return bits.first_one().first_one().ref(0).bytes();
     }},
    {Refusal::kUnusedFee, "second of two", [](bool lie) { return two_fees(3, !lie).bytes(); }},
    {Refusal::kRepeatedLiteral, "account",
     [](bool lie) { return Bits().header(0, 1, 0, 1).no_fee().u(1, 1).u(0, 1).u(lie, 1).first_one().bytes(); }},
    {Refusal::kRepeatedLiteral, "amount",
     [](bool lie) { return before_amounts(2).first_one().u(0, 1).exponent(0).change(!lie).u(!lie, !lie).bytes(); }},
    {Refusal::kBadMagnitude, "length of -1",
     [](bool lie) { return before_amounts().exponent(0).change(lie ? -65 : -64).bytes(); }},
    {Refusal::kBadMagnitude, "length of 129",
     [](bool lie) { return before_amounts().exponent(0).change(lie ? 65 : 64).u(0, lie).u(kAllOnes, 127).bytes(); }},
    {Refusal::kZeroMemo, "a memo of zeros",
     [](bool lie) {
         return Bits().header(0, 1, 0, 1, "o").no_fee().to_self().first_one().u(1, 1).u(0, 128).u(!lie, 128).bytes();
     }},
    {Refusal::kTrailingByte, "a byte of zeros",
     [](bool lie) {
         Bytes bytes = plain().bytes();
         if (lie) bytes.push_back(0);
         return bytes;
     }},
    {Refusal::kNonzeroPadding, "the last bit",
     [](bool lie) {
         Bytes bytes = Bits().header(0, 0, 0, 1).bytes();
         if (lie) bytes.back() |= 1;
         return bytes;
     }},
};

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
        for (const PostedPayment& payment : op.payments) {
            out += " " + (payment.to.address ? to_hex(*payment.to.address) : std::to_string(payment.to.index));
            out += " " + to_string(payment.amount);
        }
    }
    for (uint32_t leaf : chunk.fee_leaves) out += ", " + std::to_string(leaf);
    return out;
}
std::string describe(const model::Chunk& chunk) {
    std::string out = std::to_string(chunk.weight) + " " + std::to_string(chunk.l1);
    for (const model::Operation& op : chunk.operations) {
        out += "; " + std::to_string(int(op.kind)) + " " + std::to_string(op.sender) + " " + text_of(op.fee) + " " +
               to_hex(view_of(op.memo));
        for (const model::Line& line : op.lines) {
            out += " " + (line.by_address ? to_hex(view_of(line.address)) : std::to_string(line.index));
            out += " " + text_of(line.amount);
        }
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

// ---- Random chunks ------------------------------------------------------------------------------------------------------

template <class T>
T below(T bound) {
    return *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(0, bound)));
}
uint64_t random_word() { return *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<uint64_t>())); }

Amount random_amount() {
    u128 wide = u128{random_word()} << 64 | random_word();
    u128 power = 1;
    for (int i = below(36); i > 0; --i) power *= 10;
    switch (below(6)) {
        case 0: return Amount{u128(below(2))};
        case 1: return Amount{wide};
        case 2: return Amount{wide >> below(128)};
        case 3: return Amount{(random_word() >> 44) * (power / 1000000 + 1)};
        case 4: return Amount{u128{random_word() % 12} * power};
        default: return Amount::max();
    }
}
template <class Fixed>
Fixed random_bytes() {
    Fixed out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random_word());
    return out;
}
template <class T>
const T& one_of(const std::vector<T>& pool) {
    return pool[below(pool.size())];
}
bool chance(int percent) { return below(100) < percent; }

template <class Make>
auto pool_of(std::vector<size_t> sizes, Make make) {
    std::vector<decltype(make())> pool;
    for (size_t i = one_of(sizes); i > 0; --i) pool.push_back(make());
    return pool;
}

// Of weight up to the limit, with much or little in common between its parts.
Chunk random_chunk() {
    unsigned dropped_bits = one_of<unsigned>({0, 12, 24, 29, 31});
    auto accounts = pool_of({1, 5, 60}, [&] { return static_cast<uint32_t>(random_word()) >> dropped_bits; });
    auto fees = pool_of({1, 2, 6, 40}, random_amount);
    auto amounts = pool_of({1, 10, 100}, random_amount);
    int percent_address = one_of<int>({0, 0, 20, 100}), percent_memo = one_of<int>({0, 0, 30, 100});
    using Kind = OperationKind;
    auto kinds = one_of<std::vector<Kind>>(
        {{Kind::kTransfer}, {Kind::kWithdraw}, {Kind::kPayout}, {Kind::kTransfer, Kind::kWithdraw, Kind::kPayout}});
    Chunk chunk;
    chunk.l1_operations = one_of<unsigned>({0, 0, 0, 1, 5, 32});
    for (int i = one_of<int>({0, 1, 5, 48}); i > 0; --i) {
        PostedOperation op;
        op.kind = one_of(kinds);
        bool withdrawal = op.kind == OperationKind::kWithdraw;
        op.sender = one_of(accounts);
        op.fee = one_of(fees);
        if (!withdrawal && chance(percent_memo)) op.memo = random_bytes<Hash>();
        for (int lines = op.kind == OperationKind::kPayout ? one_of<int>({1, 1, 2, 5, 20, 94}) : 1; lines > 0; --lines) {
            PostedPayment payment{{}, one_of(amounts)};
            if (withdrawal || chance(percent_address)) {
                payment.to.address = random_bytes<Address>();
            } else {
                payment.to.index = one_of(accounts);
            }
            op.payments.push_back(payment);
        }
        chunk.operations.push_back(op);
        if (chunk.weight() > kMaxChunkWeight) chunk.operations.pop_back();
    }
    for (int i = one_of<int>({0, 1, 3}); i > 0 && chunk.weight() < kMaxChunkWeight; --i) {
        chunk.fee_leaves.push_back(one_of(accounts));
    }
    return chunk;
}

Bytes mutated(Bytes ops) {
    switch (below(5)) {
        case 0: {  // one bit, most often near the front, where the widths and counts are
            size_t bit = below(8 * std::min(ops.size(), one_of<size_t>({4, 12, 4096})));
            ops[bit / 8] ^= 0x80 >> bit % 8;
            break;
        }
        case 1: ops.resize(below(ops.size())); break;
        case 2: ops.push_back(static_cast<uint8_t>(below(2))); break;
        case 3: ops.back() ^= static_cast<uint8_t>(1 + below(255)); break;
        default:
            ops.resize(1 + below<size_t>(60));
            for (uint8_t& byte : ops) byte = static_cast<uint8_t>(random_word());
    }
    return ops;
}

// ---- The largest chunks -------------------------------------------------------------------------------------------------

// Nothing in common, every number of full width.
struct Widest {
    std::mt19937_64 random{7};
    uint32_t index() { return static_cast<uint32_t>(random()) | 1u << 31; }
    Amount amount() {
        u128 value = (u128{random()} << 64 | random()) | u128{1} << 127 | 1;
        return Amount{value % 10 == 5 ? value - 2 : value};
    }
    template <class Fixed>
    Fixed bytes() {
        Fixed out;
        for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random() | 1);
        return out;
    }
    PostedOperation operation(OperationKind kind, size_t lines, bool address) {
        PostedOperation op{kind, index(), {}, amount(), {}};
        if (kind != OperationKind::kWithdraw) op.memo = bytes<Hash>();
        for (size_t i = 0; i < lines; ++i) {
            PostedPayment payment{{}, amount()};
            if (address) payment.to.address = bytes<Address>();
            else payment.to.index = index();
            op.payments.push_back(payment);
        }
        return op;
    }
    // As many as there is room for, the rest filled with fee leaves.
    Chunk chunk(OperationKind kind, size_t lines, bool address) {
        Chunk chunk;
        unsigned each = operation(kind, lines, address).weight();
        while (chunk.weight() + each <= kMaxChunkWeight) chunk.operations.push_back(operation(kind, lines, address));
        while (chunk.weight() < kMaxChunkWeight) chunk.fee_leaves.push_back(index());
        return chunk;
    }
};

}  // namespace

TEST_CASE("ops of the specification's examples") {
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
    for (const Case& each : kCases) {
        INFO(name_of(each.refusal) << ": " << each.what);
        CHECK(name_of(refusal_of(each.build(true))) == std::string(name_of(each.refusal)));
        CHECK(refusal_of(each.build(false)) == Refusal::kNone);
        CHECK(disagreement(each.build(true)) == "");
        CHECK(disagreement(each.build(false)) == "");
        reached.insert(each.refusal);
    }
    auto all = all_refusals();
    CHECK(reached == std::set<Refusal>(all.begin(), all.begin() + 16));
}

TEST_CASE("refusals have the specification's names and order") {
    CHECK(all_refusals().size() == 37);
    CHECK(std::string(name_of(Refusal::kNone)) == "None");
    CHECK(std::string(name_of(all_refusals().front())) == "Truncated");
    CHECK(std::string(name_of(Refusal::kNonzeroPadding)) == "NonzeroPadding");
    CHECK(std::string(name_of(Refusal::kSignatureCount)) == "SignatureCount");
    CHECK(std::string(name_of(all_refusals().back())) == "FeeLeafToken");
    std::set<std::string> names;
    for (Refusal refusal : all_refusals()) names.insert(name_of(refusal));
    CHECK(names.size() == 37);
}

TEST_CASE("a chunk decodes to itself, here and by the naive decoder") {
    CHECK(rc::check("round trip", [] {
        Chunk chunk = random_chunk();
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
        Bytes ops = encode_ops(random_chunk());
        for (int i = 0; i < 8; ++i) RC_ASSERT(disagreement(mutated(ops)) == "");
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
    for (bool address : {false, true}) {
        check(widest.chunk(OperationKind::kTransfer, 1, address));
        for (size_t lines : {1, 2, 5, 20, 46, 47}) check(widest.chunk(OperationKind::kPayout, lines, address));
    }
    for (size_t lines : {94, 95}) check(widest.chunk(OperationKind::kPayout, lines, false));
    check(widest.chunk(OperationKind::kWithdraw, 1, true));
    check(Chunk{kMaxChunkWeight / kL1OperationWeight, {}, {}});
    CHECK(largest > 3500);  // else this builds something easier than it says
}

TEST_CASE("chunks too heavy or too many for the decoder can be encoded, and are refused") {
    Widest widest;
    Chunk chunk;
    for (int i = 0; i < 49; ++i) chunk.operations.push_back(widest.operation(OperationKind::kTransfer, 1, false));
    CHECK(refusal_of(encode_ops(chunk)) == Refusal::kOverWeight);
    chunk.operations.assign(63, widest.operation(OperationKind::kPayout, 127, true));
    CHECK(refusal_of(encode_ops(chunk)) == Refusal::kOverWeight);
    CHECK(refusal_of(encode_ops({0, {}, std::vector<uint32_t>(63, 1)})) == Refusal::kNone);
    CHECK(refusal_of(encode_ops({33, {}, {}})) == Refusal::kOverWeight);
    CHECK(refusal_of(encode_ops({127, {}, {}})) == Refusal::kCodeTooLong);
}

TEST_CASE("weights") {
    Widest widest;
    CHECK(widest.operation(OperationKind::kTransfer, 1, false).weight() == 2);
    CHECK(widest.operation(OperationKind::kTransfer, 1, true).weight() == 3);
    CHECK(widest.operation(OperationKind::kWithdraw, 1, true).weight() == 2);
    CHECK(widest.operation(OperationKind::kPayout, 1, false).weight() == 2);
    CHECK(widest.operation(OperationKind::kPayout, 94, false).weight() == 95);
    CHECK(widest.operation(OperationKind::kPayout, 10, true).weight() == 21);
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

#include "tests/generator/codec_chunks.hpp"

#include "protocol/kinds/kinds.hpp"

namespace gavel::test {
namespace {

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

// One transfer of 1 without a fee from account 1 to itself, all told.
Bits plain() { return Bits().header(0, 1, 0, 1).no_fee().to_self().first_one(); }
// Two of them, with fees of 2 and `second_fee`; `switches`: the second is of another class.
Bits two_fees(unsigned second_fee, bool switches) {
    return Bits()
        .header(0, 2, 0, 1)
        .fee_table(2, 2, 0)
        .u(2, 2)
        .u(second_fee, 2)
        .u(switches, 1)
        .u(1, 1)
        .u(1, 1)
        .ref(0)
        .ref(0)
        .first_one()
        .first_one();
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

const std::vector<CodecCase> kCases = {
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

// ---- Random chunks ------------------------------------------------------------------------------------------------------

Amount random_amount(Random& random) {
    u128 wide = u128{random.next()} << 64;
    wide |= random.next();
    u128 power = 1;
    for (uint64_t i = random.below(36); i > 0; --i) power *= 10;
    switch (random.below(6)) {
        case 0: return Amount{u128(random.below(2))};
        case 1: return Amount{wide};
        case 2: return Amount{wide >> random.below(128)};
        case 3: return Amount{(random.next() >> 44) * (power / 1000000 + 1)};
        case 4: return Amount{u128{random.next() % 12} * power};
        default: return Amount::max();
    }
}
template <class Fixed>
Fixed random_bytes(Random& random) {
    Fixed out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random.next());
    return out;
}
template <class Make>
auto pool_of(Random& random, const std::vector<size_t>& sizes, Make make) {
    std::vector<decltype(make())> pool;
    for (size_t i = random.pick(sizes); i > 0; --i) pool.push_back(make());
    return pool;
}

PostedChannel random_channel(Random& random, const std::vector<Amount>& amounts, OperationKind kind) {
    PostedChannel out;
    out.unit = random.pick(amounts);
    out.expiry = random.next();
    out.salt = random.next();
    if (kind == OperationKind::kFund) {
        out.payee = random_bytes<Address>(random);
        return out;
    }
    out.close = random.chance(50);
    out.take = !out.close || random.chance(50);
    if (out.take) out.count = random.pick(amounts);
    return out;
}

}  // namespace

const std::vector<CodecCase>& codec_cases() { return kCases; }

Chunk random_codec_chunk(Random& random) {
    unsigned dropped_bits = random.pick<unsigned>({0, 12, 24, 29, 31});
    auto accounts = pool_of(random, {1, 5, 60}, [&] { return static_cast<uint32_t>(random.next()) >> dropped_bits; });
    auto fees = pool_of(random, {1, 2, 6, 40}, [&] { return random_amount(random); });
    auto amounts = pool_of(random, {1, 10, 100}, [&] { return random_amount(random); });
    int percent_address = random.pick<int>({0, 0, 20, 100}), percent_memo = random.pick<int>({0, 0, 30, 100});
    using Kind = OperationKind;
    auto kinds = random.pick<std::vector<Kind>>({{Kind::kTransfer},
                                                 {Kind::kWithdraw},
                                                 {Kind::kPayout},
                                                 {Kind::kFund},
                                                 {Kind::kRedeem},
                                                 {Kind::kTransfer, Kind::kWithdraw, Kind::kPayout},
                                                 {Kind::kTransfer, Kind::kWithdraw, Kind::kPayout, Kind::kFund, Kind::kRedeem}});
    Chunk chunk;
    chunk.l1_operations = random.pick<unsigned>({0, 0, 0, 1, 5, 32});
    for (int i = random.pick<int>({0, 1, 5, 48}); i > 0; --i) {
        PostedOperation op;
        op.kind = random.pick(kinds);
        const OperationTraits& traits = traits_of(op.kind);
        bool withdrawal = op.kind == OperationKind::kWithdraw;
        op.sender = random.pick(accounts);
        op.fee = random.pick(fees);
        if (traits.has_memo && random.chance(percent_memo)) op.memo = random_bytes<Hash>(random);
        if (is_of_channel(op)) op.channel = random_channel(random, amounts, op.kind);
        size_t lines = traits.has_list ? random.pick<size_t>({1, 1, 2, 5, 20, 94}) : traits.most_payments;
        for (size_t line = 0; line < lines; ++line) {
            PostedPayment payment;
            if (traits.payees != Payees::kParties) payment.amount = random.pick(amounts);
            if (traits.payees == Payees::kChannel) {
                // to what the terms name
            } else if (traits.payees == Payees::kParties && line == 1) {
                payment.to.index = random.pick(accounts);
            } else if (withdrawal || random.chance(percent_address)) {
                payment.to.address = random_bytes<Address>(random);
            } else {
                payment.to.index = random.pick(accounts);
            }
            op.payments.push_back(payment);
        }
        chunk.operations.push_back(op);
        if (chunk.weight() > kMaxChunkWeight) chunk.operations.pop_back();
    }
    for (int i = random.pick<int>({0, 1, 3}); i > 0 && chunk.weight() < kMaxChunkWeight; --i) {
        chunk.fee_leaves.push_back(random.pick(accounts));
    }
    return chunk;
}

Bytes mutated_ops(Random& random, Bytes ops) {
    switch (random.below(5)) {
        case 0: {  // one bit, most often near the front, where the widths and counts are
            size_t bit = random.below(8 * std::min(ops.size(), random.pick<size_t>({4, 12, 4096})));
            ops[bit / 8] ^= 0x80 >> bit % 8;
            break;
        }
        case 1: ops.resize(random.below(ops.size())); break;
        case 2: ops.push_back(static_cast<uint8_t>(random.below(2))); break;
        case 3: ops.back() ^= static_cast<uint8_t>(1 + random.below(255)); break;
        default:
            ops.resize(1 + random.below(60));
            for (uint8_t& byte : ops) byte = static_cast<uint8_t>(random.next());
    }
    return ops;
}

// ---- The largest chunks -------------------------------------------------------------------------------------------------

Amount Widest::amount() {
    u128 value = u128{random_.next() | uint64_t{1} << 63} << 64;
    value |= random_.next() | 1;
    return Amount{value % 10 == 5 ? value - 2 : value};
}

template <class Fixed>
Fixed Widest::bytes() {
    Fixed out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random_.next() | 1);
    return out;
}

// A redeem takes, and so has a count.
PostedChannel Widest::channel(OperationKind kind) {
    const bool is_redeem = kind == OperationKind::kRedeem;
    PostedChannel out{{}, amount(), random_.next(), random_.next(), {}, is_redeem, false};
    if (is_redeem) out.count = amount();
    else out.payee = bytes<Address>();
    return out;
}

PostedOperation Widest::operation(OperationKind kind, size_t lines, bool address) {
    PostedOperation op{kind, index(), {}, amount(), {}};
    const OperationTraits& traits = traits_of(kind);
    if (traits.has_memo) op.memo = bytes<Hash>();
    if (is_of_channel(op)) op.channel = channel(kind);
    for (size_t i = 0; i < lines; ++i) {
        PostedPayment payment;
        if (traits.payees != Payees::kParties) payment.amount = amount();
        if (traits.payees == Payees::kChannel) {
            // to what the terms name
        } else if (address && !(traits.payees == Payees::kParties && i == 1)) payment.to.address = bytes<Address>();
        else payment.to.index = index();
        op.payments.push_back(payment);
    }
    return op;
}

Chunk Widest::chunk(OperationKind kind, size_t lines, bool address) {
    Chunk chunk;
    unsigned each = operation(kind, lines, address).weight();
    while (chunk.weight() + each <= kMaxChunkWeight) chunk.operations.push_back(operation(kind, lines, address));
    while (chunk.weight() < kMaxChunkWeight) chunk.fee_leaves.push_back(index());
    return chunk;
}

std::vector<Chunk> Widest::largest_chunks() {
    std::vector<Chunk> out;
    for (bool address : {false, true}) {
        out.push_back(chunk(OperationKind::kTransfer, 1, address));
        for (size_t lines : {1, 2, 5, 20, 46, 47}) out.push_back(chunk(OperationKind::kPayout, lines, address));
        out.push_back(chunk(OperationKind::kRedeem, 2, address));
    }
    for (size_t lines : {94, 95}) out.push_back(chunk(OperationKind::kPayout, lines, false));
    out.push_back(chunk(OperationKind::kWithdraw, 1, true));
    out.push_back(chunk(OperationKind::kFund, 1, false));
    out.push_back(Chunk{kMaxChunkWeight / kL1OperationWeight, {}, {}});
    return out;
}

}  // namespace gavel::test

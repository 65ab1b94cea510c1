// Chunks whose bytes break a rule of the encoding.
#include "protocol/check.hpp"
#include "tests/generator/bit_string.hpp"
#include "tests/generator/lie_maker.hpp"

namespace gavel::test::lies {

void Lies::codec_flags_and_weights() {
    add_raw(
        Refusal::kCodeTooLong, "seven zeros before a payout's number of lines",
        [](RawOps& raw) { raw.kinds = "11" + std::string(7, '0') + "1"; },
        [](RawOps& raw) {
            raw.mixed = true;
            raw.kinds = "11" + gamma(0);
        });

    std::vector<PostedOperation> many(47, transfer(kAnn, to_index(kBen, 1), 1));
    Chunk most = chunk_of(many, {kOperator}), too_many = most;
    too_many.operations.push_back(many.front());
    add(Refusal::kOverWeight, "48 transfers and a fee leaf", small_world(), too_many, most);
    std::vector<L1Operation> queue(33, deposit(stranger(1), 1));
    add(Refusal::kOverWeight, "33 L1 operations", small_world(), chunk_of({}, {}, 33), chunk_of({}, {}, 32), queue);
    std::vector<PostedPayment> lines;
    for (size_t i = 0; i < 47; ++i) lines.push_back(to_address(stranger(i), 1));
    Chunk wide = chunk_of({payout(kAnn, lines, 1)}, {kOperator}), too_wide = wide;
    too_wide.operations[0].payments.push_back(to_index(kBen, 1));
    add(Refusal::kOverWeight, "addresses weigh two a line", small_world(), too_wide, wide);

    add_raw(Refusal::kIdleFlag, "mixed, all being transfers", [](RawOps& raw) {
        raw.mixed = true;
        raw.kinds = "0";
    });
    add_raw(Refusal::kIdleFlag, "byAddress without an address", [](RawOps& raw) {
        raw.by_address = true;
        raw.recipients = "0" + raw.recipients;
    });
    add_raw(Refusal::kIdleFlag, "memos without a memo", [](RawOps& raw) {
        raw.memos = true;
        raw.memo_bits = "0";
    });
    add_bytes(Refusal::kIdleFlag, "mixed, without operations", *from_hex("800010"), *from_hex("800000"));
    add_raw(
        Refusal::kZeroMemo, "a memo of zeros", [](RawOps& raw) { raw.memo_bits = "1" + u(256, 0); },
        [](RawOps& raw) {
            raw.memos = true;
            raw.memo_bits = "1" + u(256, 1);
        });
}

void Lies::codec_fees() {
    add_raw(Refusal::kBadFeeWidth, "mantissas of 129 bits", [](RawOps& raw) { raw.mantissa_width = 129; });
    add_raw(Refusal::kBadFeeWidth, "exponents of 7 bits", [](RawOps& raw) { raw.exponent_width = 7; });
    add_raw(Refusal::kLooseNumber, "a fee divisible by ten", [](RawOps& raw) {
        raw.mantissa_width = 8;
        raw.fees = {{11, 210}};
    });
    add_raw(Refusal::kLooseNumber, "a fee of zero with an exponent", [](RawOps& raw) {
        raw.mantissa_width = 0;
        raw.fees = {{12, 0}};
    });
    add_raw(Refusal::kNumberTooLarge, "a fee of 10^39", [](RawOps& raw) {
        raw.mantissa_width = 1;
        raw.exponent_width = 6;
        raw.fees = {{39, 1}};
    });
    add_raw(Refusal::kNumberTooLarge, "a fee of 4 x 10^38", [](RawOps& raw) {
        raw.mantissa_width = 3;
        raw.exponent_width = 6;
        raw.fees = {{38, 4}};
    });
    auto two_fees = [](RawOps& raw) {
        raw.operations = 2;
        raw.fees = {{12, 21}, {12, 22}};
        raw.classes = "1";
        raw.senders += u(3, 1);
        raw.recipients += raw.recipients;
        raw.amounts += raw.amounts;
    };
    add_raw(
        Refusal::kRepeatedFee, "the second as the first", [](RawOps& raw) { raw.fees[1] = raw.fees[0]; }, two_fees);
    add_raw(
        Refusal::kUnusedFee, "both operations have the first fee", [](RawOps& raw) { raw.classes = "0"; }, two_fees);
    add_raw(Refusal::kLooseWidth, "mantissas a bit wider than needed", [](RawOps& raw) { raw.mantissa_width = 6; });
    add_raw(Refusal::kLooseWidth, "exponents a bit wider than needed", [](RawOps& raw) { raw.exponent_width = 5; });
    add_raw(
        Refusal::kBadReference, "a class that hasn't been seen",
        [](RawOps& raw) {
            raw.classes = "1"
                          "1" +
                          gamma(1);
        },
        [&](RawOps& raw) {
            two_fees(raw);
            raw.operations = 3;
            raw.classes = "1"
                          "1" +
                          gamma(0);
            raw.senders += "1" + gamma(0);
            raw.recipients += "1" + gamma(0);
            raw.amounts += "1" + gamma(0);
        });
}

void Lies::codec_accounts_and_amounts() {
    add_raw(Refusal::kLooseWidth, "accounts a bit wider than needed", [](RawOps& raw) {
        raw.width = 4;
        raw.senders = u(4, 1);
        raw.recipients = "0" + u(4, 2);
    });
    auto to_oneself = [](RawOps& raw) { raw.recipients = "1" + gamma(0); };
    add_raw(
        Refusal::kBadReference, "an account past the list", [](RawOps& raw) { raw.recipients = "1" + gamma(1); }, to_oneself);
    add_raw(
        Refusal::kRepeatedLiteral, "an account of the list", [](RawOps& raw) { raw.recipients = "0" + u(3, 1); }, to_oneself);
    auto twice = [](RawOps& raw) {
        raw.operations = 2;
        raw.senders += "1" + gamma(0);
        raw.recipients += "1" + gamma(0);
        raw.amounts += "1" + gamma(0);
    };
    std::string first = RawOps{}.amounts;
    add_raw(
        Refusal::kBadReference, "an amount past the list", [&](RawOps& raw) { raw.amounts = first + "1" + gamma(1); }, twice);
    add_raw(
        Refusal::kRepeatedLiteral, "an amount of the list",
        [&](RawOps& raw) { raw.amounts = first + "0" + amount_literal(0, 0, 5, 25); }, twice);
    add_raw(Refusal::kBadReference, "an exponent of 39", [](RawOps& raw) { raw.amounts = amount_literal(39, -6, 5, 25); });
    auto zero = [](RawOps& raw) { raw.amounts = amount_literal(0, -64, 0, 0); };
    add_raw(
        Refusal::kBadMagnitude, "a mantissa of -1 bits", [](RawOps& raw) { raw.amounts = amount_literal(0, -65, 0, 0); }, zero);
    add_raw(
        Refusal::kBadMagnitude, "a mantissa of 129 bits", [](RawOps& raw) { raw.amounts = amount_literal(0, 65, 129, 1); }, zero);
    add_raw(Refusal::kLooseNumber, "an amount divisible by ten",
            [](RawOps& raw) { raw.amounts = amount_literal(15, -7, 8, 250); });
    add_raw(
        Refusal::kLooseNumber, "an amount of zero with an exponent",
        [](RawOps& raw) { raw.amounts = amount_literal(1, -61, 0, 0); }, zero);
    add_raw(Refusal::kNumberTooLarge, "an amount of 4 x 10^38", [](RawOps& raw) { raw.amounts = amount_literal(38, 65, 3, 4); });
}

void Lies::codec_ends() {
    Bytes right = RawOps{}.bytes(), wrong(right.begin(), right.end() - 1);
    add_bytes(Refusal::kTruncated, "a byte too few", wrong, right);
    add_bytes(Refusal::kTruncated, "nothing at all", {}, right);
    wrong = right;
    wrong.push_back(0);
    add_bytes(Refusal::kTrailingByte, "a zero byte", wrong, right);
    GAVEL_CHECK(RawOps{}.bits().size() % 8 != 0);
    wrong = right;
    wrong.back() ^= 1;
    add_bytes(Refusal::kNonzeroPadding, "the last bit", wrong, right);
}

}  // namespace gavel::test::lies

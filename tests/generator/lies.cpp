#include "tests/generator/lies.hpp"

#include <algorithm>
#include <functional>
#include <variant>

#include "protocol/check.hpp"
#include "tests/generator/bit_string.hpp"

namespace gavel::test {
namespace {

constexpr u128 kEther = 1000000000000000000;
constexpr u128 kMax = ~u128{0};

// Leaves of the small world that most cases start from.
enum : uint32_t { kAnn = 1, kBen = 2, kCyTokens = 3, kDeeTokens = 4, kOperator = 5, kOperatorTokens = 6, kCount = 7 };

PostedPayment to_index(uint32_t index, u128 amount) { return {{index, std::nullopt}, Amount{amount}}; }
PostedPayment to_address(const Address& address, u128 amount) { return {{0, address}, Amount{amount}}; }

PostedOperation transfer(uint32_t sender, PostedPayment payment, u128 fee = 0) {
    return {OperationKind::kTransfer, sender, {payment}, Amount{fee}, {}};
}
PostedOperation withdrawal(uint32_t sender, const Address& to, u128 amount, u128 fee = 0) {
    return {OperationKind::kWithdraw, sender, {to_address(to, amount)}, Amount{fee}, {}};
}
PostedOperation payout(uint32_t sender, std::vector<PostedPayment> payments, u128 fee = 0) {
    return {OperationKind::kPayout, sender, std::move(payments), Amount{fee}, {}};
}

Chunk chunk_of(std::vector<PostedOperation> operations, std::vector<uint32_t> fee_leaves = {}, unsigned l1 = 0) {
    return {l1, std::move(operations), std::move(fee_leaves)};
}

L1Operation deposit(const Address& to, u128 amount) {
    return {L1OperationKind::kDeposit, to, to, token(0), Amount{amount}, 1700000000};
}

class Lies {
public:
    explicit Lies(const LieSetting& setting) : setting_(setting) {}
    std::vector<LieCase> take() { return std::move(cases_); }

    void codec_flags_and_weights();
    void codec_fees();
    void codec_accounts_and_amounts();
    void codec_ends();
    void counts();
    void senders();
    void recipients();
    void withdrawals();
    void signatures();
    void fee_leaves();

private:
    LieCase& add(Refusal rule, std::string what, StartingState start, const Chunk& wrong, const Chunk& control,
                 std::vector<L1Operation> queue = {}) {
        LieCase out{rule, std::move(what), std::move(start), std::move(queue), 0, {}, {}};
        out.limit = out.queue.size();
        State state = out.start.build();
        auto next_l1 = std::span<const L1Operation>(out.queue).subspan(out.start.counters.l1_ops_consumed);
        out.wrong = {encode_ops(wrong), sign_chunk(state, wrong, next_l1, setting_.domain)};
        out.control = {encode_ops(control), sign_chunk(state, control, next_l1, setting_.domain)};
        cases_.push_back(std::move(out));
        return cases_.back();
    }

    // Malformed bytes: both come with the signatures of the right one.
    void add_bytes(Refusal rule, std::string what, Bytes wrong, Bytes control) {
        StartingState start = small_world();
        auto decoded = decode_ops(control);
        GAVEL_CHECK(std::holds_alternative<Chunk>(decoded));
        State state = start.build();
        Bytes sigs = sign_chunk(state, std::get<Chunk>(decoded), {}, setting_.domain);
        cases_.push_back({rule, std::move(what), std::move(start), {}, 0, {std::move(wrong), sigs}, {std::move(control), sigs}});
    }
    // The usual transfer, edited.
    void add_raw(Refusal rule, std::string what, const std::function<void(RawOps&)>& lie,
                 const std::function<void(RawOps&)>& both = {}) {
        RawOps wrong, control;
        if (both) {
            both(wrong);
            both(control);
        }
        lie(wrong);
        add_bytes(rule, std::move(what), wrong.bytes(), control.bytes());
    }
    // The usual transfer signed by Ann, with another signature.
    void add_signature(Refusal rule, std::string what, const std::function<void(Signature&)>& lie) {
        Chunk chunk = chunk_of({transfer(kAnn, to_index(kBen, kEther))});
        LieCase& out = add(rule, std::move(what), small_world(), chunk, chunk);
        Signature signature = Signature::from(out.wrong.sigs);
        lie(signature);
        out.wrong.sigs = to_bytes(signature);
    }
    // The usual transfer, signed as if it said something else.
    void add_words(std::string what, const std::function<void(Operation&)>& lie) {
        add_words(std::move(what), lie, setting_.domain);
    }
    void add_words(std::string what, const std::function<void(Operation&)>& lie, const Domain& domain) {
        add_signature(Refusal::kSignerNotOwner, std::move(what), [&](Signature& signature) {
            Operation form{OperationKind::kTransfer, token(0), {{person_address(1), Amount{kEther}}}, Amount{}, 0, {}};
            lie(form);
            signature = person(0).sign(form.digest(domain.separator()));
        });
    }

    StartingState small_world() const { return test::small_world(setting_); }

    LieSetting setting_;
    std::vector<LieCase> cases_;
};

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

void Lies::counts() {
    Chunk one = chunk_of({transfer(kAnn, to_index(kBen, 1))}), two = one;
    two.operations.push_back(one.operations.front());
    add(Refusal::kSignatureCount, "a signature too few", small_world(), two, two).wrong.sigs.resize(64);
    add(Refusal::kSignatureCount, "a signature too many", small_world(), one, one).wrong.sigs.resize(128);
    add(Refusal::kSignatureCount, "a byte too few", small_world(), one, one).wrong.sigs.resize(63);

    StartingState late = small_world();
    late.counters.op_count = ~uint64_t{0} - 1;
    add(Refusal::kOpCountOverflow, "two operations, place for one", late, two, one);

    std::vector<L1Operation> queue(2, deposit(person_address(0), 5));
    add(Refusal::kL1LimitExceeded, "two operations, one claimed", small_world(), chunk_of({}, {}, 2), chunk_of({}, {}, 1), queue)
        .limit = 1;
    StartingState later = small_world();
    later.counters.l1_ops_consumed = 2;
    queue.push_back(queue.front());
    add(Refusal::kL1LimitExceeded, "one operation, none claimed", later, chunk_of({}, {}, 1), chunk_of({}), queue).limit = 2;
}

void Lies::senders() {
    auto pays = [](uint32_t sender, u128 amount) { return chunk_of({transfer(sender, to_index(kBen, amount))}); };
    add(Refusal::kSenderIndex, "the sentinel", small_world(), pays(0, 0), pays(kAnn, 0));
    add(Refusal::kSenderIndex, "one past the last leaf", small_world(), pays(kCount, 0), pays(kAnn, 0));
    add(Refusal::kSenderIndex, "the largest number", small_world(), pays(~uint32_t{0}, 0), pays(kAnn, 0));

    StartingState worn = small_world();
    worn.leaves[kAnn - 1].nonce = kMaxNonce - 1;
    Chunk one = pays(kAnn, 1), two = one;
    two.operations.push_back(one.operations.front());
    add(Refusal::kNonceExhausted, "two operations, a nonce for one", worn, two, one);

    add(Refusal::kInsufficientBalance, "a unit too much", small_world(), pays(kAnn, 10 * kEther + 1), pays(kAnn, 10 * kEther));
    add(Refusal::kInsufficientBalance, "the fee isn't covered", small_world(),
        chunk_of({transfer(kAnn, to_index(kBen, 10 * kEther), 1)}, {kOperator}),
        chunk_of({transfer(kAnn, to_index(kBen, 10 * kEther - 1), 1)}, {kOperator}));
    add(Refusal::kInsufficientBalance, "a payout whose total is 2^128", small_world(),
        chunk_of({payout(kAnn, {to_index(kBen, kMax), to_index(kBen, 1)})}),
        chunk_of({payout(kAnn, {to_index(kBen, 2), to_index(kBen, 1)})}));
    add(Refusal::kInsufficientBalance, "spent twice in a chunk", small_world(),
        chunk_of({transfer(kAnn, to_index(kOperator, 6 * kEther)), transfer(kAnn, to_index(kBen, 6 * kEther))}),
        chunk_of({transfer(kAnn, to_index(kOperator, 6 * kEther)), transfer(kAnn, to_index(kBen, 4 * kEther))}));
}

void Lies::recipients() {
    auto pays = [](PostedPayment payment) { return chunk_of({transfer(kAnn, payment)}); };
    add(Refusal::kRecipientIndex, "the sentinel", small_world(), pays(to_index(0, 1)), pays(to_index(kBen, 1)));
    add(Refusal::kRecipientIndex, "one past the last leaf", small_world(), pays(to_index(kCount, 1)),
        pays(to_index(kCount - 2, 1)));
    add(Refusal::kRecipientIndex, "a leaf that only a later line makes", small_world(),
        chunk_of({payout(kAnn, {to_index(kCount, 1), to_address(stranger(1), 2)})}),
        chunk_of({payout(kAnn, {to_address(stranger(1), 2), to_index(kCount, 1)})}));
    add(Refusal::kRecipientToken, "ETH to a token's leaf", small_world(), pays(to_index(kDeeTokens, 1)), pays(to_index(kBen, 1)));
    add(Refusal::kRecipientToken, "a payout's second line", small_world(),
        chunk_of({payout(kCyTokens, {to_index(kDeeTokens, 1), to_index(kAnn, 1)})}),
        chunk_of({payout(kCyTokens, {to_index(kDeeTokens, 1), to_index(kOperatorTokens, 1)})}));
    StartingState rich = small_world();
    rich.leaves[kBen - 1].balance = Amount{kMax - 5};
    add(Refusal::kBalanceOverflow, "a transfer", rich, pays(to_index(kBen, 6)), pays(to_index(kBen, 5)));
    add(Refusal::kRecipientZero, "a transfer", small_world(), pays(to_address({}, 1)), pays(to_address(stranger(1), 1)));

    StartingState full = small_world();
    full.account_count = kMaxAccountCount - 1;
    Chunk one = pays(to_address(stranger(1), 1)), two = one;
    two.operations.push_back(transfer(kAnn, to_address(stranger(2), 1)));
    add(Refusal::kAccountTreeFull, "two new leaves, place for one", full, two, one);

    add(Refusal::kRecipientHasLeaf, "somebody else's", small_world(), pays(to_address(person_address(1), 1)),
        pays(to_index(kBen, 1)));
    add(Refusal::kRecipientHasLeaf, "one's own", small_world(), pays(to_address(person_address(0), 1)), pays(to_index(kAnn, 1)));
    add(Refusal::kRecipientHasLeaf, "made in the same payout", small_world(),
        chunk_of({payout(kAnn, {to_address(stranger(1), 1), to_address(stranger(1), 1)})}),
        chunk_of({payout(kAnn, {to_address(stranger(1), 1), to_address(stranger(2), 1)})}));
}

void Lies::withdrawals() {
    add(Refusal::kRecipientZero, "a withdrawal", small_world(), chunk_of({withdrawal(kAnn, {}, 1)}),
        chunk_of({withdrawal(kAnn, stranger(1), 1)}));
    add(Refusal::kWithdrawalOfZero, "nothing", small_world(), chunk_of({withdrawal(kAnn, stranger(1), 0)}),
        chunk_of({withdrawal(kAnn, stranger(1), 1)}));
    StartingState full = small_world();
    full.withdrawal_count = kMaxWithdrawalCount - 1;
    PostedOperation out = withdrawal(kAnn, stranger(1), 1);
    add(Refusal::kWithdrawalTreeFull, "two withdrawals, place for one", full, chunk_of({out, out}), chunk_of({out}));
    full.leaves[kBen - 1].balance = Amount{kMax};
    std::vector<L1Operation> queue(2, deposit(person_address(1), 1));
    add(Refusal::kWithdrawalTreeFull, "two deposits that no leaf can take, place for one", full, chunk_of({}, {}, 2),
        chunk_of({}, {}, 1), queue);
}

void Lies::signatures() {
    auto fill = [](size_t first, uint8_t value) {
        return [=](Signature& signature) { std::fill_n(signature.bytes.begin() + first, 32, value); };
    };
    add_signature(Refusal::kSignatureInvalid, "r is zero", fill(0, 0));
    add_signature(Refusal::kSignatureInvalid, "r is over the order", fill(0, 0xff));
    add_signature(Refusal::kSignatureInvalid, "s is zero", fill(32, 0));
    add_signature(Refusal::kSignatureInvalid, "s is over half the order",
                  [](Signature& signature) { signature = with_s_too_high(signature); });
    add_signature(Refusal::kSignatureInvalid, "r is no point's x", [](Signature& signature) {
        std::fill_n(signature.bytes.begin(), 32, 0);
        signature.bytes[31] = 5;
    });
    add_signature(Refusal::kSignerNotOwner, "the other parity", [](Signature& signature) { signature.bytes[32] ^= 0x80; });
    add_words("another nonce", [](Operation& form) { form.nonce = 1; });
    add_words("another token", [this](Operation& form) { form.token = setting_.token; });
    add_words("another amount", [](Operation& form) { form.payments[0].amount = Amount{kEther + 1}; });
    add_words("another recipient", [](Operation& form) { form.payments[0].to = stranger(1); });
    add_words("another fee", [](Operation& form) { form.fee = Amount{1}; });
    add_words("another memo", [](Operation& form) { form.memo.bytes[31] = 1; });
    add_words("another kind", [](Operation& form) { form.kind = OperationKind::kPayout; });
    add_words("another rollup", [](Operation&) {}, {setting_.domain.chain_id, stranger(9)});
    add_words("another chain", [](Operation&) {}, {1, setting_.domain.rollup});
    Chunk chunk = chunk_of({transfer(kAnn, to_index(kBen, 1)), transfer(kBen, to_index(kAnn, 1))});
    LieCase& swapped = add(Refusal::kSignerNotOwner, "two signatures swapped", small_world(), chunk, chunk);
    std::rotate(swapped.wrong.sigs.begin(), swapped.wrong.sigs.begin() + 64, swapped.wrong.sigs.end());
}

void Lies::fee_leaves() {
    auto pays = [](std::vector<uint32_t> leaves) {
        return chunk_of({transfer(kAnn, to_index(kBen, 1), 1), transfer(kCyTokens, to_index(kDeeTokens, 1), 2)},
                        std::move(leaves));
    };
    Chunk right = pays({kOperator, kOperatorTokens});
    add(Refusal::kFeeLeafMissing, "the second token's", small_world(), pays({kOperator}), right);
    add(Refusal::kFeeLeafMissing, "all", small_world(), pays({}), right);
    add(Refusal::kFeeLeafExtra, "a third", small_world(), pays({kOperator, kOperatorTokens, kOperator}), right);
    add(Refusal::kFeeLeafExtra, "without a fee", small_world(), chunk_of({transfer(kAnn, to_index(kBen, 1))}, {kOperator}),
        chunk_of({transfer(kAnn, to_index(kBen, 1))}));
    add(Refusal::kFeeLeafIndex, "the sentinel", small_world(), pays({0, kOperatorTokens}), right);
    add(Refusal::kFeeLeafIndex, "one past the last leaf", small_world(), pays({kOperator, kCount}), right);
    add(Refusal::kFeeLeafToken, "in another order", small_world(), pays({kOperatorTokens, kOperator}), right);
    add(Refusal::kFeeLeafToken, "one token's for both", small_world(), pays({kOperator, kOperator}), right);

    StartingState rich = small_world();
    rich.leaves[kOperator - 1].balance = Amount{kMax - 5};
    auto costs = [](u128 fee) { return chunk_of({transfer(kAnn, to_index(kBen, 1), fee)}, {kOperator}); };
    add(Refusal::kBalanceOverflow, "a fee leaf", rich, costs(6), costs(5));

    StartingState two_rich = small_world();
    two_rich.leaves[kAnn - 1].balance = two_rich.leaves[kBen - 1].balance = Amount{kMax};
    auto both_cost = [](u128 second) {
        u128 half = u128{1} << 127;
        return chunk_of({transfer(kAnn, to_index(kOperator, 0), half), transfer(kBen, to_index(kOperator, 0), second)},
                        {kOperator});
    };
    add(Refusal::kFeeOverflow, "a total of 2^128", two_rich, both_cost(u128{1} << 127), both_cost((u128{1} << 127) - 1));
}

}  // namespace

StartingState small_world(const LieSetting& setting) {
    StartingState start;
    start.add(person_address(0), token(0), Amount{10 * kEther});
    start.add(person_address(1), token(0), Amount{5 * kEther}, 7);
    start.add(person_address(2), setting.token, Amount{1000 * kEther});
    start.add(person_address(3), setting.token, Amount{3});
    start.add(person_address(4), token(0), Amount{});
    start.add(person_address(4), setting.token, Amount{1});
    return start;
}

std::vector<LieCase> lie_cases(const LieSetting& setting) {
    Lies lies(setting);
    lies.codec_flags_and_weights();
    lies.codec_fees();
    lies.codec_accounts_and_amounts();
    lies.codec_ends();
    lies.counts();
    lies.senders();
    lies.recipients();
    lies.withdrawals();
    lies.signatures();
    lies.fee_leaves();
    return lies.take();
}

const std::vector<LieCase>& all_lie_cases() {
    static const std::vector<LieCase> cases = lie_cases({});
    return cases;
}

}  // namespace gavel::test

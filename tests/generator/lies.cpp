// Chunks that break a rule of apply, and the list of all.
#include <algorithm>

#include "tests/generator/lie_maker.hpp"
#include "tests/generator/lies.hpp"

namespace gavel::test {
namespace lies {
namespace {

// 48 transfers whose ops and sigs together have exactly as many bytes as a slot has room for.
Chunk slot_filler() {
    constexpr size_t kTransfers = 48, kLargeAmounts = 5;
    auto of = [](size_t memos, unsigned bits) {
        Chunk chunk = chunk_of(std::vector<PostedOperation>(kTransfers, transfer(kAnn, to_index(kBen, 1))));
        for (size_t i = 0; i < memos; ++i) chunk.operations[i].memo.bytes[31] = 1;
        for (size_t i = 0; i < kLargeAmounts; ++i) chunk.operations[i].payments[0].amount = Amount{(u128{1} << bits) + 2 * i + 1};
        return chunk;
    };
    for (size_t memos = 0; memos <= kTransfers; ++memos) {
        for (unsigned bits = 4; bits <= 60; ++bits) {
            if (encode_ops(of(memos, bits)).size() == kSlotRoom - kTransfers * Signature::kSize) return of(memos, bits);
        }
    }
    GAVEL_CHECK(false);
    return {};
}

}  // namespace

void Lies::slots() {
    const Chunk full = slot_filler();
    auto add_lengths = [&](std::string what, size_t ops_length, size_t sigs_length) {
        LieCase& lie = add(Refusal::kSlotLengths, std::move(what), small_world(), full, full);
        lie.wrong = {{}, {}, false};
        lie.ops_length = static_cast<uint16_t>(ops_length);
        lie.sigs_length = static_cast<uint16_t>(sigs_length);
        GAVEL_CHECK(lie.control.ops.size() + lie.control.sigs.size() == kSlotRoom);
    };
    const size_t ops = encode_ops(full).size(), sigs = kSlotRoom - ops;
    add_lengths("a byte more of ops than there is room for", ops + 1, sigs);
    add_lengths("a byte more of sigs than there is room for", ops, sigs + 1);
    add_lengths("lengths whose sum is right modulo 2^16", ops + 32768, sigs + 32768);
    add_lengths("the largest lengths", 65535, 65535);
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

}  // namespace lies

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

bool can_be_in(DataSource source, const BatchChunk& chunk) {
    if (source == DataSource::kBlobs) return !chunk.lengths_hold || fits_slot(chunk.ops.size(), chunk.sigs.size());
    return chunk.lengths_hold && chunk.ops.size() <= kMaxOpsSize && chunk.sigs.size() <= kMaxSigsSize;
}

std::vector<LieCase> lie_cases(const LieSetting& setting) {
    lies::Lies all(setting);
    all.slots();
    all.codec_flags_and_weights();
    all.codec_fees();
    all.codec_accounts_and_amounts();
    all.codec_ends();
    all.counts();
    all.senders();
    all.recipients();
    all.withdrawals();
    all.signatures();
    all.fee_leaves();
    all.channel_weights();
    all.channel_codec();
    all.funds();
    all.fund_words();
    all.redeems();
    all.redeems_twice();
    all.redeem_words();
    all.marked_senders();
    return all.take();
}

const std::vector<LieCase>& all_lie_cases() {
    static const std::vector<LieCase> cases = lie_cases({});
    return cases;
}

}  // namespace gavel::test

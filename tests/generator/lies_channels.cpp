// Chunks that break a rule of channels. Each begins with Ann's fund of one to Ben, which makes leaf kCount.
#include "tests/generator/lie_maker.hpp"
#include "tests/generator/test_channels.hpp"

namespace gavel::test::lies {
namespace {

constexpr u128 kUnit = 7;
constexpr uint32_t kChannel = kCount;

// Of Ann's channel to Ben.
const ChannelTerms& terms() {
    static const ChannelTerms terms{person_address(0), person_address(1), Amount{kUnit}, 1'800'000'000, 1};
    return terms;
}

PostedOperation fund(u128 amount, u128 fee = 0) { return posted_fund(kAnn, terms(), Amount{amount}, Amount{fee}); }
// Fourteen units and two wei.
PostedOperation fund() { return fund(100); }
PostedOperation redeem(uint64_t count, bool close = false, u128 fee = 0) {
    return posted_redeem(kChannel, terms(), {kBen, {}}, kAnn, count, close, Amount{fee});
}
// A redeem of five units, one thing of it being another.
PostedOperation redeem(const std::function<void(PostedOperation&)>& lie) {
    PostedOperation out = redeem(5);
    lie(out);
    return out;
}
PostedOperation fund(const std::function<void(PostedOperation&)>& lie) {
    PostedOperation out = fund();
    lie(out);
    return out;
}

}  // namespace

void Lies::channel_weights() {
    std::vector<PostedOperation> funds(32, fund(1));
    Chunk most = chunk_of(funds), too_many = most;
    too_many.operations.push_back(fund(1));
    add(Refusal::kOverWeight, "33 funds", small_world(), too_many, most);

    std::vector<PostedOperation> redeems{fund(1000)};
    for (uint64_t count = 1; count <= 23; ++count) redeems.push_back(redeem(count));
    most = too_many = chunk_of(redeems);
    too_many.operations.push_back(redeem(24));
    // Its signatures would be more than a batch takes; the weight comes first.
    add(Refusal::kOverWeight, "a fund and 24 redeems", small_world(), too_many, most).wrong.sigs.resize(kMaxSigsSize);

    const Chunk takes = chunk_of({fund(), redeem(5)}), closes = chunk_of({fund(), redeem(0, true)});
    add(Refusal::kSignatureCount, "a redeem that takes without a voucher", small_world(), takes, takes).wrong.sigs.resize(128);
    add(Refusal::kSignatureCount, "a redeem that closes with a voucher", small_world(), closes, closes).wrong.sigs.resize(192);
}

void Lies::channel_codec() {
    auto raw_fund = [](RawOps& raw) {
        raw.mixed = true;
        raw.kinds = "11" + gamma(123);
        raw.recipients = "";
        raw.amounts += "1" + gamma(0);  // the unit is the amount
        raw.memo_bits = u(160, 77) + u(64, 1'800'000'000) + u(64, 3);
    };
    add_raw(
        Refusal::kOverWeight, "a payout of 123 lines, where a fund's word is the next",
        [](RawOps& raw) { raw.kinds = "11" + gamma(122); }, raw_fund);
    add_raw(
        Refusal::kIdleFlag, "byAddress with a fund's payee alone", [](RawOps& raw) { raw.by_address = true; }, raw_fund);
    add_raw(
        Refusal::kIdleFlag, "memos with a fund alone", [](RawOps& raw) { raw.memos = true; }, raw_fund);
    add_raw(
        Refusal::kRepeatedLiteral, "a unit that is the amount",
        [](RawOps& raw) { raw.amounts = RawOps{}.amounts + "0" + amount_literal(0, 0, 5, 25); }, raw_fund);
    for (size_t bytes : {1, 9, 17}) {
        RawOps raw;
        raw_fund(raw);
        raw.fee_leaves = {5};
        Bytes whole = raw.bytes(), cut(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(bytes));
        add_bytes(Refusal::kTruncated, "a fund's last bytes left out: " + std::to_string(bytes), cut, whole);
    }
}

void Lies::funds() {
    auto one = [&](Refusal rule, const char* what, const PostedOperation& wrong, const PostedOperation& right) {
        add(rule, what, small_world(), chunk_of({wrong}), chunk_of({right}));
    };
    one(Refusal::kInsufficientBalance, "a fund of a unit too much", fund(10 * kEther + 1), fund(10 * kEther));
    one(Refusal::kChannelTerms, "a fund without a unit", fund([](auto& of) { of.channel.unit = {}; }),
        fund([](auto& of) { of.channel.unit = Amount::max(); }));
    one(Refusal::kChannelTerms, "a fund to nobody", fund([](auto& of) { of.channel.payee = {}; }), fund());
    one(Refusal::kChannelTerms, "a fund to oneself", fund([](auto& of) { of.channel.payee = person_address(0); }), fund());
    one(Refusal::kFundOfZero, "nothing", fund(0), fund(1));
    add(Refusal::kFundOfZero, "nothing, to a channel that is there", small_world(), chunk_of({fund(), fund(0)}),
        chunk_of({fund(), fund(1)}));
    add(Refusal::kChannelNotOpen, "a fund for a closed one", small_world(), chunk_of({fund(), redeem(0, true), fund(1)}),
        chunk_of({fund(), fund(1), redeem(0, true)}));

    StartingState rich = small_world();
    rich.leaves[kAnn - 1].balance = Amount{kMax};
    const Address channel = terms().address(setting_.domain.separator());
    rich.add(channel, token(0), Amount{kMax - 5}, kChannelMark);
    add(Refusal::kBalanceOverflow, "a fund", rich, chunk_of({fund(6)}), chunk_of({fund(5)}));
    for (uint64_t nonce : {uint64_t{1}, kMaxNonce}) {
        StartingState spent = small_world(), dust = small_world();
        spent.add(channel, token(0), Amount{5}, nonce);
        dust.add(channel, token(0), Amount{5});
        LieCase& lie = add(Refusal::kChannelNotOpen, "a fund for a leaf that has sent, " + std::to_string(nonce), spent,
                           chunk_of({fund()}), chunk_of({transfer(kAnn, to_index(kCount, 1))}));
        GAVEL_CHECK(lie.limit == 0);
    }
    StartingState full = small_world();
    full.account_count = kMaxAccountCount - 1;
    add(Refusal::kAccountTreeFull, "two channels, place for one", full,
        chunk_of({fund(), fund([](auto& of) { of.channel.salt = 2; })}), chunk_of({fund(), fund()}));
}

void Lies::fund_words() {
    auto says = [&](const std::string& what, const std::function<void(Operation&)>& lie, Domain domain) {
        const Chunk chunk = chunk_of({fund()});
        LieCase& out = add(Refusal::kSignerNotOwner, "a fund's " + what, small_world(), chunk, chunk);
        Operation form{OperationKind::kFund, token(0), {{{}, Amount{100}}}, {}, 0, {}};
        form.channel.terms = terms();
        lie(form);
        out.wrong.sigs = to_bytes(person(0).sign(form.digest(domain.separator())));
    };
    auto other = [&](const std::string& what, const std::function<void(Operation&)>& lie) { says(what, lie, setting_.domain); };
    other("payee", [](Operation& form) { form.channel.terms.payee = stranger(1); });
    other("unit", [](Operation& form) { form.channel.terms.unit = Amount{8}; });
    other("expiry", [](Operation& form) { ++form.channel.terms.expiry; });
    other("salt", [](Operation& form) { ++form.channel.terms.salt; });
    other("amount", [](Operation& form) { form.payments[0].amount = Amount{101}; });
    other("fee", [](Operation& form) { form.fee = Amount{1}; });
    other("nonce", [](Operation& form) { form.nonce = 1; });
    other("token", [this](Operation& form) { form.token = setting_.token; });
    says("chain", [](Operation&) {}, {1, setting_.domain.rollup});
    says("rollup", [](Operation&) {}, {setting_.domain.chain_id, stranger(9)});
    const Chunk once = chunk_of({fund(), fund()});
    LieCase& twice = add(Refusal::kSignerNotOwner, "one fund's signature for two", small_world(), once, once);
    std::copy_n(twice.wrong.sigs.begin(), 64, twice.wrong.sigs.begin() + 64);
}

void Lies::redeems() {
    auto after_fund = [&](Refusal rule, const char* what, const PostedOperation& wrong, const PostedOperation& right) {
        add(rule, what, small_world(), chunk_of({fund(), wrong}), chunk_of({fund(), right}));
    };
    auto five = [](const std::function<void(PostedOperation&)>& lie) { return redeem(lie); };
    after_fund(Refusal::kSenderIndex, "a redeem of the sentinel", five([](auto& of) { of.sender = 0; }), redeem(5));
    after_fund(Refusal::kSenderIndex, "a redeem of a leaf past the last", five([](auto& of) { of.sender = kChannel + 1; }),
               redeem(5));
    after_fund(Refusal::kChannelNotOpen, "a redeem of a person's leaf", five([](auto& of) { of.sender = kAnn; }), redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem without a unit", five([](auto& of) { of.channel.unit = {}; }), redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem's unit", five([](auto& of) { of.channel.unit = Amount{8}; }), redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem's expiry", five([](auto& of) { ++of.channel.expiry; }), redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem's salt", five([](auto& of) { ++of.channel.salt; }), redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem to another payee", five([](auto& of) { of.payments[0].to.index = kOperator; }),
               redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem to a new payee", five([](auto& of) {
                   of.payments[0].to = {0, stranger(1)};
               }),
               redeem(5));
    after_fund(Refusal::kChannelTerms, "a redeem with another payer", five([](auto& of) { of.payments[1].to.index = kOperator; }),
               redeem(5));
    after_fund(Refusal::kChannelTerms, "payer and payee exchanged",
               five([](auto& of) { std::swap(of.payments[0].to, of.payments[1].to); }), redeem(5));
    after_fund(Refusal::kChannelCount, "2^63-1", redeem(kMaxVoucherCount + 1), redeem(kMaxVoucherCount));
    after_fund(Refusal::kChannelCount, "2^127", five([](auto& of) { of.channel.count = Amount{u128{1} << 127}; }), redeem(5));
    after_fund(Refusal::kInsufficientBalance, "a redeem's fee of more than it takes", redeem(5, false, 36), redeem(5));
    cases_.back().control = with_fee(redeem(5, false, 35));
    after_fund(Refusal::kInsufficientBalance, "a close's fee without taking", redeem(0, true, 1), redeem(0, true));
    after_fund(Refusal::kInsufficientBalance, "a close that can't take all of the voucher", redeem(15, true), redeem(14, true));
    after_fund(Refusal::kRecipientIndex, "a redeem to the sentinel", five([](auto& of) { of.payments[0].to.index = 0; }),
               redeem(5));
    after_fund(Refusal::kRecipientIndex, "a redeem's payer is the sentinel", five([](auto& of) { of.payments[1].to.index = 0; }),
               redeem(5));
    after_fund(Refusal::kRecipientToken, "a redeem to a token's leaf",
               five([](auto& of) { of.payments[0].to.index = kDeeTokens; }), redeem(5));
    after_fund(Refusal::kRecipientToken, "a redeem's payer is a token's leaf",
               five([](auto& of) { of.payments[1].to.index = kDeeTokens; }), redeem(5));
    after_fund(Refusal::kRecipientHasLeaf, "a redeem to the payee's address", five([](auto& of) {
                   of.payments[0].to = {0, person_address(1)};
               }),
               redeem(5));
    after_fund(Refusal::kRecipientZero, "a redeem to nobody", five([](auto& of) {
                   of.payments[0].to = {0, Address{}};
               }),
               redeem(5));
    after_fund(Refusal::kNothingToRedeem, "less than a unit there", redeem([](auto& of) { of.channel.unit = Amount{101}; }),
               redeem(5));

    StartingState rich = small_world();
    rich.leaves[kBen - 1].balance = Amount{kMax - 35};
    add(Refusal::kBalanceOverflow, "a redeem's payee", rich, chunk_of({fund(), redeem(6)}), chunk_of({fund(), redeem(5)}));

    StartingState both_rich = small_world();
    both_rich.leaves[kAnn - 1].balance = both_rich.leaves[kBen - 1].balance = Amount{kMax};
    ChannelTerms large = terms();
    large.unit = Amount{u128{1} << 100};
    auto costs = [&](u128 fee) {
        const u128 half = u128{1} << 127;
        return chunk_of({transfer(kBen, to_index(kOperator, 0), half), posted_fund(kAnn, large, Amount{half}),
                         posted_redeem(kChannel, large, {kBen, {}}, kAnn, 1 << 27, false, Amount{fee})},
                        {kOperator});
    };
    add(Refusal::kFeeOverflow, "a redeem's, to a total of 2^128", both_rich, costs(u128{1} << 127), costs((u128{1} << 127) - 1));
}

// Chunk and signatures of a fund, that operation, and a fee leaf.
BatchChunk Lies::with_fee(const PostedOperation& redeem) {
    const Chunk chunk = chunk_of({fund(), redeem}, {kOperator});
    State state = small_world().build();
    return {encode_ops(chunk), sign_chunk(state, chunk, {}, setting_.domain)};
}

void Lies::redeems_twice() {
    auto after = [&](Refusal rule, const char* what, std::vector<PostedOperation> wrong, std::vector<PostedOperation> right) {
        wrong.insert(wrong.begin(), fund());
        right.insert(right.begin(), fund());
        add(rule, what, small_world(), chunk_of(std::move(wrong)), chunk_of(std::move(right)));
    };
    after(Refusal::kNothingToRedeem, "a voucher twice", {redeem(5), redeem(5)}, {redeem(5), redeem(6)});
    after(Refusal::kNothingToRedeem, "an old voucher", {redeem(5), redeem(4)}, {redeem(4), redeem(5)});
    after(Refusal::kNothingToRedeem, "all has been paid", {redeem(14), redeem(15)}, {redeem(13), redeem(15)});
    after(Refusal::kChannelNotOpen, "a redeem of a closed one", {redeem(5, true), redeem(6)}, {redeem(5), redeem(6, true)});
    after(Refusal::kChannelNotOpen, "a close of a closed one", {redeem(0, true), redeem(0, true)}, {redeem(5), redeem(0, true)});

    const Chunk chunk = chunk_of({fund(), redeem(5), redeem(9)});
    LieCase& stale = add(Refusal::kSignerNotOwner, "a redeem signed before another one", small_world(), chunk, chunk);
    Operation form{OperationKind::kRedeem, token(0), {}, {}, 0, {}};
    form.channel = {terms(), terms().address(setting_.domain.separator()), 9, true, false};
    const Signature signature = person(1).sign(form.digest(setting_.domain.separator()));
    std::copy(signature.bytes.begin(), signature.bytes.end(), stale.wrong.sigs.begin() + 3 * 64);
}

void Lies::redeem_words() {
    const Hash separator = setting_.domain.separator();
    const Address channel = terms().address(separator);
    auto says = [&](Refusal rule, const std::string& what, size_t at, const Signature& signature) {
        const Chunk chunk = chunk_of({fund(), redeem(5)});
        LieCase& out = add(rule, what, small_world(), chunk, chunk);
        std::copy(signature.bytes.begin(), signature.bytes.end(), out.wrong.sigs.begin() + static_cast<std::ptrdiff_t>(64 * at));
    };
    auto other = [&](const std::string& what, const std::function<void(Operation&)>& lie) {
        Operation form{OperationKind::kRedeem, token(0), {}, {}, 0, {}};
        form.channel = {terms(), channel, 5, true, false};
        lie(form);
        says(Refusal::kSignerNotOwner, "a redeem's " + what, 1, person(1).sign(form.digest(separator)));
    };
    other("channel", [](Operation& form) { form.channel.channel = stranger(1); });
    other("token", [this](Operation& form) { form.token = setting_.token; });
    other("claimed", [](Operation& form) { form.nonce = 1; });
    other("count", [](Operation& form) { form.channel.count = 6; });
    other("take", [](Operation& form) { form.channel.take = false; });
    other("close", [](Operation& form) { form.channel.close = true; });
    other("fee", [](Operation& form) { form.fee = Amount{1}; });

    auto voucher = [&](const std::string& what, Voucher words, const Hash& in, size_t signer) {
        says(Refusal::kSignerNotOwner, "a voucher's " + what, 2, person(signer).sign(words.digest(in)));
    };
    voucher("count", {channel, token(0), 6}, separator, 0);
    voucher("channel", {stranger(1), token(0), 5}, separator, 0);
    voucher("token", {channel, setting_.token, 5}, separator, 0);
    voucher("chain", {channel, token(0), 5}, Domain{1, setting_.domain.rollup}.separator(), 0);
    voucher("rollup", {channel, token(0), 5}, Domain{setting_.domain.chain_id, stranger(9)}.separator(), 0);
    voucher("signer, who is the payee", {channel, token(0), 5}, separator, 1);
    voucher("signer, who is a stranger", {channel, token(0), 5}, separator, 7);
    says(Refusal::kSignatureInvalid, "a redeem's signature of zeros", 1, {});
    says(Refusal::kSignatureInvalid, "a voucher of zeros", 2, {});
    const Chunk chunk = chunk_of({fund(), redeem(5)});
    LieCase& swapped = add(Refusal::kSignerNotOwner, "voucher and signature swapped", small_world(), chunk, chunk);
    std::rotate(swapped.wrong.sigs.begin() + 64, swapped.wrong.sigs.begin() + 128, swapped.wrong.sigs.end());
}

void Lies::marked_senders() {
    auto out = [](PostedOperation operation) { return chunk_of({fund(), std::move(operation)}); };
    const Chunk right = out(transfer(kAnn, to_index(kChannel, 1)));
    add(Refusal::kNonceExhausted, "a transfer from a channel's leaf", small_world(), out(transfer(kChannel, to_index(kAnn, 1))),
        right);
    add(Refusal::kNonceExhausted, "a withdrawal from a channel's leaf", small_world(), out(withdrawal(kChannel, stranger(1), 1)),
        right);
    add(Refusal::kNonceExhausted, "a payout from a channel's leaf", small_world(), out(payout(kChannel, {to_index(kAnn, 1)})),
        right);
    PostedOperation from_channel = fund(1);
    from_channel.sender = kChannel;
    add(Refusal::kNonceExhausted, "a fund from a channel's leaf", small_world(), out(from_channel), right);
}

}  // namespace gavel::test::lies

#include "tests/generator/random_chunks.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/kinds/kinds.hpp"
#include "tests/generator/test_channels.hpp"

namespace gavel::test {
namespace {

constexpr size_t kStrangers = 40;

}  // namespace

struct ChunkGenerator::Draft {
    explicit Draft(State& of) : state(of), runner(of), start(runner.mark()) {}

    State& state;
    StateRunner runner;
    StateView::Mark start;
    Hash separator = test_domain().separator();
    FeeTally fees;
    Chunk chunk;
    Bytes sigs;
};

ChunkGenerator::ChunkGenerator(uint64_t seed, StartKind kind) : random_(seed), start_(random_start(kind, random_)) {}

Address ChunkGenerator::any_address() {
    if (random_.chance(8)) return channel_address(random_.below(kChannels));
    return random_.chance(50) ? person_address(random_.below(kPeople)) : stranger(random_.below(kStrangers));
}

// The indexes that tests use: the first ones, and the last ones.
std::optional<uint32_t> ChunkGenerator::any_leaf(StateView& view, std::optional<Address> token, Whose whose) {
    std::vector<uint32_t> found;
    uint32_t count = view.account_count();
    for (uint32_t i = 1; i < count; ++i) {
        if (i == 120 && count > 240) i = count - 120;
        Account leaf;
        if (!view.read(i, leaf)) continue;
        if (token && leaf.key.token != *token) continue;
        if (whose == Whose::kPersons && !key_of(leaf.key.owner)) continue;
        if (whose == Whose::kChannels && !terms_of(leaf.key.owner)) continue;
        found.push_back(i);
    }
    if (found.empty()) return std::nullopt;
    return random_.pick(found);
}

Amount ChunkGenerator::any_amount(Amount balance) {
    u128 b = balance.value();
    switch (random_.below(flawed_ ? 12 : 10)) {
        case 0: return Amount{};
        case 1: return balance;
        case 2: return Amount{u128{random_.next()} << random_.below(65)};
        case 3: return Amount{b / (1 + random_.below(9))};
        case 10: return Amount{b + (b == Amount::max().value() ? 0 : 1)};
        case 11: return random_.chance(50) ? Amount::max() : Amount{u128{random_.next()} << 64 | random_.next()};
        default: return Amount{(1 + random_.below(999)) * power_of_ten(random_.below(19))};
    }
}

// As the contract writes them, but that the leaf may be another than the terms name, or none.
L1Operation ChunkGenerator::any_channel_entry(L1OperationKind kind, StateView& view) {
    const size_t number = random_.below(kChannels);
    L1Operation out{kind, channel_address(number), {}, token(random_.below(kRandomTokens)), {}, 0, 0};
    Account leaf;
    auto channel = any_leaf(view, std::nullopt, random_.chance(90) ? Whose::kChannels : Whose::kPersons);
    if (channel && random_.chance(85) && view.read(*channel, leaf)) {
        out.caller = leaf.key.owner;
        out.token = leaf.key.token;
    }
    const ChannelTerms* known = terms_of(out.caller);
    const ChannelTerms& terms = known ? *known : channel_terms(number);
    out.to = kind == L1OperationKind::kRedeem ? terms.payee : terms.payer;
    if (random_.chance(20)) out.to = any_address();
    out.time = time_ += random_.below(30);
    if (kind == L1OperationKind::kReclaim) return out;
    out.amount = random_.chance(4) ? Amount{} : terms.unit;
    out.count = any_count(leaf, terms.unit);
    return out;
}

L1Operation ChunkGenerator::any_l1_operation(StateView& view) {
    L1Operation out;
    out.kind = static_cast<L1OperationKind>(random_.below(std::size(kL1OperationKinds)));
    if (out.kind == L1OperationKind::kRedeem || out.kind == L1OperationKind::kReclaim) return any_channel_entry(out.kind, view);
    out.caller = any_address();
    out.to = random_.chance(15) ? out.caller : any_address();
    out.token = token(random_.below(kRandomTokens));
    Account leaf;
    auto caller = any_leaf(view, std::nullopt, Whose::kAnybodys);
    if (caller && random_.chance(70) && view.read(*caller, leaf)) {
        out.caller = leaf.key.owner;
        out.token = leaf.key.token;
        if (random_.chance(15)) out.to = leaf.key.owner;
    }
    auto to = any_leaf(view, out.token, Whose::kAnybodys);
    if (to && random_.chance(50) && view.read(*to, leaf)) out.to = leaf.key.owner;
    bool deposit = out.kind == L1OperationKind::kDeposit;
    if (!deposit && random_.chance(25)) {
        out.amount = Amount::max();
    } else {
        out.amount = any_amount(leaf.balance);
    }
    if (deposit && out.amount.is_zero()) out.amount = Amount{1};
    out.time = time_ += random_.below(30);
    return out;
}

void ChunkGenerator::queue_until(uint64_t number, StateView& view) {
    while (start_.counters.l1_ops_consumed + queue_.size() < number) queue_.push_back(any_l1_operation(view));
}

void ChunkGenerator::draft_l1(Draft& draft) {
    uint64_t consumed = draft.state.counters.l1_ops_consumed;
    unsigned wanted = random_.chance(40) ? 0 : random_.chance(5) ? 1 + random_.below(31) : 1 + random_.below(4);
    wanted = static_cast<unsigned>(std::min<uint64_t>(wanted, ~uint64_t{0} - consumed));
    queue_until(consumed + wanted, draft.runner);
    for (unsigned i = 0; i < wanted; ++i) {
        StateView::Mark mark = draft.runner.mark();
        if (!apply_l1_operation(draft.runner, queue_[consumed - start_.counters.l1_ops_consumed + i]).ok()) {
            draft.runner.roll_back(mark);
            if (!flawed_) break;
        }
        ++draft.chunk.l1_operations;
    }
    if (flaw()) draft.chunk.l1_operations += 1 + random_.below(3);
}

PostedPayment ChunkGenerator::draft_payment(Draft& draft, OperationKind kind, const Account& sender, size_t earlier_lines) {
    PostedPayment out;
    out.amount = any_amount(Amount{sender.balance.value() / (kind == OperationKind::kPayout ? 4 : 1)});
    if (kind == OperationKind::kWithdraw) {
        out.to.address = flaw() ? Address{} : any_address();
        if (out.amount.is_zero() && !flaw()) out.amount = Amount{1};
        return out;
    }
    uint32_t count = draft.runner.account_count();
    if (flaw()) {
        switch (random_.below(5)) {
            case 0: out.to.index = 0; return out;
            case 1: out.to.index = count + static_cast<uint32_t>(random_.below(3)); return out;
            case 2: out.to.address = Address{}; return out;
            case 3: out.to.address = any_address(); return out;
            default: out.to.index = any_leaf(draft.runner, std::nullopt, Whose::kAnybodys).value_or(1); return out;
        }
    }
    if (earlier_lines > 0 && random_.chance(15)) {  // a leaf that an earlier line may have made
        out.to.index = count + static_cast<uint32_t>(random_.below(earlier_lines));
        return out;
    }
    auto known = any_leaf(draft.runner, sender.key.token, Whose::kAnybodys);
    if (known && random_.chance(75)) {
        out.to.index = *known;
    } else {
        out.to.address = any_address();
    }
    return out;
}

// More than what is claimed, as a rule; at times more than the balance covers, or more than there can be.
uint64_t ChunkGenerator::any_count(const Account& channel, Amount unit) {
    const uint64_t claimed = is_marked(channel) ? claimed_units(channel) : 0;
    if (random_.chance(4)) return kMaxVoucherCount + 1 + random_.below(3);
    if (random_.chance(8)) return claimed - std::min<uint64_t>(claimed, random_.below(3));
    const u128 covered = unit.is_zero() ? 0 : channel.balance.value() / unit.value();
    const auto most = static_cast<uint64_t>(std::min<u128>(covered, 1000)) + (random_.chance(20) ? 3 : 0);
    return std::min(kMaxVoucherCount, claimed + 1 + random_.below(std::max<uint64_t>(most, 1)));
}

// One thing that is signed becomes another.
void ChunkGenerator::spoil_words(Operation& form) {
    ChannelWords& words = form.channel;
    const bool is_redeem = form.kind == OperationKind::kRedeem;
    switch (random_.below(9)) {
        case 0: form.nonce += random_.chance(50) ? 1 : -1; break;
        case 1: form.token = token(random_.below(kRandomTokens)); break;
        case 2: form.fee = Amount{form.fee.value() ^ 1}; break;
        case 3: form.memo.bytes[random_.below(32)] ^= 1; break;
        case 4:
            if (is_redeem) words.channel = channel_address(random_.below(kChannels));
            else form.payments.back().amount = Amount{form.payments.back().amount.value() ^ 1};
            break;
        case 5:
            if (is_redeem) words.count ^= 1;
            else if (form.kind == OperationKind::kFund) words.terms.salt ^= 1;
            else form.payments.front().to = any_address();
            break;
        case 6: words.close = !words.close; break;
        case 7: std::swap(words.terms.payer, words.terms.payee); break;
        default: break;
    }
}

// The right ones, or with a flaw others; nothing if there is no key for the right ones.
std::optional<Bytes> ChunkGenerator::draft_signatures(Draft& draft, const PostedOperation& posted) {
    Operation form = signed_form(draft.runner, posted);
    Account sender;
    if (posted.sender != 0 && posted.sender < draft.runner.account_count() && !draft.runner.read(posted.sender, sender))
        sender = {};
    const bool has_keys = key_of(form.signer(sender)) && (!form.channel.take || key_of(form.channel.terms.payer));
    if (!flawed_ && !has_keys) return std::nullopt;
    if (!flaw()) return sign_operation(form, sender, draft.separator);
    spoil_words(form);
    if (random_.chance(10)) return sign_operation(form, sender, Domain{1, test_domain().rollup}.separator());
    Bytes out = sign_operation(form, sender, draft.separator);
    if (random_.chance(20)) {
        const Signature by_another = person(random_.below(kPeople)).sign(form.digest(draft.separator));
        std::copy(by_another.bytes.begin(), by_another.bytes.end(), out.end() - Signature::kSize);
    }
    return out;
}

PostedOperation ChunkGenerator::draft_payments(Draft& draft, uint32_t from) {
    PostedOperation posted;
    Account sender;
    if (from != 0 && from < draft.runner.account_count() && !draft.runner.read(from, sender)) sender = {};
    posted.sender = from;
    posted.kind = random_.chance(70)   ? OperationKind::kTransfer
                  : random_.chance(50) ? OperationKind::kWithdraw
                                       : OperationKind::kPayout;
    size_t lines = posted.kind == OperationKind::kPayout ? 1 + random_.below(random_.chance(5) ? 90 : 4) : 1;
    for (size_t i = 0; i < lines; ++i) posted.payments.push_back(draft_payment(draft, posted.kind, sender, i));
    if (posted.kind != OperationKind::kWithdraw && random_.chance(15))
        posted.memo.bytes[random_.below(32)] = static_cast<uint8_t>(1 + random_.below(255));
    return posted;
}

std::optional<PostedOperation> ChunkGenerator::draft_fund(Draft& draft, uint32_t from) {
    Account sender;
    if (from == 0 || from >= draft.runner.account_count() || !draft.runner.read(from, sender)) return std::nullopt;
    std::vector<size_t> own;
    for (size_t i = 0; i < kChannels; ++i)
        if (channel_terms(i).payer == sender.key.owner) own.push_back(i);
    if (own.empty()) return std::nullopt;
    PostedOperation out = posted_fund(from, channel_terms(random_.pick(own)), any_amount(Amount{sender.balance.value() / 4}));
    if (out.payments[0].amount.is_zero() && !flaw()) out.payments[0].amount = Amount{1};
    if (random_.chance(10)) out.channel.salt += 1000 + random_.below(3);  // a channel that nobody here redeems
    if (flaw()) spoil_channel(out);
    return out;
}

void ChunkGenerator::spoil_channel(PostedOperation& posted) {
    PostedChannel& words = posted.channel;
    switch (random_.below(5)) {
        case 0: words.unit = {}; break;
        case 1: words.payee = random_.chance(50) ? Address{} : any_address(); break;
        case 2: words.expiry ^= 1; break;
        case 3: words.salt ^= 1; break;
        default: words.count = Amount{words.count.value() << 64}; break;
    }
}

std::optional<PostedOperation> ChunkGenerator::draft_redeem(Draft& draft) {
    auto at = any_leaf(draft.runner, std::nullopt, Whose::kChannels);
    Account channel;
    if (!at || !draft.runner.read(*at, channel)) return std::nullopt;
    const ChannelTerms& terms = *terms_of(channel.key.owner);
    StateView::Found payer, payee;
    if (!draft.runner.find({terms.payer, channel.key.token}, payer) || !payer.present) return std::nullopt;
    if (!draft.runner.find({terms.payee, channel.key.token}, payee)) return std::nullopt;
    Recipient to;
    if (payee.present) to.index = payee.index;
    else to.address = terms.payee;
    const bool take = random_.chance(80);
    PostedOperation out =
        posted_redeem(*at, terms, to, payer.index, take ? any_count(channel, terms.unit) : 0, !take || random_.chance(30));
    if (!out.channel.take) out.channel.close = true;
    if (flaw()) spoil_channel(out);
    if (flaw()) std::swap(out.payments[0].to.index, out.payments[1].to.index);
    if (flaw()) out.payments[random_.below(2)].to.index = any_leaf(draft.runner, std::nullopt, Whose::kAnybodys).value_or(1);
    return out;
}

void ChunkGenerator::draft_operation(Draft& draft) {
    auto known = any_leaf(draft.runner, std::nullopt, flawed_ && random_.chance(5) ? Whose::kAnybodys : Whose::kPersons);
    uint32_t count = draft.runner.account_count();
    uint32_t from = known.value_or(flawed_ ? count : 0);
    if (flaw()) from = random_.chance(50) ? 0 : count + static_cast<uint32_t>(random_.below(3));
    std::optional<PostedOperation> drafted;
    if (random_.chance(15)) drafted = draft_fund(draft, from);
    else if (random_.chance(20)) drafted = draft_redeem(draft);
    if (!drafted) drafted = draft_payments(draft, from);
    PostedOperation& posted = *drafted;
    static const std::vector<u128> fees = {0, 1, 21, 21 * power_of_ten(12), 5 * power_of_ten(15), 17};
    posted.fee = Amount{random_.pick(fees)};
    if (posted.kind == OperationKind::kRedeem && random_.chance(80)) posted.fee = Amount{random_.below(3)};
    if (flawed_ && random_.chance(8)) posted.fee = any_amount(Amount{1'000'000});

    auto signatures = draft_signatures(draft, posted);
    if (!signatures) return;
    FeeTally fees_before = draft.fees;
    StateView::Mark mark = draft.runner.mark();
    Account sender;
    Operation form;
    bool ok = execute_operation(draft.runner, draft.separator, posted, draft.fees, sender, form).ok();
    // Room for a fee leaf of each token is kept.
    unsigned weight = draft.chunk.weight() + posted.weight() + static_cast<unsigned>(kRandomTokens);
    bool fits = weight <= kMaxChunkWeight || (flawed_ && random_.chance(10));
    if (!ok || !fits) {
        draft.runner.roll_back(mark);
        draft.fees = fees_before;
        if (!flawed_ || !fits || random_.chance(60)) return;
    }
    draft.chunk.operations.push_back(posted);
    append(draft.sigs, *signatures);
}

void ChunkGenerator::draft_fee_leaves(Draft& draft) {
    std::vector<uint32_t>& leaves = draft.chunk.fee_leaves;
    for (const FeeTally::Entry& entry : draft.fees.entries()) {
        auto leaf = any_leaf(draft.runner, entry.token, Whose::kAnybodys);
        GAVEL_CHECK(leaf.has_value());  // the sender's, at least
        leaves.push_back(flaw() ? any_leaf(draft.runner, std::nullopt, Whose::kAnybodys).value_or(0) : *leaf);
    }
    if (!flaw()) return;
    switch (random_.below(5)) {
        case 0: leaves.push_back(any_leaf(draft.runner, std::nullopt, Whose::kAnybodys).value_or(1)); break;
        case 1:
            if (!leaves.empty()) leaves.pop_back();
            break;
        case 2:
            if (!leaves.empty()) leaves.front() = 0;
            break;
        case 3:
            if (!leaves.empty()) leaves.back() = draft.runner.account_count();
            break;
        default: std::reverse(leaves.begin(), leaves.end()); break;
    }
}

void ChunkGenerator::flip_bits(Bytes& bytes, unsigned at_most) {
    if (bytes.empty()) return;
    for (uint64_t i = 0, count = 1 + random_.below(at_most); i < count; ++i)
        bytes[random_.below(bytes.size())] ^= 1 << random_.below(8);
}

void ChunkGenerator::garble(PostedChunk& chunk) {
    switch (random_.below(9)) {
        case 0: chunk.ops.resize(random_.below(chunk.ops.size() + 1)); break;
        case 1: chunk.ops.push_back(static_cast<uint8_t>(random_.chance(50) ? 0 : random_.below(256))); break;
        case 2:
            chunk.ops.insert(chunk.ops.begin() + random_.below(chunk.ops.size() + 1), static_cast<uint8_t>(random_.next()));
            break;
        case 3: chunk.ops.back() ^= 1; break;
        case 4: chunk.sigs.resize(random_.chance(50) ? chunk.sigs.size() + 64 : random_.below(chunk.sigs.size() + 1)); break;
        case 5: flip_bits(chunk.sigs, 3); break;
        case 6:
            if (chunk.sigs.size() >= 64) {
                size_t word = 32 * random_.below(chunk.sigs.size() / 32);
                std::fill_n(chunk.sigs.begin() + word, 32, static_cast<uint8_t>(random_.chance(50) ? 0 : 0xff));
            }
            break;
        default: flip_bits(chunk.ops, 3); break;
    }
}

PostedChunk ChunkGenerator::next(State& state) {
    flawed_ = random_.chance(50);
    bool garbled = random_.chance(20);
    if (garbled) flawed_ = false;

    Draft draft(state);
    draft_l1(draft);
    uint64_t operations = random_.chance(8) ? 48 : random_.below(7);
    for (uint64_t i = 0; i < operations; ++i) draft_operation(draft);
    draft_fee_leaves(draft);
    draft.runner.roll_back(draft.start);

    PostedChunk out{encode_ops(draft.chunk), draft.sigs, state.counters.l1_ops_consumed};
    uint64_t room = ~uint64_t{0} - out.limit;
    out.limit += std::min<uint64_t>(room, draft.chunk.l1_operations + random_.below(3));
    if (flaw() && out.limit > state.counters.l1_ops_consumed) --out.limit;
    if (garbled) garble(out);
    queue_until(out.limit, draft.runner);
    return out;
}

}  // namespace gavel::test

#include "tests/generator/random_chunks.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::test {
namespace {

constexpr size_t kTokens = 3;
constexpr size_t kStrangers = 40;

u128 power_of_ten(uint64_t exponent) {
    u128 out = 1;
    while (exponent-- > 0) out *= 10;
    return out;
}

Amount random_balance(StartKind kind, Random& random) {
    if (kind == StartKind::kRich && random.chance(60))
        return Amount{Amount::max().value() - (random.chance(50) ? random.below(1000) : 0)};
    if (random.chance(10)) return Amount{};
    return Amount{(random.below(1000) + 1) * power_of_ten(random.below(21))};
}

}  // namespace

const char* name_of(StartKind kind) {
    switch (kind) {
        case StartKind::kGenesis: return "genesis";
        case StartKind::kPopulated: return "populated";
        case StartKind::kFullAccounts: return "account tree nearly full";
        case StartKind::kFullWithdrawals: return "withdrawal tree nearly full";
        case StartKind::kRich: return "balances near their end";
        case StartKind::kWorn: return "nonces near their end";
        case StartKind::kLate: return "counters near their end";
    }
    return "?";
}

StartingState random_start(StartKind kind, Random& random) {
    StartingState start;
    if (kind == StartKind::kGenesis) return start;
    for (size_t who = 0; who < kPeople; ++who) {
        for (size_t what = 0; what < kTokens; ++what) {
            if (random.chance(40)) continue;
            uint64_t nonce = random.chance(70) ? 0 : random.below(1000);
            if (kind == StartKind::kWorn && random.chance(70)) nonce = kMaxNonce - random.below(4);
            start.add(person_address(who), token(what), random_balance(kind, random), nonce);
        }
    }
    if (kind == StartKind::kFullAccounts) {
        start.account_count = kMaxAccountCount - 6 - static_cast<uint32_t>(random.below(3));
        start.add(stranger(1000), token(0), random_balance(kind, random));
        start.account_count += 1;
        start.add(stranger(1000), token(1), random_balance(kind, random));
    }
    if (kind == StartKind::kFullWithdrawals)
        start.withdrawal_count = kMaxWithdrawalCount - static_cast<uint32_t>(random.below(5));
    if (kind == StartKind::kLate) {
        start.counters.op_count = ~uint64_t{0} - random.below(60);
        start.counters.l1_ops_consumed = ~uint64_t{0} - random.below(60);
    }
    return start;
}

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
    return random_.chance(50) ? person_address(random_.below(kPeople)) : stranger(random_.below(kStrangers));
}

// The indexes that tests use: the first ones, and the last ones.
std::optional<uint32_t> ChunkGenerator::any_leaf(StateView& view, std::optional<Address> token, bool with_key) {
    std::vector<uint32_t> found;
    uint32_t count = view.account_count();
    for (uint32_t i = 1; i < count; ++i) {
        if (i == 120 && count > 240) i = count - 120;
        Account leaf;
        if (!view.read(i, leaf)) continue;
        if (token && leaf.key.token != *token) continue;
        if (with_key && !key_of(leaf.key.owner)) continue;
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

L1Operation ChunkGenerator::any_l1_operation(StateView& view) {
    L1Operation out;
    out.kind = static_cast<L1OperationKind>(random_.below(3));
    out.caller = any_address();
    out.to = random_.chance(15) ? out.caller : any_address();
    out.token = token(random_.below(kTokens));
    Account leaf;
    auto caller = any_leaf(view, std::nullopt, false);
    if (caller && random_.chance(70) && view.read(*caller, leaf)) {
        out.caller = leaf.key.owner;
        out.token = leaf.key.token;
        if (random_.chance(15)) out.to = leaf.key.owner;
    }
    auto to = any_leaf(view, out.token, false);
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
            default: out.to.index = any_leaf(draft.runner, std::nullopt, false).value_or(1); return out;
        }
    }
    if (earlier_lines > 0 && random_.chance(15)) {  // a leaf that an earlier line may have made
        out.to.index = count + static_cast<uint32_t>(random_.below(earlier_lines));
        return out;
    }
    auto known = any_leaf(draft.runner, sender.key.token, false);
    if (known && random_.chance(75)) {
        out.to.index = *known;
    } else {
        out.to.address = any_address();
    }
    return out;
}

// The right signature, or with a flaw another; nothing if there is no key for the right one.
std::optional<Signature> ChunkGenerator::draft_signature(Draft& draft, const PostedOperation& posted) {
    Operation form = signed_form(draft.runner, posted);
    Account sender;
    bool exists = posted.sender != 0 && posted.sender < draft.runner.account_count() && draft.runner.read(posted.sender, sender);
    const PrivateKey* key = exists ? key_of(sender.key.owner) : nullptr;
    if (!flawed_) return key ? std::optional(key->sign(form.digest(draft.separator))) : std::nullopt;
    if (!key) key = &person(random_.below(kPeople));
    if (!flaw()) return key->sign(form.digest(draft.separator));
    Hash separator = draft.separator;
    switch (random_.below(7)) {
        case 0: form.nonce += random_.chance(50) ? 1 : -1; break;
        case 1: form.payments.back().amount = Amount{form.payments.back().amount.value() ^ 1}; break;
        case 2: form.payments.front().to = any_address(); break;
        case 3: form.token = token(random_.below(kTokens)); break;
        case 4: form.fee = Amount{form.fee.value() ^ 1}; break;
        case 5: form.memo.bytes[random_.below(32)] ^= 1; break;
        default: key = &person(random_.below(kPeople)); break;
    }
    if (random_.chance(10)) separator = Domain{1, test_domain().rollup}.separator();
    return key->sign(form.digest(separator));
}

void ChunkGenerator::draft_operation(Draft& draft) {
    PostedOperation posted;
    auto known = any_leaf(draft.runner, std::nullopt, !flawed_ || !random_.chance(5));
    uint32_t count = draft.runner.account_count();
    posted.sender = known.value_or(flawed_ ? count : 0);
    if (flaw()) posted.sender = random_.chance(50) ? 0 : count + static_cast<uint32_t>(random_.below(3));
    Account sender;
    if (posted.sender != 0 && posted.sender < count && !draft.runner.read(posted.sender, sender)) sender = {};

    posted.kind = random_.chance(70)   ? OperationKind::kTransfer
                  : random_.chance(50) ? OperationKind::kWithdraw
                                       : OperationKind::kPayout;
    size_t lines = posted.kind == OperationKind::kPayout ? 1 + random_.below(random_.chance(5) ? 90 : 4) : 1;
    for (size_t i = 0; i < lines; ++i) posted.payments.push_back(draft_payment(draft, posted.kind, sender, i));
    static const std::vector<u128> fees = {0, 1, 21, 21 * power_of_ten(12), 5 * power_of_ten(15), 17};
    posted.fee = Amount{random_.pick(fees)};
    if (flawed_ && random_.chance(8)) posted.fee = any_amount(sender.balance);
    if (posted.kind != OperationKind::kWithdraw && random_.chance(15)) {
        posted.memo.bytes[random_.below(32)] = static_cast<uint8_t>(1 + random_.below(255));
    }

    auto signature = draft_signature(draft, posted);
    if (!signature) return;
    FeeTally fees_before = draft.fees;
    StateView::Mark mark = draft.runner.mark();
    Operation form;
    bool ok = execute_operation(draft.runner, posted, draft.fees, sender, form).ok();
    // Room for a fee leaf of each token is kept.
    unsigned weight = draft.chunk.weight() + posted.weight() + static_cast<unsigned>(kTokens);
    bool fits = weight <= kMaxChunkWeight || (flawed_ && random_.chance(10));
    if (!ok || !fits) {
        draft.runner.roll_back(mark);
        draft.fees = fees_before;
        if (!flawed_ || !fits || random_.chance(60)) return;
    }
    draft.chunk.operations.push_back(posted);
    append(draft.sigs, *signature);
}

void ChunkGenerator::draft_fee_leaves(Draft& draft) {
    std::vector<uint32_t>& leaves = draft.chunk.fee_leaves;
    for (const FeeTally::Entry& entry : draft.fees.entries()) {
        auto leaf = any_leaf(draft.runner, entry.token, false);
        GAVEL_CHECK(leaf.has_value());  // the sender's, at least
        leaves.push_back(flaw() ? any_leaf(draft.runner, std::nullopt, false).value_or(0) : *leaf);
    }
    if (!flaw()) return;
    switch (random_.below(5)) {
        case 0: leaves.push_back(any_leaf(draft.runner, std::nullopt, false).value_or(1)); break;
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

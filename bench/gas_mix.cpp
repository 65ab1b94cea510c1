#include "bench/gas_mix.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

constexpr size_t kForcer = 1'000;  // number of the key that L1 operations come from
// Of those who sign, by the number of their key: senders, parties of channels, payees who have no leaf.
constexpr size_t kParties = 64, kNewPayees = 130, kSigners = 160;

u128 top_byte(uint8_t top, unsigned bytes, Draw& draw) {
    u128 out = top;
    for (unsigned i = 1; i < bytes; ++i) out = out << 8 | (1 + draw.below(255));
    return out;
}

// Makes a mix's chunk, putting into the state the accounts that it names.
class Maker {
public:
    Maker(const Mix& mix, const Setting& setting)
        : mix_(mix), setting_(setting), draw_(setting.seed), state_(count(), withdrawals(), counters()) {}

    Chunk make() {
        chunk_.l1_operations = mix_.l1_operations();
        if (chunk_.l1_operations > 0) put({l1_caller().address(), setting_.token}, 0x7f);
        for (const L1Operation& entry : entries_of(mix_, setting_)) {
            if (is_known(entry)) put({entry.to, setting_.token}, 0x10);
        }
        for (unsigned i = 0; i < mix_.transfers; ++i) add(OperationKind::kTransfer, 1, 0);
        for (unsigned i = 0; i < mix_.newcomers; ++i) add(OperationKind::kTransfer, 0, 1);
        for (unsigned i = 0; i < mix_.withdrawals; ++i) add(OperationKind::kWithdraw, 0, 1);
        for (unsigned i = 0; i < mix_.payouts; ++i) add(OperationKind::kPayout, 1, 0);
        if (mix_.lines > 0) add(OperationKind::kPayout, mix_.lines, 0);
        if (mix_.new_lines > 0) add(OperationKind::kPayout, 0, mix_.new_lines);
        for (unsigned i = 0; i < mix_.fee_leaves(); ++i) {
            bool is_wrong = mix_.ending == Ending::kFeeLeafToken && i + 1 == mix_.fee_leaves();
            Address token = is_wrong ? drawn<Address>(99) : token_of(i);
            chunk_.fee_leaves.push_back(put({key_number(2'000 + i).address(), token}, 0x10));
        }
        for (unsigned i = 0; i < mix_.funds; ++i) add_fund();
        for (unsigned i = 0; i < mix_.redeems + mix_.new_redeems; ++i) add_redeem(i >= mix_.redeems);
        lowest();
        state_.link();
        return chunk_;
    }
    DeepState& state() { return state_; }

private:
    uint32_t count() const { return setting_.accounts; }
    uint32_t withdrawals() const {
        if (!setting_.full_frontier) return 1'000;
        return kMaxWithdrawalCount - mix_.withdrawals - mix_.forced_withdrawals;
    }
    Counters counters() const { return {setting_.l1_first, setting_.plain ? 1'000'000 : uint64_t{0x0101010101010101}}; }
    // As entries_of() marks it.
    static bool is_known(const L1Operation& entry) { return (entry.to.bytes[19] & 1) == 0; }

    Address token_of(unsigned i) const {
        return i % mix_.tokens == 0 ? setting_.token : drawn<Address>(uint64_t{50} + i % mix_.tokens);
    }

    // A low leaf for whatever key comes first.
    void lowest() {
        AccountKey key;
        key.owner.bytes.fill(1);
        key.token.bytes.fill(1);
        put(key, 0x10);
    }

    uint32_t put(const AccountKey& key, uint8_t top, uint64_t mark = 0) {
        uint32_t index;
        do {
            index = static_cast<uint32_t>(setting_.accounts / 2 + draw_.below(setting_.accounts / 2 - 64));
        } while (state_.leaves().contains(index));
        Account leaf;
        leaf.key = key;
        bool plain = setting_.plain;
        leaf.nonce = mark | (plain ? draw_.below(50) : static_cast<uint64_t>(top_byte(0x01, 8, draw_)));
        leaf.balance = Amount{plain ? top_byte(0x01, 9, draw_) : top_byte(top, 16, draw_)};
        state_.put(index, leaf);
        return index;
    }

    // The account of that role and number, the same one again if there are only so many.
    uint32_t account(bool is_sender, unsigned number, unsigned token) {
        unsigned which = mix_.accounts == 0 ? number : number % mix_.accounts;
        auto [at, is_new] = known_.try_emplace({is_sender, which, token}, 0);
        if (is_new) {
            size_t key = (is_sender ? 0 : 400) + which + 4'000 * (mix_.accounts == 0 ? 0 : token);
            at->second = put({key_number(key).address(), token_of(token)}, is_sender ? 0x7f : 0x10);
        }
        return at->second;
    }

    Amount amount(bool alone) {
        unsigned number = mix_.amounts == 0 ? amounts_++ : amounts_++ % mix_.amounts;
        Draw draw(setting_.seed * 1'000 + number);
        if (setting_.plain) return Amount{u128{1'000'000'000'000} * (1 + draw.below(99'999))};
        if (!mix_.long_numbers) return Amount{2 + number};
        bool is_large = alone && mix_.accounts == 0 && mix_.amounts == 0;
        u128 value = is_large ? top_byte(0x3f, 16, draw) : top_byte(0x77, 15, draw);
        return Amount{value % 10 == 0 ? value + 1 : value};
    }

    Amount fee(unsigned number) {
        if (mix_.fees == 0) return {};
        unsigned which = number % mix_.fees;
        if (setting_.plain) return Amount{u128{21'000'000'000'000} + which};
        if (!mix_.long_numbers) return Amount{1 + which};
        Draw draw(setting_.seed * 77 + which);
        u128 value = top_byte(0xff, 15, draw);
        return Amount{value % 10 == 0 ? value + 1 : value};
    }

    void add(OperationKind kind, unsigned indexes, unsigned addresses) {
        unsigned number = static_cast<unsigned>(chunk_.operations.size()), token = number % mix_.tokens;
        PostedOperation out;
        out.kind = kind;
        out.sender = account(true, number, token);
        for (unsigned i = 0; i < indexes; ++i) {
            out.payments.push_back({{account(false, recipients_++, token), {}}, amount(indexes == 1)});
        }
        for (unsigned i = 0; i < addresses; ++i) {
            out.payments.push_back({{0, drawn<Address>(uint64_t{9} << 32 | newcomers_++)}, amount(addresses == 1)});
        }
        out.fee = fee(number);
        if (mix_.memos && kind != OperationKind::kWithdraw) out.memo = drawn<Hash>(number);
        chunk_.operations.push_back(std::move(out));
    }

    // Terms whose channel's address has no byte that is zero: as keys, so that it is as dear as can be, and not the lowest.
    struct Words {
        PostedChannel posted;
        Address channel;
    };
    Words channel_words(const Address& payer, const Address& payee) {
        Words out;
        out.posted.unit = amount(true);
        out.posted.expiry = static_cast<uint64_t>(top_byte(0x01, 8, draw_));
        do {
            out.posted.salt = static_cast<uint64_t>(top_byte(0x01, 8, draw_));
            const ChannelTerms terms{payer, payee, out.posted.unit, out.posted.expiry, out.posted.salt};
            out.channel = terms.address(setting_.domain);
        } while (std::find(out.channel.bytes.begin(), out.channel.bytes.end(), 0) != out.channel.bytes.end());
        return out;
    }

    void add_fund() {
        unsigned number = static_cast<unsigned>(chunk_.operations.size()), token = number % mix_.tokens;
        PostedOperation out{OperationKind::kFund, account(true, number, token), {{{}, amount(true)}}, fee(number), {}};
        const Address payee = drawn<Address>(uint64_t{13} << 32 | number);
        out.channel = channel_words(state_.leaves().at(out.sender).key.owner, payee).posted;
        out.channel.payee = payee;
        chunk_.operations.push_back(std::move(out));
    }

    // One who is payer or payee, with a leaf; two numbers one after the other are two people.
    struct Party {
        Address owner;
        uint32_t index;
    };
    Party party(unsigned token) {
        const unsigned number = parties_++, which = mix_.accounts == 0 ? number : number % std::max(2U, mix_.accounts);
        const AccountKey key{key_number(kParties + which + 4'000 * (mix_.accounts == 0 ? 0 : token)).address(), token_of(token)};
        auto [at, is_new] = party_index_.try_emplace(key, 0);
        if (is_new) at->second = put(key, 0x10);
        return {key.owner, at->second};
    }

    void add_redeem(bool is_new_payee) {
        unsigned number = static_cast<unsigned>(chunk_.operations.size()), token = number % mix_.tokens;
        const Party payer = party(token);
        Recipient to;
        Address payee;
        if (is_new_payee) to.address = payee = key_number(kNewPayees + new_payees_++).address();
        else {
            const Party known = party(token);
            to.index = known.index;
            payee = known.owner;
        }
        auto [words, address] = channel_words(payer.owner, payee);
        const uint32_t channel = put({address, token_of(token)}, 0x7f, kChannelMark);
        // More than the fee in any case: see amount() and fee().
        const uint64_t units = mix_.long_numbers && !setting_.plain ? 3 : 100;
        words.count = Amount{claimed_units(state_.leaves().at(channel)) + units};
        words.take = true;
        PostedOperation out{OperationKind::kRedeem, channel, {{to, {}}, {{payer.index, {}}, {}}}, fee(number), {}};
        out.channel = words;
        chunk_.operations.push_back(std::move(out));
    }

    const Mix& mix_;
    const Setting& setting_;
    Draw draw_;
    DeepState state_;
    Chunk chunk_;
    std::map<AccountKey, uint32_t> party_index_;
    unsigned parties_ = 0, new_payees_ = 0;
    std::map<std::tuple<bool, unsigned, unsigned>, uint32_t> known_;
    unsigned recipients_ = 0, newcomers_ = 0, amounts_ = 0;
};

bool has_zero(const Signature& signature) {
    return std::find(signature.bytes.begin(), signature.bytes.end(), 0) != signature.bytes.end();
}

// Signs each operation as it would execute. Where there is a memo it is changed until no byte of the signature is zero.
Bytes sign_all(Chunk& chunk, DeepState state, const std::vector<L1Operation>& entries, const Hash& domain,
               const std::map<Address, PrivateKey>& keys) {
    DeepView view(state);
    for (const L1Operation& entry : entries) GAVEL_CHECK(apply_l1_operation(view, entry).ok());
    Bytes sigs;
    for (PostedOperation& posted : chunk.operations) {
        FeeTally fees;
        Account sender;
        Operation words;
        GAVEL_CHECK(execute_operation(view, domain, posted, fees, sender, words).ok());
        const PrivateKey& key = keys.at(words.signer(sender));
        Signature signature = key.sign(words.digest(domain));
        for (uint64_t tries = 1; tries < 16 && !posted.memo.is_zero() && has_zero(signature); ++tries) {
            words.memo = posted.memo = drawn<Hash>(uint64_t{posted.sender} << 16 | tries);
            signature = key.sign(words.digest(domain));
        }
        append(sigs, signature);
        if (!words.channel.take) continue;
        const Voucher voucher{words.channel.channel, words.token, words.channel.count};
        append(sigs, keys.at(words.channel.terms.payer).sign(voucher.digest(domain)));
    }
    return sigs;
}

const std::map<Address, PrivateKey>& all_keys() {
    static const std::map<Address, PrivateKey> keys = [] {
        std::map<Address, PrivateKey> out;
        for (size_t token = 0; token < 8; ++token) {
            for (size_t i = 0; i < kSigners; ++i) {
                const PrivateKey& key = key_number(i + 4'000 * token);
                out.emplace(key.address(), key);
            }
        }
        return out;
    }();
    return keys;
}

}  // namespace

const PrivateKey& key_number(size_t number) {
    static std::map<size_t, PrivateKey> known;
    auto found = known.find(number);
    for (size_t i = 0; found == known.end(); ++i) {
        PrivateKey key = PrivateKey::derived(fmt::format("gas {} {}", number, i));
        Address address = key.address();
        if (std::find(address.bytes.begin(), address.bytes.end(), 0) == address.bytes.end()) {
            found = known.emplace(number, key).first;
        }
    }
    return found->second;
}

const PrivateKey& l1_caller() { return key_number(kForcer); }

unsigned Mix::fee_leaves() const { return fees == 0 || ending == Ending::kFeeLeafMissing ? 0 : std::min(tokens, operations()); }

unsigned Mix::weight() const {
    unsigned payouts_weight = 2 * payouts + (lines != 0 ? 1 + lines : 0) + (new_lines != 0 ? 1 + 2 * new_lines : 0);
    const unsigned channels_weight = 3 * funds + 4 * redeems + 5 * new_redeems;
    return 2 * transfers + 3 * newcomers + 2 * withdrawals + payouts_weight + channels_weight + 3 * l1_operations() +
           fee_leaves();
}

bool Mix::is_possible() const {
    if (64 * signatures() > kMaxSigsSize) return false;
    if (weight() > kMaxChunkWeight || weight() == 0 || operations() > 63 || l1_operations() > 32) return false;
    if (tokens == 0 || tokens > 4 || (tokens > 1 && fees == 0) || fees > operations()) return false;
    if (ending != Ending::kRight && fees == 0) return false;
    // With other accounts the balances wouldn't last.
    if (long_numbers && lines > 94) return false;
    return true;
}

std::string Mix::describe() const {
    std::string out;
    auto say = [&](unsigned n, const char* what) {
        if (n > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, what);
    };
    say(transfers, "transfers");
    say(newcomers, "transfers to new accounts");
    say(withdrawals, "withdrawals");
    say(payouts, "payouts of one line");
    say(lines, "lines of a payout");
    say(new_lines, "lines to new accounts of a payout");
    say(funds, "funds");
    say(redeems, "redeems");
    say(new_redeems, "redeems to new accounts");
    say(deposits, "deposits");
    say(new_deposits, "deposits to new accounts");
    say(forced_transfers, "forced transfers");
    say(forced_newcomers, "forced transfers to new accounts");
    say(forced_withdrawals, "forced withdrawals");
    say(fees, "fees");
    if (tokens > 1) say(tokens, "tokens");
    say(accounts, "accounts in turn");
    say(amounts, "amounts in turn");
    if (memos) out += ", memos";
    if (long_numbers) out += ", long numbers";
    if (ending == Ending::kFeeLeafMissing) out += ", a fee leaf missing";
    if (ending == Ending::kFeeLeafToken) out += ", a fee leaf of another token";
    return out;
}

std::vector<L1Operation> entries_of(const Mix& mix, const Setting& setting) {
    std::vector<L1Operation> out;
    auto add = [&](unsigned n, L1OperationKind kind, bool is_new) {
        for (unsigned i = 0; i < n; ++i) {
            Address to = drawn<Address>(uint64_t{11} << 32 | (out.size() + 64 * setting.l1_first));
            // The last bit tells whether there is an account.
            to.bytes[19] = static_cast<uint8_t>(is_new ? to.bytes[19] | 1 : (to.bytes[19] & 0xfe) | 2);
            Draw draw(out.size());
            u128 value = mix.long_numbers ? top_byte(0x01, 15, draw) : 1;
            out.push_back(
                {kind, l1_caller().address(), to, setting.token, Amount{value}, setting.l1_time + out.size() * setting.l1_step});
        }
    };
    add(mix.deposits, L1OperationKind::kDeposit, false);
    add(mix.new_deposits, L1OperationKind::kDeposit, true);
    add(mix.forced_transfers, L1OperationKind::kForcedTransfer, false);
    add(mix.forced_newcomers, L1OperationKind::kForcedTransfer, true);
    add(mix.forced_withdrawals, L1OperationKind::kForcedWithdrawal, true);
    return out;
}

Built build(const Mix& mix, const Setting& setting) {
    GAVEL_CHECK(mix.is_possible());
    Built out;
    out.mix = mix;
    out.entries = entries_of(mix, setting);
    Maker maker(mix, setting);
    out.chunk = maker.make();
    DeepState& state = maker.state();
    Bytes sigs = sign_all(out.chunk, state, out.entries, setting.domain, all_keys());
    out.posted = {encode_ops(out.chunk), sigs};
    out.before = state.fields();
    out.frontier = state.withdrawals.hashes();
    ListEnv env(setting.domain, setting.l1_first + out.entries.size(), out.entries, setting.l1_first);
    DeepView view(state);
    out.outcome = apply(env, view, state.counters, out.posted.ops, out.posted.sigs);
    Refusal expected = mix.ending == Ending::kRight            ? Refusal::kNone
                       : mix.ending == Ending::kFeeLeafMissing ? Refusal::kFeeLeafMissing
                                                               : Refusal::kFeeLeafToken;
    if (out.outcome.refusal != expected || out.outcome.kind == Outcome::Kind::kViewFailed) {
        throw std::runtime_error(mix.describe() + ": " + name_of(out.outcome.refusal));
    }
    out.after = state.fields();
    out.witness = view.take_witness();
    out.work = view.work();
    return out;
}

}  // namespace gavel::bench

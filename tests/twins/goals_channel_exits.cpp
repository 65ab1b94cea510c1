// exitChannel and exitChannelRest, after a freeze (docs/contract.md, "After a freeze").
#include <algorithm>

#include "tests/twins/leaves.hpp"

namespace gavel::twins {
namespace {

// A leaf with terms that are its channel's, unless they are spoilt, and a voucher.
struct Shown {
    Exit exit;
    ChannelTerms terms;
    Bytes terms_bytes;
    uint64_t count = 0;
    Bytes voucher;
    Address sender;
    u128 taken = 0;
    // Which of the two calls it is for.
    bool takes = false;

    const AccountKey& key() const { return exit.leaf().key; }
    u128 balance() const { return exit.leaf().balance.value(); }
    u128 amount() const { return takes ? units_due(exit.leaf(), terms.unit, count) * terms.unit.value() : balance() - taken; }
};
using Holds = std::function<bool(const Shown&)>;
using Spoil = std::function<void(Shown&)>;

bool can_sign(const Shown& s) { return test::key_of(s.terms.payer) != nullptr; }
bool is_closed(const Shown& s) { return !is_open_channel(s.exit.leaf()); }

uint64_t any_count(World& w, const Account& leaf) {
    const uint64_t claimed = std::min(claimed_units(leaf), kMaxVoucherCount - 1);
    const uint64_t more = w.random.chance(30) ? kMaxVoucherCount : 1 + w.random.below(40);
    return claimed + std::min(more, kMaxVoucherCount - claimed);
}

Shown shown_of(World& w, bool takes, const Exit& exit, const ChannelTerms& terms) {
    Shown out{exit, terms, terms.encode(), any_count(w, exit.leaf()), {}, w.any_actor(), 0, takes};
    out.taken = w.channel_taken(exit.proof.index).value();
    if (takes) out.sender = terms.payee;
    return out;
}

// Of a channel's leaf of the head's last state, drawn among all.
std::optional<Shown> find_channel(World& w, bool takes, const Holds& holds) {
    auto exit = find_exit(w, [&](uint32_t index, const Account& leaf) {
        const ChannelTerms* terms = is_marked(leaf) ? w.terms_at(leaf.key.owner) : nullptr;
        if (terms == nullptr) return false;
        return holds(shown_of(w, takes, Exit{w.head().header, {index, leaf, {}}, {}, 0}, *terms));
    });
    // Another count is drawn: so that it holds still, try a few.
    for (int attempt = 0; exit && attempt < 30; ++attempt) {
        Shown found = shown_of(w, takes, *exit, *w.terms_at(exit->leaf().key.owner));
        if (!holds(found)) continue;
        found.voucher = to_bytes(w.voucher(found.terms, found.key().token, found.count));
        return found;
    }
    return std::nullopt;
}

Step show(World& w, const Shown& s, uint64_t not_before = 0) {
    AbiWriter out(s.takes ? "exitChannel(bytes,uint32,bytes,bytes32[],bytes,uint64,bytes,address,uint256)"
                          : "exitChannelRest(bytes,uint32,bytes,bytes32[],bytes,address,uint256)");
    const ExitProof& proof = s.exit.proof;
    out.bytes(s.exit.header.encode()).word(proof.index).bytes(proof.account.encode()).hashes(proof.path).bytes(s.terms_bytes);
    if (s.takes) out.word(s.count).bytes(s.voucher);
    return step(w.as(s.sender, out.word(s.exit.receiver).word(s.exit.pay_gas).take()), not_before);
}

bool is_exited(World& w, const Shown& s) { return w.is_exited(s.exit.proof.index); }
bool is_payable(World& w, const Shown& s) { return s.amount() != 0 && s.amount() <= w.held(s.key().token); }

// When the rest may be paid.
uint64_t rest_at(World& w, const Shown& s) {
    if (s.takes || s.taken != 0 || is_closed(s)) return 0;
    const uint64_t frozen_at = w.ask(rollup_view::frozen_at(), rollup_view::read_number);
    return std::max(std::min(s.terms.expiry, frozen_at + kChannelMost),
                    frozen_at + w.parameters.challenge_window + kChannelLeast);
}

// The call about a channel that has come to that, after the freeze, when what it waits for is over.
Next with(World& w, bool takes, const Holds& holds, const Spoil& spoil) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_channel(
        w, takes, [&](const Shown& s) { return !is_exited(w, s) && (!takes || (s.taken == 0 && can_sign(s))) && holds(s); });
    if (!found) return std::nullopt;
    const uint64_t not_before = rest_at(w, *found);
    spoil(*found);
    return show(w, *found, not_before);
}
bool any(const Shown&) { return true; }
void as_it_is(Shown&) {}

Next success(World& w, bool takes) {
    auto can_be_paid = [&](const Shown& s) {
        const Address& due = takes ? s.terms.payee : s.terms.payer;
        return is_payable(w, s) && due != w.refuser;
    };
    return with(w, takes, can_be_paid, [&](Shown& s) {
        s.exit.pay_gas = any_pay_gas(w);
        if (w.random.chance(30)) s.exit.receiver = takes ? w.any_address() : s.terms.payer;
        if (takes || !w.random.chance(30)) return;
        s.sender = s.terms.payer;
        s.exit.receiver = w.any_address();
    });
}

Next unfrozen(World& w, bool takes) {
    if (w.frozen()) return std::nullopt;
    if (auto found = find_channel(w, takes, any)) return show(w, *found);
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    return append_step(w, with_estate(w));
}

}  // namespace

Next channel_not_final(World& w, bool takes) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    if (w.is_final(w.head())) return std::nullopt;
    auto found = find_channel(w, takes, any);
    if (!found) return std::nullopt;
    return show(w, *found);
}

namespace {

Next other_bytes(World& w, bool takes, bool header_is_wrong) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_channel(w, takes, any);
    if (!found) return std::nullopt;
    Bytes header = found->exit.header.encode(), leaf = found->exit.leaf().encode();
    Bytes& wrong = header_is_wrong ? header : leaf;
    wrong = of_other_length(w, wrong);
    AbiWriter out(takes ? "exitChannel(bytes,uint32,bytes,bytes32[],bytes,uint64,bytes,address,uint256)"
                        : "exitChannelRest(bytes,uint32,bytes,bytes32[],bytes,address,uint256)");
    out.bytes(header).word(found->exit.proof.index).bytes(leaf).hashes({}).bytes({});
    if (takes) out.word(0).bytes({});
    return step(w.as(w.any_actor(), out.word(Address{}).word(0).take()));
}

Next again(World& w, bool takes) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    if (auto found = find_channel(w, takes, [&](const Shown& s) { return is_exited(w, s); })) return show(w, *found);
    return success(w, false);
}

Next of_no_channel(World& w, bool takes) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_exit(w, [&](uint32_t index, const Account& leaf) { return !is_marked(leaf) && !w.is_exited(index); });
    if (!found) return std::nullopt;
    const ChannelTerms& terms = w.random.pick(w.channels);
    return show(w, {*found, terms, terms.encode(), 1, to_bytes(w.voucher(terms, {}, 1)), w.any_actor(), 0, takes});
}

Next with_wrong_terms(World& w, bool takes) {
    return with(w, takes, any, [&](Shown& s) {
        if (w.random.chance(50)) {
            s.terms_bytes = wrong_terms(w, s.terms);
            return;
        }
        ChannelTerms other = s.terms;
        switch (w.random.below(4)) {
            case 0: other.payer = w.party(6); break;
            case 1: other.unit = Amount{other.unit.value() + 1}; break;
            case 2: other.expiry ^= 1; break;
            default: other.salt ^= 1;
        }
        s.terms_bytes = other.encode();
    });
}

Next token_fails(World& w, bool takes) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    for (size_t number : {kPlain, kSilent, kFee}) {
        auto of_token = [&](const Shown& s) { return s.key().token == w.tokens[number] && is_payable(w, s); };
        auto still = [&](const Shown& s) { return !is_exited(w, s) && (!takes || (s.taken == 0 && can_sign(s))) && of_token(s); };
        if (!find_channel(w, takes, still)) continue;
        return after_theft(w, w.tokens[number], [&] { return with(w, takes, of_token, as_it_is); });
    }
    return std::nullopt;
}

// What both calls refuse.
void add_common(std::vector<Goal>& out, bool takes) {
    const char* call = takes ? "exitChannel" : "exitChannelRest";
    auto add = [&](const char* outcome, std::function<Next(World&)> next) { out.push_back({{call, outcome}, std::move(next)}); };
    auto refused_for = [&](const char* outcome, bool (*holds)(World&, const Shown&), void (*spoil)(World&, Shown&)) {
        add(outcome, [=](World& w) {
            return with(
                w, takes, [&](const Shown& s) { return holds(w, s); }, [&](Shown& s) { spoil(w, s); });
        });
    };
    constexpr auto whatever = [](World&, const Shown&) { return true; };
    constexpr auto nothing = [](World&, Shown&) {};
    add("success", [=](World& w) { return success(w, takes); });
    add("NotFrozen", [=](World& w) { return unfrozen(w, takes); });
    add("HeaderLength", [=](World& w) { return other_bytes(w, takes, true); });
    refused_for("NotOnHead", whatever, [](World& w, Shown& s) { s.exit.header = not_the_heads(w); });
    add("BatchNotFinal", [=](World& w) { return channel_not_final(w, takes); });
    add("LeafLength", [=](World& w) { return other_bytes(w, takes, false); });
    refused_for("ExitIndex", whatever, [](World& w, Shown& s) { s.exit.proof.index = wrong_index(w, s.exit.header); });
    add("AlreadyExited", [=](World& w) { return again(w, takes); });
    refused_for("ExitPath", whatever, [](World& w, Shown& s) { spoil_path(w, s.exit.proof); });
    add("NotAChannel", [=](World& w) { return of_no_channel(w, takes); });
    add("TermsInvalid", [=](World& w) { return with_wrong_terms(w, takes); });
    refused_for(
        "ZeroAmount", [](World&, const Shown& s) { return s.amount() == 0; }, nothing);
    refused_for(
        "VaultShort", [](World& w, const Shown& s) { return s.amount() > w.held(s.key().token); }, nothing);
    refused_for("PayGasShort", is_payable, [](World& w, Shown& s) { s.exit.pay_gas = too_much_pay_gas(w); });
    refused_for(
        "PaymentFailed",
        [](World& w, const Shown& s) {
            return is_payable(w, s) && s.key().token.is_zero() && (s.takes ? s.terms.payee : s.terms.payer) == w.refuser;
        },
        nothing);
    add("TokenCallFailed", [=](World& w) { return token_fails(w, takes); });
}

Next taken_already(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_channel(w, true, [&](const Shown& s) { return !is_exited(w, s) && s.taken != 0; });
    if (!found) return success(w, true);
    return show(w, *found);
}

Next rest_too_early(World& w) {
    if (Prep exits = need_exits(w); !exits.met) return exits.step;
    auto found = find_channel(w, false, [&](const Shown& s) { return !is_exited(w, s) && rest_at(w, s) > w.now + 70; });
    if (!found) return std::nullopt;
    return show(w, *found, w.random.chance(30) ? rest_at(w, *found) - 1 : 0);
}

}  // namespace

std::vector<Goal> channel_exit_goals() {
    std::vector<Goal> out;
    add_common(out, true);
    add_common(out, false);
    out.push_back({{"exitChannel", "NotPayee"}, [](World& w) {
                       return with(w, true, any, [&](Shown& s) {
                           while (s.sender == s.terms.payee) s.sender = w.any_actor();
                       });
                   }});
    out.push_back({{"exitChannel", "AlreadyTaken"}, taken_already});
    out.push_back({{"exitChannel", "CountInvalid"}, [](World& w) {
                       return with(w, true, any, [&](Shown& s) {
                           const std::vector<uint64_t> counts{0, kMaxVoucherCount + 1, ~uint64_t{0}};
                           s.count = w.random.pick(counts);
                       });
                   }});
    out.push_back({{"exitChannel", "VoucherInvalid"}, [](World& w) {
                       return with(w, true, any,
                                   [&](Shown& s) { s.voucher = wrong_voucher(w, s.terms, s.key().token, s.count); });
                   }});
    out.push_back({{"exitChannelRest", "RestTooEarly"}, rest_too_early});
    out.push_back({{"exitChannelRest", "ReceiverNotAllowed"}, [](World& w) {
                       auto is_left = [](const Shown& s) { return s.amount() != 0; };
                       return with(w, false, is_left, [&](Shown& s) {
                           s.exit.receiver = test::stranger(80 + w.random.below(3));
                           while (s.sender == s.terms.payer) s.sender = w.any_actor();
                       });
                   }});
    return out;
}

}  // namespace gavel::twins

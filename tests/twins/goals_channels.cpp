// forceRedeem and reclaim (docs/contract.md, "Channels").
#include <algorithm>

#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

// Terms that are right, of a channel or of none.
ChannelTerms any_terms(World& w) {
    ChannelTerms out = w.random.pick(w.channels);
    if (w.random.chance(10)) out.payee = w.random.chance(50) ? test::stranger(2) : w.party(6);
    if (w.random.chance(5)) out.unit = Amount::max();
    return out;
}
// Whose payer can sign.
ChannelTerms signed_terms(World& w) {
    ChannelTerms out = any_terms(w);
    while (test::key_of(out.payer) == nullptr) out = any_terms(w);
    return out;
}
uint64_t any_count(World& w) {
    return w.random.chance(20) ? kMaxVoucherCount - w.random.below(2) : 1 + w.random.below(w.random.chance(60) ? 30 : 2000);
}

Tx redeem_with(World& w, const Bytes& terms, const Address& token, uint64_t count, ByteView voucher) {
    AbiWriter out("forceRedeem(bytes,address,uint64,bytes)");
    return w.as(w.any_actor(), out.bytes(terms).word(token).word(count).bytes(voucher).take());
}
Tx reclaim_with(World& w, const Bytes& terms) {
    return w.as(w.any_actor(), AbiWriter("reclaim(bytes,address)").bytes(terms).word(w.any_token()).take());
}

Tx redeem(World& w) {
    const ChannelTerms terms = signed_terms(w);
    const Address token = w.any_token();
    const uint64_t count = any_count(w);
    return w.as(w.any_actor(), rollup_call::force_redeem(terms, token, count, w.voucher(terms, token, count)));
}

Tx redeem_of_no_count(World& w) {
    const ChannelTerms terms = any_terms(w);
    const Address token = w.any_token();
    const std::vector<uint64_t> counts{0, kMaxVoucherCount + 1, kChannelMark, ~uint64_t{0}};
    const uint64_t count = w.random.pick(counts);
    return redeem_with(w, terms.encode(), token, count, w.voucher(terms, token, count));
}

Tx redeem_unsigned(World& w) {
    const ChannelTerms terms = any_terms(w);
    const Address token = w.any_token();
    const uint64_t count = any_count(w);
    return redeem_with(w, terms.encode(), token, count, wrong_voucher(w, terms, token, count));
}

Next reclaim_expired(World& w) {
    if (Prep open = need_open(w); !open.met) return open.step;
    std::vector<ChannelTerms> known = w.channels;
    // Those that never expire aside.
    std::erase_if(known, [&](const ChannelTerms& terms) { return terms.expiry > w.now + 3000; });
    ChannelTerms terms = known.empty() ? any_terms(w) : w.random.pick(known);
    if (known.empty() || w.random.chance(20)) terms.expiry = w.now + w.random.below(9);
    return step(w.as(w.any_actor(), rollup_call::reclaim(terms, w.any_token())), terms.expiry);
}

Tx reclaim_early(World& w) {
    ChannelTerms terms = any_terms(w);
    terms.expiry = w.random.chance(50) ? ~uint64_t{0} : w.now + 100 + w.random.below(1000);
    return w.as(w.any_actor(), rollup_call::reclaim(terms, w.any_token()));
}

Goal when_open(Outcome aim, Tx (*make)(World&)) {
    return {std::move(aim), [make](World& w) -> Next {
                if (Prep open = need_open(w); !open.met) return open.step;
                return step(make(w));
            }};
}
Goal when_frozen(Outcome aim, Tx (*make)(World&)) {
    return {std::move(aim), [make](World& w) -> Next {
                if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
                return step(make(w));
            }};
}

}  // namespace

Bytes wrong_terms(World& w, const ChannelTerms& right) {
    ChannelTerms terms = right;
    switch (w.random.below(6)) {
        case 0: terms.unit = {}; break;
        case 1: terms.payer = {}; break;
        case 2: terms.payee = {}; break;
        case 3: terms.payee = terms.payer; break;
        default: break;
    }
    if (terms != right) return terms.encode();
    Bytes out = right.encode();
    out.resize(w.random.chance(30) ? 0 : w.random.chance(50) ? out.size() - 1 : out.size() + 1 + w.random.below(72));
    return out;
}

Bytes wrong_voucher(World& w, const ChannelTerms& terms, const Address& token, uint64_t count) {
    Bytes out = to_bytes(w.voucher(terms, token, count));
    switch (w.random.below(7)) {
        case 0: return to_bytes(w.voucher(terms, token, count == 1 ? 2 : count - 1));
        case 1: return to_bytes(w.voucher(terms, test::stranger(3), count));
        case 2: {
            ChannelTerms other = terms;
            ++other.salt;
            return to_bytes(w.voucher(other, token, count));
        }
        case 3: std::fill(out.begin() + 32, out.end(), 0xff); return out;  // s over n/2
        case 4: return Bytes(64);
        case 5: out[w.random.below(64)] ^= static_cast<uint8_t>(1 + w.random.below(255)); return out;
        default: out.resize(w.random.chance(30) ? 0 : w.random.chance(50) ? 63 : 65); return out;
    }
}

std::vector<Goal> channel_goals() {
    return {
        when_open({"forceRedeem", "success"}, redeem),
        when_open({"forceRedeem", "TermsInvalid"},
                  [](World& w) { return redeem_with(w, wrong_terms(w, any_terms(w)), {}, w.random.below(2), {}); }),
        when_open({"forceRedeem", "CountInvalid"}, redeem_of_no_count),
        when_open({"forceRedeem", "VoucherInvalid"}, redeem_unsigned),
        when_frozen({"forceRedeem", "Frozen"}, redeem),
        {{"reclaim", "success"}, reclaim_expired},
        when_open({"reclaim", "TermsInvalid"}, [](World& w) { return reclaim_with(w, wrong_terms(w, any_terms(w))); }),
        when_open({"reclaim", "NotExpired"}, reclaim_early),
        when_frozen({"reclaim", "Frozen"}, reclaim_early),
    };
}

}  // namespace gavel::twins

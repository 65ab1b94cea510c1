// Chunks with channels made by hand: a small encoder of one fee class, and a world of three people.
#pragma once

#include <algorithm>

#include "tests/protocol/by_hand.hpp"

namespace gavel::test::by_hand {

struct To {
    uint32_t index = 0;
    m::Bytes address = "";  // in the index's place, if not empty
    bool payer = false;     // of a redeem: it has no word for "by address"
};
struct HandOperation {
    std::string kind;  // its bits
    uint32_t sender = 0;
    std::vector<To> to;
    std::vector<m::Number> amounts;
    std::string terms = "";
};

inline std::string u(unsigned width, const m::Number& value) {
    std::string out;
    for (unsigned i = width; i-- > 0;) out += value.GetBit(i) ? '1' : '0';
    return out;
}
inline std::string gamma(unsigned value, unsigned k = 0) {
    m::Number q = static_cast<long>((value >> k) + 1);
    return std::string(q.BitCount() - 1, '0') + u(q.BitCount(), q) + u(k, static_cast<long>(value & ((1u << k) - 1)));
}

// Writes the lists of a fee class.
class HandClass {
public:
    std::string account(uint32_t index, unsigned w) {
        return item(accounts_, index, [&] { return u(w, static_cast<long>(index)); });
    }
    std::string amount(const m::Number& value) {
        return item(amounts_, value, [&] { return amount_literal(value); });
    }

private:
    template <class Value, class Literal>
    std::string item(std::vector<Value>& list, const Value& value, Literal literal) {
        const std::string flag = list.empty() ? "" : "0";
        auto found = std::find(list.begin(), list.end(), value);
        if (found != list.end()) {
            std::string ref = "1" + gamma(static_cast<unsigned>(found - list.begin()));
            std::rotate(list.begin(), found, found + 1);
            return ref;
        }
        list.insert(list.begin(), value);
        return flag + literal();
    }
    std::string amount_literal(const m::Number& value) {
        unsigned e = 0;
        m::Number mantissa = value;
        for (; !mantissa.IsZero() && mantissa % 10 == 0; ++e) mantissa /= 10;
        auto place = std::find(exponents_.begin(), exponents_.end(), e);
        std::string out = gamma(static_cast<unsigned>(place - exponents_.begin()));
        std::rotate(exponents_.begin(), place, place + 1);
        int length = static_cast<int>(mantissa.BitCount()), change = length + static_cast<int>(3402 * e / 1024) - magnitude_;
        magnitude_ += change;
        out += gamma(static_cast<unsigned>(change >= 0 ? 2 * change : -2 * change - 1), 2);
        return length == 0 ? out : out + u(static_cast<unsigned>(length - 1), mantissa);
    }

    std::vector<uint32_t> accounts_;
    std::vector<m::Number> amounts_;
    std::vector<unsigned> exponents_ = [] {
        std::vector<unsigned> out;
        for (unsigned e = 0; e < 39; ++e) out.push_back(e);
        return out;
    }();
    int magnitude_ = 64;
};

// A chunk whose operations all have that fee, which ten doesn't divide.
inline m::Bytes ops_of(unsigned l1, const std::vector<HandOperation>& operations, const m::Number& fee = 0,
                       const std::vector<uint32_t>& fee_leaves = {}) {
    bool mixed = false, by_address = false;
    m::Number largest = 1;
    auto see = [&](uint32_t index) { largest = std::max<m::Number>(largest, static_cast<long>(index)); };
    for (const HandOperation& op : operations) {
        mixed |= op.kind != "0";
        see(op.sender);
        for (const To& to : op.to) {
            by_address |= !to.address.empty();
            if (to.address.empty()) see(to.index);
        }
    }
    for (uint32_t leaf : fee_leaves) see(leaf);
    const unsigned w = largest.BitCount();

    HandClass lists;
    std::string kinds, senders, recipients, amounts, terms;
    for (const HandOperation& op : operations) kinds += op.kind;
    for (const HandOperation& op : operations) senders += lists.account(op.sender, w);
    for (const HandOperation& op : operations) {
        for (const To& to : op.to) {
            if (by_address && !to.payer) recipients += to.address.empty() ? '0' : '1';
            recipients += to.address.empty() ? lists.account(to.index, w) : bits_of(to.address);
        }
        for (const m::Number& amount : op.amounts) amounts += lists.amount(amount);
        terms += op.terms;
    }
    std::string out = gamma(l1) + u(6, static_cast<long>(operations.size())) + u(6, static_cast<long>(fee_leaves.size())) +
                      u(5, static_cast<long>(w - 1)) + (mixed ? "1" : "0") + (by_address ? "1" : "0") + "0";
    if (mixed) out += kinds;
    if (!operations.empty()) out += u(6, 0) + u(8, static_cast<long>(fee.BitCount())) + u(3, 0) + u(fee.BitCount(), fee);
    out += senders + recipients + amounts + terms;
    for (uint32_t leaf : fee_leaves) out += u(w, static_cast<long>(leaf));
    return pack(out);
}

const uint32_t kAliceLeaf = 1, kBobLeaf = 2, kCarolLeaf = 3, kChannelLeaf = 4;
inline const m::Number kMark = m::power_of_two(63);
inline const m::Number kClosedNonce = m::power_of_two(64) - 1;
inline const m::Number kLargest = m::power_of_two(128) - 1;

// What a Redeem says, and what is posted of it.
struct HandRedeem {
    m::Number count = 0;  // 0: it doesn't take
    bool close = false;
    m::Number claimed = 0;
    m::Number fee = 0;
    To payee = {kBobLeaf};
    uint32_t payer = kAliceLeaf;
    uint32_t channel = kChannelLeaf;
    bool take() const { return !count.IsZero(); }
};

inline HandRedeem takes(const m::Number& count) {
    HandRedeem out;
    out.count = count;
    return out;
}
inline HandRedeem closes(const m::Number& count = 0) {
    HandRedeem out = takes(count);
    out.close = true;
    return out;
}

// Alice has 1 ether, Bob 5 wei, Carol's leaf is empty. Alice's channel to Bob at 7 wei a unit is leaf 4, once it is there.
struct World {
    m::Env env{m::domain_separator(31337, kRollup), {}, 100};
    m::State state;
    m::Terms terms{kAlice, kBob, 7, 1000, 5};
    m::Bytes channel = m::channel_address(env.separator, terms);
    m::Trace trace;

    World() {
        state.put(kAlice, kEth, 0, kEther);
        state.put(kBob, kEth, 0, 5);
        state.put(kCarol, kEth, 0, 0);
    }
    static World with_channel(const m::Number& balance, const m::Number& claimed = 0) {
        World out;
        out.state.put(out.channel, kEth, kMark + claimed, balance);
        return out;
    }

    m::Account& leaf(const m::Bytes& owner) { return state.accounts.at(owner + kEth); }
    m::Number balance(const m::Bytes& owner) { return leaf(owner).balance; }

    HandOperation fund(const m::Number& amount) const {
        return {"110000001111100", kAliceLeaf, {}, {amount, terms.unit}, bits_of(terms.payee) + terms_bits()};
    }
    m::Bytes fund_signature(const m::Number& amount, const m::Number& nonce = 0, const m::Number& fee = 0) const {
        return sign(m::fund_digest(env.separator, kEth, terms, amount, fee, nonce), scalar(1));
    }
    HandOperation redeem(const HandRedeem& words) const {
        std::string kind = !words.take() ? "110000001111111" : words.close ? "110000001111110" : "110000001111101";
        std::vector<m::Number> amounts{terms.unit};
        if (words.take()) amounts.push_back(words.count);
        return {kind, words.channel, {words.payee, {words.payer, "", true}}, amounts, terms_bits()};
    }
    m::Bytes redeem_signatures(const HandRedeem& words) const {
        m::Bytes out = sign(
            m::redeem_digest(env.separator, {channel, kEth, words.claimed, words.count, words.take(), words.close, words.fee}),
            scalar(2));
        return words.take() ? out + voucher(words.count) : out;
    }
    m::Bytes voucher(const m::Number& count, int key = 1) const {
        return sign(m::voucher_digest(env.separator, channel, kEth, count), scalar(key));
    }
    std::string terms_bits() const { return u(64, terms.expiry) + u(64, terms.salt); }

    // The refusal's name or "". What is refused changes nothing.
    std::string apply(const m::Bytes& ops, const m::Bytes& sigs) {
        const m::Bytes before = state.fields().encode();
        trace = {};
        std::string refusal = m::apply(env, state, ops, sigs, &trace);
        if (!refusal.empty()) CHECK(state.fields().encode() == before);
        return refusal;
    }
    // One Redeem and nothing else; Carol takes its fee.
    std::string apply(const HandRedeem& words) {
        return apply(
            ops_of(0, {redeem(words)}, words.fee, words.fee.IsZero() ? std::vector<uint32_t>{} : std::vector{kCarolLeaf}),
            redeem_signatures(words));
    }
    // One Fund and nothing else.
    std::string apply_fund(const m::Number& amount, const m::Number& nonce = 0) {
        return apply(ops_of(0, {fund(amount)}), fund_signature(amount, nonce));
    }
};

}  // namespace gavel::test::by_hand

// A channel of Alice's, who pays, to Bob, with all that the rollup contract asks for.
#pragma once

#include "protocol/channel.hpp"
#include "protocol/keys.hpp"
#include "tests/contract/frozen_fixture.hpp"

namespace gavel::test {

// Of the rollup that a ContractFixture deploys: known before there is one.
inline Hash rollup_domain() { return Domain{ChainOptions{}.chain_id, deployed(0)}.separator(); }

struct SomeChannel {
    ChannelTerms terms{kAlice, kBob, Amount{10}, kStart + 5000, 1};

    Address address() const { return terms.address(rollup_domain()); }
    Signature voucher(uint64_t count, const Address& token = {}, const PrivateKey& by = PrivateKey::derived("alice")) const {
        return by.sign(Voucher{address(), token, count}.digest(rollup_domain()));
    }
    // Its account, of which so many units have been claimed.
    Owned leaf(u128 balance, uint64_t claimed = 0, const Address& token = {}) const {
        return {address(), token, balance, kChannelMark + claimed};
    }
};

// Each way in which terms are no right ones: unit, payer, payee; and their bytes too few or too many.
inline std::vector<Bytes> terms_that_are_wrong(const ChannelTerms& right) {
    std::vector<ChannelTerms> wrong(5, right);
    wrong[0].unit = {};
    wrong[1].payer = {};
    wrong[2].payee = {};
    wrong[3].payee = right.payer;
    wrong[4].payer = wrong[4].payee = {};
    std::vector<Bytes> out;
    for (const ChannelTerms& one : wrong) out.push_back(one.encode());
    for (size_t size : {0, 71, 73, 144}) {
        out.push_back(right.encode());
        out.back().resize(size);
    }
    return out;
}

// Each way in which a voucher for `count` of that channel is none: of nobody's, of somebody else's, for other words.
inline std::vector<Bytes> vouchers_that_are_wrong(const SomeChannel& channel, uint64_t count) {
    SomeChannel other = channel;
    ++other.terms.salt;
    const auto elsewhere = [&](const Domain& domain) {
        return PrivateKey::derived("alice").sign(Voucher{channel.address(), {}, count}.digest(domain.separator()));
    };
    const uint64_t chain = ChainOptions{}.chain_id;
    const std::vector<Signature> wrong{Signature{},
                                       channel.voucher(count, {}, PrivateKey::derived("bob")),
                                       channel.voucher(count, {}, PrivateKey::derived("carol")),
                                       channel.voucher(count - 1),
                                       channel.voucher(count + 1),
                                       channel.voucher(count, kCarol),
                                       other.voucher(count),
                                       elsewhere({chain + 1, deployed(0)}),
                                       elsewhere({chain, deployed(1)})};
    std::vector<Bytes> out;
    for (const Signature& one : wrong) out.push_back(to_bytes(one));
    for (size_t size : {0, 63, 65, 128}) {
        out.push_back(to_bytes(channel.voucher(count)));
        out.back().resize(size);
    }
    return out;
}

}  // namespace gavel::test

#include "tests/generator/test_channels.hpp"

#include <array>
#include <map>

namespace gavel::test {
namespace {

struct Channels {
    std::array<ChannelTerms, kChannels> terms;
    std::array<Address, kChannels> addresses;
    std::map<Address, size_t> numbers;

    Channels() {
        const u128 units[] = {7, 1, 1000, u128{1} << 100, ~u128{0}};
        for (size_t i = 0; i < kChannels; ++i) {
            const size_t payer = i % kPeople;
            const Address payee = i % 12 == 11 ? stranger(i) : person_address((payer + 1 + i / kPeople) % kPeople);
            terms[i] = {person_address(payer), payee, Amount{units[i % 5]}, 1'800'000'000 + i, i};
            addresses[i] = terms[i].address(test_domain().separator());
            numbers[addresses[i]] = i;
        }
    }
};

const Channels& channels() {
    static const Channels all;
    return all;
}

const PrivateKey& key_or_any(const Address& address) {
    const PrivateKey* key = key_of(address);
    return key ? *key : person(0);
}

}  // namespace

const ChannelTerms& channel_terms(size_t number) { return channels().terms.at(number); }
const Address& channel_address(size_t number) { return channels().addresses.at(number); }

const ChannelTerms* terms_of(const Address& channel) {
    auto found = channels().numbers.find(channel);
    return found == channels().numbers.end() ? nullptr : &channels().terms[found->second];
}

PostedOperation posted_fund(uint32_t sender, const ChannelTerms& terms, Amount amount, Amount fee) {
    PostedOperation out{OperationKind::kFund, sender, {{{}, amount}}, fee, {}};
    out.channel = {terms.payee, terms.unit, terms.expiry, terms.salt, {}, false, false};
    return out;
}

PostedOperation posted_redeem(uint32_t channel, const ChannelTerms& terms, Recipient payee, uint32_t payer, uint64_t count,
                              bool close, Amount fee) {
    PostedOperation out{OperationKind::kRedeem, channel, {{payee, {}}, {{payer, {}}, {}}}, fee, {}};
    out.channel = {{}, terms.unit, terms.expiry, terms.salt, Amount{count}, count != 0, close};
    return out;
}

Bytes sign_operation(const Operation& form, const Account& sender, const Hash& domain_separator) {
    Bytes out;
    append(out, key_or_any(form.signer(sender)).sign(form.digest(domain_separator)));
    const ChannelWords& words = form.channel;
    if (!words.take) return out;
    const Voucher voucher{words.channel, form.token, words.count};
    append(out, key_or_any(words.terms.payer).sign(voucher.digest(domain_separator)));
    return out;
}

}  // namespace gavel::test

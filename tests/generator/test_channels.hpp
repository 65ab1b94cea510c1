// Channels between the people of tests: who opens which to whom, so that anybody who meets their address knows the terms.
#pragma once

#include "tests/generator/starting_state.hpp"

namespace gavel::test {

inline constexpr size_t kChannels = 2 * kPeople;

// Of channel(i) person i % kPeople is the payer; the payee is another, or for one of twelve a stranger. The same in every test.
const ChannelTerms& channel_terms(size_t number);
const Address& channel_address(size_t number);
// nullptr for an address that is none of them.
const ChannelTerms* terms_of(const Address& channel);

// The posted form: a fund by `sender`, a redeem of the leaf `channel`. count 0: it doesn't take.
PostedOperation posted_fund(uint32_t sender, const ChannelTerms& terms, Amount amount, Amount fee = {});
PostedOperation posted_redeem(uint32_t channel, const ChannelTerms& terms, Recipient payee, uint32_t payer, uint64_t count,
                              bool close, Amount fee = {});

// The signatures of an operation, of posted.signatures() times 64 bytes: over `form` by whom it asks for, and, where it takes,
// the voucher that it names. Whoever has no key is signed for by person 0.
Bytes sign_operation(const Operation& form, const Account& sender, const Hash& domain_separator);

}  // namespace gavel::test

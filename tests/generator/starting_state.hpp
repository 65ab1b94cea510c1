// States, people and signatures for tests: what a history starts from, and who signs in it.
#pragma once

#include <vector>

#include "protocol/chunk.hpp"
#include "protocol/keys.hpp"
#include "protocol/state.hpp"

namespace gavel::test {

// A state described leaf by leaf, so that the protocol and the model can each build it. What isn't described is a hole: an index
// below the count whose leaf hashes to zero; every earlier withdrawal is one.
struct StartingState {
    struct Leaf {
        uint32_t index = 0;
        AccountKey key;
        uint64_t nonce = 0;
        Amount balance;
    };
    std::vector<Leaf> leaves;  // but the sentinel, by increasing index
    uint32_t account_count = 1;
    uint32_t withdrawal_count = 0;
    Counters counters;

    // At index account_count, which it returns and which grows by one.
    uint32_t add(const Address& owner, const Address& token, Amount balance, uint64_t nonce = 0);
    State build() const;
};

// The people who hold keys. Their number is fixed; person(i) is the same in every test.
inline constexpr size_t kPeople = 12;
const PrivateKey& person(size_t number);
const Address& person_address(size_t number);
// nullptr for an address that nobody's key belongs to.
const PrivateKey* key_of(const Address& address);
// An address without a key.
Address stranger(size_t number);
// Token 0 is ETH.
Address token(size_t number);

Domain test_domain();

// What the sender of `posted` has to sign, in the view as it is. Defined for wrong operations too: what can't be told is zero.
Operation signed_form(gavel::StateView& view, const PostedOperation& posted);
// Signatures of the leaves' owners for each operation of the chunk, right or wrong, as if it came next. An operation that is
// wrong is passed over for those behind it; the state is as before afterwards. `l1` is what the queue holds from the state's
// l1OpsConsumed on.
Bytes sign_chunk(State& state, const Chunk& chunk, std::span<const L1Operation> l1 = {}, const Domain& domain = test_domain());

// The signature with s = 2^255-1, which is over n/2 and the largest that 64 bytes can say.
Signature with_s_too_high(Signature signature);

}  // namespace gavel::test

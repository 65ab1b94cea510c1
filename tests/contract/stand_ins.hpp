// Scripted native contracts for tests: callers, receivers and tokens as the rollup may meet them. Each has a twin in
// tests/contracts/ that takes the same calldata and keeps the same slots.
#pragma once

#include "l1-bridge/chain/chain_host.hpp"

namespace gavel::test {

// How a token misbehaves; the numbers are OddToken.sol's. Balances are in slot 1's mapping; it keeps no allowances.
enum class TokenMode {
    kPlain,         // answers true
    kSilent,        // answers nothing, as old tokens do
    kFee,           // keeps a tenth of what is moved
    kFalse,         // moves nothing and says no
    kTwo,           // moves, and answers 2
    kShortAnswer,   // moves, and answers one byte
    kReverts,       // on every move
    kTakesNothing,  // says yes and moves nothing
    kShortBalance,  // balanceOf answers 31 bytes
    kHugeGrowth,    // balanceOf grows by 2^192 at each move
    kReenters,      // calls its caller back with the calldata kept in it, and keeps the refusal in slot 3
    kShrinks,       // takes from the receiver, too, what it moves
};
inline constexpr int kTokenModes = 12;
std::shared_ptr<const l1::NativeContract> odd_token(TokenMode mode);

// All of them: "forwarder", "refuser", "reenterer", "constructorCaller", and "token0" and so on by mode.
void add_stand_ins(l1::NativeRegistry& registry);

// What a forwarder takes: target(20) and the calldata for it. Value is passed on, the answer or refusal passed back.
Bytes forwarded(const Address& target, ByteView calldata);
// Several calls in one transaction, all or none: inOne(address[],bytes[]).
struct InnerCall {
    Address target;
    Bytes calldata;
};
Bytes in_one(const std::vector<InnerCall>& calls);
// What a reenterer calls when it is paid, and then keeps the first word of the answer of in slot 0: keep(address,bytes).
Bytes reenterer_keep(const Address& target, ByteView calldata);
// What a token of mode kReenters calls back with: keep(bytes).
Bytes token_keep(ByteView calldata);
Bytes token_mint(const Address& to, u128 amount);

}  // namespace gavel::test

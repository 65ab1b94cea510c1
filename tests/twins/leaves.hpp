// Leaves of the head's last state, and what has to hold before somebody takes their money after a freeze: for exits and for
// channels' exits.
#pragma once

#include "tests/twins/goals.hpp"

namespace gavel::twins {

using Next = std::optional<Step>;

// A leaf of the head's last state, and the path to it.
struct Exit {
    BatchHeader header;
    ExitProof proof;
    Address receiver;
    uint64_t pay_gas = 0;

    const Account& leaf() const { return proof.account; }
};
// One for which it holds, drawn among all.
std::optional<Exit> find_exit(World& w, const std::function<bool(uint32_t, const Account&)>& holds);

// After the freeze, when the head is final.
Prep need_exits(World& w);
// exitChannel, or exitChannelRest, while the head isn't final.
Next channel_not_final(World& w, bool takes);
// The rollup's tokens are stolen behind its back first; then the same again with `then`.
Next after_theft(World& w, const Address& token, const std::function<Next()>& then);
// Those bytes, but too many or too few.
Bytes of_other_length(World& w, Bytes bytes);
// The proof leads nowhere.
void spoil_path(World& w, ExitProof& proof);
// An index that no leaf has.
uint32_t wrong_index(World& w, const BatchHeader& header);
// Another header than the head's.
BatchHeader not_the_heads(World& w);

}  // namespace gavel::twins

// A transaction that was sent, looked after until what it did shows in the view of the L1, or it is known to have done nothing.
#pragma once

#include "follow/l1_view.hpp"
#include "l1-bridge/client/l1_wallet.hpp"

namespace gavel::verifier {

class OnItsWay {
public:
    enum class State : uint8_t {
        kWaiting,  // in a mempool, or in a block that the view hasn't read yet
        kLanded,   // in a block that the view has read
        kFailed,   // reverted in its block
        kLost,     // it will never be in a block (L1Wallet::is_lost): to be sent again, if it is still wanted
    };

    OnItsWay(const Hash& tx_hash, uint64_t sent_ms) : tx_hash_(tx_hash), sent_ms_(sent_ms) {}

    const Hash& tx_hash() const { return tx_hash_; }
    // What the node says of it now. `wallet` has sent it, and keeps it alive; for lost is taken only what is `lost_after_ms` old.
    node::Result<State> look(l1::L1Wallet& wallet, const follow::L1View& view, uint64_t now_ms, uint64_t lost_after_ms) const;

private:
    Hash tx_hash_;
    uint64_t sent_ms_;
};

}  // namespace gavel::verifier

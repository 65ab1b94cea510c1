#include "verifier/on_its_way.hpp"

namespace gavel::verifier {

node::Result<OnItsWay::State> OnItsWay::look(l1::L1Wallet& wallet, const follow::L1View& view, uint64_t now_ms,
                                             uint64_t lost_after_ms) const {
    auto receipt = wallet.receipt(tx_hash_);
    if (!receipt) return receipt.status();
    if (*receipt) {
        if (!(*receipt)->success) return State::kFailed;
        return (*receipt)->block_number <= view.head().number ? State::kLanded : State::kWaiting;
    }
    if (now_ms < sent_ms_ + lost_after_ms) return State::kWaiting;
    auto lost = wallet.is_lost(tx_hash_);
    if (!lost) return lost.status();
    return *lost ? State::kLost : State::kWaiting;
}

}  // namespace gavel::verifier

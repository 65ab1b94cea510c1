#include "verifier/on_its_way.hpp"

namespace gavel::verifier {

node::Result<OnItsWay::State> OnItsWay::look(l1::L1Client& client, const ledger::L1View& view, uint64_t now_ms,
                                             uint64_t lost_after_ms) const {
    auto receipt = client.receipt(tx_hash_);
    if (!receipt) return receipt.status();
    if (*receipt) {
        if (!(*receipt)->success) return State::kFailed;
        return (*receipt)->block_number <= view.head().number ? State::kLanded : State::kWaiting;
    }
    if (now_ms < sent_ms_ + lost_after_ms) return State::kWaiting;
    auto known = client.transaction_input(tx_hash_);
    if (!known) return known.status();
    return *known ? State::kWaiting : State::kLost;
}

}  // namespace gavel::verifier

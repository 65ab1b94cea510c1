// Sees to it that the operator has an account for each token whose fees are taken: deposits a unit of it to the fee recipient.
// Never waits: each step() does what is due and returns.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "follow/l1_view.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "ledger/reader.hpp"
#include "node/clock.hpp"
#include "node/troubles.hpp"

namespace gavel::sequencer {

class FeeAccounts {
public:
    // None of the references is owned. The zero address among `tokens` is ETH.
    FeeAccounts(const ledger::Reader& ledger, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
                const node::Clock& clock, node::Troubles& troubles, const Address& recipient, std::vector<Address> tokens);

    // Whether a deposit that opens an account is on its way. A token whose account can't be opened now holds nothing up: its fees
    // are refused; it is tried again after 15 seconds, then after twice as long, up to ten minutes; and what an operator can do
    // is told as the trouble NO_FEE_ACCOUNT.
    bool step();

private:
    struct Opening {
        std::optional<Hash> sent;
        bool is_approval = false;  // of a token: the deposit comes next
        uint64_t again_at_ms = 0, pause_ms = 0;
        node::Status failed;  // why it couldn't be opened
    };

    bool is_open_or_queued(const Address& token, bool& queued);
    bool open(const Address& token);
    bool follow_sent(Opening& opening);
    node::Status send_next(const Address& token, Opening& opening);
    void fail(Opening& opening, node::Status why);
    void tell();

    const ledger::Reader& ledger_;
    const follow::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet& wallet_;
    const node::Clock& clock_;
    node::Troubles& troubles_;
    Address recipient_;
    std::vector<Address> tokens_;
    std::map<Address, Opening> openings_;  // by token
};

}  // namespace gavel::sequencer

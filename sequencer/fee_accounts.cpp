#include "sequencer/fee_accounts.hpp"

#include <algorithm>

#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/erc20_call.hpp"
#include "node/log.hpp"
#include "protocol/keys.hpp"
#include "sequencer/trouble_names.hpp"

namespace gavel::sequencer {
namespace {

constexpr uint64_t kFirstPauseMs = 15'000, kLongestPauseMs = 600'000;
constexpr Amount kUnit{1};

std::string name_of(const Address& token) { return token.is_zero() ? "ETH" : to_checksum(token); }

}  // namespace

FeeAccounts::FeeAccounts(const ledger::Reader& ledger, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
                         const node::Clock& clock, node::Troubles& troubles, const Address& recipient,
                         std::vector<Address> tokens)
    : ledger_(ledger),
      view_(view),
      client_(client),
      wallet_(wallet),
      clock_(clock),
      troubles_(troubles),
      recipient_(recipient),
      tokens_(std::move(tokens)) {}

bool FeeAccounts::step() {
    bool opening = false;
    for (const Address& token : tokens_) opening |= open(token);
    tell();
    return opening;
}

// Whether the account is there, or a deposit to it, anybody's, waits in the L1's queue.
bool FeeAccounts::is_open_or_queued(const Address& token, bool& queued) {
    queued = false;
    if (ledger_.account({recipient_, token})) return true;
    for (uint64_t i = ledger_.summary().l1_ops_consumed; i < view_.queue_length() && !queued; ++i) {
        auto waiting = view_.queued(i);
        queued = waiting && waiting->operation.to == recipient_ && waiting->operation.token == token;
    }
    return queued;
}

bool FeeAccounts::open(const Address& token) {
    bool queued = false;
    if (is_open_or_queued(token, queued)) {
        openings_.erase(token);
        return queued;
    }
    Opening& opening = openings_[token];
    if (opening.sent && follow_sent(opening)) return true;
    if (clock_.steady_ms() < opening.again_at_ms) return false;
    node::Status sent = send_next(token, opening);
    if (sent.ok()) return true;
    fail(opening, std::move(sent));
    return false;
}

// Whether what was sent is still on its way, or a deposit that the view will show.
bool FeeAccounts::follow_sent(Opening& opening) {
    auto receipt = wallet_.receipt(*opening.sent);
    if (receipt && *receipt && (*receipt)->success) {
        if (!opening.is_approval) return true;
        opening.sent.reset();
        return false;
    }
    if (receipt && *receipt) {
        opening.sent.reset();
        fail(opening, {node::Code::kAborted, "EXECUTION_REVERTED", "", to_hex((*receipt)->tx_hash) + " failed in its block"});
        return false;
    }
    auto lost = wallet_.is_lost(*opening.sent);
    if (lost && *lost) opening.sent.reset();  // by a reorganisation
    return opening.sent.has_value();
}

// An approval first, if the token wants one; then the deposit.
node::Status FeeAccounts::send_next(const Address& token, Opening& opening) {
    const Address& rollup = view_.rollup();
    opening.is_approval = false;
    if (!token.is_zero()) {
        auto allowed = l1::Erc20Client(client_, token).allowance(wallet_.address(), rollup);
        if (!allowed) return allowed.status();
        opening.is_approval = *allowed < kUnit;
    }
    auto sent = token.is_zero()       ? wallet_.send(rollup, kUnit.value(), l1::rollup_call::deposit_eth(recipient_))
                : opening.is_approval ? wallet_.send(token, 0, l1::erc20_call::approve(rollup, kUnit))
                                      : wallet_.send(rollup, 0, l1::rollup_call::deposit_token(token, recipient_, kUnit));
    if (!sent) return sent.status();
    opening.sent = *sent;
    node::log_info("opening a fee account", {{"token", name_of(token)}, {"tx", to_hex(*sent)}});
    return {};
}

void FeeAccounts::fail(Opening& opening, node::Status why) {
    opening.pause_ms = opening.pause_ms == 0 ? kFirstPauseMs : std::min(2 * opening.pause_ms, kLongestPauseMs);
    opening.again_at_ms = clock_.steady_ms() + opening.pause_ms;
    opening.failed = std::move(why);
}

void FeeAccounts::tell() {
    std::string lacking;
    for (const auto& [token, opening] : openings_)
        if (!opening.failed.ok())
            lacking += (lacking.empty() ? "" : "; ") + name_of(token) + ": " + node::to_string(opening.failed);
    if (lacking.empty()) return troubles_.settled(trouble::kNoFeeAccount);
    troubles_.raise(trouble::kNoFeeAccount,
                    "operations with fees in these tokens are refused until " + to_checksum(recipient_) +
                        " has an account for each: give one unit of the token to " + to_checksum(wallet_.address()) +
                        " on the L1, or deposit one for that owner. " + lacking,
                    0, false);
}

}  // namespace gavel::sequencer

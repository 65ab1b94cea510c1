// Channels whose payee is watched: whether one is about to expire with money in it.
#pragma once

#include <vector>

#include "follow/once_per_block.hpp"
#include "l1-bridge/client/l1_client.hpp"
#include "ledger/reader.hpp"
#include "verifier/warnings.hpp"

namespace gavel::verifier {

inline constexpr const char* kChannelExpiresSoon = "CHANNEL_EXPIRES_SOON";

// One thread. Looks once for each L1 block.
class ChannelWatch {
public:
    // `ledger` isn't owned.
    ChannelWatch(const ledger::Reader& ledger, const WarningOptions& options) : ledger_(ledger), options_(options) {}
    // A warning for each channel of those payees that is open, has a balance, and whose expiry is near by the block's time, or
    // past. How much of it is the payee's is known from vouchers alone, so not here.
    const std::vector<Warning>& look(const l1::BlockRef& head);

private:
    void look_at(const Address& payee, uint64_t now);

    const ledger::Reader& ledger_;
    const WarningOptions options_;
    follow::OncePerBlock looked_;
    std::vector<Warning> found_;
};

}  // namespace gavel::verifier

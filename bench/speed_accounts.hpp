// Accounts made by somebody's payouts, as many a message as a stream takes well.
#pragma once

#include <functional>

#include "api/sequencer.hpp"
#include "bench/speed_payments_grpc.hpp"

namespace gavel::bench {

struct AccountsMade {
    uint64_t accounts = 0;
    uint64_t operations = 0;
    double seconds = 0;  // while they were sent and confirmed
};

// Until there are so many. Each gets a billion wei of the payer's. `progress`: how many there are.
// Fails by throwing std::runtime_error.
AccountsMade make_accounts(api::Sequencer& sequencer, Payments& payments, const PrivateKey& payer, uint32_t wanted,
                           const std::function<void(uint32_t)>& progress);

}  // namespace gavel::bench

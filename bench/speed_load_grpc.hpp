// Payments sent to a sequencer over gRPC, and how long their receipts took.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/speed_payments_grpc.hpp"

namespace gavel::bench {

struct LoadShape {
    std::string name;
    bool calls = false;          // Submit, one payment a call, one call at a time in each lane; else SubmitStream
    unsigned lanes = 8;          // streams or callers: a power of two up to Payments::kGroups, each over one of eight connections
    unsigned per_message = 256;  // payments
    unsigned window = 8;         // messages under way in a stream
    double rate = 0;  // payments a second, sent at their moments whatever is answered; 0: a lane sends when it has room
    Payments::To to = Payments::To::kKnown;
    unsigned readers = 0;   // that page through the first account's history meanwhile
    bool foreign = false;   // they ask for a token of which it has nothing
    unsigned watchers = 0;  // WatchPayments streams that are open meanwhile
};

struct LoadResult {
    double seconds = 0;                       // that were measured
    double per_second = 0;                    // receipts in them
    uint64_t confirmed = 0;                   // in all, also before and after them
    uint64_t held_back = 0;                   // at a rate: not sent, as its lane had a full window under way
    std::map<std::string, uint64_t> refused;  // by reason; they are sent again
    // From the intended moment (at a rate) or from the sending, until the receipt: of each message that was confirmed whole.
    std::vector<float> waits_ms;
    double cpu_seconds = 0;  // of this process
    bool ran_dry = false;    // too few payments were prepared
};

// Sends what is prepared for so many seconds after a warm-up, and waits for every answer. Fails by throwing std::runtime_error.
LoadResult run_load(const std::string& sequencer, Payments& payments, const LoadShape& shape, double seconds);

// Submits the first payment that is prepared, over a new connection. False if nobody is there or it was refused.
bool send_one(const std::string& sequencer, Payments& payments);

inline constexpr double kWarmUpSeconds = 0.3;

}  // namespace gavel::bench

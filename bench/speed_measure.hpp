// Loads in turns with the limit, so that a noisy machine moves both; beside them what the processes used.
#pragma once

#include <nlohmann/json.hpp>

#include "api/sequencer.hpp"
#include "bench/speed_load_grpc.hpp"

namespace gavel::bench {

struct MeasureOptions {
    std::string sequencer;               // host:port
    std::string verifier;                // likewise; empty: none is waited for
    std::vector<LoadShape> shapes;       // in turns
    unsigned rounds = 3;                 // of all of them
    double seconds = 3;                  // of each load
    double limit_seconds = 1;            // of the limit, before and after each load; 0: it isn't measured
    std::vector<std::string> processes;  // NAME=PID, whose processor time is told
};

// "name=N,lanes=8,messages=256": a shape's text. Keys: name, lanes, per, window, rate, readers, watchers, and without a value
// calls, new, one, foreign. Throws std::invalid_argument.
LoadShape shape_from(const std::string& text);

// {"cores", "limits": [{"recoveries", "verifications"}], "runs": [...]}; a run's "limit" is the index of the limit that was
// measured before it, and the next one comes behind it. Fails by throwing std::runtime_error, also if a payment was lost:
// receipts, nonces and the sequencer's count of operations must agree, and all must be posted (and verified, with a verifier)
// within two minutes.
nlohmann::json measure(const MeasureOptions& options, api::Sequencer& sequencer, api::Query* verifier, Payments& payments);

}  // namespace gavel::bench

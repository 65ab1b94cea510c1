// The daemons over gRPC, as their clients see them (api/). Failures, beside the daemons' own refusals: UNAVAILABLE with the
// daemon's name and address in the message, DEADLINE_EXCEEDED likewise, and ANSWER_INVALID for an answer that isn't of gavel.v1's
// form: code kInternal, so that nobody takes it for the daemon's refusal.
#pragma once

#include <chrono>
#include <memory>

#include "api/sequencer.hpp"
#include "api/verifier.hpp"
#include "node/grpc_options.hpp"

namespace gavel::proto {

struct ClientOptions {
    node::GrpcChannelOptions channel;
    std::chrono::milliseconds patience{10'000};         // with a question
    std::chrono::milliseconds submit_patience{30'000};  // with one submission; streams have all the time
};

// Not connected before the first call. Thread-safe. Reasons: those of node::make_channel.
node::Result<std::unique_ptr<api::Sequencer>> open_sequencer(const ClientOptions& options);
node::Result<std::unique_ptr<api::Verifier>> open_verifier(const ClientOptions& options);

}  // namespace gavel::proto

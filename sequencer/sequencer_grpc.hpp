// The Sequencer service of gavel.v1.
#pragma once

#include "gavel/v1/sequencer.grpc.pb.h"

#include "node/grpc_calls.hpp"
#include "sequencer/submit_stream_grpc.hpp"

namespace gavel::sequencer {

// Thread-safe. `sequencer` must outlive it, and it its server's stop; execute() must be called by somebody, and by nobody any
// more when it goes.
class SequencerService final : public node::CallService<v1::Sequencer> {
public:
    explicit SequencerService(Sequencer& sequencer, StreamLimits streams = {}, node::CallLimits calls = {});
    ~SequencerService() override;

private:
    void submit(Context& context, const v1::SubmitRequest& request, node::Calls::Answer answer);
    node::Result<uint64_t> take(const grpc::ByteBuffer& message, size_t max_fields, SubmitStreams::Done done);
    node::Status estimate_fee(const v1::EstimateFeeRequest& request, v1::FeeEstimate& reply);
    node::Status get_rolled_back(const v1::GetRolledBackRequest& request, v1::GetRolledBackResponse& reply);

    Sequencer& sequencer_;
    SubmitStreams streams_;
};

}  // namespace gavel::sequencer

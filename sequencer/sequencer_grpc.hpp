// The Sequencer service of gavel.v1.
#pragma once

#include "gavel/v1/sequencer.grpc.pb.h"

#include "node/grpc_calls.hpp"
#include "sequencer/submit_stream_grpc.hpp"

namespace gavel::sequencer {

// Each method from the bytes as they came (node/grpc_calls.hpp).
using RawSequencer =
    v1::Sequencer::WithRawCallbackMethod_Submit<
    v1::Sequencer::WithRawCallbackMethod_SubmitStream<
    v1::Sequencer::WithRawCallbackMethod_EstimateFee<
    v1::Sequencer::WithRawCallbackMethod_GetRolledBack<
    v1::Sequencer::Service>>>>;

// Thread-safe. `sequencer` must outlive it, and it its server's stop; execute() must be called by somebody.
class SequencerService final : public RawSequencer {
public:
    explicit SequencerService(Sequencer& sequencer, StreamLimits streams = {}, node::CallLimits calls = {});

    using Context = grpc::CallbackServerContext;
    using Bytes = grpc::ByteBuffer;
    using Reactor = grpc::ServerUnaryReactor;
    Reactor* Submit(Context* context, const Bytes* request, Bytes* reply) override;
    grpc::ServerBidiReactor<Bytes, Bytes>* SubmitStream(Context* context) override;
    Reactor* EstimateFee(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* GetRolledBack(Context* context, const Bytes* request, Bytes* reply) override;

private:
    node::Result<uint64_t> take(const Bytes& message, size_t max_fields, SubmitStreams::Done done);

    Sequencer& sequencer_;
    node::Calls calls_;
    SubmitStreams streams_;
};

}  // namespace gavel::sequencer

// The Sequencer service of gavel.v1.
#pragma once

#include "gavel/v1/sequencer.grpc.pb.h"

#include "ledger/handler_grpc.hpp"
#include "sequencer/sequencer.hpp"

namespace gavel::sequencer {

// Thread-safe. `sequencer` must outlive it, and its execute() must be called by somebody.
class SequencerService final : public v1::Sequencer::Service {
public:
    explicit SequencerService(Sequencer& sequencer, unsigned max_streams = 200) : sequencer_(sequencer), streams_(max_streams) {}

    grpc::Status Submit(grpc::ServerContext* context, const v1::SubmitRequest* request, v1::Receipt* reply) override;
    grpc::Status SubmitStream(grpc::ServerContext* context,
                              grpc::ServerReaderWriter<v1::SubmitBatchResult, v1::SubmitBatch>* stream) override;
    grpc::Status EstimateFee(grpc::ServerContext* context, const v1::EstimateFeeRequest* request,
                             v1::FeeEstimate* reply) override;
    grpc::Status GetRolledBack(grpc::ServerContext* context, const v1::GetRolledBackRequest* request,
                               v1::GetRolledBackResponse* reply) override;

private:
    Sequencer& sequencer_;
    ledger::StreamSlots streams_;
};

}  // namespace gavel::sequencer

// The sequencer for clients in its own process, without gRPC: for tests and simulations.
#pragma once

#include "query/direct_query.hpp"
#include "sequencer/sequencer.hpp"

namespace gavel::sequencer {

class DirectSequencer final : public query::DirectQuery<api::Sequencer> {
public:
    // `sequencer` must outlive it and the streams that it has opened. Where nobody else calls the sequencer's execute(), `idle`
    // does: whoever submits waits for it.
    DirectSequencer(sequencer::Sequencer& sequencer, query::Idle idle)
        : DirectQuery(sequencer.queries(), "sequencer", std::move(idle)), sequencer_(sequencer) {}

    SubmitOutcome submit(const Submission& submission) override;
    std::unique_ptr<api::SubmitStream> submit_stream() override;
    node::Result<FeeQuote> estimate_fee(const Address& token, const OperationShape& shape) override {
        return sequencer_.estimate_fee(token, shape);
    }
    node::Result<query::Page<query::OperationInfo>> rolled_back(const std::optional<Address>& sender, uint64_t cursor,
                                                                uint32_t limit) override {
        return queries_.rolled_back(sender, cursor, limit);
    }

private:
    sequencer::Sequencer& sequencer_;
};

}  // namespace gavel::sequencer

// The Query service of gavel.v1 over Queries, for the sequencer and the verifier.
#pragma once

#include "gavel/v1/query.grpc.pb.h"

#include "ledger/queries.hpp"
#include "node/grpc_calls.hpp"

namespace gavel::ledger {

// Each method from the bytes as they came (node/grpc_calls.hpp).
using RawQuery =
    v1::Query::WithRawCallbackMethod_GetChainInfo<
    v1::Query::WithRawCallbackMethod_GetAccount<
    v1::Query::WithRawCallbackMethod_ListBalances<
    v1::Query::WithRawCallbackMethod_ListHistory<
    v1::Query::WithRawCallbackMethod_GetOperation<
    v1::Query::WithRawCallbackMethod_WatchOperation<
    v1::Query::WithRawCallbackMethod_WatchPayments<
    v1::Query::WithRawCallbackMethod_Feed<
    v1::Query::WithRawCallbackMethod_GetWithdrawalProof<
    v1::Query::WithRawCallbackMethod_ListWithdrawals<
    v1::Query::WithRawCallbackMethod_GetChunkSignatures<
    v1::Query::WithRawCallbackMethod_GetBatch<
    v1::Query::Service>>>>>>>>>>>>;


// Thread-safe.
class QueryService final : public RawQuery {
public:
    // `server`: what GetChainInfo calls the daemon. `queries` must outlive this, and this its server's stop.
    QueryService(const Queries& queries, std::string server, node::CallLimits limits = {});

    using Context = grpc::CallbackServerContext;
    using Bytes = grpc::ByteBuffer;
    using Reactor = grpc::ServerUnaryReactor;
    using Writer = grpc::ServerWriteReactor<Bytes>;
    Reactor* GetChainInfo(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* GetAccount(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* ListBalances(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* ListHistory(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* GetOperation(Context* context, const Bytes* request, Bytes* reply) override;
    Writer* WatchOperation(Context* context, const Bytes* request) override;
    Writer* WatchPayments(Context* context, const Bytes* request) override;
    Writer* Feed(Context* context, const Bytes* request) override;
    Reactor* GetWithdrawalProof(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* ListWithdrawals(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* GetChunkSignatures(Context* context, const Bytes* request, Bytes* reply) override;
    Reactor* GetBatch(Context* context, const Bytes* request, Bytes* reply) override;

    const node::Calls& calls() const { return calls_; }

private:
    const Queries& queries_;
    std::string server_;
    node::Calls calls_;
};

}  // namespace gavel::ledger

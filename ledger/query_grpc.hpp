// The Query service of gavel.v1 over Queries, for the sequencer and the verifier.
#pragma once

#include "gavel/v1/query.grpc.pb.h"

#include "ledger/handler_grpc.hpp"
#include "ledger/queries.hpp"

namespace gavel::ledger {

// Streams wait in bounded steps, and end when the client or the server is done with them. Thread-safe.
class QueryService final : public v1::Query::Service {
public:
    // `server`: what GetChainInfo calls the daemon. `queries` must outlive this.
    QueryService(const Queries& queries, std::string server, unsigned max_streams = 1000)
        : queries_(queries), server_(std::move(server)), streams_(max_streams) {}

    grpc::Status GetChainInfo(grpc::ServerContext* context, const v1::GetChainInfoRequest* request,
                              v1::ChainInfo* reply) override;
    grpc::Status GetAccount(grpc::ServerContext* context, const v1::GetAccountRequest* request, v1::Account* reply) override;
    grpc::Status ListBalances(grpc::ServerContext* context, const v1::ListBalancesRequest* request,
                              v1::ListBalancesResponse* reply) override;
    grpc::Status ListHistory(grpc::ServerContext* context, const v1::ListHistoryRequest* request,
                             v1::ListHistoryResponse* reply) override;
    grpc::Status GetOperation(grpc::ServerContext* context, const v1::GetOperationRequest* request,
                              v1::OperationInfo* reply) override;
    grpc::Status WatchOperation(grpc::ServerContext* context, const v1::WatchOperationRequest* request,
                                grpc::ServerWriter<v1::OperationInfo>* writer) override;
    grpc::Status WatchPayments(grpc::ServerContext* context, const v1::WatchPaymentsRequest* request,
                               grpc::ServerWriter<v1::WatchPaymentsResponse>* writer) override;
    grpc::Status Feed(grpc::ServerContext* context, const v1::FeedRequest* request,
                      grpc::ServerWriter<v1::FeedResponse>* writer) override;
    grpc::Status GetWithdrawalProof(grpc::ServerContext* context, const v1::GetWithdrawalProofRequest* request,
                                    v1::WithdrawalProof* reply) override;
    grpc::Status ListWithdrawals(grpc::ServerContext* context, const v1::ListWithdrawalsRequest* request,
                                 v1::ListWithdrawalsResponse* reply) override;
    grpc::Status GetChunkSignatures(grpc::ServerContext* context, const v1::GetChunkSignaturesRequest* request,
                                    v1::ChunkSignatures* reply) override;
    grpc::Status GetBatch(grpc::ServerContext* context, const v1::GetBatchRequest* request, v1::BatchInfo* reply) override;

private:
    node::Status watch_operation(grpc::ServerContext& context, const Hash& hash, grpc::ServerWriter<v1::OperationInfo>& writer);

    const Queries& queries_;
    std::string server_;
    StreamSlots streams_;
};

}  // namespace gavel::ledger

// The Query service of gavel.v1 over Queries, for the sequencer and the verifier.
#pragma once

#include "gavel/v1/query.grpc.pb.h"

#include "node/grpc_calls.hpp"
#include "query/queries.hpp"

namespace gavel::query {

// Thread-safe.
class QueryService final : public node::CallService<v1::Query> {
public:
    // `server`: what GetChainInfo calls the daemon. `queries` must outlive this, and this its server's stop.
    QueryService(const Queries& queries, std::string server, node::CallLimits limits = {});

private:
    template <class Reply>
    using Source = node::Result<node::Calls::SourceOf<Reply>>;

    node::Status get_chain_info(const v1::GetChainInfoRequest& request, v1::ChainInfo& reply);
    node::Status get_account(const v1::GetAccountRequest& request, v1::Account& reply);
    node::Status list_balances(const v1::ListBalancesRequest& request, v1::ListBalancesResponse& reply);
    node::Status get_channel(const v1::GetChannelRequest& request, v1::ChannelInfo& reply);
    node::Status list_channels(const v1::ListChannelsRequest& request, v1::ListChannelsResponse& reply);
    node::Status list_history(const v1::ListHistoryRequest& request, v1::ListHistoryResponse& reply);
    node::Status get_operation(const v1::GetOperationRequest& request, v1::OperationInfo& reply);
    Source<v1::OperationInfo> watch_operation(const v1::WatchOperationRequest& request);
    Source<v1::WatchPaymentsResponse> watch_payments(const v1::WatchPaymentsRequest& request);
    Source<v1::FeedResponse> feed(const v1::FeedRequest& request);
    node::Status get_withdrawal_proof(const v1::GetWithdrawalProofRequest& request, v1::WithdrawalProof& reply);
    node::Status list_withdrawals(const v1::ListWithdrawalsRequest& request, v1::ListWithdrawalsResponse& reply);
    node::Status get_chunk_signatures(const v1::GetChunkSignaturesRequest& request, v1::ChunkSignatures& reply);
    node::Status get_batch(const v1::GetBatchRequest& request, v1::BatchInfo& reply);

    const Queries& queries_;
    std::string server_;
};

}  // namespace gavel::query

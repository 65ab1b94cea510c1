#include "query/query_grpc.hpp"

#include "proto/convert_grpc.hpp"
#include "proto/query_convert_grpc.hpp"
#include "proto/stream_grpc.hpp"
#include "query/streams.hpp"

namespace gavel::query {

template <class Reply>
using SourceOf = node::Calls::SourceOf<Reply>;

namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kNewsStep_ms = 250;

// The token that a request restricts itself to, if it does.
Result<std::optional<Address>> chosen_token(bool one_token, const std::string& bytes) {
    if (!one_token) {
        if (!bytes.empty()) return Status{Code::kInvalidArgument, "FIELD_CONFLICT", "token", "is looked at only with one_token"};
        return std::optional<Address>();
    }
    auto token = proto::token_from_pb(bytes, "token");
    if (!token) return token.status();
    return std::optional<Address>(*token);
}

// Returns when there is more behind what there was at the last call, or after a while: news other than entries (a batch that
// became final, say) has nobody that tells it.
std::function<void()> entries_or_time(const Queries& queries) {
    return [&queries, cursor = queries.end_cursor()]() mutable {
        queries.wait_behind(cursor, kNewsStep_ms);
        cursor = queries.end_cursor();
    };
}

}  // namespace

QueryService::QueryService(const Queries& queries, std::string server, node::CallLimits limits)
    : CallService(limits, entries_or_time(queries)), queries_(queries), server_(std::move(server)) {
    on("GetChainInfo", &QueryService::get_chain_info);
    on("GetAccount", &QueryService::get_account);
    on("ListBalances", &QueryService::list_balances);
    on("GetChannel", &QueryService::get_channel);
    on("ListChannels", &QueryService::list_channels);
    on("ListHistory", &QueryService::list_history);
    on("GetOperation", &QueryService::get_operation);
    on("WatchOperation", &QueryService::watch_operation);
    on("WatchPayments", &QueryService::watch_payments);
    on("Feed", &QueryService::feed);
    on("GetWithdrawalProof", &QueryService::get_withdrawal_proof);
    on("ListWithdrawals", &QueryService::list_withdrawals);
    on("GetChunkSignatures", &QueryService::get_chunk_signatures);
    on("GetBatch", &QueryService::get_batch);
}

Status QueryService::get_chain_info(const v1::GetChainInfoRequest&, v1::ChainInfo& reply) {
    proto::to_pb(queries_.chain_info(server_), reply);
    return Status{};
}

Status QueryService::get_account(const v1::GetAccountRequest& request, v1::Account& reply) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    auto token = proto::token_from_pb(request.token(), "token");
    if (!token) return token.status();
    proto::to_pb(queries_.account({*owner, *token}), reply);
    return {};
}

Status QueryService::list_balances(const v1::ListBalancesRequest& request, v1::ListBalancesResponse& reply) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    std::optional<Address> after;
    if (!request.after_token().empty()) {
        auto token = proto::address_from_pb(request.after_token(), "after_token");
        if (!token) return token.status();
        after = *token;
    }
    proto::to_pb(queries_.balances(*owner, after, request.limit()), reply);
    return {};
}

Status QueryService::get_channel(const v1::GetChannelRequest& request, v1::ChannelInfo& reply) {
    auto channel = proto::address_from_pb(request.channel(), "channel");
    if (!channel) return channel.status();
    auto token = proto::token_from_pb(request.token(), "token");
    if (!token) return token.status();
    auto found = queries_.channel({*channel, *token});
    if (!found) return found.status();
    proto::to_pb(*found, reply);
    return {};
}

Status QueryService::list_channels(const v1::ListChannelsRequest& request, v1::ListChannelsResponse& reply) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    std::optional<AccountKey> after;
    if (!request.after().empty()) {
        auto key = proto::key_from_pb(request.after(), "after");
        if (!key) return key.status();
        after = *key;
    }
    proto::to_pb(queries_.channels(*owner, after, request.limit()), reply);
    return {};
}

Status QueryService::list_history(const v1::ListHistoryRequest& request, v1::ListHistoryResponse& reply) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    auto token = chosen_token(request.one_token(), request.token());
    if (!token) return token.status();
    auto page = queries_.history(*owner, *token, request.cursor(), request.limit());
    if (!page) return page.status();
    proto::to_pb(*page, reply);
    return {};
}

Status QueryService::get_operation(const v1::GetOperationRequest& request, v1::OperationInfo& reply) {
    auto hash = proto::hash_from_pb(request.hash(), "hash");
    if (!hash) return hash.status();
    auto found = queries_.operation(*hash);
    if (!found) return found.status();
    proto::to_pb(*found, reply);
    return {};
}

Result<SourceOf<v1::OperationInfo>> QueryService::watch_operation(const v1::WatchOperationRequest& request) {
    auto hash = proto::hash_from_pb(request.hash(), "hash");
    if (!hash) return hash.status();
    return proto::as_messages<OperationInfo, v1::OperationInfo>(OperationStream(queries_, *hash), proto::to_pb);
}

Result<SourceOf<v1::WatchPaymentsResponse>> QueryService::watch_payments(const v1::WatchPaymentsRequest& request) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    auto token = chosen_token(request.one_token(), request.token());
    if (!token) return token.status();
    if (request.only_new() && request.cursor() != 0)
        return Status{Code::kInvalidArgument, "FIELD_CONFLICT", "cursor", "must be zero with only_new"};
    const auto start = request.only_new() ? std::nullopt : std::optional<uint64_t>(request.cursor());
    return proto::as_messages<Page<IncomingPayment>, v1::WatchPaymentsResponse>(payments_stream(queries_, *owner, *token, start),
                                                                                proto::to_pb);
}

Result<SourceOf<v1::FeedResponse>> QueryService::feed(const v1::FeedRequest& request) {
    return proto::as_messages<Page<EntryInfo>, v1::FeedResponse>(feed_stream(queries_, request.cursor()), proto::to_pb);
}

Status QueryService::get_withdrawal_proof(const v1::GetWithdrawalProofRequest& request, v1::WithdrawalProof& reply) {
    uint32_t position = request.position();
    if (request.which_case() == v1::GetWithdrawalProofRequest::WHICH_NOT_SET) {
        return {Code::kInvalidArgument, "FIELD_MISSING", "position", "needs a position or an operation_hash"};
    }
    if (request.which_case() == v1::GetWithdrawalProofRequest::kOperationHash) {
        auto hash = proto::hash_from_pb(request.operation_hash(), "operation_hash");
        if (!hash) return hash.status();
        auto found = queries_.withdrawal_of(*hash);
        if (!found) return found.status();
        position = found->position;
    }
    auto proof = queries_.withdrawal_proof(position);
    if (!proof) return proof.status();
    proto::to_pb(*proof, reply);
    return {};
}

Status QueryService::list_withdrawals(const v1::ListWithdrawalsRequest& request, v1::ListWithdrawalsResponse& reply) {
    auto recipient = proto::address_from_pb(request.recipient(), "recipient");
    if (!recipient) return recipient.status();
    proto::to_pb(queries_.withdrawals_to(*recipient, request.cursor(), request.limit()), reply);
    return {};
}

Status QueryService::get_chunk_signatures(const v1::GetChunkSignaturesRequest& request, v1::ChunkSignatures& reply) {
    auto signatures = queries_.chunk_signatures(request.batch(), request.chunk());
    if (!signatures) return signatures.status();
    proto::to_pb(*signatures, reply);
    return {};
}

Status QueryService::get_batch(const v1::GetBatchRequest& request, v1::BatchInfo& reply) {
    auto batch = queries_.batch(request.number());
    if (!batch) return batch.status();
    proto::to_pb(*batch, reply);
    return {};
}

}  // namespace gavel::query

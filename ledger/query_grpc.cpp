#include "ledger/query_grpc.hpp"

#include <algorithm>

#include "ledger/query_convert_grpc.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::ledger {
namespace {

using node::Code;
using node::Next;
using node::Result;
using node::Status;

constexpr uint64_t kNewsStep_ms = 250;
constexpr size_t kStreamPage = 500;

size_t page_size(uint32_t limit) {
    return limit == 0 ? Queries::kDefaultLimit : std::min<size_t>(limit, Queries::kMaxLimit);
}

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

// ---- Sources of streams: each gives its next message, if there is one now ----

// An operation, and again whenever its status changes, until that is its last.
class OperationSource {
public:
    OperationSource(const Queries& queries, const Hash& hash) : queries_(queries), hash_(hash) {}

    Result<Next> operator()(v1::OperationInfo& message) {
        if (told_ == OperationStatus::kFinal || told_ == OperationStatus::kRolledBack) return Next::kEnd;
        auto now = queries_.operation(hash_);
        if (!now) return now.status();
        if (told_ == now->status && told_batch_ == now->batch) return Next::kLater;
        to_pb(*now, message);
        told_ = now->status;
        told_batch_ = now->batch;
        return Next::kMessage;
    }

private:
    const Queries& queries_;
    Hash hash_;
    std::optional<OperationStatus> told_;
    uint64_t told_batch_ = 0;
};

// Pages from a cursor on. An empty first page is told if the client needs the cursor.
template <class Fetch>
class PageSource {
public:
    PageSource(uint64_t cursor, bool tell_first, Fetch fetch) : cursor_(cursor), tell_(tell_first), fetch_(std::move(fetch)) {}

    // A page may be empty and lead on.
    template <class Reply>
    Result<Next> operator()(Reply& message) {
        auto page = fetch_(cursor_, message);
        if (!page.ok()) return page.status();
        const bool moved = page->next_cursor != cursor_;
        cursor_ = page->next_cursor;
        message.set_next_cursor(cursor_);
        if (page->items.empty() && !tell_) return moved ? Next::kAgain : Next::kLater;
        tell_ = false;
        return Next::kMessage;
    }

private:
    uint64_t cursor_;
    bool tell_;
    Fetch fetch_;
};

}  // namespace

QueryService::QueryService(const Queries& queries, std::string server, node::CallLimits limits)
    : queries_(queries), server_(std::move(server)), calls_(limits, entries_or_time(queries)) {}

grpc::ServerUnaryReactor* QueryService::GetChainInfo(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::GetChainInfoRequest&, v1::ChainInfo& reply) -> Status {
        to_pb(queries_.chain_info(), server_, reply);
        return Status{};
    };
    return calls_.unary<v1::GetChainInfoRequest, v1::ChainInfo>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::GetAccount(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::GetAccountRequest& request, v1::Account& reply) -> Status {
        auto owner = proto::address_from_pb(request.owner(), "owner");
        if (!owner) return owner.status();
        auto token = proto::token_from_pb(request.token(), "token");
        if (!token) return token.status();
        to_pb(queries_.account({*owner, *token}), reply);
        return {};
    };
    return calls_.unary<v1::GetAccountRequest, v1::Account>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::ListBalances(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::ListBalancesRequest& request, v1::ListBalancesResponse& reply) -> Status {
        auto owner = proto::address_from_pb(request.owner(), "owner");
        if (!owner) return owner.status();
        std::optional<Address> after;
        if (!request.after_token().empty()) {
            auto token = proto::address_from_pb(request.after_token(), "after_token");
            if (!token) return token.status();
            after = *token;
        }
        const size_t limit = page_size(request.limit());
        const auto accounts = queries_.balances(*owner, after, limit);
        for (const AccountInfo& account : accounts) to_pb(account, *reply.add_accounts());
        if (accounts.size() == limit) reply.set_next_token(proto::to_pb_bytes(accounts.back().key.token));
        return {};
    };
    return calls_.unary<v1::ListBalancesRequest, v1::ListBalancesResponse>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::ListHistory(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::ListHistoryRequest& request, v1::ListHistoryResponse& reply) -> Status {
        auto owner = proto::address_from_pb(request.owner(), "owner");
        if (!owner) return owner.status();
        auto token = chosen_token(request.one_token(), request.token());
        if (!token) return token.status();
        auto page = queries_.history(*owner, *token, request.cursor(), page_size(request.limit()));
        if (!page) return page.status();
        for (const EntryInfo& entry : page->items) to_pb(entry, *reply.add_entries());
        reply.set_next_cursor(page->next_cursor);
        return {};
    };
    return calls_.unary<v1::ListHistoryRequest, v1::ListHistoryResponse>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::GetOperation(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::GetOperationRequest& request, v1::OperationInfo& reply) -> Status {
        auto hash = proto::hash_from_pb(request.hash(), "hash");
        if (!hash) return hash.status();
        auto found = queries_.operation(*hash);
        if (!found) return found.status();
        to_pb(*found, reply);
        return {};
    };
    return calls_.unary<v1::GetOperationRequest, v1::OperationInfo>(*context, *request_bytes, *reply_bytes, body);
}

QueryService::Writer* QueryService::WatchOperation(Context* context, const Bytes* request_bytes) {
    auto open = [this](const v1::WatchOperationRequest& request) -> Result<OperationSource> {
        auto hash = proto::hash_from_pb(request.hash(), "hash");
        if (!hash) return hash.status();
        return OperationSource(queries_, *hash);
    };
    return calls_.stream<v1::WatchOperationRequest, v1::OperationInfo>(*context, *request_bytes, open);
}

QueryService::Writer* QueryService::WatchPayments(Context* context, const Bytes* request_bytes) {
    auto open = [this](const v1::WatchPaymentsRequest& request) -> Result<node::Calls::SourceOf<v1::WatchPaymentsResponse>> {
        auto owner = proto::address_from_pb(request.owner(), "owner");
        if (!owner) return owner.status();
        auto token = chosen_token(request.one_token(), request.token());
        if (!token) return token.status();
        if (request.only_new() && request.cursor() != 0)
            return Status{Code::kInvalidArgument, "FIELD_CONFLICT", "cursor", "must be zero with only_new"};
        auto fetch = [this, owner = *owner, token = *token](uint64_t cursor, v1::WatchPaymentsResponse& message) {
            auto page = queries_.incoming(owner, token, cursor, kStreamPage);
            if (page)
                for (const IncomingPayment& payment : page->items) to_pb(payment, *message.add_payments());
            return page;
        };
        const uint64_t start = request.only_new() ? queries_.end_cursor() : request.cursor();
        return node::Calls::SourceOf<v1::WatchPaymentsResponse>(PageSource(start, true, fetch));
    };
    return calls_.stream<v1::WatchPaymentsRequest, v1::WatchPaymentsResponse>(*context, *request_bytes, open);
}

QueryService::Writer* QueryService::Feed(Context* context, const Bytes* request_bytes) {
    auto open = [this](const v1::FeedRequest& request) -> Result<node::Calls::SourceOf<v1::FeedResponse>> {
        auto fetch = [this](uint64_t cursor, v1::FeedResponse& message) {
            auto page = queries_.feed(cursor, kStreamPage);
            if (page)
                for (const EntryInfo& entry : page->items) to_pb(entry, *message.add_entries());
            return page;
        };
        return node::Calls::SourceOf<v1::FeedResponse>(PageSource(request.cursor(), false, fetch));
    };
    return calls_.stream<v1::FeedRequest, v1::FeedResponse>(*context, *request_bytes, open);
}

grpc::ServerUnaryReactor* QueryService::GetWithdrawalProof(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::GetWithdrawalProofRequest& request, v1::WithdrawalProof& reply) -> Status {
        uint32_t position = request.position();
        if (request.which_case() == v1::GetWithdrawalProofRequest::WHICH_NOT_SET) {
            return {Code::kInvalidArgument, "FIELD_MISSING", "position", "needs a position or an operation_hash"};
        }
        if (request.which_case() == v1::GetWithdrawalProofRequest::kOperationHash) {
            auto hash = proto::hash_from_pb(request.operation_hash(), "operation_hash");
            if (!hash) return hash.status();
            auto found = queries_.withdrawal_of(*hash);
            if (!found) return found.status();
            position = found->record.position;
        }
        auto proof = queries_.withdrawal_proof(position);
        if (!proof) return proof.status();
        to_pb(*proof, reply);
        return {};
    };
    return calls_.unary<v1::GetWithdrawalProofRequest, v1::WithdrawalProof>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::ListWithdrawals(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::ListWithdrawalsRequest& request, v1::ListWithdrawalsResponse& reply) -> Status {
        auto recipient = proto::address_from_pb(request.recipient(), "recipient");
        if (!recipient) return recipient.status();
        const auto page = queries_.withdrawals_to(*recipient, request.cursor(), page_size(request.limit()));
        for (const WithdrawalInfo& withdrawal : page.items) to_pb(withdrawal, *reply.add_withdrawals());
        reply.set_next_cursor(page.next_cursor);
        return {};
    };
    return calls_.unary<v1::ListWithdrawalsRequest, v1::ListWithdrawalsResponse>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::GetChunkSignatures(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::GetChunkSignaturesRequest& request, v1::ChunkSignatures& reply) -> Status {
        auto signatures = queries_.chunk_signatures(request.batch(), request.chunk());
        if (!signatures) return signatures.status();
        to_pb(*signatures, reply);
        return {};
    };
    return calls_.unary<v1::GetChunkSignaturesRequest, v1::ChunkSignatures>(*context, *request_bytes, *reply_bytes, body);
}

grpc::ServerUnaryReactor* QueryService::GetBatch(Context* context, const Bytes* request_bytes, Bytes* reply_bytes) {
    auto body = [this](const v1::GetBatchRequest& request, v1::BatchInfo& reply) -> Status {
        auto batch = queries_.batch(request.number());
        if (!batch) return batch.status();
        to_pb(*batch, reply);
        return {};
    };
    return calls_.unary<v1::GetBatchRequest, v1::BatchInfo>(*context, *request_bytes, *reply_bytes, body);
}

}  // namespace gavel::ledger

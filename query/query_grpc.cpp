#include "query/query_grpc.hpp"

#include <algorithm>

#include "proto/convert_grpc.hpp"
#include "query/query_convert_grpc.hpp"

namespace gavel::query {

template <class Reply>
using SourceOf = node::Calls::SourceOf<Reply>;

namespace {

using node::Code;
using node::Next;
using node::Result;
using node::Status;

constexpr uint64_t kNewsStep_ms = 250;
constexpr size_t kStreamPage = 500;

size_t page_size(uint32_t limit) { return limit == 0 ? Queries::kDefaultLimit : std::min<size_t>(limit, Queries::kMaxLimit); }

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
    : CallService(limits, entries_or_time(queries)), queries_(queries), server_(std::move(server)) {
    on("GetChainInfo", &QueryService::get_chain_info);
    on("GetAccount", &QueryService::get_account);
    on("ListBalances", &QueryService::list_balances);
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
    to_pb(queries_.chain_info(), server_, reply);
    return Status{};
}

Status QueryService::get_account(const v1::GetAccountRequest& request, v1::Account& reply) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    auto token = proto::token_from_pb(request.token(), "token");
    if (!token) return token.status();
    to_pb(queries_.account({*owner, *token}), reply);
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
    const size_t limit = page_size(request.limit());
    const auto accounts = queries_.balances(*owner, after, limit);
    for (const AccountInfo& account : accounts) to_pb(account, *reply.add_accounts());
    if (accounts.size() == limit) reply.set_next_token(proto::to_pb_bytes(accounts.back().key.token));
    return {};
}

Status QueryService::list_history(const v1::ListHistoryRequest& request, v1::ListHistoryResponse& reply) {
    auto owner = proto::address_from_pb(request.owner(), "owner");
    if (!owner) return owner.status();
    auto token = chosen_token(request.one_token(), request.token());
    if (!token) return token.status();
    auto page = queries_.history(*owner, *token, request.cursor(), page_size(request.limit()));
    if (!page) return page.status();
    for (const EntryInfo& entry : page->items) to_pb(entry, *reply.add_entries());
    reply.set_next_cursor(page->next_cursor);
    return {};
}

Status QueryService::get_operation(const v1::GetOperationRequest& request, v1::OperationInfo& reply) {
    auto hash = proto::hash_from_pb(request.hash(), "hash");
    if (!hash) return hash.status();
    auto found = queries_.operation(*hash);
    if (!found) return found.status();
    to_pb(*found, reply);
    return {};
}

Result<SourceOf<v1::OperationInfo>> QueryService::watch_operation(const v1::WatchOperationRequest& request) {
    auto hash = proto::hash_from_pb(request.hash(), "hash");
    if (!hash) return hash.status();
    return SourceOf<v1::OperationInfo>(OperationSource(queries_, *hash));
}

Result<SourceOf<v1::WatchPaymentsResponse>> QueryService::watch_payments(const v1::WatchPaymentsRequest& request) {
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
    return SourceOf<v1::WatchPaymentsResponse>(PageSource(start, true, fetch));
}

Result<SourceOf<v1::FeedResponse>> QueryService::feed(const v1::FeedRequest& request) {
    auto fetch = [this](uint64_t cursor, v1::FeedResponse& message) {
        auto page = queries_.feed(cursor, kStreamPage);
        if (page)
            for (const EntryInfo& entry : page->items) to_pb(entry, *message.add_entries());
        return page;
    };
    return SourceOf<v1::FeedResponse>(PageSource(request.cursor(), false, fetch));
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
        position = found->record.position;
    }
    auto proof = queries_.withdrawal_proof(position);
    if (!proof) return proof.status();
    to_pb(*proof, reply);
    return {};
}

Status QueryService::list_withdrawals(const v1::ListWithdrawalsRequest& request, v1::ListWithdrawalsResponse& reply) {
    auto recipient = proto::address_from_pb(request.recipient(), "recipient");
    if (!recipient) return recipient.status();
    const auto page = queries_.withdrawals_to(*recipient, request.cursor(), page_size(request.limit()));
    for (const WithdrawalInfo& withdrawal : page.items) to_pb(withdrawal, *reply.add_withdrawals());
    reply.set_next_cursor(page.next_cursor);
    return {};
}

Status QueryService::get_chunk_signatures(const v1::GetChunkSignaturesRequest& request, v1::ChunkSignatures& reply) {
    auto signatures = queries_.chunk_signatures(request.batch(), request.chunk());
    if (!signatures) return signatures.status();
    to_pb(*signatures, reply);
    return {};
}

Status QueryService::get_batch(const v1::GetBatchRequest& request, v1::BatchInfo& reply) {
    auto batch = queries_.batch(request.number());
    if (!batch) return batch.status();
    to_pb(*batch, reply);
    return {};
}

}  // namespace gavel::query

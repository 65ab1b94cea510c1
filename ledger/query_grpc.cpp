#include "ledger/query_grpc.hpp"

#include <algorithm>

#include "ledger/query_convert_grpc.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::ledger {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kStreamStep_ms = 250;  // how long a stream may sit without looking whether it is still wanted
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

// Fetches pages and delivers them until the client or the server is done. `deliver` returns false when nobody reads any more.
template <class Fetch, class Deliver>
Status stream_pages(grpc::ServerContext& context, const Queries& queries, uint64_t cursor, Fetch fetch, Deliver deliver) {
    while (!context.IsCancelled()) {
        auto page = fetch(cursor);
        if (!page) return page.status();
        const bool moved = page->next_cursor != cursor;
        cursor = page->next_cursor;
        if (!deliver(*page)) break;
        if (!moved) queries.wait_behind(cursor, kStreamStep_ms);
    }
    return {Code::kCancelled, "CANCELLED", "", "the stream was ended"};
}

}  // namespace

grpc::Status QueryService::GetChainInfo(grpc::ServerContext* context, const v1::GetChainInfoRequest*, v1::ChainInfo* reply) {
    return handle(*context, [&] {
        to_pb(queries_.chain_info(), server_, *reply);
        return Status{};
    });
}

grpc::Status QueryService::GetAccount(grpc::ServerContext* context, const v1::GetAccountRequest* request, v1::Account* reply) {
    return handle(*context, [&]() -> Status {
        auto owner = proto::address_from_pb(request->owner(), "owner");
        if (!owner) return owner.status();
        auto token = proto::token_from_pb(request->token(), "token");
        if (!token) return token.status();
        to_pb(queries_.account({*owner, *token}), *reply);
        return {};
    });
}

grpc::Status QueryService::ListBalances(grpc::ServerContext* context, const v1::ListBalancesRequest* request,
                                        v1::ListBalancesResponse* reply) {
    return handle(*context, [&]() -> Status {
        auto owner = proto::address_from_pb(request->owner(), "owner");
        if (!owner) return owner.status();
        std::optional<Address> after;
        if (!request->after_token().empty()) {
            auto token = proto::address_from_pb(request->after_token(), "after_token");
            if (!token) return token.status();
            after = *token;
        }
        const size_t limit = page_size(request->limit());
        const auto accounts = queries_.balances(*owner, after, limit);
        for (const AccountInfo& account : accounts) to_pb(account, *reply->add_accounts());
        if (accounts.size() == limit) reply->set_next_token(proto::to_pb_bytes(accounts.back().key.token));
        return {};
    });
}

grpc::Status QueryService::ListHistory(grpc::ServerContext* context, const v1::ListHistoryRequest* request,
                                       v1::ListHistoryResponse* reply) {
    return handle(*context, [&]() -> Status {
        auto owner = proto::address_from_pb(request->owner(), "owner");
        if (!owner) return owner.status();
        auto token = chosen_token(request->one_token(), request->token());
        if (!token) return token.status();
        auto page = queries_.history(*owner, *token, request->cursor(), page_size(request->limit()));
        if (!page) return page.status();
        for (const EntryInfo& entry : page->items) to_pb(entry, *reply->add_entries());
        reply->set_next_cursor(page->next_cursor);
        return {};
    });
}

grpc::Status QueryService::GetOperation(grpc::ServerContext* context, const v1::GetOperationRequest* request,
                                        v1::OperationInfo* reply) {
    return handle(*context, [&]() -> Status {
        auto hash = proto::hash_from_pb(request->hash(), "hash");
        if (!hash) return hash.status();
        auto found = queries_.operation(*hash);
        if (!found) return found.status();
        to_pb(*found, *reply);
        return {};
    });
}

grpc::Status QueryService::WatchOperation(grpc::ServerContext* context, const v1::WatchOperationRequest* request,
                                          grpc::ServerWriter<v1::OperationInfo>* writer) {
    return handle(*context, [&]() -> Status {
        auto hash = proto::hash_from_pb(request->hash(), "hash");
        if (!hash) return hash.status();
        StreamSlots::Slot slot(streams_);
        if (!slot.ok()) return StreamSlots::none_left();
        return watch_operation(*context, *hash, *writer);
    });
}

Status QueryService::watch_operation(grpc::ServerContext& context, const Hash& hash,
                                     grpc::ServerWriter<v1::OperationInfo>& writer) {
    std::optional<OperationStatus> told;
    uint64_t told_batch = 0;
    while (!context.IsCancelled()) {
        auto now = queries_.operation(hash);
        if (!now) return now.status();
        if (told != now->status || told_batch != now->batch) {
            v1::OperationInfo message;
            to_pb(*now, message);
            if (!writer.Write(message)) break;
            told = now->status;
            told_batch = now->batch;
        }
        if (told == OperationStatus::kFinal || told == OperationStatus::kRolledBack) return {};
        queries_.wait_behind(queries_.end_cursor(), kStreamStep_ms);
    }
    return {Code::kCancelled, "CANCELLED", "", "the stream was ended"};
}

grpc::Status QueryService::WatchPayments(grpc::ServerContext* context, const v1::WatchPaymentsRequest* request,
                                         grpc::ServerWriter<v1::WatchPaymentsResponse>* writer) {
    return handle(*context, [&]() -> Status {
        auto owner = proto::address_from_pb(request->owner(), "owner");
        if (!owner) return owner.status();
        auto token = chosen_token(request->one_token(), request->token());
        if (!token) return token.status();
        if (request->only_new() && request->cursor() != 0) {
            return {Code::kInvalidArgument, "FIELD_CONFLICT", "cursor", "must be zero with only_new"};
        }
        StreamSlots::Slot slot(streams_);
        if (!slot.ok()) return StreamSlots::none_left();
        auto fetch = [&](uint64_t cursor) { return queries_.incoming(*owner, *token, cursor, kStreamPage); };
        bool first = true;
        auto deliver = [&](const Page<IncomingPayment>& page) {
            if (page.items.empty() && !first) return true;
            first = false;
            v1::WatchPaymentsResponse message;
            for (const IncomingPayment& payment : page.items) to_pb(payment, *message.add_payments());
            message.set_next_cursor(page.next_cursor);
            return writer->Write(message);
        };
        const uint64_t start = request->only_new() ? queries_.end_cursor() : request->cursor();
        return stream_pages(*context, queries_, start, fetch, deliver);
    });
}

grpc::Status QueryService::Feed(grpc::ServerContext* context, const v1::FeedRequest* request,
                                grpc::ServerWriter<v1::FeedResponse>* writer) {
    return handle(*context, [&]() -> Status {
        StreamSlots::Slot slot(streams_);
        if (!slot.ok()) return StreamSlots::none_left();
        auto fetch = [&](uint64_t cursor) { return queries_.feed(cursor, kStreamPage); };
        auto deliver = [&](const Page<EntryInfo>& page) {
            if (page.items.empty()) return true;
            v1::FeedResponse message;
            for (const EntryInfo& entry : page.items) to_pb(entry, *message.add_entries());
            message.set_next_cursor(page.next_cursor);
            return writer->Write(message);
        };
        return stream_pages(*context, queries_, request->cursor(), fetch, deliver);
    });
}

grpc::Status QueryService::GetWithdrawalProof(grpc::ServerContext* context, const v1::GetWithdrawalProofRequest* request,
                                              v1::WithdrawalProof* reply) {
    return handle(*context, [&]() -> Status {
        uint32_t position = request->position();
        if (request->which_case() == v1::GetWithdrawalProofRequest::WHICH_NOT_SET) {
            return {Code::kInvalidArgument, "FIELD_MISSING", "position", "needs a position or an operation_hash"};
        }
        if (request->which_case() == v1::GetWithdrawalProofRequest::kOperationHash) {
            auto hash = proto::hash_from_pb(request->operation_hash(), "operation_hash");
            if (!hash) return hash.status();
            auto found = queries_.withdrawal_of(*hash);
            if (!found) return found.status();
            position = found->record.position;
        }
        auto proof = queries_.withdrawal_proof(position);
        if (!proof) return proof.status();
        to_pb(*proof, *reply);
        return {};
    });
}

grpc::Status QueryService::ListWithdrawals(grpc::ServerContext* context, const v1::ListWithdrawalsRequest* request,
                                           v1::ListWithdrawalsResponse* reply) {
    return handle(*context, [&]() -> Status {
        auto recipient = proto::address_from_pb(request->recipient(), "recipient");
        if (!recipient) return recipient.status();
        const auto page = queries_.withdrawals_to(*recipient, request->cursor(), page_size(request->limit()));
        for (const WithdrawalInfo& withdrawal : page.items) to_pb(withdrawal, *reply->add_withdrawals());
        reply->set_next_cursor(page.next_cursor);
        return {};
    });
}

grpc::Status QueryService::GetChunkSignatures(grpc::ServerContext* context, const v1::GetChunkSignaturesRequest* request,
                                              v1::ChunkSignatures* reply) {
    return handle(*context, [&]() -> Status {
        auto signatures = queries_.chunk_signatures(request->batch(), request->chunk());
        if (!signatures) return signatures.status();
        to_pb(*signatures, *reply);
        return {};
    });
}

grpc::Status QueryService::GetBatch(grpc::ServerContext* context, const v1::GetBatchRequest* request, v1::BatchInfo* reply) {
    return handle(*context, [&]() -> Status {
        auto batch = queries_.batch(request->number());
        if (!batch) return batch.status();
        to_pb(*batch, *reply);
        return {};
    });
}

}  // namespace gavel::ledger

#include "query/streams.hpp"

namespace gavel::query {
namespace {

using node::Next;
using node::Result;

constexpr size_t kStreamPage = 500;

}  // namespace

Result<Next> OperationStream::operator()(OperationInfo& info) {
    if (told_ == OperationStatus::kFinal || told_ == OperationStatus::kRolledBack) return Next::kEnd;
    auto now = queries_.operation(hash_);
    if (!now) return now.status();
    if (told_ == now->status && told_batch_ == now->batch) return Next::kLater;
    told_ = now->status;
    told_batch_ = now->batch;
    info = *std::move(now);
    return Next::kMessage;
}

PageStream<IncomingPayment> payments_stream(const Queries& queries, const Address& owner, const std::optional<Address>& token,
                                            std::optional<uint64_t> cursor) {
    auto fetch = [&queries, owner, token](uint64_t from) { return queries.incoming(owner, token, from, kStreamPage); };
    return {cursor ? *cursor : queries.end_cursor(), true, fetch};
}

PageStream<EntryInfo> feed_stream(const Queries& queries, uint64_t cursor) {
    return {cursor, false, [&queries](uint64_t from) { return queries.feed(from, kStreamPage); }};
}

}  // namespace gavel::query

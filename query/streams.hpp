// The query service's streams: each gives its next value, if there is one now (node/stream.hpp). Whoever serves them asks again
// when there is news.
#pragma once

#include "node/stream.hpp"
#include "query/queries.hpp"

namespace gavel::query {

// An operation, and again whenever its status changes, until that is its last.
class OperationStream {
public:
    OperationStream(const Queries& queries, const Hash& hash) : queries_(queries), hash_(hash) {}
    node::Result<node::Next> operator()(OperationInfo& info);

private:
    const Queries& queries_;
    Hash hash_;
    std::optional<OperationStatus> told_;
    uint64_t told_batch_ = 0;
};

// Pages from a cursor on. An empty first page is told if the client needs the cursor.
template <class T>
class PageStream {
public:
    using Fetch = std::function<node::Result<Page<T>>(uint64_t cursor)>;
    PageStream(uint64_t cursor, bool tell_first, Fetch fetch) : cursor_(cursor), tell_(tell_first), fetch_(std::move(fetch)) {}

    // A page may be empty and lead on.
    node::Result<node::Next> operator()(Page<T>& page) {
        auto fetched = fetch_(cursor_);
        if (!fetched) return fetched.status();
        const bool moved = fetched->next_cursor != cursor_;
        cursor_ = fetched->next_cursor;
        if (fetched->items.empty() && !tell_) return moved ? node::Next::kAgain : node::Next::kLater;
        tell_ = false;
        page = *std::move(fetched);
        return node::Next::kMessage;
    }

private:
    uint64_t cursor_;
    bool tell_;
    Fetch fetch_;
};

// No cursor: from now on.
PageStream<IncomingPayment> payments_stream(const Queries& queries, const Address& owner, const std::optional<Address>& token,
                                            std::optional<uint64_t> cursor);
PageStream<EntryInfo> feed_stream(const Queries& queries, uint64_t cursor);

}  // namespace gavel::query

// The query service for clients in the daemon's own process, without gRPC: for tests and simulations.
#pragma once

#include <string>

#include "query/streams.hpp"

namespace gavel::query {

// Called while a client waits for something to come. Where the client's thread drives the world it is a step of it; else it waits
// a while for whoever does.
using Idle = std::function<void()>;

// Gives what a stream has, until somebody ends it.
template <class T, class Stream>
node::Status run_stream(Stream stream, const api::Take<T>& take, const api::Step& step, const Idle& idle) {
    for (;;) {
        T value;
        auto next = stream(value);
        if (!next) return next.status();
        if (*next == node::Next::kEnd) return {};
        if (*next == node::Next::kMessage && !take(value)) return {};
        if (*next != node::Next::kLater) continue;
        if (step && !step()) return {};
        idle();
    }
}

// Face: api::Sequencer or api::Verifier, whose own questions a class derived from this answers.
template <class Face>
class DirectQuery : public Face {
public:
    // `queries` must outlive it.
    DirectQuery(const Queries& queries, std::string server, Idle idle)
        : queries_(queries), server_(std::move(server)), idle_(std::move(idle)) {}

    node::Result<ChainInfo> chain_info() override { return queries_.chain_info(server_); }
    node::Result<AccountInfo> account(const AccountKey& key) override { return queries_.account(key); }
    node::Result<Balances> balances(const Address& owner, const std::optional<Address>& after, uint32_t limit) override {
        return queries_.balances(owner, after, limit);
    }
    node::Result<ChannelInfo> channel(const AccountKey& key) override { return queries_.channel(key); }
    node::Result<Channels> channels(const Address& owner, const std::optional<AccountKey>& after, uint32_t limit) override {
        return queries_.channels(owner, after, limit);
    }
    node::Result<Page<EntryInfo>> history(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                          uint32_t limit) override {
        return queries_.history(owner, token, cursor, limit);
    }
    node::Result<OperationInfo> operation(const Hash& hash) override { return queries_.operation(hash); }
    node::Result<ClaimProof> withdrawal_proof(uint32_t position) override { return queries_.withdrawal_proof(position); }
    node::Result<Page<WithdrawalInfo>> withdrawals(const Address& recipient, uint64_t cursor, uint32_t limit) override {
        return queries_.withdrawals_to(recipient, cursor, limit);
    }
    node::Result<ChunkSignatures> chunk_signatures(uint64_t batch, uint32_t chunk) override {
        return queries_.chunk_signatures(batch, chunk);
    }
    node::Result<BatchInfo> batch(uint64_t number) override { return queries_.batch(number); }

    node::Status watch_operation(const Hash& hash, const api::Take<OperationInfo>& take, const api::Step& step) override {
        return run_stream<OperationInfo>(OperationStream(queries_, hash), take, step, idle_);
    }
    node::Status watch_payments(const Address& owner, const std::optional<Address>& token, std::optional<uint64_t> cursor,
                                const api::Take<Page<IncomingPayment>>& take, const api::Step& step) override {
        return run_stream<Page<IncomingPayment>>(payments_stream(queries_, owner, token, cursor), take, step, idle_);
    }
    node::Status feed(uint64_t cursor, const api::Take<Page<EntryInfo>>& take, const api::Step& step) override {
        return run_stream<Page<EntryInfo>>(feed_stream(queries_, cursor), take, step, idle_);
    }

protected:
    const Queries& queries_;
    const std::string server_;
    const Idle idle_;
};

}  // namespace gavel::query

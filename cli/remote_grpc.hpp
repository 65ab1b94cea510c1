// The daemons as the command sees them: gRPC calls with deadlines, failures as node::Status.
#pragma once

#include "gavel/v1/query.pb.h"
#include "gavel/v1/sequencer.pb.h"
#include "gavel/v1/verifier.pb.h"

#include <chrono>
#include <functional>
#include <memory>

#include "node/grpc_options.hpp"
#include "node/status.hpp"
#include "protocol/account.hpp"

namespace gavel::cli {

// One daemon. Not connected before the first call. Thread-safe. Failures, beside the daemon's own refusals: reason UNAVAILABLE
// with the daemon's name and address in the message, DEADLINE_EXCEEDED.
class Remote {
public:
    // `name` is for messages: "sequencer". Reasons: those of node::make_channel.
    static node::Result<std::unique_ptr<Remote>> open(const node::GrpcChannelOptions& options, const std::string& name);
    ~Remote();
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;

    // Query: both daemons.
    node::Result<v1::ChainInfo> chain_info();
    node::Result<v1::Account> account(const AccountKey& key);
    node::Result<v1::ListBalancesResponse> list_balances(const v1::ListBalancesRequest& request);
    node::Result<v1::ListHistoryResponse> list_history(const v1::ListHistoryRequest& request);
    node::Result<v1::OperationInfo> operation(const Hash& hash);
    node::Result<v1::WithdrawalProof> withdrawal_proof(uint32_t position);
    node::Result<v1::ListWithdrawalsResponse> list_withdrawals(const v1::ListWithdrawalsRequest& request);
    node::Result<v1::BatchInfo> batch(uint64_t number);

    // Sequencer.
    node::Result<v1::Receipt> submit(const v1::SubmitRequest& request);
    node::Result<v1::FeeEstimate> estimate_fee(const v1::EstimateFeeRequest& request);

    // Verifier.
    node::Result<v1::VerifierStatus> verifier_status();
    node::Result<v1::FraudProof> fraud_proof(uint64_t batch);

    // Streams. `take` returns false to end the stream, which then is OK; `step` is called about every 200 ms while nothing comes,
    // likewise. They return when the server ends the stream, too.
    template <class Message>
    using Take = std::function<bool(const Message&)>;
    using Step = std::function<bool()>;
    node::Status watch_operation(const Hash& hash, const Take<v1::OperationInfo>& take, const Step& step);
    node::Status watch_payments(const v1::WatchPaymentsRequest& request, const Take<v1::WatchPaymentsResponse>& take,
                                const Step& step);
    node::Status verdicts(uint64_t from_batch, const Take<v1::Verdict>& take, const Step& step);
    node::Status fraud_proofs(uint64_t from_batch, const Take<v1::FraudProof>& take, const Step& step);

    // Many operations: one thread writes, another reads.
    class Submitter {
    public:
        virtual ~Submitter() = default;
        // False once the stream is broken; then finish() tells why.
        virtual bool write(const v1::SubmitBatch& batch) = 0;
        virtual void done_writing() = 0;
        // False at the end.
        virtual bool read(v1::SubmitBatchResult& result) = 0;
        // Once read() has returned false.
        virtual node::Status finish() = 0;
        // From any thread: ends the stream at once.
        virtual void cancel() = 0;
    };
    std::unique_ptr<Submitter> submit_stream();

private:
    struct Impl;
    explicit Remote(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::cli

#include "cli/remote_grpc.hpp"

#include "gavel/v1/query.grpc.pb.h"
#include "gavel/v1/sequencer.grpc.pb.h"
#include "gavel/v1/verifier.grpc.pb.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "node/grpc_deadline.hpp"
#include "node/grpc_server.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::cli {
namespace {

using node::Result;
using node::Status;

constexpr std::chrono::seconds kDeadline{30};
constexpr std::chrono::milliseconds kStep{200};

// Calls `step` now and then until destroyed, and cancels the call once it returns false. Reading a stream blocks, so somebody has
// to.
class Ticker {
public:
    Ticker(grpc::ClientContext& context, const Remote::Step& step) : thread_([this, &context, &step] { run(context, step); }) {}
    ~Ticker() {
        {
            std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

private:
    void run(grpc::ClientContext& context, const Remote::Step& step) {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, kStep, [this] { return stop_; })) {
            if (step && !step()) {
                context.TryCancel();
                return;
            }
        }
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace

struct Remote::Impl {
    std::string name;
    std::string target;
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::Query::Stub> query;
    std::unique_ptr<v1::Sequencer::Stub> sequencer;
    std::unique_ptr<v1::Verifier::Stub> verifier;

    Status status_of(const grpc::Status& status, const grpc::ClientContext& context) const {
        Status out = node::from_grpc(status, context);
        if (out.code == node::Code::kUnavailable && out.reason == "UNAVAILABLE") {
            out.message = "no connection to the " + name + " at " + target + ": " + out.message;
        }
        return out;
    }

    template <class Reply, class Stub, class Request>
    Result<Reply> call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                       const Request& request) {
        grpc::ClientContext context;
        context.set_deadline(node::grpc_deadline(kDeadline));
        Reply reply;
        const grpc::Status status = (stub.*method)(&context, request, &reply);
        if (!status.ok()) return status_of(status, context);
        return reply;
    }

    template <class Message, class Open>
    Status read_all(Open open, const Take<Message>& take, const Step& step) {
        grpc::ClientContext context;
        bool ended_here = false;
        std::unique_ptr<grpc::ClientReader<Message>> reader = open(&context);
        {
            const Step noting = [&] { return !step || step() || (ended_here = true, false); };
            Ticker ticker(context, noting);
            Message message;
            while (reader->Read(&message)) {
                if (take(message)) continue;
                ended_here = true;
                break;
            }
        }
        if (ended_here) context.TryCancel();
        const grpc::Status status = reader->Finish();
        if (ended_here || status.ok()) return {};
        return status_of(status, context);
    }

    class Stream;
};

class Remote::Impl::Stream final : public Remote::Submitter {
public:
    explicit Stream(Impl& remote) : remote_(remote), stream_(remote.sequencer->SubmitStream(&context_)) {}
    bool write(const v1::SubmitBatch& batch) override { return stream_->Write(batch); }
    void done_writing() override { stream_->WritesDone(); }
    bool read(v1::SubmitBatchResult& result) override { return stream_->Read(&result); }
    Status finish() override {
        const grpc::Status status = stream_->Finish();
        return remote_.status_of(status, context_);
    }
    void cancel() override { context_.TryCancel(); }

private:
    Impl& remote_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitBatch, v1::SubmitBatchResult>> stream_;
};

Remote::Remote(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Remote::~Remote() = default;

Result<std::unique_ptr<Remote>> Remote::open(const node::GrpcChannelOptions& options, const std::string& name) {
    auto channel = node::make_channel(options);
    if (!channel) return channel.status();
    auto impl = std::make_unique<Impl>();
    impl->name = name;
    impl->target = options.target;
    impl->channel = *channel;
    impl->query = v1::Query::NewStub(*channel);
    impl->sequencer = v1::Sequencer::NewStub(*channel);
    impl->verifier = v1::Verifier::NewStub(*channel);
    return std::unique_ptr<Remote>(new Remote(std::move(impl)));
}

Result<v1::ChainInfo> Remote::chain_info() {
    return impl_->call(*impl_->query, &v1::Query::Stub::GetChainInfo, v1::GetChainInfoRequest());
}

Result<v1::Account> Remote::account(const AccountKey& key) {
    v1::GetAccountRequest request;
    request.set_owner(proto::to_pb_bytes(key.owner));
    request.set_token(proto::to_pb_bytes(key.token));
    return impl_->call(*impl_->query, &v1::Query::Stub::GetAccount, request);
}

Result<v1::ListBalancesResponse> Remote::list_balances(const v1::ListBalancesRequest& request) {
    return impl_->call(*impl_->query, &v1::Query::Stub::ListBalances, request);
}

Result<v1::ListHistoryResponse> Remote::list_history(const v1::ListHistoryRequest& request) {
    return impl_->call(*impl_->query, &v1::Query::Stub::ListHistory, request);
}

Result<v1::OperationInfo> Remote::operation(const Hash& hash) {
    v1::GetOperationRequest request;
    request.set_hash(proto::to_pb_bytes(hash));
    return impl_->call(*impl_->query, &v1::Query::Stub::GetOperation, request);
}

Result<v1::WithdrawalProof> Remote::withdrawal_proof(uint32_t position) {
    v1::GetWithdrawalProofRequest request;
    request.set_position(position);
    return impl_->call(*impl_->query, &v1::Query::Stub::GetWithdrawalProof, request);
}

Result<v1::ListWithdrawalsResponse> Remote::list_withdrawals(const v1::ListWithdrawalsRequest& request) {
    return impl_->call(*impl_->query, &v1::Query::Stub::ListWithdrawals, request);
}

Result<v1::BatchInfo> Remote::batch(uint64_t number) {
    v1::GetBatchRequest request;
    request.set_number(number);
    return impl_->call(*impl_->query, &v1::Query::Stub::GetBatch, request);
}

Result<v1::Receipt> Remote::submit(const v1::SubmitRequest& request) {
    return impl_->call(*impl_->sequencer, &v1::Sequencer::Stub::Submit, request);
}

Result<v1::FeeEstimate> Remote::estimate_fee(const v1::EstimateFeeRequest& request) {
    return impl_->call(*impl_->sequencer, &v1::Sequencer::Stub::EstimateFee, request);
}

Result<v1::VerifierStatus> Remote::verifier_status() {
    return impl_->call(*impl_->verifier, &v1::Verifier::Stub::GetStatus, v1::GetStatusRequest());
}

Result<v1::FraudProof> Remote::fraud_proof(uint64_t batch) {
    v1::GetFraudProofRequest request;
    request.set_batch(batch);
    return impl_->call(*impl_->verifier, &v1::Verifier::Stub::GetFraudProof, request);
}

Status Remote::watch_operation(const Hash& hash, const Take<v1::OperationInfo>& take, const Step& step) {
    v1::WatchOperationRequest request;
    request.set_hash(proto::to_pb_bytes(hash));
    return impl_->read_all<v1::OperationInfo>([&](auto* context) { return impl_->query->WatchOperation(context, request); }, take,
                                              step);
}

Status Remote::watch_payments(const v1::WatchPaymentsRequest& request, const Take<v1::WatchPaymentsResponse>& take,
                              const Step& step) {
    return impl_->read_all<v1::WatchPaymentsResponse>(
        [&](auto* context) { return impl_->query->WatchPayments(context, request); }, take, step);
}

Status Remote::verdicts(uint64_t from_batch, const Take<v1::Verdict>& take, const Step& step) {
    v1::VerdictsRequest request;
    request.set_from_batch(from_batch);
    return impl_->read_all<v1::Verdict>([&](auto* context) { return impl_->verifier->Verdicts(context, request); }, take, step);
}

Status Remote::fraud_proofs(uint64_t from_batch, const Take<v1::FraudProof>& take, const Step& step) {
    v1::FraudProofsRequest request;
    request.set_from_batch(from_batch);
    return impl_->read_all<v1::FraudProof>([&](auto* context) { return impl_->verifier->FraudProofs(context, request); }, take,
                                           step);
}

std::unique_ptr<Remote::Submitter> Remote::submit_stream() { return std::make_unique<Impl::Stream>(*impl_); }

}  // namespace gavel::cli

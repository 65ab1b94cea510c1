#include "proto/client_grpc.hpp"

#include "gavel/v1/query.grpc.pb.h"
#include "gavel/v1/sequencer.grpc.pb.h"
#include "gavel/v1/verifier.grpc.pb.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "node/config.hpp"
#include "node/grpc_deadline.hpp"
#include "node/grpc_server.hpp"
#include "proto/convert_grpc.hpp"
#include "proto/query_convert_grpc.hpp"
#include "proto/sequencer_convert_grpc.hpp"
#include "proto/verifier_convert_grpc.hpp"

namespace gavel::proto {
namespace {

using namespace api;
using node::Code;
using node::Result;
using node::Status;

constexpr std::chrono::milliseconds kStep{200};
constexpr size_t kMostNonceDigits = 20;

// Calls `step` now and then until destroyed, and cancels the call once it returns false. Reading a stream blocks, so somebody has
// to.
class Ticker {
public:
    Ticker(grpc::ClientContext& context, const Step& step) : thread_([this, &context, &step] { run(context, step); }) {}
    ~Ticker() {
        {
            std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

private:
    void run(grpc::ClientContext& context, const Step& step) {
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

// One daemon's channel: how it is called, and how its failures are told.
class Line {
public:
    Line(std::string name, const ClientOptions& with, std::shared_ptr<grpc::Channel> over)
        : options(with), channel(std::move(over)), name_(std::move(name)) {}

    // The answer, typed.
    template <class T, class Reply, class Stub, class Request>
    Result<T> ask(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                  const Request& request) const {
        grpc::ClientContext context;
        context.set_deadline(node::grpc_deadline(options.patience));
        Reply reply;
        const grpc::Status status = (stub.*method)(&context, request, &reply);
        if (!status.ok()) return status_of(status, context, options.patience);
        return read<T>(reply);
    }

    template <class T, class Reply>
    Result<T> read(const Reply& reply) const {
        Result<T> value = from_pb(reply, "");
        if (value) return value;
        const Status fault = value.status();
        return Status{Code::kInternal, "ANSWER_INVALID", fault.field,
                      "the answer of the " + name_ + " at " + options.channel.target + " has no form: " + fault.message};
    }

    // `open` gives the reader of messages of type Reply.
    template <class T, class Reply, class Open>
    Status listen(Open open, const Take<T>& take, const Step& step) const {
        grpc::ClientContext context;
        bool ended_here = false;
        Status fault;
        std::unique_ptr<grpc::ClientReader<Reply>> reader = open(&context);
        {
            const Step noting = [&] { return !step || step() || (ended_here = true, false); };
            Ticker ticker(context, noting);
            Reply message;
            while (reader->Read(&message)) {
                auto value = read<T>(message);
                if (value && take(*value)) continue;
                fault = value.status();
                ended_here = true;
                break;
            }
        }
        if (ended_here) context.TryCancel();
        const grpc::Status status = reader->Finish();
        if (ended_here || status.ok()) return fault;
        return status_of(status, context, {});
    }

    Status status_of(const grpc::Status& status, const grpc::ClientContext& context, std::chrono::milliseconds patience) const {
        Status out = node::from_grpc(status, context);
        const std::string who = "the " + name_ + " at " + options.channel.target;
        if (out.code == Code::kUnavailable && out.reason == "UNAVAILABLE") {
            out.message = "no connection to " + who + ": " + out.message;
        } else if (out.code == Code::kDeadlineExceeded && out.reason == "DEADLINE_EXCEEDED") {
            out.message = who + " gave no answer within " + std::to_string(patience.count() / 1000) + " s";
        }
        return out;
    }

    const ClientOptions options;
    const std::shared_ptr<grpc::Channel> channel;

private:
    const std::string name_;
};

// Face: Sequencer or Verifier.
template <class Face>
class QueryClient : public Face {
public:
    explicit QueryClient(Line line) : line_(std::move(line)), query_(v1::Query::NewStub(line_.channel)) {}

    Result<ChainInfo> chain_info() override { return ask<ChainInfo>(&v1::Query::Stub::GetChainInfo, v1::GetChainInfoRequest()); }
    Result<AccountInfo> account(const AccountKey& key) override {
        v1::GetAccountRequest request;
        request.set_owner(to_pb_bytes(key.owner));
        request.set_token(to_pb_bytes(key.token));
        return ask<AccountInfo>(&v1::Query::Stub::GetAccount, request);
    }
    Result<Balances> balances(const Address& owner, const std::optional<Address>& after, uint32_t limit) override {
        v1::ListBalancesRequest request;
        request.set_owner(to_pb_bytes(owner));
        request.set_limit(limit);
        if (after) request.set_after_token(to_pb_bytes(*after));
        return ask<Balances>(&v1::Query::Stub::ListBalances, request);
    }
    Result<ChannelInfo> channel(const AccountKey& key) override {
        v1::GetChannelRequest request;
        request.set_channel(to_pb_bytes(key.owner));
        request.set_token(to_pb_bytes(key.token));
        return ask<ChannelInfo>(&v1::Query::Stub::GetChannel, request);
    }
    Result<Channels> channels(const Address& owner, const std::optional<AccountKey>& after, uint32_t limit) override {
        v1::ListChannelsRequest request;
        request.set_owner(to_pb_bytes(owner));
        request.set_limit(limit);
        if (after) request.set_after(to_pb_bytes(*after));
        return ask<Channels>(&v1::Query::Stub::ListChannels, request);
    }
    Result<Page<EntryInfo>> history(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                    uint32_t limit) override {
        v1::ListHistoryRequest request;
        request.set_owner(to_pb_bytes(owner));
        set_token(token, request);
        request.set_limit(limit);
        request.set_cursor(cursor);
        return ask<Page<EntryInfo>>(&v1::Query::Stub::ListHistory, request);
    }
    Result<OperationInfo> operation(const Hash& hash) override {
        v1::GetOperationRequest request;
        request.set_hash(to_pb_bytes(hash));
        return ask<OperationInfo>(&v1::Query::Stub::GetOperation, request);
    }
    Result<ClaimProof> withdrawal_proof(uint32_t position) override {
        v1::GetWithdrawalProofRequest request;
        request.set_position(position);
        return ask<ClaimProof>(&v1::Query::Stub::GetWithdrawalProof, request);
    }
    Result<Page<WithdrawalInfo>> withdrawals(const Address& recipient, uint64_t cursor, uint32_t limit) override {
        v1::ListWithdrawalsRequest request;
        request.set_recipient(to_pb_bytes(recipient));
        request.set_limit(limit);
        request.set_cursor(cursor);
        return ask<Page<WithdrawalInfo>>(&v1::Query::Stub::ListWithdrawals, request);
    }
    Result<ChunkSignatures> chunk_signatures(uint64_t batch, uint32_t chunk) override {
        v1::GetChunkSignaturesRequest request;
        request.set_batch(batch);
        request.set_chunk(chunk);
        return ask<ChunkSignatures>(&v1::Query::Stub::GetChunkSignatures, request);
    }
    Result<BatchInfo> batch(uint64_t number) override {
        v1::GetBatchRequest request;
        request.set_number(number);
        return ask<BatchInfo>(&v1::Query::Stub::GetBatch, request);
    }

    Status watch_operation(const Hash& hash, const Take<OperationInfo>& take, const Step& step) override {
        v1::WatchOperationRequest request;
        request.set_hash(to_pb_bytes(hash));
        return line_.listen<OperationInfo, v1::OperationInfo>(
            [&](auto* context) { return query_->WatchOperation(context, request); }, take, step);
    }
    Status watch_payments(const Address& owner, const std::optional<Address>& token, std::optional<uint64_t> cursor,
                          const Take<Page<IncomingPayment>>& take, const Step& step) override {
        v1::WatchPaymentsRequest request;
        request.set_owner(to_pb_bytes(owner));
        set_token(token, request);
        request.set_cursor(cursor.value_or(0));
        request.set_only_new(!cursor);
        return line_.listen<Page<IncomingPayment>, v1::WatchPaymentsResponse>(
            [&](auto* context) { return query_->WatchPayments(context, request); }, take, step);
    }
    Status feed(uint64_t cursor, const Take<Page<EntryInfo>>& take, const Step& step) override {
        v1::FeedRequest request;
        request.set_cursor(cursor);
        return line_.listen<Page<EntryInfo>, v1::FeedResponse>([&](auto* context) { return query_->Feed(context, request); },
                                                               take, step);
    }

protected:
    const Line line_;

private:
    template <class Request>
    static void set_token(const std::optional<Address>& token, Request& request) {
        request.set_one_token(token.has_value());
        if (token) request.set_token(to_pb_bytes(*token));
    }
    template <class T, class Request, class Reply>
    Result<T> ask(grpc::Status (v1::Query::Stub::*method)(grpc::ClientContext*, const Request&, Reply*), const Request& request) {
        return line_.ask<T>(*query_, method, request);
    }

    std::unique_ptr<v1::Query::Stub> query_;
};

// ---- Sequencer ----

class StreamClient final : public SubmitStream {
public:
    StreamClient(const Line& line, v1::Sequencer::Stub& stub) : line_(line), stream_(stub.SubmitStream(&context_)) {}

    bool write(const std::vector<Submission>& submissions) override {
        v1::SubmitBatch batch;
        to_pb(submissions, batch);
        return stream_->Write(batch);
    }
    void done_writing() override { stream_->WritesDone(); }
    bool read(std::vector<SubmitOutcome>& outcomes) override {
        v1::SubmitBatchResult results;
        if (!stream_->Read(&results)) return false;
        auto read = line_.read<std::vector<SubmitOutcome>>(results);
        if (read) {
            outcomes = *std::move(read);
            return true;
        }
        fault_ = read.status();
        context_.TryCancel();
        return false;
    }
    Status finish() override {
        const grpc::Status status = stream_->Finish();
        return fault_.ok() ? line_.status_of(status, context_, {}) : fault_;
    }
    void cancel() override { context_.TryCancel(); }

private:
    const Line& line_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitBatch, v1::SubmitBatchResult>> stream_;
    Status fault_;
};

std::optional<uint64_t> expected_nonce(const grpc::ClientContext& context) {
    const auto& metadata = context.GetServerTrailingMetadata();
    const auto found = metadata.find("gavel-expected-nonce");
    if (found == metadata.end() || found->second.size() > kMostNonceDigits) return std::nullopt;
    auto nonce = node::parse_number({found->second.data(), found->second.size()});
    return nonce ? std::optional(*nonce) : std::nullopt;
}

class SequencerClient final : public QueryClient<Sequencer> {
public:
    explicit SequencerClient(Line line) : QueryClient<Sequencer>(std::move(line)), stub_(v1::Sequencer::NewStub(line_.channel)) {}

    SubmitOutcome submit(const Submission& submission) override {
        v1::SubmitRequest request;
        to_pb(submission, request);
        grpc::ClientContext context;
        context.set_deadline(node::grpc_deadline(line_.options.submit_patience));
        v1::Receipt reply;
        const grpc::Status status = stub_->Submit(&context, request, &reply);
        if (!status.ok()) return {line_.status_of(status, context, line_.options.submit_patience), {}, expected_nonce(context)};
        auto receipt = line_.read<Receipt>(reply);
        if (!receipt) return {receipt.status(), {}, {}};
        return {{}, *receipt, {}};
    }
    std::unique_ptr<SubmitStream> submit_stream() override { return std::make_unique<StreamClient>(line_, *stub_); }
    Result<FeeQuote> estimate_fee(const Address& token, const OperationShape& shape) override {
        v1::EstimateFeeRequest request;
        to_pb(token, shape, request);
        return line_.ask<FeeQuote>(*stub_, &v1::Sequencer::Stub::EstimateFee, request);
    }
    Result<Page<OperationInfo>> rolled_back(const std::optional<Address>& sender, uint64_t cursor, uint32_t limit) override {
        v1::GetRolledBackRequest request;
        if (sender) request.set_sender(to_pb_bytes(*sender));
        request.set_limit(limit);
        request.set_cursor(cursor);
        return line_.ask<Page<OperationInfo>>(*stub_, &v1::Sequencer::Stub::GetRolledBack, request);
    }

private:
    std::unique_ptr<v1::Sequencer::Stub> stub_;
};

// ---- Verifier ----

class VerifierClient final : public QueryClient<Verifier> {
public:
    explicit VerifierClient(Line line) : QueryClient<Verifier>(std::move(line)), stub_(v1::Verifier::NewStub(line_.channel)) {}

    Result<VerifierStatus> status() override {
        return line_.ask<VerifierStatus>(*stub_, &v1::Verifier::Stub::GetStatus, v1::GetStatusRequest());
    }
    Result<FraudProof> fraud_proof(uint64_t batch, const std::optional<Hash>& hash) override {
        v1::GetFraudProofRequest request;
        request.set_batch(batch);
        if (hash) request.set_batch_hash(to_pb_bytes(*hash));
        return line_.ask<FraudProof>(*stub_, &v1::Verifier::Stub::GetFraudProof, request);
    }
    Status verdicts(uint64_t from_batch, const Take<Verdict>& take, const Step& step) override {
        v1::VerdictsRequest request;
        request.set_from_batch(from_batch);
        return line_.listen<Verdict, v1::Verdict>([&](auto* context) { return stub_->Verdicts(context, request); }, take, step);
    }
    Status fraud_proofs(uint64_t from_batch, const Take<FraudProof>& take, const Step& step) override {
        v1::FraudProofsRequest request;
        request.set_from_batch(from_batch);
        return line_.listen<FraudProof, v1::FraudProof>([&](auto* context) { return stub_->FraudProofs(context, request); }, take,
                                                        step);
    }

private:
    std::unique_ptr<v1::Verifier::Stub> stub_;
};

}  // namespace

Result<std::unique_ptr<Sequencer>> open_sequencer(const ClientOptions& options) {
    auto channel = node::make_channel(options.channel);
    if (!channel) return channel.status();
    return std::unique_ptr<Sequencer>(std::make_unique<SequencerClient>(Line("sequencer", options, *channel)));
}

Result<std::unique_ptr<Verifier>> open_verifier(const ClientOptions& options) {
    auto channel = node::make_channel(options.channel);
    if (!channel) return channel.status();
    return std::unique_ptr<Verifier>(std::make_unique<VerifierClient>(Line("verifier", options, *channel)));
}

}  // namespace gavel::proto

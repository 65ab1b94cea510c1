#include "sequencer/sequencer_grpc.hpp"

#include <fmt/format.h>

#include <deque>
#include <future>
#include <thread>

#include "ledger/query_convert_grpc.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::sequencer {
namespace {

constexpr int kMaxBatch = 4096;
constexpr size_t kMaxUnderWay = 16;  // messages of one stream taken and not answered

using Outcomes = std::vector<SubmitOutcome>;

node::Result<Submission> from_pb(const v1::SubmitRequest& request) {
    auto operation = proto::from_pb(request.operation(), "operation");
    if (!operation) return operation.status();
    auto sender = proto::address_from_pb(request.sender(), "sender");
    if (!sender) return sender.status();
    auto signature = proto::signature_from_pb(request.signature(), "signature");
    if (!signature) return signature.status();
    return Submission{*operation, *signature, *sender, request.chain_id()};
}

void to_pb(const ledger::OperationReceipt& receipt, v1::Receipt& message) {
    message.set_hash(proto::to_pb_bytes(receipt.hash));
    message.set_position(receipt.position);
    message.set_confirmed_at_ms(receipt.confirmed_at_ms);
}

void to_pb(const SubmitOutcome& outcome, v1::SubmitResult& message) {
    if (outcome.status.ok()) return to_pb(outcome.receipt, *message.mutable_receipt());
    v1::SubmitError& error = *message.mutable_error();
    error.set_code(static_cast<uint32_t>(outcome.status.code));
    error.set_reason(outcome.status.reason);
    error.set_field(outcome.status.field);
    error.set_message(outcome.status.message);
    if (outcome.expected_nonce) {
        error.set_has_expected_nonce(true);
        error.set_expected_nonce(*outcome.expected_nonce);
    }
}

// One message of a stream: what is wrong in form is refused here, the rest is submitted together, in order.
std::future<Outcomes> submit(Sequencer& sequencer, const v1::SubmitBatch& batch) {
    auto outcomes = std::make_shared<Outcomes>(batch.requests_size());
    std::vector<Submission> submissions;
    std::vector<size_t> places;
    for (int i = 0; i < batch.requests_size(); ++i) {
        auto submission = from_pb(batch.requests(i));
        if (!submission) {
            (*outcomes)[i].status = submission.status();
            continue;
        }
        submissions.push_back(std::move(*submission));
        places.push_back(i);
    }
    auto promise = std::make_shared<std::promise<Outcomes>>();
    auto future = promise->get_future();
    sequencer.submit(submissions, [promise, outcomes, places = std::move(places)](Outcomes answers) {
        for (size_t i = 0; i < answers.size(); ++i) (*outcomes)[places[i]] = std::move(answers[i]);
        promise->set_value(std::move(*outcomes));
    });
    return future;
}

// Messages under way on one stream: read by one thread, answered by another, in order.
class UnderWay {
public:
    // Waits while there are too many; false once the other side is done.
    bool push(std::future<Outcomes> outcomes) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || waiting_.size() < kMaxUnderWay; });
        if (closed_) return false;
        waiting_.push_back(std::move(outcomes));
        changed_.notify_all();
        return true;
    }
    // nullopt when there is nothing and never will be.
    std::optional<std::future<Outcomes>> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty()) return std::nullopt;
        auto outcomes = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        return outcomes;
    }
    void close() {
        std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::future<Outcomes>> waiting_;
    bool closed_ = false;
};

node::Result<OperationShape> shape_of(const v1::EstimateFeeRequest& request) {
    auto invalid = [](std::string reason, std::string field, std::string message) {
        return node::Status{node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
    };
    OperationShape shape;
    switch (request.kind()) {
        case v1::EstimateFeeRequest::KIND_TRANSFER: shape.kind = OperationKind::kTransfer; break;
        case v1::EstimateFeeRequest::KIND_WITHDRAW: shape.kind = OperationKind::kWithdraw; break;
        case v1::EstimateFeeRequest::KIND_PAYOUT: shape.kind = OperationKind::kPayout; break;
        default: return invalid("ENUM_INVALID", "kind", "not a kind of operation");
    }
    unsigned most = shape.kind == OperationKind::kPayout ? kMaxPayoutLines : 1;
    if (request.lines() > most) return invalid("TOO_MANY_PAYMENTS", "lines", fmt::format("at most {}", most));
    shape.lines = std::max(1u, request.lines());
    unsigned most_new = shape.kind == OperationKind::kWithdraw ? 0 : shape.lines;
    if (request.new_recipients() > most_new)
        return invalid("TOO_MANY_PAYMENTS", "new_recipients", fmt::format("at most {}", most_new));
    shape.new_recipients = request.new_recipients();
    shape.memo = request.memo() && shape.kind != OperationKind::kWithdraw;
    return shape;
}

}  // namespace

grpc::Status SequencerService::Submit(grpc::ServerContext* context, const v1::SubmitRequest* request, v1::Receipt* reply) {
    return ledger::handle(*context, [&]() -> node::Status {
        auto submission = from_pb(*request);
        if (!submission) return submission.status();
        auto promise = std::make_shared<std::promise<SubmitOutcome>>();
        auto answer = promise->get_future();
        sequencer_.submit({*submission}, [promise](Outcomes outcomes) { promise->set_value(std::move(outcomes.front())); });
        SubmitOutcome outcome = answer.get();
        if (outcome.expected_nonce)
            context->AddTrailingMetadata("gavel-expected-nonce", std::to_string(*outcome.expected_nonce));
        if (outcome.status.ok()) to_pb(outcome.receipt, *reply);
        return outcome.status;
    });
}

grpc::Status SequencerService::SubmitStream(grpc::ServerContext* context,
                                            grpc::ServerReaderWriter<v1::SubmitBatchResult, v1::SubmitBatch>* stream) {
    return ledger::handle(*context, [&]() -> node::Status {
        ledger::StreamSlots::Slot slot(streams_);
        if (!slot.ok()) return ledger::StreamSlots::none_left();
        UnderWay under_way;
        std::thread answering([&] {
            while (auto outcomes = under_way.pop()) {
                v1::SubmitBatchResult result;
                for (const SubmitOutcome& outcome : outcomes->get()) to_pb(outcome, *result.add_results());
                if (!stream->Write(result)) break;
            }
            under_way.close();
        });
        node::Status status;
        v1::SubmitBatch batch;
        while (stream->Read(&batch)) {
            if (batch.requests_size() == 0 || batch.requests_size() > kMaxBatch) {
                status = {node::Code::kInvalidArgument, "BATCH_SIZE_INVALID", "requests",
                          fmt::format("a message holds 1 to {} requests, not {}", kMaxBatch, batch.requests_size())};
                break;
            }
            if (!under_way.push(submit(sequencer_, batch))) break;
        }
        under_way.close();
        answering.join();
        return status;
    });
}

grpc::Status SequencerService::EstimateFee(grpc::ServerContext* context, const v1::EstimateFeeRequest* request,
                                           v1::FeeEstimate* reply) {
    return ledger::handle(*context, [&]() -> node::Status {
        auto token = proto::token_from_pb(request->token(), "token");
        if (!token) return token.status();
        auto shape = shape_of(*request);
        if (!shape) return shape.status();
        auto quote = sequencer_.estimate_fee(*token, *shape);
        if (!quote) return quote.status();
        reply->set_minimum(to_string(quote->minimum));
        reply->set_suggested(to_string(quote->suggested));
        return {};
    });
}

grpc::Status SequencerService::GetRolledBack(grpc::ServerContext* context, const v1::GetRolledBackRequest* request,
                                             v1::GetRolledBackResponse* reply) {
    return ledger::handle(*context, [&]() -> node::Status {
        std::optional<Address> sender;
        if (!request->sender().empty()) {
            auto address = proto::address_from_pb(request->sender(), "sender");
            if (!address) return address.status();
            sender = *address;
        }
        auto page = sequencer_.queries().rolled_back(sender, request->cursor(), request->limit());
        for (const ledger::OperationInfo& info : page.items) ledger::to_pb(info, *reply->add_operations());
        reply->set_next_cursor(page.next_cursor);
        return {};
    });
}

}  // namespace gavel::sequencer

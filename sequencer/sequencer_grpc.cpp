#include "sequencer/sequencer_grpc.hpp"

#include <fmt/format.h>

#include "proto/convert_grpc.hpp"
#include "proto/kinds_grpc.hpp"
#include "proto/sequencer_convert_grpc.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::sequencer {
namespace {

constexpr int kMaxBatch = static_cast<int>(api::kMaxSubmissions);

using Outcomes = std::vector<SubmitOutcome>;

// What is wrong in form is refused here, the rest is submitted together, in order; `answers` is called once.
void submit_batch(Sequencer& sequencer, const v1::SubmitBatch& batch, Intake::Answers answers) {
    auto outcomes = std::make_shared<Outcomes>(batch.requests_size());
    std::vector<Submission> submissions;
    std::vector<size_t> places;
    for (size_t i = 0; i < outcomes->size(); ++i) {
        auto submission = proto::from_pb(batch.requests(static_cast<int>(i)), "");
        if (!submission) {
            (*outcomes)[i].status = submission.status();
            continue;
        }
        submissions.push_back(std::move(*submission));
        places.push_back(i);
    }
    sequencer.submit(std::move(submissions),
                     [answers = std::move(answers), outcomes, places = std::move(places)](Outcomes right) {
                         for (size_t i = 0; i < right.size(); ++i) (*outcomes)[places[i]] = std::move(right[i]);
                         answers(std::move(*outcomes));
                     });
}

node::Result<OperationShape> shape_of(const v1::EstimateFeeRequest& request) {
    auto invalid = [](std::string reason, std::string field, std::string message) {
        return node::Status{node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
    };
    OperationShape shape;
    auto kind = proto::kind_from_pb(request.kind());
    if (!kind) return invalid("ENUM_INVALID", "kind", "not a kind of operation");
    const OperationTraits& traits = traits_of(*kind);
    shape.kind = *kind;
    const unsigned most_lines = traits.has_list ? traits.most_payments : 1;
    if (request.lines() > most_lines) return invalid("TOO_MANY_PAYMENTS", "lines", fmt::format("at most {}", most_lines));
    shape.lines = std::max(1u, request.lines());
    const unsigned most_new = pays_leaves(traits.payees) ? shape.lines : 0;
    if (request.new_recipients() > most_new)
        return invalid("TOO_MANY_PAYMENTS", "new_recipients", fmt::format("at most {}", most_new));
    shape.new_recipients = request.new_recipients();
    shape.memo = request.memo() && traits.has_memo;
    return shape;
}

}  // namespace

SequencerService::SequencerService(Sequencer& sequencer, StreamLimits streams, node::CallLimits calls)
    : CallService(calls),
      sequencer_(sequencer),
      streams_(streams, calls_, [this, fields = streams.fields](const grpc::ByteBuffer& message, SubmitStreams::Done done) {
          return take(message, fields, std::move(done));
      }) {
    unary_elsewhere<v1::SubmitRequest>("Submit",
                                       [this](Context& context, const v1::SubmitRequest& request, node::Calls::Answer answer) {
                                           submit(context, request, std::move(answer));
                                       });
    serve("SubmitStream", [this](Context* context) { return streams_.open(*context); });
    on("EstimateFee", &SequencerService::estimate_fee);
    on("GetRolledBack", &SequencerService::get_rolled_back);
}

// Answers that are still being made belong to streams of ours.
SequencerService::~SequencerService() { calls_.stop(); }

// The executing thread confirms; answers are made by threads of ours.
void SequencerService::submit(Context& context, const v1::SubmitRequest& request, node::Calls::Answer answer) {
    auto submission = proto::from_pb(request, "");
    if (!submission) return answer(submission.status(), v1::Receipt());
    sequencer_.submit({*submission}, [this, &context, answer = std::move(answer)](Outcomes outcomes) {
        calls_.run([&context, answer, outcome = std::move(outcomes.front())] {
            v1::Receipt reply;
            if (outcome.expected_nonce)
                context.AddTrailingMetadata("gavel-expected-nonce", std::to_string(*outcome.expected_nonce));
            if (outcome.status.ok()) proto::to_pb(outcome.receipt, reply);
            answer(outcome.status, reply);
        });
    });
}

node::Result<uint64_t> SequencerService::take(const grpc::ByteBuffer& message, size_t max_fields, SubmitStreams::Done done) {
    v1::SubmitBatch batch;
    node::Status parsed = node::parse_message(message, max_fields, batch);
    if (!parsed.ok()) return parsed;
    if (batch.requests_size() == 0 || batch.requests_size() > kMaxBatch) {
        return node::Status{node::Code::kInvalidArgument, "BATCH_SIZE_INVALID", "requests",
                            fmt::format("a message holds 1 to {} requests, not {}", kMaxBatch, batch.requests_size())};
    }
    submit_batch(sequencer_, batch, [this, done = std::move(done)](Outcomes outcomes) {
        calls_.run([done, outcomes = std::move(outcomes)] {
            v1::SubmitBatchResult result;
            proto::to_pb(outcomes, result);
            done(node::serialize(result));
        });
    });
    return static_cast<uint64_t>(batch.requests_size());
}

node::Status SequencerService::estimate_fee(const v1::EstimateFeeRequest& request, v1::FeeEstimate& reply) {
    auto token = proto::token_from_pb(request.token(), "token");
    if (!token) return token.status();
    auto shape = shape_of(request);
    if (!shape) return shape.status();
    auto quote = sequencer_.estimate_fee(*token, *shape);
    if (!quote) return quote.status();
    proto::to_pb(*quote, reply);
    return {};
}

node::Status SequencerService::get_rolled_back(const v1::GetRolledBackRequest& request, v1::GetRolledBackResponse& reply) {
    std::optional<Address> sender;
    if (!request.sender().empty()) {
        auto address = proto::address_from_pb(request.sender(), "sender");
        if (!address) return address.status();
        sender = *address;
    }
    proto::to_pb(sequencer_.queries().rolled_back(sender, request.cursor(), request.limit()), reply);
    return {};
}

}  // namespace gavel::sequencer

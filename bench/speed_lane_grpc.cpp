#include "bench/speed_lane_grpc.hpp"

#include "gavel/v1/sequencer.pb.h"

#include <google/protobuf/arena.h>

#include <stdexcept>

namespace gavel::bench {
namespace {

using Kind = Lane::Event::Kind;

grpc::ByteBuffer buffer_of(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return {&slice, 1};
}

template <class Message>
void parse(const grpc::ByteBuffer& buffer, Message& message) {
    grpc::Slice whole;
    if (!buffer.DumpToSingleSlice(&whole).ok() || !message.ParseFromArray(whole.begin(), static_cast<int>(whole.size())))
        throw std::runtime_error("an answer of no form");
}

class StreamLane final : public Lane {
public:
    StreamLane(const LanePlace& place, size_t window) : place_(place), window_(window) {}

    void start() override {
        call_ = place_.stub.PrepareCall(&context_, "/gavel.v1.Sequencer/SubmitStream", &place_.queue);
        call_->StartCall(&started_event_);
    }
    bool has_room() const override { return is_started_ && under_way_.size() < window_; }
    void send(LoadMessage message) override {
        waiting_.push_back(place_.owner.bytes_of(message));
        under_way_.push_back(std::move(message));
        write();
    }
    void close() override {
        closing_ = true;
        write();
    }
    bool is_over() const override {
        if (is_over_ && (!status_.ok() || !under_way_.empty()))
            throw std::runtime_error("a stream of payments ended: " + status_.error_message());
        return is_over_;
    }
    void on(Kind kind, bool ok) override {
        switch (kind) {
            case Kind::kStarted: is_started_ = ok; return read();
            case Kind::kWritten: writing_ = false; return write();
            case Kind::kRead: return ok ? take_answer() : call_->Finish(&status_, &finished_event_);
            case Kind::kFinished: is_over_ = true;
        }
    }
    void cancel() override { context_.TryCancel(); }

private:
    void read() { call_->Read(&answer_, &read_event_); }
    void write() {
        if (writing_ || ended_ || (waiting_.empty() && !closing_)) return;
        writing_ = true;
        if (waiting_.empty()) {
            ended_ = true;
            return call_->WritesDone(&written_event_);
        }
        call_->Write(buffer_of(waiting_.front()), &written_event_);
        waiting_.pop_front();
    }
    void take_answer() {
        google::protobuf::Arena arena;
        auto& result = *google::protobuf::Arena::CreateMessage<v1::SubmitBatchResult>(&arena);
        parse(answer_, result);
        const LoadMessage message = std::move(under_way_.front());
        under_way_.pop_front();
        if (static_cast<size_t>(result.results_size()) != message.payments.size())
            throw std::runtime_error("an answer to another number of payments");
        std::vector<std::string> refusals;
        for (const v1::SubmitResult& one : result.results()) refusals.push_back(one.has_receipt() ? "" : one.error().reason());
        read();
        place_.owner.answered(place_.number, message, refusals);
    }

    const LanePlace place_;
    const size_t window_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
    std::deque<LoadMessage> under_way_;  // not yet answered
    std::deque<std::string> waiting_;    // not yet given to gRPC
    grpc::ByteBuffer answer_;
    grpc::Status status_;
    bool is_started_ = false, writing_ = false, closing_ = false, ended_ = false, is_over_ = false;
    Event started_event_{this, Kind::kStarted}, written_event_{this, Kind::kWritten}, read_event_{this, Kind::kRead},
        finished_event_{this, Kind::kFinished};
};

class CallLane final : public Lane {
public:
    explicit CallLane(const LanePlace& place) : place_(place) {}

    void start() override {}
    bool has_room() const override { return !call_; }
    void send(LoadMessage message) override {
        message_ = std::move(message);
        context_ = std::make_unique<grpc::ClientContext>();
        call_ = place_.stub.PrepareUnaryCall(context_.get(), "/gavel.v1.Sequencer/Submit",
                                             buffer_of(place_.owner.bytes_of(message_)), &place_.queue);
        call_->StartCall();
        call_->Finish(&answer_, &status_, &finished_event_);
    }
    void close() override { closing_ = true; }
    bool is_over() const override { return closing_ && !call_; }
    void on(Kind, bool) override {
        call_.reset();
        std::string refusal;
        if (status_.ok()) {
            v1::Receipt receipt;
            parse(answer_, receipt);
        } else if (status_.error_code() == grpc::StatusCode::UNAVAILABLE) {
            throw std::runtime_error("a payment without an answer: " + status_.error_message());
        } else {
            refusal = status_.error_message().substr(0, status_.error_message().find(':'));
        }
        place_.owner.answered(place_.number, LoadMessage(message_), {refusal});
    }
    void cancel() override {
        if (call_) context_->TryCancel();
    }

private:
    const LanePlace place_;
    LoadMessage message_;
    std::unique_ptr<grpc::ClientContext> context_;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> call_;
    grpc::ByteBuffer answer_;
    grpc::Status status_;
    bool closing_ = false;
    Event finished_event_{this, Kind::kFinished};
};

}  // namespace

std::shared_ptr<grpc::Channel> own_connection(const std::string& target) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<Lane> stream_lane(const LanePlace& place, size_t window) { return std::make_unique<StreamLane>(place, window); }

std::unique_ptr<Lane> call_lane(const LanePlace& place) { return std::make_unique<CallLane>(place); }

}  // namespace gavel::bench

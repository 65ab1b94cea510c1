#include "sequencer/submit_stream_grpc.hpp"

#include "node/grpc_server.hpp"

namespace gavel::sequencer {
namespace {

constexpr size_t kSmallBytes = 4096;  // parsed sooner than another thread wakes

}  // namespace

SubmitStreams::SubmitStreams(StreamLimits limits, node::Calls& calls, Take take)
    : limits_(limits),
      calls_(calls),
      take_(std::move(take)),
      streams_(limits.streams, limits.streams_per_peer),
      operations_(limits.operations, limits.operations_per_peer) {}

// Answers may come when gRPC has long done with the stream, so whoever waits for one holds the object.
class SubmitStreams::Stream final : public node::CallReactor, public std::enable_shared_from_this<Stream> {
public:
    Stream(SubmitStreams& streams, grpc::CallbackServerContext& context)
        : streams_(streams),
          context_(context),
          peer_(node::Calls::peer_of_context(context)),
          share_(streams.streams_, peer_),
          watch_(streams.calls_, context) {}

    void start() {
        self_ = shared_from_this();
        if (!share_.ok()) stop_reading(node::Calls::too_many_streams());
        go_on();
    }

    void OnReadDone(bool ok) override {
        if (ok && incoming_.Length() <= kSmallBytes) return take_message();
        if (ok) return streams_.calls_.run([self = shared_from_this()] { self->take_message(); });
        {
            std::lock_guard lock(mutex_);
            reading_ = false;
            no_more_ = true;
        }
        go_on();
    }
    void OnWriteDone(bool ok) override {
        watch_.stop();
        {
            std::lock_guard lock(mutex_);
            writing_ = false;
            cancelled_ = cancelled_ || !ok;
            under_way_.pop_front();
        }
        go_on();
    }
    void OnCancel() override {
        {
            std::lock_guard lock(mutex_);
            cancelled_ = true;
        }
        go_on();
    }
    void OnDone() override {
        watch_.stop();
        self_.reset();
    }

private:
    // A message that was read and whose answer the client hasn't taken.
    struct UnderWay {
        node::PeerShare operations;
        bool counted = true;  // false: there was no room for its operations, so it must be the last for now
        std::optional<grpc::ByteBuffer> answer;
    };

    void take_message() {
        auto message = std::make_shared<UnderWay>();
        {
            std::lock_guard lock(mutex_);
            under_way_.push_back(message);
        }
        node::Status status = node::Calls::guarded([&] {
            auto operations = streams_.take_(incoming_, [self = shared_from_this(), message](grpc::ByteBuffer answer) {
                self->answered(*message, std::move(answer));
            });
            if (!operations) return operations.status();
            node::PeerShare share(streams_.operations_, peer_, *operations);
            std::lock_guard lock(mutex_);
            message->counted = share.ok();
            message->operations = std::move(share);
            return node::Status{};
        });
        if (!status.ok()) {
            {
                std::lock_guard lock(mutex_);
                under_way_.pop_back();
            }
            stop_reading(status);
        }
        {
            std::lock_guard lock(mutex_);
            incoming_.Clear();
            reading_ = false;
        }
        go_on();
    }

    void answered(UnderWay& message, grpc::ByteBuffer answer) {
        {
            std::lock_guard lock(mutex_);
            message.answer = std::move(answer);
        }
        go_on();
    }

    void stop_reading(const node::Status& status) {
        std::lock_guard lock(mutex_);
        no_more_ = true;
        status_ = status;
    }

    // Starts what can be started: one read, one write, the end. gRPC is called without the lock, since it may call back at once;
    // what was decided under it keeps the others from ending the stream meanwhile.
    void go_on() {
        bool read = false, write = false, end = false;
        {
            std::lock_guard lock(mutex_);
            if (finished_) return;
            const bool has_room =
                under_way_.empty() || (under_way_.size() < streams_.limits_.messages && under_way_.back()->counted);
            write = !writing_ && !cancelled_ && !under_way_.empty() && under_way_.front()->answer;
            read = !reading_ && !cancelled_ && !no_more_ && has_room;
            if (write) outgoing_ = std::move(*under_way_.front()->answer);
            writing_ = writing_ || write;
            reading_ = reading_ || read;
            end = !reading_ && !writing_ && (cancelled_ || (no_more_ && under_way_.empty()));
            finished_ = end;
            if (cancelled_) status_ = {node::Code::kCancelled, "CANCELLED", "", "the stream was ended"};
        }
        if (write) {
            watch_.start(streams_.calls_.limits().patience);
            StartWrite(&outgoing_);
        }
        if (read) StartRead(&incoming_);
        if (!end) return;
        watch_.start(streams_.calls_.limits().patience);
        Finish(node::finish(context_, status_));
    }

    SubmitStreams& streams_;
    grpc::CallbackServerContext& context_;
    const std::string peer_;
    node::PeerShare share_;
    node::Calls::Watch watch_;
    std::shared_ptr<Stream> self_;  // gRPC's

    std::mutex mutex_;
    std::deque<std::shared_ptr<UnderWay>> under_way_;  // in order
    grpc::ByteBuffer incoming_, outgoing_;
    node::Status status_;  // to end with
    bool reading_ = false, writing_ = false, no_more_ = false, cancelled_ = false, finished_ = false;
};

node::CallReactor* SubmitStreams::open(grpc::CallbackServerContext& context) {
    auto stream = std::make_shared<Stream>(*this, context);
    stream->start();
    return stream.get();
}

}  // namespace gavel::sequencer

// How gRPC calls are served: by gRPC's callback API, so that no call and no open stream holds a thread while it waits, and from
// the bytes as they came, so that a message is measured before anything is built of it.
//
// Work is done by a few threads of a Calls object. What its calls and streams hold is bounded, in all and for one peer: how many
// there are, and the bytes of requests at work and of answers not yet taken. One whose client doesn't take an answer for a minute is
// ended.
//
//     grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
//                                   grpc::ByteBuffer* reply) override {
//         return calls_.unary<v1::GetRequest, v1::Thing>(*context, *request, *reply,
//             [this](const v1::GetRequest& request, v1::Thing& reply) -> Status { ... });
//     }
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "node/peer_limit.hpp"
#include "node/status.hpp"

namespace gavel::node {

// What a stream has to tell, when asked.
enum class Next : uint8_t {
    kMessage,  // the message that was filled
    kAgain,    // nothing yet, but it got on: ask again after the others
    kLater,    // nothing: ask again when there is news
    kEnd,      // nothing any more
};

struct CallLimits {
    unsigned threads = 16;
    uint64_t calls = 512, calls_per_peer = 256;
    uint64_t streams = 1000, streams_per_peer = 200;
    uint64_t bytes = 128 << 20, bytes_per_peer = 64 << 20;  // requests at work, answers not yet taken
    size_t fields = 1000;  // of one request, its sub-messages' too; a protobuf field of two bytes becomes up to seventy in memory
    std::chrono::milliseconds patience{60'000};  // with a client that takes nothing
};

// Parses `bytes` if it is a message of at most so many fields, counted before anything is built; groups, which proto3 hasn't, are
// refused. Reasons: MESSAGE_INVALID, TOO_MANY_FIELDS.
Status parse_message(const grpc::ByteBuffer& bytes, size_t max_fields, google::protobuf::Message& message);
grpc::ByteBuffer serialize(const google::protobuf::Message& message);

class Calls {
public:
    using Message = google::protobuf::Message;
    // Fills a stream's next message.
    using Source = std::function<Result<Next>(Message& reply)>;
    template <class Reply>
    using SourceOf = std::function<Result<Next>(Reply& reply)>;
    using MakeSource = std::function<Result<Source>(const Message& request)>;
    // Ends a call that goes on elsewhere: exactly once, from any thread.
    using Answer = std::function<void(const Status& status, const Message& reply)>;
    using Begin = std::function<void(const Message& request, Answer answer)>;

    // `wait_for_news` returns when streams may have more to tell, at the latest after some 250 ms; called by a thread of ours.
    explicit Calls(CallLimits limits = {}, std::function<void()> wait_for_news = {});
    // The server must have stopped.
    ~Calls();
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;

    // body(request, reply) does the work. What it throws is caught: a store that fails stops the daemon (node/store.hpp).
    template <class Request, class Reply, class F>
    grpc::ServerUnaryReactor* unary(grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                    grpc::ByteBuffer& reply, F body) {
        return start_unary(context, request, reply, std::make_unique<Request>(), [body](const Message& asked, Answer answer) {
            Reply built;
            Status status = body(static_cast<const Request&>(asked), built);
            answer(status, built);
        });
    }
    // The same for work that somebody else ends: begin(request, answer).
    template <class Request, class F>
    grpc::ServerUnaryReactor* unary_elsewhere(grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                              grpc::ByteBuffer& reply, F begin) {
        return start_unary(context, request, reply, std::make_unique<Request>(), [begin](const Message& asked, Answer answer) {
            begin(static_cast<const Request&>(asked), std::move(answer));
        });
    }
    // open(request) gives the stream's source, a callable (Reply&) -> Result<Next>, or why there is none.
    template <class Request, class Reply, class F>
    grpc::ServerWriteReactor<grpc::ByteBuffer>* stream(grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                                       F open) {
        return start_stream(context, request, std::make_unique<Request>(), [] { return std::make_unique<Reply>(); },
                            [open](const Message& asked) -> Result<Source> {
                                auto source = open(static_cast<const Request&>(asked));
                                if (!source.ok()) return source.status();
                                return Source([source = std::move(*source)](Message& reply) mutable {
                                    return source(static_cast<Reply&>(reply));
                                });
                            });
    }

    // For reactors of others: a job for our threads.
    void run(std::function<void()> job);
    // Runs `body` and turns what it throws into a status.
    static Status guarded(const std::function<Status()>& body);
    static std::string peer_of_context(const grpc::ServerContextBase& context) { return peer_of_grpc(context.peer()); }
    static Status too_many_streams();
    PeerLimit& streams() { return streams_; }
    const CallLimits& limits() const { return limits_; }
    // Calls that are at work or whose answer isn't taken yet.
    uint64_t calls_open() const { return calls_.used(); }
    uint64_t bytes_held() const { return bytes_.used(); }

    // A call whose client is waited for. Ended, by cancelling it, if that takes longer than our patience.
    class Watch {
    public:
        Watch(Calls& calls, grpc::CallbackServerContext& context) : calls_(calls), context_(context) {}
        ~Watch() { stop(); }
        void start();
        void stop();

    private:
        friend class Calls;
        Calls& calls_;
        grpc::CallbackServerContext& context_;
        std::chrono::steady_clock::time_point since_;
    };

private:
    class Unary;
    class Stream;

    grpc::ServerUnaryReactor* start_unary(grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                          grpc::ByteBuffer& reply, std::unique_ptr<Message> message, Begin begin);
    grpc::ServerWriteReactor<grpc::ByteBuffer>* start_stream(grpc::CallbackServerContext& context,
                                                             const grpc::ByteBuffer& request, std::unique_ptr<Message> message,
                                                             std::function<std::unique_ptr<Message>()> make_reply,
                                                             MakeSource open);
    void work();
    void watch_time();
    void spread_news();
    // True if news has come since `epoch`: then it isn't kept, and is to go on at once.
    bool wait_for_news(Stream& stream, uint64_t epoch);
    bool stop_waiting(Stream& stream);
    uint64_t epoch();

    const CallLimits limits_;
    const std::function<void()> wait_for_news_;
    PeerLimit calls_, streams_, bytes_;

    std::mutex mutex_;
    std::condition_variable has_job_, has_waiting_;
    std::deque<std::function<void()>> jobs_;
    std::set<Stream*> waiting_;  // for news
    uint64_t epoch_ = 0;         // of the news
    bool stopping_ = false;
    std::recursive_mutex watch_mutex_;  // a call that is cancelled may end, and stop being watched, before that returns
    std::set<Watch*> watched_, overdue_;
    std::vector<std::thread> threads_;
};

}  // namespace gavel::node

// How gRPC calls are served: by gRPC's callback API, so that no call and no open stream holds a thread while it waits, and from
// the bytes as they came, so that a message is measured before anything is built of it.
//
// To gRPC every method is a stream both ways (on the wire that is the same): it would read the one request of another before it
// tells anybody, up to the greatest message, for as many calls as somebody opens. So a call has its place before it is read.
//
// Work is done by a few threads of a Calls object. What its calls and streams hold is bounded, in all and for one peer: how many
// there are, and the bytes of requests at work and of answers not yet taken. A client has some seconds to send its request, and a
// minute to take an answer.
//
//     class ThingService final : public node::CallService<v1::Things> {
//         ThingService() { unary("Get", [this](const v1::GetRequest& request, v1::Thing& reply) -> Status { ... }); }
//     };
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>

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
#include "node/stream.hpp"

namespace gavel::node {

struct CallLimits {
    unsigned threads = 16;
    int niceness = 0;                            // of these threads (priority.hpp)
    uint64_t calls = 256, calls_per_peer = 128;  // with one answer; each may hold a greatest message
    uint64_t streams = 1000, streams_per_peer = 200;
    uint64_t bytes = 128 << 20, bytes_per_peer = 64 << 20;  // requests at work, answers not yet taken
    size_t fields = 1000;  // of one request, its sub-messages' too; a protobuf field of two bytes becomes up to seventy in memory
    std::chrono::milliseconds request_time{10'000};  // to send a request whole
    std::chrono::milliseconds patience{60'000};      // with a client that takes nothing
};

using CallReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// Parses `bytes` if it is a message of at most so many fields, counted before anything is built; groups, which proto3 hasn't, are
// refused. Reasons: MESSAGE_INVALID, TOO_MANY_FIELDS.
Status parse_message(const grpc::ByteBuffer& bytes, size_t max_fields, google::protobuf::Message& message);
grpc::ByteBuffer serialize(const google::protobuf::Message& message);
// Place of a method in its service, as generated code counts. A name that isn't there is a bug and aborts.
int method_index(const std::string& service, const std::string& method);

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
    ~Calls() { stop(); }
    // Ends the threads, once they have done what is to do. Does nothing the second time.
    void stop();
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;

    // A call with one answer, whose work somebody ends by the Answer.
    CallReactor* unary(grpc::CallbackServerContext& context, std::unique_ptr<Message> request, Begin begin);
    // A call with a stream of answers.
    CallReactor* stream(grpc::CallbackServerContext& context, std::unique_ptr<Message> request,
                        std::function<std::unique_ptr<Message>()> make_reply, MakeSource open);

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

    // A call whose client is waited for. Ended, by cancelling it, if that takes too long.
    class Watch {
    public:
        Watch(Calls& calls, grpc::CallbackServerContext& context) : calls_(calls), context_(context) {}
        ~Watch() { stop(); }
        void start(std::chrono::milliseconds span);
        void stop();

    private:
        friend class Calls;
        Calls& calls_;
        grpc::CallbackServerContext& context_;
        std::chrono::steady_clock::time_point until_;
    };

private:
    class Call;
    class Unary;
    class Stream;

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

// A service of generated code (Generated is v1::Query, say) whose methods are served by a Calls object. Methods that aren't told
// are UNIMPLEMENTED.
template <class Generated>
class CallService : public Generated::Service {
protected:
    explicit CallService(CallLimits limits, std::function<void()> wait_for_news = {})
        : calls_(limits, std::move(wait_for_news)) {}

    using Context = grpc::CallbackServerContext;
    using Message = google::protobuf::Message;

    // body(request, reply) does the work. What it throws is caught: a store that fails stops the daemon (node/store.hpp).
    template <class Request, class Reply>
    void unary(const char* method, std::function<Status(const Request& request, Reply& reply)> body) {
        auto begin = [body = std::move(body)](const Message& request, const Calls::Answer& answer) {
            Reply reply;
            const Status status = body(static_cast<const Request&>(request), reply);
            answer(status, reply);
        };
        serve(method, [this, begin](Context* context) { return calls_.unary(*context, std::make_unique<Request>(), begin); });
    }
    // The same for work that ends elsewhere; begin(context, request, answer).
    template <class Request>
    void unary_elsewhere(const char* method,
                         std::function<void(Context& context, const Request& request, Calls::Answer answer)> begin) {
        serve(method, [this, begin = std::move(begin)](Context* context) {
            return calls_.unary(*context, std::make_unique<Request>(),
                                [begin, context](const Message& request, Calls::Answer answer) {
                                    begin(*context, static_cast<const Request&>(request), std::move(answer));
                                });
        });
    }
    // open(request) gives the stream's source, or why there is none.
    template <class Request, class Reply>
    void stream(const char* method, std::function<Result<Calls::SourceOf<Reply>>(const Request& request)> open) {
        auto open_any = [open = std::move(open)](const Message& request) -> Result<Calls::Source> {
            auto source = open(static_cast<const Request&>(request));
            if (!source.ok()) return source.status();
            return Calls::Source([source = std::move(*source)](Message& reply) { return source(static_cast<Reply&>(reply)); });
        };
        serve(method, [this, open_any](Context* context) {
            return calls_.stream(
                *context, std::make_unique<Request>(), [] { return std::make_unique<Reply>(); }, open_any);
        });
    }
    // The same for member functions.
    template <class Self, class Request, class Reply>
    void on(const char* method, Status (Self::*body)(const Request& request, Reply& reply)) {
        unary<Request, Reply>(method, [self = static_cast<Self*>(this), body](const Request& request, Reply& reply) {
            return (self->*body)(request, reply);
        });
    }
    template <class Self, class Request, class Reply>
    void on(const char* method, Result<std::function<Result<Next>(Reply& reply)>> (Self::*open)(const Request& request)) {
        stream<Request, Reply>(
            method, [self = static_cast<Self*>(this), open](const Request& request) { return (self->*open)(request); });
    }
    // Any reactor.
    void serve(const char* method, std::function<CallReactor*(Context* context)> start) {
        const int index = method_index(Generated::service_full_name(), method);
        using Handler = grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
        this->MarkMethodStreamed(index, new Handler(start));  // makes it a stream both ways
        this->MarkMethodRawCallback(index, new Handler(std::move(start)));
    }

    Calls calls_;
};

}  // namespace gavel::node

#include "node/grpc_calls.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <atomic>
#include <cstdlib>

#include "node/grpc_server.hpp"
#include "node/log.hpp"
#include "node/priority.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"

namespace gavel::node {
namespace {

using google::protobuf::Descriptor, google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 16;
constexpr auto kWatchStep = std::chrono::milliseconds(200);
constexpr auto kNewsStep = std::chrono::milliseconds(5);  // between two rounds of news

enum class Form { kRight, kInvalid, kTooMany };

Form measure(CodedInputStream& in, const Descriptor* type, size_t& fields_left, int depth);

Form measure_bytes(CodedInputStream& in, const Descriptor* type, size_t& fields_left, int depth) {
    uint32_t size = 0;
    if (!in.ReadVarint32(&size) || size > INT32_MAX) return Form::kInvalid;
    if (!type) return in.Skip(static_cast<int>(size)) ? Form::kRight : Form::kInvalid;
    if (depth == kMaxDepth) return Form::kInvalid;
    const auto limit = in.PushLimit(static_cast<int>(size));
    Form form = measure(in, type, fields_left, depth + 1);
    if (form == Form::kRight && in.BytesUntilLimit() != 0) form = Form::kInvalid;
    in.PopLimit(limit);
    return form;
}

// Counts down the fields that building a message would make.
Form measure(CodedInputStream& in, const Descriptor* type, size_t& fields_left, int depth) {
    while (const uint32_t tag = in.ReadTag()) {
        if (fields_left-- == 0) return Form::kTooMany;
        const int number = WireFormatLite::GetTagFieldNumber(tag);
        const FieldDescriptor* field = type ? type->FindFieldByNumber(number) : nullptr;
        uint64_t varint = 0, fixed = 0;
        uint32_t half = 0;
        bool read = number != 0;
        switch (WireFormatLite::GetTagWireType(tag)) {
            case WireFormatLite::WIRETYPE_VARINT: read = read && in.ReadVarint64(&varint); break;
            case WireFormatLite::WIRETYPE_FIXED64: read = read && in.ReadLittleEndian64(&fixed); break;
            case WireFormatLite::WIRETYPE_FIXED32: read = read && in.ReadLittleEndian32(&half); break;
            case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
                const Form form = measure_bytes(in, field ? field->message_type() : nullptr, fields_left, depth);
                if (form != Form::kRight) return form;
                break;
            }
            default: return Form::kInvalid;
        }
        if (!read) return Form::kInvalid;
    }
    return in.ConsumedEntireMessage() || depth > 0 ? Form::kRight : Form::kInvalid;
}

Status message_invalid() {
    return {Code::kInvalidArgument, "MESSAGE_INVALID", "", "the request is no protobuf message of its type"};
}

}  // namespace

Status parse_message(const grpc::ByteBuffer& bytes, size_t max_fields, google::protobuf::Message& message) {
    auto& buffer = const_cast<grpc::ByteBuffer&>(bytes);  // read only; the reader's type doesn't say so
    if (!bytes.Valid()) return message_invalid();
    {
        grpc::ProtoBufferReader reader(&buffer);
        CodedInputStream in(&reader);
        size_t left = max_fields;
        const Form form = reader.status().ok() ? measure(in, message.GetDescriptor(), left, 0) : Form::kInvalid;
        if (form == Form::kTooMany) {
            return {Code::kInvalidArgument, "TOO_MANY_FIELDS", "",
                    "the request has more than " + std::to_string(max_fields) + " protobuf fields"};
        }
        if (form == Form::kInvalid) return message_invalid();
    }
    grpc::ProtoBufferReader reader(&buffer);
    return message.ParseFromZeroCopyStream(&reader) ? Status{} : message_invalid();
}

grpc::ByteBuffer serialize(const google::protobuf::Message& message) {
    grpc::ByteBuffer out;
    bool own = false;
    (void)grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &out, &own);
    return out;
}

int method_index(const std::string& service, const std::string& method) {
    const auto* described = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    const auto* found = described ? described->FindMethodByName(method) : nullptr;
    if (!found) std::abort();
    return found->index();
}

Status Calls::guarded(const std::function<Status()>& body) {
    try {
        return body();
    } catch (const StoreError& error) {
        log_error("store failed, stopping", {{"detail", error.what()}});
        request_stop();
        return {Code::kInternal, "STORE_FAILED", "", "the server's disk failed"};
    } catch (const std::exception& error) {
        log_error("request failed", {{"detail", error.what()}});
        return {Code::kInternal, "INTERNAL", "", "the server failed at this request"};
    }
}

Status Calls::too_many_streams() {
    return {Code::kResourceExhausted, "TOO_MANY_STREAMS", "", "too many streams are open; try again later"};
}

// ---- Threads ----

Calls::Calls(CallLimits limits, std::function<void()> wait_for_news)
    : limits_(limits),
      wait_for_news_(std::move(wait_for_news)),
      calls_(limits.calls, limits.calls_per_peer),
      streams_(limits.streams, limits.streams_per_peer),
      bytes_(limits.bytes, limits.bytes_per_peer) {
    for (unsigned i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { work(); });
    threads_.emplace_back([this] { watch_time(); });
    if (wait_for_news_) threads_.emplace_back([this] { spread_news(); });
}

void Calls::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    has_job_.notify_all();
    has_waiting_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Calls::run(std::function<void()> job) {
    {
        std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    has_job_.notify_one();
}

void Calls::work() {
    give_way(limits_.niceness);
    std::unique_lock lock(mutex_);
    for (;;) {
        has_job_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

void Calls::Watch::start(std::chrono::milliseconds span) {
    std::lock_guard lock(calls_.watch_mutex_);
    until_ = std::chrono::steady_clock::now() + span;
    calls_.watched_.insert(this);
}

void Calls::Watch::stop() {
    std::lock_guard lock(calls_.watch_mutex_);
    calls_.watched_.erase(this);
    calls_.overdue_.erase(this);
}

void Calls::watch_time() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (has_waiting_.wait_for(lock, kWatchStep, [this] { return stopping_; })) return;
        }
        std::lock_guard lock(watch_mutex_);
        const auto now = std::chrono::steady_clock::now();
        for (Watch* one : watched_)
            if (now >= one->until_) overdue_.insert(one);
        while (!overdue_.empty()) {
            Watch* one = *overdue_.begin();
            overdue_.erase(one);
            watched_.erase(one);
            one->context_.TryCancel();
        }
    }
}

// ---- Calls ----

// What calls with one answer and with a stream of them have in common: a request that is read in time and parsed.
// Lives until gRPC has no more to do with it, which is after Finish and after the last answer was taken or the call was
// cancelled.
class Calls::Call : public CallReactor {
public:
    Call(Calls& calls, grpc::CallbackServerContext& context, PeerLimit& places, std::unique_ptr<Message> request)
        : calls_(calls),
          context_(context),
          peer_(peer_of_context(context)),
          place_(places, peer_),
          watch_(calls, context),
          request_(std::move(request)) {}

    void start(const Status& no_place) {
        if (!place_.ok()) return end(no_place);
        watch_.start(calls_.limits_.request_time);
        StartRead(&bytes_in_);
    }
    void OnReadDone(bool ok) override {
        watch_.stop();
        if (!ok) return end({Code::kInvalidArgument, "MESSAGE_MISSING", "", "the call came without its request"});
        held_ = PeerShare(calls_.bytes_, peer_, bytes_in_.Length());
        if (!held_.ok()) return end(busy());
        calls_.run([this] {
            const Status status = parse_message(bytes_in_, calls_.limits_.fields, *request_);
            bytes_in_.Clear();
            status.ok() ? work() : end(status);
        });
    }
    void OnDone() override {
        watch_.stop();
        delete this;
    }
    static Status busy() { return {Code::kResourceExhausted, "TOO_MANY_CALLS", "", "too many calls are open; try again later"}; }

protected:
    virtual void work() = 0;
    void end(const Status& status) {
        watch_.start(calls_.limits_.patience);
        Finish(finish(context_, status));
    }

    Calls& calls_;
    grpc::CallbackServerContext& context_;
    const std::string peer_;
    PeerShare place_, held_;
    Watch watch_;
    std::unique_ptr<Message> request_;
    grpc::ByteBuffer bytes_in_, bytes_out_;
};

class Calls::Unary final : public Call {
public:
    Unary(Calls& calls, grpc::CallbackServerContext& context, std::unique_ptr<Message> request, Begin begin)
        : Call(calls, context, calls.calls_, std::move(request)), begin_(std::move(begin)) {}

private:
    // Once it is answered, the object may be gone at any moment.
    void work() override {
        auto answered = std::make_shared<std::atomic<bool>>(false);
        const std::shared_ptr<const Message> request = std::move(request_);
        const Begin begin = std::move(begin_);
        Status status = guarded([&] {
            begin(*request, [this, answered](const Status& end_with, const Message& reply) {
                if (!answered->exchange(true)) answer(end_with, reply);
            });
            return Status{};
        });
        if (!status.ok() && !answered->exchange(true)) end(status);
    }
    void answer(const Status& status, const Message& reply) {
        if (!status.ok()) return end(status);
        held_.release();
        bytes_out_ = serialize(reply);
        held_ = PeerShare(calls_.bytes_, peer_, bytes_out_.Length());
        if (!held_.ok()) return end(busy());
        watch_.start(calls_.limits_.patience);
        StartWriteAndFinish(&bytes_out_, grpc::WriteOptions(), grpc::Status::OK);
    }

    Begin begin_;
};

CallReactor* Calls::unary(grpc::CallbackServerContext& context, std::unique_ptr<Message> request, Begin begin) {
    auto* call = new Unary(*this, context, std::move(request), std::move(begin));
    call->start(Call::busy());
    return call;
}

// At each time one of these has it: a job, the writing of a message, the set of those that wait for news. So nothing in it is
// used by two threads at a time but for cancelled_.
class Calls::Stream final : public Call {
public:
    Stream(Calls& calls, grpc::CallbackServerContext& context, std::unique_ptr<Message> request,
           std::function<std::unique_ptr<Message>()> make_reply, MakeSource open)
        : Call(calls, context, calls.streams_, std::move(request)), make_reply_(std::move(make_reply)), open_(std::move(open)) {}

    void OnWriteDone(bool ok) override {
        watch_.stop();
        held_.release();
        bytes_out_.Clear();
        ok ? calls_.run([this] { go_on(); }) : end(ended());
    }
    void OnCancel() override {
        cancelled_ = true;
        if (calls_.stop_waiting(*this)) calls_.run([this] { go_on(); });
    }
    bool is_cancelled() const { return cancelled_; }
    void go_on() {
        const uint64_t epoch = calls_.epoch();
        if (cancelled_) return end(ended());
        auto reply = make_reply_();
        Next next = Next::kEnd;
        Status status = guarded([&] {
            auto said = source_(*reply);
            if (said.ok()) next = *said;
            return said.status();
        });
        if (!status.ok() || next == Next::kEnd) return end(status);
        if (next == Next::kMessage) return write(*reply);
        if (next == Next::kAgain || calls_.wait_for_news(*this, epoch)) calls_.run([this] { go_on(); });
    }

private:
    static Status ended() { return {Code::kCancelled, "CANCELLED", "", "the stream was ended"}; }
    void work() override {
        held_.release();
        Status status = guarded([&] {
            auto source = open_(*request_);
            if (source.ok()) source_ = std::move(*source);
            return source.status();
        });
        status.ok() ? go_on() : end(status);
    }
    void write(const Message& reply) {
        bytes_out_ = serialize(reply);
        held_ = PeerShare(calls_.bytes_, peer_, bytes_out_.Length());
        if (!held_.ok()) return end({Code::kResourceExhausted, "TOO_MANY_STREAMS", "", "too much waits to be read; read faster"});
        watch_.start(calls_.limits_.patience);
        StartWrite(&bytes_out_);
    }

    std::function<std::unique_ptr<Message>()> make_reply_;
    MakeSource open_;
    Source source_;
    std::atomic<bool> cancelled_{false};
};

CallReactor* Calls::stream(grpc::CallbackServerContext& context, std::unique_ptr<Message> request,
                           std::function<std::unique_ptr<Message>()> make_reply, MakeSource open) {
    auto* stream = new Stream(*this, context, std::move(request), std::move(make_reply), std::move(open));
    stream->start(too_many_streams());
    return stream;
}

uint64_t Calls::epoch() {
    std::lock_guard lock(mutex_);
    return epoch_;
}

bool Calls::wait_for_news(Stream& stream, uint64_t epoch) {
    std::lock_guard lock(mutex_);
    if (epoch_ != epoch || stream.is_cancelled()) return true;
    waiting_.insert(&stream);
    has_waiting_.notify_all();
    return false;
}

bool Calls::stop_waiting(Stream& stream) {
    std::lock_guard lock(mutex_);
    return waiting_.erase(&stream) == 1;
}

void Calls::spread_news() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            has_waiting_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) return;
        }
        (void)guarded([this] {
            wait_for_news_();
            return Status{};
        });
        {
            std::lock_guard lock(mutex_);
            ++epoch_;
            for (Stream* stream : waiting_) jobs_.push_back([stream] { stream->go_on(); });
            waiting_.clear();
        }
        has_job_.notify_all();
        std::this_thread::sleep_for(kNewsStep);
    }
}

}  // namespace gavel::node

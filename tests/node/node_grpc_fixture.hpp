// A gRPC server with one method, whose service is made without generated code, and a client of it.
#pragma once

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/sync_stream.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "node/grpc_calls.hpp"
#include "node/grpc_deadline.hpp"
#include "node/grpc_server.hpp"
#include "tests/support/within.hpp"

namespace gavel::test {

using google::protobuf::MessageLite;
using google::protobuf::StringValue;
using grpc::ByteBuffer;
using namespace std::chrono_literals;

inline constexpr const char* kEcho = "/gavel.test.Echo/Say";
inline constexpr const char* kTell = "/gavel.test.Echo/Tell";

// Say answers what it was told, refuses "refuse", and waits for its cancellation at "wait". Tell is a stream of `told`, each
// once, then of what `tell` gives.
class Echo final : public grpc::Service {
public:
    using Context = grpc::CallbackServerContext;

    explicit Echo(node::CallLimits limits = {}) : calls(limits, [] { std::this_thread::sleep_for(2ms); }) {
        serve(kEcho, [this](Context* context) {
            return calls.unary(*context, std::make_unique<StringValue>(),
                               [this, context](const node::Calls::Message& asked, const auto& answer) {
                                   StringValue reply;
                                   const node::Status status = say(*context, static_cast<const StringValue&>(asked), reply);
                                   answer(status, reply);
                               });
        });
        serve(kTell, [this](Context* context) {
            auto open = [this](const node::Calls::Message&) -> node::Result<node::Calls::Source> {
                return node::Calls::Source(
                    [this](node::Calls::Message& reply) { return tell(static_cast<StringValue&>(reply)); });
            };
            return calls.stream(
                *context, std::make_unique<StringValue>(), [] { return std::make_unique<StringValue>(); }, open);
        });
    }

    node::Status refusal{node::Code::kInvalidArgument, "BAD_NONCE", "transfer.nonce", "expected 5"};
    std::atomic<bool> waiting{false};
    node::Calls::SourceOf<StringValue> tell = [](StringValue&) { return node::Next::kLater; };
    node::Calls calls;

private:
    void serve(const char* path, std::function<node::CallReactor*(Context*)> start) {
        using Handler = grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>;
        AddMethod(new grpc::internal::RpcServiceMethod(path, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
        MarkMethodRawCallback(methods_++, new Handler(std::move(start)));
    }
    int methods_ = 0;

    node::Status say(Context& context, const StringValue& request, StringValue& response) {
        if (request.value() == "refuse") return refusal;
        if (request.value() == "wait") waiting = true;
        while (request.value() == "wait" && waiting && !context.IsCancelled()) std::this_thread::sleep_for(1ms);
        response.set_value(request.value());
        return {};
    }
};

struct Server {
    Echo echo;
    std::unique_ptr<node::GrpcServer> server;

    explicit Server(node::GrpcServerOptions options = {}, node::CallLimits limits = {}) : echo(limits) {
        auto started = node::GrpcServer::start(options, {&echo});
        INFO(to_string(started.status()));
        REQUIRE(started.ok());
        server = std::move(*started);
    }
    // The server uses the service until it has stopped.
    ~Server() { server->stop(); }
    node::GrpcChannelOptions channel() const { return {.target = "127.0.0.1:" + std::to_string(server->port())}; }
};

inline node::Result<std::string> say(const std::shared_ptr<grpc::Channel>& channel, const std::string& text) {
    grpc::internal::RpcMethod method(kEcho, grpc::internal::RpcMethod::NORMAL_RPC, channel);
    grpc::ClientContext context;
    context.set_deadline(node::grpc_deadline(5s));
    StringValue request, response;
    request.set_value(text);
    grpc::Status status = grpc::internal::BlockingUnaryCall<StringValue, StringValue, MessageLite, MessageLite>(
        channel.get(), method, &context, request, &response);
    if (!status.ok()) return node::from_grpc(status, context);
    return response.value();
}

inline node::Result<std::string> say(const node::GrpcChannelOptions& options, const std::string& text) {
    auto channel = node::make_channel(options);
    if (!channel.ok()) return channel.status();
    return say(*channel, text);
}

}  // namespace gavel::test

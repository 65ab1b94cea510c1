// Bytes that nobody should send: answered with a reason, nothing lost, nobody falls over.
#include "gavel/v1/query.grpc.pb.h"
#include "gavel/v1/sequencer.grpc.pb.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <random>

#include "tests/e2e/message_grpc.hpp"
#include "tests/e2e/world.hpp"

using namespace gavel;
using namespace gavel::e2e;

namespace {

std::string trailer(const grpc::ClientContext& context, const char* key) {
    auto found = context.GetServerTrailingMetadata().find(key);
    return found == context.GetServerTrailingMetadata().end() ? "" : std::string(found->second.data(), found->second.length());
}

struct Answer {
    grpc::StatusCode code;
    std::string reason, field;
    std::string text() const { return std::to_string(code) + " " + reason + " " + field; }
};

Answer submit(v1::Sequencer::Stub& stub, const v1::SubmitRequest& request) {
    grpc::ClientContext context;
    v1::Receipt receipt;
    const grpc::Status status = stub.Submit(&context, request, &receipt);
    return {status.error_code(), trailer(context, "gavel-reason"), trailer(context, "gavel-field")};
}

// Any bytes to any method, in gRPC's frame.
grpc::StatusCode call_raw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    grpc::CompletionQueue queue;
    grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1), answer;
    grpc::Status status;
    auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    call->Finish(&answer, &status, &call);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status.error_code();
}

// Straight to the port, without gRPC.
void send_to_port(const std::string& port, const std::string& bytes) {
    const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    (void)!send(socket_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    shutdown(socket_fd, SHUT_WR);
    close(socket_fd);
}

std::string random_bytes(std::mt19937_64& random, size_t size) {
    std::string out(size, 0);
    for (char& c : out) c = static_cast<char>(random());
    return out;
}

}  // namespace

TEST_CASE("bad input over gRPC is refused by reason and field, and the daemons live on") {
    World world;
    world.start_sequencer();
    world.start_verifier("");
    world.deposit("alice", kEther);
    auto channel = grpc::CreateChannel(world.sequencer_address(), grpc::InsecureChannelCredentials());
    auto stub = v1::Sequencer::NewStub(channel);
    const v1::SubmitRequest good = message_of(world.transfer("alice", address_of("bob"), 7, 0));

    {  // fields of a wrong form or content
        struct Case {
            const char* what;
            std::function<void(v1::SubmitRequest&)> spoil;
            std::string reason, field;
        };
        using Request = v1::SubmitRequest;
        auto transfer = [](Request& request) { return request.mutable_operation()->mutable_transfer(); };
        const std::string body = "operation.transfer.";
        const Case cases[] = {
            {"no operation", [](Request& r) { r.clear_operation(); }, "FIELD_MISSING", "operation"},
            {"recipient of 19 bytes", [&](Request& r) { transfer(r)->mutable_to()->pop_back(); }, "LENGTH_INVALID", body + "to"},
            {"token of 21 bytes", [&](Request& r) { transfer(r)->set_token(std::string(21, 1)); }, "LENGTH_INVALID",
             body + "token"},
            {"memo of 31 bytes", [&](Request& r) { transfer(r)->set_memo(std::string(31, 1)); }, "LENGTH_INVALID", body + "memo"},
            {"amount with a point", [&](Request& r) { transfer(r)->set_amount("1.5"); }, "AMOUNT_INVALID", body + "amount"},
            {"amount of 2^128", [&](Request& r) { transfer(r)->set_amount("340282366920938463463374607431768211456"); },
             "AMOUNT_INVALID", body + "amount"},
            {"negative fee", [&](Request& r) { transfer(r)->set_fee("-1"); }, "AMOUNT_INVALID", body + "fee"},
            {"signature of 65 bytes", [](Request& r) { r.mutable_signature()->push_back(27); }, "LENGTH_INVALID", "signature"},
            {"sender of no bytes", [](Request& r) { r.clear_sender(); }, "FIELD_MISSING", "sender"},
        };
        for (const Case& one : cases) {
            v1::SubmitRequest request = good;
            one.spoil(request);
            const Answer answer = submit(*stub, request);
            INFO(one.what << ": " << answer.text());
            CHECK(answer.code == grpc::StatusCode::INVALID_ARGUMENT);
            CHECK(answer.reason == one.reason);
            CHECK(answer.field == one.field);
        }
        // Right in form, wrong in content: each has a reason, none is taken.
        v1::SubmitRequest other_chain = good, other_amount = good, other_sender = good;
        other_chain.set_chain_id(1);
        other_amount.mutable_operation()->mutable_transfer()->set_amount("8");
        other_sender.set_sender(std::string(20, 1));
        const v1::SubmitRequest too_much = message_of(world.transfer("alice", address_of("bob"), kEther + 1, 0)),
                                wrong_nonce = message_of(world.transfer("alice", address_of("bob"), 7, 5)),
                                to_nobody = message_of(world.transfer("alice", {}, 7, 0)),
                                from_nobody = message_of(world.transfer("bob", address_of("alice"), 7, 0));
        for (const auto& request : {other_chain, other_amount, other_sender, too_much, wrong_nonce, to_nobody, from_nobody}) {
            const Answer answer = submit(*stub, request);
            INFO(request.ShortDebugString() << answer.text());
            CHECK(answer.code != grpc::StatusCode::OK);
            CHECK(answer.code != grpc::StatusCode::UNKNOWN);
            CHECK(answer.code != grpc::StatusCode::INTERNAL);
            CHECK(!answer.reason.empty());
        }
    }
    {  // garbage in gRPC's frame, to every method
        std::mt19937_64 random(20);
        const auto* pool = google::protobuf::DescriptorPool::generated_pool();
        int methods = 0;
        for (const char* name : {"gavel.v1.Query", "gavel.v1.Sequencer"}) {
            const auto* service = pool->FindServiceByName(name);
            for (int i = 0; i < service->method_count(); ++i, ++methods) {
                const std::string method = std::string("/") + name + "/" + service->method(i)->name();
                INFO(method);
                // A length that leads out of the message, and noise. To a stream of messages it is the stream's end.
                const auto code = call_raw(channel, method, "\x0a\xff\xff\xff\xff\x0f");
                CHECK((code != grpc::StatusCode::OK || service->method(i)->client_streaming()));
                for (size_t size : {1, 40, 3'000}) call_raw(channel, method, random_bytes(random, size));
            }
        }
        CHECK(methods >= 16);
        CHECK(call_raw(channel, "/gavel.v1.Query/NoSuchMethod", "") == grpc::StatusCode::UNIMPLEMENTED);
    }
    {  // garbage on the ports
        std::mt19937_64 random(21);
        for (const std::string daemon : {"sequencer", "verifier", "l1"}) {
            for (size_t size : {0, 1, 9, 24, 500, 100'000}) send_to_port(world.port(daemon), random_bytes(random, size));
            send_to_port(world.port(daemon), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + random_bytes(random, 5'000));
            send_to_port(world.port(daemon), "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n{");
        }
    }
    {  // a message over the limit
        v1::SubmitRequest request = good;
        request.set_signature(std::string(9 << 20, 1));
        CHECK(submit(*stub, request).code == grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
    CHECK(submit(*stub, good).code == grpc::StatusCode::OK);
    world.wait_for_agreement();
    CHECK(world.balance(world.at_verifier(), address_of("bob")) == Amount{7});
    world.stop_all();
}

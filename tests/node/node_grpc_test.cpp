// The gRPC set-up with real servers on real ports: statuses, health, reflection, TLS, limits, the end.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "node/file.hpp"
#include "node/log.hpp"
#include "tests/node/node_grpc_fixture.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel::node;
using namespace gavel::test;

namespace {

ByteBuffer to_buffer(const std::string& bytes) {
    grpc::Slice slice(bytes);
    return ByteBuffer(&slice, 1);
}

std::string from_buffer(const ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    std::string bytes;
    if (buffer.Dump(&slices).ok()) {
        for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return bytes;
}

// The wire form of HealthCheckResponse: field 1 is 1 for SERVING, 2 for NOT_SERVING.
std::string health(const Server& server, const std::string& service) {
    auto channel = *make_channel(server.channel());
    grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC, channel);
    grpc::ClientContext context;
    ByteBuffer response;
    std::string request = service.empty() ? "" : "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
    grpc::Status status = grpc::internal::BlockingUnaryCall(channel.get(), method, &context, to_buffer(request), &response);
    return status.ok() ? from_buffer(response) : status.error_message();
}

GrpcChannelOptions by_name(const Server& server) { return {.target = "localhost:" + std::to_string(server.server->port())}; }

// A certificate authority and two certificates by it (for a server and a client), and an authority of somebody else.
class Certificates {
public:
    Certificates() {
        authority("ca");
        authority("other");
        signed_by("ca", "server");
        signed_by("ca", "client");
        signed_by("other", "stranger");
    }
    std::string cert(const std::string& name) const { return dir_.file(name + ".crt"); }
    std::string key(const std::string& name) const { return dir_.file(name + ".key"); }

private:
    static void run(const std::string& command) { REQUIRE(std::system((command + " >/dev/null 2>&1").c_str()) == 0); }
    void authority(const std::string& name) {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name + " -keyout " +
            key(name) + " -out " + cert(name));
    }
    void signed_by(const std::string& issuer, const std::string& name) {
        const std::string request = dir_.file(name + ".csr"), extensions = dir_.file("extensions");
        REQUIRE(write_file(extensions, "subjectAltName=DNS:localhost\n").ok());
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout " + key(name) +
            " -out " + request);
        run("openssl x509 -req -days 2 -in " + request + " -CA " + cert(issuer) + " -CAkey " + key(issuer) +
            " -CAcreateserial -extfile " + extensions + " -out " + cert(name));
    }
    TempDir dir_;
};

}  // namespace

TEST_CASE("a Status arrives as it was sent") {
    Server server;
    CHECK(*say(server.channel(), "hello") == "hello");
    CHECK(say(server.channel(), "refuse").status() == server.echo.refusal);

    for (Code code : {Code::kCancelled, Code::kInvalidArgument, Code::kDeadlineExceeded, Code::kNotFound, Code::kAlreadyExists,
                      Code::kPermissionDenied, Code::kResourceExhausted, Code::kFailedPrecondition, Code::kAborted,
                      Code::kOutOfRange, Code::kUnimplemented, Code::kInternal, Code::kUnavailable, Code::kUnauthenticated}) {
        server.echo.refusal = {code, "WHY", "", "a (b): c"};
        CHECK(say(server.channel(), "refuse").status() == server.echo.refusal);
    }
    server.echo.refusal = {Code::kNotFound, "WHY", "f\n\xff", std::string(5000, 'm') + "\r\n"};
    auto cleaned = say(server.channel(), "refuse").status();
    CHECK(cleaned.field == "f??");
    CHECK(cleaned.message.size() <= 1000);
}

TEST_CASE("gRPC's text carries reason and field too") {
    grpc::Status status = to_grpc({Code::kInvalidArgument, "BAD_NONCE", "transfer.nonce", "expected 5"});
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(status.error_message() == "BAD_NONCE: expected 5 (transfer.nonce)");
    CHECK(to_grpc({}).ok());
}

TEST_CASE("what gRPC itself refuses has a reason") {
    set_log_output([](std::string_view) {});
    Server server;
    auto method = [&](const char* path) {
        auto channel = *make_channel(server.channel());
        grpc::ClientContext context;
        ByteBuffer response;
        grpc::internal::RpcMethod unknown(path, grpc::internal::RpcMethod::NORMAL_RPC, channel);
        auto status = grpc::internal::BlockingUnaryCall(channel.get(), unknown, &context, to_buffer("\xff\xff"), &response);
        return from_grpc(status, context);
    };
    CHECK(method("/gavel.test.Echo/None").reason == "UNIMPLEMENTED");
    CHECK(method(kEcho).reason == "MESSAGE_INVALID");
    auto nobody = say({.target = "127.0.0.1:1"}, "x").status();
    CHECK(nobody.code == Code::kUnavailable);
    CHECK(nobody.reason == "UNAVAILABLE");
    set_log_output({});
}

TEST_CASE("messages over the limit are refused") {
    Server server({.max_message_bytes = 64 << 10});
    CHECK(say(server.channel(), std::string(60 << 10, 'x')).ok());
    CHECK(say(server.channel(), std::string(65 << 10, 'x')).status().code == Code::kResourceExhausted);
}

TEST_CASE("the health service answers, and reflection too") {
    Server server;
    CHECK(health(server, "") == "\x08\x01");
    server.server->set_serving(false);
    CHECK(health(server, "") == "\x08\x02");

    auto channel = *make_channel(server.channel());
    grpc::ClientContext context;
    grpc::internal::RpcMethod method("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                     grpc::internal::RpcMethod::BIDI_STREAMING, channel);
    std::unique_ptr<grpc::ClientReaderWriter<ByteBuffer, ByteBuffer>> stream(
        grpc::internal::ClientReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(channel.get(), method, &context));
    REQUIRE(stream->Write(to_buffer(std::string("\x3a\x01*"))));  // list_services
    ByteBuffer response;
    REQUIRE(stream->Read(&response));
    std::string services = from_buffer(response);
    CHECK_THAT(services, Catch::Contains("grpc.reflection.v1alpha.ServerReflection"));
    CHECK_THAT(services, Catch::Contains("gavel.test.Echo"));
    stream->WritesDone();
    CHECK(stream->Finish().ok());
}

TEST_CASE("TLS lets in whom its certificates name, and nobody else; files that don't fit together are refused at once") {
    set_log_output([](std::string_view) {});  // gRPC complains of each refused handshake
    Certificates files;
    SECTION("the client knows who signed the server") {
        Server server({.tls_cert = files.cert("server"), .tls_key = files.key("server")});
        auto channel = by_name(server);
        channel.tls_ca = files.cert("ca");
        CHECK(*say(channel, "hello") == "hello");
        CHECK(server.server->answers().ok());
        channel.tls_ca = files.cert("other");
        CHECK(say(channel, "hello").status().code == Code::kUnavailable);
        CHECK(say(server.channel(), "hello").status().code == Code::kUnavailable);  // without TLS
        channel.tls_ca = files.cert("ca");
        channel.tls_name = "elsewhere";
        CHECK(say(channel, "hello").status().code == Code::kUnavailable);
    }
    SECTION("the server wants a certificate by its authority") {
        Server server({.tls_cert = files.cert("server"), .tls_key = files.key("server"), .tls_client_ca = files.cert("ca")});
        CHECK(server.server->answers().ok());
        auto channel = by_name(server);
        channel.tls_ca = files.cert("ca");
        CHECK(say(channel, "hello").status().code == Code::kUnavailable);
        channel.tls_cert = files.cert("stranger");
        channel.tls_key = files.key("stranger");
        CHECK(say(channel, "hello").status().code == Code::kUnavailable);
        channel.tls_cert = files.cert("client");
        channel.tls_key = files.key("client");
        CHECK(*say(channel, "hello") == "hello");
    }
    SECTION("what doesn't fit together is refused at once") {
        auto reason = [](const GrpcServerOptions& options) { return GrpcServer::start(options, {}).status().reason; };
        CHECK(reason({.tls_cert = files.cert("server")}) == "TLS_OPTIONS_INCOMPLETE");
        CHECK(reason({.tls_client_ca = files.cert("ca")}) == "TLS_OPTIONS_INCOMPLETE");
        CHECK(reason({.tls_cert = files.cert("none"), .tls_key = files.key("server")}) == "TLS_FILE_UNREADABLE");
        CHECK(reason({.tls_cert = files.key("server"), .tls_key = files.cert("server")}) == "TLS_FILES_INVALID");
        CHECK(make_channel({.target = "x:1", .tls_key = "k"}).status().reason == "TLS_OPTIONS_INCOMPLETE");
        CHECK(make_channel({.target = "x:1", .tls_ca = files.cert("none")}).status().reason == "TLS_FILE_UNREADABLE");
    }
    set_log_output({});
}

TEST_CASE("two servers don't share a port, and stop ends what runs") {
    set_log_output([](std::string_view) {});
    Server server;
    auto second = GrpcServer::start({.listen = "127.0.0.1:" + std::to_string(server.server->port())}, {});
    CHECK(second.status().reason == "LISTEN_FAILED");
    CHECK(GrpcServer::start({.listen = "nonsense"}, {}).status().reason == "LISTEN_ADDRESS_INVALID");

    std::thread caller([&] { CHECK_FALSE(say(server.channel(), "wait").ok()); });
    REQUIRE(within(5s, [&] { return server.echo.waiting.load(); }));
    auto before = std::chrono::steady_clock::now();
    server.server->stop(50ms);
    CHECK(std::chrono::steady_clock::now() - before < 2s);
    caller.join();
    server.server->stop();
    set_log_output({});
}

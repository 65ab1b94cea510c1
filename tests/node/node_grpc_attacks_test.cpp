// A gRPC server under clients that hold on to connections, calls and streams, or send what should never be built.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/create_channel_posix.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "node/listener.hpp"
#include "node/log.hpp"
#include "tests/e2e/http2_by_hand.hpp"
#include "tests/node/node_grpc_fixture.hpp"

using namespace gavel::node;
using namespace gavel::test;

namespace {

// A socket of this machine, not connected yet; from another loopback address if given.
class Socket {
public:
    explicit Socket(const char* from = "127.0.0.1") : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(fd_ >= 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        inet_pton(AF_INET, from, &address.sin_addr);
        REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Socket() { close_now(); }
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    void connect(uint16_t port) const {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    }
    void close_now() {
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }
    // For gRPC, which closes it.
    int release() {
        fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
        return std::exchange(fd_, -1);
    }

private:
    int fd_;
};

std::shared_ptr<grpc::Channel> channel_from(const char* address, uint16_t port) {
    Socket socket(address);
    socket.connect(port);
    return grpc::CreateInsecureChannelFromFd("other", socket.release());
}

// A stream of Tell that reads only when told to.
class Listening {
public:
    explicit Listening(const std::shared_ptr<grpc::Channel>& channel)
        : method_(kTell, grpc::internal::RpcMethod::SERVER_STREAMING, channel) {
        stream_.reset(grpc::internal::ClientReaderFactory<StringValue>::Create(channel.get(), method_, &context_, StringValue()));
    }
    ~Listening() {
        if (finished_) return;
        context_.TryCancel();
        StringValue left;
        while (stream_->Read(&left)) {
        }
        stream_->Finish();
    }
    std::string read() {
        StringValue message;
        return stream_->Read(&message) ? message.value() : "";
    }
    Status finish() {
        finished_ = true;
        return from_grpc(stream_->Finish(), context_);
    }
    // For one that was refused: its end, after nothing.
    std::string reason() {
        read();
        return finish().reason;
    }

private:
    grpc::internal::RpcMethod method_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<StringValue>> stream_;
    bool finished_ = false;
};

struct Quiet {
    Quiet() {
        set_log_output([](std::string_view) {});
    }
    ~Quiet() { set_log_output({}); }
};

}  // namespace

TEST_CASE("1,100 idle connections of one peer leave the port open to others, and go") {
    Server server;
    std::vector<Socket> idle;
    for (int i = 0; i < 1100; ++i) {
        idle.emplace_back();
        idle.back().connect(server.server->port());
    }
    CHECK(*say(channel_from("127.0.0.2", server.server->port()), "hello") == "hello");
    CHECK(server.server->answers().ok());
    CHECK(within(5s, [&] { return server.server->connections() <= 129; }));  // 128 of the one, perhaps one of the other
    CHECK(server.server->connections() >= 128);
    CHECK(say(server.channel(), "hello").status().code == Code::kUnavailable);
    idle.clear();
    CHECK(within(5s, [&] { return say(server.channel(), "hello").ok(); }));
    CHECK(within(20s, [&] {
        (void)say(server.channel(), "hello");
        return server.server->connections() <= 2;
    }));
}

TEST_CASE("a listener looks for what went, also while others come all the time") {
    auto listener = Listener::open({"127.0.0.1:0", 100, 100});
    REQUIRE(listener.ok());
    std::atomic<int> looks{0};
    (*listener)->run([](Accepted accepted) { close(accepted.fd); }, [&] { ++looks; });
    CHECK(within(10s, [&] {  // a connection every 50 ms, and one look each 500
        Socket().connect((*listener)->port());
        return looks >= 3;
    }));
}

TEST_CASE("connections are bounded in all too") {
    Quiet quiet;
    Server server({.max_connections = 8, .max_per_peer = 4});
    std::vector<Socket> idle;
    for (const char* from : {"127.0.0.1", "127.0.0.2", "127.0.0.3"}) {
        for (int i = 0; i < 4; ++i) {
            idle.emplace_back(from);
            idle.back().connect(server.server->port());
        }
    }
    CHECK(within(5s, [&] { return server.server->connections() == 8; }));
    CHECK_FALSE(say(channel_from("127.0.0.4", server.server->port()), "hello").ok());
    CHECK(server.server->answers().ok());  // it is full, not deaf
    for (int i = 0; i < 4; ++i) idle[i].close_now();
    CHECK(within(5s, [&] { return say(channel_from("127.0.0.4", server.server->port()), "hello").ok(); }));
}

TEST_CASE("a port that once got no descriptor isn't deaf afterwards") {
    Quiet quiet;
    Server server;
    CHECK(server.server->answers().ok());
    std::vector<Socket> clients;
    for (int i = 0; i < 8; ++i) clients.emplace_back();
    rlimit before{}, none{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    const int next_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next_free);
    none.rlim_cur = static_cast<rlim_t>(next_free);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (Socket& client : clients) client.connect(server.server->port());
    std::this_thread::sleep_for(300ms);  // in which they can't be accepted
    const uint64_t accepted = server.server->connections();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(accepted < clients.size());  // gRPC may have closed one of its own meanwhile
    CHECK(*say(server.channel(), "hello") == "hello");
    CHECK(server.server->connections() >= 8);
    server.server->stop();
    CHECK(server.server->answers().reason == "GRPC_PORT_DEAF");
}

TEST_CASE("compressed requests are refused before they are unpacked") {
    Server server;
    grpc::ChannelArguments arguments;
    arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
    auto channel = grpc::CreateCustomChannel(server.channel().target, grpc::InsecureChannelCredentials(), arguments);
    // 64 MiB that come as 64 KiB: unpacked, they would be RESOURCE_EXHAUSTED.
    CHECK(say(channel, std::string(64 << 20, 'a')).status().code == Code::kUnimplemented);
    CHECK(say(channel, std::string(2000, 'a')).status().code == Code::kUnimplemented);
    CHECK(*say(server.channel(), "hello") == "hello");
}

TEST_CASE("a message's fields are counted before it is built") {
    using google::protobuf::FileDescriptorProto;
    auto parse = [](const std::string& bytes, size_t max_fields) {
        grpc::Slice slice(bytes);
        FileDescriptorProto message;
        Status status = parse_message(ByteBuffer(&slice, 1), max_fields, message);
        return status.ok() ? std::to_string(message.message_type_size()) : status.reason;
    };
    const std::string empty_item("\x22\x00", 2), unknown_item("\xfa\x3f\x00", 3), unknown_number("\xf8\x3f\x01", 3);
    auto repeat = [](const std::string& text, size_t count) {
        std::string out;
        for (size_t i = 0; i < count; ++i) out += text;
        return out;
    };
    CHECK(parse("", 0) == "0");
    CHECK(parse(repeat(empty_item, 100), 100) == "100");
    CHECK(parse(repeat(empty_item, 101), 100) == "TOO_MANY_FIELDS");
    CHECK(parse(repeat(unknown_item, 101), 100) == "TOO_MANY_FIELDS");
    CHECK(parse(repeat(unknown_number, 101), 100) == "TOO_MANY_FIELDS");
    // In a sub-message: message_type of ten fields, of which each is a field too.
    const std::string ten = "\x22\x14" + repeat(std::string("\x12\x00", 2), 10);
    CHECK(parse(repeat(ten, 9), 99) == "9");
    CHECK(parse(repeat(ten, 9) + ten, 109) == "TOO_MANY_FIELDS");
    CHECK(parse(repeat(ten, 10), 110) == "10");
    // Deeper than any message of ours: nested_type in itself.
    std::string deep;
    for (int i = 0; i < 40; ++i) deep = "\x1a" + std::string(1, static_cast<char>(deep.size())) + deep;
    CHECK(parse("\x22" + std::string(1, static_cast<char>(deep.size())) + deep, 1000) == "MESSAGE_INVALID");
    for (const std::string& bad :
         {std::string("\x22"), std::string("\x22\x05\x00", 3), std::string("\x00", 1), std::string("\x0b\x0c", 2),
          std::string("\x0c", 1), std::string("\x08"), std::string("\x22\x01\x0c", 3), std::string(11, '\xff'),
          std::string("\x22\xff\xff\xff\xff\x0f", 6)}) {
        CHECK(parse(bad, 100) == "MESSAGE_INVALID");
    }
    CHECK(parse_message(ByteBuffer(), 1, *std::make_unique<StringValue>()).reason == "MESSAGE_INVALID");

    Server server;
    const std::string many = repeat(unknown_item, 300'000);
    auto channel = *make_channel(server.channel());
    grpc::internal::RpcMethod method(kEcho, grpc::internal::RpcMethod::NORMAL_RPC, channel);
    grpc::ClientContext context;
    grpc::Slice slice(many);
    ByteBuffer request(&slice, 1), response;
    auto status = grpc::internal::BlockingUnaryCall(channel.get(), method, &context, request, &response);
    CHECK(from_grpc(status, context).reason == "TOO_MANY_FIELDS");
}

TEST_CASE("idle streams hold no thread, and one peer not all of them") {
    Server server({}, {.threads = 2, .streams = 30, .streams_per_peer = 20});
    std::vector<std::unique_ptr<Listening>> streams;
    auto channel = *make_channel(server.channel());
    for (int i = 0; i < 20; ++i) streams.push_back(std::make_unique<Listening>(channel));
    CHECK(*say(channel, "hello") == "hello");
    CHECK(within(5s, [&] { return server.echo.calls.streams().used() == 20; }));
    CHECK(Listening(channel).reason() == "TOO_MANY_STREAMS");
    auto other = channel_from("127.0.0.2", server.server->port());
    for (int i = 0; i < 10; ++i) streams.push_back(std::make_unique<Listening>(other));
    CHECK(within(5s, [&] { return server.echo.calls.streams().used() == 30; }));
    CHECK(Listening(other).reason() == "TOO_MANY_STREAMS");
    CHECK(*say(other, "hello") == "hello");
    streams.clear();
    CHECK(within(5s, [&] { return server.echo.calls.streams().used() == 0; }));
    CHECK(server.echo.calls.bytes_held() == 0);
}

TEST_CASE("a stream tells in order, waits for news, and ends") {
    Server server;
    std::atomic<int> allowed{3};
    server.echo.tell = [&, told = 0](StringValue& message) mutable {
        if (told == 5) return Next::kEnd;
        if (told == allowed) return Next::kLater;
        message.set_value(std::to_string(told++));
        return Next::kMessage;
    };
    Listening stream(*make_channel(server.channel()));
    for (const char* expected : {"0", "1", "2"}) CHECK(stream.read() == expected);
    allowed = 5;
    for (const char* expected : {"3", "4", ""}) CHECK(stream.read() == expected);
    CHECK(stream.finish().ok());
}

TEST_CASE("a stream whose client doesn't read holds one message, and is ended") {
    Server server({}, {.patience = 500ms});
    std::atomic<uint64_t> made{0};
    server.echo.tell = [&](StringValue& message) {
        ++made;
        message.set_value(std::string(100'000, 'x'));
        return Next::kMessage;
    };
    Listening stream(*make_channel(server.channel()));
    CHECK(within(5s, [&] { return made > 0; }));
    CHECK(within(5s, [&] { return server.echo.calls.streams().used() == 0; }));
    CHECK(made < 200);  // what went into the client's and the sockets' buffers
    CHECK(server.echo.calls.bytes_held() == 0);
    server.echo.tell = [](StringValue&) { return Next::kLater; };
}

TEST_CASE("calls above the bounds are refused, of one peer and in all; the others go on") {
    Server server({}, {.threads = 64, .calls = 24, .calls_per_peer = 16});
    std::vector<std::thread> callers;
    std::atomic<int> refused{0}, answered{0};
    auto call = [&](std::shared_ptr<grpc::Channel> channel) {
        callers.emplace_back([&, channel] {
            auto said = say(channel, "wait");
            if (said.ok()) ++answered;
            if (said.status().reason == "TOO_MANY_CALLS") ++refused;
        });
    };
    auto first = channel_from("127.0.0.1", server.server->port()), second = channel_from("127.0.0.2", server.server->port());
    for (int i = 0; i < 20; ++i) call(first);
    CHECK(within(5s, [&] { return refused == 4; }));
    CHECK(*say(second, "hello") == "hello");
    CHECK(within(5s, [&] { return server.echo.calls.calls_open() == 16; }));
    for (int i = 0; i < 20; ++i) call(second);
    CHECK(within(5s, [&] { return refused == 4 + 12; }));
    CHECK(within(5s, [&] {
        server.echo.waiting = false;
        return answered == 24;
    }));
    for (std::thread& caller : callers) caller.join();
    CHECK(*say(first, "hello") == "hello");
    CHECK(within(5s, [&] { return server.echo.calls.calls_open() == 0; }));
}

TEST_CASE("a request has its place before it is read, and a time to be sent whole") {
    Server server({}, {.calls = 6, .calls_per_peer = 4, .request_time = 3s});
    Socket from_elsewhere("127.0.0.2");
    from_elsewhere.connect(server.server->port());
    gavel::e2e::Http2ByHand client(from_elsewhere.release());
    client.send_half_messages(kEcho, 20, 1 << 20);
    CHECK(*say(server.channel(), "hello") == "hello");
    CHECK(within(10s, [&] { return server.echo.calls.calls_open() == 0; }));
    CHECK(client.bytes_sent() >= 4 * ((1 << 20) - 1));
    CHECK(client.bytes_sent() < 4 * (1 << 20) + 20 * (65 << 10));  // of the others no more than fits unread
}

TEST_CASE("requests and answers are bounded by their bytes") {
    Server server({}, {.bytes = 500'000, .bytes_per_peer = 300'000});
    CHECK(say(server.channel(), std::string(200'000, 'x')).ok());
    CHECK(say(server.channel(), std::string(400'000, 'x')).status().reason == "TOO_MANY_CALLS");
    CHECK(within(5s, [&] { return server.echo.calls.bytes_held() == 0; }));
}

TEST_CASE("a server ends in time whatever its clients do") {
    Quiet quiet;
    Server server;
    server.echo.tell = [](StringValue& message) {
        message.set_value(std::string(100'000, 'x'));
        return Next::kMessage;
    };
    std::vector<Socket> idle;
    for (int i = 0; i < 20; ++i) {
        idle.emplace_back();
        idle.back().connect(server.server->port());
    }
    auto channel = *make_channel(server.channel());
    std::vector<std::unique_ptr<Listening>> streams;
    for (int i = 0; i < 20; ++i) streams.push_back(std::make_unique<Listening>(channel));
    std::thread caller([&] { CHECK_FALSE(say(channel, "wait").ok()); });
    REQUIRE(within(5s, [&] { return server.echo.waiting.load(); }));
    const auto before = std::chrono::steady_clock::now();
    server.server->stop(200ms);
    CHECK(std::chrono::steady_clock::now() - before < 2s);
    caller.join();
}

TEST_CASE("bad connections can't fill the log") {
    std::atomic<int> lines{0};
    set_log_output([&](std::string_view) { ++lines; });
    for (int i = 0; i < 200; ++i) gpr_log(GPR_ERROR, "Handshake failed with fatal error SSL_ERROR_SSL");
    set_log_output({});
    CHECK(lines <= 21);
}

TEST_CASE("a peer is an IPv4 address or the first half of an IPv6 one") {
    CHECK(peer_of_grpc("ipv4:127.0.0.1:4711") == "127.0.0.1");
    CHECK(peer_of_grpc("ipv6:%5B::1%5D:4711") == "::/64");
    CHECK(peer_of_grpc("ipv6:[2001:db8:1:2:3:4:5:6]:80") == "2001:db8:1:2::/64");
    CHECK(peer_of_grpc("ipv6:%5B2001:db8:1:2:ffff::%5D:81") == "2001:db8:1:2::/64");
    CHECK(peer_of_grpc("ipv6:%5B::ffff:10.0.0.7%5D:81") == "10.0.0.7");
    CHECK(peer_of_grpc("ipv6:%5Bfe80::1%25eth0%5D:81") == "fe80::/64");
    for (const char* odd : {"", "unix:/x", "ipv4:", "ipv4:1.2.3:4"}) CHECK(peer_of_grpc(odd) == "local");
    PeerLimit limit(5, 3);
    CHECK(limit.take("a", 3));
    CHECK_FALSE(limit.take("a"));
    CHECK_FALSE(limit.take("b", 3));
    CHECK(limit.take("b", 2));
    CHECK_FALSE(limit.take("c"));
    limit.give("a", 2);
    CHECK(limit.used() == 3);
    {
        PeerShare share(limit, "c", 2), moved(std::move(share));
        CHECK(moved.ok());
        CHECK_FALSE(share.ok());
        CHECK(limit.used_by("c") == 2);
    }
    CHECK(limit.used_by("c") == 0);
    CHECK_FALSE(PeerShare(limit, "d", UINT64_MAX).ok());
}

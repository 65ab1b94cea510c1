// Anonymous clients that want a daemon's memory, descriptors or time.
#include "gavel/v1/query.grpc.pb.h"
#include "gavel/v1/sequencer.grpc.pb.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <thread>

#include "tests/e2e/http2_by_hand.hpp"
#include "tests/e2e/message_grpc.hpp"
#include "tests/e2e/world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace std::chrono_literals;

namespace {

// From another loopback address, so that each is a peer of its own.
int connected(const std::string& from, const std::string& port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, from.c_str(), &address.sin_addr);
    REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

std::shared_ptr<grpc::Channel> channel_from(const std::string& from, const std::string& port) {
    const int fd = connected(from, port);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return grpc::CreateInsecureChannelFromFd("sequencer", fd);
}

// A process's greatest resident size since forget(), in MiB.
class Peak {
public:
    explicit Peak(pid_t pid) : folder_("/proc/" + std::to_string(pid)) { forget(); }
    void forget() {
        std::ofstream(folder_ + "/clear_refs") << "5";
        before_ = read();
    }
    long growth() const { return read() - before_; }

private:
    long read() const {
        std::ifstream status(folder_ + "/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("VmHWM:")) return std::stol(line.substr(6)) / 1024;
        return 0;
    }
    std::string folder_;
    long before_ = 0;
};

// Streams into which the same message is written for ever, and whose answers nobody reads.
class SilentStreams {
public:
    SilentStreams(const std::shared_ptr<grpc::Channel>& channel, int count, const v1::SubmitBatch& batch)
        : stub_(v1::Sequencer::NewStub(channel)) {
        for (int i = 0; i < count; ++i) {
            contexts_.push_back(std::make_unique<grpc::ClientContext>());
            streams_.push_back(stub_->SubmitStream(contexts_.back().get()));
            writers_.emplace_back([stream = streams_.back().get(), &batch] {
                while (stream->Write(batch)) {
                }
            });
        }
    }
    ~SilentStreams() {
        for (auto& context : contexts_) context->TryCancel();
        for (auto& writer : writers_) writer.join();
        for (auto& stream : streams_) stream->Finish();
    }

private:
    std::unique_ptr<v1::Sequencer::Stub> stub_;
    std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
    std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitBatch, v1::SubmitBatchResult>>> streams_;
    std::vector<std::thread> writers_;
};

grpc::StatusCode submit(const std::shared_ptr<grpc::Channel>& channel, const v1::SubmitRequest& request) {
    grpc::ClientContext context;
    v1::Receipt receipt;
    const grpc::Status status = v1::Sequencer::NewStub(channel)->Submit(&context, request, &receipt);
    UNSCOPED_INFO("submit: " << status.error_message());
    return status.error_code();
}

constexpr long kBound_MiB = 700;  // of which the sanitizer's own book-keeping is a half

}  // namespace

TEST_CASE("a daemon's memory under anonymous clients is bounded") {
    // Freed memory is memory again.
    setenv("ASAN_OPTIONS", "quarantine_size_mb=4:thread_local_quarantine_size_kb=64:allocator_release_to_os_interval_ms=200", 1);
    World world;
    world.start_sequencer();
    unsetenv("ASAN_OPTIONS");
    world.deposit("alice", kEther);
    const std::string port = world.port("sequencer");
    const v1::SubmitRequest good = message_of(world.transfer("alice", address_of("bob"), 7, 0));
    Peak peak(world.sequencer().pid());
    auto report = [&](const char* what) {
        WARN(what << ": " << peak.growth() << " MiB");
        CHECK(peak.growth() < kBound_MiB);
        CHECK(world.sequencer().is_alive());
        peak.forget();
    };

    {  // one small compressed request
        grpc::ChannelArguments arguments;
        arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
        auto channel = grpc::CreateCustomChannel(world.sequencer_address(), grpc::InsecureChannelCredentials(), arguments);
        v1::SubmitRequest bomb = good;
        bomb.set_signature(std::string(200 << 20, 'a'));
        CHECK(submit(channel, bomb) == grpc::StatusCode::UNIMPLEMENTED);
        report("a compressed request");
    }
    {  // half a million empty items in each of sixteen messages at a time
        v1::SubmitBatch items;
        for (int i = 0; i < 500'000; ++i) items.add_requests();
        std::vector<std::thread> clients;
        std::atomic<int> refused{0};
        for (int i = 0; i < 16; ++i) {
            clients.emplace_back([&, i] {
                auto stub = v1::Sequencer::NewStub(channel_from("127.0.1." + std::to_string(1 + i % 4), port));
                grpc::ClientContext context;
                auto stream = stub->SubmitStream(&context);
                stream->Write(items);
                v1::SubmitBatchResult result;
                while (stream->Read(&result)) {
                }
                if (stream->Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT) ++refused;
            });
        }
        for (std::thread& client : clients) client.join();
        CHECK(refused == 16);
        report("empty items");
    }
    {  // streams that read no answers
        v1::SubmitBatch batch;
        for (int i = 0; i < 4096; ++i) batch.add_requests()->set_chain_id(1);
        std::vector<std::unique_ptr<SilentStreams>> silent;
        for (int i = 0; i < 4; ++i)
            silent.push_back(std::make_unique<SilentStreams>(channel_from("127.0.2." + std::to_string(1 + i), port), 50, batch));
        std::this_thread::sleep_for(5s);
        CHECK(submit(channel_from("127.0.3.1", port), good) == grpc::StatusCode::OK);
        report("streams that read no answers");
    }
    {  // messages of which the last byte never comes
        std::vector<std::unique_ptr<Http2ByHand>> halves;
        for (int i = 0; i < 10; ++i) {
            halves.push_back(std::make_unique<Http2ByHand>(connected("127.0.4." + std::to_string(1 + i), port)));
            halves.back()->send_half_messages("/gavel.v1.Sequencer/Submit", 100, 1 << 20);
        }
        report("half messages");
        CHECK(submit(channel_from("127.0.3.1", port), good) == grpc::StatusCode::OK);
    }
    world.eventually("bob is paid", [&] { return world.balance(world.at_sequencer(), address_of("bob")) == Amount{7}; });
    world.stop_all();
}

TEST_CASE("daemons end within five seconds whatever their clients do") {
    World world;
    world.set_sequencer_flags({"--eth-fee-percent", "0"});
    world.start_sequencer();
    world.start_verifier("");
    world.deposit("alice", kEther);
    std::vector<int> sockets;
    for (const char* daemon : {"sequencer", "verifier", "l1"}) {
        for (int i = 0; i < 20; ++i) sockets.push_back(connected("127.0.5.1", world.port(daemon)));
        for (int i = 0; i < 5; ++i) {
            sockets.push_back(connected("127.0.5.2", world.port(daemon)));
            const std::string half = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{";
            (void)!send(sockets.back(), half.data(), half.size() - static_cast<size_t>(i), MSG_NOSIGNAL);
        }
    }
    // A batch that would take the L1 minutes, and open streams.
    std::string batch = "[";
    for (int i = 0; i < 1000; ++i)
        batch += std::string(i ? "," : "") + R"({"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":["0x2710"]})";
    batch += "]";
    const std::string request = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                                std::to_string(batch.size()) + "\r\n\r\n" + batch;
    sockets.push_back(connected("127.0.5.3", world.port("l1")));
    (void)!send(sockets.back(), request.data(), request.size(), MSG_NOSIGNAL);
    auto stub = v1::Query::NewStub(channel_from("127.0.5.4", world.port("sequencer")));
    std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
    std::vector<std::unique_ptr<grpc::ClientReader<v1::FeedResponse>>> feeds;
    for (int i = 0; i < 50; ++i) {
        contexts.push_back(std::make_unique<grpc::ClientContext>());
        feeds.push_back(stub->Feed(contexts.back().get(), v1::FeedRequest()));
    }
    v1::FeedResponse page;
    CHECK(feeds.front()->Read(&page));
    for (Process* daemon : {&world.sequencer(), &world.verifier(), &world.l1()}) {
        const auto before = std::chrono::steady_clock::now();
        CHECK(daemon->stop() == 0);
        CHECK(std::chrono::steady_clock::now() - before < 5s);
    }
    for (auto& feed : feeds) {
        while (feed->Read(&page)) {
        }
        feed->Finish();
    }
    for (int fd : sockets) close(fd);
}

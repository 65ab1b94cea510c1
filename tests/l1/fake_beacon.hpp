// A server of blobs of a test's own making, on the loopback: each answer as the test says. And blobs to ask for.
#pragma once

#include <httplib.h>

#include <catch2/catch.hpp>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "l1-bridge/client/beacon_blob_source.hpp"
#include "tests/l1/blob_world.hpp"

namespace gavel::test {

class FakeBeacon {
public:
    struct Answer {
        int status = 200;
        std::string body{};
        std::string location{};
        bool is_cut = false;  // the connection ends in the middle of the body
    };
    // `path` is without the query; that of the question for a blob ends with its id.
    using Answering = std::function<Answer(const std::string& path)>;

    explicit FakeBeacon(Answering answering) : answering_(std::move(answering)) {
        server_.Get("/.*", [this](const httplib::Request& request, httplib::Response& response) {
            Answering now;
            {
                std::lock_guard lock(mutex_);
                asked_.push_back(request.target);
                now = answering_;
            }
            Answer answer = now(request.path);
            response.status = answer.status;
            if (!answer.location.empty()) response.set_header("Location", answer.location);
            if (!answer.is_cut) {
                response.set_content(answer.body, "application/json");
                return;
            }
            response.set_content_provider(answer.body.size(), "application/json",
                                          [body = answer.body](size_t at, size_t, httplib::DataSink& sink) {
                                              if (at == 0) sink.write(body.data(), body.size() / 2);
                                              return false;
                                          });
        });
        server_.set_keep_alive_timeout(1);
        server_.set_tcp_nodelay(true);
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();
    }
    ~FakeBeacon() {
        server_.stop();
        thread_.join();
    }

    void set(Answering answering) {
        std::lock_guard lock(mutex_);
        answering_ = std::move(answering);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    int port() const { return port_; }
    // Paths with their queries, since the last call.
    std::vector<std::string> asked() {
        std::lock_guard lock(mutex_);
        return std::exchange(asked_, {});
    }

private:
    httplib::Server server_;
    std::mutex mutex_;
    Answering answering_;
    std::vector<std::string> asked_;
    int port_ = 0;
    std::thread thread_;
};

inline bool asks_blob(const std::string& path) { return path.find("/eth/v1/beacon/blobs/") != path.npos; }

// Answers the question for a blob so, and knows nothing else: a server without slots.
inline FakeBeacon::Answering only_blobs(FakeBeacon::Answer answer) {
    return [answer](const std::string& path) { return asks_blob(path) ? answer : FakeBeacon::Answer{404}; };
}

// The body of an answer with these in its data.
inline std::string blobs_body(const std::vector<nlohmann::json>& data) {
    return nlohmann::json{{"execution_optimistic", false}, {"finalized", false}, {"data", data}}.dump();
}
inline std::string blob_text(const Blob& blob) { return to_hex(blob.view()); }

// A blob with its hash.
struct HashedBlob {
    Blob blob;
    Hash hash;
};
inline HashedBlob some_blob(uint8_t mark = 1) {
    BlobSidecar sidecar = flat_sidecar(1, mark);
    return {sidecar.blobs[0], versioned_hashes(sidecar)[0]};
}

}  // namespace gavel::test

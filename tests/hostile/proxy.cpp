#include "tests/hostile/proxy.hpp"

#include <httplib.h>

#include <algorithm>
#include <stdexcept>

#include "protocol/kzg.hpp"

namespace gavel::hostile {
namespace {

constexpr size_t kDripBytes = 200;
constexpr std::chrono::milliseconds kDripPause{20};
constexpr size_t kThreads = 64;

// A provider that fails ends the connection.
httplib::ContentProvider provider_of(std::string body, Transport transport) {
    return [body = std::move(body), transport](size_t at, size_t, httplib::DataSink& sink) {
        if (transport == Transport::kDropped) return false;
        if (transport == Transport::kTruncated) {
            if (at == 0) sink.write(body.data(), body.size() / 2);
            return false;
        }
        std::this_thread::sleep_for(kDripPause);
        return sink.write(body.data() + at, std::min(kDripBytes, body.size() - at));
    };
}

void write(Exchange& exchange, httplib::Response& response) {
    std::string body = exchange.body();
    std::this_thread::sleep_for(exchange.delay);
    response.status = exchange.http_status;
    if (exchange.transport == Transport::kWhole) response.set_content(std::move(body), "application/json");
    else
        response.set_content_provider(std::max<size_t>(body.size(), 2), "application/json",
                                      provider_of(body, exchange.transport));
}

// One digit within the first blob, so that each element stays one; false if there is none.
bool falsify(std::string& blobs) {
    const size_t at = blobs.find("0x");
    if (at == blobs.npos || at + 2 + 2 * kElementBytes > blobs.size()) return false;
    char& digit = blobs[at + 2 * kElementBytes];
    digit = digit == '0' ? '1' : '0';
    return true;
}

}  // namespace

Fault Fault::with_chance(unsigned of_hundred) const {
    Fault out = *this;
    out.percent = of_hundred;
    return out;
}

Fault Fault::only(std::vector<std::string> of_methods) const {
    Fault out = *this;
    out.methods = std::move(of_methods);
    return out;
}

Proxy::Proxy(std::string node_url, uint64_t seed)
    : node_url_(std::move(node_url)), seed_(seed), server_(std::make_unique<httplib::Server>()) {
    server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_->set_keep_alive_timeout(1);
    server_->set_keep_alive_max_count(1'000'000);
    server_->set_tcp_nodelay(true);
    server_->Post(R"(/.*)", [this](const httplib::Request& request, httplib::Response& response) {
        uint64_t number;
        {
            std::lock_guard lock(mutex_);
            number = ++questions_;
        }
        std::mt19937_64 random(seed_ * 1'000'003 + number);
        const Exchange::Node node = [this](const Json& asked) { return ask_node(asked); };
        Json question = Json::parse(request.body, nullptr, false);
        if (!question.is_object()) {
            response.status = 400;
            return;
        }
        Exchange exchange(std::move(question), node, random());
        spoil(exchange, random);
        write(exchange, response);
    });
    server_->Get(R"(/.*)", [this](const httplib::Request& request, httplib::Response& response) {
        auto answer = httplib::Client(node_url_).Get(request.target);
        response.status = answer ? answer->status : 502;
        if (!answer) return;
        if (falsifies_blobs_ && falsify(answer->body)) ++falsified_;
        response.set_content(answer->body, answer->get_header_value("Content-Type"));
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no port for a proxy");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

Proxy::~Proxy() {
    server_->stop();
    thread_.join();
}

void Proxy::spoil(Exchange& exchange, std::mt19937_64& random) {
    std::vector<Fault> faults;
    {
        std::lock_guard lock(mutex_);
        ++asked_[exchange.method()];
        faults = faults_;
    }
    for (const Fault& fault : faults) {
        const bool concerns = fault.methods.empty() || std::ranges::count(fault.methods, exchange.method()) != 0;
        if (!concerns || random() % 100 >= fault.percent || !fault.spoil(exchange)) continue;
        std::lock_guard lock(mutex_);
        ++touched_[fault.name];
    }
}

void Proxy::misbehave(std::vector<Fault> faults) {
    std::lock_guard lock(mutex_);
    faults_ = std::move(faults);
}

std::map<std::string, uint64_t> Proxy::touched() const {
    std::lock_guard lock(mutex_);
    return touched_;
}

uint64_t Proxy::touched(const std::string& fault) const {
    const auto all = touched();
    auto found = all.find(fault);
    return found == all.end() ? 0 : found->second;
}

uint64_t Proxy::asked(const std::string& method) const {
    std::lock_guard lock(mutex_);
    auto found = asked_.find(method);
    return found == asked_.end() ? 0 : found->second;
}

// A node that can't be reached answers with an error of the proxy's.
Json Proxy::ask_node(const Json& request) const {
    httplib::Client client(node_url_);
    client.set_tcp_nodelay(true);
    client.set_read_timeout(30);
    auto answer = client.Post("/", request.dump(), "application/json");
    if (answer) return Json::parse(answer->body, nullptr, false);
    return {{"jsonrpc", "2.0"}, {"id", request.value("id", Json())}, {"error", {{"code", -32000}, {"message", "no backend"}}}};
}

}  // namespace gavel::hostile

#include "tests/l1/ethereum_node.hpp"

#include <httplib.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::test {
namespace {

std::optional<std::string> installed_anvil() {
    const std::filesystem::path scope = GAVEL_SOURCE_DIR "/l1-bridge/contracts/node_modules/@foundry-rs";
    std::error_code none;
    for (const auto& package : std::filesystem::directory_iterator(scope, none)) {
        if (package.path().filename().string().starts_with("anvil-linux-")) return (package.path() / "bin" / "anvil").string();
    }
    return std::nullopt;
}

}  // namespace

std::string anvil_program() {
    if (const char* given = std::getenv("GAVEL_ANVIL")) return given;
    if (auto found = installed_anvil()) return *found;
    test::TempDir folder;
    auto done = e2e::run({"/usr/bin/python3", GAVEL_SOURCE_DIR "/scripts/npm.py", GAVEL_SOURCE_DIR "/l1-bridge/contracts"},
                         folder.path());
    auto found = installed_anvil();
    if (!found) FAIL("there is no Anvil, and npm brings none:\n" << done.output << done.errors);
    return *found;
}

AnvilNode::AnvilNode(std::vector<std::string> flags, std::chrono::milliseconds timeout)
    : flags_(std::move(flags)), timeout_(timeout) {
    start();
}

void AnvilNode::start() {
    std::vector<std::string> command{anvil_program(), "--port", port_, "--hardfork", "osaka", "--enable-tx-gas-limit"};
    command.insert(command.end(), flags_.begin(), flags_.end());
    process_ = std::make_unique<e2e::Process>(command, folder_.file("anvil.log"));
    port_ = process_->wait_for("Listening on 127.0.0.1:", std::chrono::seconds(30));
    port_ = port_.substr(0, port_.find_first_not_of("0123456789"));
    if (port_.empty()) FAIL("Anvil doesn't start:\n" << process_->log());
    url_ = "http://127.0.0.1:" + port_;
    if (!client_) {
        l1::JsonRpcOptions options;
        options.url = url_;
        options.error_names = l1::rollup_error_names();
        options.timeout = timeout_;
        client_ = std::make_unique<l1::JsonRpcClient>(options);
    }
}

void AnvilNode::kill() { process_->kill_now(); }
void AnvilNode::stop() { process_->stop(); }

std::string AnvilNode::ask(const std::string& method, const std::string& params) {
    auto answer = client_->request(method, params);
    if (!answer) FAIL(method << " " << params << ": " << node::to_string(answer.status()));
    return *answer;
}

void AnvilNode::mine(int blocks) {
    for (int i = 0; i < blocks; ++i) ask("evm_mine");
}

void AnvilNode::fund(const Address& address, u128 wei) {
    ask("anvil_setBalance", "[\"" + to_hex(address) + "\",\"" + l1::rpc::quantity(wei) + "\"]");
}

l1::JsonRpcClient client_of(const std::string& url, std::chrono::milliseconds timeout) {
    l1::JsonRpcOptions options;
    options.url = url;
    options.timeout = timeout;
    options.error_names = l1::rollup_error_names();
    return l1::JsonRpcClient(options);
}

Proxy::Proxy(std::string node_url) : server_(std::make_unique<httplib::Server>()), node_url_(std::move(node_url)) {
    server_->Post("/", [this](const httplib::Request& request, httplib::Response& response) {
        ++questions_;
        Tamper tamper;
        {
            std::lock_guard lock(mutex_);
            tamper = tamper_;
        }
        std::optional<HttpAnswer> answer;
        if (tamper) answer = tamper(request.body, [&] { return ask_node(request.body); });
        if (!answer) answer = HttpAnswer{200, ask_node(request.body)};
        response.status = answer->status;
        if (!answer->is_cut) {
            response.set_content(answer->body, "application/json");
            return;
        }
        const std::string body = answer->body;
        response.set_content_provider(body.size(), "application/json", [body](size_t at, size_t, httplib::DataSink& sink) {
            if (at == 0) sink.write(body.data(), body.size() / 2);
            return false;
        });
    });
    server_->set_keep_alive_timeout(1);
    server_->set_keep_alive_max_count(1'000'000);
    server_->set_tcp_nodelay(true);  // without it, 40 ms pass between the head of each answer and its body
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
}

Proxy::~Proxy() {
    server_->stop();
    thread_.join();
}

void Proxy::set(Tamper tamper) {
    std::lock_guard lock(mutex_);
    tamper_ = std::move(tamper);
}

void Proxy::set_node(const std::string& url) {
    std::lock_guard lock(mutex_);
    node_url_ = url;
}

std::string Proxy::ask_node(const std::string& body) {
    std::string url;
    {
        std::lock_guard lock(mutex_);
        url = node_url_;
    }
    httplib::Client node(url);
    node.set_tcp_nodelay(true);
    auto answer = node.Post("/", body, "application/json");
    return answer ? answer->body : std::string();
}

}  // namespace gavel::test

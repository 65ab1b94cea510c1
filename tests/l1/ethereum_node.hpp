// An Ethereum node for tests: Anvil, as l1-bridge/contracts/package-lock.json names it; and a proxy before a node that is slow,
// cuts its answers short or talks nonsense.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "l1-bridge/client/json_rpc_client.hpp"
#include "protocol/amount.hpp"
#include "protocol/keys.hpp"
#include "tests/e2e/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace httplib {
class Server;
}

namespace gavel::test {

// Path of Anvil: what GAVEL_ANVIL names, else the one from npm, which is installed first if need be.
std::string anvil_program();

class AnvilNode {
public:
    // Mainnet's limits are on. `flags` are Anvil's own: "--no-mining", ...
    // `timeout` is the client's: what has to load its KZG setup first takes longer than others.
    explicit AnvilNode(std::vector<std::string> flags = {}, std::chrono::milliseconds timeout = std::chrono::seconds(10));

    // Kills it (SIGKILL), or lets it end by itself, which writes its state file; starts it again on the same port.
    void kill();
    void stop();
    void start();

    const std::string& url() const { return url_; }
    std::string file(const std::string& name) const { return folder_.file(name); }
    l1::JsonRpcClient& client() { return *client_; }
    // Answer in text; fails the test if it is refused.
    std::string ask(const std::string& method, const std::string& params = "[]");
    void mine(int blocks = 1);
    void fund(const Address& address, u128 wei = 1000 * kEther);

private:
    std::vector<std::string> flags_;
    std::chrono::milliseconds timeout_;
    test::TempDir folder_;
    std::string port_ = "0", url_;
    std::unique_ptr<e2e::Process> process_;
    std::unique_ptr<l1::JsonRpcClient> client_;
};

l1::JsonRpcClient client_of(const std::string& url, std::chrono::milliseconds timeout = std::chrono::seconds(10));

// What a proxy makes of a question: an answer of its own, or nothing, for the node's. `ask` asks the node.
struct HttpAnswer {
    int status = 200;
    std::string body;
    bool is_cut = false;  // the connection ends in the middle of the body
};
using Tamper = std::function<std::optional<HttpAnswer>(const std::string& request, const std::function<std::string()>& ask)>;

class Proxy {
public:
    explicit Proxy(std::string node_url);
    ~Proxy();

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    // From the next question on; no function: everything passes.
    void set(Tamper tamper = {});
    void set_node(const std::string& url);
    uint64_t questions() const { return questions_; }

private:
    std::string ask_node(const std::string& body);

    std::unique_ptr<httplib::Server> server_;
    std::mutex mutex_;
    std::string node_url_;
    Tamper tamper_;
    std::atomic<uint64_t> questions_{0};
    int port_ = 0;
    std::thread thread_;
};

}  // namespace gavel::test

// A world of real processes: gavel-l1 or Anvil, gavel-sequencer and gavel-verifier on free ports, their data in a folder of its
// own, gone with the object. The programs are those in the folder that GAVEL_BIN_DIR names.
//
// What fails to come about within its time is a failure of the test (Catch2's FAIL, with the daemons' logs).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/sequencer.hpp"
#include "api/verifier.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "protocol/amount.hpp"
#include "protocol/operation.hpp"
#include "tests/e2e/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace gavel::e2e {

// For anything that must happen at some time: long enough for a busy machine with sanitizers.
inline constexpr std::chrono::seconds kPatience{60};

std::string program(const std::string& name);

// A daemon's chain information on one line, for failures.
std::string text_of(const api::ChainInfo& info);

// The key of a name. The world gives those named in WorldOptions::funded 1,000 ether on the L1.
PrivateKey key_of(const std::string& name);
inline Address address_of(const std::string& name) { return key_of(name).address(); }

struct WorldOptions {
    uint64_t challenge_window_s = 600;
    uint64_t inclusion_window_s = 600;
    std::vector<std::string> funded = {"alice", "bob", "operator", "watcher"};
    uint64_t l1_confirmations = 1;
    std::vector<std::string> sequencer_flags = {"--eth-fee-percent", "0"};
    std::vector<std::string> verifier_flags = {};
    bool on_ethereum = false;  // the L1 is a real Ethereum node, Anvil, instead of gavel-l1
};

class World {
public:
    // Starts the L1, with the rollup on it.
    explicit World(WorldOptions options = {});
    // Prints the daemons' logs if the test has failed.
    ~World();

    // ---- Daemons. A second start takes the port and data of the first ----
    void start_l1();
    // Waits until it takes operations.
    void start_sequencer(const std::string& name = "operator");
    // Doesn't wait until it sits.
    void launch_sequencer(const std::string& name = "operator");
    // `key`: of the name that proves and claims; empty: it only watches.
    void start_verifier(const std::string& key = "watcher");
    Process& l1() { return *l1_; }
    Process& sequencer() { return *sequencer_; }
    Process& verifier() { return *verifier_; }
    // Stops whatever runs; each must end by itself, with exit status 0 (a sanitizer's finding makes it another).
    void stop_all();
    // gavel-drill posts a lie with this key.
    Finished drill(const std::string& kind, const std::string& key = "operator", const std::string& data = "calldata");

    // ---- The command, as the user of a name ----
    Finished gavel(const std::string& name, std::vector<std::string> arguments);
    // The same with --json; its document. Fails the test if the command does.
    std::string gavel_json(const std::string& name, std::vector<std::string> arguments);

    // ---- The daemons' services ----
    api::Sequencer& at_sequencer() { return *at_sequencer_; }
    api::Verifier& at_verifier() { return *at_verifier_; }
    std::array<api::Query*, 2> at_both() { return {at_sequencer_.get(), at_verifier_.get()}; }
    l1::JsonRpcClient& l1_client() { return *l1_client_; }
    l1::RollupClient& rollup() { return *rollup_; }
    const Domain& domain() const { return domain_; }
    const test::TempDir& folder() const { return folder_; }
    // These count from the next start on. The L1 as a program sees it ("sequencer", "verifier", "gavel"): one --l1 for each URL,
    // the L1 itself if there is none.
    void set_sequencer_flags(std::vector<std::string> flags) { options_.sequencer_flags = std::move(flags); }
    void set_verifier_flags(std::vector<std::string> flags) { options_.verifier_flags = std::move(flags); }
    void set_l1(const std::string& program, std::vector<std::string> urls) { l1_urls_[program] = std::move(urls); }
    const std::string& port(const std::string& daemon) const { return ports_.at(daemon); }
    std::string sequencer_address() const { return "127.0.0.1:" + ports_.at("sequencer"); }
    std::string l1_url() const { return "http://127.0.0.1:" + ports_.at("l1"); }

    // What a daemon's /healthz and /metrics say; empty if nothing is answered. The first is "ok\n" if all is well.
    std::string health(const std::string& daemon) const { return http_get(daemon, "/healthz"); }
    std::string metrics(const std::string& daemon) const { return http_get(daemon, "/metrics"); }

    std::string metrics_port(const std::string& daemon) const { return std::to_string(metrics_ports_.at(daemon)); }

    // ---- What stories do ----
    // On the L1; waits until the sequencer has credited it.
    void deposit(const std::string& name, u128 wei);
    api::Submission sign(const std::string& name, const Operation& operation) const;
    api::Submission transfer(const std::string& name, const Address& to, u128 wei, uint64_t nonce) const;
    api::Receipt submit(const api::Submission& submission);
    api::AccountInfo account(api::Query& at, const Address& owner);  // of ETH
    Amount balance(api::Query& at, const Address& owner) { return account(at, owner).balance; }
    uint64_t nonce(const Address& owner) { return account(at_sequencer(), owner).nonce; }
    void wait_for_status(api::Query& at, const Hash& hash, api::OperationStatus status);
    // Until all that the sequencer has confirmed is on the L1, the verifier has verified it and found the same state.
    void wait_for_agreement();
    void mine(int blocks = 1);
    // Fails the test with the last error unless `holds` becomes true in time.
    void eventually(const std::string& what, const std::function<bool()>& holds);

private:
    std::string listen(const std::string& daemon) const;
    std::string http_get(const std::string& daemon, const std::string& path) const;
    void add_l1(const std::string& program, std::vector<std::string>& command) const;
    void add_metrics_port(const std::string& daemon, std::vector<std::string>& flags);
    std::string key_file(const std::string& name);
    std::string log_file(const std::string& daemon) const { return folder_.file(daemon + ".log"); }
    std::unique_ptr<Process> start_anvil();
    void deploy_rollup();
    std::unique_ptr<Process> start(const std::string& program, const std::string& daemon, std::vector<std::string> flags,
                                   const std::string& port_mark);

    WorldOptions options_;
    test::TempDir folder_;
    std::map<std::string, std::string> ports_;  // by daemon, once it has run
    std::map<std::string, int> metrics_ports_;
    std::map<std::string, std::vector<std::string>> l1_urls_;  // by program, where it isn't the L1 itself
    std::unique_ptr<Process> l1_, sequencer_, verifier_;
    std::unique_ptr<l1::JsonRpcClient> l1_client_;
    std::unique_ptr<l1::RollupClient> rollup_;
    std::unique_ptr<api::Sequencer> at_sequencer_;
    std::unique_ptr<api::Verifier> at_verifier_;
    Domain domain_;
};

}  // namespace gavel::e2e

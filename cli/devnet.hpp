// A whole rollup on this machine: L1, sequencer and verifier as child processes, with accounts that have money.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "cli/child_process.hpp"
#include "cli/session.hpp"
#include "node/signals.hpp"

namespace gavel::cli {

struct DevnetOptions {
    uint64_t accounts = 3;
    uint64_t l1_port = 8545;
    uint64_t sequencer_port = 9545;
    uint64_t verifier_port = 9546;
    bool free_ports = false;
    std::string data_dir;
    std::string info_file;
    uint64_t block_time_s = 1;
    std::chrono::milliseconds batch_age{2'000};
    uint64_t challenge_window_s = 30;
    uint64_t inclusion_window_s = 600;
    std::string eth = "100";
    std::string tokens = "1000";
};

// Everybody on a devnet: known keys, never for money.
inline PrivateKey devnet_key(const std::string& who) { return PrivateKey::derived("gavel-devnet:" + who); }

class Devnet {
public:
    Devnet(const DevnetOptions& options, SessionOptions& session_options)
        : options_(options), session_options_(session_options), session_(session_options) {}
    ~Devnet() {
        stop();
        std::error_code ignored;
        if (temporary_) std::filesystem::remove_all(folder_, ignored);
    }

    node::Status start();
    // Until a signal comes (OK), or a program ends by itself.
    node::Status watch(node::StopSignals& signals);
    void stop();
    nlohmann::json description();
    std::string text();

private:
    node::Status choose_folder();
    node::Status choose_ports();
    node::Status start_program(const std::string& name, std::vector<std::string> arguments);
    template <class Ask>
    node::Status wait_for(const std::string& name, Ask ask);
    node::Status start_l1();
    node::Status deploy();
    // An L1 that mines on demand may stand still for as long as nobody pays.
    std::string stale_after() const { return options_.block_time_s == 0 ? "1d" : "0s"; }
    node::Status start_sequencer();
    node::Status start_verifier();
    node::Status deposit();
    std::string file(const std::string& name) const { return folder_ + "/" + name; }
    node::Result<std::string> key_file(const std::string& who) const;

    const DevnetOptions& options_;
    SessionOptions& session_options_;
    Session session_;
    std::string folder_;
    bool temporary_ = false;
    uint16_t l1_port_ = 0, sequencer_port_ = 0, verifier_port_ = 0;
    Address rollup_, token_;
    Amount eth_, tokens_;
    std::vector<PrivateKey> accounts_;
    struct Program {
        std::string name;
        std::unique_ptr<ChildProcess> process;
    };
    std::vector<Program> programs_;
};

}  // namespace gavel::cli

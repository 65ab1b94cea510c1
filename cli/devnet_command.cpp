// gavel devnet: its options, and what it tells of the devnet that it has started.
#include <nlohmann/json.hpp>

#include "cli/devnet.hpp"
#include "cli/table.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::cli {

using nlohmann::json;
using node::Status;

json Devnet::description() {
    json accounts = json::array();
    for (const PrivateKey& account : accounts_) {
        accounts.push_back({{"address", to_checksum(account.address())}, {"private_key", to_hex(account.scalar())}});
    }
    json pids;
    for (const Program& program : programs_) pids[program.name] = program.process->pid();
    return {{"l1", session_options_.l1.urls[0]},
            {"sequencer", session_options_.sequencer.target},
            {"verifier", session_options_.verifier.target},
            {"rollup", to_checksum(rollup_)},
            {"token", to_checksum(token_)},
            {"accounts", accounts},
            {"funder",
             {{"address", to_checksum(devnet_key("funder").address())}, {"private_key", to_hex(devnet_key("funder").scalar())}}},
            {"operator", to_checksum(devnet_key("operator").address())},
            {"data_dir", folder_},
            {"pids", pids}};
}

std::string Devnet::text() {
    Table accounts({{"ACCOUNT"}, {"PRIVATE KEY (known to everybody)"}});
    for (const PrivateKey& account : accounts_) accounts.add({to_checksum(account.address()), to_hex(account.scalar())});
    std::string out = facts({{"L1 (JSON-RPC)", session_options_.l1.urls[0]},
                             {"sequencer (gRPC)", session_options_.sequencer.target},
                             {"verifier (gRPC)", session_options_.verifier.target},
                             {"rollup", to_checksum(rollup_)},
                             {"token DUSD", to_checksum(token_)},
                             {"challenge window", std::to_string(options_.challenge_window_s) + " s"},
                             {"data and logs", folder_}});
    out += "\nEach account has " + options_.eth + " ETH and " + options_.tokens + " DUSD in the rollup, and 10 ETH and " +
           options_.tokens + " DUSD on the L1.\n\n" + accounts.text();
    if (accounts_.size() < 2) return out + "\nCtrl-C stops everything.\n";
    const std::string other = to_checksum(accounts_[1].address());
    out += "\nTry, in another terminal:\n";
    out += "  export GAVEL_PRIVATE_KEY=" + to_hex(accounts_[0].scalar()) + "\n";
    if (session_options_.l1.urls != SessionOptions().l1.urls) out += "  export GAVEL_L1=" + session_options_.l1.urls[0] + "\n";
    if (session_options_.sequencer.target != SessionOptions().sequencer.target) {
        out += "  export GAVEL_SEQUENCER=" + session_options_.sequencer.target + "\n";
    }
    if (session_options_.verifier.target != SessionOptions().verifier.target) {
        out += "  export GAVEL_VERIFIER=" + session_options_.verifier.target + "\n";
    }
    out += "  gavel balance\n";
    out += "  gavel send " + other + " 1.5\n";
    out += "  gavel send " + other + " 25 --token " + to_checksum(token_) + "\n";
    out += "  gavel deposit 0.5 --wait\n";
    out += "  gavel withdraw 2        (paid out on the L1 once its batch is final: gavel withdrawals)\n";
    out += "  gavel load --mint-eth\n";
    out += "  gavel status\n";
    return out + "\nCtrl-C stops everything.\n";
}

namespace {

Status devnet(SessionOptions& session_options, const DevnetOptions& options) {
    node::StopSignals signals;
    Devnet net(options, session_options);
    if (Status started = net.start(); !started.ok()) return started;
    Session session(session_options);
    if (session.json()) {
        session.print(net.description());
    } else {
        session.print(net.text());
    }
    Status ended = net.watch(signals);
    net.stop();
    return ended;
}

}  // namespace

void add_devnet_command(Commands& commands) {
    auto args = std::make_shared<DevnetOptions>();
    node::Options& options = commands.add(
        "devnet", "a whole rollup on this machine, until Ctrl-C: L1, sequencer, verifier, accounts", [args](Session& session) {
            SessionOptions own = session.options();
            return devnet(own, *args);
        });
    options.number("--accounts", args->accounts, "accounts with money", 0, 1000);
    options.text("--eth", args->eth, "ether of each in the rollup");
    options.text("--tokens", args->tokens, "units of the token of each in the rollup");
    options.number("--l1-port", args->l1_port, "port of the L1's JSON-RPC", 1, 65'535);
    options.number("--sequencer-port", args->sequencer_port, "port of the sequencer's gRPC", 1, 65'535);
    options.number("--verifier-port", args->verifier_port, "port of the verifier's gRPC", 1, 65'535);
    options.toggle("--free-ports", args->free_ports, "take ports that are free instead");
    options.text("--data-dir", args->data_dir, "empty folder for databases and logs, kept; without it, a temporary one");
    options.text("--info-file", args->info_file, "file for addresses, keys and ports as JSON");
    options.seconds("--block-time", args->block_time_s, "time between L1 blocks; 0: a block at each transaction");
    options.duration("--batch-age", args->batch_age, "how long a payment waits for its batch at most");
    options.seconds("--challenge-window", args->challenge_window_s, "a batch is final after it", 1);
    options.seconds("--inclusion-window", args->inclusion_window_s, "an L1 operation is overdue after it",
                    l1::kMinInclusionWindow);
}

}  // namespace gavel::cli

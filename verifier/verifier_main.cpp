// gavel-verifier: reads the L1, verifies every batch, proves false ones, tells of it over gRPC.
#include <atomic>
#include <cstdio>
#include <thread>

#include "l1-bridge/json_rpc_client.hpp"
#include "l1-bridge/key_file.hpp"
#include "l1-bridge/rollup_client.hpp"
#include "ledger/query_grpc.hpp"
#include "node/config.hpp"
#include "node/grpc_server.hpp"
#include "node/http_server.hpp"
#include "node/log.hpp"
#include "node/signals.hpp"
#include "verifier/verifier_grpc.hpp"

namespace {

using namespace gavel;

struct Settings {
    std::string l1 = "http://127.0.0.1:8545";
    std::string rollup;
    std::string key_file;
    l1::L1WalletFlags wallet;
    std::string data_dir = "gavel-verifier-data";
    std::string metrics_listen;
    uint64_t start_block = 0;
    uint64_t chain_id = 0;
    std::chrono::milliseconds poll{1'000};
    verifier::VerifierOptions verifier;
    node::GrpcServerOptions grpc{.listen = "127.0.0.1:9546"};
    node::LogOptions log;
};

void add_options(node::Options& options, Settings& s) {
    options.group("L1");
    options.text("--l1", s.l1, "URL of the L1's JSON-RPC");
    options.text("--rollup", s.rollup, "address of the rollup contract").required();
    options.number("--chain-id", s.chain_id, "chain id that the L1 must have; 0: any");
    options.number("--start-block", s.start_block, "L1 block from which to read: not after the contract's deployment");
    options.duration("--poll", s.poll, "how often the L1 is asked");
    options.group("Acting on the L1");
    options.text("--key-file", s.key_file, "file with the private key (hex) of the account that proves; empty: only watch");
    l1::add_wallet_flags(options, s.wallet);
    options.toggle("--claim", s.verifier.claim, "claim withdrawals for their recipients, at this account's cost");
    options.number("--claim-max-gas", s.verifier.claims.max_gas, "a claim that needs more gas isn't sent", 100'000,
                   uint64_t{1} << 24);
    options.group("Warnings");
    options.seconds("--stalled-after", s.verifier.warnings.stalled_after,
                    "warn when an L1 operation waits and no batch comes for so long; 0: a quarter of the inclusion window");
    options.seconds("--silent-after", s.verifier.warnings.silent_after,
                    "warn when no batch comes for so long; 0: an inclusion window");
    options.group("Server");
    options.text("--data-dir", s.data_dir, "folder of the database");
    options.text("--metrics-listen", s.metrics_listen, "host:port for /metrics and /healthz (default: none)");
    node::add_grpc_server_options(options, s.grpc);
    node::add_log_options(options, s.log);
}

// Set when they are read.
void add_metrics(node::Metrics& metrics, const verifier::Verifier& verifier) {
    auto gauge = [&](const char* name, const char* help) { return metrics.gauge(name, help); };
    auto lag = gauge("gavel_l1_lag_blocks", "Blocks of the L1 not yet read.");
    auto verified = gauge("gavel_verified_batch", "The last batch that is true and stands on true ones only.");
    auto head = gauge("gavel_head_batch", "The newest batch on the L1.");
    auto verdicts = gauge("gavel_batches_checked", "Verdicts given since the start.");
    auto lies = gauge("gavel_false_batches", "Batches found false since the start.");
    auto proofs = gauge("gavel_proofs_sent", "Fraud proofs sent since the start.");
    auto waiting = gauge("gavel_oldest_l1_operation_seconds", "Age of the oldest L1 operation that no batch has consumed.");
    auto silence = gauge("gavel_last_batch_seconds", "Since the newest batch was posted.");
    auto balance = gauge("gavel_wallet_balance_ether", "ETH of the account that proves and claims.");
    auto claimed = gauge("gavel_withdrawals_claimed", "Withdrawals claimed since the start.");
    auto refused = gauge("gavel_withdrawals_refused", "Withdrawals whose claim the contract refuses for now.");
    auto warnings = gauge("gavel_warnings", "Warnings that stand.");
    metrics.before_text([=, &verifier]() mutable {
        const verifier::VerifierStatus now = verifier.status();
        lag.set(static_cast<double>(now.l1_head - now.l1_block));
        verified.set(static_cast<double>(now.verified_batch));
        head.set(static_cast<double>(now.head_batch));
        verdicts.set(static_cast<double>(now.verdicts));
        lies.set(static_cast<double>(now.false_verdicts));
        proofs.set(static_cast<double>(now.proofs_sent));
        waiting.set(static_cast<double>(now.oldest_l1_operation_s));
        silence.set(static_cast<double>(now.last_batch_s));
        balance.set(static_cast<double>(now.wallet_balance) / 1e18);
        claimed.set(static_cast<double>(now.claimed));
        refused.set(static_cast<double>(now.claims_refused));
        warnings.set(static_cast<double>(now.warnings.size()));
    });
}

node::Status bad_option(const std::string& option, const std::string& message) {
    return {node::Code::kInvalidArgument, "OPTION_INVALID", option, message};
}

// Rounds until told to stop. A store that fails stops the daemon.
void drive(verifier::Verifier& verifier, const std::atomic<bool>& running, std::atomic<bool>& failed,
           std::chrono::milliseconds poll) {
    constexpr std::chrono::milliseconds kNap{20};
    try {
        while (running) {
            auto more = verifier.step();
            if (!more) node::log_status(node::LogLevel::kDebug, "round with the L1", more.status());
            if (more && *more) continue;
            for (std::chrono::milliseconds slept{0}; running && slept < poll; slept += kNap) std::this_thread::sleep_for(kNap);
        }
    } catch (const node::StoreError& error) {
        node::log_error("store failed, stopping", {{"detail", error.what()}});
        failed = true;
        node::request_stop();
    }
}

node::Status run(const Settings& s, node::StopSignals& signals) {
    auto rollup = address_from_string(s.rollup);
    if (!rollup) return bad_option("--rollup", "not an address: " + s.rollup);
    if (s.verifier.claim && s.key_file.empty()) return bad_option("--claim", "needs --key-file");
    l1::JsonRpcOptions rpc;
    rpc.url = s.l1;
    rpc.error_names = l1::rollup_error_names();
    l1::JsonRpcClient client(std::move(rpc));
    node::SystemClock clock;
    std::optional<l1::L1Wallet> wallet;
    if (!s.key_file.empty()) {
        auto key = l1::read_key_file(s.key_file);
        if (!key) return key.status();
        wallet.emplace(client, *key, s.wallet.options(), clock);
    }
    node::LevelDbStore store(s.data_dir);
    auto sync = ledger::L1Sync::open_when_reachable(store, client, *rollup, {s.start_block, s.chain_id},
                                                    [&] { return signals.wait_for(s.poll) == 0; });
    if (!sync) return sync.status();
    if (!*sync) return {};

    node::Metrics metrics;
    verifier::VerifierOptions options = s.verifier;
    options.metrics = &metrics;
    verifier::Verifier verifier(store, **sync, client, wallet ? &*wallet : nullptr, clock, options);
    verifier::VerifierService service(verifier);
    ledger::QueryService queries(verifier.queries(), "verifier");
    auto server = node::GrpcServer::start(s.grpc, {&service, &queries});
    if (!server) return server.status();
    add_metrics(metrics, verifier);
    node::HttpServer http({.listen = s.metrics_listen.empty() ? "127.0.0.1:0" : s.metrics_listen});
    if (!s.metrics_listen.empty()) {
        node::serve_metrics(http, metrics, [&] {
            node::Status status = verifier.health();
            return status.ok() ? (*server)->answers() : status;
        });
        if (node::Status status = http.start(); !status.ok()) return status;
    }
    node::log_info("serving", {{"grpc_port", (*server)->port()},
                               {"rollup", to_checksum(*rollup)},
                               {"prover", wallet ? to_checksum(wallet->address()) : "none"},
                               {"claims", s.verifier.claim}});

    std::atomic<bool> running{true}, failed{false};
    std::thread driver([&] { drive(verifier, running, failed, s.poll); });
    while (signals.wait_for(std::chrono::seconds(1)) == 0) verifier.troubles().tick();
    node::log_info("stopping");
    (*server)->stop();
    running = false;
    driver.join();
    http.stop();
    if (failed) return {node::Code::kInternal, "STORE_FAILED", "data-dir", "the database failed; the log tells why"};
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    node::StopSignals signals;
    Settings settings;
    node::Options options("gavel-verifier", "Verifies every batch on the L1 and proves the false ones.");
    add_options(options, settings);
    if (auto status = options.parse(argc, argv)) return *status;
    node::init_log(settings.log, "gavel-verifier");
    try {
        node::Status status = run(settings, signals);
        if (status.ok()) return 0;
        std::fprintf(stderr, "gavel-verifier: %s\n", node::to_string(status).c_str());
    } catch (const node::StoreError& error) {
        std::fprintf(stderr, "gavel-verifier: %s\n", error.what());
    }
    return 1;
}

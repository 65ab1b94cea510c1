// gavel-l1: a simulated Ethereum chain with Gavel's contract, which answers Ethereum's JSON-RPC over HTTP.
#include <atomic>
#include <cstdio>
#include <memory>

#include "l1-bridge/chain/beacon_service.hpp"
#include "l1-bridge/chain/chain_setup.hpp"
#include "l1-bridge/chain/http_access.hpp"
#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/option_values.hpp"
#include "node/config.hpp"
#include "node/http_server.hpp"
#include "node/listener.hpp"
#include "node/log.hpp"
#include "node/loop.hpp"
#include "node/metrics.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"

namespace gavel::l1 {
namespace {

constexpr size_t kMaxBodyBytes = size_t{8} << 20;
constexpr std::chrono::milliseconds kMiningNap{10};
constexpr size_t kHttpThreads = 96;

struct TokenAtStart {
    std::string name, symbol;
    uint8_t decimals = 18;
};

struct Config {
    std::string listen = "127.0.0.1:8545";
    std::string data_dir;
    uint64_t block_time_s = 0;
    std::vector<std::string> allowed_hosts;
    bool no_dev = false;
    ChainOptions chain;
    std::vector<TokenAtStart> tokens;
    bool print_abi = false;
    bool rollup = false;
    RollupParameters rollup_parameters;
    node::LogOptions log;
};

// "1000" or "1.5" ether in wei.
std::optional<u128> parse_ether(std::string_view text) {
    size_t point = text.find('.');
    std::string digits(text.substr(0, point)), fraction(point == text.npos ? "" : text.substr(point + 1));
    if (digits.empty() || fraction.size() > 18 || (point != text.npos && fraction.empty())) return std::nullopt;
    fraction.resize(18, '0');
    auto wei = amount_from_string(digits + fraction);
    if (!wei) return std::nullopt;
    return wei->value();
}

// ADDRESS=ETHER
node::Status add_funds(Config& config, std::string_view text) {
    size_t sign = text.find('=');
    auto address = address_from_string(text.substr(0, sign));
    auto wei = sign == text.npos ? std::nullopt : parse_ether(text.substr(sign + 1));
    if (!address || !wei) return node::invalid_option("--fund", "'" + std::string(text) + "' is not ADDRESS=ETHER");
    config.chain.genesis_balances.emplace_back(*address, *wei);
    return {};
}

// NAME:SYMBOL:DECIMALS
node::Status add_token(Config& config, std::string_view text) {
    size_t first = text.find(':'), second = text.find(':', first + 1);
    if (first == text.npos || second == text.npos)
        return node::invalid_option("--token", "'" + std::string(text) + "' is not NAME:SYMBOL:DECIMALS");
    TokenAtStart token{std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1)), 0};
    auto decimals = node::parse_number(text.substr(second + 1));
    if (!decimals || *decimals > 36) return node::invalid_option("--token", "decimals are a number up to 36");
    if (token.name.empty() || token.name.size() > 31 || token.symbol.empty() || token.symbol.size() > 31) {
        return node::invalid_option("--token", "a token's name and symbol have 1 to 31 bytes");
    }
    token.decimals = static_cast<uint8_t>(*decimals);
    config.tokens.push_back(std::move(token));
    return {};
}

node::Status set_rollup(Config& config, const std::string& stake, const std::string& home_operator) {
    auto wei = parse_ether(stake);
    if (!wei) return node::invalid_option("--stake", "'" + stake + "' is no amount of ether");
    config.rollup_parameters.stake = *wei;
    if (home_operator != "none") {
        auto address = address_option("--home-operator", home_operator);
        if (!address) return address.status();
        config.rollup_parameters.home_operator = *address;
    }
    if (!config.rollup_parameters.are_valid()) {
        return node::invalid_option(
            "--stake", "a stake above zero, a challenge window of at most 14 days, an inclusion window of at most 7 days, a "
                       "freeze age of at least both and 7 days and at most both and 365 days");
    }
    return {};
}

std::optional<int> read_options(Config& config, int argc, char** argv) {
    node::Options options("gavel-l1", "A simulated Ethereum chain for development, with Gavel's contract; JSON-RPC over HTTP.");
    std::vector<std::string> funds, tokens;
    uint64_t base_fee = static_cast<uint64_t>(config.chain.initial_base_fee), minimum_base_fee = 0;
    options.text("--listen", config.listen, "host:port of JSON-RPC, /metrics and /healthz");
    options.list("--allow-host", config.allowed_hosts, "name of this machine by which it may be called; may be repeated");
    options.toggle("--no-dev", config.no_dev, "without the calls for development (evm_mine, anvil_setBalance, ...)");
    options.text("--data-dir", config.data_dir, "where the chain is kept; empty: in memory only");
    node::add_log_options(options, config.log);
    options.group("Chain");
    options.number("--chain-id", config.chain.chain_id, "EIP-155 chain id", 1, uint64_t{1} << 53);
    options.seconds("--block-time", config.block_time_s, "time between blocks; 0: a block at each transaction");
    options.number("--block-gas-limit", config.chain.block_gas_limit, "gas of a block", 1'000'000, 1'000'000'000);
    options.number("--base-fee", base_fee, "base fee of the genesis block, in wei");
    options.seconds("--blob-retention", config.chain.blob_retention_s, "for how long blobs can be had, by the blocks' times");
    options.number("--min-base-fee", minimum_base_fee, "the base fee never falls below, in wei");
    options.group("At the start of a new chain");
    options.list("--fund", funds, "ADDRESS=ETHER: an account that has ether; may be repeated");
    options.list("--token", tokens, "NAME:SYMBOL:DECIMALS: an ERC-20 that anybody may mint; may be repeated");
    options.group("Gavel's contract, at the start of a new chain");
    std::string stake = "32", home_operator = "none";
    RollupParameters& rollup = config.rollup_parameters;
    options.toggle("--deploy-rollup", config.rollup, "deploy the rollup contract");
    options.toggle("--print-abi", config.print_abi, "print the rollup contract's ABI as JSON, and end");
    options.seconds("--challenge-window", rollup.challenge_window, "how long a batch can be proven wrong", 1);
    options.seconds("--inclusion-window", rollup.inclusion_window, "how long the sequencer may let an L1 operation wait",
                    kMinInclusionWindow);
    options.seconds("--freeze-age", rollup.freeze_age, "age of a waiting L1 operation at which anybody may freeze");
    options.text("--stake", stake, "the sequencer's stake, in ether");
    options.text("--home-operator", home_operator, "address that may take the seat from others, with notice, or none");
    if (auto status = options.parse(argc, argv)) return status;
    config.chain.initial_base_fee = base_fee;
    config.chain.minimum_base_fee = minimum_base_fee;
    node::Status status;
    for (const std::string& text : funds) status = status.ok() ? add_funds(config, text) : status;
    for (const std::string& text : tokens) status = status.ok() ? add_token(config, text) : status;
    if (status.ok()) status = set_rollup(config, stake, home_operator);
    if (status.ok()) return std::nullopt;
    std::fprintf(stderr, "gavel-l1: %s\n", status.message.c_str());
    return 2;
}

// What stands on the chain from its start: deployed when the chain is new, found again when it is not. Printed, one line each.
node::Status set_up(SimulatedChain& chain, const Config& config, const ErrorNames& error_names) {
    for (size_t i = 0; i < config.tokens.size(); ++i) {
        const TokenAtStart& token = config.tokens[i];
        auto address = ensure_deployed(chain, setup_deployer("tokens"), i, TestToken::kName,
                                       test_token_creation(token.name, token.symbol, token.decimals), error_names);
        if (!address) return address.status();
        std::printf("token %s %s\n", token.symbol.c_str(), to_checksum(*address).c_str());
    }
    if (config.rollup) {
        auto address = ensure_deployed(chain, setup_deployer("rollup"), 0, kRollupName, rollup_creation(config.rollup_parameters),
                                       error_names);
        if (!address) return address.status();
        std::printf("rollup %s\n", to_checksum(*address).c_str());
    }
    return {};
}

void add_metrics(node::Metrics& metrics, SimulatedChain& chain) {
    auto head = metrics.gauge("gavel_l1_head_number", "Number of the newest block.");
    auto head_time = metrics.gauge("gavel_l1_head_time_seconds", "Time of the newest block.");
    auto base_fee = metrics.gauge("gavel_l1_base_fee_wei", "Base fee of the next block.");
    auto waiting = metrics.gauge("gavel_l1_mempool_transactions", "Transactions that wait for a block.");
    metrics.before_text([=, &chain]() mutable {
        BlockRef block = chain.head();
        head.set(static_cast<double>(block.number));
        head_time.set(static_cast<double>(block.time));
        base_fee.set(static_cast<double>(chain.fees().base_fee));
        waiting.set(static_cast<double>(chain.mempool_size()));
    });
}

int run(const Config& config) {
    node::StopSignals signals;
    NativeRegistry registry;
    registry.add(TestToken::kName, std::make_shared<TestToken>(), test_token_creation_code());
    registry.add(kRollupName, std::make_shared<RollupContract>(), rollup_creation_code());
    ErrorNames error_names(TestToken::error_signatures());
    for (const std::string& signature : rollup_error_signatures()) error_names.add(signature);

    const std::unique_ptr<node::Store> store = node::open_store(config.data_dir);
    node::SystemClock clock;
    ChainOptions chain_options = config.chain;
    for (const char* purpose : {"tokens", "rollup"}) {
        chain_options.genesis_balances.emplace_back(setup_deployer(purpose).address(), 1000 * kEther);
    }
    auto opened = SimulatedChain::open(*store, clock, registry, chain_options);
    if (!opened) {
        node::log_status(node::LogLevel::kError, "can't open the chain", opened.status());
        return 1;
    }
    SimulatedChain& chain = **opened;
    if (auto status = set_up(chain, config, error_names); !status.ok()) {
        node::log_status(node::LogLevel::kError, "can't set the chain up", status);
        return 1;
    }

    // A store that fails is the end: what is answered may not differ from what is kept.
    std::atomic<bool> failed = false;
    auto fail = [&](const char* what) {
        failed = true;
        node::log_error("the store failed", {{"error", what}});
        node::request_stop();
    };
    BlockTimer timer(chain, clock);
    timer.set_interval(config.block_time_s);

    node::Metrics metrics;
    add_metrics(metrics, chain);
    node::Troubles troubles(clock, &metrics);
    node::Loops loops(troubles);
    auto count = [&](const std::string& method, bool ok) {
        node::Labels labels{{"method", method}, {"ok", ok ? "true" : "false"}};
        metrics.counter("gavel_l1_requests_total", "Requests by method and outcome.", labels).add();
    };
    JsonRpcService service(chain, timer, error_names, count, !config.no_dev);
    node::raise_descriptor_limit();
    node::HttpServerOptions http;
    http.threads = kHttpThreads;
    http.max_per_peer = kHttpThreads;  // for development everybody is one peer
    http.listen = config.listen;
    http.max_body_bytes = kMaxBodyBytes;
    node::HttpServer server(http);
    server.route(node::HttpMethod::kPost, "/", [&](const node::HttpRequest& request) -> node::HttpResponse {
        if (auto refusal = refuse_browsers(request, config.allowed_hosts)) return *refusal;
        try {
            return {200, "application/json", service.handle(request.body, request.is_wanted)};
        } catch (const node::StoreError& error) {
            fail(error.what());
            return {500, "text/plain; charset=utf-8", "the store failed"};
        }
    });
    serve_beacon(server, chain, config.allowed_hosts, fail);
    node::serve_metrics(server, metrics, [&] { return node::Status{}; });
    if (auto status = server.start(); !status.ok()) {
        node::log_status(node::LogLevel::kError, "can't listen", status);
        return 1;
    }
    BlockRef head = chain.head();
    std::printf("listening on %s, port %u, chain %llu, block %llu\n", config.listen.c_str(), server.port(),
                static_cast<unsigned long long>(chain.chain_id()), static_cast<unsigned long long>(head.number));
    std::fflush(stdout);
    node::log_info("started", {{"port", server.port()}, {"chain_id", chain.chain_id()}, {"head", head.number}});
    loops.start("MINING_FAILED", [&] {
        timer.step();
        loops.rest(kMiningNap);
    });
    signals.wait();
    loops.stop();
    server.stop();
    node::log_info("stopped", {{"head", chain.head().number}});
    return failed || loops.has_failed() ? 1 : 0;
}

}  // namespace
}  // namespace gavel::l1

int main(int argc, char** argv) {
    gavel::l1::Config config;
    if (auto status = gavel::l1::read_options(config, argc, argv)) return *status;
    if (config.print_abi) {
        std::fputs(gavel::l1::rollup_abi_json().c_str(), stdout);
        return 0;
    }
    gavel::node::init_log(config.log, "gavel-l1");
    try {
        return gavel::l1::run(config);
    } catch (const std::exception& error) {
        gavel::node::log_error("ended by a failure", {{"error", error.what()}});
        return 1;
    }
}

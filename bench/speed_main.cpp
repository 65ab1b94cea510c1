// gavel-bench-speed: the load generator and the meter of scripts/bench.sh speed (bench/README.md). bench/speed.py starts the
// daemons and runs it; figures are JSON on standard output.
//
// By hand, beside a sequencer, paid by a key that has ether in the rollup:
//   gavel-bench-speed accounts --sequencer 127.0.0.1:9545 --nonces nonces --payer KEY --count 10000
//   gavel-bench-speed load --sequencer 127.0.0.1:9545 --nonces nonces --process sequencer=PID --shape name=stream,per=256
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/speed_accounts.hpp"
#include "bench/speed_cores.hpp"
#include "bench/speed_limit.hpp"
#include "bench/speed_measure.hpp"
#include "bench/speed_proof.hpp"
#include "cli/progress.hpp"
#include "node/config.hpp"
#include "node/log.hpp"
#include "proto/client_grpc.hpp"

using namespace gavel;
using namespace gavel::bench;
using nlohmann::json;

namespace {

constexpr double kCountPatienceSeconds = 1800;

struct Options {
    std::string nonces, at, payer, chain, rollup;
    uint64_t until = 0, until_final = 0;
    uint64_t seed = 1;
    uint32_t accounts = 10'000;
    double limit_seconds = 3;
    std::vector<std::string> shapes;
    MeasureOptions load;
};

template <class T>
T must(node::Result<T> result) {
    if (!result) throw std::runtime_error(node::to_string(result.status()));
    return *std::move(result);
}

proto::ClientOptions client_of(const std::string& target) {
    proto::ClientOptions out;
    out.channel.target = target;
    return out;
}

json run_limit(const Options& options) {
    const SignatureRates rates = measure_signatures(options.limit_seconds);
    return {{"cores", cores()}, {"recoveries", rates.recoveries}, {"verifications", rates.verifications}};
}

json run_accounts(const Options& options) {
    const auto payer = PrivateKey::from_hex(options.payer);
    if (!payer) throw std::runtime_error("--payer: not a private key");
    auto sequencer = must(proto::open_sequencer(client_of(options.load.sequencer)));
    Payments payments(options.nonces, must(sequencer->chain_info()).domain, options.seed);
    cli::Progress progress("accounts", options.accounts);
    const AccountsMade made =
        make_accounts(*sequencer, payments, *payer, options.accounts, [&](uint32_t count) { progress.set(count); });
    return {{"accounts", made.accounts}, {"operations", made.operations}, {"seconds", made.seconds}};
}

json run_load(Options& options) {
    for (const std::string& text : options.shapes) options.load.shapes.push_back(shape_from(text));
    auto sequencer = must(proto::open_sequencer(client_of(options.load.sequencer)));
    std::unique_ptr<api::Verifier> verifier;
    if (!options.load.verifier.empty()) verifier = must(proto::open_verifier(client_of(options.load.verifier)));
    const api::ChainInfo info = must(sequencer->chain_info());
    Payments payments(options.nonces, info.domain, options.seed + info.op_count);
    return measure(options.load, *sequencer, verifier.get(), payments);
}

// By the clock that Python calls time.monotonic().
double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// What a daemon has applied, once that is at least `until` operations, and so many are final.
json run_count(const Options& options) {
    auto daemon = must(proto::open_verifier(client_of(options.at)));
    cli::Progress progress("operations", options.until);
    const double end = now() + kCountPatienceSeconds;
    for (;;) {
        const api::ChainInfo info = must(daemon->chain_info());
        if (info.op_count >= options.until && info.final_op_count >= options.until_final)
            return {{"operations", info.op_count},
                    {"final", info.final_op_count},
                    {"accounts", info.state.account_count},
                    {"at", now()}};
        if (now() > end) throw std::runtime_error("it doesn't come so far");
        progress.set(info.op_count);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

// One payment, signed before the sequencer is there, until it has its receipt.
json run_first(const Options& options) {
    const auto chain = node::parse_number(options.chain);
    const auto rollup = address_from_string(options.rollup);
    if (!chain || !rollup) throw std::runtime_error("--chain and --rollup: a number and an address");
    Payments payments(options.nonces, {*chain, *rollup}, options.seed);
    payments.prepare(1, Payments::To::kKnown, 0);
    const double end = now() + kCountPatienceSeconds;
    while (!send_one(options.load.sequencer, payments)) {
        if (now() > end) throw std::runtime_error("no receipt");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const double at = now();
    payments.save();
    return {{"at", at}};
}

void add_world(CLI::App& command, Options& options) {
    command.add_option("--sequencer", options.load.sequencer, "host:port")->required();
    command.add_option("--nonces", options.nonces, "file in which the accounts' nonces are kept")->required();
    command.add_option("--seed", options.seed, "of what is drawn")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Load and meter of scripts/bench.sh speed; figures as JSON on standard output."};
    app.require_subcommand(1);
    Options options;
    auto& limit = *app.add_subcommand("limit", "what signatures alone allow on all cores");
    limit.add_option("--seconds", options.limit_seconds)->capture_default_str();
    auto& count = *app.add_subcommand("count", "what a daemon has applied");
    count.add_option("--at", options.at, "host:port")->required();
    count.add_option("--until", options.until, "waits for so many");
    count.add_option("--until-final", options.until_final, "waits until so many are final");
    auto& first = *app.add_subcommand("first", "sends one payment until a sequencer that is being started gives its receipt");
    add_world(first, options);
    first.add_option("--chain", options.chain)->required();
    first.add_option("--rollup", options.rollup)->required();
    auto& proof = *app.add_subcommand("proof", "time of a proof of an account, in this process");
    proof.add_option("--count", options.accounts, "accounts in the tree")->capture_default_str();
    auto& accounts = *app.add_subcommand("accounts", "makes accounts until there are so many, by payouts");
    add_world(accounts, options);
    accounts.add_option("--payer", options.payer, "private key, hex, that has ether in the rollup")->required();
    accounts.add_option("--count", options.accounts)->capture_default_str();
    auto& load = *app.add_subcommand("load", "payments in turns with the limit");
    add_world(load, options);
    load.add_option("--verifier", options.load.verifier, "host:port of one that is waited for");
    load.add_option("--shape", options.shapes,
                    "of a load, repeatable: name=TEXT,lanes=8,per=256 (payments a message),window=8 (messages under way in a "
                    "stream),rate=0 (a second, sent at their moments; 0: as fast as it goes),readers=0,watchers=0, and calls "
                    "(Submit instead of SubmitStream), new (recipients without an account), one (all to the first account), "
                    "foreign (what readers ask for)")
        ->required();
    load.add_option("--rounds", options.load.rounds)->capture_default_str();
    load.add_option("--seconds", options.load.seconds, "of each load")->capture_default_str();
    load.add_option("--limit-seconds", options.load.limit_seconds, "of the limit between loads; 0: none")->capture_default_str();
    load.add_option("--process", options.load.processes, "NAME=PID whose processor time is told, repeatable");
    CLI11_PARSE(app, argc, argv);
    node::init_log({.level = "error"}, "gavel-bench-speed");
    try {
        const json out = limit.parsed()      ? run_limit(options)
                         : count.parsed()    ? run_count(options)
                         : first.parsed()    ? run_first(options)
                         : proof.parsed()    ? json{{"us", account_proof_us(options.accounts)}}
                         : accounts.parsed() ? run_accounts(options)
                                             : run_load(options);
        fmt::print("{}\n", out.dump(1));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "gavel-bench-speed: {}\n", error.what());
        return 1;
    }
}

// gavel-bench-layers: the same payments on the simulated L1 and through the rollup (bench/README.md). bench/layers.py runs it,
// and draws.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/layers.hpp"
#include "node/file.hpp"
#include "node/log.hpp"

using namespace gavel;
using namespace gavel::bench;
using nlohmann::json;

namespace {

struct Options {
    std::string data_dir, json;
    bool short_form = false;
    double gas_gwei = 5, eth_usd = 3000;
    uint64_t batch_age_s = 10;
};

struct Row {
    Kind kind;
    DirectFigures direct;
    RollupFigures rollup;
    double target() const { return kind == Kind::kPayout ? 50 : 6.5; }
    double rate() const { return rollup.per_second() / direct.per_second(); }
    double fee() const { return direct.gas_each() / rollup.gas_each(); }
};

void print_rates(const std::vector<Row>& rows) {
    fmt::print(
        "### Payments per second: 60 million gas each 12 s\n\n"
        "| payments | on the L1 | through the rollup, by data | times | in one block, measured | by computing, this machine "
        "| by both |\n"
        "| --- | --: | --: | --: | --: | --: | --: |\n");
    for (const Row& row : rows) {
        double data = row.rollup.per_second(), computed = row.rollup.computed_per_second();
        fmt::print("| {} | {:.0f} | {:.0f} | {:.1f} | {:.0f} | {:.0f} | {:.0f} |\n", name_of(row.kind), row.direct.per_second(),
                   data, row.rate(), double(row.rollup.fullest_block) / kBlockTime, computed, std::min(data, computed));
    }
    fmt::print("\nMainnet usually carries 15 to 20 transactions of all kinds a second (an outside figure, not measured here): "
               "the rollup's rate of transfers by data is {:.0f} times 20.\n\n",
               rows[0].rollup.per_second() / 20);
}

void print_fees(const std::vector<Row>& rows, const Options& options) {
    auto usd = [&](double gas) { return gas * options.gas_gwei * 1e-9 * options.eth_usd; };
    fmt::print("### Fee of a payment, at {} gwei and {} USD\n\n| payments | gas on the L1 | USD | gas through the rollup | USD | "
               "bytes | a share of 1 / |\n| --- | --: | --: | --: | --: | --: | --: |\n",
               options.gas_gwei, options.eth_usd);
    for (const Row& row : rows) {
        double direct = row.direct.gas_each(), rollup = row.rollup.gas_each();
        fmt::print("| {} | {:.0f} | {:.4f} | {:.0f} | {:.4f} | {:.2f} | {:.1f} |\n", name_of(row.kind), direct, usd(direct),
                   rollup, usd(rollup), row.rollup.bytes_each(), row.fee());
    }
}

void print_times(const Times& times, const Options& options) {
    fmt::print("\n### How long it takes\n\n| | on the L1 | through the rollup |\n| --- | --: | --: |\n");
    fmt::print("| first confirmation | {:.1f} s (mean, in a block) | {:.2f} ms (median, on disk; worst of 300: {:.1f} ms) |\n",
               times.direct_included_s, times.confirmed_ms, times.confirmed_worst_ms);
    fmt::print("| on the L1 | {:.1f} s | {:.1f} s (mean; a batch each {} s) |\n", times.direct_included_s, times.posted_s,
               options.batch_age_s);
    fmt::print("| final | 12.8 min (two epochs; Ethereum's, not simulated) | order and data: with its L1 block; withdrawals: 7 "
               "days (the challenge window) |\n");
}

void print_congestion(const std::vector<Moment>& moments) {
    fmt::print(
        "\n### A congested L1\n\n| block | asked for, of a block | base fee, gwei | transfer on the L1, ETH | waiting there "
        "| through the rollup, ETH | confirmed, ms | oldest unposted, s |\n"
        "| --- | --: | --: | --: | --: | --: | --: | --: |\n");
    for (const Moment& now : moments) {
        if (now.block % 10 != 9) continue;
        fmt::print("| {} | {:.1f} | {:.1f} | {:.7f} | {} | {:.7f} | {:.2f} | {:.0f} |\n", now.block, now.demand,
                   now.base_fee_gwei, now.direct_fee, now.direct_waits, now.rollup_fee, now.confirmed_ms, now.posting_age_s);
    }
}

json json_of(const std::vector<Row>& rows) {
    json out = json::array();
    for (const Row& row : rows) {
        out.push_back({{"kind", name_of(row.kind)},
                       {"direct",
                        {{"payments", row.direct.payments},
                         {"blocks", row.direct.blocks},
                         {"gas", row.direct.gas},
                         {"perSecond", row.direct.per_second()},
                         {"computedPerSecond", row.direct.computed_per_second()}}},
                       {"rollup",
                        {{"payments", row.rollup.payments},
                         {"batches", row.rollup.batches},
                         {"bytes", row.rollup.bytes},
                         {"gas", row.rollup.gas},
                         {"fullestBlock", row.rollup.fullest_block},
                         {"perSecond", row.rollup.per_second()},
                         {"computedPerSecond", row.rollup.computed_per_second()}}},
                       {"timesTheRate", row.rate()},
                       {"feeShare", row.fee()},
                       {"target", row.target()}});
    }
    return out;
}

json json_of(const std::vector<Moment>& moments) {
    json out = json::array();
    for (const Moment& now : moments) {
        out.push_back({{"block", now.block},
                       {"demand", now.demand},
                       {"baseFeeGwei", now.base_fee_gwei},
                       {"directFee", now.direct_fee},
                       {"rollupFee", now.rollup_fee},
                       {"confirmedMs", now.confirmed_ms},
                       {"postingAgeS", now.posting_age_s},
                       {"directWaits", now.direct_waits}});
    }
    return out;
}

int run(const Options& options) {
    sequencer::SequencerConfig config;
    config.engine.batch_age_ms = options.batch_age_s * 1000;
    config.posting.max_in_flight = 64;
    config.signature_threads = 1;
    const size_t accounts = options.short_form ? 2'000 : 60'000, payments = options.short_form ? 4'000 : 60'000;
    fmt::print(stderr, "an L1 and a rollup with {} accounts ...\n", accounts);
    LayersWorld world(options.data_dir, 1'000, config);
    for (const Address& token : {Address{}, world.token}) fill_state(world, token, accounts);
    std::vector<Row> rows;
    for (Kind kind : kKinds) {
        fmt::print(stderr, "{} ...\n", name_of(kind));
        // A payout on the L1 is a transfer of ETH for each of its lines.
        DirectFigures direct = kind == Kind::kPayout ? rows[0].direct : measure_direct(world, kind, options.short_form ? 1 : 4);
        rows.push_back({kind, direct, measure_rollup(world, kind, payments, accounts)});
    }
    fmt::print(stderr, "times ...\n");
    Times times = measure_times(world);
    fmt::print(stderr, "a congested L1 ...\n");
    unsigned length = options.short_form ? 10 : 40;
    std::vector<Moment> moments = measure_congestion(world, length / 2, length, length);

    print_rates(rows);
    print_fees(rows, options);
    print_times(times, options);
    print_congestion(moments);
    bool kept = true;
    fmt::print("\n");
    for (const Row& row : rows) {
        bool holds = row.rate() >= row.target() && row.fee() >= row.target();
        fmt::print("{} {}: {:.1f} times the L1's rate, a fee of 1/{:.1f}; at least {} times\n",
                   holds ? "kept:  " : "BROKEN:", name_of(row.kind), row.rate(), row.fee(), row.target());
        kept &= holds;
    }
    if (!options.json.empty()) {
        json out = {{"rates", json_of(rows)},
                    {"congestion", json_of(moments)},
                    {"gasGwei", options.gas_gwei},
                    {"ethUsd", options.eth_usd},
                    {"accounts", accounts},
                    {"times",
                     {{"confirmedMs", times.confirmed_ms},
                      {"confirmedWorstMs", times.confirmed_worst_ms},
                      {"postedS", times.posted_s},
                      {"directIncludedS", times.direct_included_s}}}};
        node::Status written = node::write_file(options.json, out.dump(1) + "\n");
        if (!written.ok()) throw std::runtime_error(node::to_string(written));
    }
    return kept ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The same payments on the simulated L1 and through the rollup: rate, fee, time.\n"
                 "Exit status: 0; 1 if a target is missed; 2 if it can't be measured."};
    Options options;
    app.add_option("--data-dir", options.data_dir, "folder for the sequencer's database, of its own")->required();
    app.add_flag("--short", options.short_form, "fewer payments and blocks");
    app.add_option("--gas-price", options.gas_gwei, "gwei")->capture_default_str();
    app.add_option("--eth-price", options.eth_usd, "USD")->capture_default_str();
    app.add_option("--batch-age", options.batch_age_s, "seconds that the oldest payment waits for its batch")
        ->capture_default_str();
    app.add_option("--json", options.json, "file for the figures");
    CLI11_PARSE(app, argc, argv);
    try {
        node::LogOptions quiet;
        quiet.level = "error";
        node::init_log(quiet);
        return run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "gavel-bench-layers: {}\n", error.what());
        return 2;
    }
}

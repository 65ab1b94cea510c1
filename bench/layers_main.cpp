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

constexpr double kTransferGas = 21'000;
constexpr double kLeastBlobShare = 800;  // of an ETH transfer's fee on the L1, in a full batch

struct Options {
    std::string data_dir, json;
    bool short_form = false;
    std::vector<double> gas_gwei = {1, 5};
    double eth_usd = 3000;
    uint64_t batch_age_s = 10;
};

struct Row {
    Kind kind;
    DirectFigures direct;
    RollupFigures calldata, blobs;
    // What calldata gives at least, beside the L1.
    double target() const { return kind == Kind::kPayout ? 50 : 6.5; }
    double rate() const { return calldata.per_second_by_gas() / direct.per_second(); }
    double fee() const { return direct.gas_each() / calldata.cost.gas_each(0); }
    // What batches in blobs cost; full ones, where there are any.
    const BlobCost& in_blobs() const { return blobs.full.payments > 0 ? blobs.full : blobs.cost; }
};

void print_rates(const std::vector<Row>& rows, const l1::BlobSchedule& schedule) {
    fmt::print(
        "### Payments per second by what L1 blocks have room for\n\nBlocks of 60 million gas each 12 s; blobs: {} a block at the "
        "target, {} at most.\n\n"
        "| payments | on the L1 | calldata, whole blocks | times | payments a blob | blobs, at the target | times | at most | of "
        "the blocks' gas, at the target | in one block, measured: calldata | blobs | by computing, this machine |\n"
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
        schedule.target, schedule.max);
    for (const Row& row : rows) {
        const double at_target = row.blobs.per_second_by_blobs(schedule.target), direct = row.direct.per_second();
        const double gas_share = at_target / row.blobs.per_second_by_gas();
        fmt::print("| {} | {:.0f} | {:.0f} | {:.1f} | {:.0f} | {:.0f} | {:.1f} | {:.0f} | {:.2f}% | {:.0f} | {:.0f} | {:.0f} |\n",
                   name_of(row.kind), direct, row.calldata.per_second_by_gas(), row.rate(), row.blobs.payments_per_blob(),
                   at_target, at_target / direct, row.blobs.per_second_by_blobs(schedule.max), 100 * gas_share,
                   double(row.calldata.fullest_block) / kBlockTime, double(row.blobs.fullest_block) / kBlockTime,
                   std::max(row.calldata.computed_per_second(), row.blobs.computed_per_second()));
    }
    fmt::print("\nMainnet usually carries 15 to 20 transactions of all kinds a second (an outside figure, not measured here): "
               "transfers in blobs at the target are {:.0f} times 20.\n\n",
               rows[0].blobs.per_second_by_blobs(schedule.target) / 20);
}

void print_gas(const std::vector<Row>& rows) {
    fmt::print("### Gas of a payment\n\nIn blobs: of full batches. The reserve of a blob gas is 1/16 of the base fee (EIP-7918)."
               "\n\n| payments | on the L1 | calldata | a share of 1 / | bytes | blobs: execution | blob gas | in all, at the "
               "reserve | a share of 1 / | in all, at ten times it | a share of 1 / |\n"
               "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (const Row& row : rows) {
        const BlobCost& blobs = row.in_blobs();
        const double direct = row.direct.gas_each();
        fmt::print("| {} | {:.0f} | {:.0f} | {:.1f} | {:.2f} | {:.1f} | {:.1f} | {:.1f} | {:.0f} | {:.1f} | {:.0f} |\n",
                   name_of(row.kind), direct, row.calldata.cost.gas_each(0), row.fee(), row.calldata.bytes_each(),
                   blobs.execution_each(), double(blobs.blob_gas) / double(blobs.payments), blobs.gas_each(1),
                   direct / blobs.gas_each(1), blobs.gas_each(10), direct / blobs.gas_each(10));
    }
}

void print_fees(const std::vector<Row>& rows, const Options& options) {
    fmt::print("\n### Fee of a payment, USD, at {} USD an ETH\n\n| payments | base fee, gwei | on the L1 | calldata | blobs, at "
               "the reserve | at ten times it |\n| --- | --: | --: | --: | --: | --: |\n",
               options.eth_usd);
    for (const Row& row : rows) {
        for (double gwei : options.gas_gwei) {
            auto usd = [&](double gas) { return gas * gwei * 1e-9 * options.eth_usd; };
            fmt::print("| {} | {} | {:.4f} | {:.4f} | {:.6f} | {:.6f} |\n", name_of(row.kind), gwei, usd(row.direct.gas_each()),
                       usd(row.calldata.cost.gas_each(0)), usd(row.in_blobs().gas_each(1)), usd(row.in_blobs().gas_each(10)));
        }
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
        "\n### A congested L1\n\n| block | asked for, of a block | blobs wanted by others | base fee, gwei | blob gas, gwei | "
        "transfer on the L1, ETH | waiting there | through the rollup, ETH | confirmed, ms | oldest unposted, s |\n"
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (const Moment& now : moments) {
        if (now.block % 10 != 9) continue;
        fmt::print("| {} | {:.1f} | {} | {:.1f} | {:.3f} | {:.7f} | {} | {:.9f} | {:.2f} | {:.0f} |\n", now.block, now.demand,
                   now.blobs_wanted, now.base_fee_gwei, now.blob_fee_gwei, now.direct_fee, now.direct_waits, now.rollup_fee,
                   now.confirmed_ms, now.posting_age_s);
    }
}

json json_of(const RollupFigures& figures, const l1::BlobSchedule& schedule) {
    return {{"payments", figures.cost.payments},
            {"batches", figures.batches},
            {"bytes", figures.bytes},
            {"gas", figures.cost.gas},
            {"blobs", figures.blobs},
            {"blobGas", figures.cost.blob_gas},
            {"fullPayments", figures.full.payments},
            {"fullGas", figures.full.gas},
            {"fullBlobGas", figures.full.blob_gas},
            {"fullestBlock", figures.fullest_block},
            {"perSecondByGas", figures.per_second_by_gas()},
            {"perSecondAtTarget", figures.per_second_by_blobs(schedule.target)},
            {"perSecondAtMost", figures.per_second_by_blobs(schedule.max)},
            {"computedPerSecond", figures.computed_per_second()}};
}

json json_of(const std::vector<Row>& rows, const l1::BlobSchedule& schedule) {
    json out = json::array();
    for (const Row& row : rows) {
        out.push_back({{"kind", name_of(row.kind)},
                       {"direct",
                        {{"payments", row.direct.payments},
                         {"blocks", row.direct.blocks},
                         {"gas", row.direct.gas},
                         {"perSecond", row.direct.per_second()},
                         {"computedPerSecond", row.direct.computed_per_second()}}},
                       {"calldata", json_of(row.calldata, schedule)},
                       {"blobs", json_of(row.blobs, schedule)},
                       {"timesTheRate", row.rate()},
                       {"feeShare", row.fee()},
                       {"blobFeeShare", row.direct.gas_each() / row.in_blobs().gas_each(1)},
                       {"target", row.target()}});
    }
    return out;
}

json json_of(const std::vector<Moment>& moments) {
    json out = json::array();
    for (const Moment& now : moments) {
        out.push_back({{"block", now.block},
                       {"demand", now.demand},
                       {"blobsWanted", now.blobs_wanted},
                       {"baseFeeGwei", now.base_fee_gwei},
                       {"blobFeeGwei", now.blob_fee_gwei},
                       {"directFee", now.direct_fee},
                       {"rollupFee", now.rollup_fee},
                       {"confirmedMs", now.confirmed_ms},
                       {"postingAgeS", now.posting_age_s},
                       {"directWaits", now.direct_waits}});
    }
    return out;
}

// A rollup with accounts, on an L1 of its own.
std::unique_ptr<LayersWorld> make_world(const Options& options, sequencer::DataMode data, size_t accounts) {
    fmt::print(stderr, "an L1 and a rollup with {} accounts ...\n", 2 * accounts);
    sequencer::SequencerConfig config;
    config.engine.batch_age_ms = options.batch_age_s * 1000;
    config.fees.posting.data = data;
    config.posting.max_in_flight = 64;
    auto world = std::make_unique<LayersWorld>(
        options.data_dir + (data == sequencer::DataMode::kCalldata ? "/calldata" : "/blobs"), 1'000, config);
    for (const Address& token : {Address{}, world->token}) fill_state(*world, token, accounts);
    return world;
}

bool print_limits(const std::vector<Row>& rows) {
    bool all = true;
    auto print = [&](bool holds, const std::string& what) {
        fmt::print("{} {}\n", holds ? "kept:  " : "BROKEN:", what);
        all &= holds;
    };
    fmt::print("\n");
    for (const Row& row : rows) {
        print(row.rate() >= row.target() && row.fee() >= row.target(),
              fmt::format("{} in calldata: {:.1f} times the L1's rate, a fee of 1/{:.1f}; at least {} times", name_of(row.kind),
                          row.rate(), row.fee(), row.target()));
    }
    if (rows[0].blobs.full.payments == 0) return all;  // the short form
    const double share = kTransferGas / rows[0].in_blobs().gas_each(1);
    print(share >= kLeastBlobShare, fmt::format("{} in full batches in blobs: a fee of 1/{:.0f} of the L1's; at most 1/{:.0f}",
                                                name_of(rows[0].kind), share, kLeastBlobShare));
    return all;
}

int run(const Options& options) {
    const size_t accounts = options.short_form ? 2'000 : 60'000, payments = options.short_form ? 4'000 : 60'000;
    std::vector<Row> rows;
    {
        auto world = make_world(options, sequencer::DataMode::kCalldata, accounts);
        for (Kind kind : kKinds) {
            fmt::print(stderr, "{}, in calldata ...\n", name_of(kind));
            // A payout on the L1 is a transfer of ETH for each of its lines.
            DirectFigures direct =
                kind == Kind::kPayout ? rows[0].direct : measure_direct(*world, kind, options.short_form ? 1 : 4);
            rows.push_back({kind, direct, measure_rollup(*world, kind, payments, accounts), {}});
        }
    }
    auto world = make_world(options, sequencer::DataMode::kAuto, accounts);
    for (Row& row : rows) {
        fmt::print(stderr, "{}, in blobs ...\n", name_of(row.kind));
        row.blobs = measure_rollup(*world, row.kind, payments, accounts);
    }
    fmt::print(stderr, "times ...\n");
    Times times = measure_times(*world);
    fmt::print(stderr, "a congested L1 ...\n");
    unsigned length = options.short_form ? 10 : 40;
    std::vector<Moment> moments = measure_congestion(*world, length / 2, length, length);

    const l1::BlobSchedule& schedule = world->chain->blob_schedule();
    print_rates(rows, schedule);
    print_gas(rows);
    print_fees(rows, options);
    print_times(times, options);
    print_congestion(moments);
    const bool kept = print_limits(rows);
    if (!options.json.empty()) {
        json out = {{"rates", json_of(rows, schedule)},
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
    app.add_option("--data-dir", options.data_dir, "folder for the sequencers' databases, of its own")->required();
    app.add_flag("--short", options.short_form, "fewer payments and blocks");
    app.add_option("--gas-price", options.gas_gwei, "base fee, gwei; repeatable")->capture_default_str();
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

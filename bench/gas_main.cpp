// gavel-bench-gas: what each call of the rollup contract takes, in gas, on an Ethereum node and on the simulated chain
// (docs/contract.md, "Gas"). bench/gas.py starts the node and this.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/gas_bench.hpp"
#include "bench/gas_search.hpp"
#include "node/file.hpp"

using namespace gavel;
using namespace gavel::bench;

namespace {

struct Options {
    std::string url, prover_caller, json;
    bool short_form = false;
    unsigned search_seconds = 90;
    uint64_t seed = 1;
};

class Report {
public:
    void limit(const std::string& what, bool kept) {
        limits_.emplace_back(what, kept);
        fmt::print("{} {}\n", kept ? "kept:  " : "BROKEN:", what);
    }
    bool all_kept() const {
        return std::all_of(limits_.begin(), limits_.end(), [](const auto& one) { return one.second; });
    }
    nlohmann::json json() const {
        nlohmann::json out = nlohmann::json::array();
        for (const auto& [what, kept] : limits_) out.push_back({{"limit", what}, {"kept", kept}});
        return out;
    }

private:
    std::vector<std::pair<std::string, bool>> limits_;
};

// The simulated chain's gas may be so far from the real one's, as a share.
double nearness(const std::string& call) {
    bool near = call == "append" || call == "prove" || call == "claim" || call == "exit";
    return near ? 0.05 : 0.10;
}

// Digits in groups of three.
std::string group(uint64_t value) {
    std::string digits = std::to_string(value);
    for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
    return digits;
}

// Of the rows that bench/gas_fit.py may fit a call's formula to, every fifth is left to show how it does on others.
void hold_out(std::vector<Row>& rows) {
    std::map<std::string, size_t> places;
    for (Row& row : rows) {
        if (row.work.contains("charged") && row.shows_execution()) row.held_out = places[row.call]++ % 5 == 2;
    }
}

void print_rows(const std::vector<Row>& rows) {
    fmt::print("* held out from the fit of the simulated chain's formulas\n\n");
    fmt::print("| call | calldata | gas | at 64 a byte | simulated | off |\n| --- | --: | --: | --: | --: | --: |\n");
    for (const Row& row : rows) {
        fmt::print("| {} | {} | {} | {} | {} | {:+.1f}%{} |\n", row.name, group(row.calldata), group(row.gas),
                   group(row.gas_later), group(row.simulated), 100 * row.error(), row.held_out ? " *" : "");
    }
}

nlohmann::json json_of(const std::vector<Row>& rows) {
    nlohmann::json out = nlohmann::json::array();
    for (const Row& row : rows) {
        out.push_back({{"name", row.name},
                       {"call", row.call},
                       {"calldata", row.calldata},
                       {"transaction", row.transaction},
                       {"intrinsic", row.intrinsic},
                       {"floor", row.floor},
                       {"gas", row.gas},
                       {"gasLater", row.gas_later},
                       {"simulated", row.simulated},
                       {"work", row.work},
                       {"heldOut", row.held_out}});
    }
    return out;
}

void print_found(const char* title, const std::vector<Found>& found) {
    fmt::print("\n{}\n", title);
    for (size_t i = 0; i < std::min<size_t>(5, found.size()); ++i) {
        fmt::print("  {} gas, proof of {} bytes: {}\n", group(found[i].gas), group(found[i].bytes), found[i].mix.describe());
    }
}

// Proofs of chunks that aren't at any bound, for the fit of the simulated chain's formulas, and to see how it does on others.
void prove_sizes(GasBench& bench, bool all) {
    auto mix_of = [](auto set) {
        Mix mix;
        set(mix);
        return mix;
    };
    std::vector<std::pair<Mix, uint32_t>> mixes = {
        {mix_of([](Mix& m) { m.transfers = 10; }), 1 << 10},
        {mix_of([](Mix& m) { m.lines = 40, m.withdrawals = 5, m.fees = 1; }), 1 << 16},
    };
    if (all) {
        mixes.insert(mixes.end(),
                     {
                         {mix_of([](Mix& m) { m.transfers = 1; }), 1000},
                         {mix_of([](Mix& m) { m.transfers = 24, m.fees = 1; }), 1 << 20},
                         {mix_of([](Mix& m) { m.transfers = 47, m.fees = 1, m.accounts = 5, m.amounts = 3; }), 1 << 14},
                         {mix_of([](Mix& m) { m.payouts = 20, m.fees = 20, m.memos = true; }), 1 << 24},
                         {mix_of([](Mix& m) { m.withdrawals = 47, m.fees = 1; }), 1 << 20},
                         {mix_of([](Mix& m) { m.withdrawals = 3; }), 3'000},
                         {mix_of([](Mix& m) { m.lines = 94, m.fees = 1; }), 1 << 20},
                         {mix_of([](Mix& m) { m.new_lines = 40, m.fees = 1; }), 1 << 20},
                         {mix_of([](Mix& m) { m.newcomers = 31, m.fees = 1; }), 1 << 20},
                         {mix_of([](Mix& m) { m.newcomers = 8, m.transfers = 20, m.fees = 3; }), 1 << 28},
                         {mix_of([](Mix& m) { m.transfers = 20, m.fees = 4, m.tokens = 4; }), 1 << 22},
                         {mix_of([](Mix& m) { m.forced_transfers = 6, m.transfers = 30; }), 1 << 20},
                         {mix_of([](Mix& m) { m.forced_withdrawals = 6, m.new_deposits = 6; }), 1 << 20},
                         {mix_of([](Mix& m) { m.transfers = 15, m.lines = 30, m.withdrawals = 8, m.fees = 2; }), 1 << 30},
                     });
    }
    for (const auto& [mix, accounts] : mixes) {
        // Plain ones have values without L1 tokens.
        bool plain = mix.l1_operations() == 0;
        size_t chunks = 2 + (accounts >> 10) % 61;
        bench.prove(fmt::format("prove: {}, among {} accounts", mix.describe(), group(accounts)), mix,
                    bench.setting(accounts, plain, chunks));
    }
}

void run(const Options& options, Report& report, nlohmann::json& out) {
    TwoChains chains(options.url);
    GasBench bench(chains);
    bench.deploy(true);
    bench.run_seat();
    bench.run_queue();
    bench.run_appends(!options.short_form);
    size_t payments = bench.run_full_batch();
    Row full = bench.rows().back();
    bench.run_claims();

    Mix ordinary;
    ordinary.transfers = 47;
    ordinary.fees = 1;
    Row usual = bench.prove("prove: 47 transfers and a fee leaf among 2^20 accounts", ordinary, bench.setting(1 << 20, true, 40));
    bench.run_reward();
    prove_sizes(bench, !options.short_form);

    const uint32_t crowd = kMaxAccountCount - 100;
    Setting deep = bench.setting(crowd, false, kMaxChunks);
    Address caller = chains.deploy_there(options.prover_caller);
    Search search = options.short_form
                        ? rate_known(chains, caller, deep)
                        : search_worst(chains, caller, deep, std::chrono::seconds(options.search_seconds), options.seed);
    std::vector<Mix> worst;
    auto add = [&](const std::vector<Found>& found) {
        for (size_t i = 0; i < std::min<size_t>(options.short_form ? 1 : 5, found.size()); ++i) {
            if (std::find(worst.begin(), worst.end(), found[i].mix) == worst.end()) worst.push_back(found[i].mix);
        }
    };
    add(search.by_gas);
    add(search.by_bytes);
    std::vector<Row> proofs;
    for (const Mix& mix : worst) proofs.push_back(bench.prove("prove, worst: " + mix.describe(), mix, deep));
    if (!options.short_form) {
        for (const Mix& mix : known_mixes()) bench.prove("prove, among 2^32: " + mix.describe(), mix, deep);
    }
    bench.run_eviction();
    bench.run_end(1 << 20);
    if (!options.short_form) {
        bench.deploy(false);
        bench.run_end(kMaxAccountCount);
    }

    hold_out(bench.rows());
    print_rows(bench.rows());
    fmt::print("\n{} mixes among {} accounts tried{}\n", search.tried, group(crowd),
               options.short_form ? "" : fmt::format(" in {} s, from seed {}", options.search_seconds, options.seed));
    print_found("the dearest checks, calldata at 4 and 16 a byte counted:", search.by_gas);
    print_found("the longest proofs:", search.by_bytes);
    fmt::print("\n");

    report.limit(fmt::format("an ordinary proof: {} gas, at most 4,000,000; {} bytes of calldata, at most 100,000",
                             group(usual.gas), group(usual.calldata)),
                 usual.gas <= 4'000'000 && usual.calldata <= 100'000);
    for (const Row& row : proofs) {
        report.limit(
            fmt::format("a worst proof: {} gas, {} at 64 a byte, below {}; {} bytes with its envelope, below {}", group(row.gas),
                        group(row.gas_later), group(kMaxGas), group(row.transaction), group(kMempoolBytes)),
            row.gas < kMaxGas && row.gas_later < kMaxGas && row.transaction < kMempoolBytes);
    }
    double bytes = double(full.calldata) / double(payments), share = double(full.gas) / double(payments);
    report.limit(fmt::format("a payment's share of a full batch of {}: {:.1f} gas, at most {:.1f}: 40 for each of its {:.2f} "
                             "bytes, and 5%; {:.1f} at 64 a byte",
                             payments, share, 42 * bytes, bytes, double(full.gas_later) / double(payments)),
                 share <= 42 * bytes && full.gas < kMaxGas && full.gas_later < kMaxGas && full.transaction <= kMempoolBytes);
    uint64_t slowest = 0;
    for (const Row& row : bench.rows()) slowest = std::max(slowest, row.work.value("blocks", uint64_t{0}));
    report.limit(fmt::format("a lie is struck {} blocks after it was posted, at most 2", slowest), slowest > 0 && slowest <= 2);
    const Row* furthest = nullptr;
    for (const Row& row : bench.rows()) {
        bool further = furthest == nullptr ||
                       std::abs(row.error()) / nearness(row.call) > std::abs(furthest->error()) / nearness(furthest->call);
        if (further) furthest = &row;
    }
    report.limit(fmt::format("the simulated chain's gas is near the real one: furthest {:+.1f}% of at most {:.0f}%, {}",
                             100 * furthest->error(), 100 * nearness(furthest->call), furthest->name),
                 std::abs(furthest->error()) <= nearness(furthest->call));
    out = {{"rows", json_of(bench.rows())}, {"mixesTried", search.tried}, {"limits", report.json()}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Gas of each call of the rollup contract, on an Ethereum node and on the simulated chain.\n"
                 "Exit status: 0, 1 if a limit is broken, 2 if it can't be measured."};
    Options options;
    app.add_option("--url", options.url, "an Anvil of its own, under Ethereum's limits")->required();
    app.add_option("--prover-caller", options.prover_caller, "creation code of tests/contracts' ProverCaller")->required();
    app.add_option("--json", options.json, "file for the figures");
    app.add_flag("--short", options.short_form, "fewer sizes, and no search: the known mixes alone");
    app.add_option("--search-seconds", options.search_seconds, "how long the worst proof is searched for");
    app.add_option("--seed", options.seed, "of the search");
    CLI11_PARSE(app, argc, argv);
    try {
        Report report;
        nlohmann::json figures;
        run(options, report, figures);
        if (!options.json.empty()) {
            node::Status written = node::write_file(options.json, figures.dump(1) + "\n");
            if (!written.ok()) throw std::runtime_error(node::to_string(written));
        }
        return report.all_kept() ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "gavel-bench-gas: {}\n", error.what());
        return 2;
    }
}

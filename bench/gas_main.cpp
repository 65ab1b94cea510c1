// gavel-bench-gas: what each call of the rollup contract takes, in gas, on an Ethereum node and on the simulated chain
// (docs/contract.md, "Gas"). bench/gas.py starts the node and this.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

#include "bench/gas_report.hpp"
#include "node/file.hpp"

using namespace gavel;
using namespace gavel::bench;

namespace {

constexpr uint32_t kUsualAccounts = 1 << 20, kCrowd = kMaxAccountCount - 100;

struct Options {
    std::string url, prover_caller, json;
    bool short_form = false;
    unsigned search_seconds = 90;
    uint64_t seed = 1;
};

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

// Openings of every kind, with less or more behind them.
void prove_small_in_blobs(GasBench& bench, bool all) {
    std::vector<size_t> sizes = {12, 64};
    if (all) sizes.insert(sizes.end(), {2, 66, 128, 130, 190});
    for (size_t chunks : sizes) {
        Mix mix;
        mix.transfers = static_cast<unsigned>(1 + chunks % 11);
        Setting where = bench.setting(static_cast<uint32_t>(chunks << 10), true, chunks);
        where.source = DataSource::kBlobs;
        bench.prove(fmt::format("prove, chunk {} of {} in blobs: {}", chunks / 2, chunks, mix.describe()), mix, where);
    }
}

// The worst that a search finds among as many accounts as there can be, proven in whole; or of the known mixes, the worst two.
std::vector<Row> prove_worst(TwoChains& chains, GasBench& bench, const Options& options, const Address& caller,
                             const Setting& deep, Search& search) {
    search = options.short_form ? rate_known(chains, caller, deep)
                                : search_worst(chains, caller, deep, std::chrono::seconds(options.search_seconds), options.seed);
    std::vector<Mix> worst;
    for (const std::vector<Found>* list : {&search.by_gas, &search.by_bytes}) {
        for (size_t i = 0; i < std::min<size_t>(options.short_form ? 1 : 5, list->size()); ++i) {
            const Mix& mix = (*list)[i].mix;
            if (std::find(worst.begin(), worst.end(), mix) == worst.end()) worst.push_back(mix);
        }
    }
    std::vector<Row> out;
    for (const Mix& mix : worst) {
        out.push_back(bench.prove(fmt::format("prove, {}, worst: {}", name_of(deep.source), mix.describe()), mix, deep));
    }
    return out;
}

struct Findings {
    std::vector<Row> rows;
    Search in_calldata, in_blobs;
};

void run_calldata(TwoChains& chains, GasBench& bench, const Options& options, Report& report, Findings& found) {
    bench.run_appends(!options.short_form);
    const Row full = bench.run_full_batch();
    bench.run_claims();
    const Row usual = bench.prove("prove: 47 transfers and a fee leaf among 2^20 accounts", ordinary_mix(),
                                  bench.setting(kUsualAccounts, true, 40));
    bench.run_reward();
    prove_sizes(bench, !options.short_form);
    const Setting deep = bench.setting(kCrowd, false, kMaxChunks);
    const Address caller = chains.deploy_there(options.prover_caller);
    const std::vector<Row> worst = prove_worst(chains, bench, options, caller, deep, found.in_calldata);
    if (!options.short_form) {
        for (const Mix& mix : known_mixes()) bench.prove("prove, among 2^32: " + mix.describe(), mix, deep);
    }
    report.ordinary_proof("calldata", usual, 4'000'000, 100'000);
    for (const Row& row : worst) report.worst_proof("calldata", row);
    report.calldata_share(full);
}

void run_blobs(TwoChains& chains, GasBench& bench, const Options& options, Report& report, Findings& found) {
    const Row transfer = bench.run_transfer();
    const Row full = bench.run_blob_appends(!options.short_form);
    auto in_blobs = [&](uint32_t accounts, bool plain, size_t chunks) {
        Setting out = bench.setting(accounts, plain, chunks);
        out.source = DataSource::kBlobs;
        return out;
    };
    const Row usual = bench.prove("prove, blobs: 47 transfers and a fee leaf among 2^20 accounts", ordinary_mix(),
                                  in_blobs(kUsualAccounts, true, 96));
    const Row across = bench.prove("prove, across two blobs: 47 transfers and a fee leaf among 2^20 accounts", ordinary_mix(),
                                   in_blobs(kUsualAccounts, true, 192));
    prove_small_in_blobs(bench, !options.short_form);
    const Setting deep = in_blobs(kCrowd, false, kMaxBlobChunks);
    const Address caller = chains.deploy_there(options.prover_caller);
    const std::vector<Row> worst = prove_worst(chains, bench, options, caller, deep, found.in_blobs);
    report.ordinary_proof("blobs", usual, 4'100'000, 90'000);
    report.ordinary_proof("two blobs", across, 4'100'000, 90'000);
    for (const Row& row : worst) report.worst_proof("blobs", row);
    report.blobs_share(full, transfer);
}

Findings run(const Options& options, Report& report) {
    TwoChains chains(options.url);
    GasBench bench(chains);
    Findings out;
    bench.deploy(true);
    bench.run_seat();
    bench.run_queue();
    bench.run_channels();
    run_calldata(chains, bench, options, report, out);
    bench.run_eviction();
    bench.run_end(kUsualAccounts);
    bench.deploy(false);
    run_blobs(chains, bench, options, report, out);
    if (!options.short_form) bench.run_end(kMaxAccountCount);
    hold_out(bench.rows());
    report.strikes(bench.rows());
    report.simulated(bench.rows());
    out.rows = bench.rows();
    return out;
}

void print(const Findings& found, const Options& options) {
    fmt::print("\n");
    print_rows(found.rows);
    const std::string how = options.short_form ? "" : fmt::format(" in {} s, from seed {}", options.search_seconds, options.seed);
    print_search(fmt::format("in calldata, among {} accounts{}", group(kCrowd), how), found.in_calldata);
    print_search(fmt::format("in blobs, among {} accounts{}", group(kCrowd), how), found.in_blobs);
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
    app.add_option("--search-seconds", options.search_seconds,
                   "how long the worst proof is searched for, in calldata and in blobs");
    app.add_option("--seed", options.seed, "of the search");
    CLI11_PARSE(app, argc, argv);
    try {
        Report report;
        const Findings found = run(options, report);
        print(found, options);
        if (!options.json.empty()) {
            const nlohmann::json figures = {{"rows", json_of(found.rows)},
                                            {"mixesTried", found.in_calldata.tried},
                                            {"mixesTriedInBlobs", found.in_blobs.tried},
                                            {"limits", report.json()}};
            node::Status written = node::write_file(options.json, figures.dump(1) + "\n");
            if (!written.ok()) throw std::runtime_error(node::to_string(written));
        }
        return report.all_kept() ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "gavel-bench-gas: {}\n", error.what());
        return 2;
    }
}

// gavel-bench-replay: how fast a verifier's folder is made from the L1 alone, with and without signatures, beside what recovering
// the signatures would take all cores (bench/README.md). The L1 is in this process.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "bench/layers_world.hpp"
#include "follow/replayer.hpp"
#include "node/log.hpp"

using namespace gavel;
using namespace gavel::bench;
using Timer = std::chrono::steady_clock;

namespace {

struct Options {
    size_t payments = 60'000, accounts = 1'000;
    unsigned rounds = 3, blobs = 0, cores = std::max(1u, std::thread::hardware_concurrency());
    bool trusted_alone = false;
};

double seconds_since(Timer::time_point begin) { return std::chrono::duration<double>(Timer::now() - begin).count(); }

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

// A second, all cores together.
double recoveries(unsigned cores, double seconds) {
    std::atomic<size_t> count{0};
    std::vector<std::thread> threads;
    const auto begin = Timer::now();
    for (unsigned core = 0; core < cores; ++core) {
        threads.emplace_back([&, core] {
            const PrivateKey key = PrivateKey::derived("core " + std::to_string(core));
            const Hash digest = key.scalar();
            const Signature signature = key.sign(digest);
            for (; seconds_since(begin) < seconds; ++count)
                if (recover(digest, signature) != key.address()) std::abort();
        });
    }
    for (std::thread& thread : threads) thread.join();
    return double(count) / seconds_since(begin);
}

// Accounts that pay each other, all of it posted.
class PostedPayments {
public:
    PostedPayments(const Options& options, const std::string& folder) : options_(options), world_(folder, 2, config(options)) {
        world_.deposit({}, 1'000 * kEther);
        open_accounts();
        pay();
        while (world_.sequencer->queries().chain_info().posted_op_count < world_.sequencer->queries().ledger().op_count)
            world_.step();
        world_.clock.advance(2 * world_.parameters.challenge_window * 1'000);
        world_.step();
    }
    // Seconds until a new folder has all that there is.
    double replay(const std::string& folder, const follow::Replayer::Options& how) {
        l1::InProcessClient client(*world_.chain, l1::ErrorNames(l1::rollup_error_signatures()));
        l1::InProcessBlobs blobs(*world_.chain);
        std::filesystem::remove_all(folder);
        node::LevelDbStore store(folder);
        auto sync = follow::L1Sync::open(store, client, world_.rollup, {.blobs = &blobs});
        while (!*(*sync)->step()) {
        }
        ledger::Ledger ledger(store, (*sync)->domain());
        follow::Replayer replayer(ledger, (*sync)->view(), (*sync)->batch_source(), world_.clock, how);
        ledger::writing.assume();
        const auto begin = Timer::now();
        while (replayer.step(kChunksAStep) == follow::Replayer::Progress::kWorked) {
        }
        const double seconds = seconds_since(begin);
        if (ledger.summary().batches != batches()) throw std::runtime_error("the replay didn't come to its end");
        return seconds;
    }
    uint64_t operations() { return world_.sequencer->queries().ledger().op_count; }
    uint64_t batches() { return world_.sequencer->queries().chain_info().head_batch; }

private:
    static constexpr size_t kChunksAStep = 128, kAtOnce = 1'024;
    static sequencer::SequencerConfig config(const Options& options) {
        sequencer::SequencerConfig out;
        out.engine.batch_age_ms = 1'000;
        out.engine.max_unposted_bytes = size_t{1} << 30;
        out.fees.eth_percent = 0;
        out.posting.max_in_flight = 16;
        if (options.blobs > 0) out.fees.posting = {sequencer::DataMode::kBlobs, static_cast<uint16_t>(options.blobs)};
        return out;
    }
    static PrivateKey account(size_t number) { return PrivateKey::derived("account " + std::to_string(number)); }
    void open_accounts() {
        for (size_t made = 0, nonce = 0; made < options_.accounts; ++nonce) {
            Operation payout{OperationKind::kPayout, {}, {}, {}, 0, {}, {}};
            for (unsigned line = 0; line < 40 && made < options_.accounts; ++line, ++made)
                payout.payments.push_back({account(made).address(), Amount{1'000'000}});
            world_.submit({world_.sign(world_.bank, payout, nonce)});
        }
    }
    void pay() {
        std::vector<PrivateKey> keys;
        for (size_t i = 0; i < options_.accounts; ++i) keys.push_back(account(i));
        std::vector<sequencer::Submission> next;
        for (size_t i = 0; i < options_.payments; ++i) {
            const size_t from = i * 31 % options_.accounts, to = (i * 7'919 + 1) % options_.accounts;
            next.push_back(world_.sign(keys[from],
                                       {OperationKind::kTransfer, {}, {{keys[to].address(), Amount{1 + i % 50}}}, {}, 0, {}, {}},
                                       nonces_[from]++));
            if (next.size() < kAtOnce && i + 1 < options_.payments) continue;
            world_.submit(next);
            next.clear();
        }
    }

    const Options& options_;
    LayersWorld world_;
    std::map<size_t, uint64_t> nonces_;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"How fast the L1's batches are replayed."};
    Options options;
    app.add_option("--payments", options.payments, "that are replayed, one an operation");
    app.add_option("--accounts", options.accounts, "that pay each other");
    app.add_option("--rounds", options.rounds, "each measures everything once; medians are printed");
    app.add_option("--blobs", options.blobs, "of a batch; 0: batches are in calldata");
    app.add_option("--cores", options.cores, "threads that check signatures");
    app.add_flag("--trusted-alone", options.trusted_alone, "measures nothing but the replay without signatures");
    CLI11_PARSE(app, argc, argv);
    node::init_log({.level = "error"}, "gavel-bench-replay");
    std::string folder = (std::filesystem::temp_directory_path() / "gavel_bench_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    {
        PostedPayments posted(options, folder + "/leader");
        const double operations = double(posted.operations());
        std::vector<double> limit, one, all, trusted;
        for (unsigned round = 0; round < options.rounds; ++round) {
            auto rate = [&](const follow::Replayer::Options& how) {
                return operations / posted.replay(folder + "/verifier", how);
            };
            trusted.push_back(rate({.threads = options.cores, .batches_ahead = 4, .trust_final = true}));
            if (options.trusted_alone) continue;
            limit.push_back(recoveries(options.cores, 1));
            one.push_back(rate({}));
            all.push_back(rate({.threads = options.cores, .batches_ahead = 4}));
        }
        fmt::print("{:.0f} operations in {} batches\n\n", operations, posted.batches());
        fmt::print("| | a second | of the recoveries |\n| --- | --: | --: |\n");
        auto row = [&](const char* what, const std::vector<double>& rates) {
            fmt::print("| {} | {:.0f} | {:.2f} |\n", what, median(rates), median(rates) / median(limit));
        };
        if (!options.trusted_alone) {
            row("recoveries, all cores", limit);
            row("replay in one thread", one);
            row("replay by all cores", all);
        }
        row("replay without signatures", trusted);
    }
    std::filesystem::remove_all(folder);
    return 0;
}

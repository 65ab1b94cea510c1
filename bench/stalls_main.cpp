// gavel-bench-stalls: how long a confirmation waits at worst while batches are cut, checked again and posted, and what a standby
// answers while it replays another's chunks (bench/README.md). The L1 is in this process, and as slow as a node far away.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "bench/layers_world.hpp"
#include "node/log.hpp"

using namespace gavel;
using namespace gavel::bench;
using Timer = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

struct Options {
    size_t accounts = 100'000, standby_accounts = 1'000;
    unsigned seconds = 20, rate = 300, latency_ms = 30, chunks = 10'000;
};

// What the daemon does around a sequencer, and an L1 that makes a block each second.
class Running {
public:
    Running(LayersWorld& world, sequencer::Sequencer& sequencer, bool mines) {
        threads_.emplace_back([&] {
            while (running_)
                if (!sequencer.execute()) sequencer.wait_for_work(50);
            sequencer.leave();  // or the other loop would wait for it for ever
        });
        threads_.emplace_back([&] {
            while (running_) sequencer.make_sidecars(50);
        });
        threads_.emplace_back([&] {
            while (running_) {
                sequencer.follow();
                std::this_thread::sleep_for(milliseconds(100));
            }
        });
        if (mines)
            threads_.emplace_back([&] {
                while (running_) {
                    std::this_thread::sleep_for(milliseconds(1'000));
                    world.mine();
                }
            });
    }
    ~Running() {
        running_ = false;
        for (std::thread& thread : threads_) thread.join();
    }

private:
    std::atomic<bool> running_{true};
    std::vector<std::thread> threads_;
};

struct Waits {
    std::vector<double> ms;
    size_t confirmed = 0;
};

void print_waits(const std::string& what, Waits& waits, const std::string& beside) {
    std::sort(waits.ms.begin(), waits.ms.end());
    const size_t count = waits.ms.size();
    fmt::print("| {} | {} | {} | {:.1f} | {:.1f} | {:.1f} | {} |\n", what, count, waits.confirmed, waits.ms[count / 2],
               waits.ms[count * 99 / 100], waits.ms.back(), beside);
}

// Submits at a rate, whether or not what came before is answered; from the intended moment to the answer, until `done`.
Waits submit_at(sequencer::Sequencer& sequencer, const std::vector<sequencer::Submission>& submissions, unsigned rate,
                const std::function<bool()>& done) {
    Waits out;
    std::mutex mutex;
    size_t answered = 0, sent = 0;
    const auto begin = Timer::now();
    for (; sent < submissions.size() && !done(); ++sent) {
        const auto when = begin + std::chrono::microseconds(sent * 1'000'000 / rate);
        std::this_thread::sleep_until(when);
        sequencer.submit({submissions[sent]}, [&, when](const std::vector<sequencer::SubmitOutcome>& outcomes) {
            const std::chrono::duration<double, std::milli> taken = Timer::now() - when;
            std::lock_guard lock(mutex);
            out.ms.push_back(taken.count());
            out.confirmed += outcomes[0].status.ok();
            ++answered;
        });
    }
    for (;;) {
        std::this_thread::sleep_for(milliseconds(10));
        std::lock_guard lock(mutex);
        if (answered == sent) return out;
    }
}

class Payer {
public:
    static constexpr unsigned kLines = 40;  // of a payout to new accounts
    explicit Payer(LayersWorld& world) : world_(world) {}
    // Accounts that have something.
    void make_accounts(size_t count) {
        for (size_t made = 0; made < count;) {
            Operation payout{OperationKind::kPayout, {}, {}, {}, 0, {}};
            for (unsigned line = 0; line < kLines && made < count; ++line, ++made)
                payout.payments.push_back({PrivateKey::derived("account " + std::to_string(made)).address(), Amount{1'000}});
            payout.fee = world_.sequencer->estimate_fee({}, {OperationKind::kPayout, kLines, kLines})->suggested;
            world_.submit({world_.sign(world_.bank, payout, nonce_++)});
        }
    }
    std::vector<sequencer::Submission> payments(size_t count, size_t recipients) {
        std::vector<sequencer::Submission> out;
        const Amount fee = world_.sequencer->estimate_fee({}, {})->suggested;
        for (size_t i = 0; i < count; ++i) {
            const Address to = PrivateKey::derived("account " + std::to_string(i * 7919 % recipients)).address();
            out.push_back(world_.sign(world_.bank, {OperationKind::kTransfer, {}, {{to, Amount{1 + i}}}, fee, 0, {}}, nonce_++));
        }
        return out;
    }

private:
    LayersWorld& world_;
    uint64_t nonce_ = 0;
};

uint64_t posted(LayersWorld& world) { return world.sequencer->queries().chain_info().head_batch; }

void measure_posting(const Options& options, const std::string& folder) {
    sequencer::SequencerConfig config;
    config.engine.batch_age_ms = 1'000;  // in each block's time
    config.fees.eth_percent = 0;
    LayersWorld world(folder + "/posting", 2, config);
    world.deposit({}, 1'000'000 * kEther);
    Payer payer(world);
    payer.make_accounts(options.accounts);
    for (int i = 0;
         i < 200 && world.sequencer->queries().chain_info().posted_op_count < world.sequencer->queries().chain_info().op_count;
         ++i)
        world.step();
    const auto payments = payer.payments(size_t{options.seconds} * options.rate, options.accounts);
    const uint64_t before = posted(world);
    world.set_latency(options.latency_ms);
    Waits waits;
    {
        Running running(world, *world.sequencer, true);
        waits = submit_at(*world.sequencer, payments, options.rate, [] { return false; });
    }
    print_waits(fmt::format("posting, {} accounts", options.accounts), waits,
                fmt::format("{} batches posted", posted(world) - before));
}

void measure_standby(const Options& options, const std::string& folder) {
    sequencer::SequencerConfig config;
    config.engine.batch_age_ms = 1'000;
    config.fees.eth_percent = 0;
    config.posting.max_in_flight = 16;
    config.engine.max_unposted_bytes = size_t{1} << 30;
    LayersWorld world(folder + "/leader", 2, config);
    world.deposit({}, 1'000'000 * kEther);
    Payer payer(world);
    payer.make_accounts(options.standby_accounts);
    const query::Queries& queries = world.sequencer->queries();
    while (queries.ledger().chunks < options.chunks) world.submit(payer.payments(4'096, options.standby_accounts));
    for (int i = 0; i < 100'000 && queries.chain_info().posted_op_count < queries.ledger().op_count; ++i) world.step();
    const uint64_t chunks = queries.ledger().chunks;
    const auto payments = payer.payments(100'000, options.standby_accounts);

    auto standby = world.standby(folder + "/standby", config);
    world.set_latency(options.latency_ms);
    Waits waits;
    const auto begin = Timer::now();
    {
        Running running(world, *standby.sequencer, false);
        waits =
            submit_at(*standby.sequencer, payments, 200, [&] { return standby.sequencer->queries().ledger().chunks >= chunks; });
    }
    const std::chrono::duration<double> taken = Timer::now() - begin;
    print_waits("standby, answers while it replays", waits, fmt::format("{} chunks in {:.0f} s", chunks, taken.count()));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"What a confirmation waits for at worst."};
    Options options;
    app.add_option("--accounts", options.accounts, "in the state, while batches are posted");
    app.add_option("--seconds", options.seconds, "of payments while batches are posted");
    app.add_option("--rate", options.rate, "payments a second");
    app.add_option("--latency", options.latency_ms, "milliseconds that each question to the L1 takes");
    app.add_option("--chunks", options.chunks, "that a standby replays");
    CLI11_PARSE(app, argc, argv);
    node::init_log({.level = "error"}, "gavel-bench-stalls");
    std::string folder = (std::filesystem::temp_directory_path() / "gavel_bench_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    fmt::print("{} ms for each question to the L1, a block a second, {} payments a second, one an operation\n\n",
               options.latency_ms, options.rate);
    fmt::print("| | asked | confirmed | p50, ms | p99, ms | worst, ms | beside |\n| --- | --: | --: | --: | --: | --: | --- |\n");
    measure_posting(options, folder);
    measure_standby(options, folder);
    std::filesystem::remove_all(folder);
    return 0;
}

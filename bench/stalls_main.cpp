// gavel-bench-stalls: how long a confirmation waits at worst while batches are cut, checked again and posted, how long a full
// batch in blobs is on its way to the node, and what a standby answers while it replays another's chunks (bench/README.md). The
// L1 is in this process, and as slow as a node far away.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <ctime>
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
    unsigned seconds = 20, rate = 300, blobs_rate = 1'000, latency_ms = 30, chunks = 10'000;
    bool blobs_alone = false;
};

// Of the processor's time.
double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

enum class L1Loop { kFollows, kRests };

// What the daemon does around a sequencer, and an L1 that makes a block each second.
class Running {
public:
    Running(LayersWorld& world, sequencer::Sequencer& sequencer, bool mines, L1Loop loop = L1Loop::kFollows) {
        threads_.emplace_back([&] {
            while (running_)
                if (!sequencer.execute()) sequencer.wait_for_work(50);
            sequencer.leave();  // or the other loop would wait for it for ever
        });
        if (loop == L1Loop::kFollows) {
            threads_.emplace_back([&] {
                while (running_) sequencer.make_sidecars(50);
                sequencer.leave_sidecars();
                posting_seconds_ += thread_seconds();
            });
            threads_.emplace_back([&] {
                while (running_) {
                    sequencer.follow();
                    std::this_thread::sleep_for(milliseconds(100));
                }
                posting_seconds_ += thread_seconds();
            });
        }
        if (mines)
            threads_.emplace_back([&] {
                while (running_) {
                    std::this_thread::sleep_for(milliseconds(1'000));
                    world.mine();
                }
            });
    }
    ~Running() { stop(); }
    // Stops. Of the processor's time, what the rounds with the L1 took in all, and the sidecars.
    double stop() {
        running_ = false;
        for (std::thread& thread : std::exchange(threads_, {})) thread.join();
        return posting_seconds_;
    }

private:
    std::atomic<double> posting_seconds_{0};
    std::atomic<bool> running_{true};
    std::vector<std::thread> threads_;
};

struct Waits {
    std::vector<double> ms;
    size_t confirmed = 0;
    std::vector<Timer::time_point> sealed;  // when so many chunks more were sealed, as submit_at() was told
};

void print_waits(const std::string& what, Waits& waits, const std::string& beside) {
    std::sort(waits.ms.begin(), waits.ms.end());
    const size_t count = waits.ms.size();
    fmt::print("| {} | {} | {} | {:.1f} | {:.1f} | {:.1f} | {} |\n", what, count, waits.confirmed, waits.ms[count / 2],
               waits.ms[count * 99 / 100], waits.ms.back(), beside);
}

// Submits at a rate, whether or not what came before is answered; from the intended moment to the answer, until `done`. `chunks`:
// of how many it notes the seal.
Waits submit_at(sequencer::Sequencer& sequencer, const std::vector<sequencer::Submission>& submissions, unsigned rate,
                const std::function<bool()>& done, uint64_t chunks = ~uint64_t{0}) {
    Waits out;
    uint64_t sealed = sequencer.queries().ledger().chunks;
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
            if (sequencer.queries().ledger().chunks - sealed < chunks) return;
            sealed += chunks;
            out.sealed.push_back(Timer::now());
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

// Until nothing waits, a block at a time; what is due only after `age` is old enough each time.
void post_all(LayersWorld& world, milliseconds age = {}) {
    const query::Queries& queries = world.sequencer->queries();
    for (int i = 0; i < 200 && queries.chain_info().posted_op_count < queries.chain_info().op_count; ++i) {
        world.clock.advance(static_cast<uint64_t>(age.count()));
        world.step();
    }
}

void measure_posting(const Options& options, const std::string& folder) {
    sequencer::SequencerConfig config;
    config.engine.batch_age_ms = 1'000;  // in each block's time
    config.fees.eth_percent = 0;
    LayersWorld world(folder + "/posting", 2, config);
    world.deposit({}, 1'000'000 * kEther);
    Payer payer(world);
    payer.make_accounts(options.accounts);
    post_all(world);
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

// From a batch's last seal to the node's having taken it: each batch in its turn.
std::vector<double> handovers(const Waits& waits, const std::vector<Timer::time_point>& taken) {
    std::vector<double> out;
    for (size_t i = 0; i < std::min(taken.size(), waits.sealed.size()); ++i)
        out.push_back(std::chrono::duration<double>(taken[i] - waits.sealed[i]).count());
    return out;
}

// Full batches in blobs at a rate that fills one each few seconds, and the same payments while nothing is posted, in turns.
void measure_blobs(const Options& options, const std::string& folder) {
    constexpr uint16_t kBlobsOfBatch = 3;
    constexpr milliseconds kNever = std::chrono::hours(2);  // by the world's clock, while it measures
    sequencer::SequencerConfig config;
    config.engine.batch_age_ms = kNever.count();
    config.fees.posting = {sequencer::DataMode::kBlobs, kBlobsOfBatch};
    config.fees.eth_percent = 0;
    LayersWorld world(folder + "/blobs", 2, config);
    world.deposit({}, 1'000'000 * kEther);
    Payer payer(world);
    payer.make_accounts(options.accounts);
    for (L1Loop loop : {L1Loop::kRests, L1Loop::kFollows, L1Loop::kRests, L1Loop::kFollows}) {
        world.set_latency(0);
        post_all(world, kNever);
        const auto payments = payer.payments(size_t{options.seconds} * options.blobs_rate, options.accounts);
        const size_t before = world.blobs_taken().size();
        world.set_latency(options.latency_ms);
        Waits waits;
        double processor = 0;
        {
            Running running(world, *world.sequencer, true, loop);
            waits = submit_at(
                *world.sequencer, payments, options.blobs_rate, [] { return false; }, kBlobsOfBatch * kSlotsPerBlob);
            processor = running.stop();
        }
        if (loop == L1Loop::kRests) {
            print_waits(fmt::format("{} a second, nothing is posted", options.blobs_rate), waits, "");
            continue;
        }
        auto taken = world.blobs_taken();
        taken.erase(taken.begin(), taken.begin() + static_cast<long>(before));
        const auto seconds = handovers(waits, taken);
        print_waits(
            fmt::format("{} a second, posted in full blobs", options.blobs_rate), waits,
            fmt::format("{} batches of 96 chunks, {:.2f} s from the last seal until the node has it (median); a processor "
                        "works {:.2f} s for each",
                        seconds.size(), median(seconds), processor / double(std::max(size_t{1}, taken.size()))));
    }
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
    app.add_option("--blobs-rate", options.blobs_rate, "payments a second while full batches in blobs are posted");
    app.add_flag("--blobs-alone", options.blobs_alone, "measures nothing else");
    app.add_option("--latency", options.latency_ms, "milliseconds that each question to the L1 takes");
    app.add_option("--chunks", options.chunks, "that a standby replays");
    CLI11_PARSE(app, argc, argv);
    node::init_log({.level = "error"}, "gavel-bench-stalls");
    std::string folder = (std::filesystem::temp_directory_path() / "gavel_bench_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    fmt::print("{} ms for each question to the L1, a block a second, {} payments a second, one an operation\n\n",
               options.latency_ms, options.rate);
    fmt::print("| | asked | confirmed | p50, ms | p99, ms | worst, ms | beside |\n| --- | --: | --: | --: | --: | --: | --- |\n");
    if (!options.blobs_alone) measure_posting(options, folder);
    measure_blobs(options, folder);
    if (!options.blobs_alone) measure_standby(options, folder);
    std::filesystem::remove_all(folder);
    return 0;
}

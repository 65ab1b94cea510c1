// Vouchers made, checked and kept on disk, by one payer and one payee, beside what two signature operations alone allow.
// usage: gavel-bench-channel [FOLDER [THREADS [ROUNDS]]]: a folder on the disk to measure, 32 threads, 10 rounds
//
// Each round is a second of signing and recovering by all cores, then one of the two books: sign, synced; accept, synced; served.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "channel/book_store.hpp"
#include "channel/http_payment.hpp"
#include "channel/payee_book.hpp"
#include "channel/payer_book.hpp"
#include "protocol/keccak.hpp"

namespace {

using namespace gavel;
using namespace gavel::channel;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSpan{1000};
constexpr double kLeastShare = 0.5, kMostP99Ms = 5;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// A channel that holds enough, for ever.
class FullChannel final : public ChannelSource {
public:
    explicit FullChannel(const node::Clock& clock) : clock_(clock) {}
    node::Result<Sighting> look(const AccountKey&) override {
        const Standing full{Amount::max(), 0, false};
        return Sighting{full, full, full, clock_.now_ms() / 1000, clock_.steady_ms()};
    }

private:
    const node::Clock& clock_;
};

struct Pair {
    node::SystemClock clock;
    FullChannel source{clock};
    PrivateKey payer = PrivateKey::derived("payer"), payee = PrivateKey::derived("payee");
    Hash domain = Domain{1, payee.address()}.separator();
    ChannelTerms terms{payer.address(), payee.address(), Amount{1}, ~uint64_t{0}, 0};
    AccountKey channel = leaf_of(terms, {}, domain);
    std::unique_ptr<node::Store> payer_store, payee_store;
    std::unique_ptr<PayerBook> payers;
    std::unique_ptr<PayeeBook> payees;

    explicit Pair(const std::string& folder) {
        auto first = open_book_store(folder + "/payer"), second = open_book_store(folder + "/payee");
        require(first.status());
        require(second.status());
        payer_store = std::move(*first);
        payee_store = std::move(*second);
        PayeePolicy policy;
        policy.payee = payee.address();
        policy.unit = terms.unit;
        auto one = PayerBook::open(*payer_store, domain, payer, {}, source, clock);
        require(one.status());
        auto other = PayeeBook::open(*payee_store, domain, policy, source, clock);
        require(other.status());
        payers = std::move(*one);
        payees = std::move(*other);
        require(payers->add(terms, {}, Amount::max()).status());
    }
    static void require(const node::Status& status) {
        if (status.ok()) return;
        fmt::print(stderr, "gavel-bench-channel: {}\n", node::to_string(status));
        std::exit(2);
    }
};

// So often `work` is done in the span by so many threads, a second.
template <class Work>
double rate_of(size_t threads, const Work& work) {
    std::atomic<size_t> done{0};
    std::vector<std::thread> running;
    const auto begin = Clock::now();
    for (size_t i = 0; i < threads; ++i)
        running.emplace_back([&, i] {
            for (size_t count = 0; Clock::now() - begin < kSpan; ++count, ++done) work(i, count);
        });
    for (std::thread& thread : running) thread.join();
    return static_cast<double>(done) / seconds_since(begin);
}

double signatures_alone(const Pair& pair) {
    return rate_of(std::max(1u, std::thread::hardware_concurrency()), [&](size_t, size_t count) {
        const Hash digest = Voucher{pair.channel.owner, {}, count + 1}.digest(pair.domain);
        if (recover(digest, pair.payer.sign(digest)) != pair.terms.payer) std::abort();
    });
}

double books(Pair& pair, size_t threads, std::vector<std::vector<double>>& waits_ms) {
    return rate_of(threads, [&](size_t thread, size_t) {
        auto voucher = pair.payers->sign(pair.channel, 1);
        Pair::require(voucher.status());
        const Offer offer{pair.terms, {}, voucher->voucher.count, voucher->signature, voucher->voucher.digest(pair.domain)};
        const auto begin = Clock::now();
        auto yes = pair.payees->accept(offer, 1);
        waits_ms[thread].push_back(1e3 * seconds_since(begin));
        Pair::require(yes.status());
        Pair::require(pair.payees->served(pair.channel, offer.count, {}));
    });
}

double part(std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0
                          : sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

int measure(const std::string& folder, size_t threads, size_t rounds) {
    Pair pair(folder);
    std::vector<std::vector<double>> waits_ms(threads);
    std::vector<double> shares, alone, kept;
    for (size_t round = 0; round < rounds; ++round) {
        alone.push_back(signatures_alone(pair));
        kept.push_back(books(pair, threads, waits_ms));
        shares.push_back(kept.back() / alone.back());
    }
    std::vector<double> waits;
    for (const auto& list : waits_ms) waits.insert(waits.end(), list.begin(), list.end());
    for (auto* list : {&shares, &alone, &kept, &waits}) std::sort(list->begin(), list->end());
    const double share = part(shares, 0.5), p99 = part(waits, 0.99);
    fmt::print("one sign and one recover, {} cores   {:8.0f} a second (median of {} rounds)\n",
               std::thread::hardware_concurrency(), part(alone, 0.5), rounds);
    fmt::print("signed, checked, served, two books    {:8.0f} a second, {} threads\n", part(kept, 0.5), threads);
    fmt::print("a check with its sync                 p50 {:.2f} ms, p99 {:.2f} ms, worst {:.2f} ms of {}\n", part(waits, 0.5),
               p99, part(waits, 1), waits.size());
    const bool rate_kept = share >= kLeastShare, wait_kept = p99 <= kMostP99Ms;
    fmt::print("{} {:.2f} of what the signatures allow (rounds: {:.2f} to {:.2f}); at least {}\n",
               rate_kept ? "kept:  " : "BROKEN:", share, shares.front(), shares.back(), kLeastShare);
    fmt::print("{} p99 of a check with its sync; at most {} ms\n", wait_kept ? "kept:  " : "BROKEN:", kMostP99Ms);
    return rate_kept && wait_kept ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string base = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
    const size_t threads = argc > 2 ? std::max(1ul, std::strtoul(argv[2], nullptr, 10)) : 32;
    const size_t rounds = argc > 3 ? std::max(1ul, std::strtoul(argv[3], nullptr, 10)) : 10;
    std::string folder = base + "/gavel_bench_XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
        fmt::print(stderr, "gavel-bench-channel: no folder in {}\n", base);
        return 2;
    }
    const int status = measure(folder, std::min<size_t>(threads, 100), rounds);
    std::filesystem::remove_all(folder);
    return status;
}

// What readers cost the thread that confirms: payments confirmed a second, alone and beside history scans of a busy owner.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "ledger/open_ledger.hpp"
#include "query/queries.hpp"

namespace {

using namespace gavel;
using Clock = std::chrono::steady_clock;

constexpr size_t kHistory = 60'000;       // entries of the busy owner
constexpr size_t kPerFlush = 64;          // payments made durable together
constexpr std::chrono::seconds kSpan{4};  // for each number of readers

Address address_of(uint8_t byte) {
    Address out;
    out.bytes[19] = byte;
    return out;
}

class Payer {
public:
    explicit Payer(ledger::OpenLedger& ledger) : ledger_(ledger) {
        ledger::writing.assume();
        for (const Address& to : {busy_, other_})
            ledger_.open_l1_operation({L1OperationKind::kDeposit, busy_, to, {}, Amount{1'000'000'000}, 0});
        ledger_.flush(node::Durability::kSynced);
    }
    const Address& busy() const { return busy_; }

    void pay(size_t count) {
        ledger::writing.assume();  // one thread pays
        for (size_t i = 0; i < count; ++i) {
            Operation operation{OperationKind::kTransfer, {}, {{other_, Amount{1}}}, {}, nonce_++, {}};
            uint32_t sender = ledger_.newest_account({busy_, {}})->index;
            PostedOperation posted = ledger_.posted_form(operation, sender);
            ledger::ChunkRecord sealed;
            if (!ledger_.fits(posted, {})) ledger_.seal([](const Address&) { return std::nullopt; }, sealed);
            // Its recovery costs the same with and without readers.
            const auto checked = ledger::with_names(operation, busy_, {}, ledger_.domain_separator());
            ledger::OperationReceipt receipt;
            if (!ledger_.open_operation(posted, checked, 1, receipt).ok()) std::abort();
        }
        ledger_.flush(node::Durability::kSynced);
    }

private:
    ledger::OpenLedger& ledger_;
    Address busy_ = address_of(1), other_ = address_of(2);
    uint64_t nonce_ = 0;
};

void measure(Payer& payer, const query::Queries& queries, size_t readers) {
    std::atomic<bool> running{true};
    std::atomic<size_t> scans{0};
    std::vector<std::thread> threads;
    for (size_t i = 0; i < readers; ++i)
        threads.emplace_back([&] {
            // Of a token that he has none of: each call looks at as many entries as it may.
            for (uint64_t cursor = 0; running; ++scans) {
                auto page = queries.history(payer.busy(), address_of(9), cursor, 100);
                cursor = page ? page->next_cursor : 0;
            }
        });
    std::vector<double> waits_ms;
    size_t confirmed = 0;
    auto start = Clock::now();
    while (Clock::now() - start < kSpan) {
        auto began = Clock::now();
        payer.pay(kPerFlush);
        confirmed += kPerFlush;
        waits_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    running = false;
    for (std::thread& thread : threads) thread.join();
    std::sort(waits_ms.begin(), waits_ms.end());
    fmt::print("{:2} readers: {:7.0f} confirmed/s, flush p50 {:6.1f} ms, p99 {:6.1f} ms, {:6.0f} scans/s\n", readers,
               static_cast<double>(confirmed) / seconds, waits_ms[waits_ms.size() / 2], waits_ms[waits_ms.size() * 99 / 100],
               static_cast<double>(scans) / seconds);
}

}  // namespace

int main() {
    std::string folder = (std::filesystem::temp_directory_path() / "gavel_bench_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    {
        node::LevelDbStore store(folder + "/db");
        Domain domain{1, address_of(7)};
        follow::L1View view(store, domain.rollup, {});
        ledger::OpenLedger ledger(store, domain);
        query::Queries queries(ledger, view);
        Payer payer(ledger);
        for (size_t i = 0; i < kHistory; i += kPerFlush) payer.pay(kPerFlush);
        for (size_t readers : {0u, 1u, 4u, 16u}) measure(payer, queries, readers);
    }
    std::filesystem::remove_all(folder);
    return 0;
}

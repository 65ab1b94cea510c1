// What the ledger and its store cost a payment: processor time, bytes on the disk, the time of a restart. No signature is made or
// checked. Give the number of payments and of accounts.
#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "ledger/open_ledger.hpp"
#include "protocol/keccak.hpp"

namespace {

using namespace gavel;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kPerFlush = 64;  // payments made durable together
constexpr size_t kAhead = 64 * kPerFlush;

Address owner_of(size_t account) {
    Hash hash = keccak256(view_of(std::to_string(account)));
    return Address::from(ByteView(hash.bytes).first(Address::kSize));
}

// Of all threads of the process, the store's among them.
double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

uint64_t bytes_in(const std::string& folder) {
    uint64_t out = 0;
    for (const auto& file : fs::directory_iterator(folder)) out += file.file_size();
    return out;
}

ledger::ChunkRecord seal(ledger::OpenLedger& ledger) GAVEL_REQUIRES(ledger::writing) {
    ledger::ChunkRecord sealed;
    if (!ledger.seal([](const Address&) { return std::nullopt; }, sealed).ok()) std::abort();
    return sealed;
}

void deposit(ledger::OpenLedger& ledger, size_t accounts) GAVEL_REQUIRES(ledger::writing) {
    for (size_t i = 0; i < accounts; ++i) {
        if (!ledger.fits_l1_operation()) seal(ledger);
        const L1Operation one{L1OperationKind::kDeposit, owner_of(i), owner_of(i), {}, Amount{1'000'000'000'000}, 0};
        if (!ledger.open_l1_operation(one).ok()) std::abort();
    }
    seal(ledger);
    ledger.flush(node::Durability::kSynced);
}

class Payer {
public:
    Payer(ledger::OpenLedger& ledger, size_t accounts) : ledger_(ledger), nonces_(accounts) {
        for (size_t i = 0; i < accounts; ++i) owners_.push_back(owner_of(i));
    }
    void prepare(size_t count) {
        ready_.clear();
        for (size_t i = 0; i < count; ++i) {
            const size_t from = random_() % owners_.size(), to = random_() % owners_.size();
            Operation operation{OperationKind::kTransfer, {}, {{owners_[to], Amount{1 + random_() % 1'000'000}}}, {}, {}, {}};
            operation.nonce = nonces_[from]++;
            Signature signature;
            for (uint8_t& byte : signature.bytes) byte = static_cast<uint8_t>(random_());
            ready_.push_back(ledger::with_names(operation, owners_[from], signature, ledger_.domain_separator()));
        }
    }
    void pay() GAVEL_REQUIRES(ledger::writing) {
        size_t done = 0;
        for (const ledger::CheckedOperation& checked : ready_) {
            if (ledger_.newest_receipt(checked.hash)) std::abort();
            const uint32_t sender = ledger_.newest_account({checked.sender, {}})->index;
            const PostedOperation posted = ledger_.posted_form(checked.operation, sender);
            if (!ledger_.fits(posted, {})) seal(ledger_);
            ledger::OperationReceipt receipt;
            if (!ledger_.open_operation(posted, checked, 1'700'000'000'000 + done, receipt).ok()) std::abort();
            if (++done % kPerFlush == 0) ledger_.flush(node::Durability::kSynced);
        }
        ledger_.flush(node::Durability::kSynced);
    }

private:
    ledger::OpenLedger& ledger_;
    std::vector<Address> owners_;
    std::vector<uint64_t> nonces_;
    std::vector<ledger::CheckedOperation> ready_;
    std::mt19937_64 random_{1};
};

void run(const std::string& folder, size_t payments, size_t accounts) {
    ledger::writing.assume();
    const Domain domain{1, owner_of(accounts)};
    {
        node::LevelDbStore store(folder);
        ledger::OpenLedger ledger(store, domain);
        deposit(ledger, accounts);
        Payer payer(ledger, accounts);
        double cpu = 0, wall = 0;
        for (size_t done = 0; done < payments; done += kAhead) {
            payer.prepare(std::min(kAhead, payments - done));
            const double before = processor_seconds();
            const auto start = Clock::now();
            payer.pay();
            wall += seconds_since(start);
            cpu += processor_seconds() - before;
        }
        fmt::print("processor {:5.2f} us a payment, {:6.2f} us in all\n", cpu * 1e6 / static_cast<double>(payments),
                   wall * 1e6 / static_cast<double>(payments));
    }
    fmt::print("disk {:6.1f} bytes a payment", static_cast<double>(bytes_in(folder)) / static_cast<double>(payments));
    {
        leveldb::DB* db = nullptr;
        const std::unique_ptr<const leveldb::FilterPolicy> filter(leveldb::NewBloomFilterPolicy(10));
        leveldb::Options options;
        options.filter_policy = filter.get();
        options.compression = leveldb::kNoCompression;
        if (std::getenv("GAVEL_BENCH_SNAPPY") != nullptr) options.compression = leveldb::kSnappyCompression;
        if (!leveldb::DB::Open(options, folder, &db).ok()) std::abort();
        db->CompactRange(nullptr, nullptr);
        delete db;
    }
    fmt::print(", {:6.1f} when compacted\n", static_cast<double>(bytes_in(folder)) / static_cast<double>(payments));
    const auto start = Clock::now();
    node::LevelDbStore store(folder);
    const double opened = seconds_since(start);
    const ledger::OpenLedger ledger(store, domain);
    fmt::print("restart {:5.2f} s, {:5.2f} s of it the store\n", seconds_since(start), opened);
}

}  // namespace

int main(int argc, char** argv) {
    const size_t payments = argc > 1 ? std::stoul(argv[1]) : 1'000'000, accounts = argc > 2 ? std::stoul(argv[2]) : 10'000;
    std::string folder = (fs::temp_directory_path() / "gavel_bench_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    run(folder + "/db", payments, accounts);
    fs::remove_all(folder);
    return 0;
}

// gavel-bench-snapshot: a snapshot made from a ledger on disk, sent over the loopback, checked, and a ledger begun with it that
// is ready for the next batch: the time of each, and of all together. usage: gavel-bench-snapshot [ACCOUNTS [WITHDRAWALS]]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <vector>

#include "follow/snapshot_maker.hpp"
#include "follow/snapshot_taker.hpp"
#include "ledger/ledger_start.hpp"
#include "protocol/check.hpp"

namespace {

using namespace gavel;
using namespace gavel::follow;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kWindow = 1'000, kTime = 1'000'000;  // seconds

Address random_address(std::mt19937_64& random) {
    Address out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random());
    return out;
}

// Accounts in the order in which they were made, linked in the order of their keys.
Bytes some_leaves(uint32_t count, std::mt19937_64& random) {
    std::vector<Account> accounts(count);
    std::vector<uint32_t> by_key;
    for (uint32_t i = 0; i < count; ++i) {
        if (i > 0) accounts[i].key.owner = random_address(random);
        accounts[i].balance = Amount{random()};
        by_key.push_back(i);
    }
    std::sort(by_key.begin(), by_key.end(), [&](uint32_t a, uint32_t b) { return accounts[a].key < accounts[b].key; });
    for (size_t i = 0; i + 1 < by_key.size(); ++i) accounts[by_key[i]].next = accounts[by_key[i + 1]].key;
    Bytes out;
    for (const Account& account : accounts) append(out, account.encode());
    return out;
}

Bytes some_withdrawals(uint32_t count, std::mt19937_64& random) {
    Bytes out;
    for (uint32_t i = 0; i < count; ++i) append(out, Withdrawal{random_address(random), {}, Amount{random()}}.encode());
    return out;
}

// The root of pieces' roots.
Hash root_of(SnapshotPart part, ByteView records) {
    std::vector<Hash> roots;
    const size_t whole = records_a_piece(part) * record_bytes(part);
    for (; !records.empty(); records = records.subspan(std::min(whole, records.size())))
        roots.push_back(root_of_piece(part, records.first(std::min(whole, records.size()))));
    return subtree_root(roots, part == SnapshotPart::kLeaves ? 13 : 14, kTreeDepth);
}

// An L1 on which that batch stands, and is final.
void tell(L1View& view, const BatchHeader& header) {
    l1::BlockRef posted{10, Hash{}, Hash{}, kTime}, now{11, Hash{}, Hash{}, kTime + 2 * kWindow};
    posted.hash.bytes[0] = 1;
    now.hash.bytes[0] = 2;
    now.parent_hash = posted.hash;
    GAVEL_CHECK(view.add_block({posted, {{l1::BatchAppended{header.number, header.hash(), 1}, Hash{}}}}));
    GAVEL_CHECK(view.add_block({now, {}}));
}

// By the clock, and of the processors, all threads together.
struct Times {
    double wall = 0, processor = 0;

    static Times now() {
        return {std::chrono::duration<double>(Clock::now().time_since_epoch()).count(),
                static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
    }
};

class Watch {
public:
    void lap(const char* what) {
        const Times now = Times::now();
        tell(what, {now.wall - since_.wall, now.processor - since_.processor});
        all_.wall += now.wall - since_.wall;
        all_.processor += now.processor - since_.processor;
        since_ = Times::now();
    }
    void restart() { since_ = Times::now(); }
    void end() const { tell("together", all_); }

private:
    static void tell(const char* what, const Times& times) {
        fmt::print("{:28} {:7.2f} s, {:7.2f} s of the processors\n", what, times.wall, times.processor);
    }
    Times since_ = Times::now(), all_;
};

void run(const std::string& folder, uint32_t accounts, uint32_t withdrawal_count) {
    ledger::writing.assume();
    std::mt19937_64 random(1);
    Watch watch;
    const Domain domain{1, random_address(random)};
    l1::RollupParameters parameters;
    parameters.challenge_window = kWindow;
    BatchHeader header;
    node::LevelDbStore store(folder + "/one"), other(folder + "/two");
    {
        const Bytes leaves = some_leaves(accounts, random), withdrawals = some_withdrawals(withdrawal_count, random);
        header.number = 1;
        header.chunk_count = 1;
        header.last = {root_of(SnapshotPart::kLeaves, leaves),
                       root_of(SnapshotPart::kWithdrawals, withdrawals),
                       accounts,
                       withdrawal_count,
                       0,
                       0};
        ledger::LedgerStart start(store, domain, {header, {}});
        start.add_leaves(leaves);
        start.add_withdrawals(withdrawals);
        start.finish();
    }
    ledger::Ledger ledger(store, domain);
    L1View view(store, domain.rollup, parameters), other_view(other, domain.rollup, parameters);
    tell(view, header);
    tell(other_view, header);
    fmt::print("{} accounts, {} withdrawals: {:.1f} MB\n", accounts, withdrawal_count,
               static_cast<double>(SnapshotLayout(header.last).file_bytes()) / 1e6);

    node::SystemClock clock;
    node::Troubles troubles(clock);
    auto shelf = *SnapshotShelf::open(folder + "/shelf", domain);
    SnapshotMaker maker(*shelf, 1, clock, troubles);
    watch.restart();
    maker.look(ledger, view);
    GAVEL_CHECK(maker.step() && shelf->newest());
    watch.lap("made");

    node::HttpServer server{node::HttpServerOptions{}};
    serve_snapshots(server, *shelf);
    GAVEL_CHECK(server.start().ok());
    std::vector<std::unique_ptr<SnapshotSource>> sources;
    sources.push_back(*open_snapshot_source("http://127.0.0.1:" + std::to_string(server.port())));
    SnapshotTaker taker(std::move(sources), folder + "/taking.part", [&](const SnapshotHead& head) -> node::Status {
        const bool stands = head.domain == domain && other_view.is_final(head.batch()) &&
                            other_view.batch(head.batch())->hash == head.header.hash();
        return stands ? node::Status{} : node::Status{node::Code::kInternal, "SNAPSHOT_HEADER_FALSE", "", ""};
    });
    watch.restart();
    auto taken = taker.take();
    GAVEL_CHECK(taken.ok());
    watch.lap("sent and checked");
    GAVEL_CHECK(begin_ledger(other, other_view, *taken).ok());
    watch.lap("written into a database");
    ledger::Ledger begun(other, domain);
    GAVEL_CHECK(begun.sealed_fields() == header.last);
    watch.lap("opened, ready");
    watch.end();
}

}  // namespace

int main(int argc, char** argv) {
    const auto number = [&](int at, unsigned long otherwise) {
        return static_cast<uint32_t>(argc > at ? std::strtoul(argv[at], nullptr, 10) : otherwise);
    };
    std::string folder = (std::filesystem::temp_directory_path() / "gavel_bench_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    run(folder, std::max(1u, number(1, 1'000'000)), number(2, 100'000));
    std::filesystem::remove_all(folder);
    return 0;
}

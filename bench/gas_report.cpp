#include "bench/gas_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "l1-bridge/wire/blob_gas.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kBlobAppendGas = 80'000;  // of an append of 96 chunks in steady state
constexpr double kBlobShare = 25;            // of a payment, in gas
constexpr double kTransferShare = 800;       // so many payments cost what a transfer of ETH does

// The simulated chain's gas may be so far from the real one's, as a share.
double nearness(const std::string& call) {
    static const std::vector<std::string> near = {"append", "appendBlobs", "prove", "claim", "exit"};
    return std::find(near.begin(), near.end(), call) != near.end() ? 0.05 : 0.10;
}

double as_number(u128 value) { return static_cast<double>(value); }

std::string of_schedules(const GasBySchedule& gas) {
    return fmt::format("{} gas, {} at 64 a byte, {} under Glamsterdam", group(gas.today), group(gas.eip7976),
                       group(gas.glamsterdam));
}

}  // namespace

std::string group(uint64_t value) {
    std::string digits = std::to_string(value);
    for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
    return digits;
}

void Report::limit(const std::string& what, bool kept) {
    limits_.emplace_back(what, kept);
    fmt::print("{} {}\n", kept ? "kept:  " : "BROKEN:", what);
}

void Report::ordinary_proof(const std::string& where, const Row& row, uint64_t most_gas, uint64_t most_bytes) {
    limit(fmt::format("an ordinary proof, {}: {} gas, at most {}; {} bytes of calldata, at most {}", where, group(row.gas.today),
                      group(most_gas), group(row.calldata), group(most_bytes)),
          row.gas.today <= most_gas && row.calldata <= most_bytes);
}

void Report::worst_proof(const std::string& where, const Row& row) {
    limit(fmt::format("a worst proof, {}: {}, below {}; {} bytes with its envelope, below {}", where, of_schedules(row.gas),
                      group(kMaxGas), group(row.transaction), group(kMempoolBytes)),
          row.gas.most() < kMaxGas && row.transaction < kMempoolBytes);
}

void Report::calldata_share(const Row& full) {
    const double payments = full.work.at("payments"), bytes = double(full.calldata) / payments;
    const double share = double(full.gas.today) / payments;
    limit(fmt::format(
              "a payment's share of a full batch of {} in calldata: {:.1f} gas, at most {:.1f}: 40 for each of its {:.2f} "
              "bytes, and 5%; {:.1f} at 64 a byte, {:.1f} under Glamsterdam",
              payments, share, 42 * bytes, bytes, double(full.gas.eip7976) / payments, double(full.gas.glamsterdam) / payments),
          share <= 42 * bytes && full.gas.most() < kMaxGas && full.transaction <= kMempoolBytes);
}

void Report::blobs_share(const Row& full, const Row& transfer) {
    const std::string what =
        fmt::format("an append of {} full chunks in blobs, steady state", full.work.at("chunks").get<size_t>());
    limit(fmt::format("{}: {}; today at most {}", what, of_schedules(full.gas), group(kBlobAppendGas)),
          full.gas.today <= kBlobAppendGas);
    const double payments = full.work.at("payments");
    for (const auto& [where, fee, transfer_fee] :
         {std::tuple{"Anvil", full.fee, transfer.fee}, {"the simulated chain", full.fee_simulated, transfer.fee_simulated}}) {
        const double share = as_number(fee) / as_number(TwoChains::kBaseFee) / payments;
        const double times = as_number(transfer_fee) / (as_number(fee) / payments);
        limit(fmt::format(
                  "a payment's share of that, as {} charged it, blobs at their reserve: {:.2f} gas, at most {:.0f}; 1/{:.0f} of "
                  "a transfer of ETH, at most 1/{:.0f}",
                  where, share, kBlobShare, times, kTransferShare),
              share <= kBlobShare && times >= kTransferShare);
    }
}

void Report::strikes(const std::vector<Row>& rows) {
    uint64_t slowest = 0;
    for (const Row& row : rows) slowest = std::max(slowest, row.work.value("blocks", uint64_t{0}));
    limit(fmt::format("a lie is struck {} blocks after it was posted, at most 2", slowest), slowest > 0 && slowest <= 2);
}

void Report::simulated(const std::vector<Row>& rows) {
    auto off = [](const Row& row) { return std::abs(row.error()) / nearness(row.call); };
    const Row& furthest =
        *std::max_element(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return off(a) < off(b); });
    limit(fmt::format("the simulated chain's gas is near the real one: furthest {:+.1f}% of at most {:.0f}%, {}",
                      100 * furthest.error(), 100 * nearness(furthest.call), furthest.name),
          off(furthest) <= 1);
}

bool Report::all_kept() const {
    return std::all_of(limits_.begin(), limits_.end(), [](const auto& one) { return one.second; });
}

nlohmann::json Report::json() const {
    nlohmann::json out = nlohmann::json::array();
    for (const auto& [what, kept] : limits_) out.push_back({{"limit", what}, {"kept", kept}});
    return out;
}

void hold_out(std::vector<Row>& rows) {
    std::map<std::string, size_t> places;
    for (Row& row : rows) {
        if (row.work.contains("charged") && row.shows_execution()) row.held_out = places[row.call]++ % 5 == 2;
    }
}

void print_rows(const std::vector<Row>& rows) {
    fmt::print("* held out from the fit of the simulated chain's formulas\n\n");
    fmt::print("| call | calldata | gas | at 64 a byte | Glamsterdam | simulated | off |\n");
    fmt::print("| --- | --: | --: | --: | --: | --: | --: |\n");
    for (const Row& row : rows) {
        fmt::print("| {} | {} | {} | {} | {} | {} | {:+.1f}%{} |\n", row.name, group(row.calldata), group(row.gas.today),
                   group(row.gas.eip7976), group(row.gas.glamsterdam), group(row.simulated), 100 * row.error(),
                   row.held_out ? " *" : "");
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
                       {"gas", row.gas.today},
                       {"gasAt64", row.gas.eip7976},
                       {"gasGlamsterdam", row.gas.glamsterdam},
                       {"simulated", row.simulated},
                       {"work", row.work},
                       {"heldOut", row.held_out}});
    }
    return out;
}

void print_search(const std::string& where, const Search& search) {
    fmt::print("\n{} mixes tried, {}\n", search.tried, where);
    auto print = [](const char* title, const std::vector<Found>& found) {
        fmt::print("{}\n", title);
        for (size_t i = 0; i < std::min<size_t>(5, found.size()); ++i) {
            fmt::print("  {} gas, proof of {} bytes: {}\n", group(found[i].gas), group(found[i].bytes), found[i].mix.describe());
        }
    };
    print("the dearest checks, calldata at 4 and 16 a byte counted:", search.by_gas);
    print("the longest proofs:", search.by_bytes);
}

}  // namespace gavel::bench

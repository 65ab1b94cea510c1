// What gavel-bench-gas prints: the table, and whether each limit of docs/contract.md, "Gas", is kept.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/gas_search.hpp"

namespace gavel::bench {

class Report {
public:
    void limit(const std::string& what, bool kept);
    // Of a proof of a chunk of payments among a million accounts.
    void ordinary_proof(const std::string& where, const Row& row, uint64_t most_gas, uint64_t most_bytes);
    // Of the dearest one found among 2^32.
    void worst_proof(const std::string& where, const Row& row);
    // Of a full batch in calldata, in blobs.
    void calldata_share(const Row& full);
    void blobs_share(const Row& full, const Row& transfer);
    void strikes(const std::vector<Row>& rows);
    void simulated(const std::vector<Row>& rows);

    bool all_kept() const;
    nlohmann::json json() const;

private:
    std::vector<std::pair<std::string, bool>> limits_;
};

// Digits in groups of three.
std::string group(uint64_t value);
// Marks every fifth of the rows that bench/gas_fit.py may fit a call's formula to: they show how it does on others.
void hold_out(std::vector<Row>& rows);
void print_rows(const std::vector<Row>& rows);
void print_search(const std::string& where, const Search& search);
nlohmann::json json_of(const std::vector<Row>& rows);

}  // namespace gavel::bench

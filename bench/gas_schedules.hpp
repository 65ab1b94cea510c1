// What a transaction takes under the schedules that are to come, by formula from what it took and did on an Ethereum node of
// today:
//
// - EIP-7976: each byte of calldata has a floor of 64 gas;
// - Glamsterdam (EIP-7773, as of August 2026): that, and EIP-2780, EIP-8037, EIP-8038. Creating state is 1,530 gas a byte,
//   writing to what is there dearer, a transaction without value cheaper.
//
// A figure of Glamsterdam's is never too small, and at most some hundred gas too large: a slot that is written counts as read
// before (100 gas), and an account that is called as asked for the size of its code (100); that clearing a slot will give back
// more isn't counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "l1-bridge/wire/transaction.hpp"

namespace gavel::bench {

struct GasBySchedule {
    uint64_t today = 0;
    uint64_t eip7976 = 0;
    uint64_t glamsterdam = 0;  // state gas included, which has no cap but the transaction's own limit

    uint64_t most() const { return std::max({today, eip7976, glamsterdam}); }
};

// What a transaction did that Glamsterdam prices anew.
struct Repriced {
    uint64_t new_slots = 0;      // zero before, not zero after
    uint64_t changed_slots = 0;  // not zero before, another word after
    uint64_t calls = 0;          // from contracts, precompiles not counted
    uint64_t cold_accounts = 0;  // that these were to
    uint64_t value_calls = 0;
    uint64_t creations = 0;     // of contracts, the transaction's own not counted
    uint64_t code_bytes = 0;    // of contracts that it created, its own counted
    uint64_t code_words = 0;    // of the same, each contract's rounded up
    uint64_t new_accounts = 0;  // paid by a contract, and not there before

    // From what a node's callTracer and its prestateTracer in diff mode say of the transaction.
    static Repriced read(const nlohmann::json& call, const nlohmann::json& diff);
};

// Of a transaction that took `gas` on a node of today, whose floor (EIP-7623) is `floor`.
GasBySchedule gas_by_schedule(const l1::Transaction& body, uint64_t gas, const Repriced& did);
// The least that a transaction with so many bytes of calldata takes when each has a floor of 64, beside `base`.
constexpr uint64_t floor_of_7976(uint64_t calldata, uint64_t base = 21'000) { return base + 64 * calldata; }

}  // namespace gavel::bench

// Ethereum's gas schedule, as far as native contracts and EIP-1559 transactions meet it.
#pragma once

#include <cstdint>

#include "l1-bridge/wire/transaction.hpp"

namespace gavel::l1::gas {

constexpr uint64_t kTransaction = 21'000;
constexpr uint64_t kCreate = 32'000;
constexpr uint64_t kCodeByte = 200;
constexpr uint64_t kInitCodeWord = 2;           // EIP-3860
constexpr uint64_t kAccessListAddress = 2'400;  // EIP-2930
constexpr uint64_t kAccessListSlot = 1'900;

// Calldata in tokens: one for a zero byte, four for another (EIP-7623).
constexpr uint64_t kToken = 4;
constexpr uint64_t kFloorToken = 10;

// EIP-2929
constexpr uint64_t kColdAccount = 2'600;
constexpr uint64_t kColdSlot = 2'100;
constexpr uint64_t kWarm = 100;

// SSTORE: EIP-2200 as changed by 2929 and 3529
constexpr uint64_t kSlotSet = 20'000;
constexpr uint64_t kSlotReset = 5'000 - kColdSlot;
constexpr uint64_t kSlotClearRefund = 4'800;
constexpr uint64_t kStoreSentry = 2'300;  // with this or less left SSTORE fails
constexpr uint64_t kMaxRefundQuotient = 5;

constexpr uint64_t kBlobHash = 3;     // EIP-4844
constexpr uint64_t kTransient = 100;  // EIP-1153: TLOAD, TSTORE

constexpr uint64_t kCallValue = 9'000;
constexpr uint64_t kCallStipend = 2'300;
constexpr uint64_t kNewAccount = 25'000;

constexpr uint64_t kLog = 375;
constexpr uint64_t kLogTopic = 375;
constexpr uint64_t kLogByte = 8;

constexpr uint64_t kKeccak = 30;
constexpr uint64_t kKeccakWord = 6;
constexpr uint64_t kEcrecover = 3'000;
// What a native contract's call costs beside what it does: about a Solidity contract's dispatch and argument decoding.
constexpr uint64_t kNativeCall = 700;

constexpr uint64_t kMaxTransactionGas = uint64_t{1} << 24;  // EIP-7825
constexpr size_t kMaxTransactionBytes = 128 * 1024;         // what mempools take
constexpr size_t kMaxBlobTransactionBytes = 1024 * 1024;    // and with a sidecar
constexpr size_t kMaxInitCode = 49'152;                     // EIP-3860

// Charged before execution starts: base, calldata, creation, access list.
uint64_t intrinsic(const Transaction& transaction);
// The least that the transaction pays, and the least that its gas limit may be (EIP-7623).
uint64_t floor(const Transaction& transaction);
// The least valid gas limit: both of the above.
uint64_t minimum_limit(const Transaction& transaction);

// keccak256 of `bytes` bytes.
constexpr uint64_t keccak(uint64_t bytes) { return kKeccak + kKeccakWord * ((bytes + 31) / 32); }

// Base fee of the block after one with these figures (EIP-1559; elasticity 2, at most an eighth up or down).
u128 next_base_fee(u128 base_fee, uint64_t gas_used, uint64_t gas_limit);

}  // namespace gavel::l1::gas

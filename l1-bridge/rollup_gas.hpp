// What the rollup contract's computing costs in the EVM, beside what the host charges by itself (storage, logs, calls, hashes
// through the host). Estimates of what solc's optimised code spends, to be fitted against a real node:
//
//     append = kAppend + sum over chunks (kChunk + kHashedWord x (words(ops) + words(sigs))) + kTreeNode x 2 (2^d - 1)
//     prove  = kProve + kProofWord x words(proof) + kAccess x accesses + kSignature x operations + kCopiedWord x words(ops)
//     claim, exit = kClaim + kTreeNode x 32
//     refund = kRefund
//
// A contract in Solidity reads its parameters from its code; this one from storage, which the constants leave out of the sums
// where the host has charged it: kAppend reads none, kProve and kClaim are so much lower.
#pragma once

#include <bit>
#include <cstdint>

#include "protocol/batch.hpp"
#include "protocol/merkle.hpp"

namespace gavel::l1::rollup_gas {

constexpr uint64_t kAppend = 3'000;      // fixed fields, three hashes of them, checks
constexpr uint64_t kChunk = 600;         // the loop, four hashes, the calldata's offsets
constexpr uint64_t kCopiedWord = 3;      // CALLDATACOPY
constexpr uint64_t kHashedWord = 9;      // CALLDATACOPY and KECCAK256
constexpr uint64_t kTreeNode = 130;      // two MSTOREs, KECCAK256, the loop
constexpr uint64_t kProve = 6'000;       // header, commitment, domain, paths of the chunk
constexpr uint64_t kProofWord = 260;     // a word is mostly a sibling, which folds twice: the old root, the new root
constexpr uint64_t kAccess = 2'500;      // a leaf decoded, hashed, changed, hashed again
constexpr uint64_t kSignature = 9'000;   // an operation decoded, its digest, ecrecover with 3,000
constexpr uint64_t kClaim = 1'500;
constexpr uint64_t kRefund = 600;        // an entry copied, hashed and taken apart

constexpr uint64_t words(uint64_t bytes) { return (bytes + 31) / 32; }

inline uint64_t of_append(const Batch& batch) {
    uint64_t gas = kAppend;
    for (const BatchChunk& chunk : batch.chunks) {
        gas += kChunk + kHashedWord * (words(chunk.ops.size()) + words(chunk.sigs.size()));
    }
    return gas + kTreeNode * 2 * ((uint64_t{1} << small_tree_depth(batch.chunks.size())) - 1);
}

constexpr uint64_t of_proof(uint64_t proof_bytes, uint64_t ops_bytes, uint64_t operations, uint64_t accesses) {
    return kProve + kProofWord * words(proof_bytes) + kAccess * accesses + kSignature * operations +
           kCopiedWord * words(ops_bytes);
}

constexpr uint64_t kClaimTotal = kClaim + kTreeNode * kTreeDepth;
constexpr uint64_t kExitTotal = kClaimTotal;

}  // namespace gavel::l1::rollup_gas

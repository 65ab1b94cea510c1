// What the rollup contract's computing costs in the EVM, beside what the host charges by itself (storage, logs, calls, hashes
// through the host): formulas fitted to what Solidity's contract takes on a real node (docs/contract.md, "Gas";
// bench/gas_fit.py tells what to put here after a change of the contract).
#pragma once

#include <cstdint>

#include "protocol/batch.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::l1::rollup_gas {

// ---- append = kAppend + kChunk x chunks + kTreeNode x 2 (2^d - 1) + kHashedWord x words of all ops and sigs ----
constexpr uint64_t kAppend = 2'811;  // fixed fields, the header's hash, checks
constexpr uint64_t kChunk = 1'500;   // the loop, four hashes, bounds of calldata
constexpr uint64_t kTreeNode = 430;  // the two trees have 2^d - 1 inner nodes each
constexpr uint64_t kHashedWord = 9;  // CALLDATACOPY and KECCAK256
uint64_t of_append(const Batch& batch);
constexpr uint64_t kAppendBlobs = 2'694;  // fixed fields, the header's hash, checks
constexpr uint64_t kBlob = 342;           // a versioned hash asked for and hashed
uint64_t of_append_blobs(size_t blobs);

// ---- prove: the sum over what its chunk holds, each times the constant of the same name ----
struct ProofWork {
    uint64_t proof_words = 0;  // copied for the prover: twice 3, and memory's w^2 / 512
    uint64_t classes = 0;      // of fees: each begins lists of its own, one of 39 exponents
    uint64_t list_steps = 0;   // each account and amount is looked for among those before it: n^2 / 2 for n of them
    uint64_t accesses = 0;     // each two folds of 32 heights; a sibling that is left out is folded, too
    uint64_t operations = 0;   // that were carried out: decoding, digest, ecrecover
    uint64_t lines = 0;        // of those
    uint64_t l1_operations = 0;
    uint64_t openings = 0;     // of blobs: one, if the batch is in blobs
    uint64_t evaluations = 0;  // by the precompile: two within one blob, three across two
};
// `proof` has been checked, with that verdict.
ProofWork work_of(ByteView proof, const ProofVerdict& verdict);
constexpr uint64_t kProve = 44'523;  // header, paths of the chunk, frontier, commitment
constexpr uint64_t kClass = 9'078;
constexpr uint64_t kListStep = 64;
constexpr uint64_t kAccess = 14'003;
constexpr uint64_t kOperation = 9'004;
constexpr uint64_t kLine = 3'653;
constexpr uint64_t kL1Operation = 2'496;
constexpr uint64_t kOpening = 32'000;     // the runs hashed, folded and read; a third less if the slot's lengths are wrong
constexpr uint64_t kEvaluation = 50'620;  // EIP-4844: 50,000 of it
uint64_t of_proof(const ProofWork& work);

// ---- claim, exit: a path of 32 heights; a sibling that is carried costs a little more than one that isn't. refund ----
constexpr uint64_t kClaim = 11'518;
constexpr uint64_t kClaimSibling = 158;
constexpr uint64_t kExit = 10'749;
constexpr uint64_t kExitSibling = 174;
constexpr uint64_t of_claim(uint64_t siblings) { return kClaim + kClaimSibling * siblings; }
constexpr uint64_t of_exit(uint64_t siblings) { return kExit + kExitSibling * siblings; }
constexpr uint64_t kRefund = 600;  // an entry copied, hashed and taken apart

// ---- A channel's calls: what they have to read beside the above ----
constexpr uint64_t kTerms = 3'550;    // read, hashed with the domain to the channel's address
constexpr uint64_t kVoucher = 4'750;  // hashed with the domain, ecrecover

}  // namespace gavel::l1::rollup_gas

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Why a fraud proof proves nothing: docs/protocol.md, "Fraud proofs". Truncated and TrailingBytes are a batch's errors
/// too.
interface ProofErrors {
    error Truncated();
    error ChunkIndex();
    error OpsPath();
    error SigsPath();
    error DataRoot();
    error Element();
    error Opening();
    error BeforeState();
    error Frontier();
    error L1Operations();
    error HintRange();
    error LeafPath();
    error Lookup();
    error TrailingBytes();
    error ClaimIsTrue();
}

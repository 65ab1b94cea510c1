// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// A chunk as decoded: docs/protocol.md, "Chunk codec".

enum OperationKind {
    Transfer,
    Withdrawal,
    Payout
}

struct Operation {
    OperationKind kind;
    uint256 sender; // an index
    uint256 fee;
    bytes32 memo;
    uint256 firstLine; // its lines among the chunk's
    uint256 lineCount; // one, but for a payout
    uint256 feeClass; // the decoder's
}

struct Line {
    bool byAddress;
    uint256 to; // an address, or the index of a leaf
    uint256 amount;
}

struct Chunk {
    uint256 l1;
    Operation[] operations;
    Line[] lines;
    uint256[] feeLeaves; // indexes
    uint256 weight;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// A chunk as decoded: docs/protocol.md, "Chunk codec".

/// A channel's kinds come last: a fund, then the redeems in the order of their words.
enum OperationKind {
    Transfer,
    Withdrawal,
    Payout,
    Fund,
    Take, // a redeem
    TakeAndClose, // another
    Close // another, without a voucher
}

function isOfChannel(OperationKind kind) pure returns (bool) {
    return kind >= OperationKind.Fund;
}

function isRedeem(OperationKind kind) pure returns (bool) {
    return kind > OperationKind.Fund;
}

function hasVoucher(OperationKind kind) pure returns (bool) {
    return kind == OperationKind.Take || kind == OperationKind.TakeAndClose;
}

struct Operation {
    OperationKind kind;
    uint256 sender; // an index; a redeem's is that of the channel's leaf
    uint256 fee;
    bytes32 memo;
    uint256 firstLine; // its lines among the chunk's
    uint256 lineCount; // one, but for a payout; a fund and a redeem have none
    uint256 channel; // of a fund or redeem: its words among the chunk's
    uint256 feeClass; // the decoder's
}

struct Line {
    bool byAddress;
    uint256 to; // an address, or the index of a leaf
    uint256 amount;
}

/// What a fund or a redeem says of its channel.
struct ChannelWords {
    bool byAddress; // of a redeem's payee
    uint256 payee; // an address, or the index of a leaf; a fund's is always an address
    uint256 payer; // the index of a leaf; of a redeem only
    uint256 amount; // of a fund only
    uint256 unit;
    uint256 count; // the voucher's; zero without one
    uint256 expiry;
    uint256 salt;
}

struct Chunk {
    uint256 l1;
    Operation[] operations;
    Line[] lines;
    ChannelWords[] channels;
    uint256 vouchers; // operations that have a voucher's signature as well
    uint256[] feeLeaves; // indexes
    uint256 weight;
}

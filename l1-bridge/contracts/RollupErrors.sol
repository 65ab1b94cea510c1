// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Why the contract refuses a call: docs/contract.md, "Errors". More in ProofErrors, and OpenZeppelin's guard's.
interface RollupErrors {
    // Deployment, and what any call may meet
    error ParametersInvalid();
    error Frozen();
    error PaymentFailed();
    error UnknownBatch();
    error BatchNotFinal();
    // The seat
    error SeatTaken();
    error NotHomeOperator();
    error HomeOperatorBarred();
    error NoticeTooEarly();
    error NoticeRequired();
    error WrongStake();
    error NotSequencer();
    error OperationWaiting();
    error SeatFree();
    error NotOverdue();
    error UnknownTerm();
    error TermNotOver();
    error TermSlashed();
    error TermNotSlashed();
    error LastBatchPending();
    error AlreadyTaken();
    error RewardTooEarly();
    error NotProver();
    // Batches
    error CalldataNotExact();
    error NotPlainAccount();
    error ChunkCount();
    error OpsTooLong();
    error SigsTooLong();
    error BlobHashes();
    error BatchNumber();
    error RecordsFull();
    error NotOnHead();
    error L1OpsDecrease();
    error L1OpsBeyondQueue();
    error QueueHash();
    // The court
    error BatchFinal();
    // The bank
    error ZeroAddress();
    error ZeroAmount();
    error DepositCapExceeded();
    error TokenWithoutCode();
    error TokenCallFailed();
    error NothingReceived();
    error HeaderLength();
    error WithdrawalPosition();
    error AlreadyPaid();
    error WithdrawalPath();
    error ReceiverNotAllowed();
    error VaultShort();
    error PayGasShort();
    // Channels
    error TermsInvalid();
    error CountInvalid();
    error VoucherInvalid();
    error NotExpired();
    // After a freeze
    error FreezeTooEarly();
    error NotFrozen();
    error LeafLength();
    error ExitIndex();
    error AlreadyExited();
    error ExitPath();
    error EntryLength();
    error EntryIndex();
    error AlreadyRefunded();
    error EntryHash();
    error NotADeposit();
    error ChannelLeaf();
    error NotAChannel();
    error NotPayee();
    error RestTooEarly();
}

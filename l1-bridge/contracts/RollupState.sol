// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Hash} from "./Hash.sol";
import {Header} from "./Header.sol";
import {ProofErrors} from "./ProofErrors.sol";
import {Prover} from "./Prover.sol";
import {RollupErrors} from "./RollupErrors.sol";
import {RollupEvents} from "./RollupEvents.sol";
import {Record, Term, TermEnd} from "./RollupTypes.sol";

/// @notice What all rooms of the contract share: parameters, storage (docs/contract.md, "Storage": slots are part of the page),
/// and what more than one of them asks or does.
abstract contract RollupState is RollupEvents, RollupErrors, ProofErrors, ReentrancyGuardTransient {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    uint256 internal constant WEEK = 7 days;
    /// @dev Of records. They are recycled: batch b has its own in place b % PLACES, for as long as the lap there is b / PLACES.
    uint256 internal constant PLACES = 1 << 17;

    uint64 internal immutable CHALLENGE_WINDOW;
    uint64 internal immutable INCLUSION_WINDOW;
    uint64 internal immutable FREEZE_AGE;
    uint256 internal immutable STAKE;
    address internal immutable HOME_OPERATOR; // zero: there is none
    Prover internal immutable PROVER;

    // Slot 0
    uint64 internal headNumber;
    /// @notice The term that sits; 0: the seat is free.
    uint64 public currentTerm;
    uint64 internal lastStrikeAt;
    /// @notice Whether the contract is frozen: for ever.
    bool public frozen;
    // Slot 1
    /// @notice How many terms there have been; they count from 1.
    uint64 public termCount;
    uint64 internal homePunishedAt; // the home operator's latest slash or eviction
    /// @notice Wei of stakes that nobody gets; it stays in the contract.
    uint128 public burned;
    // Slots 2 to 12
    mapping(uint256 => Record) internal records; // by place; of batches above the head, old words that mean nothing
    mapping(uint256 => Term) internal terms;
    mapping(uint256 => bytes32) internal queueHashes; // h[i], i from 1
    uint64[] internal queueTimes; // of L1 operation i, from 0
    mapping(address => uint128) internal held; // by token, what was deposited and not paid out; ETH is token zero
    mapping(address => mapping(bytes32 => uint64)) internal commits; // time of a prover's latest commit to that word
    BitMaps.BitMap internal paid; // by withdrawal's position
    BitMaps.BitMap internal exited; // by account's index
    BitMaps.BitMap internal refunded; // by L1 operation
    uint64 internal announcedAt; // the home operator's latest notice, whatever became of it; 0: none ever
    bool internal noticeStands; // it may still be used, if its time is now
    /// @notice When the contract was frozen; 0: never.
    uint64 public frozenAt;
    mapping(uint256 => uint256) internal taken; // by account's index, what a channel's payee took by exitChannel

    constructor(uint64 challengeWindow, uint64 inclusionWindow, uint64 freezeAge, uint256 stake, address homeOperator) {
        require(
            challengeWindow != 0 && challengeWindow <= 2 * WEEK && inclusionWindow >= 4 && inclusionWindow <= WEEK && stake != 0
                && stake <= type(uint128).max,
            ParametersInvalid()
        );
        uint256 windows = uint256(challengeWindow) + inclusionWindow;
        require(freezeAge >= windows + WEEK && freezeAge <= windows + 365 days, ParametersInvalid());
        CHALLENGE_WINDOW = challengeWindow;
        INCLUSION_WINDOW = inclusionWindow;
        FREEZE_AGE = freezeAge;
        STAKE = stake;
        HOME_OPERATOR = homeOperator;
        PROVER = new Prover();
        records[0].hash = Header.genesisHash();
    }

    // ---- Batches ----

    /// @dev Whether a batch that was posted then is final.
    function isFinalSince(uint64 postedAt) internal view returns (bool) {
        return block.timestamp >= uint256(postedAt) + CHALLENGE_WINDOW;
    }

    /// @dev What is in the batch's place: its record if isKept.
    function recordOf(uint256 number) internal view returns (Record storage) {
        return records[number % PLACES];
    }

    /// @dev Whether the batch's place holds its record. Of a batch that isn't above the head it else holds a later batch's: this one
    /// has been overwritten, and was final before.
    function isKept(uint256 number) internal view returns (bool) {
        return number <= headNumber && recordOf(number).lap == number / PLACES;
    }

    /// @dev Whether the batch is final: one that was posted, and overwritten, or long enough ago.
    function isFinalBatch(uint256 number) internal view returns (bool) {
        return number <= headNumber && (!isKept(number) || isFinalSince(recordOf(number).postedAt));
    }

    /// @dev The number of the batch with this header of 195 bytes, which must stand.
    function standing(bytes calldata header) internal view returns (uint64 number) {
        number = Header.number(header);
        require(isKept(number) && recordOf(number).hash == Hash.keccak(header), UnknownBatch());
    }

    // ---- Terms ----

    /// @dev What a term's last batch is, or would be if the term ended now.
    function lastBatchOf(uint64 term) internal view returns (uint64) {
        return recordOf(headNumber).term == term ? headNumber : 0;
    }

    /// @dev Ends the term that sits.
    function endTerm(TermEnd reason) internal {
        uint64 number = currentTerm;
        Term storage ending = terms[number];
        ending.endedAt = uint64(block.timestamp);
        ending.lastBatch = lastBatchOf(number);
        currentTerm = 0;
        emit TermEnded(number, reason);
    }

    /// @dev Whether the term that sits has let an L1 operation wait for a whole inclusion window in which it could have posted.
    function isOverdue() internal view returns (bool) {
        (bool exists,, uint256 since) = waitingOperation();
        if (since < lastStrikeAt) since = lastStrikeAt;
        uint64 startedAt = terms[currentTerm].startedAt;
        if (since < startedAt) since = startedAt;
        uint256 room = roomAt(since);
        if (since < room) since = room;
        return exists && block.timestamp >= since + INCLUSION_WINDOW;
    }

    /// @dev When the next batch had or will have a place. 0 if it always had; and if the batch in the way was posted since `since`:
    /// the term that sits has used up all places since then.
    function roomAt(uint256 since) private view returns (uint256) {
        uint256 next = uint256(headNumber) + 1;
        if (next < PLACES) return 0;
        uint256 inTheWay = next - (PLACES - 1);
        uint256 posted = recordOf(inTheWay).postedAt;
        return isKept(inTheWay) && posted < since ? posted + CHALLENGE_WINDOW : 0;
    }

    /// @dev Ends the term that sits; a quarter of its stake burns if it leaves an L1 operation overdue. Nobody is spared that by
    /// a freeze or a take-over that comes before the eviction.
    function endDutifully(TermEnd reason) internal {
        if (isOverdue()) {
            Term storage term = terms[currentTerm];
            term.evicted = true;
            burned += uint128(STAKE / 4);
            noteIfHome(term.sequencer);
        }
        endTerm(reason);
    }

    /// @dev Remembers a slash or an eviction if it hit the home operator, whose notice is void then.
    function noteIfHome(address sequencer) internal {
        if (sequencer != HOME_OPERATOR) return;
        homePunishedAt = uint64(block.timestamp);
        noticeStands = false;
    }

    // ---- The queue ----

    /// @dev The first L1 operation that the head hasn't consumed, and when it was queued.
    function waitingOperation() internal view returns (bool exists, uint64 index, uint64 time) {
        index = recordOf(headNumber).l1OpsConsumed;
        exists = index < queueTimes.length;
        if (exists) time = queueTimes[index];
    }

    // ---- What is signed ----

    /// @dev EIP-712's, of docs/protocol.md, "Operations".
    function domainSeparator() internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("Gavel"), keccak256("1"), block.chainid, address(this)));
    }

    // ---- Money ----

    /// @dev Sends ETH with all gas; what the receiver answers isn't looked at.
    function payEth(address to, uint256 amount) internal {
        require(LowLevelCall.callNoReturn(to, amount, ""), PaymentFailed());
    }
}

"""The faults that scripts/mutants.py plants, each of which the tests have to notice. A text of one file, which stands there once
(blanks and line ends don't count), and what stands there instead.

Four suites: RULES deletes each check that makes a chunk wrong; CONTRACTS makes one implementation of the rollup contract another
than the other; BLOBS are faults of the Solidity that need a long history or blobs to show, CHANNELS those of what it does for
channels.
"""

APPLY, DECODE, BITS = "protocol/apply.cpp", "protocol/chunk_decode.cpp", "protocol/bits.hpp"
KINDS = "protocol/kinds/"
STEPS, WITHDRAW = KINDS + "steps.cpp", KINDS + "withdraw.cpp"
FUND, REDEEM = KINDS + "fund.cpp", KINDS + "redeem.cpp"
REFUSALS = "protocol/refusal.hpp"  # the enumeration: each but kNone has an entry in RULES
SOLIDITY, NATIVE, WIRE = "l1-bridge/contracts/", "l1-bridge/chain/", "l1-bridge/wire/"
COMPILED_WITH = {BITS: DECODE}  # a header's mutant is one of this source

# (rule, file, the check's condition as it stands there, the statement instead). Nothing instead: the check is simply gone. Where
# a check has another form than the usual one of its file (statement_of), the whole statement stands here.
RULES = [
    ("SlotLengths", APPLY, "!chunk.lengths_hold", ""),
    ("Truncated", BITS, "require(width <= remaining(), Refusal::kTruncated);", ""),
    ("CodeTooLong", BITS, "if (++zeros > kMaxCodeZeros) fail(Refusal::kCodeTooLong);", "++zeros;"),
    ("OverWeight", DECODE, "kL1OperationWeight * chunk_.l1_operations <= kMaxChunkWeight", ""),
    ("OverWeight", DECODE, "weight_ <= kMaxChunkWeight", ""),
    ("OverWeight", DECODE, "++weight_ <= kMaxChunkWeight", "++weight_;"),
    ("IdleFlag", DECODE, "!mixed_ || !only_transfers", ""),
    ("IdleFlag", DECODE, "!by_address_ || any_address_", ""),
    ("IdleFlag", DECODE, "any", ""),
    ("BadFeeWidth", DECODE, "mantissa_width <= kMaxMantissaBits && exponent_width <= bit_length(kMaxExponent)", ""),
    ("LooseNumber", DECODE, "number.exponent == 0", ""),
    ("LooseNumber", DECODE, "number.mantissa % 2 != 0 || number.mantissa % 10 != 0", ""),
    ("NumberTooLarge", DECODE, "number.exponent == known && number.mantissa <= kLargestMantissa[known]", ""),
    ("RepeatedFee", DECODE, "std::find(fees_.begin(), fees_.begin() + k, fees_[k]) == fees_.begin() + k", ""),
    ("LooseWidth", DECODE, "bit_length(mantissa_bits) == mantissa_width", ""),
    ("LooseWidth", DECODE, "bit_length(exponent_bits) == exponent_width", ""),
    ("LooseWidth", DECODE, "account_width_ == bit_length(account_bits_ | 1)", ""),
    ("BadReference", DECODE, "position <= seen_count", "if (position > seen_count) position = 0;"),
    ("BadReference", DECODE, "value != nullptr", "if (!value) value = lists.at(list, 0);"),
    ("BadReference", DECODE, "position < model.exponents.size()", "if (position >= model.exponents.size()) position = 0;"),
    ("UnusedFee", DECODE, "seen_count == fee_count_", ""),
    ("RepeatedLiteral", DECODE, "!lists.contains(list, literal)", ""),
    ("BadMagnitude", DECODE, "length >= 0 && length <= static_cast<int>(kMaxMantissaBits)", ""),
    ("ZeroMemo", DECODE, "!operation.memo.is_zero()", ""),
    ("TrailingByte", DECODE, "in_.remaining() < 8", ""),
    ("NonzeroPadding", DECODE, "in_.get(static_cast<unsigned>(in_.remaining())) == 0", ""),
    ("SignatureCount", APPLY, "sigs.size() != signatures * Signature::kSize", ""),
    ("OpCountOverflow", APPLY, "count > ~uint64_t{0} - counters.op_count", ""),
    ("L1LimitExceeded", APPLY, "u128{counters.l1_ops_consumed} + chunk.l1_operations > env.l1_limit()", ""),
    ("WithdrawalTreeFull", STEPS, "view.withdrawal_count() == kMaxWithdrawalCount", ""),
    ("SenderIndex", STEPS, "posted.sender == 0 || posted.sender >= view.account_count()", ""),
    ("NonceExhausted", STEPS, "sender.nonce >= kMaxNonce", ""),
    ("InsufficientBalance", STEPS,
     "!total || sender.balance < *total", "if (!total || sender.balance < *total) total = sender.balance;"),
    ("RecipientIndex", STEPS, "index == 0 || index >= view.account_count()", ""),
    ("RecipientToken", STEPS, "leaf.key.token != token", ""),
    ("BalanceOverflow", STEPS, "!balance", "if (!balance) balance = Amount::max();"),
    ("RecipientZero", STEPS, "to.is_zero()", ""),
    ("RecipientZero", WITHDRAW, "withdrawal.recipient.is_zero()", ""),
    ("AccountTreeFull", STEPS, "view.account_count() == kMaxAccountCount", ""),
    ("RecipientHasLeaf", STEPS, "found.present", "if (found.present) return credit(view, found.index, found.leaf, amount);"),
    ("WithdrawalOfZero", WITHDRAW, "withdrawal.amount.is_zero()", ""),
    ("FeeOverflow", STEPS,
     "!posted.fee.is_zero() && !fees.add(sender.key.token, posted.fee)",
     "if (!posted.fee.is_zero()) (void)fees.add(sender.key.token, posted.fee);"),
    ("SignatureInvalid", APPLY, "!signer", "if (!signer) signer = owner;"),
    ("SignerNotOwner", APPLY,
     "return *signer == owner ? Outcome::applied() : Outcome::wrong(Refusal::kSignerNotOwner);", "return Outcome::applied();"),
    ("ChannelTerms", FUND, "!terms.are_right()", ""),
    ("FundOfZero", FUND, "amount.is_zero()", ""),
    ("AccountTreeFull", FUND, "view.account_count() == kMaxAccountCount", ""),
    ("ChannelNotOpen", FUND, "!marks && !is_open_channel(found.leaf)", ""),
    ("ChannelNotOpen", REDEEM, "!is_open_channel(sender)", "if (!is_marked(sender)) sender.nonce = kChannelMark;"),
    ("ChannelTerms", REDEEM, "words.unit.is_zero()", "if (words.unit.is_zero()) return Outcome::applied();"),
    ("ChannelCount", REDEEM, "words.count > Amount{kMaxVoucherCount}", ""),
    ("NothingToRedeem", REDEEM, "units == 0", ""),
    ("InsufficientBalance", REDEEM, "words.close && units < count - claimed_units(channel)", ""),
    ("InsufficientBalance", REDEEM, "posted.fee > out.taken", "if (posted.fee > out.taken) out.taken = posted.fee;"),
    ("FeeOverflow", REDEEM,
     "!posted.fee.is_zero() && !fees.add(signed_form.token, posted.fee)",
     "if (!posted.fee.is_zero()) (void)fees.add(signed_form.token, posted.fee);"),
    ("ChannelTerms", REDEEM,
     "return is_its ? Outcome::applied() : Outcome::wrong(Refusal::kChannelTerms);", "return Outcome::applied();"),
    ("FeeLeafMissing", APPLY,
     "fee_leaves.size() < entries.size()", "if (fee_leaves.size() < entries.size()) return Outcome::applied();"),
    ("FeeLeafExtra", APPLY, "fee_leaves.size() > entries.size()", ""),
    ("FeeLeafIndex", APPLY, "index == 0 || index >= view.account_count()", ""),
    ("FeeLeafToken", APPLY, "leaf.key.token != entries[i].token", ""),
]


def statement_of(rule, path, check):
    """The whole statement of a check in RULES."""
    if "Refusal::" in check:
        return check
    if path not in (DECODE, BITS):
        return f"if ({check}) return Outcome::wrong(Refusal::k{rule});"
    return f"in_.require({check}, Refusal::k{rule});"


# (what is wrong, file, text as it stands there, text instead)
CONTRACTS = [
    ("a batch is final a second late", SOLIDITY + "RollupState.sol",
     "block.timestamp >= uint256(postedAt) + CHALLENGE_WINDOW", "block.timestamp > uint256(postedAt) + CHALLENGE_WINDOW"),
    ("receiver and recipient swapped in an event", SOLIDITY + "Bank.sol",
     "emit WithdrawalClaimed(position, recipient, token, amount, receiver);",
     "emit WithdrawalClaimed(position, receiver, token, amount, recipient);"),
    ("a strike doesn't keep its time", SOLIDITY + "Court.sol", "lastStrikeAt = time;", ""),
    ("an evicted term's slash burns the quarter again", SOLIDITY + "Court.sol",
     "STAKE - quarter - (term.evicted ? quarter : 0)", "STAKE - quarter"),
    ("a commit of the proof's own second counts", SOLIDITY + "Court.sol",
     "postedAt < time && time < provenAt", "postedAt < time && time <= provenAt"),
    ("anybody may name the receiver", SOLIDITY + "Bank.sol",
     "require(receiver == owner || msg.sender == owner, ReceiverNotAllowed());",
     "require(receiver == owner || msg.sender != address(0), ReceiverNotAllowed());"),
    ("no guard around a deposit of tokens", SOLIDITY + "Bank.sol",
     "function depositToken(address token, address to, uint256 amount) external nonReentrant {",
     "function depositToken(address token, address to, uint256 amount) external {"),
    ("the home operator's ban ends a second early", NATIVE + "rollup_seat.cpp",
     "now() < u128{punished_at} + kHomeBan", "now() + 1 < u128{punished_at} + kHomeBan"),
    ("a notice may be given a second early", NATIVE + "rollup_seat.cpp",
     "now() < u128{before} + kNoticePause", "now() + 1 < u128{before} + kNoticePause"),
    ("a notice may be used a second early", NATIVE + "rollup_seat.cpp", "now() < notice.from", "now() + 1 < notice.from"),
    ("a notice outlives a slash and an eviction", NATIVE + "rollup_seat.cpp",
     "tallies.home_punished_at = now(); withdraw_notice();", "tallies.home_punished_at = now();"),
    ("a notice may be used in the second in which it is over", SOLIDITY + "Seat.sol",
     "block.timestamp < until, NoticeRequired", "block.timestamp <= until, NoticeRequired"),
    ("a quarter of the window is rounded down", SOLIDITY + "Seat.sol", "(INCLUSION_WINDOW + 3) / 4", "INCLUSION_WINDOW / 4"),
    ("a notice takes two seats", SOLIDITY + "Seat.sol", "if (msg.sender == HOME_OPERATOR) noticeStands = false;", ""),
    ("a freeze spares who could be evicted", SOLIDITY + "Freeze.sol", "endDutifully(TermEnd.Frozen)", "endTerm(TermEnd.Frozen)"),
    ("a take-over spares who could be evicted", SOLIDITY + "Seat.sol",
     "endDutifully(TermEnd.Replaced)", "endTerm(TermEnd.Replaced)"),
    ("whoever sits loses a quarter to a freeze", NATIVE + "rollup_seat.cpp",
     "if (is_overdue(globals)) {", "if (is_overdue(globals) || reason == TermEnd::kFrozen) {"),
    ("payments get all gas whatever is asked", SOLIDITY + "Bank.sol", "passed = payGas;", ""),
    ("a payment of more gas than there is goes on", SOLIDITY + "Bank.sol",
     "require(left - left / 64 >= payGas, PayGasShort());", "left;"),
    ("a refund pays who made the deposit", SOLIDITY + "Freeze.sol",
     "address(bytes20(entry[21:41]))", "address(bytes20(entry[1:21]))"),
    ("a commit doesn't name the term", SOLIDITY + "Court.sol", "abi.encodePacked(prover, proofHash, term)",
     "abi.encodePacked(prover, proofHash, term / 2)"),
    ("a stake of nothing is taken", SOLIDITY + "RollupState.sol", "&& stake != 0", ""),
    ("an inclusion window of three seconds is taken", WIRE + "rollup_abi.cpp",
     "inclusion_window >= kMinInclusionWindow", "inclusion_window + 1 >= kMinInclusionWindow"),
    ("half the inclusion window is rounded up", NATIVE + "rollup_seat.cpp",
     "storage_.windows().inclusion_window / 2", "(storage_.windows().inclusion_window + 1) / 2"),
    ("a delegated account may append", NATIVE + "rollup_batches.cpp", " || host_.has_code(caller)", ""),
    ("a term's last batch isn't looked up in the records", NATIVE + "rollup_seat.cpp",
     "return storage_.record_info(globals.head).term == term ? globals.head : 0;", "return term == 0 ? 0 : globals.head;"),
    ("a struck term that doesn't sit isn't slashed", NATIVE + "rollup_court.cpp",
     "if (!seat.slashed) slash", "if (!seat.slashed && record.term == globals.current_term) slash"),
    ("an exit's bit is that of the index before", NATIVE + "rollup_freeze.cpp",
     "storage_.set_exited(index);", "storage_.set_exited(index - 1);"),
    ("the native contract lets a marked leaf exit", NATIVE + "rollup_freeze.cpp",
     "if (is_marked(account)) refuse(RollupError::kChannelLeaf);", ""),
    ("a native freeze forgets its time", NATIVE + "rollup_freeze.cpp", "notice.frozen_at = now();", ""),
    ("a native redeem forgets its count", NATIVE + "rollup_channels.cpp", "terms.unit, 0, count}", "terms.unit, 0, 0}"),
    ("a native reclaim comes a second late", NATIVE + "rollup_channels.cpp", "now() < terms.expiry", "now() <= terms.expiry"),
    ("a native voucher of no count", NATIVE + "rollup_channels.cpp",
     "voucher.count == 0 || voucher.count > kMaxVoucherCount", "voucher.count > kMaxVoucherCount"),
    ("a native payee takes twice", NATIVE + "rollup_channels.cpp",
     "if (storage_.channel_taken(shown.index) != 0) refuse(RollupError::kAlreadyTaken);", ""),
    ("the native rest is the whole", NATIVE + "rollup_channels.cpp", "account.balance.value() - taken",
     "account.balance.value()"),
    ("a native payee has a second less", WIRE + "rollup_times.cpp", "+ kChannelLeast;", "+ kChannelLeast - 1;"),
]

# As CONTRACTS.
STATE, BATCHES = SOLIDITY + "RollupState.sol", SOLIDITY + "Batches.sol"
PROVER, OPENING = SOLIDITY + "Prover.sol", SOLIDITY + "BlobOpening.sol"
BLOBS = [
    ("a place's record is taken for any lap's", STATE, "&& recordOf(number).lap == number / PLACES", ""),
    ("what is overwritten isn't final", STATE, "!isKept(number) || isFinalSince(recordOf(number).postedAt)",
     "isFinalSince(recordOf(number).postedAt)"),
    ("a stake waits for another lap's batch", SOLIDITY + "Seat.sol",
     "last != 0 && isKept(last)", "last != 0 && last <= headNumber"),
    ("another lap's full tree freezes", SOLIDITY + "Freeze.sol", "isKept(number) &&", "number <= headNumber &&"),
    ("records are never full", BATCHES, "require(number < PLACES || isFinalBatch(number - (PLACES - 1)), RecordsFull());", ""),
    ("a pending batch's parent is overwritten", BATCHES, "isFinalBatch(number - (PLACES - 1))", "isFinalBatch(number - PLACES)"),
    ("full records excuse nobody", STATE, "if (since < room) since = room;", ""),
    ("who filled the records is excused", STATE, "isKept(inTheWay) && posted < since", "isKept(inTheWay)"),
    ("what is overwritten excuses", STATE, "isKept(inTheWay) && posted < since", "posted < since"),
    ("blobs that no chunk is in", BATCHES, "require(blobhash(blobs) == 0, BlobHashes());", ""),
    ("blobs that aren't there", BATCHES, "require(bytes1(hashes[i]) == 0x01, BlobHashes());", ""),
    ("bytes behind a batch in blobs", BATCHES, "require(batch.length == CHUNKS, TrailingBytes());", ""),
    ("blobs of another batch", PROVER,
     "if (Calldata.keccak(f.hashes, 32 * f.blobs) != Calldata.word(f.header + Header.DATA_ROOT)) revert DataRoot();", ""),
    ("any state before", PROVER, "if (c.before != before) revert BeforeState();", ""),
    ("a slot's own claim before the first chunk", PROVER, "if (f.chunkIndex > 0) {", "{"),
    ("the last claim is the slot's", PROVER, "if (f.chunkIndex + 1 == f.chunkCount) c.claim =", "if (false) c.claim ="),
    ("every claim is the last", PROVER, "if (f.chunkIndex + 1 == f.chunkCount) c.claim =", "c.claim ="),
    ("elements are joined with their first byte", PROVER, "mstore(add(to, 31), shl(8, mload(add(from, 32))))",
     "mstore(add(to, 31), mload(add(from, 32)))"),
    ("elements beyond the field's order", OPENING, "if (!inField) revert ProofErrors.Element();", "inField;"),
    ("elements of the slot before beyond the field's order", OPENING, "if (a >= R || b >= R) revert ProofErrors.Element();", ""),
    ("the slot before is in the chunk's blob", OPENING, "evaluate(Calldata.word(hashes - 32)", "evaluate(Calldata.word(hashes)"),
]

# As CONTRACTS.
CALLS = SOLIDITY + "Channels.sol"
CHANNELS = [
    ("a marked leaf exits", SOLIDITY + "Freeze.sol", "require(account.nonce < ChannelRules.MARK, ChannelLeaf());", ""),
    ("the time of a freeze isn't kept", SOLIDITY + "Freeze.sol", "frozenAt = uint64(block.timestamp);", ""),
    ("a redeem is queued for its caller", CALLS, "enqueue(Kind.Redeem, channel,", "enqueue(Kind.Redeem, msg.sender,"),
    ("a reclaim comes a second late", CALLS, "block.timestamp >= those.expiry", "block.timestamp > those.expiry"),
    ("a reclaim pays the payee", CALLS, "Kind.Reclaim, channel, those.payer", "Kind.Reclaim, channel, those.payee"),
    ("payer and payee are one", CALLS, "&& those.payer != those.payee", ""),
    ("a voucher for more than can be claimed", CALLS, "count != 0 && count <= ChannelRules.MAX_COUNT", "count != 0"),
    ("a voucher of any length", CALLS, "require(voucher.length == VOUCHER_LENGTH, VoucherInvalid());", ""),
    ("anybody uses up the payee's one time", CALLS, "require(msg.sender == those.payee, NotPayee());", ""),
    ("a payee takes twice", CALLS, "require(taken[index] == 0, AlreadyTaken());", ""),
    ("terms of another channel", CALLS, "require(channel == account.owner, TermsInvalid());", ""),
    ("the payer goes first", CALLS, "nothingToWaitFor || block.timestamp >= payeesEnd(those.expiry)", "true"),
    ("a payee waits for ever", CALLS, "end = frozenSince + LONGEST_WAIT;", "end = type(uint256).max;"),
    ("a payee has a week less", CALLS, "frozenSince + CHALLENGE_WINDOW + WEEK", "frozenSince + CHALLENGE_WINDOW"),
    ("the rest is the whole", CALLS, "account.balance - before", "account.balance"),
    ("any leaf is a channel", CALLS, "require(account.nonce >= ChannelRules.MARK, NotAChannel());",
     "if (account.nonce < ChannelRules.MARK) account.nonce += ChannelRules.MARK;"),
    ("more units than the balance covers", SOLIDITY + "ChannelTerms.sol",
     "return count - claimed < covered ? count - claimed : covered;", "return covered > 0 ? count - claimed : 0;"),
]

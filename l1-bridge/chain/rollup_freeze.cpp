// A freeze, and what follows it: everybody leaves with what is theirs (docs/contract.md, "After a freeze").
#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/chain/rollup_running_call.hpp"

namespace gavel::l1 {

void RunningCall::freeze() {
    uint64_t number = arguments(1).integer64();
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    WaitingOperation waiting = waiting_operation(globals);
    // From when it was queued, whatever came since: nobody can restart this clock.
    bool may = waiting.time != 0 && now() >= u128{waiting.time} + storage_.parameters().freeze_age;
    if (!may) {
        const auto kept = record(globals, number);
        may = kept && is_final(kept->posted_at) && kept->withdrawal_count == kMaxWithdrawalCount;
    }
    if (!may) refuse(RollupError::kFreezeTooEarly);

    globals.frozen = true;
    emit(RollupFrozen{});
    if (globals.current_term != 0) end_dutifully(globals, TermEnd::kFrozen);
    storage_.set(globals);
}

void RunningCall::check_exit(const Globals& globals, ByteView header, uint32_t index, ByteView leaf, std::vector<Hash> path) {
    if (!globals.frozen) refuse(RollupError::kNotFrozen);
    if (header.size() != BatchHeader::kSize) refuse(RollupError::kHeaderLength);
    if (host_.keccak(header) != storage_.batch_hash(globals.head)) refuse(RollupError::kNotOnHead);
    if (!is_final(storage_.record_info(globals.head).posted_at)) refuse(RollupError::kBatchNotFinal);
    if (leaf.size() != Account::kSize) refuse(RollupError::kLeafLength);
    StateFields last = BatchHeader::decode(header).last;
    if (index == 0 || index >= last.account_count) refuse(RollupError::kExitIndex);
    if (storage_.is_exited(index)) refuse(RollupError::kAlreadyExited);
    host_.use_gas(rollup_gas::of_exit(path.size()));
    if (!ExitProof{index, Account::decode(leaf), std::move(path)}.holds_in(last)) refuse(RollupError::kExitPath);
}

void RunningCall::exit() {
    CalldataReader reader = arguments(6);
    ByteView header = reader.bytes();
    uint32_t index = reader.integer32();
    ByteView leaf = reader.bytes();
    std::vector<Hash> path = reader.words();
    Address receiver = reader.address();
    Hash pay_gas = reader.word();

    Globals globals = enter();
    check_exit(globals, header, index, leaf, std::move(path));
    Account account = Account::decode(leaf);
    if (account.balance.is_zero()) refuse(RollupError::kZeroAmount);
    receiver = receiver_for(account.key.owner, receiver);
    take_from_vault(account.key.token, account.balance.value());
    storage_.set_exited(index);
    emit(AccountExited{index, account.key.owner, account.key.token, account.balance, receiver});
    pay_out(account.key.token, receiver, account.balance.value(), pay_gas);
}

L1Operation RunningCall::check_refund(const Globals& globals, uint64_t index, ByteView entry) {
    if (!globals.frozen) refuse(RollupError::kNotFrozen);
    RecordInfo head = storage_.record_info(globals.head);
    if (!is_final(head.posted_at)) refuse(RollupError::kBatchNotFinal);
    if (entry.size() != L1Operation::kSize) refuse(RollupError::kEntryLength);
    if (index < head.l1_ops_consumed || index >= storage_.queue_length()) refuse(RollupError::kEntryIndex);
    if (storage_.is_refunded(index)) refuse(RollupError::kAlreadyRefunded);
    Bytes pair = to_bytes(storage_.queue_hash(index));
    gavel::append(pair, host_.keccak(entry));
    if (host_.keccak(pair) != storage_.queue_hash(index + 1)) refuse(RollupError::kEntryHash);
    host_.use_gas(rollup_gas::kRefund);
    std::optional<L1Operation> operation = L1Operation::decode(entry);
    if (!operation || operation->kind != L1OperationKind::kDeposit) refuse(RollupError::kNotADeposit);
    return *operation;
}

void RunningCall::refund() {
    CalldataReader reader = arguments(4);
    uint64_t index = reader.integer64();
    ByteView entry = reader.bytes();
    Address receiver = reader.address();
    Hash pay_gas = reader.word();

    L1Operation deposit = check_refund(enter(), index, entry);
    receiver = receiver_for(deposit.to, receiver);
    take_from_vault(deposit.token, deposit.amount.value());
    storage_.set_refunded(index);
    emit(DepositRefunded{index, deposit.to, deposit.token, deposit.amount, receiver});
    pay_out(deposit.token, receiver, deposit.amount.value(), pay_gas);
}

}  // namespace gavel::l1

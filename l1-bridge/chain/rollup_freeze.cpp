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
    NoticeWord notice = storage_.notice();
    notice.frozen_at = now();
    storage_.set(notice);
    emit(RollupFrozen{});
    if (globals.current_term != 0) end_dutifully(globals, TermEnd::kFrozen);
    storage_.set(globals);
}

RunningCall::ShownLeaf RunningCall::read_leaf(CalldataReader& reader) {
    ShownLeaf out;
    out.header = reader.bytes();
    out.index = reader.integer32();
    out.leaf = reader.bytes();
    out.path = reader.words();
    return out;
}

Account RunningCall::proven_account(const Globals& globals, const ShownLeaf& shown) {
    if (!globals.frozen) refuse(RollupError::kNotFrozen);
    if (shown.header.size() != BatchHeader::kSize) refuse(RollupError::kHeaderLength);
    if (host_.keccak(shown.header) != storage_.batch_hash(globals.head)) refuse(RollupError::kNotOnHead);
    if (!is_final(storage_.record_info(globals.head).posted_at)) refuse(RollupError::kBatchNotFinal);
    if (shown.leaf.size() != Account::kSize) refuse(RollupError::kLeafLength);
    StateFields last = BatchHeader::decode(shown.header).last;
    if (shown.index == 0 || shown.index >= last.account_count) refuse(RollupError::kExitIndex);
    if (storage_.is_exited(shown.index)) refuse(RollupError::kAlreadyExited);
    host_.use_gas(rollup_gas::of_exit(shown.path.size()));
    const ExitProof proof{shown.index, Account::decode(shown.leaf), shown.path};
    if (!proof.holds_in(last)) refuse(RollupError::kExitPath);
    return proof.account;
}

void RunningCall::exit_with(uint32_t index, const Account& account, u128 amount, const Address& due, const Address& asked,
                            const Hash& pay_gas) {
    if (amount == 0) refuse(RollupError::kZeroAmount);
    const Address receiver = receiver_for(due, asked);
    take_from_vault(account.key.token, amount);
    storage_.set_exited(index);
    emit(AccountExited{index, account.key.owner, account.key.token, Amount{amount}, receiver});
    pay_out(account.key.token, receiver, amount, pay_gas);
}

void RunningCall::exit() {
    CalldataReader reader = arguments(6);
    const ShownLeaf shown = read_leaf(reader);
    Address receiver = reader.address();
    Hash pay_gas = reader.word();

    const Account account = proven_account(enter(), shown);
    if (is_marked(account)) refuse(RollupError::kChannelLeaf);
    exit_with(shown.index, account, account.balance.value(), account.key.owner, receiver, pay_gas);
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

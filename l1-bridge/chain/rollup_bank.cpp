// The bank: deposits and forced operations into the queue, withdrawals out of the vault.
#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/chain/rollup_running_call.hpp"
#include "l1-bridge/wire/abi.hpp"

namespace gavel::l1 {
namespace {

// after - before, of 256 bits each; nullopt if it isn't above zero. More than 2^128-1 is given as word 2^128-1 and over = true.
struct Growth {
    u128 amount = 0;
    bool over = false;
};

Growth growth(const Hash& before, const Hash& after) {
    if (after <= before) return {};
    Hash difference;
    int borrow = 0;
    for (size_t i = Hash::kSize; i-- > 0;) {
        int digit = int{after.bytes[i]} - before.bytes[i] - borrow;
        borrow = digit < 0;
        difference.bytes[i] = static_cast<uint8_t>(digit & 0xff);
    }
    return {low_u128(difference), difference != word_of(low_u128(difference))};
}

}  // namespace

void RunningCall::enqueue(L1Operation operation) {
    operation.time = now();
    uint64_t index = storage_.queue_length();
    Hash entry = host_.keccak(operation.encode());
    Hash before = storage_.queue_hash(index);
    Bytes pair = to_bytes(before);
    gavel::append(pair, entry);
    storage_.push_operation(index, host_.keccak(pair), now());
    emit(L1OperationQueued{index, operation});
}

void RunningCall::credit(const Address& token, const Address& to, u128 amount) {
    std::optional<Amount> total = Amount{storage_.held(token)}.plus(Amount{amount});
    if (!total) refuse(RollupError::kDepositCapExceeded);
    storage_.set_held(token, total->value());
    enqueue({L1OperationKind::kDeposit, context_.sender, to, token, Amount{amount}});
}

void RunningCall::deposit_eth() {
    Address to = arguments(1).address();
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    if (to.is_zero()) refuse(RollupError::kZeroAddress);
    if (context_.value == 0) refuse(RollupError::kZeroAmount);
    credit(Address{}, to, context_.value);
}

Hash RunningCall::balance_of_this(const Address& token) {
    CallResult result = host_.static_call(token, AbiWriter("balanceOf(address)").word(context_.self).take());
    if (!result.success || result.data.size() < Hash::kSize) refuse(RollupError::kTokenCallFailed);
    return Hash::from(result.data);
}

void RunningCall::call_token(const Address& token, ByteView calldata, uint64_t most_gas) {
    CallResult result = host_.call(token, 0, calldata, most_gas);
    bool said_nothing = result.data.empty();
    bool said_yes = result.data.size() >= Hash::kSize && Hash::from(result.data) == word_of(u128{1});
    if (!result.success || !(said_nothing || said_yes)) refuse(RollupError::kTokenCallFailed);
}

void RunningCall::deposit_token() {
    CalldataReader reader = arguments(3);
    Address token = reader.address(), to = reader.address();
    Hash amount = reader.word();
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    if (to.is_zero()) refuse(RollupError::kZeroAddress);
    if (amount.is_zero()) refuse(RollupError::kZeroAmount);
    if (!host_.has_code(token)) refuse(RollupError::kTokenWithoutCode);
    Hash before = balance_of_this(token);
    AbiWriter transfer("transferFrom(address,address,uint256)");
    call_token(token, transfer.word(context_.sender).word(context_.self).word(amount).take());
    Growth grown = growth(before, balance_of_this(token));
    if (grown.over) refuse(RollupError::kDepositCapExceeded);
    if (grown.amount == 0) refuse(RollupError::kNothingReceived);
    credit(token, to, grown.amount);
}

void RunningCall::force(L1OperationKind kind) {
    CalldataReader reader = arguments(3);
    Address token = reader.address(), to = reader.address();
    u128 amount = reader.integer(128);
    Globals globals = enter();
    if (globals.frozen) refuse(RollupError::kFrozen);
    if (to.is_zero()) refuse(RollupError::kZeroAddress);
    if (amount == 0 && kind == L1OperationKind::kForcedWithdrawal) refuse(RollupError::kZeroAmount);
    enqueue({kind, context_.sender, to, token, Amount{amount}});
}

void RunningCall::check_claim(const Globals& globals, const BatchHeader& header, const WithdrawalProof& proof) {
    const auto record = standing(globals, header);
    if (!record) refuse(name_of(ProofError::kUnknownBatch));
    if (!is_final(record->posted_at)) refuse(RollupError::kBatchNotFinal);
    if (proof.position >= header.last.withdrawal_count) refuse(RollupError::kWithdrawalPosition);
    if (storage_.is_paid(proof.position)) refuse(RollupError::kAlreadyPaid);
    host_.use_gas(rollup_gas::of_claim(proof.path.size()));
    if (!proof.holds_in(header.last)) refuse(RollupError::kWithdrawalPath);
}

void RunningCall::claim() {
    CalldataReader reader = arguments(8);
    ByteView header_bytes = reader.bytes();
    WithdrawalProof proof;
    proof.position = reader.integer32();
    proof.withdrawal.recipient = reader.address();
    proof.withdrawal.token = reader.address();
    proof.withdrawal.amount = Amount{reader.integer(128)};
    proof.path = reader.words();
    Address receiver = reader.address();
    Hash pay_gas = reader.word();
    const Withdrawal& withdrawal = proof.withdrawal;

    Globals globals = enter();
    if (header_bytes.size() != BatchHeader::kSize) refuse(RollupError::kHeaderLength);
    check_claim(globals, BatchHeader::decode(header_bytes), proof);
    receiver = receiver_for(withdrawal.recipient, receiver);
    u128 amount = withdrawal.amount.value();
    take_from_vault(withdrawal.token, amount);
    storage_.set_paid(proof.position);
    emit(WithdrawalClaimed{proof.position, withdrawal, receiver});
    pay_out(withdrawal.token, receiver, amount, pay_gas);
}

Address RunningCall::receiver_for(const Address& owner, const Address& asked) const {
    if (asked.is_zero() || asked == owner) return owner;
    if (context_.sender != owner) refuse(RollupError::kReceiverNotAllowed);
    return asked;
}

void RunningCall::take_from_vault(const Address& token, u128 amount) {
    u128 held = storage_.held(token);
    if (amount > held) refuse(RollupError::kVaultShort);
    storage_.set_held(token, held - amount);
}

void RunningCall::pay_out(const Address& token, const Address& receiver, u128 amount, const Hash& pay_gas) {
    uint64_t most_gas = Host::kAllGas;
    if (!pay_gas.is_zero()) {
        // EIP-150 would pass on less than is asked for without a word, and the receiver would seem to fail.
        uint64_t left = host_.gas_left() < kPayReserve ? 0 : host_.gas_left() - kPayReserve;
        if (pay_gas > word_of(u128{left - left / 64})) refuse(RollupError::kPayGasShort);
        most_gas = static_cast<uint64_t>(low_u128(pay_gas));
    }
    if (token.is_zero()) {
        if (!host_.call(receiver, amount, {}, most_gas).success) refuse(RollupError::kPaymentFailed);
        return;
    }
    if (!host_.has_code(token)) refuse(RollupError::kTokenWithoutCode);
    call_token(token, AbiWriter("transfer(address,uint256)").word(receiver).word(amount).take(), most_gas);
}

}  // namespace gavel::l1

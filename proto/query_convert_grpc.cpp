#include "proto/query_convert_grpc.hpp"

#include "proto/convert_grpc.hpp"
#include "proto/field_reader.hpp"

namespace gavel::proto {
namespace {

using namespace api;

v1::OperationStatus pb_status(OperationStatus status) {
    switch (status) {
        case OperationStatus::kConfirmed: return v1::OPERATION_STATUS_CONFIRMED;
        case OperationStatus::kPosted: return v1::OPERATION_STATUS_POSTED;
        case OperationStatus::kFinal: return v1::OPERATION_STATUS_FINAL;
        case OperationStatus::kRolledBack: return v1::OPERATION_STATUS_ROLLED_BACK;
    }
    return v1::OPERATION_STATUS_UNSPECIFIED;
}

v1::WithdrawalStatus pb_status(WithdrawalStatus status) {
    switch (status) {
        case WithdrawalStatus::kNotPosted: return v1::WITHDRAWAL_STATUS_NOT_POSTED;
        case WithdrawalStatus::kWaiting: return v1::WITHDRAWAL_STATUS_WAITING;
        case WithdrawalStatus::kClaimable: return v1::WITHDRAWAL_STATUS_CLAIMABLE;
        case WithdrawalStatus::kClaimed: return v1::WITHDRAWAL_STATUS_CLAIMED;
    }
    return v1::WITHDRAWAL_STATUS_UNSPECIFIED;
}

v1::IncomingPayment::Kind pb_kind(IncomingPayment::Kind kind) {
    switch (kind) {
        case IncomingPayment::Kind::kTransfer: return v1::IncomingPayment::KIND_TRANSFER;
        case IncomingPayment::Kind::kPayout: return v1::IncomingPayment::KIND_PAYOUT;
        case IncomingPayment::Kind::kDeposit: return v1::IncomingPayment::KIND_DEPOSIT;
        case IncomingPayment::Kind::kForcedTransfer: return v1::IncomingPayment::KIND_FORCED_TRANSFER;
        case IncomingPayment::Kind::kFund: return v1::IncomingPayment::KIND_FUND;
        case IncomingPayment::Kind::kRedeem: return v1::IncomingPayment::KIND_REDEEM;
        case IncomingPayment::Kind::kForcedRedeem: return v1::IncomingPayment::KIND_FORCED_REDEEM;
        case IncomingPayment::Kind::kReclaim: return v1::IncomingPayment::KIND_RECLAIM;
    }
    return v1::IncomingPayment::KIND_UNSPECIFIED;
}

template <class Message>
void put_entries(const Page<EntryInfo>& page, Message& message) {
    for (const EntryInfo& entry : page.items) to_pb(entry, *message.add_entries());
    message.set_next_cursor(page.next_cursor);
}

}  // namespace

void to_pb(const ChainInfo& info, v1::ChainInfo& message) {
    message.set_chain_id(info.domain.chain_id);
    message.set_rollup(to_pb_bytes(info.domain.rollup));
    message.set_domain_separator(to_pb_bytes(info.domain_separator));
    message.set_server(info.server);
    message.set_version(info.version);
    to_pb(info.state, *message.mutable_state());
    message.set_head_batch(info.head_batch);
    message.set_head_hash(to_pb_bytes(info.head_hash));
    message.set_final_batch(info.final_batch);
    message.set_posted_op_count(info.posted_op_count);
    message.set_final_op_count(info.final_op_count);
    message.set_l1_block(info.l1_block);
    message.set_l1_time_s(info.l1_time);
    message.set_l1_queue_length(info.l1_queue_length);
    message.set_challenge_window_s(info.challenge_window);
    message.set_inclusion_window_s(info.inclusion_window);
    message.set_freeze_age_s(info.freeze_age);
    message.set_op_count(info.op_count);
    message.set_l1_ops_waiting(info.l1_ops_waiting);
    message.set_frozen(info.frozen);
    message.set_since_batch(info.since_batch);
}

void to_pb(const AccountInfo& account, v1::Account& message) {
    message.set_owner(to_pb_bytes(account.key.owner));
    message.set_token(to_pb_bytes(account.key.token));
    message.set_index(account.index);
    message.set_balance(to_string(account.balance));
    if (!account.is_channel()) return message.set_nonce(account.nonce);
    v1::ChannelState& channel = *message.mutable_channel();
    channel.set_closed(account.nonce == kClosedChannel);
    if (!channel.closed()) channel.set_claimed(account.nonce - kChannelMark);
}

void to_pb(const Balances& balances, v1::ListBalancesResponse& message) {
    for (const AccountInfo& account : balances.accounts) to_pb(account, *message.add_accounts());
    if (balances.next) message.set_next_token(to_pb_bytes(*balances.next));
}

void to_pb(const ChannelInfo& info, v1::ChannelInfo& message) {
    to_pb(info.account, *message.mutable_account());
    if (info.terms) to_pb(*info.terms, *message.mutable_terms());
    message.set_status(pb_status(info.status));
    message.set_unposted(to_string(info.unposted));
}

std::string to_pb_bytes(const AccountKey& key) { return to_pb_bytes(key.owner) + to_pb_bytes(key.token); }

void to_pb(const Channels& channels, v1::ListChannelsResponse& message) {
    for (const ChannelInfo& channel : channels.channels) to_pb(channel, *message.add_channels());
    if (channels.next) message.set_next(to_pb_bytes(*channels.next));
}

void to_pb(const OperationInfo& info, v1::OperationInfo& message) {
    message.set_hash(to_pb_bytes(info.hash));
    message.set_sender(to_pb_bytes(info.sender));
    to_pb(info.operation, *message.mutable_operation());
    voucher_to_pb(info.voucher, *message.mutable_operation());
    message.set_signature(to_pb_bytes(info.signature));
    message.set_status(pb_status(info.status));
    message.set_position(info.position);
    message.set_confirmed_at_ms(info.confirmed_at_ms);
    message.set_batch(info.batch);
    message.set_chunk(info.chunk);
    message.set_posted_at_s(info.posted_at);
    message.set_final_at_s(info.final_at);
    if (info.l1_transaction) message.set_l1_transaction(to_pb_bytes(*info.l1_transaction));
    message.set_why(info.why);
}

void to_pb(const EntryInfo& info, v1::Entry& message) {
    message.set_number(info.number);
    message.set_status(pb_status(info.status));
    message.set_batch(info.batch);
    message.set_final_at_s(info.final_at);
    if (const auto* operation = std::get_if<OperationInfo>(&info.what)) {
        to_pb(*operation, *message.mutable_operation());
    } else if (const auto* l1 = std::get_if<api::L1OperationInfo>(&info.what)) {
        v1::L1Operation& out = *message.mutable_l1_operation();
        to_pb(l1->operation, l1->index, l1->took_effect, out);
        out.set_moved(to_string(l1->moved));
        if (l1->withdrawal) out.set_withdrawal(*l1->withdrawal);
    } else if (const auto* fees = std::get_if<api::FeeIncome>(&info.what)) {
        message.mutable_fee_income()->set_token(to_pb_bytes(fees->token));
        message.mutable_fee_income()->set_total(to_string(fees->total));
        message.mutable_fee_income()->set_owner(to_pb_bytes(fees->owner));
    }
}

void to_pb(const Page<EntryInfo>& page, v1::ListHistoryResponse& message) { put_entries(page, message); }
void to_pb(const Page<EntryInfo>& page, v1::FeedResponse& message) { put_entries(page, message); }

void to_pb(const IncomingPayment& payment, v1::IncomingPayment& message) {
    message.set_entry(payment.entry);
    message.set_kind(pb_kind(payment.kind));
    message.set_from(to_pb_bytes(payment.from));
    message.set_to(to_pb_bytes(payment.to));
    message.set_token(to_pb_bytes(payment.token));
    message.set_amount(to_string(payment.amount));
    if (payment.hash) {
        message.set_memo(to_pb_bytes(payment.memo));
        message.set_operation_hash(to_pb_bytes(*payment.hash));
    }
    if (payment.l1_operation) message.set_l1_operation(*payment.l1_operation);
    message.set_line(payment.line);
    message.set_confirmed_at_ms(payment.confirmed_at_ms);
}

void to_pb(const Page<IncomingPayment>& page, v1::WatchPaymentsResponse& message) {
    for (const IncomingPayment& payment : page.items) to_pb(payment, *message.add_payments());
    message.set_next_cursor(page.next_cursor);
}

void to_pb(const WithdrawalInfo& info, v1::Withdrawal& message) {
    message.set_position(info.position);
    message.set_recipient(to_pb_bytes(info.withdrawal.recipient));
    message.set_token(to_pb_bytes(info.withdrawal.token));
    message.set_amount(to_string(info.withdrawal.amount));
    if (info.hash) message.set_operation_hash(to_pb_bytes(*info.hash));
    message.set_status(pb_status(info.status));
    message.set_batch(info.batch);
    message.set_final_at_s(info.final_at);
    message.set_seconds_left(info.seconds_left);
}

void to_pb(const Page<WithdrawalInfo>& page, v1::ListWithdrawalsResponse& message) {
    for (const WithdrawalInfo& withdrawal : page.items) to_pb(withdrawal, *message.add_withdrawals());
    message.set_next_cursor(page.next_cursor);
}

void to_pb(const ClaimProof& proof, v1::WithdrawalProof& message) {
    to_pb(proof.withdrawal, *message.mutable_withdrawal());
    message.set_batch(proof.header.number);
    message.set_header(string_of(proof.header.encode()));
    for (const Hash& sibling : proof.proof.path) message.add_path(to_pb_bytes(sibling));
    message.set_claimable_at_s(proof.claimable_at);
}

void to_pb(const BatchInfo& info, v1::BatchInfo& message) {
    const BatchHeader& header = info.header;
    message.set_number(header.number);
    message.set_hash(to_pb_bytes(header.hash()));
    message.set_header(string_of(header.encode()));
    to_pb(header.last, *message.mutable_last());
    message.set_chunk_count(header.chunk_count);
    message.set_first_position(info.first_position);
    message.set_op_count(info.op_count);
    message.set_l1_op_count(info.l1_op_count);
    message.set_size_bytes(info.size_bytes);
    if (info.l1_transaction) message.set_l1_transaction(to_pb_bytes(*info.l1_transaction));
    message.set_l1_block(info.l1_block);
    message.set_posted_at_s(info.posted_at);
    message.set_final_at_s(info.final_at);
    message.set_status(info.is_final ? v1::BATCH_STATUS_FINAL : v1::BATCH_STATUS_POSTED);
}

void to_pb(const ChunkSignatures& signatures, v1::ChunkSignatures& message) {
    for (const Signature& signature : signatures.signatures) message.add_signatures(to_pb_bytes(signature));
    for (const Hash& digest : signatures.digests) message.add_digests(to_pb_bytes(digest));
}

}  // namespace gavel::proto

#include "proto/convert_grpc.hpp"
#include "proto/field_reader.hpp"
#include "proto/query_convert_grpc.hpp"
#include "protocol/merkle.hpp"

namespace gavel::proto {
namespace {

using namespace api;
using node::Code;
using node::Result;
using node::Status;
using Reader = FieldReader;

std::optional<OperationStatus> status_of(v1::OperationStatus status) {
    switch (status) {
        case v1::OPERATION_STATUS_CONFIRMED: return OperationStatus::kConfirmed;
        case v1::OPERATION_STATUS_POSTED: return OperationStatus::kPosted;
        case v1::OPERATION_STATUS_FINAL: return OperationStatus::kFinal;
        case v1::OPERATION_STATUS_ROLLED_BACK: return OperationStatus::kRolledBack;
        default: return std::nullopt;
    }
}

std::optional<WithdrawalStatus> status_of(v1::WithdrawalStatus status) {
    switch (status) {
        case v1::WITHDRAWAL_STATUS_NOT_POSTED: return WithdrawalStatus::kNotPosted;
        case v1::WITHDRAWAL_STATUS_WAITING: return WithdrawalStatus::kWaiting;
        case v1::WITHDRAWAL_STATUS_CLAIMABLE: return WithdrawalStatus::kClaimable;
        case v1::WITHDRAWAL_STATUS_CLAIMED: return WithdrawalStatus::kClaimed;
        default: return std::nullopt;
    }
}

std::optional<IncomingPayment::Kind> kind_of(v1::IncomingPayment::Kind kind) {
    switch (kind) {
        case v1::IncomingPayment::KIND_TRANSFER: return IncomingPayment::Kind::kTransfer;
        case v1::IncomingPayment::KIND_PAYOUT: return IncomingPayment::Kind::kPayout;
        case v1::IncomingPayment::KIND_DEPOSIT: return IncomingPayment::Kind::kDeposit;
        case v1::IncomingPayment::KIND_FORCED_TRANSFER: return IncomingPayment::Kind::kForcedTransfer;
        case v1::IncomingPayment::KIND_FUND: return IncomingPayment::Kind::kFund;
        case v1::IncomingPayment::KIND_REDEEM: return IncomingPayment::Kind::kRedeem;
        case v1::IncomingPayment::KIND_FORCED_REDEEM: return IncomingPayment::Kind::kForcedRedeem;
        case v1::IncomingPayment::KIND_RECLAIM: return IncomingPayment::Kind::kReclaim;
        default: return std::nullopt;
    }
}

// What its state makes the nonce of a channel's leaf.
uint64_t channel_nonce(Reader& reader, const v1::Account& message) {
    const v1::ChannelState& state = message.channel();
    reader.require(message.nonce() == 0, "FIELD_CONFLICT", "nonce", "isn't of a channel");
    reader.require(state.claimed() <= kMaxVoucherCount, "NUMBER_TOO_LARGE", "channel.claimed", "is at most 2^63-2");
    reader.require(!state.closed() || state.claimed() == 0, "FIELD_CONFLICT", "channel.claimed", "isn't of a closed channel");
    return state.closed() ? kClosedChannel : kChannelMark + state.claimed();
}

Result<BatchHeader> header_from_pb(const std::string& bytes, const std::string& field) {
    if (bytes.size() != BatchHeader::kSize) {
        return Status{Code::kInvalidArgument, "LENGTH_INVALID", field, "needs " + std::to_string(BatchHeader::kSize) + " bytes"};
    }
    return BatchHeader::decode(view_of(bytes));
}

Result<L1OperationInfo> l1_operation_from_pb(const v1::L1Operation& message, const std::string& field) {
    auto operation = from_pb(message, field);
    if (!operation) return operation.status();
    Reader reader(field);
    L1OperationInfo out;
    out.index = message.index();
    out.operation = *operation;
    out.took_effect = message.took_effect();
    out.moved = reader.take(amount_from_pb, message.moved(), "moved");
    if (message.has_withdrawal()) out.withdrawal = message.withdrawal();
    return reader.finish(out);
}

Result<FeeIncome> fees_from_pb(const v1::FeeIncome& message, const std::string& field) {
    Reader reader(field);
    FeeIncome out;
    out.token = reader.take(token_from_pb, message.token(), "token");
    out.total = reader.take(amount_from_pb, message.total(), "total");
    out.owner = reader.take(address_from_pb, message.owner(), "owner");
    return reader.finish(out);
}

// A page whose items are of a repeated field called `name`.
template <class T, class List>
Result<Page<T>> page_from_pb(const List& list, uint64_t next_cursor, const std::string& field, const char* name) {
    auto items = list_from_pb<T>(from_pb, list, field, name);
    if (!items) return items.status();
    return Page<T>{*std::move(items), next_cursor};
}

}  // namespace

Result<ChainInfo> from_pb(const v1::ChainInfo& message, const std::string& field) {
    Reader reader(field);
    ChainInfo out;
    out.domain.chain_id = message.chain_id();
    out.domain.rollup = reader.take(address_from_pb, message.rollup(), "rollup");
    out.domain_separator = reader.take(hash_from_pb, message.domain_separator(), "domain_separator");
    out.server = message.server();
    out.version = message.version();
    out.state = reader.take<StateFields>(from_pb, message.state(), "state");
    out.op_count = message.op_count();
    out.head_batch = message.head_batch();
    out.head_hash = reader.take(hash_from_pb, message.head_hash(), "head_hash");
    out.final_batch = message.final_batch();
    out.posted_op_count = message.posted_op_count();
    out.final_op_count = message.final_op_count();
    out.l1_block = message.l1_block();
    out.l1_time = message.l1_time_s();
    out.l1_queue_length = message.l1_queue_length();
    out.l1_ops_waiting = message.l1_ops_waiting();
    out.challenge_window = message.challenge_window_s();
    out.inclusion_window = message.inclusion_window_s();
    out.freeze_age = message.freeze_age_s();
    out.frozen = message.frozen();
    out.since_batch = message.since_batch();
    return reader.finish(std::move(out));
}

Result<ChannelInfo> from_pb(const v1::ChannelInfo& message, const std::string& field) {
    Reader reader(field);
    ChannelInfo out;
    out.account = reader.take<AccountInfo>(from_pb, message.account(), "account");
    reader.require(out.account.is_channel(), "FIELD_MISSING", "account.channel", "is needed of a channel");
    if (message.has_terms()) out.terms = reader.take<ChannelTerms>(from_pb, message.terms(), "terms");
    out.status = reader.take_enum(status_of(message.status()), "status");
    out.unposted = reader.take(amount_from_pb, message.unposted(), "unposted");
    return reader.finish(out);
}

Result<AccountKey> key_from_pb(const std::string& bytes, const std::string& field) {
    if (bytes.size() != 2 * Address::kSize)
        return Status{Code::kInvalidArgument, "LENGTH_INVALID", field, "needs 40 bytes, has " + std::to_string(bytes.size())};
    return AccountKey{Address::from(view_of(bytes)), Address::from(view_of(bytes).subspan(Address::kSize))};
}

Result<Channels> from_pb(const v1::ListChannelsResponse& message, const std::string& field) {
    auto channels = list_from_pb<ChannelInfo>(from_pb, message.channels(), field, "channels");
    if (!channels) return channels.status();
    Reader reader(field);
    Channels out{*std::move(channels), reader.take_if_any(key_from_pb, message.next(), "next")};
    return reader.finish(std::move(out));
}

Result<AccountInfo> from_pb(const v1::Account& message, const std::string& field) {
    Reader reader(field);
    AccountInfo out;
    out.key.owner = reader.take(address_from_pb, message.owner(), "owner");
    out.key.token = reader.take(token_from_pb, message.token(), "token");
    out.index = message.index();
    out.nonce = message.has_channel() ? channel_nonce(reader, message) : message.nonce();
    reader.require(message.has_channel() || out.nonce < kChannelMark, "NUMBER_TOO_LARGE", "nonce", "is a channel's");
    out.balance = reader.take(amount_from_pb, message.balance(), "balance");
    return reader.finish(out);
}

Result<Balances> from_pb(const v1::ListBalancesResponse& message, const std::string& field) {
    auto accounts = list_from_pb<AccountInfo>(from_pb, message.accounts(), field, "accounts");
    if (!accounts) return accounts.status();
    Reader reader(field);
    Balances out{*std::move(accounts), reader.take_if_any(address_from_pb, message.next_token(), "next_token")};
    return reader.finish(std::move(out));
}

Result<OperationInfo> from_pb(const v1::OperationInfo& message, const std::string& field) {
    Reader reader(field);
    OperationInfo out;
    out.operation = reader.take<Operation>(from_pb, message.operation(), "operation");
    out.sender = reader.take(address_from_pb, message.sender(), "sender");
    if (out.operation.kind == OperationKind::kFund) out.operation.channel.terms.payer = out.sender;
    out.signature = reader.take(signature_from_pb, message.signature(), "signature");
    out.voucher = reader.take(voucher_from_pb, message.operation(), "operation");
    out.hash = reader.take(hash_from_pb, message.hash(), "hash");
    out.status = reader.take_enum(status_of(message.status()), "status");
    out.position = message.position();
    out.confirmed_at_ms = message.confirmed_at_ms();
    out.batch = message.batch();
    out.chunk = reader.take_u16(message.chunk(), "chunk");
    out.l1_transaction = reader.take_if_any(hash_from_pb, message.l1_transaction(), "l1_transaction");
    out.posted_at = message.posted_at_s();
    out.final_at = message.final_at_s();
    out.why = message.why();
    return reader.finish(std::move(out));
}

Result<EntryInfo> from_pb(const v1::Entry& message, const std::string& field) {
    Reader reader(field);
    EntryInfo out;
    out.number = message.number();
    switch (message.kind_case()) {
        case v1::Entry::kOperation: out.what = reader.take<OperationInfo>(from_pb, message.operation(), "operation"); break;
        case v1::Entry::kL1Operation: out.what = reader.take(l1_operation_from_pb, message.l1_operation(), "l1_operation"); break;
        case v1::Entry::kFeeIncome: out.what = reader.take(fees_from_pb, message.fee_income(), "fee_income"); break;
        case v1::Entry::KIND_NOT_SET:
            reader.require(false, "FIELD_MISSING", "operation", "or an l1_operation or a fee_income is needed");
    }
    out.status = reader.take_enum(status_of(message.status()), "status");
    out.batch = message.batch();
    out.final_at = message.final_at_s();
    return reader.finish(std::move(out));
}

Result<Page<EntryInfo>> from_pb(const v1::ListHistoryResponse& message, const std::string& field) {
    return page_from_pb<EntryInfo>(message.entries(), message.next_cursor(), field, "entries");
}

Result<Page<EntryInfo>> from_pb(const v1::FeedResponse& message, const std::string& field) {
    return page_from_pb<EntryInfo>(message.entries(), message.next_cursor(), field, "entries");
}

Result<IncomingPayment> from_pb(const v1::IncomingPayment& message, const std::string& field) {
    Reader reader(field);
    IncomingPayment out;
    out.kind = reader.take_enum(kind_of(message.kind()), "kind");
    out.entry = message.entry();
    out.from = reader.take(address_from_pb, message.from(), "from");
    out.to = reader.take(address_from_pb, message.to(), "to");
    out.token = reader.take(token_from_pb, message.token(), "token");
    out.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.memo = reader.take(memo_from_pb, message.memo(), "memo");
    out.line = reader.take_u16(message.line(), "line");
    out.confirmed_at_ms = message.confirmed_at_ms();
    if (!is_of_l1(out.kind)) {
        out.hash = reader.take(hash_from_pb, message.operation_hash(), "operation_hash");
    } else {
        out.l1_operation = message.l1_operation();
        reader.require(message.operation_hash().empty(), "FIELD_CONFLICT", "operation_hash", "isn't of what came from the L1");
        reader.require(message.memo().empty(), "FIELD_CONFLICT", "memo", "isn't of what came from the L1");
    }
    return reader.finish(out);
}

Result<Page<IncomingPayment>> from_pb(const v1::WatchPaymentsResponse& message, const std::string& field) {
    return page_from_pb<IncomingPayment>(message.payments(), message.next_cursor(), field, "payments");
}

Result<WithdrawalInfo> from_pb(const v1::Withdrawal& message, const std::string& field) {
    Reader reader(field);
    WithdrawalInfo out;
    out.position = message.position();
    out.withdrawal.recipient = reader.take(address_from_pb, message.recipient(), "recipient");
    out.withdrawal.token = reader.take(token_from_pb, message.token(), "token");
    out.withdrawal.amount = reader.take(amount_from_pb, message.amount(), "amount");
    out.hash = reader.take_if_any(hash_from_pb, message.operation_hash(), "operation_hash");
    out.status = reader.take_enum(status_of(message.status()), "status");
    out.batch = message.batch();
    out.final_at = message.final_at_s();
    out.seconds_left = message.seconds_left();
    return reader.finish(out);
}

Result<Page<WithdrawalInfo>> from_pb(const v1::ListWithdrawalsResponse& message, const std::string& field) {
    return page_from_pb<WithdrawalInfo>(message.withdrawals(), message.next_cursor(), field, "withdrawals");
}

Result<ClaimProof> from_pb(const v1::WithdrawalProof& message, const std::string& field) {
    Reader reader(field);
    ClaimProof out;
    out.withdrawal = reader.take<WithdrawalInfo>(from_pb, message.withdrawal(), "withdrawal");
    out.header = reader.take(header_from_pb, message.header(), "header");
    reader.require(out.header.number == message.batch(), "FIELD_CONFLICT", "batch", "isn't the header's");
    reader.require(message.path_size() <= static_cast<int>(kTreeDepth), "PATH_INVALID", "path", "has 32 siblings at most");
    if (auto checked = reader.finish(true); !checked) return checked.status();
    auto path = list_from_pb<Hash>(hash_from_pb, message.path(), field, "path");
    if (!path) return path.status();
    out.proof = {out.withdrawal.position, out.withdrawal.withdrawal, *std::move(path)};
    out.claimable_at = message.claimable_at_s();
    return out;
}

Result<BatchInfo> from_pb(const v1::BatchInfo& message, const std::string& field) {
    Reader reader(field);
    BatchInfo out;
    out.header = reader.take(header_from_pb, message.header(), "header");
    const Hash hash = reader.take(hash_from_pb, message.hash(), "hash");
    const StateFields last = reader.take<StateFields>(from_pb, message.last(), "last");
    reader.require(message.number() == out.header.number, "FIELD_CONFLICT", "number", "isn't the header's");
    reader.require(hash == out.header.hash(), "FIELD_CONFLICT", "hash", "isn't the header's");
    reader.require(last == out.header.last, "FIELD_CONFLICT", "last", "isn't the header's");
    reader.require(message.chunk_count() == out.header.chunk_count, "FIELD_CONFLICT", "chunk_count", "isn't the header's");
    out.size_bytes = message.size_bytes();
    out.l1_transaction = reader.take_if_any(hash_from_pb, message.l1_transaction(), "l1_transaction");
    out.l1_block = message.l1_block();
    out.posted_at = message.posted_at_s();
    out.first_position = message.first_position();
    out.op_count = message.op_count();
    out.l1_op_count = message.l1_op_count();
    out.final_at = message.final_at_s();
    out.is_final = message.status() == v1::BATCH_STATUS_FINAL;
    reader.require(out.is_final || message.status() == v1::BATCH_STATUS_POSTED, "ENUM_INVALID", "status",
                   "is none of its values");
    return reader.finish(std::move(out));
}

Result<ChunkSignatures> from_pb(const v1::ChunkSignatures& message, const std::string& field) {
    auto signatures = list_from_pb<Signature>(signature_from_pb, message.signatures(), field, "signatures");
    if (!signatures) return signatures.status();
    auto digests = list_from_pb<Hash>(hash_from_pb, message.digests(), field, "digests");
    if (!digests) return digests.status();
    return ChunkSignatures{*std::move(signatures), *std::move(digests)};
}

}  // namespace gavel::proto

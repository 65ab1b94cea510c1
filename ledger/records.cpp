#include "ledger/records.hpp"

#include "ledger/varint.hpp"
#include "protocol/encoding.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {
namespace {

constexpr uint8_t kOperationTag = 0, kL1Tag = 1, kFeeTag = 2;

std::string finish(ByteWriter& out) { return string_of(out.bytes()); }

void put_optional(ByteWriter& out, const std::optional<uint32_t>& value) {
    out.u8(value.has_value());
    if (value) out.u32(*value);
}

// A flag is 0 or 1; anything else makes `ok` false.
bool take_flag(ByteReader& in, bool& ok) {
    uint8_t flag = in.u8();
    if (flag > 1) ok = false;
    return flag == 1;
}

std::optional<uint32_t> take_optional(ByteReader& in, bool& ok) {
    if (!take_flag(in, ok)) return std::nullopt;
    return in.u32();
}

void put_operation(ByteWriter& out, const Operation& operation) {
    out.u8(static_cast<uint8_t>(operation.kind)).raw(operation.token).amount(operation.fee);
    out.u64(operation.nonce).raw(operation.memo);
    out.u8(static_cast<uint8_t>(operation.payments.size()));
    for (const Payment& payment : operation.payments) out.raw(payment.to).amount(payment.amount);
    if (!is_of_channel(operation.kind)) return;
    const ChannelWords& channel = operation.channel;
    out.raw(channel.terms.encode()).raw(channel.channel).u64(channel.count).u8(channel.take).u8(channel.close);
}

ChannelWords take_channel(ByteReader& in, bool& ok) {
    ChannelWords out;
    const ByteView terms = in.take(ChannelTerms::kSize);
    if (in.ok()) out.terms = *ChannelTerms::decode(terms);
    out.channel = in.fixed<Address>();
    out.count = in.u64();
    out.take = take_flag(in, ok);
    out.close = take_flag(in, ok);
    return out;
}

// Behind the first signature, where the operation says that there is another.
void put_voucher(ByteWriter& out, const std::optional<Signature>& voucher) {
    if (voucher) out.raw(*voucher);
}

std::optional<Signature> take_voucher(ByteReader& in, const Operation& operation) {
    return operation.channel.take ? std::optional(in.fixed<Signature>()) : std::nullopt;
}

Operation take_operation(ByteReader& in, bool& ok) {
    Operation out;
    const auto kind = static_cast<OperationKind>(in.u8());
    if (is_known(kind)) {
        out.kind = kind;
    } else {
        ok = false;
    }
    out.token = in.fixed<Address>();
    out.fee = in.amount();
    out.nonce = in.u64();
    out.memo = in.fixed<Hash>();
    uint8_t count = in.u8();
    for (uint8_t i = 0; i < count && in.ok(); ++i) {
        Address to = in.fixed<Address>();
        out.payments.push_back({to, in.amount()});
    }
    if (is_of_channel(out.kind)) out.channel = take_channel(in, ok);
    return out;
}

// How the chunk names the recipient of a payment that has credited `leaf`.
Recipient take_recipient(ByteReader& in, const Payment& payment, uint32_t leaf, bool& ok) {
    Recipient out;
    if (take_flag(in, ok)) out.address = payment.to;
    else out.index = leaf;
    return out;
}

void put(ByteWriter& out, const OperationEntry& entry) {
    put_operation(out, entry.operation);
    out.u64(entry.position).u32(entry.posted.sender).raw(entry.sender);
    out.raw(entry.signature);
    put_voucher(out, entry.voucher);
    out.raw(entry.digest).u64(entry.confirmed_at_ms);
    if (entry.withdrawal) {
        out.u32(*entry.withdrawal);
        return;
    }
    for (size_t i = 0; i < entry.recipients.size(); ++i) {
        out.u32(entry.recipients[i]).u8(entry.posted.payments[i].to.address.has_value());
    }
}

OperationEntry take_operation_entry(ByteReader& in, bool& ok) {
    OperationEntry out;
    out.operation = take_operation(in, ok);
    out.position = in.u64();
    out.posted = {out.operation.kind, in.u32(), {}, out.operation.fee, out.operation.memo, posted_channel(out.operation)};
    out.sender = in.fixed<Address>();
    out.signature = in.fixed<Signature>();
    out.voucher = take_voucher(in, out.operation);
    out.digest = in.fixed<Hash>();
    out.hash = operation_hash(out.digest, out.sender);
    out.confirmed_at_ms = in.u64();
    const Payees payees = traits_of(out.operation.kind).payees;
    if (payees == Payees::kL1) out.withdrawal = in.u32();
    for (const Payment& payment : out.operation.payments) {
        PostedPayment posted{{0, payment.to}, payment.amount};
        if (payees != Payees::kL1) {
            out.recipients.push_back(in.u32());
            posted.to = take_recipient(in, payment, out.recipients.back(), ok);
        }
        if (payees == Payees::kChannel) posted.to = {};      // it is what the terms name
        if (payees == Payees::kParties) posted.amount = {};  // it follows from the leaf
        out.posted.payments.push_back(posted);
    }
    return out;
}

void put(ByteWriter& out, const L1Entry& entry) {
    out.u64(entry.index).raw(entry.operation.encode()).u8(entry.took_effect).amount(entry.moved);
    put_optional(out, entry.sender);
    put_optional(out, entry.recipient);
    put_optional(out, entry.withdrawal);
    out.raw(entry.queue_hash);
}

L1Entry take_l1_entry(ByteReader& in, bool& ok) {
    L1Entry out;
    out.index = in.u64();
    auto operation = L1Operation::decode(in.take(L1Operation::kSize));
    if (operation) {
        out.operation = *operation;
    } else {
        ok = false;
    }
    out.took_effect = take_flag(in, ok);
    out.moved = in.amount();
    out.sender = take_optional(in, ok);
    out.recipient = take_optional(in, ok);
    out.withdrawal = take_optional(in, ok);
    out.queue_hash = in.fixed<Hash>();
    return out;
}

}  // namespace

CheckedOperation with_names(const Operation& operation, const Address& sender, const Signature& signature,
                            const Hash& domain_separator, const std::optional<Signature>& voucher) {
    const Hash digest = operation.digest(domain_separator);
    return {operation, sender, signature, voucher, digest, operation_hash(digest, sender)};
}

Voucher voucher_of(const Operation& operation) { return {operation.channel.channel, operation.token, operation.channel.count}; }

PostedChannel posted_channel(const Operation& operation) {
    if (!is_of_channel(operation.kind)) return {};
    const ChannelWords& words = operation.channel;
    const bool names_payee = traits_of(operation.kind).payees == Payees::kChannel;
    return {names_payee ? words.terms.payee : Address{},
            words.terms.unit,
            words.terms.expiry,
            words.terms.salt,
            Amount{words.count},
            words.take,
            words.close};
}

std::string encode_entry(const Entry& entry) {
    ByteWriter out;
    out.u8(static_cast<uint8_t>(entry.what.index()));
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        put(out, *operation);
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        put(out, *l1);
    } else {
        const auto& fee = std::get<FeeEntry>(entry.what);
        out.raw(fee.token).amount(fee.total).u32(fee.leaf).raw(fee.owner);
    }
    return finish(out);
}

std::optional<Entry> decode_entry(uint64_t number, std::string_view data) {
    ByteReader in(view_of(data));
    Entry out;
    out.number = number;
    bool ok = true;
    switch (in.u8()) {
        case kOperationTag: out.what = take_operation_entry(in, ok); break;
        case kL1Tag: out.what = take_l1_entry(in, ok); break;
        case kFeeTag: {
            FeeEntry fee;
            fee.token = in.fixed<Address>();
            fee.total = in.amount();
            fee.leaf = in.u32();
            fee.owner = in.fixed<Address>();
            out.what = fee;
            break;
        }
        default: return std::nullopt;
    }
    if (!ok || !in.finished()) return std::nullopt;
    return out;
}

std::string encode_entries(std::span<const std::shared_ptr<const Entry>> entries) {
    ByteWriter out;
    for (const auto& entry : entries) {
        const std::string bytes = encode_entry(*entry);
        put_varint(out, bytes.size());
        out.raw(view_of(bytes));
    }
    return finish(out);
}

std::optional<std::vector<Entry>> decode_entries(uint64_t first, std::string_view data) {
    ByteReader in(view_of(data));
    bool ok = true;
    std::vector<Entry> out;
    while (in.remaining() > 0) {
        const uint32_t size = take_varint32(in, ok);
        auto entry = decode_entry(first + out.size(), string_of(in.take(size)));
        if (!ok || !in.ok() || !entry) return std::nullopt;
        out.push_back(*std::move(entry));
    }
    return out;
}

std::string encode_batch_record(const BatchRecord& batch) {
    ByteWriter out;
    out.raw(batch.header.encode()).raw(batch.l1_queue_hash).u64(batch.first_chunk).u32(batch.size_bytes);
    out.u8(batch.tx_hash.has_value());
    if (batch.tx_hash) out.raw(*batch.tx_hash);
    return finish(out);
}

std::optional<BatchRecord> decode_batch_record(std::string_view data) {
    ByteReader in(view_of(data));
    BatchRecord out;
    ByteView header = in.take(BatchHeader::kSize);
    out.l1_queue_hash = in.fixed<Hash>();
    out.first_chunk = in.u64();
    out.size_bytes = in.u32();
    bool ok = true;
    if (take_flag(in, ok)) out.tx_hash = in.fixed<Hash>();
    if (!ok || !in.finished()) return std::nullopt;
    out.header = BatchHeader::decode(header);
    return out;
}

std::string encode_base(const LedgerBase& base) {
    ByteWriter out;
    out.raw(base.header.encode()).raw(base.l1_queue_hash);
    return finish(out);
}

std::optional<LedgerBase> decode_base(std::string_view data) {
    if (data.size() != BatchHeader::kSize + Hash::kSize) return std::nullopt;
    ByteReader in(view_of(data));
    LedgerBase out;
    out.header = BatchHeader::decode(in.take(BatchHeader::kSize));
    out.l1_queue_hash = in.fixed<Hash>();
    return out;
}

std::string encode_rolled_back(const RolledBack& operation) {
    ByteWriter out;
    put_operation(out, operation.operation);
    out.raw(operation.signature);
    put_voucher(out, operation.voucher);
    out.raw(operation.digest).raw(operation.sender).u64(operation.position);
    out.u64(operation.confirmed_at_ms).u64(operation.when_ms).raw(view_of(operation.why));
    return finish(out);
}

std::optional<RolledBack> decode_rolled_back(uint64_t number, std::string_view data) {
    ByteReader in(view_of(data));
    RolledBack out;
    bool ok = true;
    out.number = number;
    out.operation = take_operation(in, ok);
    out.signature = in.fixed<Signature>();
    out.voucher = take_voucher(in, out.operation);
    out.digest = in.fixed<Hash>();
    out.sender = in.fixed<Address>();
    out.hash = operation_hash(out.digest, out.sender);
    out.position = in.u64();
    out.confirmed_at_ms = in.u64();
    out.when_ms = in.u64();
    if (!ok || !in.ok()) return std::nullopt;
    out.why = string_of(in.take(in.remaining()));
    return out;
}

std::string encode_withdrawal(const WithdrawalRecord& withdrawal) {
    ByteWriter out;
    out.raw(withdrawal.withdrawal.encode()).u64(withdrawal.entry);
    return finish(out);
}

std::optional<WithdrawalRecord> decode_withdrawal(uint32_t position, std::string_view data) {
    if (data.size() != Withdrawal::kSize + sizeof(uint64_t)) return std::nullopt;
    ByteReader in(view_of(data));
    WithdrawalRecord out;
    out.position = position;
    out.withdrawal = Withdrawal::decode(in.take(Withdrawal::kSize));
    out.entry = in.u64();
    return out;
}

}  // namespace gavel::ledger

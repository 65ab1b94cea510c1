#include "channel/payee_records.hpp"

#include "protocol/encoding.hpp"

namespace gavel::channel {

namespace {

constexpr size_t kChannelKeySize = 1 + 2 * Address::kSize, kTicketHead = Hash::kSize + 8 + 1;

}  // namespace

std::string channel_key(const AccountKey& channel) { return kChannelTable + string_of(channel.owner) + string_of(channel.token); }

std::string ticket_key(const AccountKey& channel, uint64_t count) {
    ByteWriter out;
    out.u8(kTicketTable).raw(channel.owner).raw(channel.token).u64(count);
    return string_of(out.bytes());
}

std::string encode(const PayeeRecord& record) {
    ByteWriter out;
    out.raw(record.terms.encode()).u64(record.count).raw(record.signature);
    out.u64(record.credit).u64(record.floor).u64(record.since_s);
    return string_of(out.bytes());
}

std::string encode(const Ticket& ticket, ByteView answer) {
    ByteWriter out;
    out.raw(ticket.request).u64(ticket.units).u8(static_cast<uint8_t>(ticket.state)).raw(answer);
    return string_of(out.bytes());
}

std::optional<AccountKey> channel_of_key(std::string_view key) {
    if (key.size() < kChannelKeySize) return std::nullopt;
    ByteReader in(view_of(key.substr(1)));
    AccountKey out;
    out.owner = in.fixed<Address>();
    out.token = in.fixed<Address>();
    return out;
}

std::optional<uint64_t> count_of_key(std::string_view ticket_key) {
    if (ticket_key.size() != kChannelKeySize + 8) return std::nullopt;
    return ByteReader(view_of(ticket_key.substr(kChannelKeySize))).u64();
}

std::optional<PayeeRecord> decode_record(std::string_view row) {
    ByteReader in(view_of(row));
    PayeeRecord out;
    const auto terms = ChannelTerms::decode(in.take(ChannelTerms::kSize));
    out.count = in.u64();
    out.signature = in.fixed<Signature>();
    out.credit = in.u64();
    out.floor = in.u64();
    out.since_s = in.u64();
    if (!terms || !terms->are_right() || !in.finished()) return std::nullopt;
    out.terms = *terms;
    return out;
}

std::optional<Ticket> decode_ticket(std::string_view row) {
    ByteReader in(view_of(row));
    Ticket out;
    out.request = in.fixed<Hash>();
    out.units = in.u64();
    const uint8_t state = in.u8();
    if (!in.ok() || state > static_cast<uint8_t>(Serving::kFailed)) return std::nullopt;
    out.state = static_cast<Serving>(state);
    return out;
}

Bytes answer_in(std::string_view row) { return row.size() < kTicketHead ? Bytes{} : to_bytes(view_of(row.substr(kTicketHead))); }

}  // namespace gavel::channel

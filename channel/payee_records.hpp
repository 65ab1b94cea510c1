// A payee's book row by row. Used by the book alone.
//
//     'c' channel(20) token(20)              terms(72) count(8) signature(64) credit(8) floor(8) since(8)
//     't' channel(20) token(20) count(8)     request(32) units(8) state(1), then the answer
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "channel/vouchers.hpp"

namespace gavel::channel {

// What became of the one request that a voucher is bound to.
enum class Serving : uint8_t {
    kTaken,   // paid for; nobody has said yet that it was served
    kServed,  // its answer is kept, if it wasn't too long
    kFailed,  // its units went to the credit; the voucher may be bound anew
};

struct Ticket {
    Hash request;
    uint64_t units = 0;
    Serving state = Serving::kTaken;
    bool working = false;  // somebody in this process is at it; not on the disk
};

struct PayeeRecord {
    ChannelTerms terms;
    uint64_t count = 0;  // of the largest voucher
    Signature signature;
    uint64_t credit = 0;   // units paid and not served
    uint64_t floor = 0;    // of vouchers up to it nothing is remembered
    uint64_t since_s = 0;  // L1 time when the oldest unit not yet redeemed was paid; 0: none
    // Not on the disk in this row:
    std::map<uint64_t, Ticket> tickets;  // by count
    size_t working = 0;                  // of them
    Amount exposed;                      // what of its vouchers no posted funding covers
};

std::string channel_key(const AccountKey& channel);
std::string ticket_key(const AccountKey& channel, uint64_t count);
inline constexpr char kChannelTable = 'c', kTicketTable = 't';

std::string encode(const PayeeRecord& record);
std::string encode(const Ticket& ticket, ByteView answer);

// nullopt for anything that wasn't written by these.
std::optional<AccountKey> channel_of_key(std::string_view key);
std::optional<uint64_t> count_of_key(std::string_view ticket_key);
std::optional<PayeeRecord> decode_record(std::string_view row);
std::optional<Ticket> decode_ticket(std::string_view row);
// The answer in a ticket's row.
Bytes answer_in(std::string_view row);

}  // namespace gavel::channel

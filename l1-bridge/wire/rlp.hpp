// Recursive length prefix, Ethereum's encoding of transactions and headers. Decoding takes the one canonical encoding only.
#pragma once

#include <cstdint>

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::l1 {

class RlpWriter {
public:
    RlpWriter& string(ByteView value);
    // Big-endian without leading zeros; zero is the empty string.
    RlpWriter& integer(u128 value);
    // Appends the items of `inner` as one list.
    RlpWriter& list(const RlpWriter& inner);
    // An item that is encoded already.
    RlpWriter& encoded(ByteView item);

    // The items one after another, without a list around them.
    const Bytes& bytes() const { return out_; }
    // All items as one list.
    Bytes as_list() const;

private:
    Bytes out_;
};

enum class RlpError {
    kNone,
    kTruncated,     // an item goes on past the end
    kNotCanonical,  // a length or a single byte in a longer form than needed
    kListExpected,
    kStringExpected,
    kWrongLength,      // a string of fixed length has another
    kLeadingZero,      // an integer with a leading zero byte
    kIntegerTooLarge,  // an integer over the reader's width, at most 2^128-1
    kTrailingBytes,    // more items or bytes than expected
};
const char* to_string(RlpError error);

// Reads items forward. After the first error every read gives zeros; the caller checks once, at the end, by finished(). A list is
// read by a reader of its own, whose finished() is to be checked as well.
class RlpReader {
public:
    explicit RlpReader(ByteView items, RlpError error = RlpError::kNone) : rest_(items), error_(error) {}

    ByteView string();
    RlpReader list();
    // The next item as it is encoded, string or list; empty after an error.
    ByteView item();
    u128 integer();
    uint64_t integer64();
    template <class Fixed>
    Fixed fixed() {
        ByteView raw = string();
        if (raw.size() == Fixed::kSize) return Fixed::from(raw);
        fail(RlpError::kWrongLength);
        return Fixed{};
    }

    bool more() const { return error_ == RlpError::kNone && !rest_.empty(); }
    // Nothing was wrong and nothing is left.
    bool finished();
    RlpError error() const { return error_; }

private:
    struct Item {
        bool is_list = false;
        ByteView payload;
    };
    Item next();
    void fail(RlpError error);

    ByteView rest_;
    RlpError error_;
};

}  // namespace gavel::l1

// Reads JSON that has one form only: literal text, and between it values of known types. Whatever deviates is refused, so there
// is no depth, no order of fields and no second spelling to think of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::channel {

// Reads forward; after a deviation everything reads as nothing and finished() is false, so that a caller checks once.
class TextReader {
public:
    explicit TextReader(std::string_view text) : text_(text) {}

    // Exactly this.
    TextReader& literal(std::string_view expected);
    // Whether this comes next; then it is taken.
    bool takes(std::string_view expected);
    // Decimal digits without leading zeros.
    TextReader& amount(Amount& out);
    TextReader& number(uint64_t& out);
    // "0x" and exactly as many lower-case hex digits as the bytes need.
    template <class Fixed>
    TextReader& hex(Fixed& out) {
        const std::string_view digits = take_hex(Fixed::kSize);
        if (auto raw = fixed_from_hex<Fixed>(digits)) out = *raw;
        return *this;
    }
    TextReader& hex(Bytes& out, size_t size);
    // Up to `most` characters that JSON and headers carry as they are: printable ASCII but quotation mark and backslash.
    TextReader& plain(std::string& out, size_t most);

    bool ok() const { return ok_; }
    bool finished() const { return ok_ && text_.empty(); }

private:
    std::string_view take_digits();
    std::string_view take_hex(size_t bytes);
    std::string_view take(size_t count);

    std::string_view text_;
    bool ok_ = true;
};

// Whether TextReader::plain would take all of it.
bool is_plain(std::string_view text, size_t most);

}  // namespace gavel::channel

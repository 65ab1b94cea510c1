#include "channel/http_text.hpp"

#include <algorithm>

namespace gavel::channel {

namespace {

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

}  // namespace

bool is_plain(std::string_view text, size_t most) {
    return text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c); });
}

std::string_view TextReader::take(size_t count) {
    if (!ok_ || count > text_.size()) {
        ok_ = false;
        return {};
    }
    const std::string_view out = text_.substr(0, count);
    text_.remove_prefix(count);
    return out;
}

TextReader& TextReader::literal(std::string_view expected) {
    if (!takes(expected)) ok_ = false;
    return *this;
}

bool TextReader::takes(std::string_view expected) {
    if (!ok_ || !text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
}

std::string_view TextReader::take_digits() {
    size_t count = 0;
    while (count < text_.size() && count < 40 && is_digit(text_[count])) ++count;
    const std::string_view digits = take(count);
    if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) ok_ = false;
    return digits;
}

TextReader& TextReader::amount(Amount& out) {
    const auto value = amount_from_string(take_digits());
    if (!value) ok_ = false;
    if (ok_) out = *value;
    return *this;
}

TextReader& TextReader::number(uint64_t& out) {
    Amount value;
    amount(value);
    if (value.value() > ~uint64_t{0}) ok_ = false;
    if (ok_) out = static_cast<uint64_t>(value.value());
    return *this;
}

std::string_view TextReader::take_hex(size_t bytes) {
    literal("0x");
    const std::string_view digits = take(2 * bytes);
    if (!std::all_of(digits.begin(), digits.end(), is_hex_digit)) ok_ = false;
    return ok_ ? digits : std::string_view{};
}

TextReader& TextReader::hex(Bytes& out, size_t size) {
    if (auto raw = from_hex(take_hex(size)); raw && raw->size() == size) out = std::move(*raw);
    return *this;
}

TextReader& TextReader::plain(std::string& out, size_t most) {
    size_t count = 0;
    while (count < text_.size() && count <= most && is_plain(text_[count])) ++count;
    if (count > most) ok_ = false;
    const std::string_view text = take(count);
    if (ok_) out = std::string(text);
    return *this;
}

}  // namespace gavel::channel

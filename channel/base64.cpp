#include "channel/base64.hpp"

#include <array>
#include <cstdint>

namespace gavel::channel {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> values() {
    std::array<int8_t, 256> out{};
    for (auto& value : out) value = -1;
    for (size_t i = 0; i < kDigits.size(); ++i) out[static_cast<uint8_t>(kDigits[i])] = static_cast<int8_t>(i);
    return out;
}
constexpr std::array<int8_t, 256> kValues = values();

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - at);
        uint32_t group = 0;
        for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0);
        for (size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (size_t at = 0; at < text.size(); at += 4) {
        std::string_view group = text.substr(at, 4);
        if (at + 4 == text.size())
            while (group.size() > 2 && group.back() == '=') group.remove_suffix(1);
        uint32_t bits = 0;
        for (char digit : group) {
            const int8_t value = kValues[static_cast<uint8_t>(digit)];
            if (value < 0) return std::nullopt;
            bits = bits << 6 | static_cast<uint32_t>(value);
        }
        const size_t unused = group.size() == 4 ? 0 : group.size() == 3 ? 2 : 4;
        if ((bits & ((1u << unused) - 1)) != 0) return std::nullopt;
        bits >>= unused;
        for (size_t i = group.size() - 1; i-- > 0;) out += static_cast<char>(bits >> (8 * i));
    }
    return out;
}

}  // namespace gavel::channel

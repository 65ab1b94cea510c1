// Byte strings: views, owned buffers, and strong types of fixed length.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gavel {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// N bytes with a type of their own: a Hash is no Address, and a wrong length does not compile. Ordered as a big-endian integer.
template <size_t N, class Tag>
struct FixedBytes {
    static constexpr size_t kSize = N;
    std::array<uint8_t, N> bytes{};

    constexpr uint8_t* data() { return bytes.data(); }
    constexpr const uint8_t* data() const { return bytes.data(); }
    static constexpr size_t size() { return N; }
    operator ByteView() const { return ByteView{bytes.data(), N}; }
    bool is_zero() const { return *this == FixedBytes{}; }
    friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

    // The first N bytes of `view`, which must hold at least N.
    static FixedBytes from(ByteView view) {
        FixedBytes out;
        std::memcpy(out.bytes.data(), view.data(), N);
        return out;
    }
};

using Hash = FixedBytes<32, struct HashTag>;
using Address = FixedBytes<20, struct AddressTag>;
using Signature = FixedBytes<64, struct SignatureTag>;  // EIP-2098 compact form: r, then y's parity and s

inline ByteView view_of(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string string_of(ByteView view) { return {reinterpret_cast<const char*>(view.data()), view.size()}; }
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }
inline void append(Bytes& out, ByteView view) { out.insert(out.end(), view.begin(), view.end()); }

// "0x" and lower-case hex digits.
std::string to_hex(ByteView view);
// Hex digits of either case, an even number, with or without "0x"; nullopt for anything else.
std::optional<Bytes> from_hex(std::string_view text);
template <class Fixed>
std::optional<Fixed> fixed_from_hex(std::string_view text) {
    auto raw = from_hex(text);
    if (!raw || raw->size() != Fixed::kSize) return std::nullopt;
    return Fixed::from(*raw);
}

}  // namespace gavel

template <size_t N, class Tag>
struct std::hash<gavel::FixedBytes<N, Tag>> {
    size_t operator()(const gavel::FixedBytes<N, Tag>& value) const noexcept {
        uint64_t words[2];
        std::memcpy(words, value.data() + N - 16, 16);
        return words[0] * 0x9e3779b97f4a7c15ull ^ words[1];
    }
};

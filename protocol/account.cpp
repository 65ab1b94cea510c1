#include "protocol/account.hpp"

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel {

// Written without ByteWriter and ByteReader: a state of millions of leaves is encoded and decoded with these at each start.
void Account::encode_to(std::span<uint8_t, kSize> out) const {
    auto put = [at = out.data()](const void* from, size_t size) mutable {
        std::memcpy(at, from, size);
        at += size;
    };
    auto put_u64 = [&put](uint64_t value) {
        const uint64_t big_endian = __builtin_bswap64(value);
        put(&big_endian, sizeof big_endian);
    };
    put(key.owner.data(), Address::kSize);
    put(key.token.data(), Address::kSize);
    put_u64(nonce);
    put_u64(static_cast<uint64_t>(balance.value() >> 64));
    put_u64(static_cast<uint64_t>(balance.value()));
    put(next.owner.data(), Address::kSize);
    put(next.token.data(), Address::kSize);
}

Bytes Account::encode() const {
    Bytes out(kSize);
    encode_to(std::span<uint8_t, kSize>(out));
    return out;
}

Account Account::decode(ByteView data) {
    GAVEL_CHECK(data.size() == kSize);
    auto take = [at = data.data()](void* to, size_t size) mutable {
        std::memcpy(to, at, size);
        at += size;
    };
    auto take_u64 = [&take] {
        uint64_t big_endian;
        take(&big_endian, sizeof big_endian);
        return __builtin_bswap64(big_endian);
    };
    Account out;
    take(out.key.owner.data(), Address::kSize);
    take(out.key.token.data(), Address::kSize);
    out.nonce = take_u64();
    const u128 high = take_u64();
    out.balance = Amount{high << 64 | take_u64()};
    take(out.next.owner.data(), Address::kSize);
    take(out.next.token.data(), Address::kSize);
    return out;
}

Hash Account::hash() const {
    std::array<uint8_t, kSize> encoded;
    encode_to(encoded);
    return keccak256(encoded);
}

}  // namespace gavel

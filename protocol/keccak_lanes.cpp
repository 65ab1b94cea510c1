#include "protocol/keccak_lanes.hpp"

#include <algorithm>

#include "protocol/check.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gavel {
namespace {

constexpr size_t kRate = kKeccakRate;

#if defined(__x86_64__)
constexpr uint64_t kRoundConstants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

uint64_t word_at(const uint8_t* bytes) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    return word;
}

namespace four {

using Lane = __m256i;
#define GAVEL_LANES __attribute__((target("avx2"), always_inline)) inline

GAVEL_LANES long long word(const uint8_t* input, size_t offset) { return static_cast<long long>(word_at(input + offset)); }
GAVEL_LANES Lane load(const uint8_t* const* in, size_t offset) {
    return _mm256_set_epi64x(word(in[3], offset), word(in[2], offset), word(in[1], offset), word(in[0], offset));
}
GAVEL_LANES void store(Lane lane, uint8_t* const* outputs, size_t offset) {
    uint64_t words[4];
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), lane);
    for (size_t i = 0; i < 4; ++i) std::memcpy(outputs[i] + offset, &words[i], 8);
}
GAVEL_LANES Lane splat(uint64_t word) { return _mm256_set1_epi64x(static_cast<long long>(word)); }
GAVEL_LANES Lane exor(Lane a, Lane b) { return _mm256_xor_si256(a, b); }
GAVEL_LANES Lane exor3(Lane a, Lane b, Lane c) { return exor(exor(a, b), c); }
template <int R>
GAVEL_LANES Lane rotated(Lane a) {
    return _mm256_or_si256(_mm256_slli_epi64(a, R), _mm256_srli_epi64(a, 64 - R));
}
GAVEL_LANES Lane chi(Lane a, Lane b, Lane c) { return exor(a, _mm256_andnot_si256(b, c)); }
#include "protocol/keccak_rounds.hpp"
#undef GAVEL_LANES

__attribute__((target("avx2"))) void hash(const uint8_t* const* inputs, size_t words, uint8_t* const* outputs) {
    hash_block(inputs, words, outputs);
}

}  // namespace four

namespace eight {

using Lane = __m512i;
#define GAVEL_LANES __attribute__((target("avx512f"), always_inline)) inline

GAVEL_LANES long long word(const uint8_t* input, size_t offset) { return static_cast<long long>(word_at(input + offset)); }
GAVEL_LANES Lane load(const uint8_t* const* in, size_t offset) {
    return _mm512_set_epi64(word(in[7], offset), word(in[6], offset), word(in[5], offset), word(in[4], offset),
                            word(in[3], offset), word(in[2], offset), word(in[1], offset), word(in[0], offset));
}
GAVEL_LANES void store(Lane lane, uint8_t* const* outputs, size_t offset) {
    uint64_t words[8];
    _mm512_storeu_si512(words, lane);
    for (size_t i = 0; i < 8; ++i) std::memcpy(outputs[i] + offset, &words[i], 8);
}
GAVEL_LANES Lane splat(uint64_t word) { return _mm512_set1_epi64(static_cast<long long>(word)); }
GAVEL_LANES Lane exor(Lane a, Lane b) { return _mm512_xor_si512(a, b); }
// vpternlog's constants are the truth tables: of a ^ b ^ c, and of a ^ (~b & c).
GAVEL_LANES Lane exor3(Lane a, Lane b, Lane c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
template <int R>
GAVEL_LANES Lane rotated(Lane a) {
    using Words [[gnu::vector_size(64)]] = uint64_t;  // _mm512_rol_epi64 makes GCC 12 warn of its own header
    if constexpr (R == 0) return a;
    else return reinterpret_cast<Lane>(reinterpret_cast<Words>(a) << R | reinterpret_cast<Words>(a) >> (64 - R));
}
GAVEL_LANES Lane chi(Lane a, Lane b, Lane c) { return _mm512_ternarylogic_epi64(a, b, c, 0xD2); }
#include "protocol/keccak_rounds.hpp"
#undef GAVEL_LANES

__attribute__((target("avx512f"))) void hash(const uint8_t* const* inputs, size_t words, uint8_t* const* outputs) {
    hash_block(inputs, words, outputs);
}

}  // namespace eight
#endif

}  // namespace

bool machine_has(KeccakWidth width) {
#if defined(__x86_64__)
    if (width == KeccakWidth::kEight) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2");
    if (width == KeccakWidth::kFour) return __builtin_cpu_supports("avx2");
#endif
    return width == KeccakWidth::kOne;
}

void keccak256_many(ByteView inputs, size_t length, std::span<Hash> out, KeccakWidth width) {
    GAVEL_CHECK(length > 0 && length % 8 == 0 && length < kRate && inputs.size() == length * out.size());
    GAVEL_CHECK(machine_has(width));
    size_t done = 0;
#if defined(__x86_64__)
    constexpr size_t kMost = 8;
    const size_t states = static_cast<size_t>(width);
    const uint8_t* in[kMost];
    uint8_t* to[kMost];
    Hash spare;
    while (width != KeccakWidth::kOne && out.size() - done > 1) {
        const size_t used = std::min(states, out.size() - done);
        for (size_t i = 0; i < states; ++i) {  // states to spare hash an input again, for nobody
            in[i] = inputs.data() + length * (done + std::min(i, used - 1));
            to[i] = i < used ? out[done + i].data() : spare.data();
        }
        (width == KeccakWidth::kEight ? eight::hash : four::hash)(in, length / 8, to);
        done += used;
    }
#endif
    for (; done < out.size(); ++done) out[done] = keccak256(inputs.subspan(done * length, length));
}

void keccak256_many(ByteView inputs, size_t length, std::span<Hash> out) {
    static const KeccakWidth widest = machine_has(KeccakWidth::kEight)  ? KeccakWidth::kEight
                                      : machine_has(KeccakWidth::kFour) ? KeccakWidth::kFour
                                                                        : KeccakWidth::kOne;
    keccak256_many(inputs, length, out, widest);
}

void keccak256_pairs(std::span<const Hash> children, std::span<Hash> out) {
    if (out.empty()) return;
    keccak256_many({children.front().data(), children.size() * Hash::kSize}, 2 * Hash::kSize, out);
}

}  // namespace gavel

// The scalar field of BLS12-381, whose elements fill blobs (EIP-4844). For what is computed with them inside protocol/; others
// meet elements as bytes.
#pragma once

#include "protocol/bytes.hpp"

namespace gavel {

// A big-endian integer, as blobs hold 4,096 of them. It stands for an element of the field only if it is below the field's order
// r; else it is no other form of one, and refused wherever it is read as one.
using Element = FixedBytes<32, struct ElementTag>;

// An element of the field. The arithmetic is blst's.
class Fr {
public:
    Fr() = default;  // zero
    static Fr of(uint64_t number);
    // nullopt: not below r.
    static std::optional<Fr> from(const Element& bytes);
    // The hash, a big-endian integer, modulo r.
    static Fr reduced(const Hash& hash);
    Element bytes() const;

    Fr operator+(const Fr& other) const;
    Fr operator-(const Fr& other) const;
    Fr operator*(const Fr& other) const;
    Fr pow(uint64_t exponent) const;
    // Zero has none, and gives zero.
    Fr inverse() const;
    bool is_zero() const { return *this == Fr{}; }
    friend bool operator==(const Fr&, const Fr&) = default;

    // In Montgomery's form, the lowest limb first, and always below r.
    using Limbs = std::array<uint64_t, 4>;
    const Limbs& limbs() const { return limbs_; }

private:
    Limbs limbs_{};
};

}  // namespace gavel

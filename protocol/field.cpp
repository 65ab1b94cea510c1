#include "protocol/field.hpp"

#include <blst.h>

#include <bit>

namespace gavel {
namespace {

static_assert(sizeof(blst_fr) == sizeof(Fr) && alignof(blst_fr) == alignof(Fr));

blst_fr to_blst(const Fr& value) { return std::bit_cast<blst_fr>(value); }
Fr from_blst(const blst_fr& value) { return std::bit_cast<Fr>(value); }

}  // namespace

Fr Fr::of(uint64_t number) {
    const uint64_t limbs[4] = {number, 0, 0, 0};
    blst_fr out;
    blst_fr_from_uint64(&out, limbs);
    return from_blst(out);
}

std::optional<Fr> Fr::from(const Element& bytes) {
    blst_scalar scalar;
    blst_scalar_from_bendian(&scalar, bytes.data());
    if (!blst_scalar_fr_check(&scalar)) return std::nullopt;
    blst_fr out;
    blst_fr_from_scalar(&out, &scalar);
    return from_blst(out);
}

Fr Fr::reduced(const Hash& hash) {
    blst_scalar scalar;
    blst_scalar_from_bendian(&scalar, hash.data());
    blst_fr out;
    blst_fr_from_scalar(&out, &scalar);  // takes any 256 bits
    return from_blst(out);
}

Element Fr::bytes() const {
    const blst_fr value = to_blst(*this);
    blst_scalar scalar;
    blst_scalar_from_fr(&scalar, &value);
    Element out;
    blst_bendian_from_scalar(out.data(), &scalar);
    return out;
}

Fr Fr::operator+(const Fr& other) const {
    const blst_fr left = to_blst(*this), right = to_blst(other);
    blst_fr out;
    blst_fr_add(&out, &left, &right);
    return from_blst(out);
}

Fr Fr::operator-(const Fr& other) const {
    const blst_fr left = to_blst(*this), right = to_blst(other);
    blst_fr out;
    blst_fr_sub(&out, &left, &right);
    return from_blst(out);
}

Fr Fr::operator*(const Fr& other) const {
    const blst_fr left = to_blst(*this), right = to_blst(other);
    blst_fr out;
    blst_fr_mul(&out, &left, &right);
    return from_blst(out);
}

Fr Fr::pow(uint64_t exponent) const {
    Fr out = of(1);
    for (Fr square = *this; exponent != 0; exponent >>= 1, square = square * square) {
        if (exponent & 1) out = out * square;
    }
    return out;
}

Fr Fr::inverse() const {
    const blst_fr value = to_blst(*this);
    blst_fr out;
    blst_fr_eucl_inverse(&out, &value);
    return from_blst(out);
}

}  // namespace gavel

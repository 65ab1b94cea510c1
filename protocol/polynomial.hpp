// Polynomials over BLS12-381's scalar field, as lists of coefficients, the constant one first; and the domain over which a blob
// gives the values of one (EIP-4844).
#pragma once

#include <vector>

#include "protocol/kzg.hpp"

namespace gavel {

// The point at which a blob's polynomial has the blob's element `index` for its value, index < 4,096: w to the power of the
// index, its 12 bits reversed, where w = 7^((r - 1) / 4096).
//
// So elements i to i + n - 1, n a power of two and i a multiple of it, are the values at h, the point of i, times the n-th roots
// of unity: at the zeros of X^n - h^n.
Fr blob_point(size_t index);

// The coefficients of the polynomial with these 4,096 values, which are in a blob's order.
std::vector<Fr> coefficients_of(std::vector<Fr> values);
// The values in a blob's order.
std::optional<std::vector<Fr>> values_of(BlobView blob);

Fr value_at(std::span<const Fr> coefficients, const Fr& z);
// The quotient by X^n - c, of n coefficients less, but none less than none; what is left over is dropped. n > 0.
std::vector<Fr> quotient_by(std::span<const Fr> coefficients, size_t n, const Fr& c);

// The value at z, and its KZG proof: the commitment to the quotient by X - z. At most 4,096 coefficients.
KzgEvaluation evaluate(std::span<const Fr> coefficients, const Fr& z);

}  // namespace gavel

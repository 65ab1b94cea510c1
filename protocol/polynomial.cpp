#include "protocol/polynomial.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel {
namespace {

constexpr unsigned kBlobBits = 12;
static_assert(kBlobElements == 1u << kBlobBits);

// The powers w^0 to w^4095 of the 4,096th root of unity w.
const std::vector<Fr>& roots() {
    static const std::vector<Fr> powers = [] {
        const Fr root = *Fr::from(*fixed_from_hex<Element>("564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"));
        std::vector<Fr> out{Fr::of(1)};
        while (out.size() < kBlobElements) out.push_back(out.back() * root);
        GAVEL_CHECK(out.back() * root == out.front());
        return out;
    }();
    return powers;
}

size_t reversed(size_t index) {
    size_t out = 0;
    for (unsigned bit = 0; bit < kBlobBits; ++bit) out |= (index >> bit & 1) << (kBlobBits - 1 - bit);
    return out;
}

}  // namespace

Fr blob_point(size_t index) {
    GAVEL_CHECK(index < kBlobElements);
    return roots()[reversed(index)];
}

// A blob's order is the one in which this transform wants its input: pairs side by side, then pairs of pairs.
std::vector<Fr> coefficients_of(std::vector<Fr> values) {
    GAVEL_CHECK(values.size() == kBlobElements);
    const std::vector<Fr>& powers = roots();
    for (size_t half = 1; half < kBlobElements; half *= 2) {
        const size_t step = kBlobElements / (2 * half);
        for (size_t from = 0; from < kBlobElements; from += 2 * half) {
            for (size_t i = 0; i < half; ++i) {
                // w^-k is w^(4096-k).
                const Fr odd = values[from + half + i] * powers[(kBlobElements - i * step) % kBlobElements];
                const Fr even = values[from + i];
                values[from + i] = even + odd;
                values[from + half + i] = even - odd;
            }
        }
    }
    const Fr share = Fr::of(kBlobElements).inverse();
    for (Fr& value : values) value = value * share;
    return values;
}

std::optional<std::vector<Fr>> values_of(BlobView blob) {
    std::vector<Fr> out;
    out.reserve(kBlobElements);
    for (size_t i = 0; i < kBlobElements; ++i) {
        auto value = Fr::from(Element::from(blob.subspan(i * kElementBytes, kElementBytes)));
        if (!value) return std::nullopt;
        out.push_back(*value);
    }
    return out;
}

Fr value_at(std::span<const Fr> coefficients, const Fr& z) {
    Fr out;
    for (size_t k = coefficients.size(); k-- > 0;) out = out * z + coefficients[k];
    return out;
}

// Of p = q (X^n - c) + rest: p_k = q_(k-n) - c q_k for k >= n, from the highest down.
std::vector<Fr> quotient_by(std::span<const Fr> coefficients, size_t n, const Fr& c) {
    GAVEL_CHECK(n > 0);
    if (coefficients.size() <= n) return {};
    std::vector<Fr> out(coefficients.begin() + static_cast<std::ptrdiff_t>(n), coefficients.end());
    for (size_t k = out.size(); k-- > n;) out[k - n] = out[k - n] + c * out[k];
    return out;
}

KzgEvaluation evaluate(std::span<const Fr> coefficients, const Fr& z) {
    const KzgCommitment quotient = Kzg::get().commitment_to(quotient_by(coefficients, 1, z));
    return {value_at(coefficients, z).bytes(), KzgProof{quotient.bytes}};
}

}  // namespace gavel

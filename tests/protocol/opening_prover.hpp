// Whoever proves, and lies: openings of what he likes to show, with all that follows from it.
#pragma once

#include "protocol/blob_opening.hpp"
#include "protocol/polynomial.hpp"
#include "tests/protocol/blob_values.hpp"

namespace gavel::test {

// Six blobs of drawn elements, and what a checker has of them.
struct DrawnBatch {
    std::vector<Blob> blobs;
    std::vector<Hash> hashes;

    static const DrawnBatch& get() {
        static const DrawnBatch shared = [] {
            DrawnBatch out;
            for (int i = 0; i < 6; ++i) out.blobs.push_back(drawn_blob("blob " + std::to_string(i)));
            out.hashes = hashes_of(out.blobs);
            return out;
        }();
        return shared;
    }
};

// The value at z of the polynomial of least degree through some points: Lagrange's formula as it stands.
inline Fr through_points(const std::vector<Fr>& xs, const std::vector<Fr>& ys, const Fr& z) {
    Fr sum;
    for (size_t i = 0; i < xs.size(); ++i) {
        Fr above = ys[i], below = Fr::of(1);
        for (size_t j = 0; j < xs.size(); ++j) {
            if (j == i) continue;
            above = above * (z - xs[j]);
            below = below * (xs[i] - xs[j]);
        }
        sum = sum + above * below.inverse();
    }
    return sum;
}

// (p - I) / (X^n - h^n) at z by those formulas, where I goes through the elements from `first` on and p is `value` there.
inline Fr wanted_of_run(ByteView elements, size_t first, const Fr& value, const Fr& z) {
    std::vector<Fr> xs, ys;
    for (size_t k = 0; k < elements.size() / kElementBytes; ++k) {
        xs.push_back(blob_point(first + k));
        ys.push_back(Fr::from(element_at(elements, k)).value());
    }
    Fr vanishing = Fr::of(1);
    for (const Fr& x : xs) vanishing = vanishing * (z - x);
    return (value - through_points(xs, ys, z)) * vanishing.inverse();
}

// What q has to be at z for the runs to be true.
inline Element wanted(const BlobOpening& opening) {
    const Fr z = opening.challenge();
    const auto value_of = [](const KzgEvaluation& one) { return Fr::from(one.value).value(); };
    const size_t slot = opening.chunk_index % kSlotsPerBlob;
    Fr out = wanted_of_run(opening.slot, slot * kSlotElements, value_of(opening.values.front()), z);
    if (opening.chunk_index > 0) {
        const size_t before = (slot + kSlotsPerBlob - 1) % kSlotsPerBlob * kSlotElements;
        out = out + wanted_of_run(opening.after_before, before, value_of(opening.values.back()), z);
    }
    return out.bytes();
}

// What p of the chunk's blob has to be at z for the same.
inline Element wanted_of_blob(const BlobOpening& opening) {
    const Fr z = opening.challenge();
    const auto fr = [](const Element& one) { return Fr::from(one).value(); };
    const auto vanishing = [&](size_t slot, uint64_t n) { return z.pow(n) - blob_point(slot * kSlotElements).pow(n); };
    const size_t slot = opening.chunk_index % kSlotsPerBlob;
    // How much q(z) grows with p(z): by both runs, if they are in one blob.
    Fr slope = vanishing(slot, kSlotElements).inverse();
    if (slot > 0) slope = slope + vanishing(slot - 1, kAfterElements).inverse();
    const Fr missing = fr(opening.quotient_value.value) - fr(wanted(opening));
    return (fr(opening.values.front().value) + missing * slope.inverse()).bytes();
}

class OpeningProver {
public:
    OpeningProver(std::span<const Blob> blobs, uint16_t chunk) : honest_(build_blob_opening(blobs, chunk).value()) {
        for (size_t i = 0; i < honest_.commitments.size(); ++i) {
            polynomials_.push_back(coefficients_of(values_of(blobs[chunk / kSlotsPerBlob - i].view()).value()));
        }
        const size_t slot = chunk % kSlotsPerBlob;
        q_ = quotient_by(polynomials_.front(), 128, blob_point(slot * kSlotElements).pow(128));
        if (chunk == 0) return;
        auto part = quotient_by(polynomials_.back(), 2, blob_point((slot + 31) % 32 * kSlotElements).pow(2));
        for (size_t k = 0; k < q_.size(); ++k) part[k] = part[k] + q_[k];
        q_ = part;
    }

    const BlobOpening& honest() const { return honest_; }
    const std::vector<Fr>& polynomial(size_t i) const { return polynomials_[i]; }

    // The draft with true values and proofs at the z that follows from it; for q those of the honest one's polynomial.
    BlobOpening with_values(BlobOpening draft) const { return with_values(std::move(draft), q_); }
    // The same for another quotient's polynomial.
    BlobOpening with_values(BlobOpening draft, const std::vector<Fr>& q) const {
        const Fr z = draft.challenge();
        for (size_t i = 0; i < polynomials_.size(); ++i) draft.values[i] = evaluate(polynomials_[i], z);
        draft.quotient_value = evaluate(q, z);
        return draft;
    }

private:
    BlobOpening honest_;
    std::vector<std::vector<Fr>> polynomials_;  // as the commitments
    std::vector<Fr> q_;
};

}  // namespace gavel::test

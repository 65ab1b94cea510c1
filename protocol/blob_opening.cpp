#include "protocol/blob_opening.hpp"

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/polynomial.hpp"

namespace gavel {
namespace {

constexpr std::string_view kDomain = "Gavel blob opening";

// Elements of one blob that are opened together. `first` is a multiple of `count`, a power of two.
struct Run {
    size_t blob;
    size_t first;
    size_t count;

    Fr shift() const { return blob_point(first); }
    // c of X^count - c, which is zero at the run's points.
    Fr constant() const { return shift().pow(count); }
};

Run run_of(size_t chunk, size_t count) { return {chunk / kSlotsPerBlob, chunk % kSlotsPerBlob * kSlotElements, count}; }
Run run_a(uint16_t chunk) { return run_of(chunk, kSlotElements); }
// Chunk > 0.
Run run_b(uint16_t chunk) { return run_of(chunk - 1u, kAfterElements); }
bool opens_two_blobs(uint16_t chunk) { return chunk > 0 && chunk % kSlotsPerBlob == 0; }
size_t commitments_of(uint16_t chunk) { return opens_two_blobs(chunk) ? 2 : 1; }
size_t after_bytes_of(uint16_t chunk) { return chunk == 0 ? 0 : kAfterBytes; }

// What z is hashed from, the domain and the chunk's index left out: everything but the values.
Bytes hashed_part(const BlobOpening& opening) {
    ByteWriter writer;
    for (const KzgCommitment& commitment : opening.commitments) writer.raw(commitment);
    return writer.raw(opening.quotient).raw(opening.slot).raw(opening.after_before).take();
}

KzgEvaluation read_value(ByteReader& reader) {
    const Element value = reader.fixed<Element>();
    return {value, reader.fixed<KzgProof>()};
}

// `bytes` has the length of an opening for this chunk.
BlobOpening parse(ByteView bytes, uint16_t chunk_index) {
    ByteReader reader(bytes);
    BlobOpening out;
    out.chunk_index = chunk_index;
    const size_t count = commitments_of(chunk_index);
    for (size_t i = 0; i < count; ++i) out.commitments.push_back(reader.fixed<KzgCommitment>());
    out.quotient = reader.fixed<KzgCommitment>();
    out.slot = to_bytes(reader.take(kSlotBytes));
    out.after_before = to_bytes(reader.take(after_bytes_of(chunk_index)));
    for (size_t i = 0; i < count; ++i) out.values.push_back(read_value(reader));
    out.quotient_value = read_value(reader);
    return out;
}

std::optional<std::vector<Fr>> elements_of(ByteView bytes) {
    std::vector<Fr> out;
    out.reserve(bytes.size() / kElementBytes);
    for (; !bytes.empty(); bytes = bytes.subspan(kElementBytes)) {
        auto element = Fr::from(Element::from(bytes));
        if (!element) return std::nullopt;
        out.push_back(*element);
    }
    return out;
}

// (p(z) - I(z)) / (z^n - c), where `value` is p(z) and I the polynomial through the run's elements e_k at the points x_k. The
// derivative of X^n - c at x_k is n c / x_k, so by Lagrange's formula in its barycentric form
//     I(z) = (z^n - c) / (n c) * sum of e_k x_k / (z - x_k).
// nullopt: z is one of the points.
std::optional<Fr> quotient_at(const Run& run, std::span<const Fr> elements, const Fr& value, const Fr& z) {
    const Fr c = run.constant();
    const Fr vanishing = z.pow(run.count) - c;
    if (vanishing.is_zero()) return std::nullopt;
    Fr sum;
    for (size_t k = 0; k < run.count; ++k) {
        const Fr point = blob_point(run.first + k);
        sum = sum + elements[k] * point * (z - point).inverse();
    }
    const Fr share = (Fr::of(run.count) * c).inverse();
    return value * vanishing.inverse() - sum * share;
}

// Whether q(z) is what the runs and the blobs' values want. The values are below r, or it isn't.
bool values_agree(const BlobOpening& opening, std::span<const Fr> slot, std::span<const Fr> after_before, const Fr& z) {
    const auto value_a = Fr::from(opening.values.front().value);
    const auto value_b = Fr::from(opening.values.back().value);  // the same if there is one blob
    const auto value_q = Fr::from(opening.quotient_value.value);
    if (!value_a || !value_b || !value_q) return false;
    const auto part_a = quotient_at(run_a(opening.chunk_index), slot, *value_a, z);
    if (!part_a) return false;
    if (opening.chunk_index == 0) return *part_a == *value_q;
    const auto part_b = quotient_at(run_b(opening.chunk_index), after_before, *value_b, z);
    return part_b && *part_a + *part_b == *value_q;
}

// Whether the commitments are the blobs', and the polynomials committed to have the values: what the precompile says.
bool evaluations_hold(const BlobOpening& opening, std::span<const Hash> versioned_hashes, const Fr& z) {
    const size_t own = run_a(opening.chunk_index).blob;
    const Element point = z.bytes();
    for (size_t i = 0; i < opening.commitments.size(); ++i) {
        if (versioned_hash(opening.commitments[i]) != versioned_hashes[own - i]) return false;
        if (!Kzg::get().verify(opening.commitments[i], point, opening.values[i])) return false;
    }
    return Kzg::get().verify(opening.quotient, point, opening.quotient_value);
}

}  // namespace

const char* name_of(OpeningError error) {
    switch (error) {
        case OpeningError::kNone: return "None";
        case OpeningError::kTruncated: return "Truncated";
        case OpeningError::kTrailingBytes: return "TrailingBytes";
        case OpeningError::kElement: return "Element";
        case OpeningError::kOpening: return "Opening";
    }
    return "?";
}

Fr BlobOpening::challenge() const {
    const Bytes index = ByteWriter{}.u16(chunk_index).take();
    return Fr::reduced(keccak256({view_of(kDomain), index, hashed_part(*this)}));
}

Bytes BlobOpening::encode() const {
    ByteWriter writer;
    writer.raw(hashed_part(*this));
    for (const KzgEvaluation& one : values) writer.raw(one.value).raw(one.proof);
    return writer.raw(quotient_value.value).raw(quotient_value.proof).take();
}

size_t blob_opening_length(uint16_t chunk_index) {
    constexpr size_t kValueBytes = Element::kSize + KzgProof::kSize;
    const size_t polynomials = commitments_of(chunk_index) + 1;
    return polynomials * (KzgCommitment::kSize + kValueBytes) + kSlotBytes + after_bytes_of(chunk_index);
}

std::optional<BlobOpening> build_blob_opening(std::span<const Blob> blobs, uint16_t chunk_index) {
    const Run a = run_a(chunk_index);
    if (a.blob >= blobs.size()) return std::nullopt;
    BlobOpening out;
    out.chunk_index = chunk_index;
    std::vector<std::vector<Fr>> polynomials;  // as the commitments
    for (size_t i = 0; i < commitments_of(chunk_index); ++i) {
        const BlobView blob = blobs[a.blob - i].view();
        auto values = values_of(blob);
        if (!values) return std::nullopt;
        out.commitments.push_back(Kzg::get().commitment(blob).value());
        polynomials.push_back(coefficients_of(std::move(*values)));
    }
    out.slot = to_bytes(blobs[a.blob].slot(chunk_index % kSlotsPerBlob));
    // The polynomial through a run is what is left over when p is divided by the run's vanishing polynomial: it needn't be known.
    std::vector<Fr> q = quotient_by(polynomials.front(), a.count, a.constant());
    if (chunk_index > 0) {
        const Run b = run_b(chunk_index);
        out.after_before = to_bytes(blobs[b.blob].view().subspan(b.first * kElementBytes, kAfterBytes));
        std::vector<Fr> part = quotient_by(polynomials.back(), b.count, b.constant());  // longer than q
        for (size_t k = 0; k < q.size(); ++k) part[k] = part[k] + q[k];
        q = std::move(part);
    }
    out.quotient = Kzg::get().commitment_to(q);
    const Fr z = out.challenge();
    for (const auto& polynomial : polynomials) out.values.push_back(evaluate(polynomial, z));
    out.quotient_value = evaluate(q, z);
    return out;
}

ShownRuns runs_shown(ByteView opening, uint16_t chunk_index) {
    const size_t place = (commitments_of(chunk_index) + 1) * KzgCommitment::kSize;
    return {SlotView{opening.subspan(place, kSlotBytes)}, opening.subspan(place + kSlotBytes, after_bytes_of(chunk_index))};
}

OpeningError check_blob_opening(ByteView opening, std::span<const Hash> versioned_hashes, uint16_t chunk_index) {
    const size_t length = blob_opening_length(chunk_index);
    if (opening.size() < length) return OpeningError::kTruncated;
    if (opening.size() > length) return OpeningError::kTrailingBytes;
    const BlobOpening parsed = parse(opening, chunk_index);
    const auto slot = elements_of(parsed.slot);
    const auto after_before = elements_of(parsed.after_before);
    if (!slot || !after_before) return OpeningError::kElement;
    if (chunk_index / kSlotsPerBlob >= versioned_hashes.size()) return OpeningError::kOpening;
    const Fr z = parsed.challenge();
    const bool holds = values_agree(parsed, *slot, *after_before, z) && evaluations_hold(parsed, versioned_hashes, z);
    return holds ? OpeningError::kNone : OpeningError::kOpening;
}

}  // namespace gavel

#include "protocol/kzg.hpp"

#include <ckzg.h>
#include <common/lincomb.h>
#include <openssl/sha.h>

#include <bit>
#include <new>
#include <vector>

#include "protocol/check.hpp"

namespace gavel {
namespace {

constexpr size_t kG1Points = kBlobElements, kG2Points = 65;
constexpr size_t kG1Bytes = 48 * kG1Points, kG2Bytes = 96 * kG2Points;
// Bits of a window of the tables that cell proofs are computed from. With 0 (no tables) a blob's proofs take half as long again;
// with 8 they take a tenth less, for 70 MiB and 0.4 s more.
constexpr uint64_t kWindowBits = 6;

static_assert(kBlobBytes == BYTES_PER_BLOB && sizeof(::Blob) == kBlobBytes && alignof(::Blob) == 1);
static_assert(kCellsPerBlob == CELLS_PER_EXT_BLOB);
static_assert(sizeof(CellProofs) == kCellsPerBlob * sizeof(Bytes48) && alignof(CellProofs) == 1);

// The library's types are bytes in a struct of their own.
const ::Blob* as_blob(BlobView blob) { return reinterpret_cast<const ::Blob*>(blob.data()); }
template <class Fixed>
Bytes32 bytes32(const Fixed& from) {
    return std::bit_cast<Bytes32>(from.bytes);
}
template <class Fixed>
Bytes48 bytes48(const Fixed& from) {
    return std::bit_cast<Bytes48>(from.bytes);
}

// Whether the input was in order. Of what else can be wrong, memory is the environment's and the rest a bug.
bool done(C_KZG_RET result) {
    if (result == C_KZG_MALLOC) throw std::bad_alloc{};
    GAVEL_CHECK(result == C_KZG_OK || result == C_KZG_BADARGS);
    return result == C_KZG_OK;
}

}  // namespace

// Points of G1 in Lagrange form, of G2, of G1 in monomial form: cmake/kzg/setup_bytes.py.
extern "C" const uint8_t gavel_kzg_setup[2 * kG1Bytes + kG2Bytes];

struct Kzg::Settings {
    KZGSettings c{};
};

Kzg::Kzg() : settings_(std::make_unique<Settings>()) {
    const uint8_t* lagrange = gavel_kzg_setup;
    const uint8_t* g2 = lagrange + kG1Bytes;
    const uint8_t* monomial = g2 + kG2Bytes;
    const bool loaded =
        done(load_trusted_setup(&settings_->c, monomial, kG1Bytes, lagrange, kG1Bytes, g2, kG2Bytes, kWindowBits));
    GAVEL_CHECK(loaded);
}

Kzg::~Kzg() { free_trusted_setup(&settings_->c); }

const Kzg& Kzg::get() {
    // Never destroyed: a thread may be loading it when the process ends.
    static const Kzg* const shared = new Kzg;
    return *shared;
}

std::optional<KzgCommitment> Kzg::commitment(BlobView blob) const {
    Bytes48 out;
    if (!done(blob_to_kzg_commitment(&out, as_blob(blob), &settings_->c))) return std::nullopt;
    return KzgCommitment::from(out.bytes);
}

KzgCommitment Kzg::commitment_to(std::span<const Fr> coefficients) const {
    GAVEL_CHECK(coefficients.size() <= kBlobElements);
    std::vector<fr_t> scalars;
    scalars.reserve(coefficients.size());
    for (const Fr& one : coefficients) scalars.push_back(std::bit_cast<fr_t>(one.limbs()));
    g1_t sum;
    const bool added = done(g1_lincomb_fast(&sum, settings_->c.g1_values_monomial, scalars.data(), scalars.size()));
    GAVEL_CHECK(added);
    Bytes48 out;
    bytes_from_g1(&out, &sum);
    return KzgCommitment::from(out.bytes);
}

std::optional<KzgEvaluation> Kzg::evaluate(BlobView blob, const Element& z) const {
    const Bytes32 point = bytes32(z);
    Bytes48 proof;
    Bytes32 value;
    if (!done(compute_kzg_proof(&proof, &value, as_blob(blob), &point, &settings_->c))) return std::nullopt;
    return KzgEvaluation{Element::from(value.bytes), KzgProof::from(proof.bytes)};
}

bool Kzg::verify(const KzgCommitment& commitment, const Element& z, const KzgEvaluation& claim) const {
    const Bytes48 committed = bytes48(commitment), proof = bytes48(claim.proof);
    const Bytes32 point = bytes32(z), value = bytes32(claim.value);
    bool holds = false;
    return done(verify_kzg_proof(&holds, &committed, &point, &value, &proof, &settings_->c)) && holds;
}

std::optional<CellProofs> Kzg::cell_proofs(BlobView blob) const {
    CellProofs out;
    auto* proofs = reinterpret_cast<Bytes48*>(out.data());
    if (!done(compute_cells_and_kzg_proofs(nullptr, proofs, as_blob(blob), &settings_->c))) return std::nullopt;
    return out;
}

bool Kzg::verify_cell_proofs(BlobView blob, const KzgCommitment& commitment, const CellProofs& proofs) const {
    std::vector<Cell> cells(kCellsPerBlob);
    if (!done(compute_cells_and_kzg_proofs(cells.data(), nullptr, as_blob(blob), &settings_->c))) return false;
    const std::vector<Bytes48> commitments(kCellsPerBlob, bytes48(commitment));
    std::array<uint64_t, kCellsPerBlob> indices;
    for (size_t i = 0; i < kCellsPerBlob; ++i) indices[i] = i;
    const auto* of_cells = reinterpret_cast<const Bytes48*>(proofs.data());
    bool holds = false;
    return done(verify_cell_kzg_proof_batch(&holds, commitments.data(), indices.data(), cells.data(), of_cells, kCellsPerBlob,
                                            &settings_->c)) &&
           holds;
}

Hash versioned_hash(const KzgCommitment& commitment) {
    Hash out;
    SHA256(commitment.data(), commitment.size(), out.data());
    out.bytes[0] = kBlobHashVersion;
    return out;
}

}  // namespace gavel

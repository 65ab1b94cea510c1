// KZG commitments to blobs, and proofs about them, over the setup of Ethereum's ceremony (EIP-4844, EIP-7594).
#pragma once

#include <memory>

#include "protocol/field.hpp"

namespace gavel {

inline constexpr size_t kBlobElements = 4096;
inline constexpr size_t kElementBytes = Element::kSize;
inline constexpr size_t kBlobBytes = kBlobElements * kElementBytes;
inline constexpr size_t kCellsPerBlob = 128;  // of the blob extended to twice its length: CELLS_PER_EXT_BLOB of EIP-7594

// Points of BLS12-381's G1, compressed. Any bytes until they were verified.
using KzgCommitment = FixedBytes<48, struct KzgCommitmentTag>;
using KzgProof = FixedBytes<48, struct KzgProofTag>;
using CellProofs = std::array<KzgProof, kCellsPerBlob>;

// 4,096 elements in the blob's order: element i is the polynomial's value at the point of index i, its 12 bits reversed.
using BlobView = std::span<const uint8_t, kBlobBytes>;

// The value of a polynomial at a point, and the proof that it is that.
struct KzgEvaluation {
    Element value;
    KzgProof proof;
    bool operator==(const KzgEvaluation&) const = default;
};

// The setup, loaded once. Functions may be called from any thread, and share nothing. Throws std::bad_alloc and nothing else.
class Kzg {
public:
    // The process's one. The first call loads it, which takes 2 to 3 seconds and 30 MiB; other threads wait for it.
    static const Kzg& get();
    ~Kzg();
    Kzg(const Kzg&) = delete;
    Kzg& operator=(const Kzg&) = delete;

    // blob_to_kzg_commitment of EIP-4844; about 50 ms. nullopt: an element isn't below r.
    std::optional<KzgCommitment> commitment(BlobView blob) const;
    // The commitment to the polynomial with these coefficients, the constant one first, at most 4,096; about 50 ms if so many.
    KzgCommitment commitment_to(std::span<const Fr> coefficients) const;
    // compute_kzg_proof of EIP-4844: the value at z of the blob's polynomial; about 60 ms. nullopt: z or an element isn't below
    // r.
    std::optional<KzgEvaluation> evaluate(BlobView blob, const Element& z) const;
    // verify_kzg_proof of EIP-4844, and what its precompile checks behind the versioned hash; 1.3 ms. False as well if the
    // commitment or the proof is no point of the group in its one encoding, or z or value isn't below r.
    bool verify(const KzgCommitment& commitment, const Element& z, const KzgEvaluation& claim) const;

    // The proofs of compute_cells_and_kzg_proofs of EIP-7594, which go into a blob's sidecar of version 1; about 260 ms.
    // nullopt: an element isn't below r.
    std::optional<CellProofs> cell_proofs(BlobView blob) const;
    // Whether they are that: verify_cell_kzg_proof_batch of EIP-7594 over all cells of the blob; about 25 ms.
    bool verify_cell_proofs(BlobView blob, const KzgCommitment& commitment, const CellProofs& proofs) const;

private:
    struct Settings;
    Kzg();
    std::unique_ptr<Settings> settings_;
};

// The first byte of a versioned hash: VERSIONED_HASH_VERSION_KZG of EIP-4844.
inline constexpr uint8_t kBlobHashVersion = 1;
// kzg_to_versioned_hash of EIP-4844: 1, then SHA-256 of the commitment without its first byte.
Hash versioned_hash(const KzgCommitment& commitment);

}  // namespace gavel

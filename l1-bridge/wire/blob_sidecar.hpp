// The blobs of a transaction of type 3, and what proves that they are those: its sidecar, which goes with it to a node and into
// no block.
#pragma once

#include <optional>
#include <vector>

#include "l1-bridge/wire/transaction.hpp"
#include "protocol/blob.hpp"

namespace gavel::l1 {

// Of version 1 (EIP-7594, "Networking"), the only one that nodes take since the Osaka fork. Everything is once for each blob, in
// the order of the transaction's hashes.
struct BlobSidecar {
    std::vector<Blob> blobs;
    std::vector<KzgCommitment> commitments;
    std::vector<CellProofs> proofs;
    friend bool operator==(const BlobSidecar&, const BlobSidecar&) = default;
};

// Commitments and proofs of blobs; about 0.3 s a blob. nullopt: an element isn't below r.
std::optional<BlobSidecar> make_sidecar(std::vector<Blob> blobs);
std::vector<Hash> versioned_hashes(const BlobSidecar& sidecar);

// What eth_sendRawTransaction takes of a transaction of type 3: 0x03 || rlp([transaction, 1, blobs, commitments, cell_proofs]),
// its own fields being the first item.
Bytes network_form(const SignedTransaction& transaction, const BlobSidecar& sidecar);

// As it comes to a node.
struct SentTransaction {
    SignedTransaction transaction;
    std::optional<BlobSidecar> sidecar;  // of type 3, and of no other
};
// Of type 2 as decode_transaction, of type 3 the network form, as strictly. Reasons, beside those of decode_transaction:
// TX_SIDECAR_MISSING (it has the form that blocks have), TX_SIDECAR_VERSION, TX_SIDECAR_MALFORMED (field: blobs, commitments,
// cellProofs), TX_SIDECAR_COUNT (not one of each for each hash). What it says isn't verified.
node::Result<SentTransaction> decode_sent_transaction(ByteView raw);

// Whether it is what the hashes name: each the hash of its commitment, each blob with all its cell proofs (EIP-7594,
// verify_cell_kzg_proof_batch); about 25 ms a blob. Reasons: TX_BLOB_HASH_MISMATCH, TX_BLOB_PROOF_INVALID.
node::Status verify_sidecar(const BlobSidecar& sidecar, const std::vector<Hash>& blob_hashes);

// For a store: the network form's items behind the transaction. nullopt: no such encoding.
Bytes encode_sidecar(const BlobSidecar& sidecar);
std::optional<BlobSidecar> decode_sidecar(ByteView raw);

}  // namespace gavel::l1

#include "l1-bridge/wire/blob_sidecar.hpp"

#include <algorithm>

#include "l1-bridge/wire/rlp.hpp"
#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

constexpr uint64_t kVersion = 1;
constexpr uint8_t kListBase = 0xc0;

node::Status refusal(std::string reason, std::string field, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
}

RlpWriter write_sidecar(const BlobSidecar& sidecar) {
    RlpWriter blobs, commitments, proofs;
    for (const Blob& blob : sidecar.blobs) blobs.string(blob.view());
    for (const KzgCommitment& commitment : sidecar.commitments) commitments.string(commitment);
    for (const CellProofs& of_blob : sidecar.proofs)
        for (const KzgProof& proof : of_blob) proofs.string(proof);
    RlpWriter out;
    out.integer(kVersion).list(blobs).list(commitments).list(proofs);
    return out;
}

// The items of a list, of which there may be `most`. Stops at the first that is wrong or too many; `field` names it then.
template <class Item, class Read>
std::vector<Item> read_items(RlpReader& fields, size_t most, const char* name, std::string& bad, Read read) {
    std::vector<Item> out;
    if (!bad.empty()) return out;
    RlpReader list = fields.list();
    while (list.more() && out.size() < most) {
        auto item = read(list);
        if (!item) {
            bad = name;
            return out;
        }
        out.push_back(std::move(*item));
    }
    if (!list.finished()) bad = name;
    return out;
}

template <class Fixed>
std::optional<Fixed> read_fixed(RlpReader& list) {
    auto out = list.fixed<Fixed>();
    if (list.error() != RlpError::kNone) return std::nullopt;
    return out;
}

// Version and lists, from where `fields` stands to its end. `bad`: the field that is wrong.
BlobSidecar read_sidecar(RlpReader& fields, std::string& bad) {
    BlobSidecar out;
    if (fields.integer64() != kVersion) bad = "version";
    out.blobs =
        read_items<Blob>(fields, kMaxTransactionBlobs, "blobs", bad, [](RlpReader& list) { return Blob::from(list.string()); });
    out.commitments = read_items<KzgCommitment>(fields, kMaxTransactionBlobs, "commitments", bad, read_fixed<KzgCommitment>);
    auto proofs = read_items<KzgProof>(fields, kMaxTransactionBlobs * kCellsPerBlob, "cellProofs", bad, read_fixed<KzgProof>);
    if (bad.empty() && proofs.size() % kCellsPerBlob != 0) bad = "cellProofs";
    if (!bad.empty()) return out;
    for (size_t at = 0; at < proofs.size(); at += kCellsPerBlob) {
        std::copy_n(proofs.begin() + static_cast<ptrdiff_t>(at), kCellsPerBlob, out.proofs.emplace_back().begin());
    }
    return out;
}

}  // namespace

std::optional<BlobSidecar> make_sidecar(std::vector<Blob> blobs) {
    BlobSidecar out;
    for (const Blob& blob : blobs) {
        auto commitment = Kzg::get().commitment(blob.view());
        auto proofs = Kzg::get().cell_proofs(blob.view());
        if (!commitment || !proofs) return std::nullopt;
        out.commitments.push_back(*commitment);
        out.proofs.push_back(*proofs);
    }
    out.blobs = std::move(blobs);
    return out;
}

std::vector<Hash> versioned_hashes(const BlobSidecar& sidecar) {
    std::vector<Hash> out;
    for (const KzgCommitment& commitment : sidecar.commitments) out.push_back(versioned_hash(commitment));
    return out;
}

Bytes network_form(const SignedTransaction& transaction, const BlobSidecar& sidecar) {
    GAVEL_CHECK(transaction.body.has_blobs());
    RlpWriter fields;
    fields.encoded(ByteView{transaction.raw}.subspan(1)).encoded(write_sidecar(sidecar).bytes());
    Bytes out{kBlobTransactionType};
    append(out, fields.as_list());
    return out;
}

node::Result<SentTransaction> decode_sent_transaction(ByteView raw) {
    SentTransaction out;
    if (raw.empty() || raw[0] != kBlobTransactionType) {
        auto plain = decode_transaction(raw);
        if (!plain) return plain.status();
        out.transaction = std::move(*plain);
        return out;
    }
    RlpReader outer(raw.subspan(1));
    RlpReader fields = outer.list();
    const ByteView body = fields.item();
    if (!outer.finished() || body.empty())
        return refusal("TX_MALFORMED", "transaction", "RLP: no list of items, and nothing else");
    Bytes canonical{kBlobTransactionType};
    if (body[0] < kListBase) {
        auto alone = decode_transaction(raw);
        if (!alone) return alone.status();
        return refusal("TX_SIDECAR_MISSING", "sidecar", "missing sidecar in blob transaction");
    }
    append(canonical, body);
    auto transaction = decode_transaction(canonical);
    if (!transaction) return transaction.status();
    out.transaction = std::move(*transaction);
    std::string bad;
    out.sidecar = read_sidecar(fields, bad);
    if (bad == "version") return refusal("TX_SIDECAR_VERSION", "version", "unexpected sidecar version, want: 1");
    if (!bad.empty() || !fields.finished()) {
        return refusal("TX_SIDECAR_MALFORMED", bad.empty() ? "sidecar" : bad, "the sidecar is not of the form that it must have");
    }
    const size_t count = out.transaction.body.blob_hashes.size();
    const BlobSidecar& sidecar = *out.sidecar;
    if (sidecar.blobs.size() != count || sidecar.commitments.size() != count || sidecar.proofs.size() != count) {
        return refusal("TX_SIDECAR_COUNT", "sidecar", "not one blob, one commitment and 128 cell proofs for each blob hash");
    }
    return out;
}

node::Status verify_sidecar(const BlobSidecar& sidecar, const std::vector<Hash>& blob_hashes) {
    if (versioned_hashes(sidecar) != blob_hashes) {
        return refusal("TX_BLOB_HASH_MISMATCH", "commitments", "a blob hash is not that of its commitment");
    }
    for (size_t i = 0; i < sidecar.blobs.size(); ++i) {
        if (Kzg::get().verify_cell_proofs(sidecar.blobs[i].view(), sidecar.commitments[i], sidecar.proofs[i])) continue;
        return refusal("TX_BLOB_PROOF_INVALID", "cellProofs", "KZG verification error: blob " + std::to_string(i));
    }
    return {};
}

Bytes encode_sidecar(const BlobSidecar& sidecar) { return write_sidecar(sidecar).as_list(); }

std::optional<BlobSidecar> decode_sidecar(ByteView raw) {
    RlpReader outer(raw);
    RlpReader fields = outer.list();
    std::string bad;
    BlobSidecar out = read_sidecar(fields, bad);
    if (!bad.empty() || !fields.finished() || !outer.finished()) return std::nullopt;
    return out;
}

}  // namespace gavel::l1

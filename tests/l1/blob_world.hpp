// A simulated chain whose people post blobs.
#pragma once

#include <algorithm>

#include "l1-bridge/wire/blob_sidecar.hpp"
#include "tests/l1/chain_world.hpp"

namespace gavel::test {

// `count` blobs that hold one element 4,096 times each, which `mark` and the blob's index choose. Their polynomials are
// constants, so every cell proof is the point at infinity, and a sidecar is made in no time.
inline BlobSidecar flat_sidecar(size_t count, uint8_t mark = 1) {
    KzgProof infinity;
    infinity.bytes[0] = 0xc0;
    BlobSidecar out;
    for (size_t i = 0; i < count; ++i) {
        Element element;
        element.bytes[30] = mark, element.bytes[31] = static_cast<uint8_t>(i);
        Bytes bytes;
        for (size_t k = 0; k < kBlobElements; ++k) append(bytes, element);
        out.blobs.push_back(*Blob::from(bytes));
        out.commitments.push_back(Kzg::get().commitment_to(std::vector<Fr>{*Fr::from(element)}));
        out.proofs.emplace_back().fill(infinity);
    }
    return out;
}

struct BlobWorld : ChainWorld {
    // Another chain, by the options as they are now.
    void begin_anew() {
        node::WriteBatch all;
        store.scan("", "\xff", [&](std::string_view key, std::string_view) {
            all.erase(std::string(key));
            return true;
        });
        chain.reset();
        store.write(all, node::Durability::kSynced);
        reopen();
    }
    // Names the sidecar's blobs; with fees that suffice.
    Transaction blob_draft(const PrivateKey& from, const BlobSidecar& sidecar, std::optional<Address> to = std::nullopt,
                           Bytes data = {}) {
        Transaction out = draft(from, to.value_or(bob.address()), std::move(data));
        out.blob_hashes = versioned_hashes(sidecar);
        out.max_blob_fee = kGwei;
        return out;
    }
    node::Status try_send_blobs(const Transaction& body, const PrivateKey& from, const BlobSidecar& sidecar) {
        return chain->send_raw(network_form(sign(body, from), sidecar)).status();
    }
    Hash send_blobs(const Transaction& body, const PrivateKey& from, const BlobSidecar& sidecar) {
        const auto status = try_send_blobs(body, from, sidecar);
        INFO(to_string(status));
        REQUIRE(status.ok());
        nonces[from.address()] = body.nonce + 1;
        return sign(body, from).hash;
    }
    uint64_t blobs_of_head() { return chain->head_header().blob_gas.used / kGasPerBlob; }
};

}  // namespace gavel::test

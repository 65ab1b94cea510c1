// Gavel's payments in blobs, measured: posted to the simulated chain by transactions of type 3, and read out of its blobs again.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/compression.hpp"
#include "bench/own_l1.hpp"

namespace gavel::bench {

// Of a set of payments. Sums.
struct BlobFigures {
    std::string set;
    BlobCost all;
    BlobCost full;  // of the batches alone whose every slot has a chunk
    uint64_t batches = 0, blobs = 0, chunks = 0;
    // All bytes by what they say: of calldata, and of the blobs' slots. With what is empty they add up to both.
    GavelBytes said;
    uint64_t calldata = 0;
    double top_bytes = 0;       // of elements, which hold no data
    double empty_in_slots = 0;  // behind the signatures
    double empty_slots = 0;
    uint64_t rlp_bytes = 0;  // of the same payments as signed Ethereum transactions, by which speeds are told
    double in_seconds = 0, out_seconds = 0;

    double per_payment(double sum) const { return all.payments == 0 ? 0 : sum / double(all.payments); }
    double posted_bytes() const { return double(calldata) + double(kBlobBytes) * double(blobs); }
    // Of the blobs' bytes those that say something.
    double share_used() const {
        return blobs == 0 ? 0 : 1 - (top_bytes + empty_in_slots + empty_slots) / double(kBlobBytes * blobs);
    }
    double megabytes_in() const { return in_seconds == 0 ? 0 : double(rlp_bytes) / 1e6 / in_seconds; }
    double megabytes_out() const { return out_seconds == 0 ? 0 : double(rlp_bytes) / 1e6 / out_seconds; }
    double payments_per_slot() const { return chunks == 0 ? 0 : double(all.payments) / double(chunks); }
    double payments_per_blob() const { return blobs == 0 ? 0 : double(all.payments) / double(blobs); }
};

inline constexpr size_t kUsualBlobs = 3;  // of a batch: gavel-sequencer's --max-blobs, if nothing is said

// Batches of so many payments, 0: as many as so many blobs hold. Commitments and cell proofs are computed, and count into the
// speed. Fails by throwing std::runtime_error, as where what the chain has isn't what was posted.
BlobFigures measure_in_blobs(const std::string& set, Payments payments, size_t max_blobs = kUsualBlobs, size_t batch = 0);

// A payment's gas by the size of its batch, over few batches of each size.
struct CostPoint {
    size_t batch = 0;  // payments
    double calldata = 0, blobs_at_reserve = 0, blobs_at_ten = 0;
};
std::vector<CostPoint> costs_by_batch_size(Payments payments);

// Tables on stdout, and the same as JSON.
void print_blobs(const std::vector<BlobFigures>& sets, const std::vector<FormRow>& rows, const Prices& prices);
nlohmann::json json_of(const BlobFigures& figures);
nlohmann::json json_of(const std::vector<CostPoint>& points);

}  // namespace gavel::bench

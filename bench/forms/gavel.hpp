// Gavel's batches: chunks with their signatures and commitments, in the calldata of append (docs/protocol.md, "Batches").
#pragma once

#include "bench/forms/form.hpp"
#include "protocol/batch.hpp"
#include "protocol/chunk.hpp"

namespace gavel::bench {

// Bytes of all calldata by what they say. They add up to it.
struct GavelBytes {
    // of ops
    double header = 0, kinds = 0, fees = 0, senders = 0, recipients = 0, amounts = 0, memos = 0, fee_leaves = 0, padding = 0;
    // and around them
    double signatures = 0, lengths = 0, commitments = 0, batch_header = 0;
    double ops() const { return header + kinds + fees + senders + recipients + amounts + memos + fee_leaves + padding; }
    double total() const { return ops() + signatures + lengths + commitments + batch_header; }
};

// A chunk as it is posted.
struct CutChunk {
    Bytes ops, sigs;
    OpsBits bits;
};

class GavelForm final : public Form {
public:
    struct Options {
        unsigned payout_lines = 0;  // payments of one sender and token in a row go together, so many at most; 0: all as transfers
    };
    GavelForm() = default;
    explicit GavelForm(const Options& options) : options_(options) {}

    std::string name() const override { return "Gavel"; }
    std::string specification() const override { return "docs/protocol.md, \"Chunk codec\" and \"Batches\""; }
    std::string label() const override { return "a commitment for each chunk"; }
    bool packs_with(const Compressor& compressor) const override { return compressor.name() == "plain"; }
    Posted post(Payments payments, const Compressor& compressor) const override;
    bool holds(const Posted& posted, const Compressor& compressor, Payments payments) const override;
    // What the simulated L1 charges for the very batches; in small ones the contract's computing is more than their calldata.
    uint64_t gas(const Posted& posted) const override;

    // The same before it is calldata. Each batch stands on the one before, the first on genesis.
    std::vector<Batch> batches(Payments payments, GavelBytes* bytes = nullptr) const;
    // The next batch in blobs, of as many of the chunks as so many blobs hold; they are taken off. `bytes`: what it says is
    // added, without what is left empty in its blobs.
    Batch next_in_blobs(std::span<const CutChunk>& chunks, const BatchHeader& parent, size_t max_blobs, GavelBytes& bytes) const;
    // The chunks alone, in order.
    std::vector<CutChunk> chunks(Payments payments) const;
    // Whether the batches' chunks say these payments, and nothing else.
    bool holds(const std::vector<Batch>& batches, Payments payments) const;
    // All ops, chunk by chunk.
    std::vector<Bytes> ops(Payments payments) const;

private:
    struct Signed {
        PostedOperation operation;
        Address token;
        Signature signature;
    };
    std::vector<Signed> operations(Payments payments) const;

    Options options_;
};

}  // namespace gavel::bench

// Batches in blobs, among them such as no bench could wait for: the second lap of the records.
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "bench/gas_bench.hpp"
#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/wire/records.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

constexpr u128 kGlobalsSlot = 0, kRecordsSlot = 2;  // docs/contract.md, "Storage"

Hash word_of(u128 value) { return Hash::from(ByteWriter().word(value).bytes()); }

Hash next_slot(Hash slot) {
    for (size_t i = slot.bytes.size(); i-- > 0 && ++slot.bytes[i] == 0;) continue;
    return slot;
}

// Of so many chunks, each full of payments.
struct FullBlobs {
    std::vector<BatchChunk> chunks;
    l1::BlobSidecar sidecar;
};

FullBlobs fill_blobs(Setting where, size_t chunks) {
    FullBlobs out;
    Batch batch;
    batch.source = DataSource::kBlobs;
    for (size_t i = 0; i < chunks; ++i) {
        ++where.seed;
        Built built = build(ordinary_mix(), where);
        if (!built.fits_slot()) throw std::runtime_error("a chunk of payments is too long for a slot");
        batch.chunks.push_back(built.posted);
        if (i > 0) batch.commitments.push_back(drawn<Hash>(uint64_t{8} << 32 | i));
    }
    out.sidecar = sidecar_of(batch.blobs());
    out.chunks = std::move(batch.chunks);
    return out;
}

// The first ones.
l1::BlobSidecar first_blobs(const l1::BlobSidecar& all, size_t count) {
    l1::BlobSidecar out = all;
    out.blobs.resize(count);
    out.commitments.resize(count);
    out.proofs.resize(count);
    return out;
}

}  // namespace

l1::BlobSidecar sidecar_of(std::vector<Blob> blobs) {
    auto out = l1::make_sidecar(std::move(blobs));
    if (!out) throw std::runtime_error("an element of a blob is beyond the field");
    return std::move(*out);
}

Row& GasBench::append_blobs(const std::string& name, Batch batch, const l1::BlobSidecar& sidecar) {
    sit();
    batch.source = DataSource::kBlobs;
    batch.blob_hashes = l1::versioned_hashes(sidecar);
    Row row = chains_.send_blobs(operator_, rollup_, l1::rollup_call::append_blobs(batch.encode()), sidecar);
    headers_.push_back(batch.header());
    expect_head(name);
    row.name = name;
    row.call = "appendBlobs";
    const size_t blobs = sidecar.blobs.size();
    row.work = {{"chunks", batch.chunks.size()}, {"blobs", blobs}, {"charged", l1::rollup_gas::of_append_blobs(blobs)}};
    rows_.push_back(row);
    return rows_.back();
}

// As if it had been appended long ago.
void GasBench::put_record(const BatchHeader& header) {
    const Hash slot = keccak256_pair(word_of(header.number % l1::kRecordPlaces), word_of(kRecordsSlot));
    chains_.store(rollup_, slot, header.hash());
    ByteWriter info;
    info.u32(l1::lap_of(header.number)).u32(header.last.withdrawal_count);
    info.u64(header.last.l1_ops_consumed).u64(terms_).u64(1);
    chains_.store(rollup_, next_slot(slot), Hash::from(info.bytes()));
}

void GasBench::begin_second_lap(size_t batches) {
    BatchHeader head = headers_.back();
    head.number = l1::kRecordPlaces + 1'000;
    put_record(head);
    // What comes next overwrites these; and the one behind the last is in its way.
    BatchHeader old = head;
    for (size_t i = 1; i <= batches + 1; ++i) {
        old.number = head.number + i - l1::kRecordPlaces;
        put_record(old);
    }
    Hash globals = chains_.load_there(rollup_, word_of(kGlobalsSlot));
    const Bytes number = ByteWriter().u64(head.number).take();
    std::copy(number.begin(), number.end(), globals.bytes.end() - 8);
    chains_.store(rollup_, word_of(kGlobalsSlot), globals);
    headers_.push_back(head);
    expect_head("the second lap");
}

Row GasBench::run_blob_appends(bool all) {
    std::vector<size_t> sizes = {1, 32, 96};
    if (all) sizes.insert(sizes.end(), {33, 128, 160, 192});
    sit();
    const FullBlobs full = fill_blobs(setting(1 << 20, true, 2), all ? kMaxBlobChunks : sizes.back());
    Row asked;
    for (bool is_steady : {false, true}) {
        if (is_steady) begin_second_lap(sizes.size());
        for (size_t chunks : sizes) {
            Batch batch = batch_of(chunks, 0, 0, headers_.back().last);
            std::copy_n(full.chunks.begin(), chunks, batch.chunks.begin());
            const size_t blobs = blobs_for(chunks), payments = chunks * ordinary_mix().transfers;
            std::string name =
                fmt::format("appendBlobs, {}: {} full chunk{} in {} blob{}", is_steady ? "steady state" : "new record", chunks,
                            chunks == 1 ? "" : "s", blobs, blobs == 1 ? "" : "s");
            Row& row = append_blobs(name, batch, first_blobs(full.sidecar, blobs));
            row.work["payments"] = payments;
            if (is_steady && chunks == 96) asked = row;
        }
    }
    return asked;
}

}  // namespace gavel::bench

#include "bench/compression_blobs.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "bench/own_l1.hpp"
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// What of a batch's blobs says nothing.
void count_empty(BlobFigures& out, const Batch& batch, size_t blobs) {
    const size_t slots = blobs * kSlotsPerBlob;
    out.top_bytes += double(blobs * kBlobElements);
    out.empty_slots += double((slots - batch.chunks.size()) * kSlotData);
    for (const BatchChunk& chunk : batch.chunks) out.empty_in_slots += double(kSlotRoom - chunk.ops.size() - chunk.sigs.size());
}

// A rollup on a simulated L1, batch after batch.
class BlobPoster {
public:
    explicit BlobPoster(size_t max_blobs) : max_blobs_(max_blobs) {}

    // All of them, in batches of what the blobs of one hold.
    void post(Payments payments, BlobFigures& out) {
        auto begin = Clock::now();
        const std::vector<CutChunk> chunks = gavel_.chunks(payments);
        std::span<const CutChunk> rest = chunks;
        out.in_seconds += seconds_since(begin);
        std::vector<Batch> read;
        while (!rest.empty()) {
            begin = Clock::now();
            const PostedBatch posted = PostedBatch::in_blobs(gavel_.next_in_blobs(rest, parent_, max_blobs_, out.said));
            const l1::BlobSidecar sidecar = l1::make_sidecar(posted.data().blobs).value();
            out.in_seconds += seconds_since(begin);
            const l1::Receipt receipt = l1_.append_blobs(posted, sidecar);
            begin = Clock::now();
            read.push_back(read_back(receipt.tx_hash, posted.number()));
            out.out_seconds += seconds_since(begin);
            note(out, posted, receipt);
            parent_ = posted.header();
        }
        begin = Clock::now();
        if (!gavel_.holds(read, payments)) throw std::runtime_error("the chain's blobs don't decode to their payments");
        out.out_seconds += seconds_since(begin);
        for (const BenchPayment& payment : payments) out.rlp_bytes += payment.tx.raw().size();
    }

private:
    // By the contract's record and the blobs that the chain has.
    Batch read_back(const Hash& transaction, uint64_t number) {
        const l1::RollupClient rollup(client_, l1_.rollup, {}, &blobs_);
        auto record = rollup.batch(number);
        if (!record) throw std::runtime_error(node::to_string(record.status()));
        auto batch = rollup.fetch_batch(transaction, *record);
        if (!batch) throw std::runtime_error(node::to_string(batch.status()));
        return *std::move(batch);
    }

    static void note(BlobFigures& out, const PostedBatch& posted, const l1::Receipt& receipt) {
        const Batch& batch = posted.batch();
        const size_t blobs = posted.data().blobs.size();
        uint64_t payments = 0;
        for (const BatchChunk& chunk : batch.chunks) {
            auto decoded = decode_ops(chunk.ops);
            for (const PostedOperation& operation : std::get<Chunk>(decoded).operations) payments += operation.payments.size();
        }
        out.all.add(payments, receipt);
        if (batch.chunks.size() == blobs * kSlotsPerBlob) out.full.add(payments, receipt);
        ++out.batches;
        out.blobs += blobs;
        out.chunks += batch.chunks.size();
        out.calldata += l1::rollup_call::append_blobs(posted.data().argument).size();
        count_empty(out, batch, blobs);
    }

    OwnL1 l1_;
    l1::InProcessClient client_{*l1_.chain};
    l1::InProcessBlobs blobs_{*l1_.chain};
    const GavelForm gavel_;
    const size_t max_blobs_;
    BatchHeader parent_ = genesis_header();
};

}  // namespace

BlobFigures measure_in_blobs(const std::string& set, Payments payments, size_t max_blobs, size_t batch) {
    BlobFigures out;
    out.set = set;
    BlobPoster poster(max_blobs);
    if (batch == 0) batch = payments.size();
    for (size_t at = 0; at < payments.size(); at += batch)
        poster.post(payments.subspan(at, std::min(batch, payments.size() - at)), out);
    return out;
}

std::vector<CostPoint> costs_by_batch_size(Payments payments) {
    constexpr size_t kBatches = 3;
    std::vector<CostPoint> out;
    const GavelForm gavel;
    for (size_t size : {1u, 2u, 5u, 10u, 20u, 50u, 100u, 200u, 500u, 1'000u, 1'504u, 2'000u, 3'008u, 4'512u}) {
        const size_t batches = std::min(kBatches, payments.size() / size);
        if (batches == 0) break;
        const Payments some = payments.first(batches * size);
        FormRow row = row_of("", gavel, *plain());
        measure(row, gavel, *plain(), some, size);
        const BlobFigures blobs = measure_in_blobs("", some, kUsualBlobs, size);
        out.push_back({size, row.per_payment(row.gas), blobs.all.gas_each(1), blobs.all.gas_each(10)});
    }
    return out;
}

}  // namespace gavel::bench

#include "bench/forms/gavel.hpp"

#include <algorithm>

#include "bench/chunk_cutter.hpp"
#include "bench/own_l1.hpp"
#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "protocol/encoding.hpp"

namespace gavel::bench {
namespace {

constexpr size_t kEnvelope = 200;  // of an L1 transaction, more than it ever takes

// Whether a batch of so many bytes of calldata may be one L1 transaction, today and at 64 gas a byte (EIP-7976).
bool fits(size_t calldata) {
    return calldata + kEnvelope <= l1::gas::kMaxTransactionBytes && 21'000 + 64 * calldata < l1::gas::kMaxTransactionGas;
}

// An append's calldata without its chunks: selector, offset, length and the fixed fields; what it is padded to.
size_t calldata_size(size_t batch_bytes) { return 4 + 64 + (batch_bytes + 31) / 32 * 32; }

Batch next_batch(const BatchHeader& parent) {
    Batch out;
    out.number = parent.number + 1;
    out.parent = parent;
    out.last = parent.last;
    out.last.accounts_root = drawn("accounts", out.number);
    out.last.account_count = 1 << 20;
    return out;
}

void add_chunk(Batch& batch, const CutChunk& chunk) {
    if (!batch.chunks.empty()) batch.commitments.push_back(drawn("commitment", batch.number << 16 | batch.chunks.size()));
    batch.chunks.push_back({chunk.ops, chunk.sigs});
}

void count(GavelBytes& bytes, const CutChunk& chunk) {
    bytes.header += double(chunk.bits.header) / 8;
    bytes.kinds += double(chunk.bits.kinds) / 8;
    bytes.fees += double(chunk.bits.fees) / 8;
    bytes.senders += double(chunk.bits.senders) / 8;
    bytes.recipients += double(chunk.bits.recipients) / 8;
    bytes.amounts += double(chunk.bits.amounts) / 8;
    bytes.memos += double(chunk.bits.memos) / 8;
    bytes.fee_leaves += double(chunk.bits.fee_leaves) / 8;
    bytes.padding += double(chunk.bits.padding) / 8;
    bytes.signatures += double(chunk.sigs.size());
    bytes.lengths += 4;
}

// What stays of a batch's calldata beside its chunks and commitments is its header, ABI's words and padding included.
void count(GavelBytes& bytes, const Batch& batch) {
    size_t rest = l1::rollup_call::append(batch.encode()).size() - 32 * batch.commitments.size();
    for (const BatchChunk& chunk : batch.chunks) rest -= 4 + chunk.ops.size() + chunk.sigs.size();
    bytes.commitments += double(32 * batch.commitments.size());
    bytes.batch_header += double(rest);
}

}  // namespace

std::vector<GavelForm::Signed> GavelForm::operations(Payments payments) const {
    const Hash separator = bench_domain().separator();
    std::vector<Signed> out;
    std::optional<Operation> payout;  // the one that the last of `out` posts
    for (const BenchPayment& payment : payments) {
        PostedPayment line{{account_index(payment.to, payment.token), {}}, payment.amount};
        if (payment.to_is_new) line.to = {0, payment.to};
        uint32_t sender = account_index(payment.from, payment.token);
        bool joins = payout && out.back().operation.sender == sender && out.back().token == payment.token &&
                     out.back().operation.payments.size() < options_.payout_lines && payment.operation.memo.is_zero();
        if (joins) {
            payout->payments.push_back({payment.to, payment.amount});
            out.back().operation.payments.push_back(line);
            out.back().signature = key_for(payment.from).sign(payout->digest(separator));
            continue;
        }
        bool pays_out = options_.payout_lines > 0;
        PostedOperation operation{pays_out ? OperationKind::kPayout : OperationKind::kTransfer,
                                  sender,
                                  {line},
                                  payment.operation.fee,
                                  payment.operation.memo};
        Signature signature = payment.signature;
        if (pays_out) {
            payout = payment.operation;
            payout->kind = operation.kind;
            signature = key_for(payment.from).sign(payout->digest(separator));
        }
        out.push_back({std::move(operation), payment.token, signature});
    }
    return out;
}

std::vector<CutChunk> GavelForm::chunks(Payments payments) const {
    std::vector<CutChunk> out;
    Bytes sigs;
    ChunkCutter cutter;
    auto take = [&](const std::optional<Chunk>& full) {
        if (!full) return;
        CutChunk chunk;
        chunk.ops = encode_ops(*full, &chunk.bits);
        chunk.sigs = std::exchange(sigs, {});
        out.push_back(std::move(chunk));
    };
    for (Signed& one : operations(payments)) {
        take(cutter.add(std::move(one.operation), one.token));
        append(sigs, one.signature);
    }
    take(cutter.cut());
    return out;
}

std::vector<Batch> GavelForm::batches(Payments payments, GavelBytes* bytes) const {
    std::vector<Batch> out;
    BatchHeader parent = genesis_header();
    GavelBytes unasked;
    GavelBytes& counted = bytes ? *bytes : unasked;
    size_t size = 0;
    auto finish = [&](Batch& batch) {
        count(counted, batch);
        parent = batch.header();
    };
    for (const CutChunk& chunk : chunks(payments)) {
        size_t added = 4 + chunk.ops.size() + chunk.sigs.size() + Hash::kSize;
        if (out.empty() || out.back().chunks.size() == kMaxChunks || !fits(calldata_size(size + added))) {
            if (!out.empty()) finish(out.back());
            out.push_back(next_batch(parent));
            size = out.back().encode().size() - Hash::kSize;  // its first chunk has no commitment
        }
        add_chunk(out.back(), chunk);
        size += added;
        count(counted, chunk);
    }
    if (!out.empty()) finish(out.back());
    return out;
}

Batch GavelForm::next_in_blobs(std::span<const CutChunk>& chunks, const BatchHeader& parent, size_t max_blobs,
                               GavelBytes& bytes) const {
    Batch out = next_batch(parent);
    out.source = DataSource::kBlobs;
    const std::span<const CutChunk> taken = chunks.first(std::min(chunks.size(), kSlotsPerBlob * max_blobs));
    for (const CutChunk& chunk : taken) {
        add_chunk(out, chunk);
        count(bytes, chunk);
    }
    // Each slot has a commitment, the last one's being in calldata as well.
    bytes.commitments += double(Hash::kSize * taken.size());
    bytes.batch_header += double(l1::rollup_call::append_blobs(out.encode()).size());
    chunks = chunks.subspan(taken.size());
    return out;
}

Posted GavelForm::post(Payments payments, const Compressor&) const {
    GavelBytes bytes;
    Posted out;
    for (const Batch& batch : batches(payments, &bytes)) out.calldata.push_back(l1::rollup_call::append(batch.encode()));
    out.signature_bytes = static_cast<uint64_t>(bytes.signatures);
    return out;
}

bool GavelForm::holds(const Posted& posted, const Compressor&, Payments payments) const {
    std::vector<Batch> batches;
    for (const Bytes& calldata : posted.calldata) {
        auto call = l1::read_append(calldata);
        auto batch = call ? decode_batch(call->batch) : std::nullopt;
        if (!batch) return false;
        batches.push_back(*std::move(batch));
    }
    return holds(batches, payments);
}

bool GavelForm::holds(const std::vector<Batch>& batches, Payments payments) const {
    const std::vector<Signed> expected = operations(payments);
    size_t at = 0;
    auto is_next = [&](const PostedOperation& operation, const Signature& signature) {
        if (at == expected.size()) return false;
        const Signed& next = expected[at++];
        return operation == next.operation && signature == next.signature;
    };
    auto is_said_by = [&](const BatchChunk& posted) {
        auto decoded = decode_ops(posted.ops);
        const Chunk* chunk = std::get_if<Chunk>(&decoded);
        if (!chunk || posted.sigs.size() != Signature::kSize * chunk->operations.size()) return false;
        ByteReader sigs(posted.sigs);
        return std::all_of(chunk->operations.begin(), chunk->operations.end(),
                           [&](const PostedOperation& operation) { return is_next(operation, sigs.fixed<Signature>()); });
    };
    for (const Batch& batch : batches)
        if (!std::all_of(batch.chunks.begin(), batch.chunks.end(), is_said_by)) return false;
    return at == expected.size();
}

uint64_t GavelForm::gas(const Posted& posted) const {
    OwnL1 l1;
    uint64_t sum = 0;
    for (const Bytes& data : posted.calldata) sum += l1.append(data);
    return sum;
}

std::vector<Bytes> GavelForm::ops(Payments payments) const {
    std::vector<Bytes> out;
    for (CutChunk& chunk : chunks(payments)) out.push_back(std::move(chunk.ops));
    return out;
}

}  // namespace gavel::bench

// What the one who sits does: appending batches.
#include <algorithm>

#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/chain/rollup_running_call.hpp"

namespace gavel::l1 {

// The checks before the bytes are looked at.
Globals RunningCall::begin_append(ByteView data) {
    Globals globals = enter();
    // The only calldata of these bytes: then whoever reads it back knows what was appended.
    Bytes exact = rollup_call::append(data);  // behind the selector as appendBlobs's
    if (!std::ranges::equal(ByteView{exact}.subspan(4), arguments_)) refuse(RollupError::kCalldataNotExact);
    if (globals.frozen) refuse(RollupError::kFrozen);
    const Address& caller = context_.sender;
    if (globals.current_term == 0 || storage_.term_seat(globals.current_term).sequencer != caller) {
        refuse(RollupError::kNotSequencer);
    }
    if (caller != context_.origin || host_.has_code(caller)) refuse(RollupError::kNotPlainAccount);
    return globals;
}

void RunningCall::append() {
    ByteView data = arguments(1).bytes();
    Globals globals = begin_append(data);
    BatchError error = BatchError::kNone;
    std::optional<Batch> batch = decode_batch(data, &error);
    if (!batch) refuse(name_of(error));
    host_.use_gas(rollup_gas::of_append(*batch));
    append_to_head(globals, *batch, batch->header());
}

void RunningCall::append_blobs() {
    ByteView data = arguments(1).bytes();
    Globals globals = begin_append(data);
    std::vector<Hash> hashes;
    for (Hash hash = host_.blob_hash(0); !hash.is_zero(); hash = host_.blob_hash(hashes.size())) hashes.push_back(hash);
    BatchError error = BatchError::kNone;
    std::optional<BlobBatchFrame> frame = decode_blob_frame(data, hashes, &error);
    if (!frame) refuse(name_of(error));
    host_.use_gas(rollup_gas::of_append_blobs(hashes.size()));
    append_to_head(globals, *frame, header_in_blobs(*frame, frame->chunk_count, hashes));
}

void RunningCall::append_to_head(Globals& globals, const BatchFrame& batch, const BatchHeader& header) {
    check_on_head(globals, batch);
    globals.head = batch.number;
    Hash hash = header.hash();
    storage_.set(globals);
    const StateFields& last = batch.last;
    const uint32_t lap = lap_of(batch.number);
    storage_.set_record(batch.number, hash, {now(), globals.current_term, last.l1_ops_consumed, last.withdrawal_count, lap});
    emit(BatchAppended{batch.number, hash, globals.current_term});
}

void RunningCall::check_on_head(const Globals& globals, const BatchFrame& batch) {
    if (batch.number != globals.head + 1) refuse(RollupError::kBatchNumber);
    if (batch.number >= kRecordPlaces && !is_final_batch(globals, in_the_way_of(batch.number))) refuse(RollupError::kRecordsFull);
    if (batch.parent.number != globals.head || !standing(globals, batch.parent)) refuse(RollupError::kNotOnHead);
    uint64_t consumed = batch.last.l1_ops_consumed;
    if (consumed < batch.parent.last.l1_ops_consumed) refuse(RollupError::kL1OpsDecrease);
    Hash queue_hash = storage_.queue_hash(consumed);
    if (consumed != 0 && queue_hash.is_zero()) refuse(RollupError::kL1OpsBeyondQueue);
    if (batch.l1_queue_hash != queue_hash) refuse(RollupError::kQueueHash);
}

}  // namespace gavel::l1

// What the one who sits does: appending batches.
#include <algorithm>

#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/chain/rollup_running_call.hpp"

namespace gavel::l1 {

void RunningCall::append() {
    CalldataReader reader = arguments(1);
    ByteView data = reader.bytes();
    Globals globals = enter();
    // The only calldata of these bytes: then whoever reads it back knows what was appended.
    Bytes exact = rollup_call::append(data);
    if (!std::ranges::equal(ByteView{exact}.subspan(4), arguments_)) refuse(RollupError::kCalldataNotExact);
    if (globals.frozen) refuse(RollupError::kFrozen);
    const Address& caller = context_.sender;
    if (globals.current_term == 0 || storage_.term_seat(globals.current_term).sequencer != caller) {
        refuse(RollupError::kNotSequencer);
    }
    if (caller != context_.origin || host_.has_code(caller)) refuse(RollupError::kNotPlainAccount);
    BatchError error = BatchError::kNone;
    std::optional<Batch> batch = decode_batch(data, &error);
    if (!batch) refuse(name_of(error));
    host_.use_gas(rollup_gas::of_append(*batch));
    check_on_head(globals, *batch);

    globals.head = batch->number;
    Hash hash = batch->header().hash();
    storage_.set(globals);
    const StateFields& last = batch->last;
    storage_.set_record(batch->number, hash, {now(), globals.current_term, last.l1_ops_consumed, last.withdrawal_count});
    emit(BatchAppended{batch->number, hash, globals.current_term});
}

void RunningCall::check_on_head(const Globals& globals, const Batch& batch) {
    if (batch.number != globals.head + 1) refuse(RollupError::kBatchNumber);
    if (!stands(globals, batch.parent) || batch.parent.number != globals.head) refuse(RollupError::kNotOnHead);
    uint64_t consumed = batch.last.l1_ops_consumed;
    if (consumed < batch.parent.last.l1_ops_consumed) refuse(RollupError::kL1OpsDecrease);
    Hash queue_hash = storage_.queue_hash(consumed);
    if (consumed != 0 && queue_hash.is_zero()) refuse(RollupError::kL1OpsBeyondQueue);
    if (batch.l1_queue_hash != queue_hash) refuse(RollupError::kQueueHash);
}

}  // namespace gavel::l1

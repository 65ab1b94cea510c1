#include "sequencer/rechecker.hpp"

#include <fmt/format.h>

#include "follow/replayer.hpp"

namespace gavel::sequencer {

Rechecker::Rechecker(State state, const BatchHeader& header, const Hash& domain_separator)
    : state_(std::move(state)), header_(header), domain_separator_(domain_separator) {}

bool Rechecker::check(const PostedData& posted, const follow::L1View& view, const SignatureJudge& judge, std::string& why) {
    BatchError error = BatchError::kNone;
    auto batch = decode_batch(posted, &error);
    if (!batch) {
        why = fmt::format("its bytes are no batch: {}", name_of(error));
        return false;
    }
    if (batch->number != header_.number + 1 || batch->parent.hash() != header_.hash()) {
        why = fmt::format("batch {} doesn't follow batch {}", batch->number, header_.number);
        return false;
    }
    if (view.queue_hash(batch->last.l1_ops_consumed) != batch->l1_queue_hash) {
        why = "it is made for another queue of L1 operations than the L1's";
        return false;
    }
    StateRunner runner(state_);
    Counters before = state_.counters;
    if (!run(runner, *batch, view, judge, why)) {
        runner.roll_back(0);
        state_.counters = before;
        return false;
    }
    header_ = batch->header();
    return true;
}

bool Rechecker::run(StateRunner& runner, const Batch& batch, const follow::L1View& view, const SignatureJudge& judge,
                    std::string& why) {
    auto env = follow::make_env(domain_separator_, view, batch.last.l1_ops_consumed, &judge);
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        Outcome outcome = apply(*env, runner, state_.counters, batch.chunks[i]);
        if (!outcome.ok()) {
            why = fmt::format("chunk {} is wrong: {}", i, name_of(outcome.refusal));
            return false;
        }
        if (state_.commitment() != batch.after(i)) {
            why = fmt::format("the claim after chunk {} isn't what it leads to", i);
            return false;
        }
    }
    return true;
}

}  // namespace gavel::sequencer

#include "sequencer/rechecker.hpp"

#include <fmt/format.h>

namespace gavel::sequencer {
namespace {

// L1 operations as the L1 has told them.
class ViewEnv : public Env {
public:
    ViewEnv(const Hash& domain_separator, uint64_t limit, const follow::L1View& view, const SignerRecovery& recovery)
        : domain_separator_(domain_separator), limit_(limit), view_(view), recovery_(recovery) {}
    const Hash& domain_separator() const override { return domain_separator_; }
    uint64_t l1_limit() const override { return limit_; }
    const L1Operation* l1_operation(uint64_t index) override {
        queued_ = view_.queued(index);
        return queued_ ? &queued_->operation : nullptr;
    }
    const SignerRecovery& recovery() const override { return recovery_; }

private:
    const Hash& domain_separator_;
    uint64_t limit_;
    const follow::L1View& view_;
    const SignerRecovery& recovery_;
    std::optional<follow::QueuedOperation> queued_;
};

}  // namespace

Rechecker::Rechecker(State state, const BatchHeader& header, const Hash& domain_separator)
    : state_(std::move(state)), header_(header), domain_separator_(domain_separator) {}

bool Rechecker::check(ByteView posted, const follow::L1View& view, const SignerRecovery& recovery, std::string& why) {
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
    if (!run(runner, *batch, view, recovery, why)) {
        runner.roll_back(0);
        state_.counters = before;
        return false;
    }
    header_ = batch->header();
    return true;
}

bool Rechecker::run(StateRunner& runner, const Batch& batch, const follow::L1View& view, const SignerRecovery& recovery,
                    std::string& why) {
    ViewEnv env(domain_separator_, batch.last.l1_ops_consumed, view, recovery);
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        Outcome outcome = apply(env, runner, state_.counters, batch.chunks[i].ops, batch.chunks[i].sigs);
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

// Where operations come in: checked in the callers' threads, executed by the writer, answered once durable.
#pragma once

#include <functional>
#include <vector>

#include "node/clock.hpp"
#include "node/worker_pool.hpp"
#include "sequencer/figures.hpp"
#include "sequencer/writer.hpp"

namespace gavel::sequencer {

class Intake {
public:
    using Answers = std::function<void(std::vector<SubmitOutcome>)>;

    // None of the references is owned. `sequencing`: whether operations are taken now; else why not. `signature_threads` check
    // signatures beside the callers.
    Intake(const ledger::Reader& ledger, Writer& writer, Engine& engine, Figures& figures, const node::Clock& clock,
           std::function<node::Status()> sequencing, unsigned signature_threads);

    // Any thread. Checks form and signatures in the caller's thread (and the pool's), then queues what is right, in order.
    // `answers` is called once, with an outcome for each, by the writing thread when all that are right are durable; at once if
    // none is.
    void submit(const std::vector<Submission>& submissions, Answers answers);

private:
    struct Ticket {
        std::vector<SubmitOutcome> outcomes;  // of those refused already
        std::vector<CheckedOperation> right;
        std::vector<size_t> places;  // of `right` among the outcomes
        Answers answers;
        uint64_t taken_ms = 0;
    };
    void check(const std::vector<Submission>& submissions, Ticket& ticket);
    void execute(Ticket& ticket) GAVEL_REQUIRES(ledger::writing);
    void answer(Ticket& ticket, const std::exception_ptr& failure);
    void refuse(Ticket& ticket, const node::Status& status);

    const ledger::Reader& ledger_;
    Writer& writer_;
    Engine& engine_;
    Figures& figures_;
    const node::Clock& clock_;
    const std::function<node::Status()> sequencing_;
    node::WorkerPool pool_;
};

}  // namespace gavel::sequencer

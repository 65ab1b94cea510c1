// Where operations come in: checked by threads of its own, executed by the writer, answered once durable.
//
// What waits to be checked is shared out to the threads in pieces, the larger the more waits: signatures are cheaper together
// (follow/signature_checker.hpp). What is right goes to the writer in the order in which it came.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "node/clock.hpp"
#include "sequencer/figures.hpp"
#include "sequencer/submission.hpp"
#include "sequencer/writer.hpp"

namespace gavel::sequencer {

class Intake {
public:
    using Answers = std::function<void(std::vector<SubmitOutcome>)>;

    struct Options {
        unsigned threads = 0;         // that check; zero: each caller's checks what waits
        size_t max_waiting = 65'536;  // operations that wait to be checked
    };
    // None of the references is owned. `sequencing`: whether operations are taken now; else why not.
    Intake(const ledger::Reader& ledger, Writer& writer, Engine& engine, Figures& figures, const node::Clock& clock,
           std::function<node::Status()> sequencing, Options options);
    ~Intake();

    // Any thread. `answers` is called once, by a thread of Gavel's, with an outcome for each: when all that are right in form and
    // signature are durable, or as soon as none is. At once with QUEUE_FULL if too many wait, with STOPPING after close().
    void submit(std::vector<Submission> submissions, Answers answers);
    // Answers what isn't with the writer yet with STOPPING, and takes no more.
    void close();

private:
    struct Ticket {
        std::vector<Submission> submissions;
        std::vector<std::optional<node::Result<CheckedOperation>>> read;  // by submission
        std::vector<SubmitOutcome> outcomes;
        std::vector<CheckedOperation> right;
        std::vector<size_t> places;  // of `right` among the outcomes
        Answers answers;
        uint64_t taken_ms = 0;
        size_t given = 0, checked = 0;  // submissions, of which threads have been given, and have done
    };
    using Place = std::pair<std::shared_ptr<Ticket>, size_t>;  // a submission of a ticket's

    void serve();
    // One piece; `lock` holds mutex_ before and after it.
    void work(std::unique_lock<std::mutex>& lock);
    std::vector<Place> take_piece_locked();
    void check(const std::vector<Place>& piece);
    // Hands over what is checked and first in line.
    void pass_on(const std::vector<Place>& piece);
    void offer(const std::shared_ptr<Ticket>& ticket);
    void sort_out(Ticket& ticket);
    void execute(Ticket& ticket) GAVEL_REQUIRES(ledger::writing);
    void answer(Ticket& ticket, const std::exception_ptr& failure);
    void refuse(Ticket& ticket, const node::Status& status);

    const ledger::Reader& ledger_;
    Writer& writer_;
    Engine& engine_;
    Figures& figures_;
    const node::Clock& clock_;
    const std::function<node::Status()> sequencing_;
    const Options options_;
    follow::SignatureChecker checker_;

    std::mutex passing_mutex_;  // held by who passes tickets on, so that they keep their order; before mutex_
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Ticket>> waiting_;  // in order; all of those that are given come first
    size_t ungiven_ = 0, unchecked_ = 0;           // submissions in them
    bool is_closed_ = false;
    std::mutex closing_mutex_;  // who closes is one at a time
    std::vector<std::thread> threads_;
};

}  // namespace gavel::sequencer

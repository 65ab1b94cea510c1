#include "sequencer/intake.hpp"

#include <algorithm>

namespace gavel::sequencer {
namespace {

node::Status status_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Writer::Closed&) {
        return {node::Code::kUnavailable, "STOPPING", "", "the sequencer is stopping"};
    } catch (const node::StoreError&) {
        return {node::Code::kInternal, "STORE_FAILED", "", "the server's disk failed"};
    } catch (...) {
        return {node::Code::kInternal, "INTERNAL", "", "the server failed; its log says how"};
    }
}

}  // namespace

Intake::Intake(const ledger::Reader& ledger, Writer& writer, Engine& engine, Figures& figures, const node::Clock& clock,
               std::function<node::Status()> sequencing, unsigned signature_threads)
    : ledger_(ledger),
      writer_(writer),
      engine_(engine),
      figures_(figures),
      clock_(clock),
      sequencing_(std::move(sequencing)),
      pool_(signature_threads) {}

void Intake::submit(const std::vector<Submission>& submissions, Answers answers) {
    auto ticket = std::make_shared<Ticket>();
    check(submissions, *ticket);
    ticket->answers = std::move(answers);
    if (ticket->right.empty()) return ticket->answers(std::move(ticket->outcomes));
    const bool is_taken = writer_.offer(
        ticket->right.size(),
        [this, ticket] {
            ledger::writing.assume();
            execute(*ticket);
        },
        [this, ticket](const std::exception_ptr& failure) { answer(*ticket, failure); });
    if (!is_taken)
        refuse(*ticket, {node::Code::kResourceExhausted, "QUEUE_FULL", "", "too many operations are waiting; try again"});
}

void Intake::check(const std::vector<Submission>& submissions, Ticket& ticket) {
    ticket.taken_ms = clock_.steady_ms();
    ticket.outcomes.resize(submissions.size());
    std::vector<std::optional<node::Result<CheckedOperation>>> checked(submissions.size());
    pool_.run(submissions.size(),
              [&](size_t i) { checked[i] = check_submission(submissions[i], ledger_.domain(), ledger_.domain_separator()); });
    for (size_t i = 0; i < submissions.size(); ++i) {
        if (checked[i]->ok()) {
            ticket.right.push_back(std::move(**checked[i]));
            ticket.places.push_back(i);
        } else {
            ticket.outcomes[i].status = checked[i]->status();
            figures_.count_refusal(ticket.outcomes[i].status, ticket.taken_ms);
        }
    }
}

void Intake::execute(Ticket& ticket) {
    node::Status state = sequencing_();
    for (size_t i = 0; i < ticket.right.size(); ++i) {
        SubmitOutcome& outcome = ticket.outcomes[ticket.places[i]];
        if (state.ok()) outcome = engine_.execute(ticket.right[i]);
        else outcome.status = state;
    }
}

void Intake::answer(Ticket& ticket, const std::exception_ptr& failure) {
    if (failure) return refuse(ticket, status_of(failure));
    const uint64_t now_ms = clock_.steady_ms();
    for (size_t place : ticket.places) figures_.count(ticket.outcomes[place], now_ms - std::min(now_ms, ticket.taken_ms), now_ms);
    ticket.answers(std::move(ticket.outcomes));
}

void Intake::refuse(Ticket& ticket, const node::Status& status) {
    for (size_t place : ticket.places) {
        ticket.outcomes[place] = {status, {}, {}};
        figures_.count_refusal(status, clock_.steady_ms());
    }
    ticket.answers(std::move(ticket.outcomes));
}

}  // namespace gavel::sequencer

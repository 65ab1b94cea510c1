#include "sequencer/intake.hpp"

#include <algorithm>

#include "node/priority.hpp"

namespace gavel::sequencer {
namespace {

constexpr int kNiceness = 4;                  // who executes and answers comes first: it is little, and many wait for it
constexpr size_t kLeast = 64, kPiece = 1024;  // submissions that a thread takes, if so many wait, and at most

node::Status stopping() { return {node::Code::kUnavailable, "STOPPING", "", "the sequencer is stopping"}; }
node::Status queue_full() {
    return {node::Code::kResourceExhausted, "QUEUE_FULL", "", "too many operations are waiting; try again"};
}

node::Status status_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Writer::Closed&) {
        return stopping();
    } catch (const node::StoreError&) {
        return {node::Code::kInternal, "STORE_FAILED", "", "the server's disk failed"};
    } catch (...) {
        return {node::Code::kInternal, "INTERNAL", "", "the server failed; its log says how"};
    }
}

}  // namespace

Intake::Intake(const ledger::Reader& ledger, Writer& writer, Engine& engine, Figures& figures, const node::Clock& clock,
               std::function<node::Status()> sequencing, Options options)
    : ledger_(ledger),
      writer_(writer),
      engine_(engine),
      figures_(figures),
      clock_(clock),
      sequencing_(std::move(sequencing)),
      options_(options) {
    for (unsigned i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { serve(); });
}

Intake::~Intake() { close(); }

void Intake::close() {
    std::lock_guard closing(closing_mutex_);
    {
        std::lock_guard lock(mutex_);
        is_closed_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : std::exchange(threads_, {})) thread.join();
    std::deque<std::shared_ptr<Ticket>> left;
    {
        std::lock_guard lock(mutex_);
        left.swap(waiting_);
        ungiven_ = unchecked_ = 0;
    }
    for (const auto& ticket : left) refuse(*ticket, stopping());
}

void Intake::submit(std::vector<Submission> submissions, Answers answers) {
    auto ticket = std::make_shared<Ticket>();
    const size_t count = submissions.size();
    ticket->submissions = std::move(submissions);
    ticket->outcomes.resize(count);
    ticket->read.resize(count);
    ticket->answers = std::move(answers);
    ticket->taken_ms = clock_.steady_ms();
    node::Status refused;
    {
        std::lock_guard lock(mutex_);
        if (is_closed_) refused = stopping();
        else if (unchecked_ + count > options_.max_waiting) refused = queue_full();
        else waiting_.push_back(ticket), ungiven_ += count, unchecked_ += count;
    }
    if (!refused.ok()) return refuse(*ticket, refused);
    wake_.notify_one();
    if (options_.threads > 0) return;
    std::unique_lock lock(mutex_);
    while (ungiven_ > 0) work(lock);
}

// ---- The threads that check ----

void Intake::serve() {
    node::give_way(kNiceness);
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return is_closed_ || ungiven_ > 0; });
        if (is_closed_) return;
        work(lock);
    }
}

void Intake::work(std::unique_lock<std::mutex>& lock) {
    const std::vector<Place> piece = take_piece_locked();
    if (ungiven_ > 0) wake_.notify_one();
    lock.unlock();
    check(piece);
    pass_on(piece);
    lock.lock();
}

// The first of those that no thread has, each thread's share of them.
std::vector<Intake::Place> Intake::take_piece_locked() {
    const size_t threads = std::max(1u, options_.threads);
    const size_t most = std::clamp<size_t>((ungiven_ + threads - 1) / threads, kLeast, kPiece);
    std::vector<Place> out;
    out.reserve(most);
    for (const auto& ticket : waiting_)
        for (; ticket->given < ticket->submissions.size(); ++ticket->given) {
            if (out.size() == most) return out;
            out.emplace_back(ticket, ticket->given);
            --ungiven_;
        }
    return out;
}

void Intake::check(const std::vector<Place>& piece) {
    const Hash& separator = ledger_.domain_separator();
    std::vector<follow::SignatureClaim> claims;
    std::vector<size_t> first_claim;  // of each place
    for (const auto& [ticket, i] : piece) {
        ticket->read[i] = read_submission(ticket->submissions[i], ledger_.domain(), separator);
        first_claim.push_back(claims.size());
        if (ticket->read[i]->ok()) add_claims(**ticket->read[i], separator, claims);
    }
    first_claim.push_back(claims.size());
    const std::vector<bool> hold = checker_.check(claims);
    for (size_t at = 0; at < piece.size(); ++at) {
        auto& read = piece[at].first->read[piece[at].second];
        bool all = true;
        for (size_t claim = first_claim[at]; claim < first_claim[at + 1]; ++claim) all = all && hold[claim];
        if (all) continue;
        // In words, one after the other; whose signatures are right after all is right.
        if (node::Status wrong = check_signatures(**read, separator); !wrong.ok()) read = wrong;
    }
}

void Intake::pass_on(const std::vector<Place>& piece) {
    std::lock_guard passing(passing_mutex_);
    std::deque<std::shared_ptr<Ticket>> ready;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [ticket, i] : piece) ++ticket->checked;
        unchecked_ -= piece.size();
        while (!waiting_.empty() && waiting_.front()->checked == waiting_.front()->submissions.size()) {
            ready.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
    }
    for (const auto& ticket : ready) offer(ticket);
}

void Intake::offer(const std::shared_ptr<Ticket>& ticket) {
    sort_out(*ticket);
    if (ticket->right.empty()) return ticket->answers(std::move(ticket->outcomes));
    const bool is_taken = writer_.offer(
        ticket->right.size(),
        [this, ticket] {
            ledger::writing.assume();
            execute(*ticket);
        },
        [this, ticket](const std::exception_ptr& failure) { answer(*ticket, failure); });
    if (!is_taken) refuse(*ticket, queue_full());
}

void Intake::sort_out(Ticket& ticket) {
    for (size_t i = 0; i < ticket.read.size(); ++i) {
        if (ticket.read[i]->ok()) {
            ticket.right.push_back(std::move(**ticket.read[i]));
            ticket.places.push_back(i);
        } else {
            ticket.outcomes[i].status = ticket.read[i]->status();
            figures_.count_refusal(ticket.outcomes[i].status, ticket.taken_ms);
        }
    }
    ticket.read = {};
    ticket.submissions = {};
}

// ---- The writing thread ----

void Intake::execute(Ticket& ticket) {
    node::Status state = sequencing_();
    for (size_t i = 0; i < ticket.right.size(); ++i) {
        SubmitOutcome& outcome = ticket.outcomes[ticket.places[i]];
        if (state.ok()) outcome = engine_.execute(ticket.right[i]);
        else outcome.status = state;
    }
}

void Intake::answer(Ticket& ticket, const std::exception_ptr& failure) {
    if (failure) {
        // Nothing of this may be acknowledged, whether or not it has reached the disk.
        for (size_t place : ticket.places) ticket.outcomes[place] = {};
        return refuse(ticket, status_of(failure));
    }
    const uint64_t now_ms = clock_.steady_ms();
    for (size_t place : ticket.places) figures_.count(ticket.outcomes[place], now_ms - std::min(now_ms, ticket.taken_ms), now_ms);
    ticket.answers(std::move(ticket.outcomes));
}

// All of it, but for what has its own refusal already.
void Intake::refuse(Ticket& ticket, const node::Status& status) {
    for (SubmitOutcome& outcome : ticket.outcomes) {
        if (!outcome.status.ok()) continue;
        outcome = {status, {}, {}};
        figures_.count_refusal(status, clock_.steady_ms());
    }
    ticket.answers(std::move(ticket.outcomes));
}

}  // namespace gavel::sequencer

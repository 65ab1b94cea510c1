#include "sequencer/sequencer.hpp"

#include <algorithm>
#include <utility>

#include "l1-bridge/rollup_client.hpp"
#include "node/log.hpp"
#include "protocol/keys.hpp"
#include "sequencer/figures.hpp"
#include "sequencer/repair.hpp"

namespace gavel::sequencer {
namespace {

constexpr size_t kOperationsAtOnce = 4096;  // executed before one flush
constexpr int kReplaySteps = 64;            // in one round with the L1
constexpr int kSyncSteps = 64;
constexpr const char* kTakeover = "TAKEOVER_ANNOUNCED";

constexpr const char *kNotPosted = "BATCHES_NOT_POSTED", *kNotMined = "BATCHES_NOT_IN_A_BLOCK",
                     *kHeldUp = "L1_TRANSACTIONS_HELD_UP";

node::Status not_sequencing(std::string reason, std::string message) {
    return {node::Code::kUnavailable, std::move(reason), "", std::move(message)};
}

// Tokens in which fees are asked.
std::vector<Address> fee_tokens(const SequencerConfig& config) {
    std::vector<Address> out;
    if (!config.open_fee_accounts) return out;
    auto named = config.fees.per_transfer.find(Address{});
    const bool eth_costs = named == config.fees.per_transfer.end() ? config.fees.eth_percent > 0 : !named->second.is_zero();
    if (eth_costs) out.push_back({});
    for (const auto& [token, fee] : config.fees.per_transfer)
        if (!fee.is_zero() && !token.is_zero()) out.push_back(token);
    return out;
}

}  // namespace

Sequencer::Sequencer(node::Store& store, ledger::L1Sync& sync, l1::L1Client& client, l1::L1Wallet& wallet,
                     const node::Clock& clock, node::Metrics& metrics, SequencerConfig config)
    : clock_(clock),
      config_(std::move(config)),
      sync_(sync),
      client_(client),
      wallet_(wallet),
      troubles_(clock, &metrics),
      store_(store),
      data_is_new_(note_if_new(store)),
      freshness_(clock, troubles_, sync.view().parameters().inclusion_window, config_.l1_stale_after_ms),
      ledger_(store, sync.domain()),
      fees_(config_.fees),
      engine_(ledger_, sync.view(), fees_, clock, config_.engine, signers_),
      replayer_(ledger_, sync.view(), sync.batch_source(), clock, {.keep_lost_batches = true}),
      poster_(ledger_, engine_, sync.view(), client, wallet, fees_, signers_, writer_, config_.posting),
      calldata_gas_(client, clock, wallet.address()),
      fee_accounts_(ledger_, writer_, sync.view(), client, wallet, clock, troubles_, config_.engine.fee_recipient,
                    fee_tokens(config_)),
      queries_(ledger_, sync.view()),
      pool_(config_.signature_threads),
      figures_(std::make_unique<Figures>(metrics)),
      state_(not_sequencing("STARTING", "the sequencer hasn't read the L1 yet")) {
    metrics.before_text([this] { update_figures(); });
}

Sequencer::~Sequencer() = default;

// ---- Any thread ----

void Sequencer::submit(const std::vector<Submission>& submissions, Answers answers) {
    Ticket ticket;
    ticket.taken_ms = clock_.steady_ms();
    ticket.outcomes.resize(submissions.size());
    std::vector<std::optional<node::Result<CheckedSubmission>>> checked(submissions.size());
    pool_.run(submissions.size(),
              [&](size_t i) { checked[i] = check_submission(submissions[i], ledger_.domain(), ledger_.domain_separator()); });
    for (size_t i = 0; i < submissions.size(); ++i) {
        if (checked[i]->ok()) {
            ticket.right.push_back(std::move(**checked[i]));
            ticket.places.push_back(i);
        } else {
            ticket.outcomes[i].status = checked[i]->status();
            figures_->count_refusal(ticket.outcomes[i].status, ticket.taken_ms);
        }
    }
    ticket.answers = std::move(answers);
    if (ticket.right.empty()) return ticket.answers(std::move(ticket.outcomes));
    {
        std::lock_guard lock(queue_mutex_);
        if (!stopped_ && queued_operations_ + ticket.right.size() <= config_.max_queued) {
            queued_operations_ += ticket.right.size();
            queue_.push_back(std::move(ticket));
            queue_changed_.notify_one();
            return;
        }
    }
    refuse(ticket, {node::Code::kResourceExhausted, "QUEUE_FULL", "", "too many operations are waiting; try again"});
}

void Sequencer::refuse(Ticket& ticket, const node::Status& status) {
    for (size_t place : ticket.places) {
        ticket.outcomes[place] = {status, {}, {}};
        figures_->count_refusal(status, clock_.steady_ms());
    }
    ticket.answers(std::move(ticket.outcomes));
}

void Sequencer::stop() {
    std::deque<Ticket> left;
    {
        std::lock_guard lock(queue_mutex_);
        stopped_ = true;
        left.swap(queue_);
        queued_operations_ = 0;
    }
    for (Ticket& ticket : left) refuse(ticket, not_sequencing("STOPPING", "the sequencer is stopping"));
}

node::Status Sequencer::sequencing() const {
    {
        std::lock_guard lock(state_mutex_);
        if (!state_.ok()) return state_;
    }
    return freshness_.check();
}

node::Status Sequencer::health() const {
    node::Status status = sequencing();
    return status.ok() ? troubles_.health() : status;
}

void Sequencer::set_state(node::Status status) {
    std::lock_guard lock(state_mutex_);
    if (!(status == state_)) {
        if (status.ok()) node::log_info("sequencing");
        else node::log_status(node::LogLevel::kWarn, "not sequencing", status);
    }
    state_ = std::move(status);
}

// ---- Executing ----

void Sequencer::wait_for_work(uint64_t timeout_ms) {
    std::unique_lock lock(queue_mutex_);
    queue_changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return !queue_.empty(); });
}

void Sequencer::run_ticket(Ticket& ticket) {
    node::Status state = sequencing();
    for (size_t i = 0; i < ticket.right.size(); ++i) {
        SubmitOutcome& outcome = ticket.outcomes[ticket.places[i]];
        if (state.ok()) outcome = engine_.execute(ticket.right[i]);
        else outcome.status = state;
    }
}

bool Sequencer::execute() {
    std::vector<Ticket> tickets;
    {
        std::lock_guard lock(queue_mutex_);
        size_t operations = 0;
        while (!queue_.empty() && operations < kOperationsAtOnce) {
            operations += queue_.front().right.size();
            tickets.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        queued_operations_ -= operations;
    }
    if (tickets.empty()) return false;
    try {
        std::lock_guard lock(writer_);
        for (Ticket& ticket : tickets) run_ticket(ticket);
        ledger_.flush(node::Durability::kSynced);
    } catch (const node::StoreError&) {
        // Nothing of this may be acknowledged, whether or not it has reached the disk.
        for (Ticket& ticket : tickets) refuse(ticket, {node::Code::kInternal, "STORE_FAILED", "", "the server's disk failed"});
        stop();
        throw;
    } catch (const std::exception&) {
        for (Ticket& ticket : tickets)
            refuse(ticket, {node::Code::kInternal, "INTERNAL", "", "the server failed; its log says how"});
        throw;
    }
    uint64_t now_ms = clock_.steady_ms();
    for (Ticket& ticket : tickets) {
        for (size_t place : ticket.places)
            figures_->count(ticket.outcomes[place], now_ms - std::min(now_ms, ticket.taken_ms), now_ms);
        ticket.answers(std::move(ticket.outcomes));
    }
    return true;
}

// ---- With the L1 ----

node::Status Sequencer::replay() {
    std::lock_guard lock(writer_);
    uint64_t batches = ledger_.batch_head();
    ledger::Replayer::Progress progress = ledger::Replayer::Progress::kWorked;
    for (int i = 0; i < kReplaySteps && progress == ledger::Replayer::Progress::kWorked; ++i) progress = replayer_.step();
    engine_.set_posted(sync_.view().batch_head());
    if (ledger_.batch_head() != batches || ledger_.generation() != ledger_generation_) poster_.restart();
    ledger_generation_ = ledger_.generation();
    for (const ledger::Verdict& verdict : replayer_.take_verdicts())
        if (!verdict.valid) node::log_error("a batch on the L1 is false", {{"batch", verdict.number}, {"chunk", verdict.chunk}});
    switch (progress) {
        case ledger::Replayer::Progress::kCaughtUp: return {};
        case ledger::Replayer::Progress::kWorked: return not_sequencing("CATCHING_UP", "the sequencer is reading the L1");
        case ledger::Replayer::Progress::kFalseBatch:
            return not_sequencing("FALSE_BATCH", "a false batch stands on the L1 and has to be proven first");
        case ledger::Replayer::Progress::kUnavailable: return replayer_.status();
    }
    return {};
}

node::Status Sequencer::keep_seat() {
    const ledger::L1View& view = sync_.view();
    std::vector<ledger::TermView> terms = view.terms();
    for (const ledger::Strike& strike : view.strikes())
        for (const ledger::TermView& term : terms)
            if (term.term == strike.term && term.sequencer == wallet_.address()) {
                broken_ = true;
                return not_sequencing("OWN_TERM_SLASHED", "a batch of this sequencer's was proven false");
            }
    if (view.frozen()) return not_sequencing("FROZEN", "the rollup is frozen for ever: accounts exit on the L1");
    auto sitting = view.sitting();
    if (sitting && sitting->sequencer == wallet_.address()) {
        warn_of_deadline(*sitting);
        return {};
    }
    if (sitting) return not_sequencing("SEAT_TAKEN", to_checksum(sitting->sequencer) + " is the sequencer");
    // To sit down again by itself would stake, and lose a quarter, as often as it is evicted.
    auto own = std::find_if(terms.rbegin(), terms.rend(), [&](const auto& term) { return term.sequencer == wallet_.address(); });
    if (own != terms.rend() && own->reason == l1::TermEnd::kEvicted)
        return not_sequencing("EVICTED", "this sequencer left an L1 operation overdue and was evicted; once that can't happen "
                                         "again, take the seat with 'gavel sequencer become'");
    node::Status waiting = not_sequencing("SEAT_FREE", "this sequencer doesn't hold the seat");
    uint64_t now_ms = clock_.steady_ms();
    if (!config_.take_seat || (seat_tried_ms_ != 0 && now_ms < seat_tried_ms_ + config_.seat_retry_ms)) return waiting;
    seat_tried_ms_ = now_ms;
    if (wallet_.has_unmined()) return waiting;
    auto sent = l1::RollupClient(client_, view.rollup()).become_sequencer(wallet_);
    if (!sent) return sent.status();
    node::log_info("taking the seat", {{"tx", to_hex(*sent)}});
    return waiting;
}

// An L1 operation that no batch has consumed after half of its inclusion window: what holds it up may cost the seat.
void Sequencer::warn_of_deadline(const ledger::TermView& sitting) {
    const ledger::L1View& view = sync_.view();
    auto head = ledger_.batch(view.batch_head());
    auto waiting = view.queued(head ? head->header.last.l1_ops_consumed : 0);
    if (!waiting || warned_of_ == waiting->index) return;
    std::vector<ledger::Strike> strikes = view.strikes();
    uint64_t since = std::max({waiting->operation.time, sitting.started_at, strikes.empty() ? 0 : strikes.back().time});
    uint64_t window = view.parameters().inclusion_window, now = view.head().time;
    if (now < since + window / 2) return;
    warned_of_ = waiting->index;
    node::log_warn("an L1 operation nears the end of its inclusion window: post, or be evicted",
                   {{"l1_operation", waiting->index}, {"overdue_at", since + window}, {"now", now}});
}

// A receipt promises that its operation will be posted. So operations are confirmed only as long as that can be done before the
// first instant at which the home operator may take the seat: until an eighth of the inclusion window before it, half the time of
// its notice. What is confirmed is posted at once then; when the notice is over and the seat still here, all goes on.
node::Status Sequencer::heed_notice() {
    const ledger::L1View& view = sync_.view();
    const l1::RollupParameters& parameters = view.parameters();
    if (parameters.home_operator.is_zero() || parameters.home_operator == wallet_.address()) return {};
    const uint64_t margin = (parameters.inclusion_window + 7) / 8, now = view.head().time, now_ms = clock_.steady_ms();
    auto read = l1::RollupClient(client_, view.rollup()).notice();
    if (read) {
        notice_ = *read;
        notice_read_ms_ = now_ms;
    } else if (!notice_read_ms_ || now_ms >= *notice_read_ms_ + margin * 1000) {
        return not_sequencing("NOTICE_UNKNOWN",
                              "whether the home operator takes the seat can't be read: " + read.status().message);
    }
    const bool stands = now < notice_.until, closed = stands && now + margin >= notice_.from;
    std::string what = "the home operator may take the seat from " + std::to_string(notice_.from) + " until " +
                       std::to_string(notice_.until) + " (L1 time)";
    if (stands) troubles_.raise(kTakeover, what, 0, false);
    else troubles_.settled(kTakeover);
    {
        std::lock_guard lock(writer_);
        engine_.post_at_once(closed);
    }
    return closed ? not_sequencing(kTakeover, what + "; nothing is confirmed that might not be posted before") : node::Status{};
}

void Sequencer::update_gas_price() {
    auto fees = client_.fees();
    if (fees) fees_.set_gas_price(fees->base_fee + fees->priority_fee);
    if (auto gas = calldata_gas_.ask()) fees_.set_gas_per_byte(*gas);
    auto balance = client_.balance(wallet_.address());
    if (balance) figures_->set_wallet_balance(*balance);
}

// Steps until the view is up to date, or for a while: then sync_.is_up_to_date() is false.
node::Status Sequencer::read_l1() {
    node::Status status;
    for (int i = 0; i < kSyncSteps; ++i) {
        auto up_to_date = sync_.step();
        status = up_to_date.status();
        if (!status.ok() || *up_to_date) break;
    }
    freshness_.note(status, sync_);
    return status;
}

// Ages go on whether or not the L1 answers.
void Sequencer::update_figures() {
    std::lock_guard lock(writer_);
    figures_->update(engine_, ledger_.summary(), sync_.view(), clock_);
    figures_->set_l1_age(freshness_.age_ms());
}

node::Status Sequencer::read_and_keep_seat() {
    if (node::Status read = read_l1(); !read.ok()) {
        // What the L1 contradicts isn't gone on with; an L1 that is only silent is old after a while.
        if (!sync_.contradiction().ok()) set_state(sync_.contradiction());
        return read;
    }
    const bool behind = !sync_.is_up_to_date();
    node::Status status = behind ? not_sequencing("CATCHING_UP", "the sequencer is reading the L1") : replay();
    if (status.ok()) status = accept_data();
    if (status.ok()) status = restore();
    if (status.ok()) {
        troubles_.settle(kHeldUp, wallet_.keep_up(), config_.trouble_after_ms);
        update_gas_price();
        status = keep_seat();
    }
    if (status.reason == "SEAT_TAKEN") troubles_.settled(kTakeover);
    node::Status heeded = status.ok() ? heed_notice() : status;
    set_state(heeded.ok() ? open_fee_accounts() : heeded);
    return status;
}

node::Status Sequencer::post() {
    {
        std::lock_guard lock(writer_);
        if (engine_.consume_l1_operations()) ledger_.flush(node::Durability::kSynced);
    }
    node::Status status = poster_.prepare();
    if (status.ok()) status = poster_.send();
    if (status.reason == "BATCH_CHECK_FAILED") {
        broken_ = true;
        set_state(status);
    }
    return status;
}

// Whatever the reason, if something waits to be posted and can't be; and if what was sent comes into no block.
void Sequencer::note_posting(const node::Status& status) {
    const uint64_t posted = sync_.view().batch_head();
    const bool has_moved = std::exchange(posted_seen_, posted) != posted;
    bool waits = false, in_flight = false;
    {
        std::lock_guard lock(writer_);
        in_flight = ledger_.batch_head() > posted;
        waits = in_flight || engine_.oldest_unbatched_ms().has_value();
    }
    troubles_.settle(kNotPosted, waits ? status : node::Status{}, config_.trouble_after_ms);
    if (!in_flight || has_moved) return troubles_.settled(kNotMined);
    troubles_.raise(kNotMined, "batch " + std::to_string(posted + 1) + " was sent, and no block has it",
                    5 * config_.trouble_after_ms);
}

node::Status Sequencer::follow() {
    if (broken_) return sequencing();
    node::Status status = read_and_keep_seat();
    if (status.ok()) status = post();
    note_posting(status);
    return status;
}

node::Status Sequencer::step() {
    while (execute()) {
    }
    return follow();
}

// ---- Fee accounts ----

// OK once no account is being opened any more.
node::Status Sequencer::open_fee_accounts() {
    if (!fee_accounts_.step()) return {};
    return not_sequencing("OPENING_FEE_ACCOUNTS", "the deposits that open the operator's fee accounts are on their way");
}

}  // namespace gavel::sequencer

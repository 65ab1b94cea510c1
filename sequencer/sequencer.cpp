#include "sequencer/sequencer.hpp"

#include <algorithm>

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

node::Status not_sequencing(std::string reason, std::string message) {
    return {node::Code::kUnavailable, std::move(reason), "", std::move(message)};
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
      ledger_(store, sync.domain()),
      fees_(config_.fees),
      engine_(ledger_, sync.view(), fees_, clock, config_.engine, signers_),
      replayer_(ledger_, sync.view(), sync.batch_source(), clock, {.keep_lost_batches = true}),
      poster_(ledger_, engine_, sync.view(), client, wallet, signers_, writer_, config_.posting),
      queries_(ledger_, sync.view()),
      pool_(config_.signature_threads),
      figures_(std::make_unique<Figures>(metrics)),
      state_(not_sequencing("STARTING", "the sequencer hasn't read the L1 yet")) {}

Sequencer::~Sequencer() = default;

// ---- Any thread ----

void Sequencer::submit(const std::vector<Submission>& submissions, Answers answers) {
    Ticket ticket;
    ticket.taken_ms = clock_.steady_ms();
    ticket.outcomes.resize(submissions.size());
    std::vector<std::optional<node::Result<CheckedSubmission>>> checked(submissions.size());
    pool_.run(submissions.size(), [&](size_t i) {
        checked[i] = check_submission(submissions[i], ledger_.domain(), ledger_.domain_separator());
    });
    for (size_t i = 0; i < submissions.size(); ++i) {
        if (checked[i]->ok()) {
            ticket.right.push_back(std::move(**checked[i]));
            ticket.places.push_back(i);
        } else {
            ticket.outcomes[i].status = checked[i]->status();
            figures_->count_refusal(ticket.outcomes[i].status);
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
        figures_->count_refusal(status);
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
    std::lock_guard lock(state_mutex_);
    return state_;
}

node::Status Sequencer::health() const {
    node::Status status = sequencing();
    return status.ok() ? troubles_.health() : status;
}

void Sequencer::set_state(node::Status status) {
    std::lock_guard lock(state_mutex_);
    if (!(status == state_)) {
        if (status.ok())
            node::log_info("sequencing");
        else
            node::log_status(node::LogLevel::kWarn, "not sequencing", status);
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
        if (state.ok())
            outcome = engine_.execute(ticket.right[i]);
        else
            outcome.status = state;
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
    }
    uint64_t now_ms = clock_.steady_ms();
    for (Ticket& ticket : tickets) {
        for (size_t place : ticket.places) figures_->count(ticket.outcomes[place], now_ms - std::min(now_ms, ticket.taken_ms));
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

// A key that was the sequencer before has a folder somewhere, with what it confirmed and hadn't posted yet.
node::Status Sequencer::accept_data() {
    if (!data_is_new_) return {};
    std::vector<ledger::TermView> terms = sync_.view().terms();
    bool sat_before = std::any_of(terms.begin(), terms.end(), [&](const auto& t) { return t.sequencer == wallet_.address(); });
    if (sat_before && !config_.new_data)
        return not_sequencing("DATA_IS_NEW",
                              "the data folder is new, but the L1 shows that this key was the sequencer before: start with the old "
                              "folder, or, if it is lost, with --new-data; operations confirmed and not posted are lost then");
    if (sat_before)
        node::log_warn("began with a new data folder: operations that this key confirmed before and hadn't posted are lost");
    accept_as_old(store_);
    data_is_new_ = false;
    return {};
}

// After a repair: executes again what was confirmed and isn't on the L1.
node::Status Sequencer::restore() {
    if (!has_salvage(store_)) return {};
    // A batch still on its way holds some of it.
    auto mined = client_.nonce(wallet_.address(), false);
    if (!mined) return mined.status();
    auto pending = client_.nonce(wallet_.address(), true);
    if (!pending) return pending.status();
    if (*pending > *mined)
        return not_sequencing("REPAIRING", "the repair waits until no transaction of this key is on its way to the L1");
    std::lock_guard lock(writer_);
    tell(restore_salvage(store_, ledger_, engine_));
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

void Sequencer::update_gas_price() {
    auto fees = client_.fees();
    if (fees) fees_.set_gas_price(fees->base_fee + fees->priority_fee);
    auto balance = client_.balance(wallet_.address());
    if (balance) figures_->set_wallet_balance(*balance);
}

node::Status Sequencer::follow() {
    if (broken_) return sequencing();
    bool behind = true;
    for (int i = 0; i < kSyncSteps && behind; ++i) {
        auto up_to_date = sync_.step();
        if (!up_to_date) return up_to_date.status();
        behind = !*up_to_date;
    }
    node::Status status = behind ? not_sequencing("CATCHING_UP", "the sequencer is reading the L1") : replay();
    if (status.ok()) status = accept_data();
    if (status.ok()) status = restore();
    if (status.ok()) {
        node::Status kept = wallet_.keep_up();
        if (!kept.ok()) node::log_status(node::LogLevel::kDebug, "transactions on their way", kept);
        update_gas_price();
        status = keep_seat();
    }
    set_state(status.ok() ? open_fee_accounts() : status);
    {
        std::lock_guard lock(writer_);
        figures_->update(engine_, ledger_.summary(), sync_.view(), clock_);
    }
    if (!status.ok()) return status;
    {
        std::lock_guard lock(writer_);
        if (engine_.consume_l1_operations()) ledger_.flush(node::Durability::kSynced);
    }
    status = poster_.prepare();
    if (status.ok()) status = poster_.send();
    if (status.reason == "BATCH_CHECK_FAILED") {
        broken_ = true;
        set_state(status);
    }
    return status;
}

node::Status Sequencer::step() {
    while (execute()) {
    }
    return follow();
}

// ---- Fee accounts ----

// OK once no account is being opened any more. A token whose account can't be opened holds nothing up: its fees are refused.
node::Status Sequencer::open_fee_accounts() {
    if (!config_.open_fee_accounts) return {};
    std::vector<Address> tokens;
    if (config_.fees.eth_percent > 0) tokens.push_back({});
    for (const auto& [token, fee] : config_.fees.per_transfer)
        if (!fee.is_zero() && !token.is_zero()) tokens.push_back(token);
    bool opening = false;
    for (const Address& token : tokens) {
        auto still = open_fee_account(token);
        if (!still) node::log_status(node::LogLevel::kWarn, "no fee account", still.status());
        opening |= still && *still;
    }
    return opening ? not_sequencing("OPENING_FEE_ACCOUNTS", "the deposits that open the operator's fee accounts are on their way")
                   : node::Status{};
}

// Whether a deposit to the fee recipient's account for that token is on its way. Sends one, of a unit, once in the process's life,
// if there is neither the account nor such a deposit.
node::Result<bool> Sequencer::open_fee_account(const Address& token) {
    const Address& recipient = config_.engine.fee_recipient;
    {
        std::lock_guard lock(writer_);
        if (ledger_.newest_account({recipient, token})) return false;
        for (uint64_t i = ledger_.counters().l1_ops_consumed; i < sync_.view().queue_length(); ++i) {
            auto queued = sync_.view().queued(i);
            if (queued && queued->operation.to == recipient && queued->operation.token == token) return true;
        }
    }
    auto [sent, first_time] = fee_deposits_.try_emplace(token);
    if (first_time) {
        auto hash = deposit_for_fees(token);
        if (!hash) return hash.status();
        sent->second = *hash;
    }
    if (!sent->second) return false;
    auto receipt = wallet_.receipt(*sent->second);
    if (receipt && *receipt) return (*receipt)->success;
    auto lost = wallet_.is_lost(*sent->second);
    if (lost && *lost) fee_deposits_.erase(sent);  // by a reorganisation: another is sent
    return true;
}

node::Result<Hash> Sequencer::deposit_for_fees(const Address& token) {
    l1::RollupClient rollup(client_, sync_.view().rollup());
    const Address& recipient = config_.engine.fee_recipient;
    if (token.is_zero()) return rollup.deposit_eth(wallet_, recipient, Amount{1});
    auto approved = l1::Erc20Client(client_, token).approve(wallet_, rollup.address(), Amount{1});
    if (!approved) return approved.status();
    if (auto mined = wallet_.wait(*approved); !mined) return mined.status();
    return rollup.deposit_token(wallet_, token, recipient, Amount{1});
}

}  // namespace gavel::sequencer

#include "sequencer/sequencer.hpp"

#include <algorithm>
#include <utility>

#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/records.hpp"
#include "node/log.hpp"
#include "protocol/keys.hpp"
#include "sequencer/repair.hpp"
#include "sequencer/trouble_names.hpp"

namespace gavel::sequencer {
namespace {

constexpr int kReplayCommands = 1'024;  // in one round with the L1
constexpr size_t kChunksAtOnce = 2;     // in one command: confirmations wait for it
constexpr int kSyncSteps = 64;

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

// With batches that the way to the L1 takes.
EngineConfig within(EngineConfig config, const l1::BatchChannel::Limits& limits) {
    config.batch_bytes = std::min(config.batch_bytes, limits.bytes);
    return config;
}

}  // namespace

Sequencer::Sequencer(node::Store& store, follow::L1Sync& sync, l1::L1Client& client, l1::L1Wallet& wallet,
                     follow::BlobArchive& archive, const node::Clock& clock, node::Metrics& metrics, SequencerConfig config)
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
      channel_(client, sync.view().rollup(), nullptr, &clock),
      engine_(ledger_, sync.view(), fees_, clock, within(config_.engine, channel_.limits()), signers_),
      writer_(ledger_, config_.max_queued, [this]() GAVEL_REQUIRES(ledger::writing) { engine_.publish(); }),
      replayer_(ledger_, sync.view(), sync.batch_source(), clock,
                {.keep_lost_batches = true, .threads = config_.signature_threads}),
      poster_(ledger_, engine_, sync.view(), client, wallet, channel_, archive, sidecars_, signers_, writer_, config_.posting),
      fee_accounts_(ledger_, sync.view(), client, wallet, clock, troubles_, config_.engine.fee_recipient, fee_tokens(config_)),
      queries_(ledger_, sync.view()),
      figures_(metrics),
      intake_(ledger_, writer_, engine_, figures_, clock, [this] { return sequencing(); },
              {config_.signature_threads, config_.max_queued}),
      state_(not_sequencing("STARTING", "the sequencer hasn't read the L1 yet")) {
    if (config_.snapshots) snapshots_.emplace(*config_.snapshots, config_.snapshot_every, clock, troubles_, &metrics);
    metrics.before_text([this] { update_figures(); });
}

Sequencer::~Sequencer() = default;

node::Status Sequencer::not_sequencing(std::string reason, std::string message) {
    return {node::Code::kUnavailable, std::move(reason), "", std::move(message)};
}

// ---- Any thread ----

void Sequencer::stop() {
    intake_.close();
    writer_.close();
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

bool Sequencer::execute() {
    try {
        return writer_.turn();
    } catch (const node::StoreError&) {
        stop();
        throw;
    }
}

// ---- With the L1 ----

node::Status Sequencer::replay() {
    using Progress = follow::Replayer::Progress;
    // A batch can give way to another of its number, and no operation be rolled back.
    auto newest_marked = [&] {
        return writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { return ledger_.last_header().hash(); });
    };
    const Hash before = newest_marked();
    Progress progress = Progress::kWorked;
    for (int i = 0; i < kReplayCommands && progress == Progress::kWorked; ++i) {
        progress = writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { return replayer_.advance(kChunksAtOnce); });
        if (progress != Progress::kWantsBatch) continue;
        auto fetched = replayer_.fetch();
        progress = writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { return replayer_.take(std::move(fetched)); });
    }
    writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { engine_.set_posted(sync_.view().batch_head()); });
    if (newest_marked() != before || ledger_.generation() != ledger_generation_) poster_.restart();
    ledger_generation_ = ledger_.generation();
    for (const follow::Verdict& verdict : replayer_.take_verdicts())
        if (!verdict.valid) node::log_error("a batch on the L1 is false", {{"batch", verdict.number}, {"chunk", verdict.chunk}});
    switch (progress) {
        case Progress::kCaughtUp: return {};
        case Progress::kWantsBatch:
        case Progress::kWorked: return not_sequencing("CATCHING_UP", "the sequencer is reading the L1");
        case Progress::kFalseBatch:
            return not_sequencing("FALSE_BATCH", "a false batch stands on the L1 and has to be proven first");
        case Progress::kUnavailable: return replayer_.status();
    }
    return {};
}

node::Status Sequencer::keep_seat() {
    const follow::L1View& view = sync_.view();
    std::vector<follow::TermView> terms = view.terms();
    for (const follow::Strike& strike : view.strikes())
        for (const follow::TermView& term : terms)
            if (term.term == strike.term && term.sequencer == wallet_.address()) {
                broken_ = true;
                return not_sequencing("OWN_TERM_SLASHED", "a batch of this sequencer's was proven false");
            }
    if (view.frozen()) return not_sequencing("FROZEN", "the rollup is frozen for ever: accounts exit on the L1");
    auto sitting = view.sitting();
    if (sitting && sitting->sequencer == wallet_.address()) {
        warn_of_deadline();
        return {};
    }
    if (sitting) return not_sequencing("SEAT_TAKEN", to_checksum(sitting->sequencer) + " is the sequencer");
    // To sit down again by itself would stake, and lose a quarter, as often as it is evicted.
    auto own = std::find_if(terms.rbegin(), terms.rend(), [&](const auto& term) { return term.sequencer == wallet_.address(); });
    if (own != terms.rend() && own->reason == l1::TermEnd::kEvicted)
        return not_sequencing("EVICTED", "this sequencer left an L1 operation overdue and was evicted; once that can't happen "
                                         "again, take the seat with 'gavel sequencer become'");
    if (!view.is_final(l1::in_the_way_of(view.batch_head() + 1)))
        return not_sequencing("RECORDS_FULL", "the contract has no place for another batch until an older one is final");
    node::Status waiting = not_sequencing("SEAT_FREE", "this sequencer doesn't hold the seat");
    uint64_t now_ms = clock_.steady_ms();
    if (!config_.take_seat || (seat_tried_ms_ != 0 && now_ms < seat_tried_ms_ + config_.seat_retry_ms)) return waiting;
    seat_tried_ms_ = now_ms;
    if (wallet_.has_unmined()) return waiting;
    auto sent = wallet_.send(view.rollup(), view.parameters().stake, l1::rollup_call::become_sequencer());
    if (!sent) return sent.status();
    node::log_info("taking the seat", {{"tx", to_hex(*sent)}});
    return waiting;
}

// An L1 operation that no batch has consumed after half of its inclusion window: what holds it up may cost the seat.
void Sequencer::warn_of_deadline() {
    const follow::L1View& view = sync_.view();
    auto head = ledger_.batch(view.batch_head());
    auto waiting = view.queued(head ? head->header.last.l1_ops_consumed : 0);
    if (!waiting || warned_of_ == waiting->index) return;
    const uint64_t now = view.head().time;
    auto since = view.waits_since(waiting->operation.time);
    if (!since || now < view.parameters().half_overdue_at(*since)) return;
    warned_of_ = waiting->index;
    node::log_warn("an L1 operation nears the end of its inclusion window: post, or be evicted",
                   {{"l1_operation", waiting->index}, {"overdue_at", view.parameters().overdue_at(*since)}, {"now", now}});
}

// A receipt promises that its operation will be posted. So operations are confirmed only as long as that can be done before the
// first instant at which the home operator may take the seat: until an eighth of the inclusion window before it, half the time of
// its notice. What is confirmed is posted at once then; when the notice is over and the seat still here, all goes on.
node::Status Sequencer::heed_notice() {
    const follow::L1View& view = sync_.view();
    const l1::RollupParameters& parameters = view.parameters();
    if (parameters.home_operator.is_zero() || parameters.home_operator == wallet_.address()) return {};
    const uint64_t margin = (parameters.inclusion_window + 7) / 8, now = view.head().time, now_ms = clock_.steady_ms();
    node::Status failure;
    const bool is_known = notice_asked_.at(view.head(), [&] {
        auto read = l1::RollupClient(client_, view.rollup(), view.head().number).notice();
        if (read) notice_ = *read;
        failure = read.status();
        return read.ok();
    });
    if (is_known) notice_known_ms_ = now_ms;
    else if (!notice_known_ms_ || now_ms >= *notice_known_ms_ + margin * 1000)
        return not_sequencing("NOTICE_UNKNOWN", "whether the home operator takes the seat can't be read: " + failure.message);
    const bool stands = now < notice_.until, closed = stands && now + margin >= notice_.from;
    std::string what = "the home operator may take the seat from " + std::to_string(notice_.from) + " until " +
                       std::to_string(notice_.until) + " (L1 time)";
    if (stands) troubles_.raise(trouble::kTakeoverAnnounced, what, 0, false);
    else troubles_.settled(trouble::kTakeoverAnnounced);
    if (closed != std::exchange(is_closing_, closed))
        writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { engine_.post_at_once(closed); });
    return closed ? not_sequencing(trouble::kTakeoverAnnounced, what + "; nothing is confirmed that might not be posted before")
                  : node::Status{};
}

void Sequencer::update_gas_price() {
    const l1::BlockRef head = sync_.view().head();
    fees_asked_.at(head, [&] {
        auto fees = client_.fees();
        if (fees) fees_.set_gas_price(fees->base_fee + fees->priority_fee, fees->blob_base_fee);
        return fees.ok();
    });
    channel_.refresh_price(wallet_.address());
    fees_.set_batch_price(channel_.price());
    balance_asked_.at(head, [&] {
        auto balance = client_.balance(wallet_.address());
        if (balance) figures_.set_wallet_balance(*balance);
        return balance.ok();
    });
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
    figures_.update(engine_.figures(), signers_.size(), ledger_.summary(), sync_.view(), clock_);
    figures_.set_l1_age(freshness_.age_ms());
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
        troubles_.settle(trouble::kTransactionsHeldUp, wallet_.keep_up(), config_.trouble_after_ms);
        update_gas_price();
        status = keep_seat();
    }
    if (status.reason == "SEAT_TAKEN") troubles_.settled(trouble::kTakeoverAnnounced);
    node::Status heeded = status.ok() ? heed_notice() : status;
    set_state(heeded.ok() ? open_fee_accounts() : heeded);
    return status;
}

node::Status Sequencer::post() {
    writer_.run([&]() GAVEL_REQUIRES(ledger::writing) {
        if (engine_.consume_l1_operations()) ledger_.flush(node::Durability::kSynced);
    });
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
    const bool in_flight = ledger_.summary().batches > posted;
    const bool waits = in_flight || engine_.figures().oldest_unbatched_ms.has_value();
    troubles_.settle(trouble::kBatchesNotPosted, waits ? status : node::Status{}, config_.trouble_after_ms);
    if (!in_flight || has_moved) return troubles_.settled(trouble::kBatchesNotMined);
    troubles_.raise(trouble::kBatchesNotMined, "batch " + std::to_string(posted + 1) + " was sent, and no block has it",
                    5 * config_.trouble_after_ms);
}

node::Status Sequencer::follow() {
    if (broken_) return sequencing();
    node::Status status = read_and_keep_seat();
    if (status.ok()) status = post();
    note_posting(status);
    if (snapshots_ && sync_.is_up_to_date() && snapshots_->is_due(sync_.view()))
        writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { snapshots_->look(ledger_, sync_.view()); });
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

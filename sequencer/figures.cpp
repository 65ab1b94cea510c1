#include "sequencer/figures.hpp"

#include <algorithm>

#include "node/log.hpp"

namespace gavel::sequencer {
namespace {

constexpr uint64_t kRefusalsTold_ms = 60'000;  // at most so often, of one reason

bool is_own_fault(node::Code code) {
    return code == node::Code::kUnavailable || code == node::Code::kInternal || code == node::Code::kResourceExhausted;
}

}  // namespace

Figures::Figures(node::Metrics& m)
    : metrics(m),
      operations(m.counter("gavel_operations_confirmed_total", "Operations confirmed.")),
      latency(m.histogram("gavel_confirmation_seconds", "From taking an operation to its durable confirmation.",
                          node::latency_buckets())),
      unposted_bytes(m.gauge("gavel_unposted_bytes", "Confirmed, and not in a batch on the L1.")),
      unbatched_seconds(m.gauge("gavel_unbatched_seconds", "How long the oldest operation outside a batch has waited.")),
      head_age(m.gauge("gavel_head_age_seconds", "Since the newest batch on the L1 was posted.")),
      oldest_l1_operation(m.gauge("gavel_oldest_l1_operation_seconds", "Age of the oldest L1 operation that isn't consumed.")),
      wallet_balance(m.gauge("gavel_wallet_balance_ether", "ETH of the account that posts.")),
      batches_on_l1(m.gauge("gavel_batches_posted", "Number of the newest batch on the L1.")),
      batches_in_flight(m.gauge("gavel_batches_in_flight", "Batches made and not yet seen on the L1.")),
      l1_block(m.gauge("gavel_l1_block", "L1 block up to which was read.")),
      l1_age(m.gauge("gavel_l1_age_seconds", "Since the newest L1 block came.")),
      accounts(m.gauge("gavel_accounts", "Leaves of the account tree.")),
      cached_signers(m.gauge("gavel_cached_signers", "Operations whose signer is remembered until they are posted.")) {}

void Figures::count(const SubmitOutcome& outcome, uint64_t latency_ms, uint64_t now_ms) {
    if (!outcome.status.ok()) return count_refusal(outcome.status, now_ms);
    operations.add();
    latency.observe(static_cast<double>(latency_ms) / 1000);
}

void Figures::count_refusal(const node::Status& status, uint64_t now_ms) {
    metrics.counter("gavel_operations_refused_total", "Operations refused.", {{"reason", status.reason}}).add();
    if (!is_own_fault(status.code)) return;
    std::lock_guard lock(refused_mutex);
    Refused& so_far = refused[status.reason];
    ++so_far.count;
    if (so_far.told_ms != 0 && now_ms < so_far.told_ms + kRefusalsTold_ms) return;
    node::log_warn("operations refused", {{"reason", status.reason}, {"detail", status.message}, {"count", so_far.count}});
    so_far = {0, std::max<uint64_t>(now_ms, 1)};
}

void Figures::set_wallet_balance(u128 wei) { wallet_balance.set(static_cast<double>(wei) / 1e18); }

void Figures::update(const EngineFigures& engine, size_t signers, const ledger::LedgerSummary& ledger, const follow::L1View& view,
                     const node::Clock& clock) {
    auto between_s = [](uint64_t since_ms, uint64_t now_ms) {
        return since_ms < now_ms ? static_cast<double>(now_ms - since_ms) / 1000 : 0.0;
    };
    auto age_s = [&, now_ms = clock.now_ms()](uint64_t since_ms) { return between_s(since_ms, now_ms); };
    unposted_bytes.set(static_cast<double>(engine.unposted_bytes));
    const auto oldest = engine.oldest_unbatched_ms;
    unbatched_seconds.set(oldest ? between_s(*oldest, clock.steady_ms()) : 0);
    auto head = view.batch(view.batch_head());
    head_age.set(head ? age_s(head->posted_at * 1000) : 0);
    auto waiting = view.queued(ledger.l1_ops_consumed);
    oldest_l1_operation.set(waiting ? age_s(waiting->operation.time * 1000) : 0);
    batches_on_l1.set(static_cast<double>(view.batch_head()));
    batches_in_flight.set(ledger.batches > view.batch_head() ? static_cast<double>(ledger.batches - view.batch_head()) : 0);
    l1_block.set(static_cast<double>(view.head().number));
    accounts.set(ledger.account_count);
    cached_signers.set(static_cast<double>(signers));
}

}  // namespace gavel::sequencer

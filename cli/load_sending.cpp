#include "cli/load_sending.hpp"

#include <chrono>
#include <thread>
#include <unordered_map>

#include "cli/progress.hpp"
#include "protocol/check.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{300};  // before a busy sequencer is asked again

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Worth sending again as it is. A wrong nonce is, since an operation before it may have been turned away.
bool is_busy(const Status& refusal) {
    return refusal.code == Code::kResourceExhausted || refusal.code == Code::kUnavailable || refusal.code == Code::kAborted ||
           refusal.reason == "WRONG_NONCE";
}

}  // namespace

LoadSending::LoadSending(api::Sequencer& sequencer, const Domain& domain, const LoadPlan& plan,
                         const std::vector<LoadSpending>& spendings, std::vector<uint64_t> next_nonce, SendingOptions options)
    : sequencer_(sequencer), domain_(domain), plan_(plan), next_nonce_(std::move(next_nonce)), options_(options) {
    GAVEL_CHECK(next_nonce_.size() == spendings.size());
    std::unordered_map<uint64_t, uint32_t> place;
    for (size_t i = 0; i < spendings.size(); ++i) {
        place[uint64_t{spendings[i].sender} << 32 | spendings[i].token] = static_cast<uint32_t>(i);
    }
    for (const LoadPayment& payment : plan.payments) {
        spending_of_.push_back(place.at(uint64_t{payment.sender} << 32 | payment.token));
    }
    const size_t count = plan.payments.size();
    signatures_.resize(count);
    is_signed_.resize(count);
    was_sent_.resize(count);
    report_.states.resize(count, PaymentState::kWaiting);
    report_.nonces.resize(count);
    report_.positions.resize(count);
}

Operation LoadSending::operation_of(size_t payment) const {
    const LoadPayment& line = plan_.payments[payment];
    const LoadToken& token = plan_.tokens[line.token];
    Operation out;
    out.kind = OperationKind::kTransfer;
    out.token = token.l1_token;
    out.payments = {{line.to, line.amount}};
    out.fee = token.fee;
    out.nonce = report_.nonces[payment];
    return out;
}

void LoadSending::sign() {
    const auto started = Clock::now();
    std::vector<size_t> to_sign;
    std::vector<uint64_t> nonce = next_nonce_;
    for (size_t i = 0; i < plan_.payments.size(); ++i) {
        if (report_.states[i] == PaymentState::kConfirmed || report_.states[i] == PaymentState::kRefused) continue;
        // One whose fate isn't known keeps its nonce: the same operation again gets the same receipt, another would pay twice.
        uint64_t& next = nonce[spending_of_[i]];
        if (report_.states[i] == PaymentState::kUnknown) next = report_.nonces[i];
        if (!is_signed_[i] || report_.nonces[i] != next) {
            report_.nonces[i] = next;
            is_signed_[i] = true;
            to_sign.push_back(i);
        }
        ++next;
    }
    const Hash separator = domain_.separator();
    const size_t workers = std::max(1u, std::thread::hardware_concurrency());
    std::atomic<size_t> done{0};
    std::vector<std::thread> threads;
    Progress progress("signing", to_sign.size());
    for (size_t worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            for (size_t at = worker; at < to_sign.size(); at += workers) {
                const size_t i = to_sign[at];
                signatures_[i] = plan_.senders[plan_.payments[i].sender].sign(operation_of(i).digest(separator));
                progress.set(++done);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    report_.signing_seconds += seconds_since(started);
}

void LoadSending::take(size_t payment, const api::SubmitOutcome& outcome) {
    PaymentState& state = report_.states[payment];
    const bool has_receipt = outcome.status.ok();
    if (has_receipt && !taken_positions_.insert(outcome.receipt.position).second) {
        state = PaymentState::kRefused;
        ++report_.refused["receipt of another payment"];
        return;
    }
    if (has_receipt) {
        state = PaymentState::kConfirmed;
        report_.positions[payment] = outcome.receipt.position;
        ++report_.confirmed;
        next_nonce_[spending_of_[payment]] = report_.nonces[payment] + 1;
        return;
    }
    if (is_busy(outcome.status)) {
        state = PaymentState::kWaiting;
        ++busy_[outcome.status.reason];
        if (outcome.status.code == Code::kResourceExhausted) overloaded_ = true;
        return;
    }
    state = PaymentState::kRefused;
    ++report_.refused[outcome.status.reason];
}

Status LoadSending::round() {
    busy_.clear();
    overloaded_ = false;
    std::vector<size_t> order;
    for (size_t i = 0; i < plan_.payments.size(); ++i) {
        if (report_.states[i] == PaymentState::kWaiting || report_.states[i] == PaymentState::kUnknown) order.push_back(i);
    }
    auto stream = sequencer_.submit_stream();
    std::atomic<size_t> written{0};
    std::thread writer([&] {
        const size_t size = std::max<size_t>(1, options_.batch_size);
        for (size_t first = 0; first < order.size() && !overloaded_; first += size) {
            std::vector<api::Submission> batch;
            for (size_t at = first; at < std::min(first + size, order.size()); ++at) {
                const size_t i = order[at];
                const Address& sender = plan_.addresses[plan_.payments[i].sender];
                batch.push_back({operation_of(i), signatures_[i], sender, domain_.chain_id});
            }
            written += batch.size();
            if (!stream->write(batch)) return;
        }
        stream->done_writing();
    });
    size_t answered = 0;
    std::vector<api::SubmitOutcome> outcomes;
    {
        Progress progress("paying", plan_.payments.size());
        while (stream->read(outcomes)) {
            for (const api::SubmitOutcome& outcome : outcomes) {
                if (answered < order.size()) take(order[answered++], outcome);
            }
            progress.set(report_.confirmed);
        }
    }
    writer.join();
    const Status ended = stream->finish();
    for (size_t at = 0; at < written; ++at) {
        const size_t i = order[at];
        if (was_sent_[i]) {
            ++report_.repeats;
        } else {
            ++report_.sent;
        }
        was_sent_[i] = true;
        if (at >= answered) report_.states[i] = PaymentState::kUnknown;
    }
    return ended;
}

Status LoadSending::run() {
    auto last_progress = Clock::now();
    Status ended;
    for (;;) {
        sign();
        const uint64_t confirmed_before = report_.confirmed;
        const auto started = Clock::now();
        ended = round();
        report_.sending_seconds += seconds_since(started);
        uint64_t refused = 0;
        for (const auto& [reason, count] : report_.refused) refused += count;
        if (report_.confirmed + refused == plan_.payments.size()) return {};
        if (report_.confirmed != confirmed_before) last_progress = Clock::now();
        if (Clock::now() - last_progress > std::chrono::seconds(options_.patience_s)) break;
        std::this_thread::sleep_for(kPause);
        report_.sending_seconds += std::chrono::duration<double>(kPause).count();
    }
    if (!ended.ok()) return ended;
    // What the sequencer kept turning away.
    for (const auto& [reason, count] : busy_) report_.refused[reason] += count;
    return {};
}

}  // namespace gavel::cli

#include "cli/pay_run.hpp"

#include <signal.h>

#include <set>

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

volatile sig_atomic_t stop_wanted = 0;
void want_stop(int) { stop_wanted = 1; }

// While it lives the first Ctrl-C or SIGTERM lets the payout under way come to its end.
class StopAtNext {
public:
    StopAtNext() {
        stop_wanted = 0;
        struct sigaction stopping {};
        stopping.sa_handler = want_stop;
        stopping.sa_flags = static_cast<int>(SA_RESETHAND);
        sigaction(SIGINT, &stopping, &interrupt_);
        sigaction(SIGTERM, &stopping, &terminate_);
    }
    ~StopAtNext() {
        sigaction(SIGINT, &interrupt_, nullptr);
        sigaction(SIGTERM, &terminate_, nullptr);
    }
    StopAtNext(const StopAtNext&) = delete;
    StopAtNext& operator=(const StopAtNext&) = delete;

private:
    struct sigaction interrupt_ {};
    struct sigaction terminate_ {};
};

}  // namespace

const char* name_of(PayState state) {
    switch (state) {
        case PayState::kPaid: return "paid";
        case PayState::kUnknown: return "not known";
        case PayState::kNotPaid: break;
    }
    return "not paid";
}

Status PayRun::run(bool ask_first) {
    const StopAtNext stopping;
    const Status interrupted{Code::kCancelled, "INTERRUPTED", "", "stopped by a signal"};
    for (size_t i = 0; i < states_.size(); ++i) {
        if (stop_wanted != 0) return interrupted;
        if (Status status = settle(i, ask_first); !status.ok()) return status;
    }
    for (size_t payout : void_) {
        if (stop_wanted != 0) return interrupted;
        auto nonce = next_nonce();
        if (!nonce) return nonce.status();
        if (Status status = settle_anew(payout, *nonce); !status.ok()) return status;
    }
    return {};
}

Status PayRun::settle(size_t payout, bool ask_first) {
    if (ask_first) {
        const Found before = fate_of(payout);
        if (before.outcome.fate != Fate::kNotTaken) return conclude(payout, before);
        journal_.forget_paid(payout);
    }
    const Outcome sent = hand_over(signing_, newest(payout));
    if (sent.fate != Fate::kNotTaken) return conclude(payout, {newest(payout).hash, sent});
    // Another of them may be in, or this one by an answer that was lost.
    const Found now = fate_of(payout);
    if (now.outcome.fate != Fate::kNotTaken) return conclude(payout, now);
    if (sent.why.reason == "FEE_TOO_LOW") return settle_anew(payout, newest(payout).operation.nonce);
    if (sent.why.reason != "WRONG_NONCE") return sent.why;
    auto next = next_nonce();
    if (!next) return next.status();
    if (*next <= newest(payout).operation.nonce) return sent.why;
    void_.push_back(payout);
    return {};
}

Status PayRun::settle_anew(size_t payout, uint64_t nonce) {
    Operation operation = newest(payout).operation;
    operation.nonce = nonce;
    std::set<Address> recipients;
    unsigned new_recipients = 0;
    for (const Payment& payment : operation.payments) {
        if (!recipients.insert(payment.to).second) continue;
        auto known = has_leaf(signing_, payment.to);
        if (!known) return known.status();
        new_recipients += !*known;
    }
    auto fee = fee_for(signing_, fee_, operation, new_recipients);
    if (!fee) return fee.status();
    operation.fee = *fee;
    const SignedOperation attempt = sign(signing_, operation);
    if (attempt == newest(payout))
        return {Code::kFailedPrecondition, "FEE_TOO_LOW", "fee", "the sequencer takes no such fee now"};
    if (Status written = journal_.add_attempt(payout, attempt); !written.ok()) return written;
    return conclude(payout, {attempt.hash, hand_over(signing_, attempt)});
}

PayRun::Found PayRun::fate_of(size_t payout) {
    Found out{{}, {Fate::kNotTaken, 0, 0, {}}};
    for (const SignedOperation& attempt : journal_.payouts()[payout].attempts) {
        const Outcome one = ask_fate(*signing_.sequencer, attempt.hash);
        if (one.fate == Fate::kTaken) return {attempt.hash, one};
        if (one.fate == Fate::kUnknown) out = {attempt.hash, one};
    }
    return out;
}

Status PayRun::conclude(size_t payout, const Found& found) {
    if (found.outcome.fate == Fate::kTaken) {
        states_[payout] = PayState::kPaid;
        return journal_.note_paid(payout, found.hash, found.outcome.position);
    }
    if (found.outcome.fate == Fate::kUnknown) states_[payout] = PayState::kUnknown;
    return found.outcome.why;
}

Result<uint64_t> PayRun::next_nonce() {
    auto account = signing_.sequencer->account({signing_.key.address(), signing_.token.address});
    if (!account) return account.status();
    return account->nonce;
}

}  // namespace gavel::cli

// The payments of a load: signed on all cores, sent in order through one stream, again where the sequencer was only busy.
#pragma once

#include <atomic>
#include <set>

#include "api/sequencer.hpp"
#include "cli/load_plan.hpp"
#include "protocol/operation.hpp"

namespace gavel::cli {

struct SendingOptions {
    uint64_t batch_size = 256;  // operations a message; at most 4096
    uint64_t patience_s = 60;   // how long nothing may be confirmed before the load gives up
};

enum class PaymentState : uint8_t { kWaiting, kUnknown, kConfirmed, kRefused };

struct SendingReport {
    std::vector<PaymentState> states;  // by payment
    std::vector<uint64_t> nonces;      // by payment: with which it was signed last
    std::vector<uint64_t> positions;   // of confirmed ones
    uint64_t sent = 0;                 // operations handed to the sequencer, those sent again not counted twice
    uint64_t confirmed = 0;
    uint64_t repeats = 0;                     // operations sent again
    std::map<std::string, uint64_t> refused;  // payments by reason
    double signing_seconds = 0;
    double sending_seconds = 0;  // from the first message to the last answer
};

class LoadSending {
public:
    // `next_nonce`: by spending, of plan's spendings(). All must outlive this.
    LoadSending(api::Sequencer& sequencer, const Domain& domain, const LoadPlan& plan, const std::vector<LoadSpending>& spendings,
                std::vector<uint64_t> next_nonce, SendingOptions options);

    // Not OK if the stream can't be opened or breaks for good; the report tells how far it came.
    node::Status run();
    const SendingReport& report() const { return report_; }

private:
    // Gives every waiting payment its nonce, and signs what has a new one.
    void sign();
    // Sends all that wait or are unknown, once, in order. Counts what became of them.
    node::Status round();
    void take(size_t payment, const api::SubmitOutcome& outcome);
    Operation operation_of(size_t payment) const;

    api::Sequencer& sequencer_;
    Domain domain_;
    const LoadPlan& plan_;
    std::vector<uint32_t> spending_of_;  // by payment
    std::vector<uint64_t> next_nonce_;   // by spending: of its first payment that isn't confirmed
    SendingOptions options_;
    std::vector<Signature> signatures_;
    std::vector<bool> is_signed_;
    std::vector<bool> was_sent_;
    std::set<uint64_t> taken_positions_;    // a receipt is one payment's
    std::atomic<bool> overloaded_{false};   // in this round: no more is written
    std::map<std::string, uint64_t> busy_;  // reasons of the last round for which it is worth trying again
    SendingReport report_;
};

}  // namespace gavel::cli

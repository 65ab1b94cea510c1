// Sending what a journal holds until each payout is known to be applied, or something is in the way.
#pragma once

#include <string>
#include <vector>

#include "cli/pay_journal.hpp"

namespace gavel::cli {

enum class PayState { kNotPaid, kPaid, kUnknown };
const char* name_of(PayState state);  // "not paid", "paid", "not known"

class PayRun {
public:
    // `fee` as fee_for takes it, for what has to be signed anew. Both must outlive it.
    PayRun(const Signing& signing, PayJournal& journal, std::string fee)
        : signing_(signing), journal_(journal), fee_(std::move(fee)), states_(journal.payouts().size(), PayState::kNotPaid) {}

    // In the journal's order. `ask_first`: what was sent before is asked for by its hashes. OK: all is paid. Otherwise why not;
    // states() then tells what is. INTERRUPTED: a signal asked to stop (Ctrl-C; the second one ends the program).
    //
    // A payout is signed anew, after the journal has it, only if none of its operations is in and either its nonce is another
    // operation's by now, so that none of them ever can be, or its fee has become too low: then with the same nonce, so that only
    // one of them can be.
    node::Status run(bool ask_first);
    const std::vector<PayState>& states() const { return states_; }

private:
    node::Status settle(size_t payout, bool ask_first);
    node::Status settle_anew(size_t payout, uint64_t nonce);
    node::Status send(size_t payout);
    // Of the one of its operations that is in; else of none, or of one that can't be told.
    struct Found {
        Hash hash;
        Outcome outcome;
    };
    Found fate_of(size_t payout);
    node::Status conclude(size_t payout, const Found& found);
    node::Result<uint64_t> next_nonce();
    const SignedOperation& newest(size_t payout) const { return journal_.payouts()[payout].attempts.back(); }

    const Signing& signing_;
    PayJournal& journal_;
    std::string fee_;
    std::vector<PayState> states_;
    std::vector<size_t> void_;  // payouts whose nonce is another operation's
};

}  // namespace gavel::cli

#include "verifier/claimer.hpp"

#include <algorithm>

#include "follow/standing.hpp"
#include "node/log.hpp"
#include "protocol/account_proof.hpp"

namespace gavel::verifier {
namespace {

constexpr uint64_t kLeastClaimGas = 60'000;  // of any claim: what isn't worth that needn't be estimated
constexpr size_t kMostRefused = 10'000;      // remembered for another try
constexpr unsigned kTriesOfAFailure = 4;     // a claim that fails in its block counts as so many: it has cost its gas

}  // namespace

Claimer::Claimer(const ledger::Reader& ledger, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
                 const node::Clock& clock, uint64_t lost_after_ms, ClaimerOptions options)
    : ledger_(ledger),
      view_(view),
      client_(client),
      wallet_(wallet),
      clock_(clock),
      lost_after_ms_(lost_after_ms),
      options_(options) {}

node::Status Claimer::step() {
    price_.reset();
    if (node::Status status = look_after_sent(); !status.ok()) return status;
    auto header = final_header();
    if (!header) return {};
    look_again();
    node::Status status = claim_new(*header);
    if (status.ok()) status = claim_refused(*header);
    refused_count_ = refused_.size();
    return status;
}

node::Status Claimer::look_after_sent() {
    for (auto it = sent_.begin(); it != sent_.end();) {
        auto [position, transaction] = *it;
        auto state = transaction.look(wallet_, view_, clock_.steady_ms(), lost_after_ms_);
        if (!state) return state.status();
        if (*state == OnItsWay::State::kWaiting) {
            ++it;
            continue;
        }
        it = sent_.erase(it);
        if (*state == OnItsWay::State::kLanded) ++claimed_;
        if (*state == OnItsWay::State::kLost) next_ = std::min(next_, position);
        if (*state == OnItsWay::State::kFailed && !view_.is_claimed(position))
            note_refused(position, {node::Code::kAborted, "EXECUTION_REVERTED", "", "the claim failed in its block"},
                         kTriesOfAFailure);
    }
    return {};
}

// Of the newest final batch that is verified.
std::optional<BatchHeader> Claimer::final_header() const {
    return follow::standing_header(ledger_, view_, std::min(view_.final_head(), ledger_.summary().batches));
}

bool Claimer::is_open(uint32_t position) const {
    return !view_.is_claimed(position) && !sent_.contains(position) && !refused_.contains(position) && !is_given_up(position);
}

// The L1's price changes what is worth a claim.
void Claimer::look_again() {
    if (clock_.steady_ms() < passed_ms_ + options_.look_again_ms) return;
    passed_ms_ = clock_.steady_ms();
    next_ = 0;
    not_worth_ = 0;
}

node::Status Claimer::claim_new(const BatchHeader& header) {
    for (size_t looked_at = 0; looked_at < options_.positions_per_step && next_ < header.last.withdrawal_count; ++looked_at) {
        if (sent_.size() >= options_.max_on_their_way) return {};
        if (is_open(next_))
            if (node::Status status = claim(next_, header); !status.ok()) return status;
        ++next_;
    }
    if (next_ >= header.last.withdrawal_count) not_worth_count_ = not_worth_;
    return {};
}

node::Status Claimer::claim_refused(const BatchHeader& header) {
    std::vector<uint32_t> due;
    for (auto it = refused_.begin(); it != refused_.end();) {
        if (view_.is_claimed(it->first)) {
            it = refused_.erase(it);
            continue;
        }
        bool is_due = clock_.steady_ms() >= it->second.again_at_ms && it->first < header.last.withdrawal_count;
        bool has_room = due.size() + sent_.size() < options_.max_on_their_way;
        if (is_due && has_room && !sent_.contains(it->first)) due.push_back(it->first);
        ++it;
    }
    for (uint32_t position : due)
        if (node::Status status = claim(position, header); !status.ok()) return status;
    return {};
}

node::Status Claimer::ask_price() {
    if (price_) return {};
    auto fees = client_.fees();
    if (!fees) return fees.status();
    price_ = Price{fees->base_fee + fees->priority_fee, 2 * fees->base_fee + fees->priority_fee, fees->priority_fee};
    return {};
}

// Whether a claim that takes so much gas is worth it to the recipient, by the L1's price of now.
node::Result<bool> Claimer::is_worth_it(const Withdrawal& withdrawal, uint64_t gas) {
    if (!withdrawal.token.is_zero()) {
        auto least = options_.tokens.find(withdrawal.token);
        return least != options_.tokens.end() && withdrawal.amount >= least->second;
    }
    if (options_.min_worth == 0) return true;
    if (node::Status status = ask_price(); !status.ok()) return status;
    return withdrawal.amount.value() / options_.min_worth >= price_->now * gas;
}

// What a claim may cost is there beside the reserve.
node::Status Claimer::keep_reserve() {
    if (node::Status status = ask_price(); !status.ok()) return status;
    auto balance = client_.balance(wallet_.address());
    if (!balance) return balance.status();
    const u128 needed = options_.reserve + price_->max_fee * options_.max_gas * (sent_.size() + 1);
    if (*balance >= needed) return {};
    return {node::Code::kFailedPrecondition, "CLAIMS_HELD", "",
            to_checksum(wallet_.address()) + " has " + to_string(Amount{*balance}) + " wei and claims nothing below " +
                to_string(Amount{needed}) + ", " + to_string(Amount{options_.reserve}) +
                " of them kept for a commit and a proof"};
}

node::Status Claimer::claim(uint32_t position, const BatchHeader& header) {
    auto proof = ledger_.withdrawal_proof(position, header.last.withdrawal_count);
    if (!proof) return {};
    auto worth = is_worth_it(proof->withdrawal, kLeastClaimGas);
    if (!worth) return worth.status();
    if (!*worth) return leave(position);
    if (node::Status status = keep_reserve(); !status.ok()) return status;
    l1::CallRequest request;
    request.from = wallet_.address();
    request.to = view_.rollup();
    const uint64_t pay_gas = proof->withdrawal.token.is_zero() ? l1::kPayGasOfEth : l1::kPayGasOfToken;
    request.data = l1::rollup_call::claim(header, *proof, {}, pay_gas);
    // At a real price: a recipient may look at it.
    request.max_fee = price_->max_fee;
    request.max_priority_fee = price_->max_priority_fee;
    auto gas = client_.estimate_gas(request);
    if (!gas && gas.status().code == node::Code::kUnavailable) return gas.status();
    if (!gas && gas.status().reason == "AlreadyPaid") return {};  // the view will show it
    if (gas && *gas > options_.max_gas)
        gas = node::Status{node::Code::kAborted, "CLAIM_TOO_DEAR", "", "the recipient's code takes too much gas"};
    if (!gas) return note_refused(position, gas.status());
    worth = is_worth_it(proof->withdrawal, *gas);
    if (!worth) return worth.status();
    if (!*worth) return leave(position);
    auto sent = wallet_.send(view_.rollup(), 0, std::move(request.data), std::min(*gas + *gas / 4, options_.max_gas));
    if (!sent) return sent.status();
    sent_.emplace(position, OnItsWay(*sent, clock_.steady_ms()));
    node::log_info("claiming", {{"position", position},
                                {"recipient", to_checksum(proof->withdrawal.recipient)},
                                {"amount", to_string(proof->withdrawal.amount)},
                                {"tx", to_hex(*sent)}});
    return {};
}

// Not worth a claim now. One that was refused before stays so, with its tries.
node::Status Claimer::leave(uint32_t position) {
    ++not_worth_;
    if (auto refused = refused_.find(position); refused != refused_.end())
        refused->second.again_at_ms = clock_.steady_ms() + refused->second.pause_ms;
    return {};
}

node::Status Claimer::note_refused(uint32_t position, const node::Status& why, unsigned tries) {
    Refused refused = refused_.contains(position) ? refused_[position] : Refused{};
    refused.tries += tries;
    if (refused.tries >= options_.max_tries || (refused_.size() >= kMostRefused && !refused_.contains(position))) {
        give_up(position, why);
        return {};
    }
    refused.pause_ms = refused.pause_ms == 0 ? options_.first_retry_ms : std::min(2 * refused.pause_ms, options_.last_retry_ms);
    refused.again_at_ms = clock_.steady_ms() + refused.pause_ms;
    refused_[position] = refused;
    node::log_warn("a withdrawal can't be claimed now",
                   {{"position", position}, {"why", why.reason}, {"again_in_ms", refused.pause_ms}});
    return {};
}

void Claimer::give_up(uint32_t position, const node::Status& why) {
    refused_.erase(position);
    if (given_up_.size() <= position) given_up_.resize(size_t{position} + 1);
    given_up_[position] = true;
    ++given_up_count_;
    node::log_warn("a withdrawal is given up; its recipient can claim it himself", {{"position", position}, {"why", why.reason}});
}

}  // namespace gavel::verifier

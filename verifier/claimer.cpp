#include "verifier/claimer.hpp"

#include <algorithm>

#include "node/log.hpp"
#include "protocol/account_proof.hpp"

namespace gavel::verifier {

Claimer::Claimer(const ledger::Ledger& ledger, const ledger::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
                 const node::Clock& clock, uint64_t lost_after_ms, ClaimerOptions options)
    : ledger_(ledger),
      view_(view),
      client_(client),
      wallet_(wallet),
      clock_(clock),
      lost_after_ms_(lost_after_ms),
      options_(options) {}

node::Status Claimer::step() {
    if (node::Status status = look_after_sent(); !status.ok()) return status;
    auto header = final_header();
    if (!header) return {};
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
            note_refused(position, {node::Code::kAborted, "EXECUTION_REVERTED", "", "the claim failed in its block"});
    }
    return {};
}

// Of the newest final batch that is verified.
std::optional<BatchHeader> Claimer::final_header() const {
    uint64_t number = std::min(view_.final_head(), ledger_.batch_head());
    auto batch = ledger_.batch(number);
    auto standing = view_.batch(number);
    if (!batch || !standing || batch->header.hash() != standing->hash) return std::nullopt;
    return batch->header;
}

bool Claimer::is_open(uint32_t position) const {
    return !view_.is_claimed(position) && !sent_.contains(position) && !refused_.contains(position);
}

node::Status Claimer::claim_new(const BatchHeader& header) {
    for (size_t looked_at = 0; looked_at < options_.positions_per_step && next_ < header.last.withdrawal_count; ++looked_at) {
        if (sent_.size() >= options_.max_on_their_way) return {};
        if (is_open(next_))
            if (node::Status status = claim(next_, header); !status.ok()) return status;
        ++next_;
    }
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

node::Status Claimer::claim(uint32_t position, const BatchHeader& header) {
    auto proof = ledger_.withdrawal_proof(position, header.last.withdrawal_count);
    if (!proof) return {};
    l1::CallRequest request;
    request.from = wallet_.address();
    request.to = view_.rollup();
    const uint64_t pay_gas = proof->withdrawal.token.is_zero() ? l1::kPayGasOfEth : l1::kPayGasOfToken;
    request.data = l1::rollup_call::claim(header, *proof, {}, pay_gas);
    auto gas = client_.estimate_gas(request);
    if (!gas && gas.status().code != node::Code::kAborted) return gas.status();
    if (!gas && gas.status().reason == "AlreadyPaid") return {};  // the view will show it
    if (!gas) {
        note_refused(position, gas.status());
        return {};
    }
    if (*gas > options_.max_gas) {
        note_refused(position, {node::Code::kAborted, "CLAIM_TOO_DEAR", "", "the recipient's code takes too much gas"});
        return {};
    }
    auto sent = wallet_.send(view_.rollup(), 0, std::move(request.data), *gas + *gas / 4);
    if (!sent) return sent.status();
    sent_.emplace(position, OnItsWay(*sent, clock_.steady_ms()));
    node::log_info("claiming", {{"position", position},
                                {"recipient", to_checksum(proof->withdrawal.recipient)},
                                {"amount", to_string(proof->withdrawal.amount)},
                                {"tx", to_hex(*sent)}});
    return {};
}

void Claimer::note_refused(uint32_t position, const node::Status& why) {
    Refused& refused = refused_[position];
    refused.pause_ms = refused.pause_ms == 0 ? options_.first_retry_ms : std::min(2 * refused.pause_ms, options_.last_retry_ms);
    refused.again_at_ms = clock_.steady_ms() + refused.pause_ms;
    node::log_warn("a withdrawal can't be claimed now",
                   {{"position", position}, {"why", why.reason}, {"again_in_ms", refused.pause_ms}});
}

}  // namespace gavel::verifier

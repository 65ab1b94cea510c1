#include "verifier/warnings.hpp"

#include <algorithm>

#include "verifier/challenger.hpp"
#include "verifier/channel_watch.hpp"

namespace gavel::verifier {
namespace {

std::string seconds(uint64_t count) { return std::to_string(count) + " s"; }

class Watch {
public:
    Watch(const follow::L1View& view, const KnownFacts& known, const WarningOptions& options)
        : view_(view), known_(known), options_(options), now_(view.head().time), sitting_(view.sitting()) {}

    std::vector<Warning> look() {
        if (view_.frozen()) {
            look_at_freeze();
        } else {
            if (known_.withdrawals_full)
                warn("FREEZE_POSSIBLE", "no more withdrawals can be made: anybody can freeze the rollup",
                     view_.final_at(view_.final_head()).value_or(0));
            if (auto waiting = view_.queued(known_.l1_ops_consumed)) look_at(*waiting);
            look_for_silence();
            look_at_notice();
        }
        if (known_.not_judged) look_at_unjudged(*known_.not_judged);
        if (known_.false_batch) look_at_lie(*known_.false_batch);
        return std::move(out_);
    }

private:
    void look_at_freeze() {
        uint64_t final_at = view_.final_at(view_.batch_head()).value_or(0);
        warn("FROZEN",
             "the rollup is frozen for ever: accounts exit on the L1" +
                 (final_at > now_ ? " in " + seconds(final_at - now_) + ", when the last batch is final" : std::string()),
             view_.frozen_at());
    }

    void look_at(const follow::QueuedOperation& waiting) {
        uint64_t queued_at = waiting.operation.time;
        std::string which = "L1 operation " + std::to_string(waiting.index);
        const l1::RollupParameters& parameters = view_.parameters();
        if (auto from = view_.waits_since(queued_at)) {
            uint64_t soon = parameters.half_overdue_at(*from), overdue = parameters.overdue_at(*from);
            if (now_ >= overdue)
                warn("L1_OPERATION_OVERDUE_SOON",
                     which + " is overdue since " + seconds(now_ - overdue) + ": the sequencer can be evicted", soon);
            else if (now_ >= soon) warn("L1_OPERATION_OVERDUE_SOON", which + " is overdue in " + seconds(overdue - now_), soon);
        }
        uint64_t freeze_at = parameters.freeze_at(queued_at);
        if (now_ >= freeze_at)
            warn("FREEZE_POSSIBLE", which + " has waited for " + seconds(now_ - queued_at) + ": anybody can freeze the rollup",
                 freeze_at);
        uint64_t idle_since = std::max({queued_at, last_batch_at(), last_term_change_at()});
        uint64_t stalled_at = idle_since + (options_.stalled_after ? options_.stalled_after : parameters.inclusion_window / 4);
        if (now_ < stalled_at) return;
        stalled_ = true;
        warn("SEQUENCER_STALLED",
             sitting_ ? which + " waits and no batch has come for " + seconds(now_ - idle_since)
                      : which + " waits and nobody has had the seat for " + seconds(now_ - idle_since),
             stalled_at);
    }

    void look_for_silence() {
        if (!sitting_ || stalled_) return;
        uint64_t since = std::max(last_batch_at(), sitting_->started_at);
        uint64_t silent_at = since + (options_.silent_after ? options_.silent_after : view_.parameters().inclusion_window);
        if (now_ >= silent_at) warn("SEQUENCER_STALLED", "no batch has come for " + seconds(now_ - since), silent_at);
    }

    void look_at_notice() {
        const l1::Notice& notice = known_.notice;
        if (now_ >= notice.until) return;
        warn("TAKEOVER_ANNOUNCED",
             notice.from > now_ ? "the home operator may take the seat in " + seconds(notice.from - now_)
                                : "the home operator may take the seat for another " + seconds(notice.until - now_),
             notice.from - (view_.parameters().inclusion_window + 3) / 4);
    }

    void look_at_unjudged(uint64_t number) {
        auto batch = view_.batch(number);
        if (!batch) return;
        const uint64_t final_at = view_.parameters().final_at(batch->posted_at);
        const std::string left = now_ < final_at ? "it becomes final in " + seconds(final_at - now_) : "it is final";
        const std::string way_out = now_ < final_at
                                        ? "name one who has: --blobs"
                                        : "name an archive that has: --blobs; or begin behind it, with a snapshot and "
                                          "an empty data folder: --snapshot";
        warn("BLOBS_MISSING",
             "batch " + std::to_string(number) + " can't be judged, and " + left +
                 ": nobody has its blobs: " + known_.why_not_judged + "; " + way_out,
             batch->posted_at);
    }

    void look_at_lie(uint64_t number) {
        auto batch = view_.batch(number);
        if (!batch) return;
        std::string which = "batch " + std::to_string(number);
        uint64_t final_at = view_.parameters().final_at(batch->posted_at);
        if (view_.is_final(number)) {
            warn("FALSE_BATCH_FINAL", which + " is false and final: nothing can undo it", final_at);
            return;
        }
        const char* what_is_done = known_.can_prove ? "is being proven" : "there is no key to prove it with";
        warn("FALSE_BATCH", which + " is false; " + what_is_done, batch->posted_at);
        uint64_t near = final_at - std::min(view_.parameters().challenge_window, 2 * proof_margin(view_.parameters()));
        if (now_ < near) return;
        warn("PROOF_DEADLINE", which + " is false and will be final in " + seconds(final_at - now_), near);
    }

    uint64_t last_batch_at() const {
        auto batch = view_.batch(view_.batch_head());
        return batch ? batch->posted_at : 0;
    }

    uint64_t last_term_change_at() const {
        auto terms = view_.terms();
        return terms.empty() ? 0 : std::max(terms.back().started_at, terms.back().ended_at);
    }

    void warn(std::string reason, std::string message, uint64_t since) {
        out_.push_back({std::move(reason), std::move(message), since});
    }

    const follow::L1View& view_;
    const KnownFacts& known_;
    const WarningOptions& options_;
    uint64_t now_;
    std::optional<follow::TermView> sitting_;
    bool stalled_ = false;
    std::vector<Warning> out_;
};

}  // namespace

std::vector<Warning> warnings_of(const follow::L1View& view, const KnownFacts& known, const WarningOptions& options) {
    return Watch(view, known, options).look();
}

bool is_same(const Warning& one, const Warning& other) {
    return one.reason == other.reason && (one.reason != kChannelExpiresSoon || one.message == other.message);
}

bool is_critical(const Warning& warning) {
    return warning.reason == "BLOBS_MISSING" || warning.reason == "FROZEN" || warning.reason == "FALSE_BATCH_FINAL" ||
           warning.reason == "PROOF_DEADLINE";
}

}  // namespace gavel::verifier

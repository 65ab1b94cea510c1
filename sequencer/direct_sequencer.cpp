#include "sequencer/direct_sequencer.hpp"

namespace gavel::sequencer {
namespace {

using Outcomes = std::vector<SubmitOutcome>;

// Answers that come when they come, maybe when nobody waits any more.
struct Pending {
    std::mutex mutex;
    std::optional<Outcomes> outcomes;

    bool is_there() {
        std::lock_guard lock(mutex);
        return outcomes.has_value();
    }
};

std::shared_ptr<Pending> send(Sequencer& sequencer, const std::vector<Submission>& submissions) {
    auto pending = std::make_shared<Pending>();
    sequencer.submit(submissions, [pending](Outcomes outcomes) {
        std::lock_guard lock(pending->mutex);
        pending->outcomes = std::move(outcomes);
    });
    return pending;
}

class DirectStream final : public api::SubmitStream {
public:
    DirectStream(Sequencer& sequencer, const query::Idle& idle) : sequencer_(sequencer), idle_(idle) {}

    bool write(const std::vector<Submission>& submissions) override {
        const bool is_right = !submissions.empty() && submissions.size() <= api::kMaxSubmissions;
        {
            std::lock_guard lock(mutex_);
            if (!is_right) {
                status_ = {node::Code::kInvalidArgument, "BATCH_SIZE_INVALID", "requests", "a message holds 1 to 4096 requests"};
            }
            no_more_ = no_more_ || !is_right;
            if (no_more_) return false;
        }
        auto pending = send(sequencer_, submissions);
        std::lock_guard lock(mutex_);
        under_way_.push_back(std::move(pending));
        return true;
    }
    void done_writing() override {
        std::lock_guard lock(mutex_);
        no_more_ = true;
    }
    bool read(Outcomes& outcomes) override {
        for (;; idle_()) {
            std::lock_guard lock(mutex_);
            if (cancelled_ || (no_more_ && under_way_.empty())) return false;
            if (under_way_.empty() || !under_way_.front()->is_there()) continue;
            outcomes = *std::move(under_way_.front()->outcomes);
            under_way_.pop_front();
            return true;
        }
    }
    node::Status finish() override {
        std::lock_guard lock(mutex_);
        return status_;
    }
    void cancel() override {
        std::lock_guard lock(mutex_);
        cancelled_ = no_more_ = true;
        status_ = {node::Code::kCancelled, "CANCELLED", "", "the stream was ended"};
    }

private:
    Sequencer& sequencer_;
    const query::Idle& idle_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<Pending>> under_way_;  // in order
    node::Status status_;                             // to end with
    bool no_more_ = false, cancelled_ = false;
};

}  // namespace

SubmitOutcome DirectSequencer::submit(const Submission& submission) {
    auto pending = send(sequencer_, {submission});
    while (!pending->is_there()) idle_();
    return std::move(pending->outcomes->front());
}

std::unique_ptr<api::SubmitStream> DirectSequencer::submit_stream() { return std::make_unique<DirectStream>(sequencer_, idle_); }

}  // namespace gavel::sequencer

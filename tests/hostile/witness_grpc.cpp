#include "tests/hostile/witness.hpp"

#include <algorithm>

#include "tests/l1/ethereum_node.hpp"

namespace gavel::hostile {
namespace {

constexpr milliseconds kPause{150};
constexpr size_t kMostComplaints = 20;

}  // namespace

Witness::Witness(e2e::World& world, const std::string& l1_url) : world_(world), thread_([this, l1_url] { run(l1_url); }) {}

void Witness::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Witness::run(const std::string& l1_url) {
    l1::JsonRpcClient client = test::client_of(l1_url);
    l1::RollupClient contract(client, world_.domain().rollup);
    while (!stopping_) {
        look(contract);
        std::this_thread::sleep_for(kPause);
    }
}

// In this order, so that what the verifier is said to know is never older than its health, nor younger: who finds that the L1
// contradicts itself reads again from far back, and may just do that between two of these questions.
void Witness::look(l1::RollupClient& contract) {
    const auto head = contract.head();
    const auto queue = contract.queue_length();
    const Moment at = std::chrono::steady_clock::now();
    const bool is_well = world_.health("verifier") == "ok\n";
    const auto chain = world_.at_verifier().chain_info();
    const auto status = world_.at_verifier().status();
    const bool is_well_still = world_.health("verifier") == "ok\n";
    if (!head || !queue || !chain || !status) return;
    std::lock_guard lock(mutex_);
    samples_.push_back({at, is_well && is_well_still, head->number, *queue});
    judge(samples_.back(), status->head_batch, chain->l1_queue_length);
}

// A strike takes the head back: what has stood all the time must be known.
void Witness::judge(const Sample& sample, uint64_t known_head, uint64_t known_queue) {
    if (!sample.is_well || sample.at - samples_.front().at < kBlindFor) return;
    uint64_t head = sample.head, queue = sample.queue;
    for (auto past = samples_.rbegin(); past != samples_.rend(); ++past) {
        head = std::min(head, past->head);
        queue = std::min(queue, past->queue);
        if (sample.at - past->at > kBlindFor) break;
    }
    if (known_head >= head && known_queue >= queue) return;
    if (complaints_.size() < kMostComplaints)
        complaints_.push_back({sample.at, "well, and knows batch " + std::to_string(known_head) + " of " + std::to_string(head) +
                                              ", L1 operations " + std::to_string(known_queue) + " of " + std::to_string(queue)});
}

std::vector<Witness::Complaint> Witness::complaints() const {
    std::lock_guard lock(mutex_);
    return complaints_;
}

std::string Witness::silence_in(const Episode& episode) const {
    std::lock_guard lock(mutex_);
    for (const Sample& sample : samples_) {
        if (!sample.is_well || sample.at < episode.begin + kBlindTold || sample.at > episode.end) continue;
        const auto after = std::chrono::duration_cast<milliseconds>(sample.at - episode.begin);
        return "well " + std::to_string(after.count()) + " ms after the begin of " + episode.told();
    }
    return "";
}

}  // namespace gavel::hostile

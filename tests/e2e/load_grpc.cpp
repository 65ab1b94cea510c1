#include "tests/e2e/load.hpp"

#include <catch2/catch.hpp>

#include "proto/client_grpc.hpp"

namespace gavel::e2e {
namespace {

constexpr uint64_t kPerMessage = 16;
constexpr uint64_t kUnderWay = 256;             // sent and not answered
constexpr std::chrono::milliseconds kPace{15};  // between messages, so that a test can ask for each payment afterwards

}  // namespace

Load::Load(World& world, const std::string& sender, const Address& recipient)
    : world_(world),
      sender_(sender),
      recipient_(recipient),
      sequencer_(std::move(*proto::open_sequencer({.channel = {.target = world.sequencer_address()}}))),
      thread_([this] { run(); }) {}

Load::~Load() { stop(); }

void Load::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Load::run() {
    while (!stopping_) {
        auto account = sequencer_->account({address_of(sender_), {}});
        if (account) stream(account->nonce);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

// One thread writes, this one reads; ends when told to, or when an answer is a refusal, or when the stream breaks.
void Load::stream(uint64_t first) {
    auto submitter = sequencer_->submit_stream();
    std::atomic<bool> ended{false};
    std::atomic<uint64_t> answered{first};
    std::thread writer([&] {
        for (uint64_t nonce = first; !ended && !stopping_; nonce += kPerMessage) {
            while (nonce - answered > kUnderWay && !ended && !stopping_)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            std::vector<api::Submission> batch;
            for (uint64_t i = 0; i < kPerMessage; ++i)
                batch.push_back(world_.transfer(sender_, recipient_, nonce + i + 1, nonce + i));
            if (!submitter->write(batch)) break;
            std::this_thread::sleep_for(kPace);
        }
        submitter->done_writing();
    });
    std::vector<api::SubmitOutcome> outcomes;
    while (submitter->read(outcomes)) {
        for (const api::SubmitOutcome& outcome : outcomes) {
            ended = ended || !outcome.status.ok();
            take(answered, outcome);
            ++answered;
        }
    }
    ended = true;
    writer.join();
    (void)submitter->finish();
}

void Load::take(uint64_t nonce, const api::SubmitOutcome& outcome) {
    if (!outcome.status.ok()) return;
    std::lock_guard lock(mutex_);
    auto [known, is_new] = receipts_.emplace(nonce, outcome.receipt);
    if (!is_new && known->second != outcome.receipt)
        complaint_ = "payment " + std::to_string(nonce) + " was acknowledged twice, differently";
}

void Load::wait_for_acknowledged(uint64_t more) {
    const uint64_t wanted = acknowledged().size() + more;
    world_.eventually("payments are acknowledged", [&] { return acknowledged().size() >= wanted; });
}

std::map<uint64_t, Hash> Load::acknowledged() const {
    std::lock_guard lock(mutex_);
    std::map<uint64_t, Hash> out;
    for (const auto& [nonce, receipt] : receipts_) out[nonce] = receipt.hash;
    return out;
}

std::string Load::complaint() const {
    std::lock_guard lock(mutex_);
    return complaint_;
}

}  // namespace gavel::e2e

#include "tests/hostile/hostile_world.hpp"

#include <catch2/catch.hpp>

namespace gavel::hostile {

using e2e::address_of;
using e2e::within;

namespace {

const Address kShop = address_of("shop");

}  // namespace

Later::Later(milliseconds after, std::function<void()> what)
    : thread_([this, after, what = std::move(what)] {
          const auto then = std::chrono::steady_clock::now() + after;
          while (!ended_ && std::chrono::steady_clock::now() < then) std::this_thread::sleep_for(milliseconds(20));
          if (!ended_) what();
      }) {}

Later::~Later() {
    ended_ = true;
    thread_.join();
}

HostileWorld::HostileWorld(e2e::WorldOptions options, uint64_t seed)
    : world_(std::move(options)), before_sequencer_(world_.l1_url(), seed), before_verifier_(world_.l1_url(), seed + 1) {
    world_.set_l1("sequencer", {before_sequencer_.url()});
    world_.set_l1("verifier", {before_verifier_.url()});
}

void HostileWorld::misbehave(const std::vector<Fault>& faults) {
    before_sequencer_.misbehave(faults);
    before_verifier_.misbehave(faults);
}

void HostileWorld::start() {
    world_.start_sequencer();
    world_.start_verifier();
    world_.deposit("alice", kEther);
    pay();  // so that there is something that waits to be posted, until it is
    world_.wait_for_agreement();
}

void HostileWorld::pay(uint64_t payments) {
    for (uint64_t i = 0; i < payments; ++i) world_.submit(world_.transfer("alice", kShop, 1, paid_++));
}

bool HostileWorld::try_to_pay() {
    const node::Status status = world_.at_sequencer().submit(world_.transfer("alice", kShop, 1, paid_)).status;
    paid_ += status.ok();
    if (!status.ok()) refused_ = node::to_string(status);
    return status.ok();
}

bool HostileWorld::says_ill(const std::string& daemon, seconds time) {
    return within(time, [&] { return !is_well(daemon); });
}

bool HostileWorld::says_well(const std::string& daemon, seconds time) {
    return within(time, [&] { return is_well(daemon); });
}

void HostileWorld::check_never_blind(seconds time) {
    std::string blind;
    within(time, [&] {
        const auto head = world_.rollup().head();
        const auto queue = world_.rollup().queue_length();
        REQUIRE(head.ok());
        REQUIRE(queue.ok());
        // What came a moment ago may be on its way: a block's time of grace.
        const bool knows = within(seconds(1), [&] {
            const auto told = world_.at_verifier().chain_info();
            return !is_well("verifier") || (told && told->l1_queue_length >= *queue && told->head_batch >= head->number);
        });
        if (!knows) blind = e2e::text_of(*world_.at_verifier().chain_info());
        return !knows;
    });
    CHECK(blind == "");
}

void HostileWorld::wait_for_all_read() {
    const auto queue = world_.rollup().queue_length();
    REQUIRE(queue.ok());
    world_.eventually("both have read all L1 operations", [&] {
        const auto ours = world_.at_sequencer().chain_info(), theirs = world_.at_verifier().chain_info();
        return ours && theirs && ours->l1_queue_length >= *queue && theirs->l1_queue_length >= *queue;
    });
}

void HostileWorld::check_recovers() {
    for (const char* daemon : {"sequencer", "verifier"}) {
        INFO(daemon << " says: " << world_.health(daemon));
        CHECK(says_well(daemon));
    }
    CHECK(world_.sequencer().is_alive());
    CHECK(world_.verifier().is_alive());
    if (!within(e2e::kPatience, [&] { return try_to_pay(); })) FAIL("no payment is confirmed: " << refused_);
    wait_for_all_read();
    world_.wait_for_agreement();
}

void HostileWorld::check_recovers_and_end() {
    check_recovers();
    for (api::Query* at : world_.at_both()) CHECK(to_string(world_.balance(*at, kShop)) == std::to_string(paid_));
    world_.stop_all();
}

}  // namespace gavel::hostile

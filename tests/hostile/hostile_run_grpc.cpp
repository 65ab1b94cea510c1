// The L1 misbehaves at random before sequencer and verifier, each for himself, while people pay, deposit and withdraw, and lies
// are posted. Then it is honest, and everything must be right.
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>

#include "tests/hostile/customers.hpp"
#include "tests/hostile/hostile_run.hpp"
#include "tests/hostile/witness.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace gavel::hostile;

namespace {

constexpr uint64_t kChallengeWindow_s = 90;  // longer than nodes may misbehave without a break
constexpr size_t kMostOperators = 24;        // each loses his stake by a lie
constexpr unsigned kLongRun_s = 240;         // in which each fault must have touched something
constexpr seconds kToSit{60};
constexpr uint64_t kDiskLostEvery = 4;  // lies
const char* const kForWhoReadsOldBlocks[] = {"forgets-old-logs", "limits-log-range", "limits-log-count"};
const char* const kLies[] = {"money-from-nothing", "forged-signature", "skipped-deposit", "withdrawal-without-burn",
                             "garbage-bytes"};

std::string operator_name(size_t number) { return number == 0 ? "operator" : "operator " + std::to_string(number); }

WorldOptions world_options() {
    WorldOptions out;
    out.challenge_window_s = kChallengeWindow_s;
    out.l1_confirmations = 2;  // no fork of the deck's is deeper
    out.funded = Customers::names();
    out.funded.push_back("watcher");
    for (size_t i = 0; i < kMostOperators; ++i) out.funded.push_back(operator_name(i));
    return out;
}

class Run {
public:
    explicit Run(const RunOptions& options)
        : options_(options),
          random_(options.seed),
          began_(std::chrono::steady_clock::now()),
          hostile_(world_options(), options.seed) {
        world().start_sequencer(operator_name(0));
        world().start_verifier();
        customers_ = std::make_unique<Customers>(world(), world().l1_url(), options.seed);
        world().eventually("the verifier has verified a batch", [&] {
            const auto status = world().at_verifier().status();
            return status && status->verified_batch > 0;
        });
    }

    void misbehave() {
        Witness witness(world(), world().l1_url());
        Storm before_sequencer(hostile_.before_sequencer(), options_.seed + 10);
        Storm before_verifier(hostile_.before_verifier(), options_.seed + 20);
        storms_ = {&before_sequencer, &before_verifier};
        uint64_t turn = 0;
        const Moment until = std::chrono::steady_clock::now() + seconds(options_.seconds);
        for (bool first = true; std::chrono::steady_clock::now() < until; first = false) {
            pause(milliseconds(first ? 5'000 : 5'000 + random_() % 8'000));
            if (turn++ % kDiskLostEvery == kDiskLostEvery - 1)
                lose_verifiers_disk(before_verifier,
                                    kForWhoReadsOldBlocks[turn / kDiskLostEvery % std::size(kForWhoReadsOldBlocks)]);
            if (std::chrono::steady_clock::now() < until && lies_ + 1 < kMostOperators) lie();
        }
        if (options_.seconds >= kLongRun_s) deal_what_touched_nothing(before_sequencer, before_verifier);
        before_sequencer.end();
        before_verifier.end();
        witness.stop();
        std::string told;
        const std::vector<Episode> episodes = before_verifier.episodes();
        for (const Witness::Complaint& complaint : witness.complaints())
            told += complaint.text + ", after" + told_before(episodes, complaint.at) + "\n";
        for (const Episode& episode : episodes)
            if (const auto silence = episode.blinds ? witness.silence_in(episode) : ""; !silence.empty()) told += silence + "\n";
        INFO("the verifier was blind and said that all is well:\n" << told);
        CHECK(told == "");
        tell_faults(before_sequencer, before_verifier);
        storms_.clear();
    }

    void check_all_right() {
        tell("the L1 is honest");
        for (const char* daemon : {"sequencer", "verifier"}) {
            const bool well = hostile_.says_well(daemon);
            INFO(daemon << " says: " << world().health(daemon));
            CHECK(well);
        }
        pause(seconds(3));
        world().eventually("what was confirmed is confirmed again", [&] { return customers_->all_stand(); });
        customers_->stop();
        CHECK(world().sequencer().is_alive());
        CHECK(world().verifier().is_alive());
        hostile_.wait_for_all_read();
        world().wait_for_agreement();
        CHECK(customers_->complaint() == "");
        REQUIRE(world().l1_client().request("evm_increaseTime", "[" + std::to_string(kChallengeWindow_s + 1) + "]").ok());
        std::string unpaid;
        const bool paid = within(kPatience, [&] { return (unpaid = customers_->unpaid()).empty(); });
        INFO(unpaid);
        CHECK(paid);
        world().stop_all();
        tell("checked");
    }

private:
    World& world() { return hostile_.world(); }

    // The verifier begins from nothing, before a node that has this fault.
    void lose_verifiers_disk(Storm& before_verifier, const std::string& fault) {
        tell("the verifier loses its disk, before a node that " + fault);
        REQUIRE(world().verifier().is_alive());
        REQUIRE(world().verifier().stop() == 0);
        std::filesystem::remove_all(world().folder().file("verifier.db"));
        before_verifier.deal_now(fault);
        world().start_verifier();
    }

    // What chance gave to nobody while he asked for what it spoils.
    void deal_what_touched_nothing(Storm& before_sequencer, Storm& before_verifier) {
        for (const auto& dealt : before_verifier.dealt()) {
            const std::string& fault = dealt.first;
            for (int tries = 0; tries < 3 && touched(fault) == 0; ++tries) {
                lose_verifiers_disk(before_verifier, fault);
                before_sequencer.deal_now(fault);
                within(seconds(8), [&] { return touched(fault) > 0; });
            }
        }
    }

    uint64_t touched(const std::string& fault) {
        return hostile_.before_sequencer().touched(fault) + hostile_.before_verifier().touched(fault);
    }

    // ---- Lies ----

    // The operator turns: his sequencer ends, he posts a lie, another's begins and waits for the seat.
    void lie() {
        const std::string kind = kLies[random_() % std::size(kLies)];
        REQUIRE(world().sequencer().is_alive());
        REQUIRE(world().sequencer().stop() == 0);
        Finished drill;
        within(kPatience, [&] {
            drill = world().drill(kind, operator_name(lies_));
            return drill.exit_status == 0;
        });
        INFO(kind << ": " << drill.output << drill.errors);
        REQUIRE(drill.exit_status == 0);
        const Moment posted = std::chrono::steady_clock::now();
        tell("a lie: " + kind);
        const uint64_t term = value(world().rollup().term_count());
        world().launch_sequencer(operator_name(++lies_));
        const bool struck = within(seconds(kChallengeWindow_s), [&] {
            pause(milliseconds(100));
            auto record = world().rollup().term(term);
            return record && record->slashed;
        });
        const auto took = std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - posted);
        INFO("the verifier says: " << world().health("verifier"));
        REQUIRE(struck);
        tell("struck after " + std::to_string(took.count()) + " s");
        within(kToSit, [&] {
            pause(milliseconds(100));
            return world().sequencer().has_logged("\"message\":\"sequencing\"");
        });
    }

    template <class T>
    static T value(node::Result<T> result) {
        REQUIRE(result.ok());
        return *result;
    }

    // ---- Telling ----

    // The latest episodes that began before a moment: when each did and ended, in seconds before it.
    static std::string told_before(const std::vector<Episode>& episodes, Moment moment) {
        std::string out;
        for (const Episode& episode : episodes) {
            if (episode.begin > moment || episode.end + seconds(15) < moment) continue;
            const auto ago = [&](Moment then) {
                return std::to_string(std::chrono::duration<double>(moment - then).count()).substr(0, 4);
            };
            out += " [" + episode.told() + ", " + ago(episode.begin) + " to " + ago(episode.end) + " s ago]";
        }
        return out;
    }

    // Tells how it goes every ten seconds.
    void pause(milliseconds time) {
        const Moment until = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(milliseconds(50));
            if (std::chrono::steady_clock::now() - told_ < seconds(10)) continue;
            std::string now;
            for (const Storm* storm : storms_) now += (now.empty() ? "; " : " | ") + storm->now();
            tell(std::to_string(customers_->confirmed()) + " confirmed, " + std::to_string(customers_->deposits()) +
                 " deposits, " + std::to_string(lies_) + " lies" + now);
        }
    }

    void tell(const std::string& text) {
        told_ = std::chrono::steady_clock::now();
        const auto passed = std::chrono::duration_cast<seconds>(told_ - began_);
        std::cout << "[" << passed.count() << " s] " << text << std::endl;
    }

    // How often each fault was dealt, and how many questions it touched.
    void tell_faults(const Storm& first, const Storm& second) {
        const auto dealt = first.dealt(), dealt_second = second.dealt();
        std::string never;
        for (const auto& [name, times] : dealt) {
            std::cout << "    " << name << ": " << times + dealt_second.at(name) << " times, " << touched(name) << " questions\n";
            if (touched(name) == 0) never += name + " ";
        }
        if (options_.seconds >= kLongRun_s) CHECK(never == "");
    }

    const RunOptions options_;
    std::mt19937_64 random_;
    const Moment began_;
    Moment told_ = began_;
    HostileWorld hostile_;
    std::unique_ptr<Customers> customers_;
    std::vector<const Storm*> storms_;
    size_t lies_ = 0;  // and the number of the operator who sits or will
};

}  // namespace

TEST_CASE("an L1 that misbehaves at random costs no money, no lie becomes final, and all is well by itself afterwards") {
    const RunOptions& options = run_options();
    const std::string again = "scripts/hostile.sh --preset PRESET --seed " + std::to_string(options.seed) + " --seconds " +
                              std::to_string(options.seconds);
    std::cout << "the same again: " << again << std::endl;
    INFO("the same again: " << again);
    Run run(options);
    run.misbehave();
    run.check_all_right();
}

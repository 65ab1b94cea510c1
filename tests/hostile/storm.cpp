#include "tests/hostile/storm.hpp"

#include <algorithm>
#include <numeric>

namespace gavel::hostile {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kLeastMs = 1'500;
constexpr unsigned kMostPauseMs = 2'500;  // honest, between two episodes
constexpr unsigned kChances[] = {25, 60, 100};

std::string name_of(size_t card) {
    std::mt19937_64 aside(0);
    return deck()[card].draw(aside).name;
}

}  // namespace

std::string Episode::told() const {
    std::string out;
    for (const std::string& fault : faults) out += (out.empty() ? "" : " + ") + fault;
    return out;
}

Storm::Storm(Proxy& proxy, uint64_t seed) : proxy_(proxy), random_(seed) {
    for (size_t card = 0; card < deck().size(); ++card) dealt_[name_of(card)] = 0;
    thread_ = std::thread([this] { run(); });
}

void Storm::end() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    proxy_.behave();
}

void Storm::deal_now(const std::string& fault) {
    {
        std::lock_guard lock(mutex_);
        called_ = fault;
    }
    while (is_called()) std::this_thread::sleep_for(milliseconds(20));
}

bool Storm::is_called() const {
    std::lock_guard lock(mutex_);
    return called_.has_value();
}

// False if it is to end. Ends early if a fault is called for.
bool Storm::sleep(milliseconds time) const {
    const Moment until = std::chrono::steady_clock::now() + time;
    while (!ended_ && !is_called() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(20));
    return !ended_;
}

size_t Storm::next_card() {
    if (left_.empty()) {
        left_.resize(deck().size());
        std::iota(left_.begin(), left_.end(), 0);
        std::shuffle(left_.begin(), left_.end(), random_);
        // Dealt from the back.
        const auto touched = proxy_.touched();
        std::stable_partition(left_.begin(), left_.end(), [&](size_t card) { return touched.contains(name_of(card)); });
    }
    const size_t out = left_.back();
    left_.pop_back();
    return out;
}

bool Storm::is_untouched(size_t card) const {
    std::lock_guard lock(mutex_);
    return dealt_.at(name_of(card)) > 0 && proxy_.touched(name_of(card)) == 0;
}

// A card of the fault that was called for.
std::optional<size_t> Storm::called_card() const {
    std::lock_guard lock(mutex_);
    if (!called_) return std::nullopt;
    size_t card = 0;
    while (name_of(card) != *called_) ++card;
    return card;
}

// One or two cards. What was called for, or was dealt before and touched nothing, has all questions for itself.
Storm::Hand Storm::deal() {
    Hand out;
    unsigned most_ms = ~0u;
    const std::optional<size_t> called = called_card();
    const size_t first = called ? *called : next_card();
    const bool is_alone = called || is_untouched(first);
    const size_t cards = is_alone ? 1 : 1 + random_() % 2;
    const unsigned chance = is_alone ? 100 : kChances[random_() % std::size(kChances)];
    for (size_t i = 0; i < cards; ++i) {
        const Card& card = deck()[i == 0 ? first : next_card()];
        out.faults.push_back(card.draw(random_).with_chance(chance));
        out.episode.faults.push_back(out.faults.back().name + " " + std::to_string(chance) + "%");
        out.episode.blinds = out.episode.blinds || (card.blinds && chance == 100);
        most_ms = std::min(most_ms, card.most_ms);
    }
    out.lasts = milliseconds(is_alone ? most_ms : kLeastMs + random_() % (most_ms - kLeastMs));
    return out;
}

void Storm::answer_call(const Hand& hand) {
    std::lock_guard lock(mutex_);
    if (called_ && hand.faults.front().name == *called_) called_.reset();
}

void Storm::run() {
    do {
        Hand hand = deal();
        {
            std::lock_guard lock(mutex_);
            now_ = hand.episode.told();
            for (const Fault& fault : hand.faults) ++dealt_[fault.name];
        }
        proxy_.misbehave(hand.faults);
        answer_call(hand);
        hand.episode.begin = std::chrono::steady_clock::now();
        sleep(hand.lasts);
        hand.episode.end = std::chrono::steady_clock::now();
        proxy_.behave();
        std::lock_guard lock(mutex_);
        now_ = "nothing";
        episodes_.push_back(hand.episode);
    } while (sleep(milliseconds(random_() % kMostPauseMs)));
}

std::vector<Episode> Storm::episodes() const {
    std::lock_guard lock(mutex_);
    return episodes_;
}

std::string Storm::now() const {
    std::lock_guard lock(mutex_);
    return now_;
}

std::map<std::string, uint64_t> Storm::dealt() const {
    std::lock_guard lock(mutex_);
    return dealt_;
}

}  // namespace gavel::hostile

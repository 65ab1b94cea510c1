#include "tests/hostile/deck.hpp"

#include "tests/support/ether.hpp"

namespace gavel::hostile {
namespace {

using Random = std::mt19937_64;
using std::chrono::milliseconds;

constexpr unsigned kForkMs = 3'000;  // while nobody can know of it

Card blinding(Fault (*make)()) {
    return {[make](Random&) { return make(); }, true};
}
Card seeing(Fault (*make)()) {
    return {[make](Random&) { return make(); }};
}
// With a number between the two.
template <class Make>
Card between(uint64_t least, uint64_t most, Make make) {
    return {[least, most, make](Random& random) { return make(least + random() % (most - least + 1)); }};
}
Card briefly(Card card) {
    card.most_ms = kForkMs;
    return card;
}

std::vector<Card> connection_cards() {
    return {blinding(drops),
            blinding(truncates),
            blinding(cuts_json),
            between(100, 1'500, [](uint64_t most) { return delays(milliseconds(most)); }),
            seeing(drips),
            {[](Random&) { return says_http(429); }, true},
            {[](Random&) { return says_http(503); }, true},
            blinding(talks_html)};
}

std::vector<Card> json_cards() {
    return {seeing(null_error_beside_result),
            blinding(odd_errors),
            blinding(wrong_types),
            seeing(spoils_members),
            {[](Random&) { return nests_deeply(); }, true},
            blinding(other_id),
            blinding(no_json_rpc)};
}

std::vector<Card> reading_cards() {
    auto leaving_out = [](uint64_t percent) { return leaves_logs_out(static_cast<unsigned>(percent)); };
    return {between(50, 100, leaving_out),
            between(50, 100, [leaving_out](uint64_t percent) { return leaving_out(percent).only({"eth_getLogs"}); }),
            between(1, 4, forgets_old_logs),
            between(1, 3, limits_log_range),
            between(1, 2, limits_log_count),
            seeing(confuses_logs),
            between(1, 3, lags),
            seeing(freezes),  // told after four block times
            briefly(between(0, 2, forks)),
            blinding(is_syncing)};
}

std::vector<Card> node_cards() {
    return {seeing(forgets_transactions),
            seeing(forgets_receipts),
            seeing(is_indexing),
            {[](Random&) { return lacks("eth_maxPriorityFeePerGas"); }},
            {[](Random&) { return lacks("eth_feeHistory"); }},
            blinding(refuses_at_random)};
}

std::vector<Card> sending_cards() {
    return {between(500, 3'000, refuses_large),
            between(3 * kGwei, 6 * kGwei, refuses_small_tips),
            between(kGwei * 1'000, kGwei * 100'000, caps_fees),
            seeing(says_poor),
            seeing(errors_after_sending),
            seeing(knows_after_sending),
            seeing(swallows),
            seeing(answers_other_hash),
            seeing(charges_calldata_more),
            seeing(estimates_too_little)};
}

}  // namespace

const std::vector<Card>& deck() {
    static const std::vector<Card> cards = [] {
        std::vector<Card> all;
        for (auto* some : {connection_cards, json_cards, reading_cards, node_cards, sending_cards})
            for (Card& card : some()) all.push_back(std::move(card));
        return all;
    }();
    return cards;
}

}  // namespace gavel::hostile

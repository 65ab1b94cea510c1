#include "tests/twins/views.hpp"

#include <algorithm>

#include "protocol/keccak.hpp"

namespace gavel::twins {
namespace {

Hash mapped(const Hash& key, uint64_t slot) { return keccak256({key, slots::at(slot)}); }
Hash number(uint64_t value) { return word_of(u128{value}); }

// Struct at a mapping's key, so many words.
void add_words(std::vector<std::pair<std::string, Hash>>& out, const std::string& name, const Hash& first, unsigned words) {
    for (unsigned i = 0; i < words; ++i) out.push_back({name + " word " + std::to_string(i), slots::plus(first, i)});
}

// One above the largest batch number that there ever was.
uint64_t batch_end(const World& world) {
    uint64_t end = world.batches.size();
    for (const Kept& kept : world.gone) end = std::max(end, kept.header.number + 1);
    return end;
}

// Positions of withdrawals that somebody knows.
uint32_t position_end(const World& world) {
    size_t end = 0;
    for (const Kept& kept : world.batches) end = std::max(end, kept.withdrawals.size());
    return static_cast<uint32_t>(end);
}

std::vector<Address> tokens_of(const World& world) {
    std::vector<Address> out = world.tokens;
    out.push_back(Address{});
    return out;
}

}  // namespace

std::vector<Bytes> views_of(const World& world, uint64_t terms) {
    using namespace rollup_view;
    std::vector<Bytes> out{parameters(),
                           head(),
                           queue_length(),
                           waiting(),
                           notice(),
                           current_term(),
                           term_count(),
                           burned(),
                           frozen(),
                           frozen_at(),
                           channel_taken(~uint32_t{0}),
                           last_strike(),
                           is_paid(~uint32_t{0}),
                           batch(~uint64_t{0}),
                           is_final(~uint64_t{0}),
                           term(~uint64_t{0}),
                           queue_hash(~uint64_t{0}),
                           is_exited(~uint32_t{0}),
                           is_refunded(~uint64_t{0})};
    for (uint64_t i = 0; i <= batch_end(world); ++i) out.insert(out.end(), {batch(i), is_final(i)});
    for (uint64_t i = 0; i <= terms + 1; ++i) out.push_back(term(i));
    for (uint64_t i = 0; i <= world.queue.size() + 1; ++i) out.insert(out.end(), {queue_hash(i), is_refunded(i)});
    for (uint32_t i = 0; i <= position_end(world); ++i) out.push_back(is_paid(i));
    for (uint32_t i = 0; i <= world.head().after().accounts.count(); ++i) {
        out.insert(out.end(), {is_exited(i), channel_taken(i)});
    }
    for (const Address& token : tokens_of(world)) out.push_back(held_total(token));
    for (const auto& [prover, word] : world.commits) {
        out.insert(out.end(), {committed_at(prover, word), committed_at(world.party(0), word)});
    }
    return out;
}

std::vector<std::pair<std::string, Hash>> slots_of(const World& world, uint64_t terms) {
    std::vector<std::pair<std::string, Hash>> out{
        {"slot 0", slots::at(0)}, {"slot 1", slots::at(1)}, {"queueTimes", slots::at(5)}, {"slot 11", slots::at(11)}};
    for (uint64_t i = 0; i <= batch_end(world); ++i) add_words(out, "records " + std::to_string(i), mapped(number(i), 2), 2);
    for (uint64_t i = 0; i <= terms; ++i) add_words(out, "terms " + std::to_string(i), mapped(number(i), 3), 4);
    for (uint64_t i = 0; i <= world.queue.size(); ++i) {
        out.push_back({"queueHashes " + std::to_string(i), mapped(number(i), 4)});
        out.push_back({"queueTimes of " + std::to_string(i), slots::plus(keccak256(slots::at(5)), i / 4)});
    }
    for (const Address& token : tokens_of(world)) out.push_back({"held " + to_hex(token), mapped(word_of(token), 6)});
    for (const auto& [prover, word] : world.commits) {
        out.push_back({"commits " + to_hex(prover), keccak256({word, mapped(word_of(prover), 7)})});
    }
    for (uint32_t i = 0; i < world.head().after().accounts.count(); ++i) {
        out.push_back({"channelTaken " + std::to_string(i), mapped(number(i), 12)});
    }
    for (uint64_t slot : {8, 9, 10}) out.push_back({"bits, slot " + std::to_string(slot), mapped(number(0), slot)});
    return out;
}

std::vector<Address> holders_of(const World& world) {
    std::vector<Address> out{world.rollup, world.forwarder, world.refuser, world.reenterer};
    out.insert(out.end(), world.tokens.begin(), world.tokens.end());
    for (size_t i = 0; i < test::kPeople; ++i) out.push_back(test::person_address(i));
    for (size_t i = 0; i < 10; ++i) out.push_back(test::stranger(i));
    return out;
}

}  // namespace gavel::twins

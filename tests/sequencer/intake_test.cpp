// What comes in is checked by threads and executed in its order; too much is refused, and what waits at the end is answered.
#include <catch2/catch.hpp>
#include <random>

#include "protocol/keccak.hpp"
#include "tests/sequencer/sequencer_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;
using follow::KnownKeys;
using follow::SignatureChecker;
using follow::SignatureClaim;

namespace {

constexpr auto kPatience = std::chrono::seconds(30);

World::Answers await(World& w, std::shared_future<World::Answers> answers) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (answers.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
        w.sequencer->execute();
        REQUIRE(std::chrono::steady_clock::now() < until);
    }
    return answers.get();
}

SequencerConfig with_threads(unsigned threads) {
    SequencerConfig out;
    out.signature_threads = threads;
    return out;
}

SignatureClaim claim_of(size_t number, const PrivateKey& key) {
    const Hash digest = keccak256(view_of("words " + std::to_string(number)));
    return {digest, key.sign(digest), key.address()};
}

std::vector<SignatureClaim> claims_of(size_t count, size_t signers) {
    std::vector<SignatureClaim> out;
    for (size_t i = 0; i < count; ++i) out.push_back(claim_of(i, PrivateKey::derived("payer " + std::to_string(i % signers))));
    return out;
}

}  // namespace

TEST_CASE("payments of one account that come in many pieces are executed in their order, by however many threads checked") {
    for (unsigned threads : {0u, 1u, 3u}) {
        Funded w(with_threads(threads));
        std::vector<std::shared_future<World::Answers>> answers;
        uint64_t nonce = 0;
        for (size_t size : {1, 700, 3, 1, 1, 90, 2}) {
            std::vector<Submission> message;
            for (size_t i = 0; i < size; ++i) message.push_back(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce++));
            answers.push_back(w.hand_over(message));
        }
        uint64_t position = 0;
        for (auto& each : answers)
            for (const SubmitOutcome& outcome : await(w, each)) {
                INFO(threads << " threads, " << node::to_string(outcome.status));
                REQUIRE(outcome.status.ok());
                REQUIRE(outcome.receipt.position == position++);
            }
        CHECK(w.balance(w.l1.bob.address()) == nonce);
    }
}

TEST_CASE("among right signatures each wrong one is refused in its own words, and the others stand") {
    Funded w(with_threads(2));
    std::vector<Submission> message;
    for (uint64_t nonce = 0; nonce < 40; ++nonce) message.push_back(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce));
    for (const SubmitOutcome& outcome : await(w, w.hand_over(message))) REQUIRE(outcome.status.ok());  // her key is known now
    message.clear();
    for (uint64_t nonce = 40; nonce < 90; ++nonce) message.push_back(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce));
    Submission parity = message[0], sender = message[0], words = message[0], nothing = message[0];
    parity.signature.bytes[32] ^= 0x80;
    sender.sender = w.l1.bob.address();
    words.operation.payments[0].amount = Amount{2};
    nothing.signature = {};
    for (const Submission& wrong : {parity, sender, words, nothing}) message.insert(message.begin() + 7, wrong);
    const auto outcomes = await(w, w.hand_over(message));
    const std::vector<std::string> reasons = {"BAD_SIGNATURE", "WRONG_SIGNER", "WRONG_SIGNER", "WRONG_SIGNER"};
    for (size_t i = 0; i < outcomes.size(); ++i) {
        const bool is_wrong = i >= 7 && i < 11;
        INFO(i << ": " << node::to_string(outcomes[i].status));
        CHECK(outcomes[i].status.reason == (is_wrong ? reasons[i - 7] : ""));
    }
    CHECK(w.balance(w.l1.bob.address()) == 90);
}

TEST_CASE("what is too much for the queue is refused at once, and taken when there is room") {
    SequencerConfig config = with_threads(1);
    config.max_queued = 10;
    Funded w(config);
    std::vector<Submission> message;
    for (uint64_t nonce = 0; nonce < 11; ++nonce) message.push_back(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce));
    auto refused = w.hand_over(message);
    REQUIRE(refused.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
    for (const SubmitOutcome& outcome : refused.get()) CHECK(outcome.status.reason == "QUEUE_FULL");
    message.pop_back();
    for (const SubmitOutcome& outcome : await(w, w.hand_over(message))) CHECK(outcome.status.ok());
    // The writer's own queue has a bound as well.
    std::vector<std::shared_future<World::Answers>> answers;
    for (uint64_t nonce = 10; nonce < 60; ++nonce) {
        answers.push_back(w.hand_over({w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce)}));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    size_t full = 0;
    for (auto& each : answers) full += await(w, each).front().status.reason == "QUEUE_FULL";
    CHECK(full >= 20);
    CHECK(full <= 40);
}

TEST_CASE("each that waits when the sequencer stops is answered once, and so is each that comes later") {
    for (unsigned threads : {0u, 2u}) {
        Funded w(with_threads(threads));
        std::vector<std::shared_future<World::Answers>> answers;
        for (uint64_t nonce = 0; nonce < 300; ++nonce)
            answers.push_back(w.hand_over({w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce)}));
        w.sequencer->stop();
        answers.push_back(w.hand_over({w.transfer(w.l1.alice, w.l1.bob.address(), 1, 300)}));
        for (auto& each : answers) {
            REQUIRE(each.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
            CHECK(each.get().front().status.reason == "STOPPING");
        }
    }
}

TEST_CASE("a checker answers for each claim, known signers and others mixed, right and wrong") {
    std::mt19937 random(1);
    for (size_t most_known : {size_t{0}, size_t{8}, SignatureChecker::kMostKnown}) {
        SignatureChecker checker(most_known);
        for (int round = 0; round < 12; ++round) {
            std::vector<SignatureClaim> claims = claims_of(1 + random() % 60, 1 + random() % 20);
            std::vector<bool> right(claims.size(), true);
            for (size_t wrong = random() % 3; wrong > 0; --wrong) {
                const size_t at = random() % claims.size();
                if (!right[at]) continue;
                right[at] = false;
                switch (random() % 4) {
                    case 0: claims[at].signature.bytes[32] ^= 0x80; break;
                    case 1: claims[at].owner = PrivateKey::derived("another").address(); break;
                    case 2: claims[at].owner = {}; break;
                    default: claims[at].digest.bytes[0] ^= 1;
                }
            }
            INFO(most_known << " known at most, round " << round);
            for (size_t i = 0; i < claims.size(); ++i)
                REQUIRE(right[i] == (recover(claims[i].digest, claims[i].signature) == claims[i].owner));
            CHECK(checker.check(claims) == right);
        }
    }
}

TEST_CASE("known keys are found as they were remembered, and are at most so many") {
    KnownKeys keys(1'000), none(0);
    std::vector<std::pair<Address, PublicKey>> all;
    for (uint32_t i = 0; i < 5'000; ++i) {
        const Hash words = keccak256(view_of("owner " + std::to_string(i)));
        PublicKey key;
        std::copy_n(words.data(), 32, key.data());
        all.emplace_back(Address::from(words), key);
    }
    size_t found = 0;
    for (const auto& [owner, key] : all) {
        CHECK_FALSE(keys.find(owner));
        keys.remember(owner, key);
        none.remember(owner, key);
        REQUIRE(keys.find(owner) == key);
    }
    for (const auto& [owner, key] : all) {
        CHECK_FALSE(none.find(owner));
        const auto kept = keys.find(owner);
        if (kept) REQUIRE(*kept == key);
        found += kept.has_value();
    }
    CHECK(found == keys.size());
    CHECK(keys.size() <= 1'024);
    CHECK(keys.size() > 700);
    CHECK_FALSE(keys.find(Address{}));
}

// What the L1 says, and what becomes of a ledger by it: L1View and Replayer.
#include <catch2/catch.hpp>

#include "tests/ledger/ledger_l1_fixture.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

namespace {

Hash hash_of(uint8_t byte) {
    Hash out;
    out.bytes.fill(byte);
    return out;
}

Address address_of(uint8_t byte) {
    Address out;
    out.bytes.fill(byte);
    return out;
}

// Everything that a view answers.
std::string describe(const L1View& view) {
    std::string out = std::to_string(view.head().number) + " head " + to_hex(view.head().hash);
    for (uint64_t b = 1; b <= view.batch_head() + 1; ++b) {
        auto batch = view.batch(b);
        if (batch) out += " batch " + to_hex(batch->hash) + to_hex(batch->tx_hash) + std::to_string(batch->posted_at);
        out += view.is_final(b) ? " final" : " pending";
    }
    for (uint64_t i = 0; i <= view.queue_length(); ++i) out += " h " + to_hex(*view.queue_hash(i));
    for (const Strike& strike : view.strikes()) out += " strike " + std::to_string(strike.number) + to_hex(strike.hash);
    for (const TermView& term : view.terms()) out += " term " + std::to_string(term.ended_at);
    for (uint32_t position = 0; position < 20; ++position) out += view.is_claimed(position) ? "1" : "0";
    out += " final head " + std::to_string(view.final_head()) + (view.frozen() ? " frozen" : "");
    return out;
}

// A sequencer's ledger, a verifier's, and the L1 between them.
struct Chain {
    explicit Chain(uint64_t seed) : world(seed) {
        view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
        sequencer = std::make_unique<Ledger>(own_store, world.domain);
        restart();
        world.fund(*sequencer);
        for (const L1Operation& operation : world.queue) l1.queue(operation);
        l1.mine(*view);
        post();
    }
    void restart() {
        replayer.reset();
        verifier = std::make_unique<Ledger>(store, world.domain);
        replayer = std::make_unique<Replayer>(*verifier, *view, l1.source(), clock, Replayer::Options{});
    }
    void pay_one(size_t from, u128 amount) {
        REQUIRE(world.submit(*sequencer, from, world.transfer(*sequencer, from, {}, world.address(2), amount, 1)).ok());
    }
    // Some payments, in `chunks` sealed chunks.
    void pay(size_t chunks = 1) {
        for (size_t i = 0; i < chunks; ++i) {
            pay_one(1, 5 + i);
            pay_one(3, 7 + i);
            world.seal(*sequencer);
        }
    }
    // What the sequencer has sealed and not posted becomes a batch; not mined.
    Batch batch() {
        uint64_t head = sequencer->batch_head();
        uint64_t first = head == 0 ? 0 : sequencer->batch(head)->chunk_end();
        Batch out =
            *sequencer->assemble(sequencer->last_header(), first, static_cast<uint16_t>(sequencer->chunk_count() - first));
        auto size = static_cast<uint32_t>(out.encode().size());
        sequencer->mark_batch({out.header(), out.l1_queue_hash, first, size, std::nullopt});
        return out;
    }
    void post() {
        l1.append(batch());
        l1.mine(*view);
    }
    Replayer::Progress replay(Replayer& with, size_t max_chunks = 32) {
        for (int i = 0; i < 1'000; ++i) {
            Replayer::Progress progress = with.step(max_chunks);
            if (progress != Replayer::Progress::kWorked) return progress;
        }
        FAIL("replays for ever");
        return Replayer::Progress::kWorked;
    }
    Replayer::Progress replay() { return replay(*replayer); }
    Replayer own_replayer() { return Replayer(*sequencer, *view, l1.source(), clock, Replayer::Options{true}); }

    World world;
    HandL1 l1;
    node::ManualClock clock{5'000};
    node::MemoryStore own_store, store;
    std::unique_ptr<L1View> view;
    std::unique_ptr<Ledger> sequencer, verifier;
    std::unique_ptr<Replayer> replayer;
};

// The rows of both ledgers are the same but for when something was confirmed, and by which transaction it was posted.
void check_same(const Ledger& one, const Ledger& other) {
    CHECK(one.summary().fields == other.summary().fields);
    CHECK(one.summary().entries == other.summary().entries);
    CHECK(balances_by_entries(one) == balances_by_entries(other));
    CHECK(one.last_header() == other.last_header());
    for (uint64_t number = 0; number < one.summary().chunks; ++number) CHECK(one.chunk(number) == other.chunk(number));
}

}  // namespace

TEST_CASE("the view is what its blocks say, after a restart and with blocks taken back") {
    uint64_t seed = GENERATE(range(1, 9));
    INFO("seed " << seed);
    World world(seed);
    HandL1 l1;
    node::MemoryStore store;
    auto view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
    std::vector<std::string> seen{describe(*view)};
    uint64_t claims = 0;
    for (int i = 0; i < 120; ++i) {
        uint64_t standing = view->batch_head();
        switch (world.below(8)) {
            case 0: l1.queue(world.random_l1_operation()); break;
            case 1:
            case 2: l1.add(l1::BatchAppended{standing + 1, hash_of(static_cast<uint8_t>(world.below(250))), 1}); break;
            case 3:
                if (standing > view->final_head()) l1.strike(view->final_head() + 1 + world.below(standing - view->final_head()));
                break;
            case 4: l1.add(l1::WithdrawalClaimed{static_cast<uint32_t>(claims++), {}, {}}); break;
            case 5: {
                if (l1.blocks.empty()) break;
                size_t count = 1 + world.below(std::min<size_t>(l1.blocks.size(), 6));
                for (size_t gone = l1.blocks.size() - count; gone < l1.blocks.size(); ++gone) {
                    for (const L1Event& event : l1.blocks[gone].events) {
                        claims -= std::holds_alternative<l1::WithdrawalClaimed>(event.event);
                    }
                }
                l1.reorganise(*view, count);
                seen.resize(l1.blocks.size() + 1);
                CHECK(describe(*view) == seen.back());
                break;
            }
            case 7:
                if (!view->frozen()) l1.add(l1::RollupFrozen{});
                break;
            default: view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
        }
        l1.mine(*view, world.below(200));
        seen.push_back(describe(*view));
        node::MemoryStore fresh_store;
        L1View fresh(fresh_store, world.domain.rollup, HandL1::parameters());
        l1.tell_all(fresh);
        CHECK(describe(fresh) == seen.back());
    }
}

TEST_CASE("a batch is final exactly when its window is over") {
    World world(1);
    HandL1 l1;
    node::MemoryStore store;
    L1View view(store, world.domain.rollup, HandL1::parameters());
    CHECK(view.is_final(0));
    l1.add(l1::BatchAppended{1, hash_of(1), 1});
    l1.mine(view);
    CHECK_FALSE(view.is_final(1));
    CHECK(view.final_at(1) == view.head().time + 600);
    l1.mine(view, 600 - HandL1::kBlockTime - 1);
    CHECK_FALSE(view.is_final(1));
    CHECK(view.final_head() == 0);
    l1.reorganise(view, 1);
    l1.mine(view, 600 - HandL1::kBlockTime);
    CHECK(view.is_final(1));
    CHECK(view.final_head() == 1);
    CHECK_FALSE(view.is_final(2));
    CHECK_FALSE(view.final_at(2).has_value());
}

TEST_CASE("a view takes no block whose events can't follow") {
    World world(1);
    HandL1 l1;
    node::MemoryStore store;
    L1View view(store, world.domain.rollup, HandL1::parameters());
    l1.add(l1::BatchAppended{1, hash_of(1), 1});
    l1.queue(world.deposit(1, {}, 5));
    CHECK_FALSE(view.frozen());
    l1.add(l1::RollupFrozen{});  // nobody sat
    l1.mine(view);
    CHECK(view.frozen());
    std::string before = describe(view);
    L1Operation nobody = world.deposit(1, {}, 5);
    nobody.to = Address{};
    const std::vector<l1::RollupEvent> impossible = {l1::BatchAppended{3, hash_of(2), 1},
                                                     l1::BatchAppended{1, hash_of(2), 1},
                                                     l1::BatchStruck{2, hash_of(1), 1, {}},
                                                     l1::BatchStruck{1, hash_of(2), 1, {}},
                                                     l1::BatchStruck{0, hash_of(1), 1, {}},
                                                     l1::L1OperationQueued{2, world.deposit(1, {}, 5)},
                                                     l1::L1OperationQueued{1, nobody},
                                                     l1::TermStarted{3, {}},
                                                     l1::TermEnded{2, {}},
                                                     l1::TermEnded{0, {}},
                                                     l1::RollupFrozen{}};
    for (const l1::RollupEvent& event : impossible) {
        L1Block block{{2, hash_of(9), l1.blocks.back().ref.hash, HandL1::kStartTime + 99}, {}};
        block.events = {{l1::BatchAppended{2, hash_of(7), 1}, hash_of(4)}, {event, hash_of(5)}};
        const auto* appended = std::get_if<l1::BatchAppended>(&event);
        if (appended && appended->number == 3) block.events.erase(block.events.begin());
        CHECK_FALSE(view.add_block(block));
        CHECK(describe(view) == before);
    }
    CHECK_FALSE(view.add_block({{1, hash_of(9), {}, HandL1::kStartTime + 99}, {}}));
    CHECK_FALSE(view.add_block({{2, hash_of(9), hash_of(8), HandL1::kStartTime + 99}, {}}));
    CHECK(view.add_block({{2, hash_of(9), l1.blocks.back().ref.hash, HandL1::kStartTime + 99}, {}}));
    CHECK_THROWS_AS(L1View(store, address_of(1), HandL1::parameters()), node::StoreError);
}

TEST_CASE("a verifier comes to the sequencer's ledger, restarted anywhere") {
    Chain chain(2);
    for (int i = 0; i < 5; ++i) {
        chain.pay(3);
        chain.post();
    }
    size_t chunks_a_step = GENERATE(1, 2, 100);
    size_t steps = 0;
    std::vector<Verdict> verdicts;
    for (Replayer::Progress progress = Replayer::Progress::kWorked; progress == Replayer::Progress::kWorked; ++steps) {
        if (steps % 3 == 2) chain.restart();
        progress = chain.replayer->step(chunks_a_step);
        for (const Verdict& verdict : chain.replayer->take_verdicts()) verdicts.push_back(verdict);
    }
    chain.sequencer->flush(Durability::kSynced);
    check_same(*chain.verifier, *chain.sequencer);
    check_consistent(*chain.verifier);
    REQUIRE(verdicts.size() == 6);
    for (size_t i = 0; i < 6; ++i) {
        CHECK(verdicts[i].number == i + 1);
        CHECK(verdicts[i].valid);
        CHECK(verdicts[i].hash == chain.view->batch(i + 1)->hash);
        CHECK(verdicts[i].op_count == (i == 0 ? 0 : 6));
    }
    CHECK(chain.verifier->summary().rolled_back == 0);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    // A sequencer's own batches are only noted.
    Replayer own = chain.own_replayer();
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    CHECK(own.take_verdicts().empty());
    CHECK(chain.sequencer->generation() == 0);
    CHECK(chain.sequencer->batch(6)->tx_hash == chain.view->batch(6)->tx_hash);
    CHECK(chain.sequencer->batch(1)->tx_hash == chain.view->batch(1)->tx_hash);
}

TEST_CASE("a false batch stops the replay at the last true state; its strike lets it go on") {
    Chain chain(3);
    chain.pay(4);
    Batch lie = chain.batch();
    constexpr int kCommitment = 0, kLast = 1, kSignature = 2;  // 3: garbage
    int kind = GENERATE(0, 1, 2, 3);
    size_t at = kind == kLast ? 3 : 2;
    switch (kind) {
        case kCommitment: lie.commitments[at] = hash_of(7); break;
        case kLast: lie.last.accounts_root = hash_of(7); break;
        case kSignature: lie.chunks[at].sigs[70] ^= 1; break;
        default: lie.chunks[at].ops = Bytes(30, 0xff);
    }
    chain.l1.append(lie);
    chain.l1.mine(*chain.view);
    CHECK(chain.replay() == Replayer::Progress::kFalseBatch);
    auto verdicts = chain.replayer->take_verdicts();
    REQUIRE(verdicts.size() == 2);
    const Verdict& verdict = verdicts[1];
    CHECK_FALSE(verdict.valid);
    CHECK(verdict.number == 2);
    CHECK(verdict.chunk == at);
    CHECK(verdict.claimed == lie.after(at));
    CHECK(verdict.computed.hash() != verdict.claimed);
    CHECK((verdict.refusal == Refusal::kNone) == (kind == kCommitment || kind == kLast));
    REQUIRE(chain.replayer->false_batch().has_value());
    CHECK(chain.replayer->false_batch()->batch == lie);
    CHECK(chain.verifier->sealed_fields().hash() == lie.before(at));

    // The proof from this state is accepted.
    auto env = make_env(*chain.verifier, *chain.view, lie.last.l1_ops_consumed);
    chain.verifier->with_state([&](State& state) {
        auto proof = build_fraud_proof(lie, at, state, *env);
        REQUIRE(proof.has_value());
        CHECK(check_fraud_proof(proof->encode(), chain.world.separator, *chain.view).error == ProofError::kNone);
    });

    if (GENERATE(false, true)) {
        chain.restart();
        CHECK(chain.replay() == Replayer::Progress::kFalseBatch);
        CHECK(chain.replayer->false_batch()->batch == lie);
    }
    chain.l1.strike(2);
    chain.l1.mine(*chain.view);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK_FALSE(chain.replayer->false_batch().has_value());
    CHECK(chain.verifier->chunk_count() == 1);
    CHECK(chain.verifier->summary().rolled_back == 2 * at);
    check_consistent(*chain.verifier);

    // The one who posted it loses what its ledger held of the batch, and of all behind it.
    Replayer own = chain.own_replayer();
    chain.pay(1);
    chain.replay(own);
    CHECK(chain.sequencer->batch_head() == 2);  // the hash posted wasn't this batch's
    chain.sequencer->roll_back_to_chunk(1, "posted otherwise", 1);
    chain.pay(2);
    chain.post();
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    check_same(*chain.verifier, *chain.sequencer);
}

TEST_CASE("operations of a struck batch are rolled back in the ledger that built it") {
    Chain chain(4);
    chain.pay(2);
    chain.post();
    Replayer own = chain.own_replayer();
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    chain.pay(1);
    chain.pay_one(1, 5);
    chain.l1.strike(2);
    chain.l1.mine(*chain.view);
    CHECK(chain.view->was_struck(2, chain.sequencer->batch(2)->header.hash()));
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    CHECK(chain.sequencer->batch_head() == 1);
    CHECK(chain.sequencer->chunk_count() == 1);
    CHECK(chain.sequencer->summary().rolled_back == 7);
    CHECK(chain.sequencer->open_chunk().empty());
    // Sent again in order, they are applied again, and leave the list.
    for (const RolledBack& gone : chain.sequencer->rolled_back_from(0, std::nullopt, 100).operations) {
        OperationReceipt receipt;
        auto sender = chain.sequencer->newest_account({gone.sender, gone.operation.token});
        PostedOperation posted = chain.sequencer->posted_form(gone.operation, sender->index);
        CHECK(chain.sequencer->open_operation(posted, gone.signature, SignerRecovery{}, 1, receipt).ok());
        CHECK(receipt.hash == gone.hash());
    }
    chain.sequencer->flush(Durability::kSynced);
    CHECK(chain.sequencer->summary().rolled_back == 0);
    check_consistent(*chain.sequencer);
}

TEST_CASE("batches that the L1 loses are rolled back by a verifier, and posted again by their builder") {
    Chain chain(5);
    chain.pay(2);
    chain.post();
    chain.pay(1);
    chain.post();
    Replayer own = chain.own_replayer();
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    CHECK(chain.sequencer->batch(3)->tx_hash.has_value());
    Batch second = *decode_batch(chain.l1.batches.at(chain.view->batch(2)->tx_hash));
    Batch third = *decode_batch(chain.l1.batches.at(chain.view->batch(3)->tx_hash));

    chain.l1.reorganise(*chain.view, 2);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    CHECK(chain.verifier->batch_head() == 1);
    CHECK(chain.verifier->chunk_count() == 1);
    CHECK(chain.verifier->summary().rolled_back == 6);
    CHECK(chain.sequencer->batch_head() == 3);
    CHECK(chain.sequencer->summary().rolled_back == 0);
    CHECK(chain.sequencer->batch(1)->tx_hash.has_value());
    CHECK_FALSE(chain.sequencer->batch(2)->tx_hash.has_value());
    CHECK_FALSE(chain.sequencer->batch(3)->tx_hash.has_value());

    chain.l1.append(second);
    chain.l1.append(third);
    chain.l1.mine(*chain.view);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    check_same(*chain.verifier, *chain.sequencer);
    CHECK(chain.sequencer->batch(3)->tx_hash == chain.view->batch(3)->tx_hash);
    CHECK(chain.verifier->summary().rolled_back == 0);
}

TEST_CASE("a batch that somebody else posted replaces what the ledger had in its place") {
    Chain chain(6);
    node::MemoryStore other_store;
    Ledger other(other_store, chain.world.domain);
    Replayer others(other, *chain.view, chain.l1.source(), chain.clock, Replayer::Options{true});
    CHECK(chain.replay(others) == Replayer::Progress::kCaughtUp);  // catches up with the first batch

    // Both have one chunk in common; then the other one goes its own way.
    chain.pay(1);
    chain.sequencer->flush(Durability::kSynced);
    ChunkRecord common = *chain.sequencer->chunk(1);
    ListEnv env = chain.world.env();
    REQUIRE(other.apply_chunk(common.ops, common.sigs, env, common.after.hash()).kept);
    REQUIRE(chain.world.submit(other, 4, chain.world.transfer(other, 4, {}, chain.world.address(1), 99, 1)).ok());
    chain.world.seal(other);
    Batch theirs = *other.assemble(other.last_header(), 1, 2);
    other.mark_batch({theirs.header(), theirs.l1_queue_hash, 1, 1, std::nullopt});
    chain.pay(1);
    if (GENERATE(false, true)) chain.batch();  // marked, not posted
    chain.pay_one(5, 1);

    chain.l1.append(theirs);
    chain.l1.mine(*chain.view);
    Replayer own = chain.own_replayer();
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    CHECK(chain.replay(others) == Replayer::Progress::kCaughtUp);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    check_same(*chain.sequencer, other);
    check_same(*chain.verifier, other);
    CHECK(chain.sequencer->summary().rolled_back == 3);  // not the common chunk's
    CHECK(own.take_verdicts().size() == 1);
    check_consistent(*chain.sequencer);
}

TEST_CASE("chunks that consumed L1 operations which the L1 lost are rolled back") {
    Chain chain(7);
    Replayer own = chain.own_replayer();
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    L1Operation lost = chain.world.deposit(1, {}, 123), other = chain.world.deposit(2, {}, 456);
    chain.pay(1);
    chain.l1.queue(lost);
    chain.l1.mine(*chain.view);
    REQUIRE(chain.sequencer->open_l1_operation(lost).ok());
    bool is_sealed = GENERATE(false, true);
    if (is_sealed) chain.world.seal(*chain.sequencer);
    chain.l1.reorganise(*chain.view, 1);
    bool replaced = GENERATE(false, true);
    if (replaced) {
        chain.l1.queue(other);
        chain.l1.mine(*chain.view);
    }
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    CHECK(chain.sequencer->counters().l1_ops_consumed == 16);
    CHECK(chain.sequencer->chunk_count() == 2);
    CHECK(chain.sequencer->generation() == 1);
    check_consistent(*chain.sequencer);
}

TEST_CASE("an L1 that can't tell, or tells wrongly, is asked again") {
    Chain chain(8);
    chain.l1.reachable = false;
    CHECK(chain.replay() == Replayer::Progress::kUnavailable);
    CHECK(chain.replayer->status().reason == "L1_UNREACHABLE");
    chain.l1.reachable = true;
    Bytes right = chain.l1.batches.begin()->second;
    Bytes& told = chain.l1.batches.begin()->second;
    for (Bytes wrong : {Bytes{}, Bytes(100, 1), [&] {
                            Bytes turned = right;
                            turned.back() ^= 1;
                            return turned;
                        }()}) {
        told = wrong;
        CHECK(chain.replay() == Replayer::Progress::kUnavailable);
        CHECK(chain.replayer->status().reason == "L1_ANSWER_INVALID");
        CHECK(chain.verifier->chunk_count() == 0);
    }
    told = right;
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.verifier->batch_head() == 1);
}

TEST_CASE("a batch is judged by its own limit of L1 operations") {
    Chain chain(9);
    // A chunk that consumes past what its batch claims is wrong, and changes nothing: claiming just that is the truth.
    chain.l1.queue(chain.world.deposit(1, {}, 123));
    chain.l1.mine(*chain.view);
    REQUIRE(chain.sequencer->open_l1_operation(chain.view->queued(16)->operation).ok());
    ChunkRecord consumes = chain.world.seal(*chain.sequencer);
    Batch batch = *chain.sequencer->assemble(chain.sequencer->last_header(), 1, 1);
    batch.last = consumes.before;
    chain.l1.append(batch);
    chain.l1.mine(*chain.view);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.verifier->batch_head() == 2);
    CHECK(chain.verifier->counters().l1_ops_consumed == 16);
    // So the sequencer's own chunk isn't that batch's, though its bytes are.
    Replayer own = chain.own_replayer();
    CHECK(chain.replay(own) == Replayer::Progress::kCaughtUp);
    check_same(*chain.verifier, *chain.sequencer);
}

TEST_CASE("a follower's step is taken whole, with its position, or not at all") {
    World world(10);
    node::MemoryStore store;
    auto view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
    auto block = [](uint64_t number, uint8_t hash, std::vector<l1::RollupEvent> events) {
        l1::BlockAdded out{{number, hash_of(hash), hash_of(static_cast<uint8_t>(hash - 1)), 1000 + number}, {}};
        for (const auto& event : events) out.events.push_back({event, number, out.block.hash, hash_of(77), 0});
        return out;
    };
    const Bytes first{1, 2}, second{3};
    CHECK(view->follower_position().empty());
    REQUIRE(view->take({block(5, 5, {l1::L1OperationQueued{0, world.deposit(1, {}, 5)}}), block(6, 6, {})}, first));
    CHECK(view->queue_length() == 1);
    CHECK(view->follower_position() == first);
    std::string before = describe(*view);
    // The second of its blocks can't follow.
    auto good = block(7, 7, {l1::BatchAppended{1, hash_of(1), 1}});
    auto bad = block(8, 8, {l1::BatchAppended{3, hash_of(3), 1}});
    CHECK_FALSE(view->take({good, bad}, second));
    CHECK(describe(*view) == before);
    CHECK(view->follower_position() == first);
    l1::BlocksRemoved removed{l1::BlockRef{5, hash_of(5), hash_of(4), 1005}};
    REQUIRE(view->take({removed, block(6, 6, {l1::BatchAppended{1, hash_of(1), 1}})}, second));
    CHECK(view->batch_head() == 1);
    before = describe(*view);
    view = std::make_unique<L1View>(store, world.domain.rollup, HandL1::parameters());
    CHECK(describe(*view) == before);
    CHECK(view->follower_position() == second);
    REQUIRE(view->take({l1::BlocksRemoved{}, block(4, 40, {})}, first));
    CHECK(view->batch_head() == 0);
    CHECK(view->queue_length() == 0);
    CHECK(view->head().number == 4);
}

TEST_CASE("who has a false batch's chunks already finds the same one false") {
    Chain chain(11);
    chain.l1.queue(chain.world.deposit(1, {}, 123));
    chain.l1.mine(*chain.view);
    REQUIRE(chain.sequencer->open_l1_operation(chain.view->queued(16)->operation).ok());
    chain.world.seal(*chain.sequencer);
    chain.pay(1);
    // The first chunk consumes past what the batch claims at its end.
    Batch batch = *chain.sequencer->assemble(chain.sequencer->last_header(), 1, 2);
    batch.last.l1_ops_consumed = 16;
    chain.l1.append(batch);
    chain.l1.mine(*chain.view);
    Replayer own = chain.own_replayer();
    for (Replayer* replayer : {&own, chain.replayer.get()}) {
        CHECK(chain.replay(*replayer) == Replayer::Progress::kFalseBatch);
        CHECK(replayer->false_batch()->verdict.chunk == 0);
        CHECK(replayer->false_batch()->verdict.refusal == Refusal::kL1LimitExceeded);
    }
}

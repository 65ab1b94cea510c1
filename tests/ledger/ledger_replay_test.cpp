// What becomes of a ledger by what the L1 says: a verifier's that replays, a sequencer's that is rolled back.
#include <catch2/catch.hpp>

#include "tests/ledger/replay_chain.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

TEST_CASE("a verifier comes to the sequencer's ledger, restarted anywhere") {
    ReplayChain chain(2);
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
    ReplayChain chain(3);
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
    CHECK(chain.replayer->false_batch()->batch() == lie);
    CHECK(chain.verifier->sealed_fields().hash() == lie.before(at));

    // The proof from this state is accepted.
    auto env = make_env(chain.verifier->domain_separator(), *chain.view, lie.last.l1_ops_consumed);
    chain.verifier->with_state([&](State& state) {
        auto proof = build_fraud_proof(lie, at, state, *env);
        REQUIRE(proof.has_value());
        CHECK(check_fraud_proof(proof->encode(), chain.world.separator, *chain.view).error == ProofError::kNone);
    });

    if (GENERATE(false, true)) {
        chain.restart();
        CHECK(chain.replay() == Replayer::Progress::kFalseBatch);
        CHECK(chain.replayer->false_batch()->batch() == lie);
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
    ReplayChain chain(4);
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
        const CheckedOperation again{gone.operation, gone.sender, gone.signature, gone.voucher, gone.digest, gone.hash};
        CHECK(chain.sequencer->open_operation(posted, again, 1, receipt).ok());
        CHECK(receipt.hash == gone.hash);
    }
    chain.sequencer->flush(Durability::kSynced);
    CHECK(chain.sequencer->summary().rolled_back == 0);
    check_consistent(*chain.sequencer);
}

TEST_CASE("batches that the L1 loses are rolled back by a verifier, and posted again by their builder") {
    ReplayChain chain(5);
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
    ReplayChain chain(6);
    node::MemoryStore other_store;
    OpenLedger other(other_store, chain.world.domain);
    Replayer others(other, *chain.view, chain.l1.source(), chain.clock, Replayer::Options{true});
    CHECK(chain.replay(others) == Replayer::Progress::kCaughtUp);  // catches up with the first batch

    // Both have one chunk in common; then the other one goes its own way.
    chain.pay(1);
    chain.sequencer->flush(Durability::kSynced);
    ChunkRecord common = *chain.sequencer->chunk(1);
    ListEnv env = chain.world.env();
    REQUIRE(other.apply_chunk({common.ops, common.sigs}, env, common.after.hash()).kept);
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
    ReplayChain chain(7);
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
    ReplayChain chain(8);
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
    ReplayChain chain(9);
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
    ReplayChain chain(11);
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

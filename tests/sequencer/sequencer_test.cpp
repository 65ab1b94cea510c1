// The sequencer in one process with a simulated L1: what it takes, confirms and keeps.
#include "tests/sequencer/sequencer_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;

TEST_CASE("a payment is confirmed, posted, final") {
    Funded w;
    SubmitOutcome outcome = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 7 * kMilli, 0));
    INFO(node::to_string(outcome.status));
    REQUIRE(outcome.status.ok());
    CHECK(outcome.receipt.position == 0);
    CHECK(w.balance(w.l1.bob.address()) == 7 * kMilli);
    CHECK(w.status(outcome.receipt.hash) == query::OperationStatus::kConfirmed);
    w.sequencer->follow();
    CHECK(w.metrics->text().find("\ngavel_cached_signers 1\n") != std::string::npos);

    w.run(5);
    INFO(node::to_string(w.last));
    CHECK(w.metrics->text().find("\ngavel_cached_signers 0\n") != std::string::npos);
    CHECK(w.status(outcome.receipt.hash) == query::OperationStatus::kPosted);
    CHECK(w.l1.head().number >= 1);
    CHECK(w.sync->view().batch_head() == w.l1.head().number);

    w.run(1, test::kChallenge);
    w.run(1);
    CHECK(w.status(outcome.receipt.hash) == query::OperationStatus::kFinal);
}

TEST_CASE("nothing is taken until the operator's fee account is open, whatever deposits came first") {
    World w;
    w.config.fees.eth_percent = 100;
    w.start();
    w.deposit(w.l1.alice, w.l1.alice.address(), 5 * kEther);
    Submission payment = w.transfer(w.l1.alice, w.l1.bob.address(), 7 * kMilli, 0, kMilli);
    int opening = 0;
    for (int i = 0; i < 10 && !w.sequencer->health().ok(); ++i) {
        w.run(1);
        opening += w.sequencer->health().reason == "OPENING_FEE_ACCOUNTS";
        std::string reason = w.submit(payment).status.reason;
        CHECK(reason == w.sequencer->health().reason);
    }
    CHECK(opening > 0);
    CHECK(w.balance(w.l1.bob.address()) == 7 * kMilli);
    w.run(5);  // fees are credited when the chunk is sealed
    CHECK((w.balance(w.l1.home.address()) == 1 + kMilli));
}

TEST_CASE("refusals are named, and change nothing") {
    Funded w;
    const PrivateKey& alice = w.l1.alice;
    Address bob = w.l1.bob.address();
    StateFields before = w.sequencer->queries().chain_info().state;
    auto reason = [&](Submission submission) { return w.submit(submission).status.reason; };

    Submission wrong_chain = w.transfer(alice, bob, 1, 0);
    wrong_chain.chain_id += 1;
    CHECK(reason(wrong_chain) == "WRONG_CHAIN");
    Submission wrong_signer = w.transfer(alice, bob, 1, 0);
    wrong_signer.sender = bob;
    CHECK(reason(wrong_signer) == "WRONG_SIGNER");
    Submission forged = w.transfer(alice, bob, 1, 0);
    forged.signature = {};
    CHECK(reason(forged) == "BAD_SIGNATURE");
    CHECK(reason(w.transfer(alice, {}, 1, 0)) == "ZERO_RECIPIENT");
    CHECK(reason(w.transfer(w.l1.carol, bob, 1, 0)) == "NO_ACCOUNT");
    CHECK(reason(w.transfer(alice, bob, 6 * kEther, 0)) == "INSUFFICIENT_BALANCE");
    CHECK(reason(w.transfer(alice, bob, 1, 0, 1)) == "NO_FEE_ACCOUNT");
    SubmitOutcome nonce = w.submit(w.transfer(alice, bob, 1, 3));
    CHECK(nonce.status.reason == "WRONG_NONCE");
    CHECK(nonce.expected_nonce == 0);
    Submission other_token = w.transfer(alice, bob, 1, 0);
    other_token.operation.token = bob;
    CHECK(reason(w.sign(alice, other_token)) == "NO_ACCOUNT");
    Submission nothing = w.transfer(alice, bob, 0, 0);
    nothing.operation.kind = OperationKind::kWithdraw;
    CHECK(reason(w.sign(alice, nothing)) == "ZERO_AMOUNT");
    Submission empty = w.transfer(alice, bob, 1, 0);
    empty.operation.kind = OperationKind::kPayout;
    empty.operation.payments.clear();
    CHECK(reason(w.sign(alice, empty)) == "NO_PAYMENT");

    CHECK(w.sequencer->queries().chain_info().op_count == 0);
    CHECK(w.balance(alice.address()) == 5 * kEther);
    CHECK(w.sequencer->queries().chain_info().state == before);
}

TEST_CASE("the same operation again gets the same receipt, after a restart too") {
    Funded w;
    Submission submission = w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0);
    SubmitOutcome first = w.submit(submission);
    REQUIRE(first.status.ok());
    CHECK(w.submit(submission).receipt == first.receipt);
    w.lose_power();
    w.start();
    w.run(1);
    REQUIRE(w.sequencer->health().ok());
    CHECK(w.submit(submission).receipt == first.receipt);
    CHECK(w.balance(w.l1.bob.address()) == kMilli);
}

TEST_CASE("a batch that was sent is known after a loss of power") {
    Funded w;
    REQUIRE(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0)).status.ok());
    const size_t before = w.client.taken.size();
    for (int i = 0; i < 10 && w.client.taken.size() == before; ++i) {
        w.mine();
        w.last = w.sequencer->step();
    }
    REQUIRE(w.client.taken.size() == before + 1);
    const uint64_t sent = w.sync->view().batch_head() + 1;
    const Domain domain = w.sync->domain();
    w.stop();
    w.lose_power();
    CHECK(ledger::Ledger(*w.store, domain).batch_head() == sent);
}

TEST_CASE("nothing acknowledged is lost by a loss of power at any moment") {
    Funded w;
    std::vector<api::Receipt> receipts;
    for (uint64_t i = 0; i < 150; ++i) {
        SubmitOutcome outcome = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, i));
        REQUIRE(outcome.status.ok());
        receipts.push_back(outcome.receipt);
        if (i % 7 == 3) w.run(1);
        if (i % 10 == 9) {
            w.lose_power();
            w.start();
            w.run(1);
        }
    }
    CHECK(w.balance(w.l1.bob.address()) == 150 * kMilli);
    w.run(6);
    INFO(node::to_string(w.last));
    for (uint64_t i = 0; i < receipts.size(); ++i) {
        CHECK(receipts[i].position == i);
        CHECK(w.status(receipts[i].hash) == query::OperationStatus::kPosted);
    }
}

TEST_CASE("what a reorganisation takes is posted again") {
    Funded w;
    SubmitOutcome outcome = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0));
    w.run(4);
    REQUIRE(w.status(outcome.receipt.hash) == query::OperationStatus::kPosted);
    bool keep = GENERATE(true, false);
    uint64_t depth = w.l1.chain->head().number - w.sync->view().batch(w.sync->view().batch_head())->block + 1;
    REQUIRE(w.l1.chain->reorganise(depth, keep).ok());
    bool taken_back = false;
    for (int round = 0; round < 8; ++round) {
        w.run(1);
        taken_back = taken_back || w.status(outcome.receipt.hash) == query::OperationStatus::kConfirmed;
    }
    INFO(node::to_string(w.last));
    CHECK(taken_back == !keep);
    CHECK(w.status(outcome.receipt.hash) == query::OperationStatus::kPosted);
    CHECK(w.l1.head().number == w.sync->view().batch_head());
}

TEST_CASE("above the bound on what is confirmed and not posted, operations are refused") {
    SequencerConfig config;
    config.engine.max_unposted_bytes = 2'000;
    Funded w(config);
    uint64_t nonce = 0;
    SubmitOutcome outcome;
    do outcome = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce++));
    while (outcome.status.ok() && nonce < 100);
    CHECK(outcome.status.reason == "BACKLOG_FULL");
    CHECK(outcome.status.code == node::Code::kResourceExhausted);
    w.run(6);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce - 1)).status.ok());
}

TEST_CASE("a fee is asked, taken, and credited to the operator") {
    World w;
    w.config.fees.eth_percent = 110;
    w.start();
    w.run(6);  // takes the seat, deposits a wei to the fee recipient
    REQUIRE(w.balance(w.l1.home.address()) == 1);
    w.deposit(w.l1.alice, w.l1.alice.address(), kEther);
    w.run(3);
    auto quote = w.sequencer->estimate_fee({}, {});
    REQUIRE(quote.ok());
    CHECK(quote->minimum > Amount{});
    CHECK(quote->suggested >= quote->minimum);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, 0, quote->minimum.value() / 2)).status.reason == "FEE_TOO_LOW");
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, 0, quote->suggested.value() * 2)).status.ok());
    w.run(5);
    CHECK(w.balance(w.l1.home.address()) == 1 + quote->suggested.value() * 2);
    CHECK(w.sequencer->estimate_fee(w.l1.bob.address(), {}).status().reason == "TOKEN_NOT_ACCEPTED");
}

TEST_CASE("two senders' equal words are two operations") {
    Funded w;
    w.deposit(w.l1.carol, w.l1.carol.address(), kEther);
    w.run(3);
    SubmitOutcome first = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0));
    SubmitOutcome second = w.submit(w.transfer(w.l1.carol, w.l1.bob.address(), kMilli, 0));
    REQUIRE(first.status.ok());
    REQUIRE(second.status.ok());
    CHECK(second.receipt.position == first.receipt.position + 1);
    CHECK(second.receipt.hash != first.receipt.hash);
    CHECK(w.balance(w.l1.bob.address()) == 2 * kMilli);
    auto info = w.sequencer->queries().operation(second.receipt.hash);
    REQUIRE(info.ok());
    CHECK(info->sender == w.l1.carol.address());
}

TEST_CASE("evicted, it confirms no more, and doesn't stake again by itself") {
    Funded w;
    w.deposit(w.l1.alice, w.l1.alice.address(), 1);
    w.l1.pass(test::kInclusion);  // it stood still
    REQUIRE(w.l1.send(w.l1.bob, l1::rollup_call::evict()).empty());
    w.run(8);
    CHECK(w.sequencer->health().reason == "EVICTED");
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0)).status.reason == "EVICTED");
    CHECK(w.l1.current_term() == 0);
    w.start();
    w.run(8);
    CHECK(w.sequencer->health().reason == "EVICTED");
    REQUIRE(w.l1.send(w.l1.home, l1::rollup_call::become_sequencer(), test::ContractFixture::usual_parameters().stake).empty());
    w.run(4);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0)).status.ok());
}

TEST_CASE("after a freeze it confirms no more, and keeps what it has told") {
    Funded w;
    SubmitOutcome before = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0));
    REQUIRE(before.status.ok());
    w.run(5);
    w.deposit(w.l1.alice, w.l1.alice.address(), 1);
    w.l1.pass(test::ContractFixture::usual_parameters().freeze_age);
    REQUIRE(w.l1.send(w.l1.bob, l1::rollup_call::freeze(0)).empty());
    w.run(3);
    CHECK(w.sequencer->health().reason == "FROZEN");
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 1)).status.reason == "FROZEN");
    CHECK(w.status(before.receipt.hash) == query::OperationStatus::kFinal);
    CHECK(w.balance(w.l1.bob.address()) == kMilli);
}

TEST_CASE("an L1 operation is posted within its window, however long the operator likes to wait") {
    Funded w;
    w.config.engine.batch_age_ms = 1'000'000'000;
    w.start();
    w.run(1);
    w.deposit(w.l1.alice, w.l1.alice.address(), 1);
    const uint64_t queued_at = w.l1.now();
    while (w.l1.now() < queued_at + test::kInclusion / 2) w.run(1, 10);
    CHECK(l1::rollup_view::read_waiting(w.l1.view(l1::rollup_view::waiting()))->time == 0);
}

TEST_CASE(
    "before a take-over that is announced only what can be posted is confirmed, and posted; it is told, and over when it is") {
    Funded w({}, PrivateKey::derived("carol"));
    w.config.engine.batch_age_ms = 1'000'000'000;  // so nothing is due before the take-over, but for the notice
    w.start();
    w.run(1);
    auto is_told = [&] {
        for (const node::Trouble& trouble : w.sequencer->troubles().standing())
            if (trouble.reason == "TAKEOVER_ANNOUNCED") return true;
        return false;
    };
    CHECK_FALSE(is_told());
    REQUIRE(w.l1.send(w.l1.home, l1::rollup_call::announce_takeover()).empty());
    const l1::Notice notice = *l1::rollup_view::read_notice(w.l1.view(l1::rollup_view::notice()));
    w.run(1, 1);
    CHECK(is_told());
    CHECK(w.sequencer->health().ok());
    uint64_t nonce = 0, open_until = 0;
    std::vector<Hash> confirmed;
    for (;;) {
        SubmitOutcome outcome = w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, nonce));
        if (!outcome.status.ok()) {
            CHECK(outcome.status.reason == "TAKEOVER_ANNOUNCED");
            break;
        }
        ++nonce;
        confirmed.push_back(outcome.receipt.hash);
        open_until = w.sync->view().head().time;
        w.run(1, 1);
    }
    // An eighth of the window is kept for posting.
    CHECK(open_until + test::kInclusion / 8 < notice.from);
    CHECK(w.sync->view().head().time + test::kInclusion / 8 >= notice.from);
    CHECK(w.sequencer->health().reason == "TAKEOVER_ANNOUNCED");
    while (w.l1.now() + 10 < notice.from) w.run(1, 1);
    for (const Hash& hash : confirmed) CHECK(w.status(hash) == query::OperationStatus::kPosted);

    SECTION("the home operator comes in its first second: nothing that was confirmed is lost") {
        w.l1.at(notice.from);
        REQUIRE(w.l1.send(w.l1.home, l1::rollup_call::become_sequencer(), w.l1.parameters.stake).empty());
        w.run(2);
        CHECK(w.sequencer->health().reason == "SEAT_TAKEN");
        CHECK_FALSE(is_told());
        for (const Hash& hash : confirmed) CHECK(w.status(hash) == query::OperationStatus::kPosted);
    }
    SECTION("the home operator doesn't come: all goes on when the notice is over, and not before") {
        while (w.sync->view().head().time < notice.until) {
            CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, nonce)).status.reason == "TAKEOVER_ANNOUNCED");
            w.run(1, 20);
        }
        CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, nonce)).status.ok());
        CHECK_FALSE(is_told());
    }
}

TEST_CASE("whether a take-over is announced can't be read: a little while that is borne, then nothing is confirmed") {
    Funded w({}, PrivateKey::derived("carol"));
    w.client.hides_notice = true;
    w.run(4, 10);  // less than an eighth of the window
    CHECK(w.sequencer->sequencing().ok());
    w.run(1, 10);
    CHECK(w.sequencer->sequencing().reason == "NOTICE_UNKNOWN");
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0)).status.reason == "NOTICE_UNKNOWN");
    w.client.hides_notice = false;
    w.run(1);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0)).status.ok());
    w.client.hides_notice = true;
    w.start();  // it has never read one
    w.run(1);
    CHECK(w.sequencer->sequencing().reason == "NOTICE_UNKNOWN");
}

TEST_CASE("fees, balance and notice are asked once a block, and again until they are answered") {
    Funded w({}, PrivateKey::derived("carol"));
    w.run(6);
    size_t fees = w.client.fees_asked, balances = w.client.balances_asked, notices = w.client.notices_asked;
    REQUIRE(fees > 0);
    // Whether so many more were asked since the last time this was asked.
    auto more = [&](size_t count) {
        fees += count;
        balances += count;
        notices += count;
        CHECK(w.client.fees_asked == fees);
        CHECK(w.client.balances_asked == balances);
        CHECK(w.client.notices_asked == notices);
    };
    auto rounds = [&](int count) {
        for (int i = 0; i < count; ++i) w.last = w.sequencer->step();
        REQUIRE(w.last.ok());
    };
    rounds(5);
    more(0);
    w.l1.chain->mine();
    rounds(5);
    more(1);
    w.client.hides_notice = w.client.hides_figures = true;
    w.l1.chain->mine();
    rounds(3);
    more(3);
    w.client.hides_notice = w.client.hides_figures = false;
    rounds(3);
    more(1);
    // A block that is taken back and another in its place.
    REQUIRE(w.l1.chain->reorganise(1).ok());
    w.l1.pass(60);
    REQUIRE(w.l1.chain->set_next_block_time(w.l1.now()).ok());
    w.l1.chain->mine();
    rounds(3);
    more(1);
}

TEST_CASE("the home operator itself heeds no notice of its own") {
    Funded w;
    REQUIRE(w.l1.send(w.l1.home, l1::rollup_call::announce_takeover()).empty());
    w.run(1, test::kInclusion / 4);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), kMilli, 0)).status.ok());
}

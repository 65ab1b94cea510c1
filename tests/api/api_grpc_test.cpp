// One face, two ways: whatever is asked in process and over gRPC has the same answer.
#include <thread>

#include "node/grpc_server.hpp"
#include "proto/client_grpc.hpp"
#include "query/query_grpc.hpp"
#include "sequencer/sequencer_grpc.hpp"
#include "tests/api/both_world.hpp"
#include "verifier/verifier_grpc.hpp"

namespace gavel::test {
namespace {

std::unique_ptr<node::GrpcServer> serve(const std::vector<grpc::Service*>& services) {
    auto started = node::GrpcServer::start({}, services);
    REQUIRE(started.ok());
    return std::move(*started);
}

proto::ClientOptions at(const node::GrpcServer& server) {
    return {.channel = {.target = "127.0.0.1:" + std::to_string(server.port())}};
}

// The sequencer's writing thread.
class Writing {
public:
    explicit Writing(sequencer::Sequencer& sequencer)
        : thread_([this, &sequencer] {
              while (!stop_) {
                  if (!sequencer.execute()) sequencer.wait_for_work(10);
              }
              sequencer.leave();
          }) {}
    ~Writing() {
        stop_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

struct TwoWays : BothWorld {
    std::unique_ptr<api::Sequencer> direct = direct_sequencer();
    std::unique_ptr<api::Verifier> direct_judge = direct_verifier();
    query::QueryService confirmed{sequencer->queries(), "sequencer"};
    query::QueryService verified{verifier->queries(), "verifier"};
    sequencer::SequencerService sequencer_service{*sequencer};
    verifier::VerifierService verifier_service{*verifier};
    std::unique_ptr<node::GrpcServer> sequencer_server = serve({&confirmed, &sequencer_service});
    std::unique_ptr<node::GrpcServer> verifier_server = serve({&verified, &verifier_service});
    std::unique_ptr<api::Sequencer> remote = *proto::open_sequencer(at(*sequencer_server));
    std::unique_ptr<api::Verifier> remote_judge = *proto::open_verifier(at(*verifier_server));
};

// The answer, the same from both.
template <class Face, class Ask>
auto same(Face& one, Face& other, Ask ask) {
    auto first = ask(one);
    auto second = ask(other);
    INFO(node::to_string(first.status()));
    INFO(node::to_string(second.status()));
    CHECK(first.status() == second.status());
    if (first && second) CHECK((*first == *second));
    return first;
}

template <class Face, class Ask>
void alike(Face& one, Face& other, Ask ask) {
    (void)same(one, other, ask);
}

// What a stream gives until it has given so much.
template <class T, class Face, class Open>
std::vector<T> first_of(Face& face, size_t count, Open open) {
    std::vector<T> out;
    const node::Status ended = open(face, [&](const T& value) {
        out.push_back(value);
        return out.size() < count;
    });
    CHECK(ended == node::Status{});
    return out;
}

template <class Face>
void compare_queries(BothWorld& world, Face& one, Face& other) {
    const Address alice = world.l1.alice.address(), bob = world.l1.bob.address(), nobody = world.l1.rollup;
    const auto info = same(one, other, [](auto& face) { return face.chain_info(); });
    REQUIRE(info.ok());
    CHECK(info->domain.rollup == world.l1.rollup);
    CHECK(info->final_op_count == 3);
    for (const Address& owner : {alice, bob, nobody}) {
        alike(one, other, [&](auto& face) { return face.account({owner, {}}); });
        const auto page = same(one, other, [&](auto& face) { return face.balances(owner, std::nullopt, 1); });
        alike(one, other, [&](auto& face) { return face.balances(owner, page->next, 0); });
    }
    const auto page = same(one, other, [&](auto& face) { return face.history(alice, std::nullopt, 0, 2); });
    REQUIRE(page->items.size() == 2);
    CHECK(page->next_cursor != 0);
    alike(one, other, [&](auto& face) { return face.history(alice, Address{}, page->next_cursor, 0); });
    alike(one, other, [&](auto& face) { return face.history(alice, bob, 0, 0); });
    CHECK(same(one, other, [&](auto& face) { return face.history(alice, {}, ~uint64_t{0}, 0); }).status().reason == "BAD_CURSOR");
    for (const api::Receipt& receipt : world.receipts) {
        alike(one, other, [&](auto& face) { return face.operation(receipt.hash); });
    }
    CHECK(same(one, other, [](auto& face) { return face.operation(Hash{}); }).status().reason == "UNKNOWN_OPERATION");

    const auto withdrawals = same(one, other, [&](auto& face) { return face.withdrawals(alice, 0, 0); });
    REQUIRE(withdrawals->items.size() == 1);
    CHECK(withdrawals->items[0].status == api::WithdrawalStatus::kClaimable);
    const auto proof = same(one, other, [](auto& face) { return face.withdrawal_proof(0); });
    REQUIRE(proof.ok());
    CHECK(proof->proof.holds_in(proof->header.last));
    CHECK(same(one, other, [](auto& face) { return face.withdrawal_proof(1); }).status().code == node::Code::kNotFound);
    for (uint64_t number = 0; number <= info->head_batch + 1; ++number) {
        alike(one, other, [&](auto& face) { return face.batch(number); });
        alike(one, other, [&](auto& face) { return face.chunk_signatures(number, 0); });
    }
    CHECK(same(one, other, [](auto& face) { return face.chunk_signatures(1, 999); }).status().reason == "NO_SUCH_CHUNK");
}

template <class Face>
void compare_streams(BothWorld& world, Face& one, Face& other) {
    auto operation = [&](Face& face) {
        return first_of<api::OperationInfo>(face, 9, [&](Face& from, auto take) {
            return from.watch_operation(world.receipts[0].hash, take, {});  // final: the server ends it
        });
    };
    REQUIRE(operation(one).size() == 1);
    CHECK(operation(one) == operation(other));
    auto payments = [&](Face& face, std::optional<uint64_t> cursor) {
        return first_of<api::Page<api::IncomingPayment>>(face, 1, [&](Face& from, auto take) {
            return from.watch_payments(world.l1.bob.address(), Address{}, cursor, take, {});
        });
    };
    REQUIRE(payments(one, 0).size() == 1);
    CHECK(payments(one, 0)[0].items.size() >= 2);
    CHECK(payments(one, 0) == payments(other, 0));
    CHECK(payments(one, std::nullopt)[0].items.empty());
    CHECK(payments(one, std::nullopt) == payments(other, std::nullopt));
    auto feed = [&](Face& face, uint64_t cursor) {
        return first_of<api::Page<api::EntryInfo>>(face, 1, [&](Face& from, auto take) { return from.feed(cursor, take, {}); });
    };
    REQUIRE(feed(one, 0).size() == 1);
    CHECK(feed(one, 0)[0].items.size() >= 6);
    CHECK(feed(one, 0) == feed(other, 0));
    // Nothing comes, and a step ends it; or it is refused.
    int steps = 0;
    const api::Step second = [&] { return ++steps % 2 != 0; };
    const uint64_t end = feed(one, 0)[0].next_cursor;
    for (Face* face : {&one, &other}) {
        CHECK(face->feed(
                  end, [](const auto&) { return true; }, second) == node::Status{});
        CHECK(face->feed(~uint64_t{0}, [](const auto&) { return true; }, {}).reason == "BAD_CURSOR");
    }
    CHECK(steps == 4);
}

}  // namespace

TEST_CASE("the sequencer's books are told alike in process and over gRPC") {
    TwoWays world;
    compare_queries<api::Sequencer>(world, *world.direct, *world.remote);
    compare_streams<api::Sequencer>(world, *world.direct, *world.remote);
    CHECK(world.remote->chain_info()->server == "sequencer");
}

TEST_CASE("the verifier's books are told alike in process and over gRPC") {
    TwoWays world;
    world.receipts.pop_back();  // the verifier hasn't seen what is only confirmed
    compare_queries<api::Verifier>(world, *world.direct_judge, *world.remote_judge);
    compare_streams<api::Verifier>(world, *world.direct_judge, *world.remote_judge);
    CHECK(world.remote_judge->chain_info()->server == "verifier");

    const auto status = same(*world.direct_judge, *world.remote_judge, [](auto& face) { return face.status(); });
    CHECK(status->is_synced);
    const uint64_t head = status->head_batch;
    REQUIRE(head >= 1);
    auto verdicts = [&](api::Verifier& face) {
        return first_of<api::Verdict>(face, head, [](auto& from, auto take) { return from.verdicts(1, take, {}); });
    };
    REQUIRE(verdicts(*world.direct_judge).size() == head);
    CHECK(verdicts(*world.direct_judge) == verdicts(*world.remote_judge));
    auto unknown = same(*world.direct_judge, *world.remote_judge, [](auto& face) { return face.fraud_proof(1, Hash{}); });
    CHECK(unknown.status().reason == "UNKNOWN_FRAUD_PROOF");
}

TEST_CASE("operations are taken, and refused, alike in process and over gRPC") {
    TwoWays world;
    const PrivateKey &alice = world.l1.alice, &bob = world.l1.bob;
    const auto first = world.transfer(alice, bob.address(), 5, 4), second = world.transfer(alice, bob.address(), 5, 5);
    const auto wrong_nonce = world.transfer(alice, bob.address(), 5, 99);
    auto wrong_signer = world.transfer(alice, bob.address(), 5, 6);
    wrong_signer.sender = bob.address();
    const api::SubmitOutcome taken = world.direct->submit(first);
    REQUIRE(taken.status.ok());
    CHECK(taken.receipt.position == 4);
    const api::SubmitOutcome direct_nonce = world.direct->submit(wrong_nonce);
    const api::SubmitOutcome direct_signer = world.direct->submit(wrong_signer);
    {
        Writing writing(*world.sequencer);
        CHECK(world.remote->submit(first) == taken);
        const api::SubmitOutcome remote_nonce = world.remote->submit(wrong_nonce);
        CHECK(remote_nonce.expected_nonce == 5);
        CHECK(remote_nonce == direct_nonce);
        CHECK(remote_nonce.status.reason == "WRONG_NONCE");
        CHECK(world.remote->submit(wrong_signer) == direct_signer);
        CHECK(direct_signer.status.reason == "WRONG_SIGNER");
    }
    auto stream = [&](api::Sequencer& face) {
        auto opened = face.submit_stream();
        CHECK(opened->write({first, second}));
        CHECK(opened->write({wrong_nonce}));
        opened->done_writing();
        std::vector<std::vector<api::SubmitOutcome>> out(2);
        CHECK(opened->read(out[0]));
        CHECK(opened->read(out[1]));
        std::vector<api::SubmitOutcome> none;
        CHECK_FALSE(opened->read(none));
        CHECK(opened->finish() == node::Status{});
        return out;
    };
    const auto answers = stream(*world.direct);
    CHECK(answers[0][0] == taken);
    CHECK(answers[0][1].receipt.position == 5);
    CHECK(answers[1][0].expected_nonce == 6);
    {
        Writing writing(*world.sequencer);
        CHECK(stream(*world.remote) == answers);
        auto refused = world.remote->submit_stream();
        refused->write({});
        refused->done_writing();
        std::vector<api::SubmitOutcome> none;
        CHECK_FALSE(refused->read(none));
        CHECK(refused->finish().reason == "BATCH_SIZE_INVALID");
    }
    auto refused = world.direct->submit_stream();
    CHECK_FALSE(refused->write({}));
    CHECK(refused->finish().reason == "BATCH_SIZE_INVALID");
    auto cancelled = world.direct->submit_stream();
    cancelled->cancel();
    std::vector<api::SubmitOutcome> none;
    CHECK_FALSE(cancelled->read(none));
    CHECK(cancelled->finish().code == node::Code::kCancelled);

    // A channel, funded one way, redeemed the other.
    const ChannelTerms terms{alice.address(), bob.address(), Amount{10}, 2'000'000'000, 1};
    const Hash separator = world.sync->domain().separator();
    const AccountKey channel{terms.address(separator), {}};
    CHECK(same(*world.direct, *world.remote, [&](auto& face) { return face.channel(channel); }).status().reason ==
          "UNKNOWN_CHANNEL");
    api::Submission fund, redeem;
    fund.operation = {OperationKind::kFund, {}, {{{}, Amount{1'000}}}, {}, 6, {}, {terms, {}, 0, false, false}};
    redeem.operation = {OperationKind::kRedeem, {}, {}, {}, 0, {}, {terms, channel.owner, 30, true, false}};
    redeem.voucher = alice.sign(Voucher{channel.owner, {}, 30}.digest(separator));
    const api::SubmitOutcome funded = world.direct->submit(world.sign(alice, fund));
    INFO(node::to_string(funded.status));
    REQUIRE(funded.status.ok());
    {
        Writing writing(*world.sequencer);
        const api::SubmitOutcome redeemed = world.remote->submit(world.sign(bob, redeem));
        INFO(node::to_string(redeemed.status));
        REQUIRE(redeemed.status.ok());
        redeem.voucher.reset();
        CHECK(world.remote->submit(world.sign(bob, redeem)).status.field == "operation.redeem.voucher");
        alike(*world.direct, *world.remote, [&](auto& face) { return face.operation(redeemed.receipt.hash); });
    }
    alike(*world.direct, *world.remote, [&](auto& face) { return face.operation(funded.receipt.hash); });
    alike(*world.direct, *world.remote, [&](auto& face) { return face.account(channel); });
    const auto told = same(*world.direct, *world.remote, [&](auto& face) { return face.channel(channel); });
    REQUIRE(told.ok());
    CHECK(told->claimed() == 30);
    CHECK(told->terms == terms);
    const auto channels = same(*world.direct, *world.remote, [&](auto& face) { return face.channels(bob.address(), {}, 1); });
    CHECK(channels->channels == std::vector<api::ChannelInfo>{*told});
    REQUIRE(channels->next == channel);
    CHECK(same(*world.direct, *world.remote, [&](auto& face) {
              return face.channels(bob.address(), channel, 1);
          })->channels.empty());
    alike(*world.direct, *world.remote, [&](auto& face) { return face.history(channel.owner, {}, 0, 0); });

    for (const OperationKind kind : {OperationKind::kTransfer, OperationKind::kWithdraw, OperationKind::kPayout,
                                     OperationKind::kFund, OperationKind::kRedeem}) {
        const api::OperationShape shape{.kind = kind, .lines = kind == OperationKind::kPayout ? 7u : 1u};
        CHECK(same(*world.direct, *world.remote, [&](auto& face) { return face.estimate_fee({}, shape); }).ok());
        const auto unknown =
            same(*world.direct, *world.remote, [&](auto& face) { return face.estimate_fee(bob.address(), shape); });
        CHECK(unknown.status().reason == "TOKEN_NOT_ACCEPTED");
    }
    alike(*world.direct, *world.remote, [&](auto& face) { return face.rolled_back(alice.address(), 0, 0); });
}

TEST_CASE("a server that is silent is named once its time is over, and one that isn't there at once") {
    // The kernel lets callers in, and nobody speaks to them: so it is with a process that was stopped.
    auto listener = node::Listener::open({});
    REQUIRE(listener.ok());
    const std::string target = "127.0.0.1:" + std::to_string((*listener)->port());
    auto silent = *proto::open_sequencer({.channel = {.target = target}, .patience = std::chrono::milliseconds(1'000)});
    const auto info = silent->chain_info();
    CHECK(api::is_no_answer(info.status()));
    CHECK(info.status().message == "the sequencer at " + target + " gave no answer within 1 s");
    auto gone = *proto::open_verifier({.channel = {.target = "127.0.0.1:1"}});
    const auto status = gone->status();
    CHECK(status.status().code == node::Code::kUnavailable);
    CHECK(status.status().message.starts_with("no connection to the verifier at 127.0.0.1:1: "));
}

}  // namespace gavel::test

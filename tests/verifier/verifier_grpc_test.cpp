// The Verifier service over a real channel, on a verifier that is driven step by step.
#include <future>

#include "node/grpc_server.hpp"
#include "tests/verifier/verifier_world.hpp"
#include "verifier/verifier_grpc.hpp"

namespace gavel::test {
namespace {

struct Served {
    L1World world;
    Operator op{world, world.operator_key};
    Watcher watcher{world, &world.prover};
    verifier::VerifierService service{*watcher.verifier};
    std::unique_ptr<node::GrpcServer> server;
    std::unique_ptr<v1::Verifier::Stub> stub;

    Served() {
        op.sit();
        op.post({});
        op.post({});
        watcher.settle();
        auto started = node::GrpcServer::start({}, {&service});
        REQUIRE(started.ok());
        server = std::move(*started);
        auto channel = node::make_channel({.target = "127.0.0.1:" + std::to_string(server->port())});
        REQUIRE(channel.ok());
        stub = v1::Verifier::NewStub(*channel);
    }
};

}  // namespace

TEST_CASE("the verifier's status goes over the wire") {
    Served served;
    grpc::ClientContext context;
    v1::VerifierStatus status;
    REQUIRE(served.stub->GetStatus(&context, {}, &status).ok());
    CHECK(status.synced());
    CHECK(status.can_prove());
    CHECK_FALSE(status.claims());
    CHECK(status.verified_batch() == 2);
    CHECK(status.head_batch() == 2);
    CHECK(status.l1_block() == served.world.chain->head().number);
    CHECK(status.warnings_size() == 0);
}

TEST_CASE("verdicts are streamed, those there are and those that come") {
    Served served;
    grpc::ClientContext context;
    v1::VerdictsRequest request;
    request.set_from_batch(2);
    auto stream = served.stub->Verdicts(&context, request);
    v1::Verdict verdict;
    REQUIRE(stream->Read(&verdict));
    CHECK(verdict.batch() == 2);
    CHECK(verdict.kind() == v1::VERDICT_KIND_TRUE);
    CHECK(verdict.refusal().empty());
    verifier::Lie lie = served.op.lie(verifier::LieKind::kMoneyFromNothing);
    served.watcher.settle();
    REQUIRE(stream->Read(&verdict));
    CHECK(verdict.batch() == 3);
    CHECK(verdict.kind() == v1::VERDICT_KIND_FALSE);
    CHECK(verdict.chunk() == lie.chunk);
    CHECK(verdict.refusal() == "None");
    CHECK(verdict.batch_hash() == string_of(lie.batch.header().hash()));
    CHECK(verdict.claimed() == string_of(lie.batch.after(lie.chunk)));
    CHECK(verdict.computed().size() == 32);
    CHECK(verdict.computed() != verdict.claimed());
    context.TryCancel();
    CHECK_FALSE(stream->Read(&verdict));
    CHECK(stream->Finish().error_code() == grpc::StatusCode::CANCELLED);
}

TEST_CASE("a fraud proof comes again at each stage") {
    Served served;
    grpc::ClientContext context;
    auto stream = served.stub->FraudProofs(&context, {});
    served.op.lie(verifier::LieKind::kGarbageBytes);
    v1::FraudProof proof;
    auto read_until = [&](v1::FraudProofStage stage) {
        served.watcher.settle();
        REQUIRE(stream->Read(&proof));
        CHECK(proof.stage() <= stage);
        while (proof.stage() != stage) REQUIRE(stream->Read(&proof));
    };
    read_until(v1::FRAUD_PROOF_STAGE_BUILT);
    served.world.mine();
    read_until(v1::FRAUD_PROOF_STAGE_COMMITTED);
    served.world.mine();
    read_until(v1::FRAUD_PROOF_STAGE_PROVEN);
    CHECK(proof.gas_used() > 0);
    CHECK(proof.prove_transaction().size() == 32);
    auto checked = check_fraud_proof(view_of(proof.proof()), served.op.ledger->domain_separator(), served.watcher.sync->view());
    CHECK(checked.error == ProofError::kNone);

    grpc::ClientContext get;
    v1::GetFraudProofRequest request;
    request.set_batch(3);
    v1::FraudProof same;
    REQUIRE(served.stub->GetFraudProof(&get, request, &same).ok());
    CHECK(same.proof() == proof.proof());
    grpc::ClientContext get_by_hash, get_other;
    request.set_batch_hash(proof.batch_hash());
    REQUIRE(served.stub->GetFraudProof(&get_by_hash, request, &same).ok());
    CHECK(same.batch_hash() == proof.batch_hash());
    request.set_batch_hash(std::string(32, 'x'));
    auto other = node::from_grpc(served.stub->GetFraudProof(&get_other, request, &same), get_other);
    CHECK(other.reason == "UNKNOWN_FRAUD_PROOF");
    CHECK(other.field == "batch_hash");
}

TEST_CASE("a proof of nothing isn't found, by name") {
    Served served;
    grpc::ClientContext context;
    v1::GetFraudProofRequest request;
    request.set_batch(1);
    v1::FraudProof proof;
    auto status = node::from_grpc(served.stub->GetFraudProof(&context, request, &proof), context);
    CHECK(status.code == node::Code::kNotFound);
    CHECK(status.reason == "UNKNOWN_FRAUD_PROOF");
    CHECK(status.field == "batch");
}

TEST_CASE("streams end when the server stops") {
    Served served;
    grpc::ClientContext context;
    v1::VerdictsRequest request;
    request.set_from_batch(100);
    auto stream = served.stub->Verdicts(&context, request);
    auto stopped = std::async(std::launch::async, [&] { served.server->stop(std::chrono::milliseconds(50)); });
    v1::Verdict verdict;
    CHECK_FALSE(stream->Read(&verdict));
    CHECK_FALSE(stream->Finish().ok());
    stopped.get();
}

}  // namespace gavel::test

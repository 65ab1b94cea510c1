// Each field of a proof, corrupted: the contract refuses it with the named error, and nothing has changed.
#include <set>

#include "tests/generator/corruptions.hpp"
#include "tests/verifier/lies_world.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// A batch whose middle chunk comes to everything: deposits to an old and a new account, payments to leaves and to addresses, a
// withdrawal, fees of both tokens. Only the claim after it is false, so that its proof holds every kind of field and access.
class FullWorld : public LieWorld {
public:
    FullWorld() : LieWorld(full_start(setting()), week_long()) {
        sit();
        for (const Address& to : {person_address(0), stranger(1), stranger(2)})
            deposit({L1OperationKind::kDeposit, {}, to, {}, Amount{1000}, 0});
        Chunk chunk = full_chunk();
        ops = encode_ops(chunk);
        sigs = sign_chunk(state, chunk, queue, setting().domain);
        StateFields right = after({ops, sigs}, queue.size());
        REQUIRE(right.op_count == chunk.operations.size());
        StateFields claim = right;
        claim.withdrawals_root.bytes[31] ^= 1;
        batch = batch_of({ops, sigs}, claim, queue.size());
        append(alice, batch);
        proof = proof_of(batch);
    }

    // Time enough for every try.
    static RollupParameters week_long() {
        RollupParameters out = usual_parameters();
        out.challenge_window = 7 * 86400;
        out.freeze_age = out.challenge_window + out.inclusion_window + kFreezeMargin;
        return out;
    }
    Bytes ops, sigs;
    Batch batch;
    FraudProof proof;
};

// Its accesses as the naive model tells them.
std::vector<Access> accesses_of(const FullWorld& world) {
    m::State model = world.model;
    m::Trace trace;
    REQUIRE(m::apply(model_env(LieWorld::setting().domain, world.queue, 0, world.queue.size()), model, bytes(world.ops),
                     bytes(world.sigs), &trace) == "");
    std::vector<Access> out;
    for (const std::string& access : trace.accesses) {
        std::string kind = access.substr(0, access.find(' '));
        Access step;
        step.kind = kind == "read" ? Access::Kind::kRead : kind == "find" ? Access::Kind::kFind : Access::Kind::kAppend;
        REQUIRE(kind == name_of(step.kind));
        step.index = static_cast<uint32_t>(std::stoul(access.substr(kind.size() + 1)));
        out.push_back(step);
    }
    return out;
}

}  // namespace

TEST_CASE("a proof with a field corrupted is refused on the L1 by name, and changes nothing") {
    FullWorld world;
    auto before = world.contract_state();
    Bytes whole = world.proof.encode();
    std::set<std::string> errors;
    for (const Corruption& corruption : corruptions(world.proof, accesses_of(world), world.state.accounts)) {
        INFO(corruption.what);
        REQUIRE(corruption.proof != whole);
        CHECK(world.send(world.bob, rollup_call::prove(corruption.proof)) == corruption.error);
        CHECK(world.events().empty());
        CHECK(world.contract_state() == before);
        errors.insert(corruption.error);
    }
    // ClaimIsTrue is about another batch (lies_world_test.cpp), and some are about blobs (tests/export/blob_damage.cpp); all
    // others have come up.
    const std::set<ProofError> of_blobs{ProofError::kDataRoot, ProofError::kElement, ProofError::kOpening,
                                        ProofError::kBeforeState};
    for (int error = 1; error < static_cast<int>(ProofError::kClaimIsTrue); ++error) {
        if (of_blobs.contains(static_cast<ProofError>(error))) continue;
        INFO(name_of(static_cast<ProofError>(error)));
        CHECK(errors.count(name_of(static_cast<ProofError>(error))) == 1);
    }
    CHECK(world.send(world.bob, rollup_call::prove(whole)) == "");
    CHECK(world.head().number == 0);
}

TEST_CASE("no byte of a proof can be turned on the L1") {
    FullWorld world;
    Bytes whole = world.proof.encode();
    const std::set<std::string> named = {"Truncated", "UnknownBatch", "ChunkIndex", "OpsPath",  "SigsPath",
                                         "Frontier",  "L1Operations", "HintRange",  "LeafPath", "Lookup"};
    const ErrorNames names(rollup_error_signatures());
    for (size_t at = 0; at < whole.size(); ++at) {
        Bytes proof = whole;
        proof[at] ^= static_cast<uint8_t>(1 << at % 8);
        INFO("byte " << at);
        CallRequest request{world.bob.address(), world.rollup, 0, rollup_call::prove(proof), 16'000'000, std::nullopt};
        auto tried = world.chain->call(request);
        REQUIRE(tried.ok());
        CHECK_FALSE(tried->success);
        CHECK(named.count(names.describe(tried->data)) == 1);
    }
    CHECK(world.send(world.bob, rollup_call::prove(whole)) == "");
}

#include "protocol/check.hpp"
#include "tests/export/court.hpp"
#include "tests/generator/corruptions.hpp"
#include "tests/generator/lie_proofs.hpp"
#include "tests/support/limit_cases.hpp"

namespace gavel::test {
namespace {

void add_lies(Cases& out) {
    for (const LieCase& lie : all_lie_cases()) {
        if (!can_be_in(DataSource::kCalldata, lie.wrong)) continue;
        StateFields before = lie.start.build().fields(), right = fields_after(lie, lie.control);
        KnownQueue queue(lie.queue);
        auto add = [&](const char* kind, const BatchChunk& chunk, const Hash& claim) {
            Court court{test_domain(), batch_about(lie, chunk, claim), queue};
            out.push_back(proof_case(kind, lie.what, court, proof_against(lie, court.batch), before.l1_ops_consumed));
        };
        add("lie", lie.wrong, false_claim_of(lie));
        expect(out.back(), "None", name_of(lie.rule));
        add("truth", lie.wrong, before.hash());
        expect(out.back(), "ClaimIsTrue", name_of(lie.rule));
        add("truth", lie.control, right.hash());
        expect(out.back(), "ClaimIsTrue", "None");
        if (right == before) continue;
        add("lie", lie.control, before.hash());
        expect(out.back(), "None", "None");
    }
}

Bytes build(Worked& worked, const Batch& batch) {
    ListEnv env = worked.world.env();
    auto proof = build_fraud_proof(batch, 1, worked.world.state, env);
    GAVEL_CHECK(proof.has_value());
    return proof->encode();
}

void add_handmade(Cases& out) {
    for (const Case& one : all_cases()) {
        Worked worked(one);
        for (bool lies : {true, false}) {
            Batch batch = lies ? worked.lying() : worked.batch;
            Court court{kRollup, PostedBatch(batch), worked.world};
            Bytes proof = build(worked, batch);
            out.push_back(proof_case(lies ? "lie" : "truth", one.name, court, proof, worked.before.l1_ops_consumed));
            expect(out.back(), lies ? "None" : "ClaimIsTrue", name_of(one.refusal));
        }
    }
}

// The batch with as many chunks as there may be: those at the end do nothing.
Batch of_256_chunks(Batch batch) {
    while (batch.chunks.size() < kMaxChunks) {
        batch.chunks.push_back(batch.chunks.back());
        batch.commitments.push_back(batch.commitments.back());
    }
    return batch;
}

void add_large(Cases& out) {
    auto add = [&](const char* kind, const Case& one) {
        Worked worked(one);
        GAVEL_CHECK(worked.outcome.ok());
        for (bool lies : {true, false}) {
            Batch batch = of_256_chunks(lies ? worked.lying() : worked.batch);
            Court court{kRollup, PostedBatch(batch), worked.world};
            const Bytes proof = build(worked, batch);
            out.push_back(proof_case(lies ? kind : "truth", one.name, court, proof, worked.before.l1_ops_consumed));
            expect(out.back(), lies ? "None" : "ClaimIsTrue", "None");
        }
    };
    add("ordinary", ordinary_case());
    for (const Case& one : limit_cases()) add("worst", one);
}

// One proof, each of its fields corrupted.
void add_corrupted(Cases& out) {
    const LieSetting setting;
    State state = full_start(setting).build();
    std::vector<L1Operation> entries;
    for (const Address& to : {person_address(0), stranger(1), stranger(2)})
        entries.push_back({L1OperationKind::kDeposit, person_address(2), to, {}, Amount{1000}, 1700000000 + entries.size()});
    Chunk chunk = full_chunk();
    BatchChunk posted{encode_ops(chunk), sign_chunk(state, chunk, entries, setting.domain)}, nothing{encode_ops({}), {}};
    StateFields before = state.fields();
    ListEnv env(setting.domain.separator(), entries.size(), entries);

    StateRunner first(state);
    GAVEL_CHECK(apply(env, first, state.counters, posted.ops, posted.sigs).ok());
    StateFields claim = state.fields();
    undo(state, first.diff());
    claim.withdrawals_root.bytes[31] ^= 1;
    TracingView traced(state);
    Counters counters = state.counters;
    StateView::Mark start = traced.mark();
    GAVEL_CHECK(apply(env, traced, counters, posted.ops, posted.sigs).ok());
    traced.roll_back(start);
    GAVEL_CHECK(state.fields() == before);

    KnownQueue queue(entries);
    Batch batch;
    batch.number = 1;
    batch.parent.last = before;
    batch.l1_queue_hash = *queue.queue_hash(entries.size());
    batch.chunks = {nothing, posted, nothing};
    batch.commitments = {before.hash(), claim.hash()};
    batch.last = claim;
    auto proof = build_fraud_proof(batch, 1, state, env);
    GAVEL_CHECK(proof.has_value());
    Court court{setting.domain, PostedBatch(batch), queue};
    out.push_back(proof_case("lie", "the proof that is corrupted below", court, proof->encode(), 0));
    expect(out.back(), "None", "None");
    for (const Corruption& one : corruptions(*proof, traced.accesses(), state.accounts)) {
        out.push_back(proof_case("corrupted", one.what, court, one.proof, 0));
        GAVEL_CHECK(out.back()["error"] == one.error);
    }
}

// The worked example of docs/protocol.md: accountCount 4 is claimed instead of 3.
void add_example(Cases& out) {
    const PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    const Domain domain{31337, *address_from_string("0x1000000000000000000000000000000000000001")};
    const std::vector<L1Operation> entries = {
        {L1OperationKind::kDeposit, bob.address(), alice.address(), {}, Amount{1'000'000'000'000'000'000}, 1'700'000'000}};
    const Amount amount{250'000'000'000'000'000};
    Chunk first{1, {}, {}}, second{0, {{OperationKind::kTransfer, 1, {{{0, bob.address()}, amount}}, {}, {}}}, {}};
    Operation words{OperationKind::kTransfer, {}, {{bob.address(), amount}}, {}, 0, {}};
    KnownQueue queue(entries);
    State state;
    Batch batch;
    batch.number = 1;
    batch.parent = genesis_header();
    batch.l1_queue_hash = *queue.queue_hash(1);
    batch.chunks = {{encode_ops(first), {}}, {encode_ops(second), to_bytes(alice.sign(words.digest(domain.separator())))}};
    ListEnv env(domain.separator(), 1, entries);
    StateRunner runner(state);
    GAVEL_CHECK(apply(env, runner, state.counters, batch.chunks[0].ops, batch.chunks[0].sigs).ok());
    batch.commitments = {state.commitment()};
    runner.begin();
    GAVEL_CHECK(apply(env, runner, state.counters, batch.chunks[1].ops, batch.chunks[1].sigs).ok());
    StateFields right = state.fields();
    undo(state, runner.diff());
    for (bool lies : {true, false}) {
        batch.last = right;
        if (lies) batch.last.account_count = 4;
        auto proof = build_fraud_proof(batch, 1, state, env);
        GAVEL_CHECK(proof.has_value());
        Court court{domain, PostedBatch(batch), queue};
        out.push_back(proof_case("example", lies ? "the lie" : "the truth", court, proof->encode(), 1));
        expect(out.back(), lies ? "None" : "ClaimIsTrue", "None");
    }
}

}  // namespace

Cases proof_cases() {
    Cases out;
    add_example(out);
    add_lies(out);
    add_handmade(out);
    add_corrupted(out);
    add_large(out);
    add_blob_proofs(out);
    return out;
}

}  // namespace gavel::test

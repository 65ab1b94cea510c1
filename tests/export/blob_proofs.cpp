#include <set>

#include "protocol/check.hpp"
#include "tests/export/blob_damage.hpp"
#include "tests/export/court.hpp"
#include "tests/generator/lie_proofs.hpp"
#include "tests/support/limit_cases.hpp"

namespace gavel::test {
namespace {

// A lie about each rule, about a slot's lengths all; and of some lies, and of some controls, the truth.
void add_lies(Cases& out) {
    std::set<Refusal> told;
    for (const LieCase& lie : all_lie_cases()) {
        if (!can_be_in(DataSource::kBlobs, lie.wrong)) continue;
        if (!told.insert(lie.rule).second && lie.rule != Refusal::kSlotLengths) continue;
        const StateFields before = lie.start.build().fields();
        KnownQueue queue(lie.queue);
        auto add = [&](const char* kind, const BatchChunk& chunk, const Hash& claim) {
            Court court{test_domain(), batch_about(lie, chunk, claim, DataSource::kBlobs), queue};
            out.push_back(proof_case(kind, lie.what, court, proof_against(lie, court.batch), before.l1_ops_consumed));
        };
        add("lie", lie.wrong, false_claim_of(lie));
        expect(out.back(), "None", name_of(lie.rule));
        const size_t number = told.size();
        if (number % 16 == 1) {
            add("truth", lie.wrong, before.hash());
            expect(out.back(), "ClaimIsTrue", name_of(lie.rule));
        }
        if (number % 8 == 1) {
            add("truth", lie.control, fields_after(lie, lie.control).hash());
            expect(out.back(), "ClaimIsTrue", "None");
        }
    }
}

// A case of tests/protocol/proof_world.hpp, its chunk put at some place among chunks that do nothing.
struct Placed {
    Placed(const Case& one, size_t at, size_t of) : worked(one), index(at), count(of) {}

    std::string what() const { return "chunk " + std::to_string(index) + " of " + std::to_string(count); }

    PostedBatch batch(bool lies) const {
        const BatchChunk nothing{encode_ops({}), {}};
        StateFields claim = worked.after;
        if (lies) claim.withdrawals_root.bytes[31] ^= 1;
        Batch out;
        out.number = 1;
        out.parent.last = worked.before;
        out.chunks.assign(count, nothing);
        out.chunks[index] = worked.batch.chunks[1];
        for (size_t i = 0; i + 1 < count; ++i) out.commitments.push_back(i < index ? worked.before.hash() : claim.hash());
        out.last = claim;
        out.l1_queue_hash = *worked.world.queue_hash(claim.l1_ops_consumed);
        return PostedBatch::in_blobs(std::move(out));
    }

    FraudProof proof(const PostedBatch& batch) {
        ListEnv env = worked.world.env();
        auto built = build_fraud_proof(batch.batch(), index, worked.world.state, env, batch.data().blobs);
        GAVEL_CHECK(built.has_value());
        return *std::move(built);
    }

    Worked worked;
    size_t index, count;
};

Case case_of(const std::string& name) {
    for (Case& one : all_cases()) {
        if (one.name == name) return std::move(one);
    }
    GAVEL_CHECK(false);
    return {};
}

// At each kind of place a lie, the truth, and the lie's proof damaged.
void add_places(Cases& out) {
    const std::pair<size_t, size_t> places[] = {{0, 1}, {0, 34}, {1, 34}, {31, 32}, {32, 34}, {33, 34}, {160, 192}};
    for (const auto& [index, count] : places) {
        Placed placed(case_of("everything at once"), index, count);
        const uint64_t consumed = placed.worked.before.l1_ops_consumed;
        const Court truth{kRollup, placed.batch(false), placed.worked.world};
        out.push_back(proof_case("truth", placed.what(), truth, placed.proof(truth.batch).encode(), consumed));
        expect(out.back(), "ClaimIsTrue", "None");

        const Court court{kRollup, placed.batch(true), placed.worked.world};
        const FraudProof proof = placed.proof(court.batch);
        out.push_back(proof_case("lie", placed.what(), court, proof.encode(), consumed));
        expect(out.back(), "None", "None");
        // All of them where an opening has all of its parts; elsewhere a third, each time another one.
        const bool all = index == 32;
        size_t number = index + count;
        for (const BlobDamage& one : damages(proof, all)) {
            if (!all && ++number % 3 != 0) continue;
            out.push_back(proof_case("corrupted", placed.what() + ": " + one.what, court, one.proof, consumed));
            expect(out.back(), one.error, "");
        }
    }
}

// The opening of another chunk, which is true as it stands.
void add_other_openings(Cases& out) {
    Placed placed(case_of("everything at once"), 5, 6);
    const Court court{kRollup, placed.batch(true), placed.worked.world};
    FraudProof proof = placed.proof(court.batch);
    const uint64_t consumed = placed.worked.before.l1_ops_consumed;
    for (uint16_t other : {4, 3}) {
        auto evidence = evidence_of(court.batch.batch(), other, court.batch.data().blobs);
        GAVEL_CHECK(evidence.has_value());
        proof.data = *std::move(evidence);
        out.push_back(proof_case("corrupted", "the opening of chunk " + std::to_string(other) + " instead of 5", court,
                                 proof.encode(), consumed));
        expect(out.back(), "Opening", "");
    }
    // And with its own index: it is about that chunk, which reads nothing.
    proof.chunk_index = 3;
    out.push_back(proof_case("corrupted", "chunk 3 with what chunk 5 reads", court, proof.encode(), consumed));
    expect(out.back(), "TrailingBytes", "");
}

// The heaviest chunks, with the longest opening and the most blobs.
void add_worst(Cases& out) {
    for (const Case& one : limit_cases()) {
        Placed placed(one, 160, kMaxBlobChunks);
        if (!can_be_in(DataSource::kBlobs, placed.worked.batch.chunks[1])) continue;
        const Court court{kRollup, placed.batch(true), placed.worked.world};
        const Bytes proof = placed.proof(court.batch).encode();
        out.push_back(proof_case("worst", one.name + ", in blobs", court, proof, placed.worked.before.l1_ops_consumed));
        expect(out.back(), "None", "None");
    }
}

}  // namespace

void add_blob_proofs(Cases& out) {
    add_lies(out);
    add_places(out);
    add_other_openings(out);
    add_worst(out);
}

}  // namespace gavel::test

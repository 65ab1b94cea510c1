// The worked example of docs/protocol.md, computed: each line below must stand in the page as it is.
// GAVEL_PRINT_EXAMPLE=1 prints them.
#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "protocol/batch.hpp"
#include "protocol/chunk.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"
#include "protocol/state.hpp"

using namespace gavel;

namespace {

class Page {
public:
    Page() {
        std::ifstream in(GAVEL_SOURCE_DIR "/docs/protocol.md");
        text_.assign(std::istreambuf_iterator<char>(in), {});
        REQUIRE(!text_.empty());
    }
    // That the page has the line "    name  value", whatever blanks are between.
    void has(const std::string& name, const std::string& value) const {
        std::string line = "    " + name;
        line.resize(std::max<size_t>(line.size() + 1, 30), ' ');
        line += value + "\n";
        if (std::getenv("GAVEL_PRINT_EXAMPLE")) std::fputs(line.c_str(), stdout);
        INFO(line);
        CHECK(text_.find("\n" + line) != std::string::npos);
    }
    void has(const std::string& name, ByteView value) const { has(name, to_hex(value)); }
    void fields(const std::string& prefix, const StateFields& fields) const {
        has(prefix + " accountsRoot", fields.accounts_root);
        has(prefix + " commitment", fields.hash());
    }

private:
    std::string text_;
};

}  // namespace

TEST_CASE("the worked example of docs/protocol.md comes out as it stands there") {
    Page page;
    const PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    Domain domain{31337, *address_from_string("0x1000000000000000000000000000000000000001")};
    page.has("alice's key", alice.scalar());
    page.has("alice", to_checksum(alice.address()));
    page.has("bob", to_checksum(bob.address()));
    page.has("domainSeparator", domain.separator());

    State state;
    page.fields("genesis", state.fields());
    page.has("genesis batch hash", genesis_header().hash());

    L1Operation deposit{L1OperationKind::kDeposit,         bob.address(), alice.address(), {},
                        Amount{1'000'000'000'000'000'000}, 1'700'000'000};
    page.has("entry 0", deposit.encode());
    page.has("h[1]", deposit.chain({}));

    // Chunk 0 consumes the deposit; chunk 1 is Alice's transfer to Bob, who has no leaf.
    Chunk first{1, {}, {}}, second;
    PostedOperation posted{OperationKind::kTransfer, 1, {{{0, bob.address()}, Amount{250'000'000'000'000'000}}}, {}, {}};
    second.operations = {posted};
    Operation transfer{OperationKind::kTransfer, {}, {{bob.address(), Amount{250'000'000'000'000'000}}}, {}, 0, {}};
    Hash digest = transfer.digest(domain.separator());
    page.has("digest", digest);
    page.has("operation hash", operation_hash(digest, alice.address()));
    page.has("signature", alice.sign(digest));

    Batch batch;
    batch.number = 1;
    batch.parent = genesis_header();
    batch.l1_queue_hash = deposit.chain({});
    batch.chunks = {{encode_ops(first), {}}, {encode_ops(second), to_bytes(alice.sign(digest))}};
    page.has("ops of chunk 0", batch.chunks[0].ops);
    page.has("ops of chunk 1", batch.chunks[1].ops);

    ListEnv env(domain.separator(), 1, {deposit});
    StateRunner runner(state);
    REQUIRE(apply(env, runner, state.counters, batch.chunks[0].ops, batch.chunks[0].sigs).ok());
    StateFields between = state.fields();
    page.has("alice's leaf", state.accounts.at(1)->encode());
    page.fields("after chunk 0", between);
    runner.begin();
    REQUIRE(apply(env, runner, state.counters, batch.chunks[1].ops, batch.chunks[1].sigs).ok());
    page.has("alice's leaf then", state.accounts.at(1)->encode());
    page.has("bob's leaf", state.accounts.at(2)->encode());
    page.fields("after chunk 1", state.fields());
    batch.last = state.fields();
    batch.commitments = {between.hash()};
    page.has("dataRoot", batch.header().data_root);
    page.has("sigsRoot", batch.header().sigs_root);
    page.has("batch hash", batch.header().hash());
    page.has("length of batch", std::to_string(batch.encode().size()));
    page.has("H(batch)", keccak256(batch.encode()));

    // The same in a blob.
    const PostedBatch in_blobs = PostedBatch::in_blobs(batch);
    page.has("versioned hash", in_blobs.batch().blob_hashes.at(0));
    page.has("dataRoot in blobs", in_blobs.header().data_root);
    page.has("before chunk 0", in_blobs.header().sigs_root);
    page.has("batch hash in blobs", in_blobs.hash());
    page.has("length of argument", std::to_string(in_blobs.data().argument.size()));

    // The same batch with a lie: it claims one account more than there is.
    batch.last.account_count = 4;
    undo(state, runner.diff());
    auto proof = build_fraud_proof(batch, 1, state, env);
    REQUIRE(proof.has_value());
    Bytes bytes = proof->encode();
    page.has("accesses of the proof", std::to_string(proof->witness.size()) + " bytes");
    page.has("length of proof", std::to_string(bytes.size()));
    page.has("H(proof)", keccak256(bytes));
    class NoQueue : public QueueHashes {
        std::optional<Hash> queue_hash(uint64_t) const override { return std::nullopt; }
    } queue;
    ProofVerdict verdict = check_fraud_proof(bytes, domain.separator(), queue);
    CHECK(verdict.error == ProofError::kNone);
    CHECK(verdict.accesses == 3);

    const PostedBatch lie = PostedBatch::in_blobs(batch);
    proof = build_fraud_proof(lie.batch(), 1, state, env, lie.data().blobs);
    REQUIRE(proof.has_value());
    bytes = proof->encode();
    page.has("length in blobs", std::to_string(bytes.size()));
    page.has("H(proof) in blobs", keccak256(bytes));
    CHECK(check_fraud_proof(bytes, domain.separator(), queue).error == ProofError::kNone);
}

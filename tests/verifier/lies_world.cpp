#include "tests/verifier/lies_world.hpp"

#include "protocol/check.hpp"

namespace gavel::test {
namespace {

using namespace gavel::l1;

const BatchChunk& nothing() {
    static const BatchChunk chunk{encode_ops({}), {}};
    return chunk;
}

Bytes mint(const Address& to, u128 amount) { return AbiWriter("mint(address,uint256)").word(to).word(amount).take(); }

}  // namespace

StateFields false_claim(const StateFields& before, const StateFields& after_control) {
    StateFields out = after_control;
    if (out == before) out.accounts_root.bytes[0] ^= 1;
    return out;
}

const LieSetting& LieWorld::setting() {
    static const LieSetting setting = [] {
        ContractFixture probe;
        return LieSetting{{probe.chain->chain_id(), probe.rollup}, probe.deploy("token0")};
    }();
    return setting;
}

const std::vector<LieCase>& LieWorld::cases() {
    static const std::vector<LieCase> cases = lie_cases(setting());
    return cases;
}

LieWorld::LieWorld(const StartingState& start, const RollupParameters& with)
    : ContractFixture(start.build().fields(), with),
      state(start.build()),
      model(model_of(start)),
      parent(genesis),
      token(deploy("token0")) {
    GAVEL_CHECK(rollup == setting().domain.rollup && token == setting().token);
}

void LieWorld::deposit(const L1Operation& entry) {
    bool eth = entry.token.is_zero();
    u128 amount = entry.amount.value();
    if (!eth) REQUIRE(send(carol, token, mint(carol.address(), amount)) == "");
    Bytes call = eth ? rollup_call::deposit_eth(entry.to) : rollup_call::deposit_token(entry.token, entry.to, entry.amount);
    REQUIRE(send(carol, call, eth ? amount : 0) == "");
    auto queued = only_event<L1OperationQueued>();
    REQUIRE(queued.index == queue.size());
    queue.push_back(queued.operation);
}

void LieWorld::live_up_to_small_world() {
    StartingState goal = small_world(setting());
    auto fund = [&](size_t leaf, Amount amount) {
        const AccountKey& key = goal.leaves[leaf - 1].key;
        deposit({L1OperationKind::kDeposit, {}, key.owner, key.token, amount, 0});
    };
    for (size_t leaf : {1, 2, 3, 4}) fund(leaf, goal.leaves[leaf - 1].balance);
    // The operator's ETH leaf is made by a payment of nothing, and the payer's other operations pay himself.
    auto pays_nothing = [](Recipient to) { return PostedOperation{OperationKind::kTransfer, 2, {{to, {}}}, {}, {}}; };
    Chunk first{4, {pays_nothing({0, goal.leaves[4].key.owner})}, {}};
    first.operations.resize(goal.leaves[1].nonce, pays_nothing({2, std::nullopt}));
    append_honest({{encode_ops(first), sign_chunk(state, first, queue, setting().domain)}});
    fund(6, goal.leaves[5].balance);
    append_honest({{encode_ops({1, {}, {}}), {}}, nothing()});
    goal.counters = state.counters;
    REQUIRE(state.fields() == goal.build().fields());
}

Batch LieWorld::batch_of(const BatchChunk& chunk, const StateFields& claim, uint64_t limit) const {
    Batch out;
    out.number = parent.number + 1;
    out.parent = parent;
    for (uint64_t i = 0; i < limit; ++i) out.l1_queue_hash = queue[i].chain(out.l1_queue_hash);
    out.chunks = {nothing(), chunk, nothing()};
    out.commitments = {parent.last.hash(), claim.hash()};
    out.last = claim;
    out.last.l1_ops_consumed = limit;
    return out;
}

void LieWorld::append_honest(const std::vector<BatchChunk>& chunks) {
    Batch batch;
    batch.number = parent.number + 1;
    batch.parent = parent;
    for (const BatchChunk& chunk : chunks) {
        ListEnv all = env(queue.size());
        StateRunner runner(state);
        REQUIRE(apply(all, runner, state.counters, chunk.ops, chunk.sigs).ok());
        batch.chunks.push_back(chunk);
        batch.commitments.push_back(state.commitment());
    }
    batch.commitments.pop_back();
    batch.last = state.fields();
    batch.l1_queue_hash = queue_hash(batch.last.l1_ops_consumed);
    parent = append(alice, batch);
    m::Batch its_batch;
    REQUIRE(m::decode_batch(bytes(batch.encode()), its_batch) == "");
    m::Judgement judged = m::judge(its_batch, model, model_env(setting().domain, queue, 0, 0));
    REQUIRE_FALSE(judged.false_claim.has_value());
    REQUIRE(shown(judged.truth) == shown(state.fields()));
}

StateFields LieWorld::after(const BatchChunk& chunk, uint64_t limit) {
    ListEnv known = env(limit);
    StateRunner runner(state);
    apply(known, runner, state.counters, chunk.ops, chunk.sigs);
    StateFields out = state.fields();
    undo(state, runner.diff());
    return out;
}

FraudProof LieWorld::proof_of(const Batch& batch) {
    StateFields before = state.fields();
    ListEnv known = env(batch.last.l1_ops_consumed);
    auto proof = build_fraud_proof(batch, 1, state, known);
    REQUIRE(proof.has_value());
    REQUIRE(state.fields() == before);
    return *proof;
}

m::Judgement LieWorld::judge(const Batch& batch) const {
    m::Batch its_batch;
    REQUIRE(m::decode_batch(bytes(batch.encode()), its_batch) == "");
    m::State its_state = model;
    return m::judge(its_batch, its_state, model_env(setting().domain, queue, 0, 0));
}

std::vector<Bytes> LieWorld::contract_state() {
    namespace of = rollup_view;
    std::vector<Bytes> calls = {of::head(),   of::current_term(), of::term_count(),   of::last_strike(),  of::burned(),
                                of::frozen(), of::waiting(),      of::queue_length(), of::held_total({}), of::prover()};
    for (uint64_t number = 0; number <= head().number + 1; ++number) calls.push_back(of::batch(number));
    for (uint64_t number = 1; number <= 3; ++number) calls.push_back(of::term(number));
    for (uint64_t number = 0; number <= queue.size(); ++number) calls.push_back(of::queue_hash(number));
    std::vector<Bytes> out;
    for (const Bytes& call : calls) out.push_back(view(call));
    return out;
}

size_t LieWorld::transaction_size() const {
    auto hashes = chain->transaction_hashes(chain->head().number);
    REQUIRE(hashes.size() == 1);
    return chain->transaction(hashes[0])->transaction.raw.size();
}

}  // namespace gavel::test

#include "tests/contract/contract_fixture.hpp"

#include "protocol/encoding.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::test {

RollupParameters ContractFixture::usual_parameters() {
    return {kChallenge, kInclusion, kChallenge + kInclusion + kFreezeMargin, 32 * kEther + 3,
            PrivateKey::derived("home").address()};
}

ContractFixture::ContractFixture(const StateFields& initial, RollupParameters with)
    : parameters(with), genesis(genesis_header()) {
    genesis.last = initial;
    registry.add(kRollupName, std::make_shared<RollupContract>(initial));
    add_stand_ins(registry);
    ChainOptions options;
    for (const PrivateKey* key : {&alice, &bob, &carol, &home})
        options.genesis_balances.push_back({key->address(), 1'000'000 * kEther});
    auto opened = SimulatedChain::open(store, clock, registry, options);
    REQUIRE(opened.ok());
    chain = std::move(*opened);
    rollup = deploy(kRollupName, parameters.encode());
}

Hash ContractFixture::mine(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value) {
    Transaction body;
    body.chain_id = chain->chain_id();
    body.nonce = *chain->nonce(from.address());
    body.max_priority_fee = 1;
    body.max_fee = 1'000'000'000'000;
    body.gas_limit = 16'000'000;
    body.to = to;
    body.value = value;
    body.data = data;
    SignedTransaction signed_tx = sign(body, from);
    auto sent = chain->send_raw(signed_tx.raw);
    INFO(node::to_string(sent.status()));
    REQUIRE(sent.ok());
    chain->mine();
    ++next_time_;
    return signed_tx.hash;
}

std::string ContractFixture::send(const PrivateKey& from, const Address& to, const Bytes& data, u128 value) {
    REQUIRE(chain->set_next_block_time(next_time_).ok());
    CallRequest request{from.address(), to, value, data, 16'000'000, std::nullopt};
    auto tried = chain->call(request, StateAt{std::nullopt, true});
    REQUIRE(tried.ok());
    Hash hash = mine(from, to, data, value);
    receipt_ = *chain->receipt(hash);
    REQUIRE(receipt_.success == tried->success);
    check_money();
    if (receipt_.success) return "";
    static const ErrorNames names(rollup_error_signatures());
    return tried->data.empty() ? "(no data)" : names.describe(tried->data);
}

Address ContractFixture::deploy(const std::string& name, const Bytes& arguments) {
    REQUIRE(chain->set_next_block_time(next_time_).ok());
    Hash hash = mine(carol, std::nullopt, NativeRegistry::creation_data(name, arguments), 0);
    Receipt receipt = *chain->receipt(hash);
    return receipt.contract_address.value_or(Address{});
}

Bytes ContractFixture::view(const Bytes& calldata, const Address& to) {
    auto reply = chain->call(CallRequest{std::nullopt, to, 0, calldata, std::nullopt, std::nullopt});
    REQUIRE(reply.ok());
    REQUIRE(reply->success);
    return reply->data;
}

std::vector<RollupEvent> ContractFixture::events() const {
    std::vector<RollupEvent> out;
    for (const Log& log : receipt_.logs) {
        if (log.address != rollup) continue;
        auto event = decode_event(log.topics, log.data);
        REQUIRE(event.has_value());
        REQUIRE(encode_event(*event) == LogContent{log.topics, log.data});
        out.push_back(*event);
    }
    return out;
}

std::string ContractFixture::told(const Address& by, uint64_t slot) {
    Hash word = *chain->storage(by, slots::at(slot));
    return ErrorNames(rollup_error_signatures()).describe(ByteView{word}.first(4));
}

void ContractFixture::check_money() {
    u128 expected = held(Address{}) + burned();
    uint64_t terms = *rollup_view::read_number(view(rollup_view::term_count()));
    for (uint64_t number = 1; number <= terms; ++number) {
        TermRecord record = term(number);
        expected += record.stake;
        if (record.slashed && !record.reward_taken) expected += parameters.stake / 4;
    }
    REQUIRE(to_string(Amount{balance(rollup)}) == to_string(Amount{expected}));
}

Batch ContractFixture::batch_on(const BatchHeader& parent, const StateFields& last) {
    Batch out;
    out.number = parent.number + 1;
    out.parent = parent;
    out.l1_queue_hash = queue_hash(last.l1_ops_consumed);
    out.last = last;
    out.chunks = {{encode_ops(Chunk{}), {}}};
    return out;
}

BatchHeader ContractFixture::append(const PrivateKey& by, const Batch& batch) {
    REQUIRE(send(by, rollup_call::append(batch.encode())) == "");
    return batch.header();
}

Bytes ContractFixture::proof_against(const Batch& batch) {
    State state;
    state.counters = {batch.parent.last.l1_ops_consumed, batch.parent.last.op_count};
    ListEnv env(Domain{chain->chain_id(), rollup}.separator(), batch.last.l1_ops_consumed, {});
    auto proof = build_fraud_proof(batch, 0, state, env);
    REQUIRE(proof.has_value());
    return proof->encode();
}

void ContractFixture::commit(const PrivateKey& prover, ByteView proof, uint64_t term) {
    REQUIRE(send(prover, rollup_call::commit_proof(proof_commitment(prover.address(), proof, term))) == "");
}

void ContractFixture::take_over() {
    REQUIRE(send(home, rollup_call::announce_takeover()) == "");
    at(rollup_view::read_notice(view(rollup_view::notice()))->from);
    REQUIRE(send(home, rollup_call::become_sequencer(), parameters.stake) == "");
}

StateFields lie(const BatchHeader& parent, uint64_t op_count) {
    StateFields out = parent.last;
    out.op_count = op_count;
    return out;
}

}  // namespace gavel::test

#include "tests/contract_fixture.hpp"

#include "protocol/encoding.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::test {
namespace {

Hash balance_slot(const Address& owner) { return keccak256({owner, slots::at(1)}); }

u128 balance_of(Host& host, const Address& owner) { return low_u128(host.load(balance_slot(owner))); }

void add_balance(Host& host, const Address& owner, u128 amount) {
    host.store(balance_slot(owner), word_of(balance_of(host, owner) + amount));
}

CallResult answer(TokenMode mode) {
    switch (mode) {
        case TokenMode::kSilent: return CallResult::ok();
        case TokenMode::kFalse: return CallResult::ok(AbiWriter().boolean(false).take());
        case TokenMode::kTwo: return CallResult::ok(AbiWriter().word(u128{2}).take());
        case TokenMode::kShortAnswer: return CallResult::ok(Bytes{1});
        default: return CallResult::ok(AbiWriter().boolean(true).take());
    }
}

CallResult token_move(TokenMode mode, Host& host, const Address& from, const Address& to, u128 amount) {
    if (mode == TokenMode::kReverts) return CallResult::revert(error_data("No"));
    if (mode == TokenMode::kFalse || mode == TokenMode::kTakesNothing) return answer(mode);
    u128 balance = balance_of(host, from);
    if (balance < amount) return CallResult::revert(error_data("TooLittle"));
    host.store(balance_slot(from), word_of(balance - amount));
    add_balance(host, to, mode == TokenMode::kFee ? amount - amount / 10 : amount);
    if (mode == TokenMode::kHugeGrowth) host.store(slots::at(0), word_of(low_u128(host.load(slots::at(0))) + 1));
    return answer(mode);
}

// transfer, transferFrom (without allowances), balanceOf, mint(address,uint256); for kReenters keep(bytes).
CallResult token_call(TokenMode mode, Host& host, const CallContext& context, ByteView calldata) {
    uint32_t id = selector_of(calldata).value_or(0);
    AbiReader in(calldata.subspan(std::min<size_t>(4, calldata.size())));
    if (id == selector("balanceOf(address)")) {
        Bytes out = to_bytes(word_of(balance_of(host, in.address())));
        if (mode == TokenMode::kShortBalance) out.pop_back();
        if (mode == TokenMode::kHugeGrowth) out[7] = static_cast<uint8_t>(low_u128(host.load(slots::at(0))));
        return CallResult::ok(out);
    }
    if (id == selector("mint(address,uint256)")) {
        Address to = in.address();
        add_balance(host, to, in.integer());
        return CallResult::ok();
    }
    if (id == selector("keep(bytes)")) {
        ByteView kept = in.bytes();
        host.store(slots::at(2), word_of(kept.size()));
        for (size_t i = 0; i < kept.size(); i += 32) {
            Bytes word = to_bytes(kept.subspan(i, std::min<size_t>(32, kept.size() - i)));
            word.resize(32);
            host.store(slots::at(100 + i / 32), Hash::from(word));
        }
        return CallResult::ok();
    }
    if (mode == TokenMode::kReenters && host.load(slots::at(2)) != Hash{}) {
        size_t size = static_cast<size_t>(low_u128(host.load(slots::at(2))));
        Bytes kept;
        for (size_t i = 0; i < size; i += 32) append(kept, host.load(slots::at(100 + i / 32)));
        kept.resize(size);
        CallResult inner = host.call(context.sender, 0, kept);
        // The first four bytes of the refusal, to be looked at afterwards; 1 for a success.
        Bytes told = inner.success ? Bytes{1} : inner.data;
        told.resize(32);
        host.store(slots::at(3), Hash::from(told));
    }
    if (id == selector("transfer(address,uint256)")) {
        Address to = in.address();
        return token_move(mode, host, context.sender, to, in.integer());
    }
    if (id == selector("transferFrom(address,address,uint256)")) {
        Address from = in.address(), to = in.address();
        return token_move(mode, host, from, to, in.integer());
    }
    return CallResult::revert();
}

CallResult forward(Host& host, const CallContext& context, ByteView calldata) {
    if (calldata.size() < Address::kSize) return CallResult::ok();
    return host.call(Address::from(calldata), context.value, calldata.subspan(Address::kSize));
}

}  // namespace

std::shared_ptr<const NativeContract> odd_token(TokenMode mode) {
    return std::make_shared<Scripted>([mode](Host& host, const CallContext& context, ByteView calldata) {
        return token_call(mode, host, context, calldata);
    });
}

std::shared_ptr<const NativeContract> forwarder() { return std::make_shared<Scripted>(forward); }

std::shared_ptr<const NativeContract> eth_refuser() {
    return std::make_shared<Scripted>([](Host& host, const CallContext& context, ByteView calldata) {
        if (calldata.empty()) return CallResult::revert();
        return forward(host, context, calldata);
    });
}

std::shared_ptr<const NativeContract> reentering_receiver(std::shared_ptr<Reentry> what) {
    return std::make_shared<Scripted>([what](Host& host, const CallContext& context, ByteView calldata) {
        if (!calldata.empty()) return forward(host, context, calldata);
        CallResult inner = host.call(what->target, 0, what->calldata);
        Bytes told = inner.success ? Bytes{1} : inner.data;
        told.resize(32);
        host.store(slots::at(0), Hash::from(told));
        return CallResult::ok();
    });
}

RollupParameters ContractFixture::usual_parameters() {
    return {kChallenge, kInclusion, kChallenge + kInclusion + kFreezeMargin, 32 * kEther + 3,
            PrivateKey::derived("home").address()};
}

ContractFixture::ContractFixture(const StateFields& initial, RollupParameters with)
    : parameters(with), genesis(genesis_header()) {
    genesis.last = initial;
    registry.add(kRollupName, std::make_shared<RollupContract>(initial));
    registry.add("forwarder", forwarder());
    registry.add("refuser", eth_refuser());
    registry.add("reenterer", reentering_receiver(reentry));
    for (int mode = 0; mode <= static_cast<int>(TokenMode::kReenters); ++mode) {
        registry.add("token" + std::to_string(mode), odd_token(static_cast<TokenMode>(mode)));
    }
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

void ContractFixture::commit(const PrivateKey& prover, ByteView proof) {
    REQUIRE(send(prover, rollup_call::commit_proof(proof_commitment(prover.address(), proof))) == "");
}

}  // namespace gavel::test

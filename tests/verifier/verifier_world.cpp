#include "tests/verifier/verifier_world.hpp"

#include "l1-bridge/chain/chain_setup.hpp"

namespace gavel::test {
namespace {

class Refuser : public l1::NativeContract {
public:
    l1::CallResult construct(l1::Host&, const l1::CallContext&, ByteView) const override { return l1::CallResult::ok(); }
    l1::CallResult call(l1::Host&, const l1::CallContext&, ByteView) const override { return l1::CallResult::revert(); }
};

}  // namespace

// ---- L1World ----

L1World::L1World() {
    parameters = {kWindow, kInclusion, kWindow + kInclusion + l1::kFreezeMargin, 32 * kEther, home.address()};
    registry.add(l1::kRollupName, std::make_shared<l1::RollupContract>());
    registry.add("refuser", std::make_shared<Refuser>());
    l1::ChainOptions options;
    const PrivateKey deployer = l1::setup_deployer("test");
    for (const PrivateKey* key : {&operator_key, &faucet, &prover, &rival, &home, &deployer})
        options.genesis_balances.push_back({key->address(), 100'000 * kEther});
    auto opened = l1::SimulatedChain::open(chain_store, clock, registry, options);
    REQUIRE(opened.ok());
    chain = std::move(*opened);
    client = std::make_unique<l1::InProcessClient>(*chain, l1::rollup_error_names());
    blobs = std::make_unique<MoodyBlobs>(*chain);
    auto at = l1::ensure_deployed(*chain, deployer, 0, l1::kRollupName,
                                  l1::NativeRegistry::creation_data(l1::kRollupName, parameters.encode()), client->error_names());
    REQUIRE(at.ok());
    rollup = *at;
    auto other = l1::ensure_deployed(*chain, deployer, 1, "refuser", l1::NativeRegistry::creation_data("refuser", {}),
                                     client->error_names());
    REQUIRE(other.ok());
    refuser = *other;
}

void L1World::mine() { pass(kBlockTime); }

void L1World::pass(uint64_t seconds) {
    clock.advance(seconds * 1000);
    chain->mine();
}

l1::Receipt L1World::run(const PrivateKey& from, Bytes calldata, u128 value) {
    auto sent = l1::L1Wallet(*client, from).send(rollup, value, std::move(calldata));
    INFO(node::to_string(sent.status()));
    REQUIRE(sent.ok());
    mine();
    auto receipt = chain->receipt(*sent);
    REQUIRE(receipt.has_value());
    REQUIRE(receipt->success);
    return *receipt;
}

// ---- Operator ----

Operator::Operator(L1World& in, const PrivateKey& its_key, DataSource its_source) : world(in), key(its_key), source(its_source) {
    auto opened = follow::L1Sync::open(store, *world.client, world.rollup, {.blobs = world.blobs.get()});
    REQUIRE(opened.ok());
    sync = std::move(*opened);
    ledger = std::make_unique<ledger::OpenLedger>(store, sync->domain());
    replayer = std::make_unique<follow::Replayer>(*ledger, sync->view(), sync->batch_source(), world.clock,
                                                  follow::Replayer::Options{.keep_lost_batches = false});
}

void Operator::sit() {
    world.run(key, l1::rollup_call::become_sequencer(), world.parameters.stake);
    follow();
}

void Operator::follow() {
    for (bool up_to_date = false; !up_to_date;) {
        auto step = sync->step();
        REQUIRE(step.ok());
        up_to_date = *step;
    }
    while (replayer->step() == follow::Replayer::Progress::kWorked) {
    }
}

Operation Operator::operation_of(const Order& order) const {
    auto account = ledger->newest_account(AccountKey{order.from->address(), {}});
    REQUIRE(account.has_value());
    Operation out;
    out.kind = order.withdraw ? OperationKind::kWithdraw : OperationKind::kTransfer;
    out.payments = {{order.to, Amount{order.wei}}};
    out.nonce = account->account.nonce;
    if (!order.funds) return out;
    out.kind = OperationKind::kFund;
    out.channel.terms = *order.funds;
    out.payments[0].to = order.funds->address(ledger->domain_separator());
    return out;
}

BatchHeader Operator::post(const std::vector<Order>& orders, bool and_mine) {
    follow();
    while (auto queued = sync->view().queued(ledger->counters().l1_ops_consumed))
        REQUIRE(ledger->open_l1_operation(queued->operation).ok());
    for (const Order& order : orders) {
        Operation operation = operation_of(order);
        auto sender = ledger->newest_account(AccountKey{order.from->address(), {}});
        ledger::OperationReceipt receipt;
        auto checked = ledger::with_names(operation, order.from->address(), {}, ledger->domain_separator());
        checked.signature = order.from->sign(checked.digest);
        PostedOperation posted = ledger->posted_form(operation, sender->index);
        REQUIRE(ledger->open_operation(posted, checked, 0, receipt).ok());
    }
    uint64_t first_chunk = ledger->chunk_count();
    ledger::ChunkRecord sealed;
    REQUIRE(ledger->seal([](const Address&) { return std::nullopt; }, sealed).ok());
    ledger->flush(node::Durability::kSynced);
    const PostedBatch batch = posted(*ledger->assemble(ledger->last_header(), first_chunk, 1));
    ledger->mark_batch({batch.header(), batch.batch().l1_queue_hash, first_chunk, 0, {}});
    append(batch, and_mine);
    return batch.header();
}

drill::Lie Operator::lie(drill::LieKind kind, bool and_mine) {
    follow();
    auto made = drill::make_lie(*ledger, sync->view(), kind, key);
    INFO(node::to_string(made.status()));
    REQUIRE(made.ok());
    const PostedBatch batch = posted(made->batch);
    append(batch, and_mine);
    made->batch = batch.batch();
    return *made;
}

BatchHeader Operator::post_nothing_on(const BatchHeader& parent) {
    Batch batch;
    batch.number = parent.number + 1;
    batch.parent = parent;
    batch.last = parent.last;
    batch.l1_queue_hash = *world.contract().queue_hash(parent.last.l1_ops_consumed);
    batch.chunks = {{encode_ops({}), {}}};
    const PostedBatch out = posted(std::move(batch));
    append(out, true);
    return out.header();
}

PostedBatch Operator::posted(Batch batch) const {
    return source == DataSource::kBlobs ? PostedBatch::in_blobs(std::move(batch)) : PostedBatch(std::move(batch));
}

void Operator::append(const PostedBatch& posted, bool and_mine) {
    const PostedData& data = posted.data();
    l1::L1Wallet wallet(*world.client, key);
    auto sent = source == DataSource::kCalldata
                    ? wallet.send(world.rollup, 0, l1::rollup_call::append(data.argument))
                    : wallet.send_blobs(world.rollup, l1::rollup_call::append_blobs(data.argument),
                                        std::make_shared<const l1::BlobSidecar>(l1::make_sidecar(data.blobs).value()));
    INFO(node::to_string(sent.status()));
    REQUIRE(sent.ok());
    if (!and_mine) return;
    world.mine();
    REQUIRE(world.chain->receipt(*sent)->success);
}

// ---- Watcher ----

verifier::VerifierOptions Watcher::default_options() {
    verifier::VerifierOptions out;
    out.lost_after_ms = 0;
    return out;
}

Watcher::Watcher(L1World& in, const PrivateKey* with_key, verifier::VerifierOptions with, Begins its_begins)
    : world(in), key(with_key), options(with), begins(std::move(its_begins)), client(*in.client) {
    start();
}

void Watcher::start() {
    verifier.reset();
    sync.reset();
    auto opened = follow::L1Sync::open(store, client, world.rollup, {.blobs = world.blobs.get()});
    REQUIRE(opened.ok());
    sync = std::move(*opened);
    if (begins) begins(*this);
    wallet = key ? std::make_unique<l1::L1Wallet>(client, *key, l1::L1WalletOptions{}, world.clock) : nullptr;
    verifier = std::make_unique<verifier::Verifier>(store, *sync, client, wallet.get(), world.clock, options);
}

void Watcher::settle() {
    for (int i = 0; i < 10'000; ++i) {
        auto more = verifier->step();
        INFO(node::to_string(more.status()));
        REQUIRE(more.ok());
        if (!*more) return;
    }
    FAIL("the verifier never settles");
}

void Watcher::challenge_until_head(uint64_t batch) {
    for (int i = 0; i < 10 && world.contract().head()->number != batch; ++i) {
        settle();
        world.mine();
    }
    REQUIRE(world.contract().head()->number == batch);
    settle();
}

verifier::FraudProofRecord Watcher::only_proof() const {
    auto all = verifier->findings().fraud_proofs();
    REQUIRE(all.size() == 1);
    return all[0];
}

void Watcher::have_proof_stolen() {
    settle();
    world.mine();
    settle();  // the proof waits in the mempool now, where a thief sees it
    const verifier::FraudProofRecord proof = only_proof();
    REQUIRE(proof.prove_tx.has_value());
    world.chain->drop_transaction(*proof.prove_tx);
    world.run(world.rival, l1::rollup_call::prove(proof.proof));
    settle();
}

std::optional<verifier::VerdictRecord> Watcher::verdict(uint64_t number) const {
    return verifier->findings().latest_verdict(number);
}

std::optional<verifier::Warning> Watcher::warning(const std::string& reason) const {
    for (const verifier::Warning& warning : verifier->status().warnings) {
        if (warning.reason == reason) return warning;
    }
    return std::nullopt;
}

}  // namespace gavel::test

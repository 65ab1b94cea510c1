// The sequencer in one process with a simulated L1, behind a node with moods, on whichever store a test gives it: step() by step.
//
// Why the tests have other worlds beside it: a verifier's (tests/verifier/verifier_world.hpp) has several daemons on one L1, and
// posts lies, so its L1 is apart and mines by wallets' transactions; whole programs (tests/e2e/world.hpp) have real time; a
// benchmark's (bench/layers_world.hpp) is without Catch2, and has thousands of rich people.
#pragma once

#include <catch2/catch.hpp>
#include <future>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/wire/blob_sidecar.hpp"
#include "sequencer/sequencer.hpp"
#include "tests/contract/contract_fixture.hpp"
#include "tests/support/moody_node.hpp"

namespace gavel::sequencer_test {

using sequencer::Sequencer;
using sequencer::SequencerConfig;
using sequencer::Submission;
using sequencer::SubmitOutcome;

// A node that can also take only smaller transactions, or count another price for calldata.
class PickyNode final : public test::MoodyNode {
public:
    using MoodyNode::MoodyNode;
    size_t most_bytes = 0;         // of a raw transaction; 0: any
    uint64_t gas_per_byte = 40;    // of calldata, at least
    std::optional<u128> blob_wei;  // price of blob gas that it tells; nullopt: the chain's
    bool tells_no_blob_fee = false, takes_no_blobs = false;
    size_t sent = 0, refused = 0;
    std::vector<l1::Transaction> taken;
    Bytes newest_taken;  // as it was sent

    node::Result<l1::Fees> fees() override {
        auto fees = MoodyNode::fees();
        if (fees && blob_wei) fees->blob_base_fee = *blob_wei;
        if (fees && tells_no_blob_fee) fees->blob_base_fee.reset();
        return fees;
    }
    node::Result<uint64_t> estimate_gas(const l1::CallRequest& request) override {
        auto gas = MoodyNode::estimate_gas(request);
        if (gas) *gas = std::max<uint64_t>(*gas, 21'000 + gas_per_byte * request.data.size());
        return gas;
    }
    node::Result<Hash> send_raw(ByteView raw) override {
        ++sent;
        const l1::Transaction body = l1::decode_sent_transaction(raw)->transaction.body;
        if (body.has_blobs() && takes_no_blobs) {
            ++refused;
            return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "transaction type not supported"};
        }
        const bool is_too_large = most_bytes != 0 && raw.size() > most_bytes;
        if (is_too_large || body.gas_limit < 21'000 + gas_per_byte * body.data.size()) {
            ++refused;
            return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "no, thank you"};
        }
        auto hash = MoodyNode::send_raw(raw);
        if (hash && !loses_sends) {
            taken.push_back(body);
            newest_taken.assign(raw.begin(), raw.end());
        }
        return hash;
    }
};

inline constexpr u128 kMilli = kEther / 1000;

class World {
public:
    using Answers = std::vector<SubmitOutcome>;

    explicit World(SequencerConfig wanted = {}, const PrivateKey& its_key = PrivateKey::derived("home"),
                   std::unique_ptr<node::Store> its_store = std::make_unique<node::MemoryStore>())
        : store(std::move(its_store)), config(std::move(wanted)), key(its_key) {
        config.engine.fee_recipient = l1.home.address();
        config.engine.batch_age_ms = 5'000;
        // Most tests are about bytes of calldata; those about blobs say so.
        if (config.fees.posting.data == sequencer::DataMode::kAuto) post_in(sequencer::DataMode::kCalldata);
        config.fees.eth_percent = 0;
        start();
    }

    // From the next start() on.
    void post_in(sequencer::DataMode mode) { config.fees.posting.data = mode; }
    void stop() {
        sequencer.reset();
        sync.reset();
    }
    // Again, on the store of before.
    void start() {
        stop();
        wallet = std::make_unique<l1::L1Wallet>(client, key, wallet_options, clock);
        auto opened = follow::L1Sync::open(*store, client, l1.rollup, {.blobs = &blobs});
        INFO(node::to_string(opened.status()));
        REQUIRE(opened.ok());
        sync = std::move(*opened);
        metrics = std::make_unique<node::Metrics>();
        sequencer = std::make_unique<Sequencer>(*store, *sync, client, *wallet, archive, clock, *metrics, config);
    }
    void start(std::unique_ptr<node::Store> on) {
        stop();
        store = std::move(on);
        start();
    }
    // Without it: a store that only one can have open is free.
    void close_store() {
        stop();
        store.reset();
    }
    // What was written unsynced is gone.
    void lose_power() { dynamic_cast<node::MemoryStore&>(*store).lose_unsynced(); }

    // What stands in the way, by reason.
    std::optional<node::Trouble> trouble(const std::string& reason) const {
        for (const node::Trouble& one : sequencer->troubles().standing())
            if (one.reason == reason) return one;
        return std::nullopt;
    }

    // A figure as /metrics tells it.
    std::string metric(const std::string& name) const {
        const std::string text = metrics->text(), start = "\n" + name + " ";
        const size_t at = text.find(start);
        REQUIRE(at != text.npos);
        return text.substr(at + start.size(), text.find('\n', at + 1) - at - start.size());
    }

    // A block, so many seconds and one after the last; the clock shows its time.
    void mine(uint64_t seconds = 3) {
        l1.pass(seconds);
        clock.advance_to(l1.now() * 1000);
        REQUIRE(l1.chain->set_next_block_time(l1.now()).ok());
        l1.chain->mine();
        l1.pass(1);
    }
    // `rounds` of step, each followed by a block; then a step more.
    void run(int rounds, uint64_t seconds = 3) {
        for (int i = 0; i < rounds; ++i) {
            last = sequencer->step();
            mine(seconds);
        }
        last = sequencer->step();
    }

    void deposit(const PrivateKey& from, const Address& to, u128 wei) {
        REQUIRE(l1.send(from, l1::rollup_call::deposit_eth(to), wei).empty());
    }

    Submission transfer(const PrivateKey& from, const Address& to, u128 amount, uint64_t nonce, u128 fee = 0) const {
        Submission out;
        out.operation = {OperationKind::kTransfer, {}, {{to, Amount{amount}}}, Amount{fee}, nonce, {}};
        return sign(from, out);
    }
    Submission sign(const PrivateKey& from, Submission out) const {
        Domain domain = sync->domain();
        out.sender = from.address();
        out.chain_id = domain.chain_id;
        out.signature = from.sign(out.operation.digest(domain.separator()));
        return out;
    }
    // Answered by execute(), or by whatever thread finds that they can't be.
    std::shared_future<Answers> hand_over(const std::vector<Submission>& submissions) {
        auto promise = std::make_shared<std::promise<Answers>>();
        sequencer->submit(submissions, [promise](Answers answers) { promise->set_value(std::move(answers)); });
        return promise->get_future().share();
    }
    Answers submit(const std::vector<Submission>& submissions) {
        auto answers = hand_over(submissions);
        sequencer->execute();
        REQUIRE(answers.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
        REQUIRE(answers.get().size() == submissions.size());
        return answers.get();
    }
    SubmitOutcome submit(const Submission& submission) { return submit(std::vector{submission}).front(); }

    u128 balance(const Address& owner) const { return sequencer->queries().account({owner, {}}).balance.value(); }
    query::OperationStatus status(const Hash& digest) const {
        auto info = sequencer->queries().operation(digest);
        REQUIRE(info.ok());
        return info->status;
    }

    test::ContractFixture l1;
    l1::InProcessClient chain_client{*l1.chain, l1::ErrorNames(l1::rollup_error_signatures())};
    PickyNode client{chain_client};
    node::MemoryStore blob_store;
    follow::BlobArchive archive{blob_store};
    l1::InProcessBlobs chain_blobs{*l1.chain};
    follow::ArchivingSource blobs{archive, chain_blobs};
    node::ManualClock clock{test::kStart * 1000};
    std::unique_ptr<node::Store> store;
    SequencerConfig config;
    PrivateKey key;  // the operator's
    l1::L1WalletOptions wallet_options;
    std::unique_ptr<l1::L1Wallet> wallet;
    std::unique_ptr<follow::L1Sync> sync;
    std::unique_ptr<node::Metrics> metrics;
    std::unique_ptr<Sequencer> sequencer;
    node::Status last;
};

// A world in which alice has 5 ether on the second layer.
struct Funded : World {
    explicit Funded(SequencerConfig wanted = {}, const PrivateKey& its_key = PrivateKey::derived("home"))
        : World(std::move(wanted), its_key) {
        run(3);
        INFO(node::to_string(last));
        REQUIRE(sequencer->health().ok());
        deposit(l1.alice, l1.alice.address(), 5 * kEther);
        run(3);
        REQUIRE(balance(l1.alice.address()) == 5 * kEther);
    }
};

}  // namespace gavel::sequencer_test

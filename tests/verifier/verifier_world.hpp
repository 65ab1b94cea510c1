// A world in one process: the simulated L1 with a rollup, an honest operator, a liar, and verifiers that are driven step by step.
//
// No ContractFixture underneath: that one mines each transaction in a block of its own, at once. Here transactions wait in the
// mempool, where they are dropped, copied and taken back by reorganisations, and several daemons share the L1's clock.
#pragma once

#include <catch2/catch.hpp>

#include "drill/drill.hpp"
#include "follow/l1_sync.hpp"
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "ledger/open_ledger.hpp"
#include "node/clock.hpp"
#include "protocol/amount.hpp"
#include "tests/support/moody_node.hpp"
#include "verifier/verifier.hpp"

namespace gavel::test {

inline constexpr uint64_t kWindow = 4000, kInclusion = 800, kBlockTime = 12;

// Who has the chain's blobs, and moods.
class MoodyBlobs final : public l1::BlobSource {
public:
    explicit MoodyBlobs(const l1::SimulatedChain& chain) : blobs_(chain) {}
    bool is_empty = false;
    node::Result<Blob> fetch(const Hash& versioned_hash, const l1::BlobPlace& place) override {
        if (is_empty) return node::Status{node::Code::kNotFound, "BLOB_UNKNOWN", "", "nobody has it"};
        return blobs_.fetch(versioned_hash, place);
    }

private:
    l1::InProcessBlobs blobs_;
};

// The chain, its clock, and whoever has ETH on it.
class L1World {
public:
    L1World();

    // A block with what waits in the mempool, 12 seconds after the last.
    void mine();
    void pass(uint64_t seconds);
    uint64_t now() const { return chain->head().time; }
    // Sends, mines, and must succeed.
    l1::Receipt run(const PrivateKey& from, Bytes calldata, u128 value = 0);
    void deposit(const Address& to, u128 wei) { run(faucet, l1::rollup_call::deposit_eth(to), wei); }
    u128 balance(const Address& address) { return *client->balance(address); }
    l1::TermRecord term(uint64_t number) { return *contract().term(number); }
    l1::RollupClient contract() { return {*client, rollup}; }
    // Sent and mined by this account so far.
    uint64_t sent_by(const PrivateKey& key) { return *client->nonce(key.address(), true); }

    const PrivateKey operator_key = PrivateKey::derived("operator"), faucet = PrivateKey::derived("faucet"),
                     prover = PrivateKey::derived("prover"), rival = PrivateKey::derived("rival"),
                     home = PrivateKey::derived("home"), alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    node::MemoryStore chain_store;
    node::ManualClock clock{1'700'000'000'000};
    l1::NativeRegistry registry;
    std::unique_ptr<l1::SimulatedChain> chain;
    std::unique_ptr<l1::InProcessClient> client;
    std::unique_ptr<MoodyBlobs> blobs;
    l1::RollupParameters parameters;
    Address rollup, refuser;  // the second takes no ETH
};

// A client of that chain whose line can be cut, and whose estimates of gas can go wrong.
class LossyClient final : public MoodyNode {
public:
    using MoodyNode::MoodyNode;
    uint64_t estimates = 0;          // asked for
    uint64_t priced_estimates = 0;   // of those, with a price of gas
    uint64_t refused_estimates = 0;  // so many are refused
    u128 dearer_by = 0;              // wei per gas, told on top of the chain's base fee
    bool hides_reverts = false;      // what would revert is estimated as if it didn't

    node::Result<uint64_t> estimate_gas(const l1::CallRequest& request) override {
        ++estimates;
        priced_estimates += request.max_fee != 0;
        if (refused_estimates > 0) {
            --refused_estimates;
            return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "gas required exceeds allowance"};
        }
        auto gas = MoodyNode::estimate_gas(request);
        return !gas && hides_reverts ? node::Result<uint64_t>(uint64_t{120'000}) : gas;
    }
    node::Result<l1::Fees> fees() override {
        auto fees = MoodyNode::fees();
        if (fees) fees->base_fee += dearer_by;
        return fees;
    }
};

// Whoever holds the seat: posts honest batches, made operation by operation, and lies.
class Operator {
public:
    explicit Operator(L1World& world, const PrivateKey& key, DataSource source = DataSource::kCalldata);

    // Takes the seat with the stake.
    void sit();
    // Reads all that the L1 tells.
    void follow();
    // A batch of one chunk: what waits of L1 operations, then these. Appended, and mined unless told otherwise.
    struct Order {
        const PrivateKey* from;
        Address to;
        u128 wei;
        bool withdraw = false;
        const ChannelTerms* funds = nullptr;  // the channel that the wei go to, whoever `to` is
    };
    BatchHeader post(const std::vector<Order>& orders, bool and_mine = true);
    // As it was posted, in blobs perhaps.
    drill::Lie lie(drill::LieKind kind, bool and_mine = true);
    // A batch of nothing on any header, a false one perhaps.
    BatchHeader post_nothing_on(const BatchHeader& parent);

    L1World& world;
    PrivateKey key;
    DataSource source;  // where its batches' data are
    node::MemoryStore store;
    std::unique_ptr<follow::L1Sync> sync;
    std::unique_ptr<ledger::OpenLedger> ledger;
    std::unique_ptr<follow::Replayer> replayer;

private:
    PostedBatch posted(Batch batch) const;
    void append(const PostedBatch& posted, bool and_mine);
    Operation operation_of(const Order& order) const;
};

// Two honest batches: deposits of alice, bob and the operator, and payments among them.
struct HonestStart {
    L1World world;
    Operator op;

    explicit HonestStart(DataSource source = DataSource::kCalldata) : op(world, world.operator_key, source) {
        op.sit();
        world.deposit(world.alice.address(), 10 * kEther);
        world.deposit(world.bob.address(), 5 * kEther);
        world.deposit(world.operator_key.address(), kEther);
        op.post({{&world.alice, world.bob.address(), kEther}, {&world.bob, PrivateKey::derived("new").address(), 3}});
        op.post({{&world.alice, world.bob.address(), 7}});
    }
};

// A verifier on a store of its own, that can be stopped and started.
class Watcher {
public:
    // `begins`: what is done to the store before the verifier opens its ledger there, each time that it starts.
    using Begins = std::function<void(Watcher&)>;
    Watcher(L1World& in, const PrivateKey* with_key, verifier::VerifierOptions with = default_options(), Begins begins = {});
    static verifier::VerifierOptions default_options();

    void start();
    void restart() { start(); }
    // Steps until there is nothing more to do.
    void settle();
    // Settles and mines until the L1's batch head is this one.
    void challenge_until_head(uint64_t batch);
    verifier::FraudProofRecord only_proof() const;
    // Sends the proof that is due, from whose mempool the rival takes it, and is first.
    void have_proof_stolen();
    // The latest on that batch.
    std::optional<verifier::VerdictRecord> verdict(uint64_t number) const;
    std::optional<verifier::Warning> warning(const std::string& reason) const;
    bool warns(const std::string& reason) const { return warning(reason).has_value(); }

    L1World& world;
    const PrivateKey* key;
    verifier::VerifierOptions options;
    Begins begins;
    LossyClient client;
    node::MemoryStore store;
    std::unique_ptr<follow::L1Sync> sync;
    std::unique_ptr<l1::L1Wallet> wallet;
    std::unique_ptr<verifier::Verifier> verifier;
};

}  // namespace gavel::test

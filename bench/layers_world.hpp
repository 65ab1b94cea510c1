// A sequencer on a simulated L1, and its users: the two layers that gavel-bench-layers compares.
//
// Not the tests' world (tests/sequencer/sequencer_world.hpp): a benchmark links nothing of the tests', fails by an exception, has
// thousands of people who are rich, and a store on disk.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "bench/own_l1.hpp"
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "sequencer/sequencer.hpp"

namespace gavel::bench {

// An L1 node that is far away.
class FarClient final : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    std::atomic<unsigned> latency_ms{0};  // of each question
    // When it took transactions with blobs.
    std::vector<std::chrono::steady_clock::time_point> blobs_taken() const;
    node::Result<Hash> send_raw(ByteView raw) override;

private:
    node::Status admit() override;

    mutable std::mutex mutex_;
    std::vector<std::chrono::steady_clock::time_point> blobs_taken_;
};

// Fails by throwing std::runtime_error.
class LayersWorld : public OwnL1 {
public:
    // `store_dir`: of the sequencer's LevelDB, which keeps what it confirms. Users are rich on the L1.
    LayersWorld(const std::string& store_dir, size_t users, const sequencer::SequencerConfig& config);
    ~LayersWorld();

    const PrivateKey& user(size_t number) const { return people_.at(number); }
    size_t users() const { return users_; }
    // Somebody else who is rich on the L1, another one each time.
    const PrivateKey& next_of_crowd() { return people_.at(next_++); }
    u128 base_fee() const { return chain->head_header().base_fee; }

    // Takes a block's time: the sequencer follows the L1, and a block is mined.
    void step();
    // A confirmed deposit of ETH or of the token, by the bank.
    void deposit(const Address& token, u128 amount);
    sequencer::Submission sign(const PrivateKey& from, Operation operation, uint64_t nonce) const;
    // Confirmed, each; throws for one that isn't.
    void submit(const std::vector<sequencer::Submission>& submissions);

    // Each question of the sequencers' to the L1 takes so long from now on.
    void set_latency(unsigned milliseconds) { far_->latency_ms = milliseconds; }
    std::vector<std::chrono::steady_clock::time_point> blobs_taken() const { return far_->blobs_taken(); }

    // A sequencer's blobs, in memory, and the chain's behind them.
    struct StationBlobs {
        explicit StationBlobs(const l1::SimulatedChain& its_chain) : chain(its_chain) {}
        node::MemoryStore store;
        follow::BlobArchive archive{store};
        l1::InProcessBlobs chain;
        follow::ArchivingSource source{archive, chain};
    };
    // A sequencer with what it needs beside the L1.
    struct Station {
        std::unique_ptr<node::LevelDbStore> store;
        std::unique_ptr<StationBlobs> blobs;
        std::unique_ptr<l1::L1Wallet> wallet;
        std::unique_ptr<follow::L1Sync> sync;
        std::unique_ptr<node::Metrics> metrics;
        std::unique_ptr<sequencer::Sequencer> sequencer;
    };
    // One that another sits before.
    Station standby(const std::string& store_dir, const sequencer::SequencerConfig& config);

    Address token;
    sequencer::Sequencer* sequencer = nullptr;

private:
    LayersWorld(const std::string& store_dir, size_t users, const sequencer::SequencerConfig& config,
                const std::vector<PrivateKey>& people);

    std::vector<PrivateKey> people_;  // the users, then the crowd
    size_t users_, next_;
    const PrivateKey poster_ = PrivateKey::derived("poster");
    std::unique_ptr<l1::InProcessClient> client_;
    std::unique_ptr<FarClient> far_;
    Station station_;

    Station open(const std::string& store_dir, const PrivateKey& key, const sequencer::SequencerConfig& config);
};

}  // namespace gavel::bench

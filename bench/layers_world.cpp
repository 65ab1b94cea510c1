#include "bench/layers_world.hpp"

#include <stdexcept>
#include <thread>

#include "l1-bridge/client/deployment.hpp"

namespace gavel::bench {
namespace {

constexpr size_t kCrowd = 5'000;
constexpr uint64_t kNever = 1'000'000'000;  // blocks come when the benchmark wants them

std::vector<PrivateKey> people_of(size_t users) {
    std::vector<PrivateKey> out;
    for (size_t i = 0; i < users + kCrowd; ++i) out.push_back(PrivateKey::derived("user " + std::to_string(i)));
    out.push_back(PrivateKey::derived("poster"));
    return out;
}

}  // namespace

node::Status FarClient::admit() {
    std::this_thread::sleep_for(std::chrono::milliseconds(latency_ms));
    return {};
}

node::Result<Hash> FarClient::send_raw(ByteView raw) {
    auto taken = ForwardingClient::send_raw(raw);
    if (taken && raw[0] == l1::kBlobTransactionType) {
        std::lock_guard lock(mutex_);
        blobs_taken_.push_back(std::chrono::steady_clock::now());
    }
    return taken;
}

std::vector<std::chrono::steady_clock::time_point> FarClient::blobs_taken() const {
    std::lock_guard lock(mutex_);
    return blobs_taken_;
}

LayersWorld::LayersWorld(const std::string& store_dir, size_t users, const sequencer::SequencerConfig& config)
    : LayersWorld(store_dir, users, config, people_of(users)) {}

LayersWorld::LayersWorld(const std::string& store_dir, size_t users, const sequencer::SequencerConfig& wanted,
                         const std::vector<PrivateKey>& people)
    : OwnL1(people), people_(people), users_(users), next_(users) {
    token = *run(bank, std::nullopt, l1::test_token_creation("Test Dollar", "TUSD", 6)).contract_address;
    run(bank, token, l1::AbiWriter("mint(address,uint256)").word(poster_.address()).word(u128{1'000}).take());
    sequencer::SequencerConfig config = wanted;
    config.engine.fee_recipient = poster_.address();
    config.l1_stale_after_ms = kNever;
    config.fees.per_transfer[token] = Amount{1'000};
    client_ = std::make_unique<l1::InProcessClient>(*chain, l1::ErrorNames(l1::rollup_error_signatures()));
    far_ = std::make_unique<FarClient>(*client_);
    station_ = open(store_dir, poster_, config);
    sequencer = station_.sequencer.get();
    chain->set_auto_mine(true);  // it waits for its approval of the token
    for (int i = 0; i < 30 && !sequencer->health().ok(); ++i) step();
    chain->set_auto_mine(false);
    if (!sequencer->health().ok()) throw std::runtime_error(node::to_string(sequencer->health()));
}

LayersWorld::~LayersWorld() = default;

LayersWorld::Station LayersWorld::open(const std::string& store_dir, const PrivateKey& key,
                                       const sequencer::SequencerConfig& config) {
    Station out;
    out.store = std::make_unique<node::LevelDbStore>(store_dir);
    out.wallet = std::make_unique<l1::L1Wallet>(*far_, key, l1::L1WalletOptions{}, clock);
    out.blobs = std::make_unique<StationBlobs>(*chain);
    auto sync = follow::L1Sync::open(*out.store, *far_, rollup, {.blobs = &out.blobs->source});
    if (!sync) throw std::runtime_error(node::to_string(sync.status()));
    out.sync = std::move(*sync);
    out.metrics = std::make_unique<node::Metrics>();
    out.sequencer = std::make_unique<sequencer::Sequencer>(*out.store, *out.sync, *far_, *out.wallet, out.blobs->archive, clock,
                                                           *out.metrics, config);
    return out;
}

LayersWorld::Station LayersWorld::standby(const std::string& store_dir, const sequencer::SequencerConfig& wanted) {
    sequencer::SequencerConfig config = wanted;
    config.take_seat = config.open_fee_accounts = false;
    config.l1_stale_after_ms = kNever;
    return open(store_dir, user(0), config);
}

void LayersWorld::step() {
    node::Status status = sequencer->step();
    if (!status.ok() && status.code != node::Code::kUnavailable) throw std::runtime_error(node::to_string(status));
    mine();
}

void LayersWorld::deposit(const Address& of, u128 amount) {
    if (of.is_zero()) {
        run(bank, rollup, l1::rollup_call::deposit_eth(bank.address()), amount);
    } else {
        run(bank, of, l1::AbiWriter("mint(address,uint256)").word(bank.address()).word(amount).take());
        run(bank, of, l1::AbiWriter("approve(address,uint256)").word(rollup).word(amount).take());
        run(bank, rollup, l1::rollup_call::deposit_token(of, bank.address(), Amount{amount}));
    }
    for (int i = 0; i < 10; ++i) {
        step();
        if (sequencer->queries().account({bank.address(), of}).balance == Amount{amount}) return;
    }
    throw std::runtime_error("a deposit isn't credited");
}

sequencer::Submission LayersWorld::sign(const PrivateKey& from, Operation operation, uint64_t nonce) const {
    operation.nonce = nonce;
    sequencer::Submission out;
    out.sender = from.address();
    out.chain_id = station_.sync->domain().chain_id;
    out.signature = from.sign(operation.digest(station_.sync->domain().separator()));
    out.operation = std::move(operation);
    return out;
}

void LayersWorld::submit(const std::vector<sequencer::Submission>& submissions) {
    std::optional<std::vector<sequencer::SubmitOutcome>> answers;
    sequencer->submit(submissions, [&](std::vector<sequencer::SubmitOutcome> outcomes) { answers = std::move(outcomes); });
    sequencer->execute();
    if (!answers || answers->size() != submissions.size()) throw std::runtime_error("operations aren't answered");
    for (const sequencer::SubmitOutcome& outcome : *answers) {
        if (!outcome.status.ok()) throw std::runtime_error(node::to_string(outcome.status));
    }
}

}  // namespace gavel::bench

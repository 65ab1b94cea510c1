// A congested L1: more is asked for than blocks hold, the base fee rises (EIP-1559), and what users of either layer feel of it.
#include <chrono>
#include <cmath>
#include <deque>

#include "bench/layers.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kBidGas = 2'500'000;  // of a bidder's transaction: calldata, 40 gas a byte
constexpr unsigned kPaymentsPerBlock = 200;
constexpr uint64_t kTransferGas = 21'000;
constexpr uint64_t kBidBlobs = 6;  // of a transaction

double unit(uint64_t seed) { return double(ByteReader(keccak256(ByteWriter().u64(seed).bytes())).u64() >> 11) * 0x1p-53; }

// People who want blockspace: each bids what it is worth to him, from 1.5 to 201 gwei, evenly on a log scale; `blocks` of gas in
// all.
void bid(LayersWorld& world, uint64_t block, double blocks) {
    static const Bytes data((kBidGas - 21'000) / 40, 0x5a);
    const auto count = static_cast<unsigned>(blocks * double(kBlockGas) / double(kBidGas));
    for (unsigned i = 0; i < count; ++i) {
        const uint64_t seed = block * 1'000 + i;
        const u128 worth = static_cast<u128>(0.5 * std::pow(400.0, unit(seed)) * 1e9) + kGwei;
        world.send(world.transaction(world.next_of_crowd(), Address::from(Bytes(20, 0xbb)), data, 0, kBidGas, worth));
    }
}

// People who want blobs, likewise: the gas of one is worth 1 to 400 times its reserve at 1 gwei. All post the same.
class BlobBidders {
public:
    explicit BlobBidders(LayersWorld& world) : world_(world) {}

    void bid(uint64_t block, uint64_t blobs) {
        for (uint64_t i = 0; i < blobs / kBidBlobs; ++i) {
            const auto worth = static_cast<u128>(std::pow(400.0, unit(block * 1'000 + 500 + i)) * kReserve * 1e9);
            const Address to = Address::from(Bytes(20, 0xcc));
            world_.send(world_.blob_transaction(world_.next_of_crowd(), to, {}, sidecar_, kTransferGas, {0, worth}));
        }
    }

private:
    LayersWorld& world_;
    const l1::BlobSidecar sidecar_ = l1::make_sidecar(std::vector<Blob>(kBidBlobs)).value();
};

// Somebody who pays on the L1 once a block, with a wallet's usual fee: twice the base fee, and a tip.
class DirectUser {
public:
    explicit DirectUser(LayersWorld& world) : world_(world) {}

    void pay() {
        u128 fee = 2 * world_.base_fee() + kGwei;
        const Address to = Address::from(Bytes(20, 0xdd));
        waiting_.push_back(world_.send(world_.transaction(world_.next_of_crowd(), to, {}, 1, kTransferGas, fee)));
    }
    uint64_t waiting() {
        std::erase_if(waiting_, [&](const Hash& hash) { return world_.chain->receipt(hash).has_value(); });
        return waiting_.size();
    }

private:
    LayersWorld& world_;
    std::deque<Hash> waiting_;
};

}  // namespace

std::vector<Moment> measure_congestion(LayersWorld& world, unsigned calm, unsigned busy, unsigned after) {
    std::vector<Moment> out;
    DirectUser direct(world);
    BlobBidders blob_bidders(world);
    uint64_t nonce = world.sequencer->queries().account({world.user(1).address(), {}}).nonce;
    std::deque<std::pair<uint64_t, uint64_t>> unposted;  // operations in all after a block's payments, and when they were made
    for (unsigned block = 0; block < calm + busy + after; ++block) {
        Moment now;
        now.block = block;
        const bool is_calm = block < calm || block >= calm + busy;
        now.demand = is_calm ? 0.4 : 2.0;
        now.blobs_wanted = is_calm ? 2 * kBidBlobs : 2 * world.chain->blob_schedule().max;
        bid(world, block, now.demand);
        blob_bidders.bid(block, now.blobs_wanted);
        direct.pay();

        auto quote = world.sequencer->estimate_fee({}, {});
        if (!quote) throw std::runtime_error(node::to_string(quote.status()));
        now.rollup_fee = double(quote->suggested.value()) / 1e18;
        std::vector<sequencer::Submission> payments;
        for (unsigned i = 0; i < kPaymentsPerBlock; ++i) {
            const Payment payment{world.user(2 + i).address(), Amount{u128{1'000'000'000'000} * (i + 11)}};
            Operation operation{OperationKind::kTransfer, {}, {payment}, quote->suggested, 0, {}};
            payments.push_back(world.sign(world.user(1), operation, nonce++));
        }
        const auto begin = std::chrono::steady_clock::now();
        for (const sequencer::Submission& payment : payments) world.submit({payment});
        const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
        now.confirmed_ms = taken.count() / kPaymentsPerBlock;
        const uint64_t time = world.clock.now_ms() / 1000;
        unposted.emplace_back(world.sequencer->queries().chain_info().op_count, time);

        (void)world.sequencer->follow();
        l1::BlockHeader header = world.mine();
        (void)world.sequencer->follow();
        now.base_fee_gwei = double(header.base_fee) / 1e9;
        now.blob_fee_gwei = double(l1::blob_base_fee(world.chain->blob_schedule(), header.blob_gas.excess)) / 1e9;
        now.direct_fee = double(header.base_fee + kGwei) * kTransferGas / 1e18;
        now.direct_waits = direct.waiting();
        const uint64_t posted = world.sequencer->queries().chain_info().posted_op_count;
        while (!unposted.empty() && unposted.front().first <= posted) unposted.pop_front();
        now.posting_age_s = unposted.empty() ? 0 : double(world.clock.now_ms() / 1000 - unposted.front().second);
        out.push_back(now);
    }
    return out;
}

}  // namespace gavel::bench

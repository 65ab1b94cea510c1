// A wallet that sends blobs, before a node that has the rules of geth's blob pool and is watched.
#pragma once

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "tests/l1/blob_world.hpp"

namespace gavel::test {

inline constexpr uint64_t kGas = 21'000;

class WatchedNode final : public ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    bool is_busy = false;  // takes nothing, and doesn't say why
    bool tells_blob_price = true;
    std::vector<SentTransaction> given;

    node::Result<Hash> send_raw(ByteView raw) override {
        given.push_back(*decode_sent_transaction(raw));
        if (is_busy) return node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "too many requests"};
        return ForwardingClient::send_raw(raw);
    }
    node::Result<Fees> fees() override {
        auto out = ForwardingClient::fees();
        if (out && !tells_blob_price) out->blob_base_fee.reset();
        return out;
    }
    const Transaction& last() const { return given.back().transaction.body; }
};

// Blocks have place for two blobs, and each full one makes the next ones' 79 times as dear, from 1 wei on.
struct WalletWorld : BlobWorld {
    std::unique_ptr<InProcessClient> chain_client;
    std::unique_ptr<WatchedNode> node;
    node::ManualClock wallet_clock{1'000'000};
    std::unique_ptr<L1Wallet> wallet;

    explicit WalletWorld(L1WalletOptions wanted = {}, uint64_t update_fraction = 30'000) {
        options.blob_schedule = {1, 2, update_fraction};
        options.minimum_base_fee = kGwei;
        options.genesis_balances = {{alice.address(), 1000 * kEther}, {bob.address(), 1'000'000'000 * kEther}};
        begin_anew();
        chain_client = std::make_unique<InProcessClient>(*chain, ErrorNames());
        node = std::make_unique<WatchedNode>(*chain_client);
        wallet = another(wanted);
    }
    // One of alice's: as of a process that was started anew.
    std::unique_ptr<L1Wallet> another(L1WalletOptions wanted = {}) {
        wanted.bump_after = std::chrono::seconds(30);
        wanted.poll = std::chrono::milliseconds(1);
        return std::make_unique<L1Wallet>(*node, alice, wanted, wallet_clock);
    }
    static std::shared_ptr<const BlobSidecar> blobs(uint8_t mark = 1, size_t count = 1) {
        return std::make_shared<const BlobSidecar>(flat_sidecar(count, mark));
    }
    node::Result<Hash> try_post(std::shared_ptr<const BlobSidecar> sidecar) {
        return wallet->send_blobs(bob.address(), {}, std::move(sidecar), kGas);
    }
    Hash post(std::shared_ptr<const BlobSidecar> sidecar) {
        auto sent = try_post(std::move(sidecar));
        INFO(node::to_string(sent.status()));
        REQUIRE(sent.ok());
        return *sent;
    }
    Hash post(uint8_t mark = 1) { return post(blobs(mark)); }
    node::Result<Hash> pay() { return wallet->send(bob.address(), 1, {}, kGas); }
    node::Status later(uint64_t seconds) {
        wallet_clock.advance(seconds * 1000);
        return wallet->keep_up();
    }
    // Blocks that others fill with blobs, for whatever they cost.
    void crowd(int blocks = 1) {
        for (int i = 0; i < blocks; ++i) {
            const BlobSidecar two = flat_sidecar(2, 99);
            Transaction body = blob_draft(bob, two);
            body.max_priority_fee = 400 * kGwei, body.max_fee = 500 * kGwei, body.max_blob_fee = 1'000'000'000 * kGwei;
            send_blobs(body, bob, two);
            chain->mine();
        }
    }
    // Long enough for what waits to be replaced, with a block that leaves it out.
    node::Status too_long(uint64_t seconds = 31) {
        (void)later(seconds);
        crowd();
        return later(1);
    }
    bool is_mined(const Hash& sent) {
        auto receipt = wallet->receipt(sent);
        REQUIRE(receipt.ok());
        return receipt->has_value();
    }
    u128 blob_price() { return *chain->fees().blob_base_fee; }
    uint64_t mined_nonce() { return *chain->nonce(alice.address()); }
    bool has(const Hash& hash) { return chain->transaction(hash).has_value(); }
};

inline constexpr uint64_t kSteadyPrice = 11'684'671;  // the update fraction of blobs that stay at 1 wei in these tests

}  // namespace gavel::test

// The simulated chain's answers about blobs held against Anvil's: the same signed transactions go to both.
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "l1-bridge/chain/beacon_service.hpp"
#include "l1-bridge/chain/rpc_objects.hpp"
#include "tests/l1/blob_world.hpp"
#include "tests/l1/ethereum_node.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

// A chain as Anvil makes it: its schedule is Prague's, whatever fork it is told.
struct TwoChains : BlobWorld {
    AnvilNode anvil;
    uint64_t next_nonce = 0;

    explicit TwoChains(u128 base_fee)
        : anvil({"--block-base-fee-per-gas", std::to_string(static_cast<uint64_t>(base_fee)), "--no-mining"}) {
        options.initial_base_fee = base_fee;
        begin_anew();
        anvil.fund(alice.address());
    }
    // To both, into the next block.
    Hash send(const BlobSidecar& sidecar) {
        Transaction body = blob_draft(alice, sidecar);
        body.nonce = next_nonce++;
        const Bytes raw = network_form(sign(body, alice), sidecar);
        auto theirs = anvil.client().send_raw(raw);
        INFO(to_string(theirs.status()));
        REQUIRE(theirs.ok());
        auto ours = chain->send_raw(raw);
        INFO(to_string(ours.status()));
        REQUIRE(ours.ok());
        CHECK(*ours == *theirs);
        return *ours;
    }
    void mine() {
        chain->mine();
        anvil.mine();
    }
    json ask(const std::string& method, const json& params) { return json::parse(anvil.ask(method, params.dump())); }
    // What both say of the head and of the block after it.
    void compare_fees() {
        const json theirs = ask("eth_getBlockByNumber", {"latest", false});
        const json ours = rpc::block_json(*chain->block(chain->head().number), false);
        for (const char* name : {"number", "blobGasUsed", "excessBlobGas", "requestsHash", "parentBeaconBlockRoot"}) {
            INFO(name);
            CHECK(ours[name] == theirs[name]);
        }
        CHECK(rpc::quantity(*chain->fees().blob_base_fee) == ask("eth_blobBaseFee", json::array()));
    }
    httplib::Result beacon(const std::string& query) { return httplib::Client(anvil.url()).Get("/eth/v1/beacon/blobs/" + query); }
};

}  // namespace

TEST_CASE("a transaction with blobs has the same objects here and on Anvil") {
    TwoChains two(kGwei);
    const BlobSidecar sidecar = flat_sidecar(3);
    const Hash hash = two.send(sidecar);
    two.mine();
    const json receipt = two.ask("eth_getTransactionReceipt", {to_hex(hash)});
    const auto ours = two.chain->receipt(hash);
    const json our_receipt = rpc::receipt_json(*ours);
    for (const char* name : {"status", "type", "blobGasUsed", "blobGasPrice", "gasUsed", "from", "to", "transactionHash"}) {
        INFO(name);
        CHECK(our_receipt[name] == receipt[name]);
    }
    CHECK((**two.anvil.client().receipt(hash)).blob_gas == ours->blob_gas);
    const json transaction = two.ask("eth_getTransactionByHash", {to_hex(hash)});
    const json our_transaction = rpc::transaction_json(*two.chain->transaction(hash));
    for (const char* name : {"type", "maxFeePerBlobGas", "blobVersionedHashes", "hash", "nonce", "chainId", "r", "s"}) {
        INFO(name);
        CHECK(our_transaction[name] == transaction[name]);
    }
    CHECK((**two.anvil.client().transaction_input(hash)).blob_hashes == versioned_hashes(sidecar));
    CHECK(two.anvil.client().fees()->blob_base_fee == two.chain->fees().blob_base_fee);
}

TEST_CASE("the blob fee of blocks is the same here and on Anvil, with the reserve price and without it") {
    for (u128 base_fee : {kGwei, u128{1}}) {
        TwoChains two(base_fee);
        const BlobSidecar six = flat_sidecar(6), three = flat_sidecar(3, 2);
        two.compare_fees();
        for (int blobs : {21, 21, 18, 15, 12, 3, 0, 21, 0}) {
            for (int i = 0; i < blobs / 6; ++i) two.send(six);
            if (blobs % 6 == 3) two.send(three);
            two.mine();
            INFO(blobs);
            CHECK(two.blobs_of_head() == static_cast<uint64_t>(blobs));
            two.compare_fees();
        }
    }
}

TEST_CASE("the beacon URL answers the same here and on Anvil") {
    TwoChains two(kGwei);
    const BlobSidecar sidecar = flat_sidecar(2), second = flat_sidecar(1, 2);
    two.send(sidecar);
    two.send(second);
    two.mine();
    const std::string first = to_hex(versioned_hashes(sidecar)[1]), last = to_hex(versioned_hashes(second)[0]);
    const std::vector<std::vector<std::string>> asked{
        {}, {first}, {last}, {last, first}, {to_hex(Hash{})}, {"0x01"}, {last + "," + first}};
    for (const char* block : {"1", "0", "7", "abc", "finalized", "genesis", "head"}) {
        for (const auto& hashes : asked) {
            std::string query = block;
            for (const std::string& hash : hashes) query += (query == block ? "?" : "&") + ("versioned_hashes=" + hash);
            INFO(query);
            auto theirs = two.beacon(query);
            REQUIRE(theirs);
            auto ours = beacon_blobs(*two.chain, block, hashes);
            CHECK(ours.status == theirs->status);
            if (ours.status == 200 && theirs->status == 200) CHECK(json::parse(ours.body) == json::parse(theirs->body));
        }
    }
}

TEST_CASE("a sidecar that proves nothing is refused here and on Anvil") {
    TwoChains two(kGwei);
    const BlobSidecar sidecar = flat_sidecar(1), other = flat_sidecar(1, 2);
    const SignedTransaction made = sign(two.blob_draft(two.alice, sidecar), two.alice);
    BlobSidecar wrong = sidecar;
    wrong.blobs = other.blobs;
    for (const Bytes& raw : {network_form(made, wrong), network_form(made, other), made.raw}) {
        CHECK(!two.anvil.client().send_raw(raw).ok());
        CHECK(!two.chain->send_raw(raw).ok());
    }
}

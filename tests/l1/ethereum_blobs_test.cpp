// The simulated chain's answers about blobs held against Anvil's: the same signed transactions go to both.
#include <httplib.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "l1-bridge/chain/beacon_service.hpp"
#include "l1-bridge/chain/rpc_objects.hpp"
#include "l1-bridge/client/beacon_blob_source.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "tests/l1/blob_world.hpp"
#include "tests/l1/ethereum_node.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

// What Anvil 1.7.1 goes by, whatever fork it is told: BPO1's schedule for the excess, Prague's for the fee that follows from it
// and for a block's room, so that the excess never rises from zero by itself.
constexpr BlobSchedule kOfExcess{10, 15, 8'346'193}, kOfFee{6, 9, 5'007'716};

// Anvil loads its KZG setup with the first blob, which takes long where others work too.
constexpr std::chrono::milliseconds kPatience{120'000};

// A chain like Anvil's, beside one of its own.
struct TwoChains : BlobWorld {
    AnvilNode anvil;
    uint64_t next_nonce = 0;

    explicit TwoChains(u128 base_fee)
        : anvil({"--block-base-fee-per-gas", std::to_string(static_cast<uint64_t>(base_fee)), "--no-mining"}, kPatience) {
        options.initial_base_fee = base_fee;
        options.blob_schedule = kOfExcess;
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

TEST_CASE("blocks with blobs say the same of them here and on Anvil") {
    TwoChains two(kGwei);
    const BlobSidecar six = flat_sidecar(6), three = flat_sidecar(3, 2);
    two.compare_fees();
    for (int blobs : {9, 9, 6, 3, 0, 9}) {
        if (blobs >= 6) two.send(six);
        if (blobs % 6 == 3) two.send(three);
        two.mine();
        INFO(blobs);
        CHECK(two.blobs_of_head() == static_cast<uint64_t>(blobs));
        two.compare_fees();
    }
}

namespace {

// A first block with excess blob gas, which Anvil's own blocks never come to.
std::string genesis_with(u128 base_fee, uint64_t excess) {
    json config{{"chainId", 31'337}, {"terminalTotalDifficulty", 0}};
    for (const char* time : {"shanghaiTime", "cancunTime", "pragueTime", "osakaTime"}) config[time] = 0;
    for (const char* block : {"homesteadBlock", "eip150Block", "eip155Block", "eip158Block", "byzantiumBlock",
                              "constantinopleBlock", "petersburgBlock", "istanbulBlock", "berlinBlock", "londonBlock"}) {
        config[block] = 0;
    }
    return json{{"config", config},          {"nonce", "0x0"},
                {"timestamp", "0x6b0a1216"}, {"extraData", "0x"},
                {"gasLimit", "0x1c9c380"},   {"difficulty", "0x0"},
                {"mixHash", to_hex(Hash{})}, {"coinbase", to_hex(Address{})},
                {"alloc", json::object()},   {"baseFeePerGas", rpc::quantity(base_fee)},
                {"blobGasUsed", "0x0"},      {"excessBlobGas", rpc::quantity(excess)}}
        .dump();
}

}  // namespace

TEST_CASE("the blob fee after each of Anvil's blocks is what follows from it here, with the reserve price and without it") {
    const BlobSidecar six = flat_sidecar(6), three = flat_sidecar(3, 2);
    // At this excess a blob costs 159,773 wei by BPO1's fraction, as much as 8,192 gas at 2,556,368.
    for (u128 base_fee : {u128{7}, u128{3'000'000}, 10 * kGwei}) {
        test::TempDir folder;
        std::ofstream(folder.file("genesis.json")) << genesis_with(base_fee, 100'000'000);
        AnvilNode anvil({"--no-mining", "--init", folder.file("genesis.json")}, kPatience);
        BlobWorld w;  // for drafts alone
        anvil.fund(w.alice.address());
        auto ask = [&](const std::string& method, const json& params) { return json::parse(anvil.ask(method, params.dump())); };
        uint64_t nonce = 0, highest = 0;
        for (int blobs : {0, 9, 9, 3, 0, 0, 0, 0, 6, 0, 0}) {
            for (const BlobSidecar* sidecar : {&six, &three}) {
                if (sidecar == &six ? blobs < 6 : blobs % 6 != 3) continue;
                Transaction body = w.blob_draft(w.alice, *sidecar);
                body.nonce = nonce++;
                body.max_fee = 100 * kGwei, body.max_blob_fee = 100 * kGwei;
                REQUIRE(anvil.client().send_raw(network_form(sign(body, w.alice), *sidecar)).ok());
            }
            anvil.mine();
            const json block = ask("eth_getBlockByNumber", {"latest", false});
            auto of = [&](const char* name) { return static_cast<uint64_t>(*rpc::parse_quantity(block[name])); };
            const BlobGas gas{of("blobGasUsed"), of("excessBlobGas")};
            INFO(block["number"] << " " << gas.used << " " << gas.excess << " " << of("baseFeePerGas"));
            CHECK(gas.used == static_cast<uint64_t>(blobs) * kGasPerBlob);
            const uint64_t next = next_excess_blob_gas(kOfExcess, gas, of("baseFeePerGas"));
            CHECK(rpc::quantity(blob_base_fee(kOfFee, next)) == ask("eth_blobBaseFee", json::array()));
            highest = std::max(highest, gas.excess);
        }
        CHECK((highest > 100'000'000) == (base_fee > 7));  // the reserve price was met, or not
    }
}

TEST_CASE("the beacon URL answers the same here and on Anvil") {
    TwoChains two(kGwei);
    const BlobSidecar sidecar = flat_sidecar(2), second = flat_sidecar(1, 2);
    two.send(sidecar);
    two.send(second);
    two.mine();
    const std::string first = to_hex(versioned_hashes(sidecar)[1]), last = to_hex(versioned_hashes(second)[0]);
    const std::vector<std::vector<std::string>> asked{{}, {first}, {last}, {to_hex(Hash{})}, {"0x01"}, {last + "," + first}};
    // Not among them: "head" and "genesis", which Anvil doesn't know, and several versioned_hashes, of which it takes the last.
    for (const char* block : {"1", "0", "7", "abc", "finalized"}) {
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

TEST_CASE("blobs are fetched from Anvil by their block's number, though it has a genesis") {
    TwoChains two(kGwei);
    const BlobSidecar sidecar = flat_sidecar(2), second = flat_sidecar(1, 2);
    for (const BlobSidecar* one : {&sidecar, &second, &second}) two.send(*one);
    two.mine();
    httplib::Client http(two.anvil.url());
    CHECK(http.Get("/eth/v1/beacon/genesis")->status == 200);
    CHECK(http.Get("/eth/v1/config/spec")->status == 404);
    BeaconBlobSource source({two.anvil.url()});
    const json block = two.ask("eth_getBlockByNumber", {"latest", false});
    const BlobPlace place{1, static_cast<uint64_t>(*rpc::parse_quantity(block["timestamp"]))};
    for (size_t i : {1, 0}) CHECK(*source.fetch(versioned_hashes(sidecar)[i], place) == sidecar.blobs[i]);
    CHECK(*source.fetch(versioned_hashes(second)[0], place) == second.blobs[0]);  // the block has it twice
    CHECK(source.fetch(versioned_hashes(flat_sidecar(1, 3))[0], place).status().reason == "BLOB_UNKNOWN");
    for (uint64_t other : {0, 7})
        CHECK(source.fetch(versioned_hashes(second)[0], {other, place.time}).status().reason == "BLOB_UNKNOWN");
    two.anvil.kill();
    CHECK(source.fetch(versioned_hashes(second)[0], place).status().reason == "BLOBS_UNREACHABLE");
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

TEST_CASE("the wallet's blobs are taken by Anvil, replaced and mined") {
    AnvilNode anvil({"--no-mining", "--block-base-fee-per-gas", "1000000000"});
    node::ManualClock clock{1'000'000};
    const PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    anvil.fund(alice.address());
    L1Wallet wallet(anvil.client(), alice, {}, clock);
    auto sidecar = std::make_shared<const BlobSidecar>(flat_sidecar(2));
    const auto hashes = versioned_hashes(*sidecar);
    auto sent = wallet.send_blobs(bob.address(), {}, std::move(sidecar));  // and estimated
    INFO(node::to_string(sent.status()));
    REQUIRE(sent.ok());
    CHECK(wallet.send(bob.address(), 1, {}, 21'000).status().reason == "TX_OTHER_KIND_WAITS");
    CHECK((**anvil.client().transaction_input(*sent)).blob_hashes == hashes);
    anvil.ask("anvil_dropTransaction", "[\"" + to_hex(*sent) + "\"]");
    clock.advance(3'000);
    CHECK(wallet.keep_up().ok());
    CHECK((**anvil.client().transaction_input(*sent)).blob_hashes == hashes);
    wallet.cancel(*sent);
    anvil.mine();
    auto receipt = wallet.receipt(*sent);
    REQUIRE((receipt.ok() && *receipt));
    CHECK((*receipt)->to == alice.address());
    CHECK((*receipt)->blob_gas->used == kGasPerBlob);  // one of zeros
    auto paid = wallet.send(bob.address(), 1, {}, 21'000);
    CHECK(paid.ok());
    anvil.mine();
    CHECK(wallet.receipt(*paid)->has_value());
}

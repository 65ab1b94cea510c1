// Blobs in JSON-RPC's objects, and over the beacon URL.
#include <httplib.h>

#include "l1-bridge/chain/beacon_service.hpp"
#include "tests/l1/blob_world.hpp"
#include "tests/l1/rpc_server.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

// A server whose chain has a block with these blobs.
struct BlobServer : RpcServer {
    BlobSidecar sidecar = flat_sidecar(2);
    std::vector<Hash> hashes = versioned_hashes(sidecar);
    Transaction body{31'337, 0, kGwei, 10 * kGwei, 21'000, bob.address(), 5, {}, {}, hashes, 7};
    SignedTransaction made = sign(body, alice);

    json send() { return ask("eth_sendRawTransaction", json::array({to_hex(network_form(made, sidecar))})); }
};

}  // namespace

TEST_CASE("a transaction with blobs goes through JSON-RPC, and its objects say so") {
    BlobServer s;
    CHECK(s.send()["result"] == to_hex(s.made.hash));
    const json transaction = s.result("eth_getTransactionByHash", {to_hex(s.made.hash)});
    CHECK(transaction["type"] == "0x3");
    CHECK(transaction["maxFeePerBlobGas"] == "0x7");
    CHECK(transaction["blobVersionedHashes"] == json::array({to_hex(s.hashes[0]), to_hex(s.hashes[1])}));
    const json receipt = s.result("eth_getTransactionReceipt", {to_hex(s.made.hash)});
    CHECK(receipt["type"] == "0x3");
    CHECK(receipt["blobGasUsed"] == "0x40000");
    CHECK(receipt["blobGasPrice"] == "0x1");
    const json block = s.result("eth_getBlockByNumber", {"latest", false});
    CHECK(block["blobGasUsed"] == "0x40000");
    CHECK(block["excessBlobGas"] == "0x0");
    CHECK(block["requestsHash"] == "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(block["parentBeaconBlockRoot"] == to_hex(Hash{}));
    auto read = s.client->receipt(s.made.hash);
    REQUIRE((read.ok() && *read));
    CHECK((*read)->blob_gas == BlobGasPaid{2 * kGasPerBlob, 1});
    CHECK(*s.direct->receipt(s.made.hash) == *read);
    auto input = s.client->transaction_input(s.made.hash);
    REQUIRE((input.ok() && *input));
    CHECK((*input)->blob_hashes == s.hashes);
    CHECK(*s.direct->transaction_input(s.made.hash) == *input);
    CHECK(s.send()["error"]["data"]["reason"] == "TX_NONCE_TOO_LOW");
}

TEST_CASE("eth_blobBaseFee, eth_feeHistory and the client tell the next block's blob fee") {
    BlobServer s;
    s.send();
    CHECK(s.result("eth_blobBaseFee", json::array()) == "0x1");
    const json history = s.result("eth_feeHistory", {"0x2", "latest", json::array()});
    CHECK(history["baseFeePerBlobGas"] == json::array({"0x1", "0x1", "0x1"}));
    CHECK(history["blobGasUsedRatio"] == json::array({0.0, 2.0 / 21}));
    CHECK(s.client->fees()->blob_base_fee == u128{1});
    CHECK(s.direct->fees()->blob_base_fee == u128{1});
}

TEST_CASE("eth_config tells the chain's schedule") {
    BlobServer s;
    const json config = s.result("eth_config", json::array());
    CHECK(config["current"]["blobSchedule"] == json{{"baseFeeUpdateFraction", 11'684'671}, {"max", 21}, {"target", 14}});
    CHECK(config["current"]["chainId"] == "0x7a69");
    CHECK(config["current"]["activationTime"] == 0);
    CHECK(config["current"]["forkId"].get<std::string>().size() == 10);
    CHECK(config["next"].is_null());
    CHECK(config["last"].is_null());
}

TEST_CASE("eth_call takes the hashes that a transaction would name") {
    BlobServer s;
    json request{{"to", to_hex(s.bob.address())}, {"blobVersionedHashes", {to_hex(s.hashes[0])}}};
    CHECK(s.result("eth_call", json::array({request})) == "0x");
    CHECK(s.result("eth_estimateGas", json::array({request})) == "0x5208");
    request["blobVersionedHashes"] = {"0x01"};
    CHECK(s.error("eth_call", json::array({request})) == -32602);
    request["blobVersionedHashes"] = "0x01";
    CHECK(s.error("eth_call", json::array({request})) == -32602);
    request["blobVersionedHashes"] = {to_hex(Hash{})};
    CHECK(s.error("eth_call", json::array({request})) == -32000);
    CallRequest typed;
    typed.to = s.bob.address(), typed.blob_hashes = s.hashes;
    std::string bad;
    CHECK(rpc::call_request_from_json(rpc::to_json(typed), bad)->blob_hashes == s.hashes);
    CHECK(s.client->try_call(typed)->success);
}

TEST_CASE("the beacon URL gives a block's blobs, by its number, its hash or a name") {
    BlobServer s;
    s.send();
    auto data = [&](const std::string& id, const std::vector<std::string>& hashes = {}) {
        const auto answer = beacon_blobs(*s.chain, id, hashes);
        INFO(answer.body.substr(0, 200));
        CHECK(answer.status == 200);
        CHECK(answer.content_type == "application/json");
        return json::parse(answer.body)["data"];
    };
    const std::string one = to_hex(s.sidecar.blobs[0].view()), two = to_hex(s.sidecar.blobs[1].view());
    const std::string first = to_hex(s.hashes[0]), second = to_hex(s.hashes[1]);
    CHECK(data("1") == json::array({one, two}));
    CHECK(data("head") == json::array({one, two}));
    CHECK(data(to_hex(s.chain->head().hash)) == json::array({one, two}));
    CHECK(data("genesis") == json::array());
    CHECK(data("finalized") == json::array());
    CHECK(data("1", {second}) == json::array({two}));
    CHECK(data("1", {second, first}) == json::array({one, two}));
    CHECK(data("1", {second + "," + first}) == json::array({one, two}));
    CHECK(data("1", {to_hex(Hash{})}) == json::array());
}

TEST_CASE("what the beacon URL can't give is 404, what has no form 400") {
    BlobServer s;
    s.send();
    auto status = [&](const std::string& id, const std::vector<std::string>& hashes = {}) {
        return beacon_blobs(*s.chain, id, hashes).status;
    };
    CHECK(status("2") == 404);
    CHECK(status(to_hex(Hash{})) == 404);
    CHECK(status("18446744073709551615") == 404);
    for (const char* bad : {"", "abc", "0x1", "-1", "1.0", "01x", "18446744073709551616"}) {
        INFO(bad);
        CHECK(status(bad) == 400);
    }
    const std::string hash = to_hex(s.hashes[0]);
    for (const std::string& bad : {std::string("0x01"), std::string(), hash.substr(2), hash + ",", "," + hash, hash + "0"}) {
        INFO(bad);
        CHECK(status("1", {bad}) == 400);
    }
    CHECK(status("1", std::vector<std::string>(128, hash)) == 200);
    CHECK(status("1", std::vector<std::string>(129, hash)) == 400);
    s.chain->increase_time(4'096 * 32 * 12 + 60);
    s.chain->mine();
    const auto expired = beacon_blobs(*s.chain, "1", {});
    CHECK(expired.status == 404);
    CHECK(json::parse(expired.body)["message"] == "Blobs no longer kept");
}

TEST_CASE("the beacon URL is served over HTTP, to programs") {
    BlobServer s;
    s.send();
    node::HttpServer server{node::HttpServerOptions{}};
    serve_beacon(server, *s.chain, {}, [](const char*) {});
    REQUIRE(server.start().ok());
    httplib::Client client("127.0.0.1", server.port());
    const std::string path = "/eth/v1/beacon/blobs/1";
    auto all = client.Get(path);
    REQUIRE(all);
    CHECK(all->status == 200);
    CHECK(json::parse(all->body)["data"].size() == 2);
    auto one = client.Get(path + "?versioned_hashes=" + to_hex(s.hashes[1]) + "&other=x");
    REQUIRE(one);
    CHECK(json::parse(one->body)["data"] == json::array({to_hex(s.sidecar.blobs[1].view())}));
    auto both = client.Get(path + "?versioned_hashes=" + to_hex(s.hashes[1]) + "&versioned_hashes=" + to_hex(s.hashes[0]));
    REQUIRE(both);
    CHECK(json::parse(both->body)["data"].size() == 2);
    CHECK(client.Get("/eth/v1/beacon/blobs/7")->status == 404);
    CHECK(client.Get("/eth/v1/beacon/blobs/x")->status == 400);
    CHECK(client.Get("/eth/v1/beacon/blobs/1/2")->status == 404);
    CHECK(client.Get("/eth/v1/beacon/blobs/")->status == 404);
    CHECK(client.Get(path, {{"Origin", "http://evil.example"}})->status == 403);
    CHECK(client.Get(path, {{"Host", "evil.example"}})->status == 403);
}

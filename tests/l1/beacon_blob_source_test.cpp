// Blobs from one server: what is asked of it, and what is believed of its answers.
#include "l1-bridge/client/beacon_blob_source.hpp"

#include "l1-bridge/chain/beacon_service.hpp"
#include "tests/l1/fake_beacon.hpp"
#include "tests/l1/rpc_server.hpp"
#include "tests/support/gate.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;
using namespace std::chrono_literals;
using Answer = FakeBeacon::Answer;

namespace {

const BlobPlace kPlace{7, 1'700'000'123};

std::string reason(BlobSource& source, const Hash& hash, const BlobPlace& place = kPlace) {
    const auto blob = source.fetch(hash, place);
    INFO(to_string(blob.status()));
    if (!blob) CHECK_FALSE(blob.status().message.empty());
    return blob ? "OK" : blob.status().reason;
}

std::string reason_of(const Answer& answer, const Hash& hash) {
    FakeBeacon beacon(only_blobs(answer));
    BeaconBlobSource source({beacon.url()});
    return reason(source, hash);
}

// r, the field's order.
const Bytes kOrder = *from_hex("0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

Blob with_byte(const Blob& blob, size_t at, uint8_t change) {
    Bytes bytes(blob.view().begin(), blob.view().end());
    bytes[at] ^= change;
    return *Blob::from(bytes);
}

json spec(const json& data) { return {{"data", data}}; }

// A beacon node whose block of slot 10 has this blob; slots of 12 s since 1'700'000'003.
struct SlotNode {
    HashedBlob kept = some_blob();
    json spec = {{"data", {{"SECONDS_PER_SLOT", "12"}, {"PRESET_BASE", "mainnet"}}}};
    json genesis = {{"data", {{"genesis_time", "1700000003"}, {"genesis_fork_version", "0x00000000"}}}};
    int spec_status = 200, genesis_status = 200;
    FakeBeacon beacon{[this](const std::string& path) -> Answer {
        if (path == "/eth/v1/config/spec") return {spec_status, spec.dump()};
        if (path == "/eth/v1/beacon/genesis") return {genesis_status, genesis.dump()};
        if (path == "/eth/v1/beacon/blobs/10") return {200, blobs_body({blob_text(kept.blob)})};
        return {404, R"({"code":404,"message":"Block not found"})"};
    }};
    BeaconBlobSource source{{beacon.url()}};
};

}  // namespace

TEST_CASE("a blob is believed by its commitment alone") {
    const HashedBlob one = some_blob(1), other = some_blob(2);
    const std::string text = blob_text(one.blob), wrong = blob_text(other.blob);
    auto judge = [&](const std::vector<json>& data) { return reason_of({200, blobs_body(data)}, one.hash); };
    CHECK(judge({text}) == "OK");
    CHECK(judge({wrong}) == "BLOB_FALSE");
    for (size_t at : {31, 16 * 32 + 31, 131'071, 1}) {
        INFO(at);
        CHECK(judge({blob_text(with_byte(one.blob, at, 1))}) == "BLOB_FALSE");
    }
    CHECK(judge({blob_text(with_byte(one.blob, 32, 0x80))}) == "BLOB_FALSE");  // above r
    CHECK(judge({text.substr(0, text.size() - 2)}) == "BLOB_FALSE");
    CHECK(judge({text.substr(0, text.size() - 1)}) == "BLOB_FALSE");
    CHECK(judge({text + "00"}) == "BLOB_FALSE");
    CHECK(judge({text.substr(2)}) == "BLOB_FALSE");
    CHECK(judge({text.substr(2) + "00"}) == "BLOB_FALSE");
    CHECK(judge({text.substr(0, text.size() - 1) + "g"}) == "BLOB_FALSE");
    CHECK(judge({"0x"}) == "BLOB_FALSE");
    CHECK(judge({nullptr}) == "BLOB_FALSE");
    CHECK(judge({json::array({text})}) == "BLOB_FALSE");
    CHECK(judge({json{{"blob", text}}}) == "BLOB_FALSE");
}

TEST_CASE("an element that is r is no other way to write zero") {
    const Blob zero;
    const Hash hash = versioned_hash(Kzg::get().commitment_to(std::vector<Fr>{}));
    Bytes bytes(kBlobBytes);
    CHECK(reason_of({200, blobs_body({to_hex(bytes)})}, hash) == "OK");
    std::copy(kOrder.begin(), kOrder.end(), bytes.begin() + 64);
    CHECK(reason_of({200, blobs_body({to_hex(bytes)})}, hash) == "BLOB_FALSE");
}

TEST_CASE("a block may have one blob several times, and a server no more than that one") {
    const HashedBlob one = some_blob(1), other = some_blob(2);
    const std::string text = blob_text(one.blob), wrong = blob_text(other.blob);
    auto judge = [&](const std::vector<json>& data) { return reason_of({200, blobs_body(data)}, one.hash); };
    CHECK(judge(std::vector<json>(2, text)) == "OK");
    CHECK(judge(std::vector<json>(72, text)) == "OK");
    CHECK(judge(std::vector<json>(73, text)) == "BLOB_FALSE");
    CHECK(judge({text, wrong}) == "BLOB_FALSE");
    CHECK(judge({wrong, text}) == "BLOB_FALSE");
    CHECK(judge({text, nullptr}) == "BLOB_FALSE");
}

TEST_CASE("a server without the blob says so by 404 or an empty list") {
    const Hash hash = some_blob().hash;
    CHECK(reason_of({200, blobs_body({})}, hash) == "BLOB_UNKNOWN");
    CHECK(reason_of({404, R"({"code":404,"message":"Block not found"})"}, hash) == "BLOB_UNKNOWN");
    CHECK(reason_of({404, "<html>"}, hash) == "BLOB_UNKNOWN");
}

TEST_CASE("what is no answer of the API's is a lie if it is 200") {
    const HashedBlob one = some_blob();
    const std::string good = blobs_body({blob_text(one.blob)});
    const std::vector<std::string> bad{"",
                                       "{",
                                       "null",
                                       "[]",
                                       "{}",
                                       R"({"data":null})",
                                       R"({"data":{}})",
                                       R"({"data":1})",
                                       "<html>no</html>",
                                       good.substr(0, good.size() / 2),
                                       good.substr(0, good.size() - 1),
                                       good + good,
                                       std::string(5'000'000, '['),
                                       json{{"data", {std::string(10'000'000, '0')}}}.dump(),
                                       std::string(10'000'000, ' '),
                                       std::string(20'000'000, ' ') + good};
    for (const std::string& body : bad) {
        INFO(body.substr(0, 60) << " " << body.size());
        CHECK(reason_of({200, body}, one.hash) == "BLOB_FALSE");
    }
    CHECK(reason_of({200, std::string(10'000'000, ' ') + good}, one.hash) == "OK");
}

TEST_CASE("a server that fails, sends elsewhere or cuts its answer can't be reached") {
    const HashedBlob one = some_blob();
    const std::string good = blobs_body({blob_text(one.blob)});
    for (int status : {201, 204, 206, 400, 401, 403, 429, 500, 502, 503}) {
        INFO(status);
        CHECK(reason_of({status, status == 204 ? "" : good}, one.hash) == "BLOBS_UNREACHABLE");
    }
    FakeBeacon honest(only_blobs({200, good}));
    for (int status : {301, 302, 307, 308}) {
        INFO(status);
        CHECK(reason_of({status, good, honest.url() + "/eth/v1/beacon/blobs/7"}, one.hash) == "BLOBS_UNREACHABLE");
    }
    CHECK(honest.asked().empty());
    CHECK(reason_of({200, good, {}, true}, one.hash) == "BLOBS_UNREACHABLE");
    BeaconBlobSource nobody({"http://127.0.0.1:1"});
    CHECK(reason(nobody, one.hash) == "BLOBS_UNREACHABLE");
}

TEST_CASE("a server that takes too long is left, and one that is closed at once") {
    const HashedBlob one = some_blob();
    Gate gate;
    FakeBeacon beacon([&](const std::string& path) -> Answer {
        if (!asks_blob(path)) return {404};
        gate.pass();
        return {200, blobs_body({blob_text(one.blob)})};
    });
    BeaconBlobSource impatient({beacon.url(), 200ms});
    CHECK(reason(impatient, one.hash) == "BLOBS_UNREACHABLE");
    BeaconBlobSource patient({beacon.url()});
    patient.close();
    CHECK(reason(patient, one.hash) == "BLOBS_UNREACHABLE");
    gate.open();
    BeaconBlobSource next({beacon.url()});
    CHECK(reason(next, one.hash) == "OK");
}

TEST_CASE("a beacon node is asked for the slot, which follows from the block's time") {
    SlotNode node;
    const std::string question = "/eth/v1/beacon/blobs/10?versioned_hashes=" + to_hex(node.kept.hash);
    CHECK(*node.source.fetch(node.kept.hash, kPlace) == node.kept.blob);
    CHECK(node.beacon.asked() == std::vector<std::string>{"/eth/v1/config/spec", "/eth/v1/beacon/genesis", question});
    CHECK(reason(node.source, node.kept.hash) == "OK");
    CHECK(node.beacon.asked() == std::vector<std::string>{question});
    CHECK(reason(node.source, node.kept.hash, {7, kPlace.time + 12}) == "BLOB_UNKNOWN");
    CHECK(node.beacon.asked().size() == 1);
    CHECK(reason(node.source, node.kept.hash, {10, 1'700'000'002}) == "BLOB_UNKNOWN");  // before its genesis
    CHECK(reason(node.source, node.kept.hash, {10, UINT64_MAX}) == "BLOB_UNKNOWN");
}

TEST_CASE("a slot's length may be told in milliseconds, which count then") {
    for (const json& told :
         {json{{"SLOT_DURATION_MS", "12000"}}, json{{"SLOT_DURATION_MS", "12000"}, {"SECONDS_PER_SLOT", "6"}}}) {
        SlotNode node;
        node.spec = spec(told);
        INFO(told.dump());
        CHECK(reason(node.source, node.kept.hash) == "OK");
    }
    SlotNode half;
    half.spec = spec({{"SLOT_DURATION_MS", "500"}});
    CHECK(reason(half.source, half.kept.hash, {0, 1'700'000'008}) == "OK");
}

TEST_CASE("a server that lacks genesis or spec, or has them otherwise, is asked for the block's number") {
    auto is_by_number = [](const std::function<void(SlotNode&)>& change) {
        SlotNode node;
        change(node);
        return reason(node.source, node.kept.hash, {10, kPlace.time + 120}) == "OK";
    };
    CHECK_FALSE(is_by_number([](SlotNode&) {}));
    for (int status : {404, 405, 501}) {
        CHECK(is_by_number([&](SlotNode& node) { node.spec_status = status; }));
        CHECK(is_by_number([&](SlotNode& node) { node.genesis_status = status; }));
    }
    for (const json& told : {json(), json{{"data", 1}}, spec({{"SECONDS_PER_SLOT", "0"}}), spec({{"SECONDS_PER_SLOT", 12}}),
                             spec({{"SECONDS_PER_SLOT", "18446744073709551615"}}), spec({{"SECONDS_PER_SLOT", "0xc"}})}) {
        INFO(told.dump());
        CHECK(is_by_number([&](SlotNode& node) { node.spec = told; }));
    }
    CHECK(is_by_number([](SlotNode& node) { node.genesis = spec({{"genesis_time", "x"}}); }));
}

TEST_CASE("while it can't be known whether a server has slots it isn't asked for a blob") {
    SlotNode node;
    node.spec_status = 503;
    CHECK(reason(node.source, node.kept.hash) == "BLOBS_UNREACHABLE");
    CHECK(node.beacon.asked() == std::vector<std::string>{"/eth/v1/config/spec"});
    node.spec_status = 200;
    node.genesis_status = 500;
    CHECK(reason(node.source, node.kept.hash) == "BLOBS_UNREACHABLE");
    node.genesis_status = 200;
    CHECK(reason(node.source, node.kept.hash) == "OK");
}

TEST_CASE("a server that had no slots is asked again when it doesn't know a blob") {
    SlotNode node;
    node.spec_status = 404;
    CHECK(reason(node.source, node.kept.hash) == "BLOB_UNKNOWN");
    node.spec_status = 200;
    CHECK(reason(node.source, node.kept.hash) == "OK");
    node.beacon.asked();
    CHECK(reason(node.source, node.kept.hash) == "OK");
    CHECK(node.beacon.asked().size() == 1);
}

TEST_CASE("an URL keeps its path and query, and nothing secret of it is told") {
    const HashedBlob one = some_blob();
    FakeBeacon beacon(only_blobs({200, blobs_body({blob_text(one.blob)})}));
    const std::string host = "127.0.0.1:" + std::to_string(beacon.port());
    for (const char* path : {"/pathkey", "/pathkey/"}) {
        BeaconBlobSource source({"http://user:passw0rd@" + host + path + "?token=t0ken"});
        CHECK(reason(source, one.hash) == "OK");
        CHECK(beacon.asked() ==
              std::vector<std::string>{"/pathkey/eth/v1/config/spec?token=t0ken",
                                       "/pathkey/eth/v1/beacon/blobs/7?versioned_hashes=" + to_hex(one.hash) + "&token=t0ken"});
        std::vector<Answer> bad{{200}, {200, blobs_body({})}, {500}, {301, "", "http://127.0.0.1:1/"}, {200, "abcd", {}, true}};
        for (const Answer& answer : bad) {
            beacon.set(only_blobs(answer));
            const node::Status status = source.fetch(one.hash, kPlace).status();
            CHECK_FALSE(status.ok());
            for (const char* secret : {"pathkey", "t0ken", "passw0rd", "user"})
                CHECK(to_string(status).find(secret) == std::string::npos);
        }
        beacon.set(only_blobs({200, blobs_body({blob_text(one.blob)})}));
        beacon.asked();
    }
}

TEST_CASE("the simulated chain gives its blobs until they expire") {
    RpcServer s;
    const BlobSidecar sidecar = flat_sidecar(2);
    const std::vector<Hash> hashes = versioned_hashes(sidecar);
    const Transaction body{31'337, 0, kGwei, 10 * kGwei, 21'000, s.bob.address(), 5, {}, {}, hashes, 7};
    REQUIRE(s.chain->send_raw(network_form(sign(body, s.alice), sidecar)).ok());
    node::HttpServer server{node::HttpServerOptions{}};
    serve_beacon(server, *s.chain, {}, [](const char*) {});
    REQUIRE(server.start().ok());
    BeaconBlobSource source({"http://127.0.0.1:" + std::to_string(server.port())});
    const BlobPlace place{1, s.chain->block(1)->header.time};
    for (size_t i : {1, 0}) CHECK(*source.fetch(hashes[i], place) == sidecar.blobs[i]);
    CHECK(reason(source, some_blob(9).hash, place) == "BLOB_UNKNOWN");
    CHECK(reason(source, hashes[0], {0, place.time}) == "BLOB_UNKNOWN");
    CHECK(reason(source, hashes[0], {99, place.time}) == "BLOB_UNKNOWN");
    s.chain->increase_time(4'096 * 32 * 12 + 60);
    s.chain->mine();
    CHECK(reason(source, hashes[0], place) == "BLOB_UNKNOWN");
}

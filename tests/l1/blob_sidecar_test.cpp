// Transactions with blobs on the wire: as they are signed, as blocks have them, as nodes take them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "l1-bridge/wire/rlp.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "tests/l1/blob_world.hpp"
#include "tests/protocol/blob_values.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

const PrivateKey kKey = PrivateKey::derived("someone");

Transaction with_blobs(std::vector<Hash> hashes) {
    Transaction out{1, 2, 3, 4, 30'000, Address{}, 5, {1, 2}, {{Address{}, {Hash{}}}}};
    out.blob_hashes = std::move(hashes);
    out.max_blob_fee = 6;
    return out;
}

Hash a_blob_hash(uint8_t mark = 7) {
    Hash out;
    out.bytes[0] = 1, out.bytes[31] = mark;
    return out;
}

// A number, or hex digits that may begin with zeros.
u128 number(const json& value) {
    if (value.is_number_unsigned()) return value.get<uint64_t>();
    std::string digits = value.get<std::string>().substr(2);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return rpc::parse_quantity("0x" + digits).value();
}

// The network form with these items behind the transaction.
Bytes sent_with(const Transaction& body, const RlpWriter& items) {
    RlpWriter fields;
    fields.encoded(ByteView{sign(body, kKey).raw}.subspan(1)).encoded(items.bytes());
    Bytes out{kBlobTransactionType};
    append(out, fields.as_list());
    return out;
}

struct Items {
    RlpWriter blobs, commitments, proofs;
    explicit Items(const BlobSidecar& from) {
        for (const Blob& blob : from.blobs) blobs.string(blob.view());
        for (const KzgCommitment& one : from.commitments) commitments.string(one);
        for (const CellProofs& of_blob : from.proofs)
            for (const KzgProof& one : of_blob) proofs.string(one);
    }
    RlpWriter all(uint64_t version = 1) const {
        RlpWriter out;
        out.integer(version).list(blobs).list(commitments).list(proofs);
        return out;
    }
};

std::string refusal_of(ByteView raw) {
    auto status = decode_sent_transaction(raw).status();
    return status.reason + (status.field.empty() ? "" : " " + status.field);
}

}  // namespace

TEST_CASE("a transaction with blobs comes back from both of its forms") {
    const BlobSidecar sidecar = flat_sidecar(2);
    const Transaction body = with_blobs(versioned_hashes(sidecar));
    const SignedTransaction made = sign(body, kKey);
    CHECK(made.raw[0] == 0x03);
    CHECK(made.hash == keccak256(made.raw));
    auto in_block = decode_transaction(made.raw);
    REQUIRE(in_block.ok());
    CHECK(in_block->body == body);
    CHECK(in_block->sender == kKey.address());

    const Bytes raw = network_form(made, sidecar);
    auto sent = decode_sent_transaction(raw);
    REQUIRE(sent.ok());
    CHECK(sent->transaction.body == body);
    CHECK(sent->transaction.hash == made.hash);
    CHECK(sent->transaction.raw == made.raw);
    CHECK(sent->sidecar == sidecar);
    CHECK(network_form(sent->transaction, *sent->sidecar) == raw);
    CHECK(decode_sidecar(encode_sidecar(sidecar)) == sidecar);
    CHECK(!decode_sidecar(Bytes{0xc0}));

    const SignedTransaction plain = sign({1, 2, 3, 4, 30'000, Address{}, 5, {1, 2}, {}}, kKey);
    auto without = decode_sent_transaction(plain.raw);
    REQUIRE(without.ok());
    CHECK(without->transaction.hash == plain.hash);
    CHECK(!without->sidecar);
}

TEST_CASE("transactions of type 3 of ethers' vectors sign to the same bytes and decode back") {
    auto text = test::vector_file("tx/ethers-io__ethers.js/testcases/transactions.half-a.json.gz");
    if (!text) return;
    size_t count = 0, refused = 0;
    for (const json& test : json::parse(*text)) {
        const json& in = test["transaction"];
        if (!in.contains("blobVersionedHashes") || in["blobVersionedHashes"].empty() || !in.value("to", json()).is_string())
            continue;
        INFO(test["name"].get<std::string>());
        Transaction body;
        body.chain_id = static_cast<uint64_t>(number(in.value("chainId", json("0x0"))));
        body.nonce = static_cast<uint64_t>(number(in.value("nonce", json("0x0"))));
        body.max_priority_fee = number(in.value("maxPriorityFeePerGas", json("0x0")));
        body.max_fee = number(in.value("maxFeePerGas", json("0x0")));
        body.gas_limit = static_cast<uint64_t>(number(in.value("gasLimit", json("0x0"))));
        body.to = address_from_string(in["to"].get<std::string>());
        body.value = number(in.value("value", json("0x0")));
        body.data = *from_hex(in.value("data", "0x"));
        for (const json& entry : in.value("accessList", json::array())) {
            AccessEntry access{*address_from_string(entry["address"].get<std::string>()), {}};
            for (const json& slot : entry["storageKeys"]) access.slots.push_back(*fixed_from_hex<Hash>(slot.get<std::string>()));
            body.access_list.push_back(access);
        }
        body.max_blob_fee = number(in.value("maxFeePerBlobGas", json("0x0")));
        for (const json& hash : in["blobVersionedHashes"]) {
            body.blob_hashes.push_back(*fixed_from_hex<Hash>(hash.get<std::string>()));
        }
        auto key = PrivateKey::from(*fixed_from_hex<Hash>(test["privateKey"].get<std::string>()));
        REQUIRE(to_hex(signing_payload(body)) == test["unsignedCancun"].get<std::string>());
        SignedTransaction made = sign(body, *key);
        REQUIRE(to_hex(made.raw) == test["signedCancun"].get<std::string>());
        auto read = decode_transaction(made.raw);
        ++count;
        if (body.blob_hashes.size() > kMaxTransactionBlobs) {
            REQUIRE(read.status().reason == "TX_TOO_MANY_BLOBS");
            ++refused;
            continue;
        }
        REQUIRE(read.ok());
        REQUIRE(read->body == body);
        REQUIRE(read->sender == key->address());
    }
    CHECK(count > 500);
    CHECK(count > refused);
}

TEST_CASE("a transaction of type 3 of execution-apis' vectors is read as it is there") {
    auto text = test::vector_file("jsonrpc/ethereum__execution-apis/tests/eth_getTransactionByHash/get-blob-tx.io");
    if (!text) return;
    const json theirs = json::parse(text->substr(text->find("\n<< ") + 4))["result"];
    auto read = rpc::transaction_input_from_json(theirs);
    REQUIRE(read.has_value());
    REQUIRE(read->blob_hashes.size() == 1);
    CHECK(to_hex(read->blob_hashes[0]) == theirs["blobVersionedHashes"][0]);
    json several = theirs;
    several["blobVersionedHashes"] = json::array({"0x01"});
    CHECK(!rpc::transaction_input_from_json(several));
    several["blobVersionedHashes"] = json::array();
    for (int i = 0; i < 7; ++i) several["blobVersionedHashes"].push_back(theirs["blobVersionedHashes"][0]);
    CHECK(!rpc::transaction_input_from_json(several));
}

TEST_CASE("blobs that a transaction may not name are refused by name") {
    auto reason = [](const Transaction& body) { return decode_transaction(sign(body, kKey).raw).status().reason; };
    CHECK(reason(with_blobs({a_blob_hash()})).empty());
    CHECK(reason(with_blobs(std::vector<Hash>(6, a_blob_hash()))).empty());
    CHECK(reason(with_blobs(std::vector<Hash>(7, a_blob_hash()))) == "TX_TOO_MANY_BLOBS");
    CHECK(reason(with_blobs(std::vector<Hash>(5'000, a_blob_hash()))) == "TX_TOO_MANY_BLOBS");
    CHECK(reason(with_blobs({a_blob_hash(), Hash{}})) == "TX_BLOB_HASH_VERSION");
    Transaction creation = with_blobs({a_blob_hash()});
    creation.to.reset();
    CHECK(reason(creation) == "TX_BLOB_CREATION");

    const SignedTransaction one = sign(with_blobs({a_blob_hash()}), kKey);
    Bytes none = one.raw;  // the same without its hash: the list of 33 bytes becomes an empty one
    const Bytes head{0xe1, 0xa0, 0x01};
    const auto list = std::search(none.begin(), none.end(), head.begin(), head.end());
    REQUIRE(list != none.end());
    none.erase(list + 1, list + 34);
    *list = 0xc0;
    none[2] = static_cast<uint8_t>(none[2] - 33);
    CHECK(decode_transaction(none).status().reason == "TX_BLOBS_MISSING");
    Bytes short_hash = one.raw;
    const auto hash = std::search(short_hash.begin(), short_hash.end(), head.begin(), head.end()) + 1;
    *hash = 0x9f, *(hash + 32) = 0x80;  // a string of 31 bytes, then an empty one
    CHECK(decode_transaction(short_hash).status().field == "blobVersionedHashes");
}

TEST_CASE("a sidecar of any other form is refused by name") {
    const BlobSidecar sidecar = flat_sidecar(2);
    const Transaction body = with_blobs(versioned_hashes(sidecar));
    const Items items(sidecar);
    CHECK(refusal_of(sent_with(body, items.all())).empty());
    CHECK(refusal_of(sign(body, kKey).raw) == "TX_SIDECAR_MISSING sidecar");
    CHECK(refusal_of(sent_with(body, items.all(0))) == "TX_SIDECAR_VERSION version");
    CHECK(refusal_of(sent_with(body, items.all(2))) == "TX_SIDECAR_VERSION version");
    RlpWriter version_0;
    version_0.list(items.blobs).list(items.commitments).list(items.commitments);
    CHECK(refusal_of(sent_with(body, version_0)) == "TX_SIDECAR_VERSION version");
    CHECK(refusal_of(sent_with(body, RlpWriter())) == "TX_SIDECAR_VERSION version");
    CHECK(refusal_of(sent_with(body, RlpWriter().integer(1))) == "TX_SIDECAR_MALFORMED blobs");
    RlpWriter more = items.all();
    more.integer(1);
    CHECK(refusal_of(sent_with(body, more)) == "TX_SIDECAR_MALFORMED sidecar");

    Items changed = items;
    changed.blobs.string(Bytes(kBlobBytes - 1));
    CHECK(refusal_of(sent_with(body, changed.all())) == "TX_SIDECAR_MALFORMED blobs");
    changed = items;
    changed.commitments.string(Bytes(47));
    CHECK(refusal_of(sent_with(body, changed.all())) == "TX_SIDECAR_MALFORMED commitments");
    changed = items;
    changed.proofs.string(KzgProof{});
    CHECK(refusal_of(sent_with(body, changed.all())) == "TX_SIDECAR_MALFORMED cellProofs");
    changed = items;
    changed.proofs = Items(flat_sidecar(1)).proofs;
    CHECK(refusal_of(sent_with(body, changed.all())) == "TX_SIDECAR_COUNT sidecar");
    changed = items;
    changed.commitments.string(KzgCommitment{});
    CHECK(refusal_of(sent_with(body, changed.all())) == "TX_SIDECAR_COUNT sidecar");
    CHECK(refusal_of(sent_with(body, Items(flat_sidecar(1)).all())) == "TX_SIDECAR_COUNT sidecar");
    for (int i = 0; i < 7; ++i) changed.commitments.string(KzgCommitment{});
    CHECK(refusal_of(sent_with(body, changed.all())) == "TX_SIDECAR_MALFORMED commitments");
}

TEST_CASE("a network form that is cut or goes on is refused") {
    const BlobSidecar sidecar = flat_sidecar(1);
    const Bytes raw = network_form(sign(with_blobs(versioned_hashes(sidecar)), kKey), sidecar);
    Bytes longer = raw;
    longer.push_back(0);
    CHECK(refusal_of(longer) == "TX_MALFORMED transaction");
    for (size_t size : {size_t{0}, size_t{1}, size_t{2}, size_t{100}, raw.size() / 2, raw.size() - 1}) {
        INFO(size);
        CHECK(!decode_sent_transaction(ByteView{raw}.first(size)).ok());
    }
    CHECK(refusal_of(Bytes{0x03, 0xc0}) == "TX_MALFORMED transaction");
    CHECK(refusal_of(Bytes{0x03, 0xc1, 0xc0}) == "TX_MALFORMED chainId");
    CHECK(refusal_of(Bytes{0x04, 0xc0}) == "TX_TYPE_UNSUPPORTED type");
}

TEST_CASE("a sidecar is verified against the hashes and each blob's cell proofs") {
    const Blob drawn = drawn_blob("sidecar");
    auto real = make_sidecar({drawn});
    REQUIRE(real.has_value());
    CHECK(verify_sidecar(*real, {versioned_hash(*Kzg::get().commitment(drawn.view()))}).ok());
    CHECK(!make_sidecar({flat_blob(kOrder)}));

    const BlobSidecar good = flat_sidecar(2);
    const std::vector<Hash> hashes = versioned_hashes(good);
    CHECK(verify_sidecar(good, hashes).ok());
    CHECK(verify_sidecar(good, {hashes[1], hashes[0]}).reason == "TX_BLOB_HASH_MISMATCH");
    BlobSidecar bad = good;
    std::swap(bad.blobs[0], bad.blobs[1]);
    CHECK(verify_sidecar(bad, hashes).reason == "TX_BLOB_PROOF_INVALID");
    bad = good;
    bad.proofs[1] = real->proofs[0];
    CHECK(verify_sidecar(bad, hashes).reason == "TX_BLOB_PROOF_INVALID");
    bad = good;
    bad.blobs[1] = flat_blob(kOrder);
    CHECK(verify_sidecar(bad, hashes).reason == "TX_BLOB_PROOF_INVALID");
    bad = good;
    bad.commitments[0].bytes[1] ^= 1;
    CHECK(verify_sidecar(bad, versioned_hashes(bad)).reason == "TX_BLOB_PROOF_INVALID");
}

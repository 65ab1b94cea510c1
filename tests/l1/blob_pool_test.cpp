// The mempool's rules for transactions with blobs: those of geth's blob pool, one by one.
#include <catch2/catch.hpp>

#include "tests/l1/blob_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

TEST_CASE("a transaction with blobs comes with a sidecar that proves them") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1), other = flat_sidecar(1, 2);
    const Transaction body = w.blob_draft(w.alice, sidecar);
    CHECK(w.try_send(body, w.alice).reason == "TX_SIDECAR_MISSING");
    CHECK(w.try_send_blobs(body, w.alice, other).reason == "TX_BLOB_HASH_MISMATCH");
    BlobSidecar wrong = sidecar;
    wrong.blobs = other.blobs;
    CHECK(w.try_send_blobs(body, w.alice, wrong).reason == "TX_BLOB_PROOF_INVALID");
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.try_send_blobs(body, w.alice, sidecar).ok());
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_KNOWN");
    CHECK(w.chain->mempool_size() == 1);
}

TEST_CASE("a transaction with blobs may have a mebibyte, any other 128 KiB") {
    BlobWorld w;
    Bytes raw(1024 * 1024 + 1, 0xff);
    raw[0] = kBlobTransactionType;
    CHECK(w.chain->send_raw(raw).status().reason == "TX_TOO_LARGE");
    CHECK(w.chain->send_raw(ByteView{raw}.first(1024 * 1024)).status().reason == "TX_MALFORMED");
    raw[0] = kTransactionType;
    CHECK(w.chain->send_raw(ByteView{raw}.first(128 * 1024 + 1)).status().reason == "TX_TOO_LARGE");
    const BlobSidecar six = flat_sidecar(6);
    CHECK(w.try_send_blobs(w.blob_draft(w.alice, six), w.alice, six).ok());
}

TEST_CASE("a tip and a blob fee of zero are below the pool's least") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1);
    Transaction body = w.blob_draft(w.alice, sidecar);
    body.max_priority_fee = 0;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_TIP_TOO_LOW");
    body.max_priority_fee = 1, body.max_blob_fee = 0;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_BLOB_FEE_TOO_LOW");
    body.max_blob_fee = 1;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).ok());
}

TEST_CASE("transactions with blobs leave no gap between their nonces") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1);
    Transaction body = w.blob_draft(w.alice, sidecar);
    body.nonce = 1;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_NONCE_TOO_HIGH");
    body.nonce = 0;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).ok());
    body.nonce = 2;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_NONCE_TOO_HIGH");
    body.nonce = 1;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).ok());
    w.chain->mine();
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_NONCE_TOO_LOW");
}

TEST_CASE("an account has transactions with blobs in the pool or others, never both") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1);
    w.send_blobs(w.blob_draft(w.alice, sidecar), w.alice, sidecar);
    auto refused = w.try_send(w.draft(w.alice, w.bob.address(), {}, 1), w.alice);
    CHECK(refused.reason == "TX_ACCOUNT_RESERVED");
    CHECK(refused.message == "address already reserved");
    Transaction instead = w.draft(w.alice, w.bob.address(), {}, 1);
    instead.nonce = 0, instead.max_fee = 100 * kGwei, instead.max_priority_fee = 100 * kGwei;
    CHECK(w.try_send(instead, w.alice).reason == "TX_ACCOUNT_RESERVED");  // not even in its place
    CHECK(w.try_send(w.draft(w.bob, w.alice.address(), {}, 1), w.bob).ok());
    CHECK(w.try_send_blobs(w.blob_draft(w.bob, sidecar), w.bob, sidecar).reason == "TX_ACCOUNT_RESERVED");
    w.chain->mine();
    CHECK(w.try_send(w.draft(w.alice, w.bob.address(), {}, 1), w.alice).ok());
    w.nonces[w.bob.address()] = 1;
    CHECK(w.try_send_blobs(w.blob_draft(w.bob, sidecar), w.bob, sidecar).ok());
}

TEST_CASE("a replacement doubles all three caps") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1);
    const Transaction first = w.blob_draft(w.alice, sidecar);
    const Hash hash = sign(first, w.alice).hash;
    CHECK(w.try_send_blobs(first, w.alice, sidecar).ok());
    Transaction twice = first;
    twice.max_fee *= 2, twice.max_priority_fee *= 2, twice.max_blob_fee *= 2;
    for (u128 Transaction::*cap : {&Transaction::max_fee, &Transaction::max_priority_fee, &Transaction::max_blob_fee}) {
        Transaction short_of = twice;
        short_of.*cap -= 1;
        CHECK(w.try_send_blobs(short_of, w.alice, sidecar).reason == "TX_UNDERPRICED");
    }
    CHECK(w.chain->transaction(hash).has_value());
    CHECK(w.try_send_blobs(twice, w.alice, sidecar).ok());
    CHECK(!w.chain->transaction(hash));
    CHECK(w.chain->mempool_size() == 1);
}

TEST_CASE("sixteen transactions with blobs of an account wait, and no seventeenth") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1);
    for (int i = 0; i < 16; ++i) w.send_blobs(w.blob_draft(w.alice, sidecar), w.alice, sidecar);
    const Transaction more = w.blob_draft(w.alice, sidecar);
    CHECK(w.try_send_blobs(more, w.alice, sidecar).reason == "TX_ACCOUNT_LIMIT");
    Transaction instead = more;
    instead.nonce = 15, instead.max_fee *= 2, instead.max_priority_fee *= 2, instead.max_blob_fee *= 2;
    CHECK(w.try_send_blobs(instead, w.alice, sidecar).ok());
    CHECK(w.try_send_blobs(w.blob_draft(w.bob, sidecar), w.bob, sidecar).ok());
    w.chain->mine();
    CHECK(w.try_send_blobs(more, w.alice, sidecar).ok());
}

TEST_CASE("the balance covers all that the account's transactions with blobs can cost together") {
    BlobWorld w;
    const BlobSidecar sidecar = flat_sidecar(1);
    Transaction body = w.blob_draft(w.alice, sidecar);
    body.max_blob_fee = 1000 * kEther / kGasPerBlob;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_INSUFFICIENT_FUNDS");  // the gas comes on top
    body.max_blob_fee = 600 * kEther / kGasPerBlob;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).ok());
    Transaction second = body;
    second.nonce = 1;
    CHECK(w.try_send_blobs(second, w.alice, sidecar).reason == "TX_INSUFFICIENT_FUNDS");
    second.max_blob_fee = 300 * kEther / kGasPerBlob;
    CHECK(w.try_send_blobs(second, w.alice, sidecar).ok());
    body.max_fee *= 2, body.max_priority_fee *= 2, body.max_blob_fee *= 2;
    CHECK(w.try_send_blobs(body, w.alice, sidecar).reason == "TX_INSUFFICIENT_FUNDS");  // in its own place, too

    Transaction replaced = w.blob_draft(w.bob, sidecar);
    replaced.max_blob_fee = 400 * kEther / kGasPerBlob;
    CHECK(w.try_send_blobs(replaced, w.bob, sidecar).ok());
    replaced.max_fee *= 2, replaced.max_priority_fee *= 2, replaced.max_blob_fee *= 2;
    CHECK(w.try_send_blobs(replaced, w.bob, sidecar).ok());  // what it replaces isn't paid besides
}

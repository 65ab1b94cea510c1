// Blobs on the simulated chain: fees, a block's room, blobhash, reorganisations, expiry.
#include <catch2/catch.hpp>

#include "tests/l1/blob_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

TEST_CASE("a transaction pays for its blobs at the block's fee, and that burns") {
    BlobWorld w;
    w.options.blob_schedule.update_fraction = 200'000;  // so that a block is felt
    w.reopen();
    const BlobSidecar sidecar = flat_sidecar(6), two = flat_sidecar(2, 2);
    for (int i = 0; i < 3; ++i) w.send_blobs(w.blob_draft(w.alice, sidecar), w.alice, sidecar);
    w.chain->mine();
    CHECK(w.chain->head_header().blob_gas == BlobGas{18 * kGasPerBlob, 0});
    // At a base fee of 875,000,000 wei a blob costs less than 8,192 gas, so a third of the 18 is kept: e^(786,432 / 200,000).
    CHECK(w.chain->next_header().blob_gas.excess == 6 * kGasPerBlob);
    CHECK(w.chain->fees().blob_base_fee == 51);

    const u128 before = w.balance(w.alice.address());
    const Hash hash = w.send_blobs(w.blob_draft(w.alice, two), w.alice, two);
    w.chain->mine();
    const Receipt receipt = *w.chain->receipt(hash);
    CHECK(receipt.success);
    CHECK(receipt.gas_used == 21'000);
    CHECK(receipt.blob_gas == BlobGasPaid{2 * kGasPerBlob, 51});
    CHECK(before - w.balance(w.alice.address()) == 21'000 * receipt.effective_gas_price + 2 * kGasPerBlob * 51);
    CHECK(w.balance(Address{}) == 4 * 21'000 * kGwei);  // the coinbase has tips alone
    CHECK(w.chain->head_header().blob_gas == BlobGas{2 * kGasPerBlob, 6 * kGasPerBlob});
    CHECK(w.chain->head().hash == keccak256(w.chain->head_header().encode()));

    const Receipt plain = w.mined(w.draft(w.alice, w.bob.address(), {}, 1), w.alice);
    CHECK(!plain.blob_gas);
}

TEST_CASE("a blob fee cap below the block's fee waits") {
    BlobWorld w;
    w.options.blob_schedule.update_fraction = 200'000;
    w.options.initial_base_fee = 16;  // reserves nothing, so that the fee can fall
    w.begin_anew();
    const BlobSidecar six = flat_sidecar(6), one = flat_sidecar(1, 2);
    auto draft = [&](const BlobSidecar& sidecar, const PrivateKey& from, u128 cap) {
        Transaction out = w.blob_draft(from, sidecar);
        out.max_fee = out.max_priority_fee = kGwei, out.max_blob_fee = cap;
        return out;
    };
    for (int i = 0; i < 3; ++i) w.send_blobs(draft(six, w.alice, 1), w.alice, six);
    w.chain->mine();
    CHECK(*w.chain->fees().blob_base_fee == 13);  // four blobs above the target: e^(524,288 / 200,000)
    const Hash waits = w.send_blobs(draft(one, w.bob, 12), w.bob, one);
    const Hash goes = w.send_blobs(draft(one, w.alice, 13), w.alice, one);
    w.chain->mine();
    CHECK(!w.chain->receipt(waits));
    REQUIRE(w.chain->receipt(goes).has_value());
    CHECK(w.chain->receipt(goes)->blob_gas->price == 13);
    w.chain->mine();
    REQUIRE(w.chain->receipt(waits).has_value());
    CHECK(w.chain->receipt(waits)->blob_gas->price == 1);
}

TEST_CASE("a chain may begin with blobs at a price") {
    BlobWorld w;
    // The least with which a blob's gas costs 1/16 of a base fee of 1 gwei: below it the excess stays though nothing is used, and
    // from it on it falls by 14 blobs.
    const uint64_t at_reserve = 209'747'757;
    for (uint64_t excess : {at_reserve - 1, at_reserve}) {
        w.options.initial_blob_excess = excess;
        w.begin_anew();
        CHECK(w.chain->head_header().blob_gas == BlobGas{0, excess});
        CHECK(w.chain->next_header().blob_gas.excess == (excess < at_reserve ? excess : excess - 14 * kGasPerBlob));
    }
    w.reopen();
    CHECK(w.chain->head_header().blob_gas.excess == at_reserve);
}

TEST_CASE("a block takes no more blobs than its schedule has") {
    BlobWorld w;
    const BlobSidecar six = flat_sidecar(6), four = flat_sidecar(4, 2), three = flat_sidecar(3, 3);
    for (int i = 0; i < 3; ++i) w.send_blobs(w.blob_draft(w.alice, six), w.alice, six);
    Transaction low = w.blob_draft(w.bob, four);
    low.max_priority_fee = kGwei / 2;
    const Hash too_many = w.send_blobs(low, w.bob, four);
    const PrivateKey carol = PrivateKey::derived("carol");
    w.chain->set_balance(carol.address(), kEther);  // mines the three
    CHECK(w.blobs_of_head() == 18);
    w.chain->mine();
    CHECK(w.blobs_of_head() == 4);
    CHECK(w.chain->receipt(too_many).has_value());

    for (int i = 0; i < 3; ++i) w.send_blobs(w.blob_draft(w.alice, six), w.alice, six);
    low.nonce = 1;
    const Hash again = w.send_blobs(low, w.bob, four);
    Transaction lowest = w.blob_draft(carol, three);
    lowest.max_priority_fee = 1, lowest.max_fee = 10 * kGwei, lowest.gas_limit = 21'000;
    const Hash fits = w.send_blobs(lowest, carol, three);
    w.chain->mine();
    CHECK(w.blobs_of_head() == 21);
    CHECK(!w.chain->receipt(again));
    CHECK(w.chain->receipt(fits).has_value());
}

TEST_CASE("a contract sees the hashes of its transaction's blobs, and zeros behind them") {
    BlobWorld w;
    const Address probe = w.deploy("probe");
    const BlobSidecar sidecar = flat_sidecar(2);
    const std::vector<Hash> hashes = versioned_hashes(sidecar);
    w.send_blobs(w.blob_draft(w.alice, sidecar, probe, bytes({'h', 5, 1})), w.alice, sidecar);
    w.send_blobs(w.blob_draft(w.alice, sidecar, probe, bytes({'i', 'h', 6, 0})), w.alice, sidecar);  // from an inner call
    w.send_blobs(w.blob_draft(w.alice, sidecar, probe, bytes({'h', 7, 2})), w.alice, sidecar);
    w.chain->mine();
    CHECK(*w.chain->storage(probe, slots::at(5)) == hashes[1]);
    CHECK(*w.chain->storage(probe, slots::at(6)) == hashes[0]);
    CHECK(w.chain->storage(probe, slots::at(7))->is_zero());

    CallRequest request;
    request.to = probe;
    request.data = bytes({'b', 1});
    CHECK(w.chain->call(request)->data == to_bytes(Hash{}));
    request.blob_hashes = hashes;
    CHECK(w.chain->call(request)->data == to_bytes(hashes[1]));
    CHECK(w.chain->estimate(request)->outcome.success);
    request.blob_hashes = {Hash{}};
    CHECK(w.chain->call(request).status().reason == "TX_BLOB_HASH_VERSION");
    request.blob_hashes = std::vector<Hash>(7, hashes[0]);
    CHECK(w.chain->call(request).status().reason == "TX_TOO_MANY_BLOBS");
    request.blob_hashes = hashes, request.to.reset();
    CHECK(w.chain->call(request).status().reason == "TX_BLOB_CREATION");
}

TEST_CASE("blobhash costs three gas") {
    BlobWorld w;
    const Address probe = w.deploy("probe");
    CallRequest request;
    request.to = probe;
    request.data = bytes({'b', 0});
    const uint64_t gas = w.chain->estimate(request)->gas;
    request.data = bytes({'t', 0});  // reads what is free
    CHECK(gas == w.chain->estimate(request)->gas + 3);
}

TEST_CASE("blobs of a block are had in order, all or those of some hashes") {
    BlobWorld w;
    const BlobSidecar first = flat_sidecar(2), second = flat_sidecar(3, 2);
    w.send_blobs(w.blob_draft(w.alice, first), w.alice, first);
    w.send_blobs(w.blob_draft(w.alice, second), w.alice, second);
    w.chain->mine();
    std::vector<Blob> all = first.blobs;
    all.insert(all.end(), second.blobs.begin(), second.blobs.end());
    CHECK(*w.chain->blobs(1) == all);
    const Hash of_second = versioned_hashes(second)[1], of_first = versioned_hashes(first)[0];
    CHECK(*w.chain->blobs(1, {of_second, of_first}) == std::vector<Blob>{first.blobs[0], second.blobs[1]});
    CHECK(w.chain->blobs(1, {Hash{}})->empty());
    CHECK(w.chain->blobs(0)->empty());
    CHECK(w.chain->blobs(2).status().reason == "BLOCK_NOT_FOUND");
    w.store.lose_unsynced();
    w.reopen();
    CHECK(*w.chain->blobs(1) == all);
}

TEST_CASE("blobs expire by the blocks' times, and the chain's history stays") {
    BlobWorld w;
    w.options.blob_retention_s = 100;
    w.reopen();
    const BlobSidecar old = flat_sidecar(1), young = flat_sidecar(1, 2);
    const Hash hash = w.send_blobs(w.blob_draft(w.alice, old), w.alice, old);
    const uint64_t time = w.chain->mine().time;
    w.send_blobs(w.blob_draft(w.alice, young), w.alice, young);
    CHECK(w.chain->set_next_block_time(time + 100).ok());
    w.chain->mine();
    CHECK(*w.chain->blobs(1) == old.blobs);  // a hundred seconds old
    w.chain->mine();
    CHECK(w.chain->blobs(1).status().reason == "BLOBS_EXPIRED");
    CHECK(w.chain->blobs(1, {Hash{}})->empty());  // of which none was asked for
    CHECK(*w.chain->blobs(2) == young.blobs);
    CHECK(w.chain->receipt(hash)->blob_gas == BlobGasPaid{kGasPerBlob, 1});
    size_t kept = 0;
    w.store.scan("v", "x", [&](std::string_view, std::string_view) { return ++kept, true; });
    CHECK(kept == 2);  // the young one's record, and that there is one
    w.reopen();
    CHECK(*w.chain->blobs(2) == young.blobs);
}

TEST_CASE("a reorganisation takes sidecars back into the mempool, unless they have expired") {
    BlobWorld w;
    w.options.blob_retention_s = 1'000;
    w.reopen();
    const BlobSidecar old = flat_sidecar(1), young = flat_sidecar(2, 2);
    const Hash first = w.send_blobs(w.blob_draft(w.alice, old), w.alice, old);
    w.chain->mine();
    const Hash second = w.send_blobs(w.blob_draft(w.bob, young, w.alice.address()), w.bob, young);
    w.chain->mine();
    REQUIRE(w.chain->reorganise(2).ok());
    CHECK(w.chain->mempool_size() == 2);
    CHECK(w.chain->blobs(1).status().reason == "BLOCK_NOT_FOUND");
    w.chain->mine();
    CHECK(w.chain->receipt(first).has_value());
    CHECK(w.chain->receipt(second).has_value());
    CHECK(w.chain->blobs(1)->size() == 3);
    CHECK(w.chain->blobs(1, versioned_hashes(young))->size() == 2);

    w.chain->increase_time(2'000);
    w.chain->mine();
    REQUIRE(w.chain->reorganise(2).ok());
    CHECK(w.chain->mempool_size() == 0);
    w.send_blobs(
        [&] {
            auto body = w.blob_draft(w.alice, old);
            body.nonce = 0;
            return body;
        }(),
        w.alice, old);
    w.chain->mine();
    REQUIRE(w.chain->reorganise(1, false).ok());
    CHECK(w.chain->mempool_size() == 0);
    size_t kept = 0;
    w.store.scan("v", "x", [&](std::string_view, std::string_view) { return ++kept, true; });
    CHECK(kept == 0);
}

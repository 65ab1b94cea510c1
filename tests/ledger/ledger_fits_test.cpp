// What the open chunk has room for, against its very bytes.
#include <catch2/catch.hpp>
#include <random>

#include "ledger/open_ledger.hpp"
#include "node/store.hpp"

using namespace gavel;
using namespace gavel::ledger;

namespace {

constexpr size_t kPeople = 300;

Address person(size_t number) {
    Address out;
    out.bytes[0] = 1;
    out.bytes[18] = static_cast<uint8_t>(number >> 8);
    out.bytes[19] = static_cast<uint8_t>(number);
    return out;
}

// The chunk as it would be sealed now, with the operation behind the others.
bool fits_by_its_bytes(const OpenLedger& ledger, const PostedOperation& posted) {
    ledger::writing.assume();
    Chunk chunk = ledger.open_chunk().chunk;
    chunk.operations.push_back(posted);
    chunk.fee_leaves.assign(ledger.open_chunk().fees.entries().size() + 1, ledger.newest_account_count());
    return fits_slot(encode_ops(chunk).size(), Signature::kSize * chunk.operations.size());
}

}  // namespace

TEST_CASE("an operation fits the open chunk exactly where its bytes do, whatever stands before it") {
    ledger::writing.assume();
    node::MemoryStore store;
    OpenLedger ledger(store, {1, {}});
    const auto no_fees = [](const Address&) { return std::optional<uint32_t>(1); };
    for (size_t i = 0; i < kPeople; ++i) {
        ChunkRecord sealed;
        if (!ledger.fits_l1_operation()) REQUIRE(ledger.seal(no_fees, sealed).ok());
        REQUIRE(ledger.open_l1_operation({L1OperationKind::kDeposit, person(i), person(i), {}, Amount{u128{1} << 126}, 0}).ok());
    }
    std::mt19937_64 random(5);
    std::vector<uint64_t> nonces(kPeople);
    size_t by_bytes = 0, by_weight = 0;
    for (int i = 0; i < 6'000; ++i) {
        const size_t crowd = i % 500 < 250 ? kPeople : 12, from = random() % crowd;
        const unsigned digits = i % 1'000 < 700 ? 125 : 20;
        const Amount amount{((u128{random()} << 64 | random()) >> (128 - digits)) | 1};
        Operation operation{OperationKind::kTransfer, {}, {{person(random() % crowd), amount}}, {}, nonces[from], {}};
        if (random() % 40 == 0) operation.payments[0].to = person(1'000 + static_cast<size_t>(i));  // new here
        if (random() % 60 == 0) operation.fee = Amount{random() % 3};
        if (digits > 100 && random() % 4 == 0) std::fill_n(operation.memo.bytes.begin(), 32, static_cast<uint8_t>(i | 1));
        const PostedOperation posted = ledger.posted_form(operation, ledger.newest_account({person(from), {}})->index);
        const bool fits = ledger.fits(posted, {});
        const bool is_light = ledger.open_chunk().weight + posted.weight() + 1 <= kMaxChunkWeight;
        INFO("operation " << i << " behind " << ledger.open_chunk().chunk.operations.size());
        REQUIRE((!fits || fits_by_its_bytes(ledger, posted)));
        if (is_light) REQUIRE(fits == fits_by_its_bytes(ledger, posted));
        (fits ? by_bytes : is_light ? by_bytes : by_weight) += !fits;
        ChunkRecord sealed;
        if (!fits) REQUIRE(ledger.seal(no_fees, sealed).ok());
        OperationReceipt receipt;
        const auto checked = with_names(operation, person(from), {}, ledger.domain_separator());
        if (ledger.open_operation(posted, checked, 1, receipt).ok()) ++nonces[from];
    }
    CHECK(by_bytes > 40);   // chunks that were full by their bytes
    CHECK(by_weight > 20);  // and by their weight
}

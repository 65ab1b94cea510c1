// What blobs cost: values of the EIPs' formulas.
#include "l1-bridge/wire/blob_gas.hpp"

#include <catch2/catch.hpp>

#include "protocol/amount.hpp"

using namespace gavel;
using namespace gavel::l1;

namespace {

constexpr BlobSchedule kBpo2{};
constexpr uint64_t kBlob = kGasPerBlob;

u128 power(uint64_t numerator, uint64_t denominator) { return blob_base_fee({1, 2, denominator}, numerator); }

}  // namespace

TEST_CASE("the blob base fee is EIP-4844's series, cut as there") {
    CHECK(power(0, 1) == 1);
    CHECK(power(2, 1) == 6);
    CHECK(power(4, 2) == 6);
    CHECK(power(3, 1) == 16);
    CHECK(power(6, 2) == 18);
    CHECK(power(4, 1) == 49);
    CHECK(power(8, 2) == 50);
    CHECK(power(5, 1) == 136);
    CHECK(power(5, 2) == 11);
    CHECK(power(50'000'000, 2'225'652) == 5'709'098'764);
    CHECK(power(2'314'057, 3'338'477) == 1);  // Cancun's fraction
    CHECK(power(2'314'058, 3'338'477) == 2);
    CHECK(power(10 << 20, 3'338'477) == 23);
}

TEST_CASE("the schedule is that of BPO2 unless another is told") {
    CHECK(kBpo2.target == 14);
    CHECK(kBpo2.max == 21);
    CHECK(blob_base_fee(kBpo2, 0) == 1);
    CHECK(blob_base_fee(kBpo2, 8'099'199 - 1) == 1);
    CHECK(blob_base_fee(kBpo2, 8'099'199) == 2);
    CHECK(blob_base_fee(kBpo2, 100'000'000) == 5'209);
    CHECK(blob_base_fee(kBpo2, 500'000'000) == 3'836'554'603'535'638'796);
}

TEST_CASE("a schedule has a target within its maximum, and a fraction") {
    CHECK(kBpo2.is_valid());
    CHECK(BlobSchedule{0, 1, 1}.is_valid());
    CHECK(!BlobSchedule{15, 14, 1}.is_valid());
    CHECK(!BlobSchedule{0, 0, 1}.is_valid());
    CHECK(!BlobSchedule{1, 2, 0}.is_valid());
    CHECK(!BlobSchedule{1, 1'000'001, 1}.is_valid());
}

TEST_CASE("a blob base fee that no integer holds is the largest one") {
    CHECK(blob_base_fee(kBpo2, 2'000'000'000) == ~u128{0});
    CHECK(blob_base_fee(kBpo2, UINT64_MAX) == ~u128{0});
    CHECK(blob_base_fee({1, 2, 1}, 1'000) == ~u128{0});
}

TEST_CASE("the excess rises above the target and falls below it") {
    const u128 cheap = 16;  // a base fee that reserves nothing
    auto next = [&](uint64_t used, uint64_t excess) {
        return next_excess_blob_gas(kBpo2, {used * kBlob, excess * kBlob}, cheap);
    };
    CHECK(next(21, 0) == 7 * kBlob);
    CHECK(next(15, 0) == kBlob);
    CHECK(next(14, 0) == 0);
    CHECK(next(0, 0) == 0);
    CHECK(next(0, 13) == 0);
    CHECK(next(0, 14) == 0);
    CHECK(next(0, 20) == 6 * kBlob);
    CHECK(next(14, 20) == 20 * kBlob);
}

TEST_CASE("while blobs cost less than a sixteenth of the base fee the excess doesn't fall") {
    auto next = [](uint64_t used, uint64_t excess, u128 base_fee) {
        return next_excess_blob_gas(kBpo2, {used * kBlob, excess}, base_fee);
    };
    CHECK(next(14, 0, 16) == 0);  // a blob at 1 wei costs 131,072, as 8,192 gas at 16
    CHECK(next(14, 0, 17) == 14 * kBlob * 7 / 21);
    CHECK(next(21, 0, 17) == 7 * kBlob);  // the most that a block may raise it is as ever
    CHECK(next(13, 0, kGwei) == 0);       // below the target nothing is kept
    CHECK(next(0, 20 * kBlob, kGwei) == 20 * kBlob);
    CHECK(next(3, 20 * kBlob, kGwei) == 21 * kBlob);
    // At a gwei the reserve price is 62,500,000 wei, which this excess is the first to reach.
    CHECK(next(0, 209'747'757 - 1, kGwei) == 209'747'757 - 1);
    CHECK(next(0, 209'747'757, kGwei) == 209'747'757 - 14 * kBlob);
    CHECK(next(21, 0, ~u128{0}) == 7 * kBlob);
    // Figures that only a lie holds.
    CHECK(next_excess_blob_gas(kBpo2, {UINT64_MAX, UINT64_MAX}, 0) == UINT64_MAX);
    CHECK(next_excess_blob_gas(kBpo2, {UINT64_MAX, 0}, kGwei) == UINT64_MAX / 3);
}

TEST_CASE("what a transaction can cost is gas, blobs and value, each at its cap") {
    Transaction body{1, 0, 1, 10, 21'000, Address{}, 5, {}, {}};
    CHECK(most_cost(body) == 210'005);
    body.blob_hashes = {Hash{}, Hash{}};
    body.max_blob_fee = 3;
    CHECK(most_cost(body) == 210'005 + 6 * kBlob);
    CHECK(cost_of(body, 2, 1) == 42'005 + 2 * kBlob);
    body.max_blob_fee = ~u128{0} / kBlob;
    CHECK(most_cost(body) == ~u128{0});
    body.max_blob_fee = 0, body.max_fee = ~u128{0};
    CHECK(most_cost(body) == ~u128{0});
}

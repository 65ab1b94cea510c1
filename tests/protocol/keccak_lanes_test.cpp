// Many hashes at once are those that Crypto++ computes one by one.
#include <catch2/catch.hpp>
#include <random>

#include "protocol/keccak_lanes.hpp"

using namespace gavel;

TEST_CASE("many hashes at once are the same as one by one, by every width that the machine has") {
    std::mt19937_64 random(7);
    Bytes inputs(20 * (kKeccakRate - 8));
    for (uint8_t& byte : inputs) byte = static_cast<uint8_t>(random());
    size_t widths = 0;
    for (KeccakWidth width : {KeccakWidth::kOne, KeccakWidth::kFour, KeccakWidth::kEight}) {
        if (!machine_has(width)) continue;
        ++widths;
        for (size_t length = 8; length < kKeccakRate; length += 8) {
            for (size_t count = 0; count <= 20; ++count) {
                INFO("width " << int(width) << ", length " << length << ", count " << count);
                const ByteView all = ByteView(inputs).first(count * length);
                std::vector<Hash> out(count + 1), expected(count + 1);  // the last one isn't written
                for (size_t i = 0; i < count; ++i) expected[i] = keccak256(all.subspan(i * length, length));
                keccak256_many(all, length, std::span(out).first(count), width);
                REQUIRE(out == expected);
                out.assign(count + 1, {});
                keccak256_many(all, length, std::span(out).first(count));
                REQUIRE(out == expected);
            }
        }
    }
    REQUIRE(widths >= 1);
}

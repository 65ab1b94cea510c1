// Openings of blobs that are true: in each place, by each implementation's bytes.
#include <catch2/catch.hpp>

#include "tests/protocol/opening_prover.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// Builds and checks an opening, and that it shows what is there.
Bytes require_opens(std::span<const Blob> blobs, std::span<const Hash> hashes, uint16_t chunk) {
    INFO("chunk " << chunk);
    const auto built = build_blob_opening(blobs, chunk);
    REQUIRE(built.has_value());
    Bytes bytes = built->encode();
    REQUIRE(bytes.size() == blob_opening_length(chunk));
    REQUIRE(name_of(check_blob_opening(bytes, hashes, chunk)) == std::string{"None"});
    const ShownRuns got = runs_shown(bytes, chunk);
    const SlotView slot = blobs[chunk / 32].slot(chunk % 32);
    REQUIRE(to_bytes(got.slot) == to_bytes(slot));
    if (chunk == 0) {
        REQUIRE(got.after_before.empty());
    } else {
        REQUIRE(to_bytes(got.after_before) == to_bytes(blobs[(chunk - 1) / 32].slot((chunk - 1) % 32).first(64)));
    }
    return bytes;
}

struct Expected {
    uint16_t chunk;
    size_t length;
    std::string z, quotient, hash;
};

void require_bytes(const std::vector<Blob>& blobs, const Expected& expected) {
    INFO("chunk " << expected.chunk);
    const auto built = build_blob_opening(blobs, expected.chunk).value();
    REQUIRE(to_hex(built.challenge().bytes()) == "0x" + expected.z);
    REQUIRE(to_hex(built.quotient) == "0x" + expected.quotient);
    REQUIRE(built.encode().size() == expected.length);
    REQUIRE(to_hex(keccak256(built.encode())) == "0x" + expected.hash);
}

}  // namespace

// By tests/third_voice/src/opening.ts, whose openings the contract takes on Anvil, of blobs drawn as here.
TEST_CASE("openings are to the byte those of the third voice") {
    const DrawnBatch& batch = DrawnBatch::get();
    REQUIRE(to_hex(batch.hashes[0]) == "0x01a811683ab1bb76674650bc44a2985d06b6e60826f01f16b4a4b1b6ca2aafbc");
    REQUIRE(to_hex(batch.hashes[5]) == "0x014966f3b99e2900f4919145f22b3281ace393bf374674dc6ad4929954eca6ef");
    require_bytes(batch.blobs,
                  {0, 4352, "48c6e255519cc827d1dbafcb87f3762b7ed6d27657f62421755265e2d7579f02",
                   "9583d9549f96705d5adee5fce552e213fcba7c7f6df2c0dec41534887e90b4584c2deb8180ee3623024eb6b5e014a9cf",
                   "9cb58463676223b613f9ecf618f8ca67d36f94f29e0fe3287a72925cec295b2a"});
    require_bytes(batch.blobs,
                  {1, 4416, "1603c1e12cf8203a3b1a1930b4542fa31a929402a37883fe3b6a8d8ce3090f9a",
                   "ac8038ca9a955f3d50d848b1f9364a61ec7e0dfdd1614283724361e05a355ff81bdbfe7b0340e58da4b256c83743bf12",
                   "a6ba8d68d93ae4aea92c1e0f06ae77a39d782049afb9e93cb24c072dd502a975"});
    require_bytes(batch.blobs,
                  {31, 4416, "081f77fae2f89be46f4596dbf9dadb730daecd27c2e80534d5a643dc42aeb6b7",
                   "a93d72c6885199181a2505753a30a44b4449de4591d77599f7083c751ab86f8f9878a849a7643e576e65ce3072d2be34",
                   "21313e05e4a46603d9e0b12a9918f0afa417deb32e808791e69cad9457089770"});
    require_bytes(batch.blobs,
                  {32, 4544, "6449052e762e590a2e8305fe6f141e9858987b2f0ca49093481a5da3bb2b4828",
                   "972d7b795eee5e28e26c9d874189f5016940a3df69bc86ef5804a38841b4b1b72d0573f1e9131d8d44369a0ff4972a2b",
                   "33c0d0f56514267e4fdc15722537ccbdbdb47d1b07d8b2cdcc629a5fa8c2b4af"});
    require_bytes(batch.blobs,
                  {33, 4416, "1c4504f8a8953dce7b4d43c9c4e4409396d4dbcd513bd52760b57394839c61b0",
                   "907d6fd3966b839ad822c0717397f3bb0517a171baab154f037ed1183b12311306fd2c09b2a10c34ad5da18eaa5ae8ad",
                   "27b7a3ab1a8e09b8063fa6e94db19ffa18580ee2911b27e6701ce9b17e8ce85d"});
    require_bytes(batch.blobs,
                  {100, 4416, "18293d9737fcac41576b68de8ab947a1992934683cdeba5ff8adb2349878c3e5",
                   "a157e0bb96cfcc39432672bf9dea21575da7cedabbc74978bbcb8d33bef3a42a25a91ed8322fa9e9e37d0bfdf2c76fbd",
                   "c0822ef15c2dc8700e5db5e8bf9dacf28ba86d7fc84f7be6eeda89fe24c46131"});
    require_bytes(batch.blobs,
                  {160, 4544, "5d64c5bdff39486fef1d2dc9c096907ca113660ad6db6c36f3567b85084f9e47",
                   "b5dcfc61bab26d75de5cdbeef40369829ad2a6a497628489d1350d9fa7e9b2303ac53f8d8afcd1895a879f76a8d3be41",
                   "34dc7c1005634cc95029dbb2bbe097b071a18b57e9bc32e215c32d3fab33d599"});
    require_bytes(batch.blobs,
                  {191, 4416, "45cc097c95b908b9c7db49392547fe8896c6a466192e24bc8fc546883d65ec8b",
                   "8bccb03080e204c5a6fa145239ae265dc22ccfeca9d80dee37c21aaeb2636f284af361c2cde1624d5f2005914c2b736a",
                   "a0ead6a3dce188be4a24169c9c5b8e239a6e0b2a59313d2215bbc88cc5d4358e"});
}

TEST_CASE("openings of blobs of one value are to the byte those of the third voice") {
    const std::vector<Blob> blobs{Blob{}, flat_blob(kLast), flat_blob(kLast)};
    const auto hashes = hashes_of(blobs);
    const std::string infinity = "c0" + std::string(94, '0');
    for (uint16_t chunk : {uint16_t{0}, uint16_t{9}, uint16_t{32}, uint16_t{50}, uint16_t{64}})
        require_opens(blobs, hashes, chunk);
    require_bytes(blobs, {0, 4352, "1bb038cc7cf5c02d8ad1a8cc3092f118631f8f6a110c0f8c6e9161e9376c9dbc", infinity,
                          "32ae302b9c98b260213427955205938c5d79fdaf30484f9829e43beef9c83384"});
    require_bytes(blobs, {9, 4416, "3064ce961215f0b391ba3ec087f4ebd8089dab3b408f1a2f6a9807ed8e0ae39d", infinity,
                          "38fba85c1a1cfbf663777952656ea045cc60e17689c2db1586657860f159eb26"});
    require_bytes(blobs, {32, 4544, "65fb66518d62cc10b6139212b1dca7d2c9c0ac8133e69ec8efebdd69d11ea7cb", infinity,
                          "5a5297bd4e1652fdb050bedd36c72552e9d8e69ba6a1f862f4ea817c2f6301da"});
    require_bytes(blobs, {50, 4416, "54da9e8dd42d72345052824742e32b2069058a7c14aa658ac1b01960cb306d25", infinity,
                          "9623794e83223a6a28e5204b327ca9c0b46de1b700ab1880e19c459ac868e444"});
    require_bytes(blobs, {64, 4544, "69b14e5154327052197777a72df2c5c8610ca85e9a74d928ba790198ea435ba9", infinity,
                          "d52194ab4deb3d218b565cbf6bd8fe407a1a66494556da7469fb756974c3b6fc"});
}

TEST_CASE("each place of a batch opens: first and last slots, amid a blob, across blobs") {
    const DrawnBatch& batch = DrawnBatch::get();
    const std::span blobs{batch.blobs};
    const std::span hashes{batch.hashes};
    for (uint16_t chunk : {0, 1, 15, 31, 32, 33, 63, 64, 128, 159, 160, 161, 191}) require_opens(blobs, hashes, chunk);
    // With the blobs that a smaller batch has.
    require_opens(blobs.first(1), hashes.first(1), 31);
    require_opens(blobs.first(2), hashes.first(2), 32);
}

TEST_CASE("chunks come out of their openings as they were written, whatever the top bytes are") {
    for (size_t chunks : {1u, 32u, 33u, 192u}) {
        std::vector<Slot> slots;
        for (size_t i = 0; i < chunks; ++i) {
            const Hash hash = keccak256(view_of("chunk " + std::to_string(i)));
            slots.push_back({hash, Bytes(i, static_cast<uint8_t>(i)), Bytes(64 * (i % 40), 7)});
        }
        auto blobs = blobs_of(slots);
        REQUIRE(blobs.size() == blobs_for(chunks));
        for (size_t i = 0; i < 32 * blobs.size(); ++i) {
            auto slot = blobs[i / 32].slot(i % 32);
            for (size_t k = 0; k < kSlotElements; ++k) slot[32 * k] = static_cast<uint8_t>((31 * i + 17 * k) % 0x73);
        }
        const auto hashes = hashes_of(blobs);
        for (size_t i : {size_t{0}, chunks / 2, chunks - 1}) {
            const auto chunk = static_cast<uint16_t>(i);
            const Bytes bytes = require_opens(blobs, hashes, chunk);
            const ShownRuns got = runs_shown(bytes, chunk);
            const SlotReading read = read_slot(SlotView{got.slot.data(), kSlotBytes});
            REQUIRE(read.lengths_hold);
            REQUIRE(read.slot == slots[i]);
            if (i == 0) continue;
            REQUIRE(read_after(AfterView{got.after_before.data(), kAfterBytes}) == slots[i - 1].after);
        }
    }
}

TEST_CASE("a blob opens only as far as it is one") {
    std::vector<Blob> blobs{drawn_blob("a"), drawn_blob("b")};
    REQUIRE_FALSE(build_blob_opening(blobs, 64).has_value());
    REQUIRE_FALSE(build_blob_opening(blobs, 65'535).has_value());
    REQUIRE_FALSE(build_blob_opening({}, 0).has_value());
    // One element that isn't below r, in the chunk's blob or the one before; a blob that isn't opened may be anything.
    auto bad = blobs[0].slot(20);
    std::copy_n(kOrder.data(), kElementBytes, bad.begin());
    REQUIRE_FALSE(build_blob_opening(blobs, 0).has_value());
    REQUIRE_FALSE(build_blob_opening(blobs, 32).has_value());
    REQUIRE(build_blob_opening(blobs, 33).has_value());
}

TEST_CASE("the checker takes any bytes") {
    const std::vector<Hash>& hashes = DrawnBatch::get().hashes;
    for (uint16_t chunk : {0, 1, 32, 191, 192, 224, 65'535}) {
        const size_t length = blob_opening_length(chunk);
        REQUIRE(length == (chunk == 0 ? 4'352u : chunk % 32 == 0 ? 4'544u : 4'416u));
        const auto error = [&](size_t size, uint8_t byte) { return check_blob_opening(Bytes(size, byte), hashes, chunk); };
        REQUIRE(error(0, 0) == OpeningError::kTruncated);
        REQUIRE(error(length - 1, 0) == OpeningError::kTruncated);
        REQUIRE(error(length + 1, 0) == OpeningError::kTrailingBytes);
        REQUIRE(error(length, 0) == OpeningError::kOpening);
        REQUIRE(error(length, 0x55) == OpeningError::kOpening);
        REQUIRE(error(length, 0xff) == OpeningError::kElement);
        REQUIRE(check_blob_opening(Bytes(length), {}, chunk) == OpeningError::kOpening);
    }
}

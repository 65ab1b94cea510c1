// Slots of blobs: what is written, and how any bytes are read.
#include <catch2/catch.hpp>

#include "tests/protocol/blob_values.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

Bytes drawn_bytes(const std::string& name, size_t size) {
    Bytes out;
    for (uint32_t i = 0; out.size() < size; ++i) append(out, keccak256({view_of(name), ByteWriter{}.u32(i).take()}));
    out.resize(size);
    return out;
}

Slot drawn_slot(const std::string& name, size_t ops, size_t sigs) {
    return {keccak256(view_of(name)), drawn_bytes(name + " ops", ops), drawn_bytes(name + " sigs", sigs)};
}

// A slot's elements with this data, each behind the top byte.
Bytes elements_with(ByteView data, uint8_t top) {
    REQUIRE(data.size() == kSlotData);
    Bytes out;
    for (size_t at = 0; at < data.size(); at += kElementData) {
        out.push_back(top);
        append(out, data.subspan(at, kElementData));
    }
    return out;
}

SlotReading read(ByteView elements) { return read_slot(SlotView{elements.data(), kSlotBytes}); }

Bytes data_with(const Slot& slot, size_t ops_length, size_t sigs_length, uint8_t fill) {
    ByteWriter writer;
    writer.raw(slot.after).u16(static_cast<uint16_t>(ops_length)).u16(static_cast<uint16_t>(sigs_length));
    Bytes out = writer.raw(slot.ops).raw(slot.sigs).take();
    REQUIRE(out.size() <= kSlotData);
    out.resize(kSlotData, fill);
    return out;
}

}  // namespace

TEST_CASE("a blob has room for 32 slots of 3,932 bytes") {
    REQUIRE(kBlobBytes == 131'072);
    REQUIRE(kSlotElements == 128);
    REQUIRE(kSlotData == 3'968);
    REQUIRE(kSlotRoom == 3'932);
    REQUIRE(kMaxBlobChunks == 192);
    REQUIRE(blobs_for(1) == 1);
    REQUIRE(blobs_for(32) == 1);
    REQUIRE(blobs_for(33) == 2);
    REQUIRE(blobs_for(192) == 6);
    REQUIRE_FALSE(Blob::from(Bytes(kBlobBytes - 1)).has_value());
    REQUIRE_FALSE(Blob::from(Bytes(kBlobBytes + 1)).has_value());
    REQUIRE(Blob::from(Bytes(kBlobBytes)) == Blob{});
}

TEST_CASE("a slot's bytes are those of the page") {
    // after, 3 bytes of ops, 2 of sigs: the second element begins with after's last byte.
    const Slot slot{keccak256(view_of("after")), {1, 2, 3}, {4, 5}};
    const Blob blob = blobs_of(std::span{&slot, 1}).at(0);
    const std::string after = to_hex(slot.after).substr(2);
    REQUIRE(to_hex(ByteView{blob.slot(0)}.first(96)) ==
            "0x00" + after.substr(0, 62) + "00" + after.substr(62) + "00030002" + "0102030405" + std::string(42 + 64, '0'));
    REQUIRE(Blob::from(blob.view()).value() == blob);
}

TEST_CASE("what is written is read") {
    const std::pair<size_t, size_t> sizes[] = {{0, 0},       {1, 0},     {0, 1},     {26, 0},    {27, 64},
                                               {860, 3'072}, {3'932, 0}, {0, 3'932}, {3'931, 1}, {3'868, 64}};
    std::vector<Slot> slots;
    for (const auto& [ops, sigs] : sizes) slots.push_back(drawn_slot("slot " + std::to_string(slots.size()), ops, sigs));
    while (slots.size() < 65) slots.push_back(drawn_slot("more " + std::to_string(slots.size()), slots.size(), 64));
    const auto blobs = blobs_of(slots);
    REQUIRE(blobs.size() == 3);
    for (size_t i = 0; i < slots.size(); ++i) {
        const SlotView elements = blobs[i / 32].slot(i % 32);
        const SlotReading got = read_slot(elements);
        REQUIRE(got.lengths_hold);
        REQUIRE(got.slot == slots[i]);
        REQUIRE(read_after(elements.first<kAfterBytes>()) == slots[i].after);
    }
    // All of it is zero that nothing was written to; top bytes too.
    for (size_t i = slots.size() % 32; i < 32; ++i) {
        const SlotView rest = blobs.back().slot(i);
        REQUIRE(std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; }));
    }
    for (const Blob& blob : blobs) {
        for (size_t i = 0; i < kBlobElements; ++i) REQUIRE(blob.view()[i * kElementBytes] == 0);
        REQUIRE(Kzg::get().commitment(blob.view()).has_value());
    }
}

TEST_CASE("top bytes and data behind sigs are ignored") {
    const Slot slot = drawn_slot("slot", 300, 128);
    for (int top : {0, 1, 0x73, 0xff}) {
        for (int fill : {0, 0xff}) {
            const auto got =
                read(elements_with(data_with(slot, 300, 128, static_cast<uint8_t>(fill)), static_cast<uint8_t>(top)));
            REQUIRE(got.lengths_hold);
            REQUIRE(got.slot == slot);
        }
    }
}

TEST_CASE("lengths above 3,932 bytes are the refusal SlotLengths, and after is read all the same") {
    const Hash after = keccak256(view_of("after"));
    struct Case {
        size_t ops, sigs;
        bool hold;
    };
    for (const Case& one : {Case{3'932, 0, true}, Case{0, 3'932, true}, Case{3'900, 32, true}, Case{3'932, 1, false},
                            Case{3'933, 0, false}, Case{0, 3'933, false}, Case{1, 3'932, false}, Case{65'535, 0, false},
                            Case{0, 65'535, false}, Case{65'535, 65'535, false}, Case{65'535, 3'933, false}}) {
        INFO(one.ops << " and " << one.sigs);
        const auto got = read(elements_with(data_with({after, {}, {}}, one.ops, one.sigs, 0x5a), 0));
        REQUIRE(got.lengths_hold == one.hold);
        REQUIRE(fits_slot(one.ops, one.sigs) == one.hold);
        REQUIRE(got.slot.after == after);
        REQUIRE(got.slot.ops == Bytes(one.hold ? one.ops : 0, 0x5a));
        REQUIRE(got.slot.sigs == Bytes(one.hold ? one.sigs : 0, 0x5a));
    }
    REQUIRE_FALSE(fits_slot(SIZE_MAX, 1));
    REQUIRE_FALSE(fits_slot(1, SIZE_MAX));
}

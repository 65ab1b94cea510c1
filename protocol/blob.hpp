// Blobs as Gavel cuts them: slots, each with the data of one chunk (docs/protocol.md).
#pragma once

#include <vector>

#include "protocol/kzg.hpp"

namespace gavel {

// Chunk i of a batch is slot i mod 32 of the batch's blob i / 32.
inline constexpr size_t kSlotsPerBlob = 32;
inline constexpr size_t kSlotElements = kBlobElements / kSlotsPerBlob;  // 128
inline constexpr size_t kSlotBytes = kSlotElements * kElementBytes;     // 4,096
inline constexpr size_t kMaxBlobs = 6;                                  // of a batch
inline constexpr size_t kMaxBlobChunks = kMaxBlobs * kSlotsPerBlob;     // 192

// An element's lower 31 bytes are data. Its top byte is part of the polynomial and of nothing else.
inline constexpr size_t kElementData = kElementBytes - 1;
inline constexpr size_t kSlotData = kSlotElements * kElementData;  // 3,968
// What of a slot's data is left for ops and sigs, behind after(32) opsLength(2) sigsLength(2).
inline constexpr size_t kSlotRoom = kSlotData - 32 - 2 - 2;  // 3,932
// The elements in which a slot's `after` lies: the first two.
inline constexpr size_t kAfterElements = 2;
inline constexpr size_t kAfterBytes = kAfterElements * kElementBytes;

using SlotView = std::span<const uint8_t, kSlotBytes>;
using AfterView = std::span<const uint8_t, kAfterBytes>;

// 4,096 elements of 32 bytes, which needn't be below r.
class Blob {
public:
    Blob() : bytes_(kBlobBytes) {}  // zeros
    // nullopt: not 131,072 bytes.
    static std::optional<Blob> from(ByteView bytes);
    BlobView view() const { return BlobView{bytes_.data(), kBlobBytes}; }
    // index < 32
    SlotView slot(size_t index) const;
    std::span<uint8_t, kSlotBytes> slot(size_t index);
    bool operator==(const Blob&) const = default;

private:
    Bytes bytes_;
};

// What a slot says.
struct Slot {
    Hash after;
    Bytes ops;
    Bytes sigs;
    bool operator==(const Slot&) const = default;
};

struct SlotReading {
    Slot slot;
    // False: opsLength and sigsLength claim more than 3,932 bytes together, the refusal SlotLengths. `after` is read all the
    // same; ops and sigs are empty.
    bool lengths_hold = true;
};

// Reads any 128 elements. Top bytes, and data behind sigs, are ignored.
SlotReading read_slot(SlotView elements);
// The `after` of the slot that begins with these elements.
Hash read_after(AfterView elements);

// The number of blobs that hold so many chunks.
constexpr size_t blobs_for(size_t chunks) { return (chunks + kSlotsPerBlob - 1) / kSlotsPerBlob; }
bool fits_slot(size_t ops_length, size_t sigs_length);
// The blobs of a batch with these chunks: top bytes, and data that nothing fills, are zero. Each slot fits (fits_slot).
std::vector<Blob> blobs_of(std::span<const Slot> slots);

}  // namespace gavel

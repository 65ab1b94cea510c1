#include "protocol/blob.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"

namespace gavel {
namespace {

// The data bytes of some elements, one element's after another's.
Bytes data_of(ByteView elements) {
    Bytes out;
    out.reserve(elements.size() / kElementBytes * kElementData);
    for (; !elements.empty(); elements = elements.subspan(kElementBytes)) append(out, elements.subspan(1, kElementData));
    return out;
}

void write_slot(std::span<uint8_t, kSlotBytes> out, const Slot& slot) {
    ByteWriter writer;
    writer.raw(slot.after);
    writer.u16(static_cast<uint16_t>(slot.ops.size())).u16(static_cast<uint16_t>(slot.sigs.size()));
    const Bytes data = writer.raw(slot.ops).raw(slot.sigs).take();
    for (size_t at = 0; at < data.size(); at += kElementData) {
        const ByteView part = ByteView{data}.subspan(at).first(std::min(kElementData, data.size() - at));
        std::copy(part.begin(), part.end(), out.subspan(at / kElementData * kElementBytes + 1).begin());
    }
}

}  // namespace

std::optional<Blob> Blob::from(ByteView bytes) {
    if (bytes.size() != kBlobBytes) return std::nullopt;
    Blob out;
    out.bytes_.assign(bytes.begin(), bytes.end());
    return out;
}

SlotView Blob::slot(size_t index) const {
    GAVEL_CHECK(index < kSlotsPerBlob);
    return SlotView{bytes_.data() + index * kSlotBytes, kSlotBytes};
}

std::span<uint8_t, kSlotBytes> Blob::slot(size_t index) {
    GAVEL_CHECK(index < kSlotsPerBlob);
    return std::span<uint8_t, kSlotBytes>{bytes_.data() + index * kSlotBytes, kSlotBytes};
}

SlotReading read_slot(SlotView elements) {
    const Bytes data = data_of(elements);
    ByteReader reader(data);
    SlotReading out;
    out.slot.after = reader.fixed<Hash>();
    const size_t ops_length = reader.u16();
    const size_t sigs_length = reader.u16();
    out.lengths_hold = fits_slot(ops_length, sigs_length);
    if (!out.lengths_hold) return out;
    out.slot.ops = to_bytes(reader.take(ops_length));
    out.slot.sigs = to_bytes(reader.take(sigs_length));
    return out;
}

Hash read_after(AfterView elements) { return Hash::from(data_of(elements)); }

bool fits_slot(size_t ops_length, size_t sigs_length) { return ops_length <= kSlotRoom && sigs_length <= kSlotRoom - ops_length; }

std::vector<Blob> blobs_of(std::span<const Slot> slots) {
    std::vector<Blob> out(blobs_for(slots.size()));
    for (size_t i = 0; i < slots.size(); ++i) {
        GAVEL_CHECK(fits_slot(slots[i].ops.size(), slots[i].sigs.size()));
        write_slot(out[i / kSlotsPerBlob].slot(i % kSlotsPerBlob), slots[i]);
    }
    return out;
}

}  // namespace gavel

// Openings of blobs that are lies. Of each lie about elements there are three forms: with true values, and with the value that q,
// or p, would need. A liar can't do better: whatever he changes changes z.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/protocol/opening_prover.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// A slot amid a blob, the first of a batch, and one whose run B lies in the blob before.
const std::vector<uint16_t> kChunks{45, 0, 32};

std::string refusal_of(ByteView bytes, uint16_t chunk) {
    return name_of(check_blob_opening(bytes, DrawnBatch::get().hashes, chunk));
}
std::string refusal_of(const BlobOpening& opening) { return refusal_of(opening.encode(), opening.chunk_index); }

using Change = std::function<void(BlobOpening&)>;
struct Lie {
    std::string what;
    Change change;
};

void put(Bytes& elements, size_t index, const Element& element) {
    std::copy_n(element.data(), kElementBytes, elements.begin() + static_cast<std::ptrdiff_t>(index * kElementBytes));
}

Change turn_slot(size_t byte, uint8_t bit) {
    return [=](BlobOpening& one) { one.slot.at(byte) ^= bit; };
}
Change turn_after(size_t byte, uint8_t bit) {
    return [=](BlobOpening& one) { one.after_before.at(byte) ^= bit; };
}
// What the batch holds from an element of some blob on.
Change show(size_t blob, size_t first, Bytes BlobOpening::*run) {
    return [=](BlobOpening& one) {
        one.*run = to_bytes(DrawnBatch::get().blobs[blob].view().subspan(first * kElementBytes, (one.*run).size()));
    };
}

// Elements that aren't there. `chunk` isn't the first of its blob but one of kChunks.
std::vector<Lie> lies_about_slot(uint16_t chunk) {
    const size_t blob = chunk / 32, first = chunk % 32 * kSlotElements;
    return {
        {"the first element's last bit", turn_slot(31, 1)},
        {"the last element's last bit", turn_slot(kSlotBytes - 1, 1)},
        {"a bit amid the slot", turn_slot(77 * 32 + 9, 0x10)},
        {"a bit of a top byte", turn_slot(5 * 32, 1)},
        {"two elements in each other's place",
         [](BlobOpening& one) { std::swap_ranges(one.slot.begin(), one.slot.begin() + 32, one.slot.begin() + 32); }},
        {"the halves of the slot in each other's place",
         [](BlobOpening& one) { std::rotate(one.slot.begin(), one.slot.begin() + kSlotBytes / 2, one.slot.end()); }},
        {"the slot behind", show(blob, first + kSlotElements, &BlobOpening::slot)},
        {"the slot one element further", show(blob, first + 1, &BlobOpening::slot)},
        {"the same slot of another blob", show(blob + 1, first, &BlobOpening::slot)},
    };
}

std::vector<Lie> lies_about_after(uint16_t chunk) {
    const size_t blob = chunk / 32, before = (chunk - 1u) / 32, first = (chunk - 1u) % 32 * kSlotElements;
    return {
        {"after's first byte", turn_after(1, 0x80)},
        {"after's last byte and nothing else", turn_after(33, 1)},
        {"a byte behind after", turn_after(63, 1)},
        {"the top byte before after's last", turn_after(32, 1)},
        {"after's elements in each other's place",
         [](BlobOpening& one) { std::rotate(one.after_before.begin(), one.after_before.begin() + 32, one.after_before.end()); }},
        {"after one element further", show(before, first + 1, &BlobOpening::after_before)},
        {"after of the slot before that", show(before, first - kSlotElements, &BlobOpening::after_before)},
        {"after of the slot itself", show(blob, chunk % 32 * kSlotElements, &BlobOpening::after_before)},
        {"both runs, one up and one down",
         [](BlobOpening& one) {
             const Fr up = Fr::from(element_at(one.slot, 3)).value() + Fr::of(1);
             const Fr down = Fr::from(element_at(one.after_before, 0)).value() - Fr::of(1);
             put(one.slot, 3, up.bytes());
             put(one.after_before, 0, down.bytes());
         }},
        {"the runs in each other's place",
         [](BlobOpening& one) {
             Bytes both = one.after_before;
             append(both, one.slot);
             one.slot.assign(both.begin(), both.begin() + kSlotBytes);
             one.after_before.assign(both.begin() + kSlotBytes, both.end());
         }},
    };
}

void require_refused(const BlobOpening& one) { REQUIRE(refusal_of(one) == "Opening"); }

}  // namespace

TEST_CASE("elements that aren't there open nothing, whatever values are claimed") {
    for (uint16_t chunk : kChunks) {
        const OpeningProver prover(DrawnBatch::get().blobs, chunk);
        REQUIRE(refusal_of(prover.honest()) == "None");
        REQUIRE(wanted(prover.honest()) == prover.honest().quotient_value.value);
        auto lies = lies_about_slot(chunk);
        for (const Lie& lie : chunk == 0 ? std::vector<Lie>{} : lies_about_after(chunk)) lies.push_back(lie);
        for (const Lie& lie : lies) {
            INFO("chunk " << chunk << ": " << lie.what);
            BlobOpening draft = prover.honest();
            lie.change(draft);
            REQUIRE(draft.encode() != prover.honest().encode());
            BlobOpening made = prover.with_values(draft);
            require_refused(made);
            BlobOpening other = made;
            made.quotient_value.value = wanted(made);
            require_refused(made);
            other.values.front().value = wanted_of_blob(other);
            REQUIRE(wanted(other) == other.quotient_value.value);
            require_refused(other);
        }
    }
}

TEST_CASE("the same elements in other words are no elements") {
    for (uint16_t chunk : kChunks) {
        const OpeningProver prover(DrawnBatch::get().blobs, chunk);
        for (size_t place : {0u, 127u}) {
            INFO("chunk " << chunk << ": element " << place);
            BlobOpening draft = prover.honest();
            put(draft.slot, place, plus(element_at(draft.slot, place), kOrder));
            REQUIRE(refusal_of(prover.with_values(draft)) == "Element");
        }
        for (size_t place = 0; place < prover.honest().after_before.size() / 32; ++place) {
            BlobOpening draft = prover.honest();
            put(draft.after_before, place, plus(element_at(draft.after_before, place), kOrder));
            REQUIRE(refusal_of(prover.with_values(draft)) == "Element");
        }
    }
}

TEST_CASE("another quotient opens nothing") {
    for (uint16_t chunk : kChunks) {
        const OpeningProver prover(DrawnBatch::get().blobs, chunk);
        std::vector<Fr> power(201);
        power.back() = Fr::of(1);
        BlobOpening draft = prover.honest();
        draft.quotient = Kzg::get().commitment_to(power);
        BlobOpening made = prover.with_values(draft, power);
        require_refused(made);
        made.quotient_value.value = wanted(made);
        require_refused(made);
        // None, and what is no point.
        made.quotient = KzgCommitment{};
        made.quotient.bytes[0] = 0xc0;
        require_refused(made);
        made.quotient.bytes.fill(0x11);
        require_refused(made);
    }
}

TEST_CASE("a part that isn't in its place, or in its form, opens nothing") {
    for (uint16_t chunk : kChunks) {
        INFO("chunk " << chunk);
        const BlobOpening honest = build_blob_opening(DrawnBatch::get().blobs, chunk).value();
        const auto refused = [&](const Change& change) {
            BlobOpening one = honest;
            change(one);
            REQUIRE(one.encode() != honest.encode());
            REQUIRE(refusal_of(one) == "Opening");
        };
        refused([](BlobOpening& one) { one.values[0].value = plus(one.values[0].value, kOrder); });
        refused([](BlobOpening& one) { one.values.back().value = plus(one.values.back().value, kOrder); });
        refused([](BlobOpening& one) { one.quotient_value.value = plus(one.quotient_value.value, kOrder); });
        refused([](BlobOpening& one) { one.quotient_value = one.values[0]; });
        refused([](BlobOpening& one) { one.quotient_value.proof = one.values[0].proof; });
        refused([](BlobOpening& one) { one.values[0].proof = one.quotient_value.proof; });
        refused([](BlobOpening& one) { one.values.back().proof = one.quotient_value.proof; });
        refused([](BlobOpening& one) { one.commitments[0] = one.quotient; });
        if (honest.commitments.size() < 2) continue;
        refused([](BlobOpening& one) { std::swap(one.commitments[0], one.commitments[1]); });
        refused([](BlobOpening& one) { std::swap(one.values[0], one.values[1]); });
        refused([](BlobOpening& one) { one.commitments[1] = one.commitments[0]; });
    }
}

// All follows as it should, but the commitments are to other blobs than the batch's.
TEST_CASE("an opening of other blobs opens nothing") {
    const DrawnBatch& batch = DrawnBatch::get();
    for (uint16_t chunk : kChunks) {
        std::vector<Blob> blobs = batch.blobs;
        blobs[chunk / 32] = drawn_blob("another");
        REQUIRE(refusal_of(build_blob_opening(blobs, chunk).value()) == "Opening");
        const Bytes honest = build_blob_opening(batch.blobs, chunk)->encode();
        REQUIRE(check_blob_opening(honest, hashes_of(blobs), chunk) == OpeningError::kOpening);
        std::vector<Hash> hashes = batch.hashes;
        hashes[chunk / 32].bytes[0] = 2;
        REQUIRE(check_blob_opening(honest, hashes, chunk) == OpeningError::kOpening);
        // As many hashes as there are blobs up to the chunk's are enough, one less isn't.
        hashes = batch.hashes;
        hashes.resize(chunk / 32 + 1u);
        REQUIRE(check_blob_opening(honest, hashes, chunk) == OpeningError::kNone);
        hashes.pop_back();
        REQUIRE(check_blob_opening(honest, hashes, chunk) == OpeningError::kOpening);
    }
    // Only the blob before is another.
    std::vector<Blob> blobs = batch.blobs;
    blobs[0] = drawn_blob("another");
    REQUIRE(refusal_of(build_blob_opening(blobs, 32).value()) == "Opening");
}

TEST_CASE("an opening opens no other chunk's slot") {
    const DrawnBatch& batch = DrawnBatch::get();
    const Bytes bytes = build_blob_opening(batch.blobs, 45)->encode();
    REQUIRE(refusal_of(bytes, 45) == "None");
    for (uint16_t other : {13, 44, 46, 77, 1, 191}) REQUIRE(refusal_of(bytes, other) == "Opening");
    REQUIRE(refusal_of(bytes, 0) == "TrailingBytes");
    REQUIRE(refusal_of(bytes, 32) == "Truncated");
    const Bytes across = build_blob_opening(batch.blobs, 32)->encode();
    for (uint16_t other : {64, 96, 160}) REQUIRE(refusal_of(across, other) == "Opening");
    // Where the blobs are the same the hash of the index tells the chunks from each other.
    const std::vector<Blob> same(3, batch.blobs[0]);
    const auto hashes = hashes_of(same);
    const Bytes second = build_blob_opening(same, 32)->encode();
    REQUIRE(check_blob_opening(second, hashes, 32) == OpeningError::kNone);
    REQUIRE(check_blob_opening(second, hashes, 64) == OpeningError::kOpening);
}

TEST_CASE("an opening with any bit turned opens nothing") {
    for (uint16_t chunk : kChunks) {
        const BlobOpening honest = build_blob_opening(DrawnBatch::get().blobs, chunk).value();
        const Bytes bytes = honest.encode();
        const size_t elements = 48 * (honest.commitments.size() + 1);
        const size_t behind = bytes.size() - 80 * (honest.commitments.size() + 1);
        // Each byte of what are no elements, some of those.
        for (size_t at = 0; at < bytes.size(); at += at < elements || at >= behind ? 1 : 41) {
            Bytes other = bytes;
            other[at] ^= static_cast<uint8_t>(1u << at % 8);
            INFO("chunk " << chunk << ", byte " << at);
            const std::string refusal = refusal_of(other, chunk);
            const bool refused = refusal == "Opening" || refusal == "Element";
            REQUIRE(refused);
        }
        Bytes longer = bytes;
        longer.push_back(0);
        REQUIRE(refusal_of(longer, chunk) == "TrailingBytes");
        REQUIRE(refusal_of(ByteView{bytes}.first(bytes.size() - 1), chunk) == "Truncated");
    }
}

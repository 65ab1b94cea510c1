// What KZG costs here: loading the setup, commitments, proofs, and openings of blobs. Milliseconds of the processor's time.
// usage: gavel-bench-kzg [REPETITIONS], 5 if it isn't given
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "protocol/blob_opening.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel {
namespace {

int repetitions = 5;

double milliseconds_of(const std::function<void()>& work, int times) {
    const std::clock_t begin = std::clock();
    for (int i = 0; i < times; ++i) work();
    return 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / times;
}

void tell(const std::string& what, const std::function<void()>& work, int times) {
    fmt::print("{:<52} {:>10.2f} ms\n", what, milliseconds_of(work, times));
}

long resident_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

// Full slots of bytes as random as signatures are.
std::vector<Slot> drawn_slots(size_t count) {
    std::vector<Slot> out(count);
    for (size_t i = 0; i < count; ++i) {
        out[i].after = keccak256(ByteWriter{}.u64(i).take());
        for (Hash next = out[i].after; out[i].ops.size() + 64 <= kSlotRoom; append(out[i].ops, next)) next = keccak256(next);
    }
    return out;
}

void measure() {
    const std::vector<Blob> blobs = blobs_of(drawn_slots(2 * kSlotsPerBlob));
    const long before_kib = resident_kib();
    tell(
        "the setup, loaded once a process", [] { Kzg::get(); }, 1);
    fmt::print("{:<52} {:>10} KiB\n", "memory for it", resident_kib() - before_kib);
    const Kzg& kzg = Kzg::get();
    const BlobView blob = blobs[0].view();
    tell(
        "commitment to a blob", [&] { kzg.commitment(blob); }, repetitions);
    tell(
        "128 cell proofs of a blob", [&] { kzg.cell_proofs(blob); }, repetitions);
    const KzgCommitment commitment = kzg.commitment(blob).value();
    const CellProofs proofs = kzg.cell_proofs(blob).value();
    tell(
        "the check of them", [&] { GAVEL_CHECK(kzg.verify_cell_proofs(blob, commitment, proofs)); }, repetitions);
    const Element z = Fr::reduced(keccak256(commitment)).bytes();
    const KzgEvaluation value = kzg.evaluate(blob, z).value();
    tell(
        "a value and its proof", [&] { kzg.evaluate(blob, z); }, repetitions);
    tell(
        "the check of it", [&] { GAVEL_CHECK(kzg.verify(commitment, z, value)); }, 20 * repetitions);

    std::vector<Hash> hashes;
    for (const Blob& one : blobs) hashes.push_back(versioned_hash(kzg.commitment(one.view()).value()));
    for (const auto& [what, chunk] : {std::pair{"within a blob", uint16_t{17}}, std::pair{"across two blobs", uint16_t{32}}}) {
        const Bytes opening = build_blob_opening(blobs, chunk).value().encode();
        tell(
            fmt::format("an opening {}", what), [&] { build_blob_opening(blobs, chunk); }, repetitions);
        const auto check = [&] { GAVEL_CHECK(check_blob_opening(opening, hashes, chunk) == OpeningError::kNone); };
        tell("the check of it", check, 20 * repetitions);
    }
}

}  // namespace
}  // namespace gavel

int main(int argc, char** argv) {
    if (argc > 1) gavel::repetitions = std::max(1, std::atoi(argv[1]));
    gavel::measure();
}

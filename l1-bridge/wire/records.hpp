// Where the rollup contract keeps what it knows of a batch (docs/contract.md, "Words"): records are recycled.
#pragma once

#include <cstdint>

namespace gavel::l1 {

// Batch n's record is in place n mod kRecordPlaces, and is there still if the lap there is n's.
inline constexpr uint64_t kRecordPlaces = 1 << 17;
constexpr uint32_t lap_of(uint64_t number) { return static_cast<uint32_t>(number / kRecordPlaces); }
// The batch that has to be final before there is a place for the record of batch `number`; 0, which is final from the start, if
// there is one anyhow.
constexpr uint64_t in_the_way_of(uint64_t number) { return number < kRecordPlaces ? 0 : number - kRecordPlaces + 1; }

}  // namespace gavel::l1

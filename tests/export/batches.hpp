// What batches of both sources are drawn and written down with.
#pragma once

#include "protocol/batch.hpp"
#include "tests/export/export.hpp"
#include "tests/generator/random.hpp"

namespace gavel::test {

// [{"before", "after"}], one for each chunk.
Json claims_of(const Batch& batch);
// Its chunks are any bytes, at most so many of ops and of sigs: the layout doesn't look into them.
Batch some_batch(Random& random, size_t chunks, size_t most_bytes);

}  // namespace gavel::test

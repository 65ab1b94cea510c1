// Chunks for the codec alone (docs/protocol.md, "Chunk codec"): no state stands behind them.
#pragma once

#include <functional>
#include <vector>

#include "protocol/chunk.hpp"
#include "protocol/refusal.hpp"
#include "tests/generator/random.hpp"

namespace gavel::test {

// Bytes that the decoder refuses for one rule.
struct CodecCase {
    Refusal refusal;
    const char* what;
    std::function<Bytes(bool lie)> build;  // without the lie: the same with that one rule respected
};

// For each of the decoder's refusals at least one.
const std::vector<CodecCase>& codec_cases();

// Of weight up to the limit, with much or little in common between its parts.
Chunk random_codec_chunk(Random& random);
// One bit, the end, or all of it changed.
Bytes mutated_ops(Random& random, Bytes ops);

// Chunks with nothing in common between their parts, every number of full width.
class Widest {
public:
    // `lines`: one of a fund, two of a redeem, whose payee the address is.
    PostedOperation operation(OperationKind kind, size_t lines, bool address);
    // As many operations of that kind as there is room for, the rest filled with fee leaves.
    Chunk chunk(OperationKind kind, size_t lines, bool address);
    // Of weight 96, one for each kind.
    std::vector<Chunk> largest_chunks();

private:
    uint32_t index() { return static_cast<uint32_t>(random_.next()) | 1u << 31; }
    Amount amount();
    PostedChannel channel(OperationKind kind);
    template <class Fixed>
    Fixed bytes();

    Random random_{7};
};

}  // namespace gavel::test

#include "sequencer/calldata_gas.hpp"

namespace gavel::sequencer {
namespace {

constexpr size_t kBytes = 1'000;
constexpr uint64_t kAskAgainMs = 600'000;

}  // namespace

// Of a transaction to oneself that carries nothing else.
node::Result<uint64_t> CalldataGas::estimate(size_t bytes) {
    l1::CallRequest request;
    request.from = request.to = from_;
    request.data = Bytes(bytes, 0xff);
    return client_.estimate_gas(request);
}

std::optional<uint64_t> CalldataGas::ask() {
    if (told_ms_ && clock_.steady_ms() < *told_ms_ + kAskAgainMs) return std::nullopt;
    auto without = estimate(0), with = estimate(kBytes);
    if (!without || !with || *with <= *without) return std::nullopt;
    told_ms_ = clock_.steady_ms();
    return (*with - *without + kBytes - 1) / kBytes;
}

}  // namespace gavel::sequencer

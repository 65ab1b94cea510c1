// What is asked of the L1 once for each of its blocks: between two of them nothing that it tells moves.
#pragma once

#include <optional>

#include "l1-bridge/client/l1_client.hpp"

namespace gavel::follow {

// One thread.
class OncePerBlock {
public:
    // Asks, unless it was answered at this head; after no answer it is asked again, at whatever head. `ask` says whether there
    // was one. The value: whether the answer of this head is known.
    template <class Ask>
    bool at(const l1::BlockRef& head, Ask ask) {
        if (answered_at_ != head.hash && ask()) answered_at_ = head.hash;
        return answered_at_ == head.hash;
    }

private:
    std::optional<Hash> answered_at_;
};

}  // namespace gavel::follow

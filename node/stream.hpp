// What a stream has to tell, when asked for its next value.
#pragma once

#include <cstdint>

namespace gavel::node {

enum class Next : uint8_t {
    kMessage,  // the value that was filled
    kAgain,    // nothing yet, but it got on: ask again after the others
    kLater,    // nothing: ask again when there is news
    kEnd,      // nothing any more
};

}  // namespace gavel::node

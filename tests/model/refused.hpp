// How the model stops at the first wrong thing.
#pragma once

namespace gavel::model {

struct Refused {
    const char* name;  // as docs/protocol.md has it
};

}  // namespace gavel::model

// How much of something there may be at one time: places that are taken and given back.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace gavel::follow {

// Thread-safe. Held by a shared_ptr.
class Places : public std::enable_shared_from_this<Places> {
public:
    explicit Places(size_t count) : free_(static_cast<int64_t>(count)) {}

    // Given back when the last holds it no more. nullptr: none is free.
    std::shared_ptr<const void> take() {
        if (--free_ < 0) {
            ++free_;
            return nullptr;
        }
        return {this, [self = shared_from_this()](const void*) { ++self->free_; }};
    }

private:
    std::atomic<int64_t> free_;
};

}  // namespace gavel::follow

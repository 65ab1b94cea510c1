// Random numbers that are the same on every machine (the standard library's distributions differ between implementations).
#pragma once

#include <cstdint>

namespace gavel::cli {

// splitmix64.
class SplitMix64 {
public:
    explicit SplitMix64(uint64_t seed) : state_(seed) {}
    uint64_t next() {
        uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    // In [0, bound); the bias is far below what a load or a benchmark would notice.
    uint64_t below(uint64_t bound) { return next() % bound; }
    // In [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    uint64_t state_;
};

}  // namespace gavel::cli

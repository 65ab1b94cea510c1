// Random choices that a seed repeats on every machine (the standard's distributions don't promise that).
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace gavel::test {

class Random {
public:
    explicit Random(uint64_t seed) : engine_(seed) {}
    uint64_t next() { return engine_(); }
    // 0 to bound - 1.
    uint64_t below(uint64_t bound) { return engine_() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class Value>
    const Value& pick(const std::vector<Value>& values) {
        return values[below(values.size())];
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace gavel::test

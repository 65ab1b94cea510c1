#include "bench/forms/form.hpp"

namespace gavel::bench {

std::vector<Payments> by_block(Payments payments) {
    std::vector<Payments> out;
    for (size_t begin = 0, end; begin < payments.size(); begin = end) {
        for (end = begin + 1; end < payments.size() && payments[end].block == payments[begin].block; ++end) continue;
        out.push_back(payments.subspan(begin, end - begin));
    }
    return out;
}

std::vector<Payments> parts_of(Payments payments, size_t limit, const std::function<size_t(Payments)>& size) {
    if (payments.size() <= 1 || size(payments) <= limit) return {payments};
    for (size_t parts = 2;; ++parts) {
        std::vector<Payments> out;
        bool fits = true;
        for (size_t i = 0; i < parts && fits; ++i) {
            size_t begin = payments.size() * i / parts, end = payments.size() * (i + 1) / parts;
            if (begin == end) continue;
            out.push_back(payments.subspan(begin, end - begin));
            fits = end - begin == 1 || size(out.back()) <= limit;
        }
        if (fits) return out;
    }
}

}  // namespace gavel::bench

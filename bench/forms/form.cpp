#include "bench/forms/form.hpp"

#include <algorithm>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {

static l1::Transaction carrier(const Bytes& calldata) {
    l1::Transaction out;
    out.to = Address{};
    out.data = calldata;
    return out;
}

std::vector<Payments> by_block(Payments payments) {
    std::vector<Payments> out;
    for (size_t begin = 0, end; begin < payments.size(); begin = end) {
        for (end = begin + 1; end < payments.size() && payments[end].block == payments[begin].block; ++end) continue;
        out.push_back(payments.subspan(begin, end - begin));
    }
    return out;
}

std::vector<Bytes> make_parts(Payments payments, size_t limit, const std::function<Bytes(Payments)>& make) {
    for (size_t parts = 1;; ++parts) {
        std::vector<Bytes> out;
        bool fits = true;
        for (size_t i = 0; i < parts && fits; ++i) {
            size_t begin = payments.size() * i / parts, end = payments.size() * (i + 1) / parts;
            if (begin == end) continue;
            out.push_back(make(payments.subspan(begin, end - begin)));
            fits = end - begin == 1 || out.back().size() <= limit;
        }
        if (fits) return out;
    }
}

uint64_t calldata_gas(const std::vector<Bytes>& calldata) {
    uint64_t sum = 0;
    for (const Bytes& data : calldata) sum += l1::gas::minimum_limit(carrier(data));
    return sum;
}

uint64_t calldata_gas_later(const std::vector<Bytes>& calldata) {
    uint64_t sum = 0;
    for (const Bytes& data : calldata) sum += std::max(l1::gas::intrinsic(carrier(data)), 21'000 + 64 * data.size());
    return sum;
}

Hash drawn(std::string_view what, uint64_t number) { return keccak256({view_of(what), ByteWriter().u64(number).bytes()}); }

uint64_t Form::gas(const Posted& posted) const { return calldata_gas(posted.calldata); }

}  // namespace gavel::bench

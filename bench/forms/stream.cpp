#include "bench/forms/stream.hpp"

namespace gavel::bench {

Posted StreamForm::post(Payments payments, const Compressor& compressor) const {
    auto calldata = [&](Payments part) { return wrap(compressor.pack(body(part))); };
    return {make_parts(payments, max_calldata(), calldata), signature_bytes(payments)};
}

bool StreamForm::holds(const Posted& posted, const Compressor& compressor, Payments payments) const {
    for (const Bytes& calldata : posted.calldata) {
        std::optional<Bytes> packed = unwrap(calldata);
        std::optional<Bytes> plain = packed ? compressor.unpack(*packed) : std::nullopt;
        std::optional<size_t> count = plain ? read(*plain, payments) : std::nullopt;
        if (!count) return false;
        payments = payments.subspan(*count);
    }
    return payments.empty();
}

}  // namespace gavel::bench

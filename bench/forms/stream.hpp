// A form whose L1 transactions each hold one packed body of payments.
#pragma once

#include "bench/forms/form.hpp"

namespace gavel::bench {

class StreamForm : public Form {
public:
    Posted post(Payments payments, const Compressor& compressor) const override;
    bool holds(const Posted& posted, const Compressor& compressor, Payments payments) const override;

protected:
    virtual Bytes body(Payments payments) const = 0;
    // How many payments the body holds, if they are the first ones of `expected`; nullopt if not.
    virtual std::optional<size_t> read(ByteView body, Payments expected) const = 0;
    // The calldata around a packed body, and back.
    virtual Bytes wrap(Bytes packed) const { return packed; }
    virtual std::optional<Bytes> unwrap(ByteView calldata) const { return to_bytes(calldata); }
    virtual uint64_t signature_bytes(Payments payments) const { return 65 * payments.size(); }
    virtual size_t max_calldata() const { return 128'000; }
};

}  // namespace gavel::bench

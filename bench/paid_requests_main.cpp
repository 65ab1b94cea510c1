// Signs vouchers beforehand, so that a load generator which can't sign may pay by the request.
// usage: gavel-bench-paid-requests PRIVATE_KEY CHAIN ROLLUP TERMS FIRST COUNT
//
// Prints COUNT values of the header PAYMENT-SIGNATURE, one a line, for ether: FIRST units, FIRST + 1, and so on, each with an id
// of its own. The books know nothing of them: for a channel of a benchmark's own.
#include <fmt/format.h>

#include <cstdlib>

#include "channel/http_payment.hpp"
#include "node/config.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keys.hpp"

namespace {

using namespace gavel;

int usage() {
    fmt::print(stderr, "usage: gavel-bench-paid-requests PRIVATE_KEY CHAIN ROLLUP TERMS FIRST COUNT\n");
    return 2;
}

channel::RequestId id_of(uint64_t count) {
    ByteWriter out;
    out.u64(0).u64(count);
    return channel::RequestId::from(out.bytes());
}

int print_headers(const PrivateKey& payer, const Domain& domain, const ChannelTerms& terms, uint64_t first, uint64_t count) {
    const Hash separator = domain.separator();
    const AccountKey key = channel::leaf_of(terms, {}, separator);
    for (uint64_t units = first; units < first + count; ++units) {
        const auto voucher = channel::sign_voucher(payer, separator, {key.owner, {}, units});
        fmt::print("{}\n", to_header(channel::Payment{domain, {}, terms, units, voucher.signature, id_of(units)}));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7) return usage();
    const auto payer = PrivateKey::from_hex(argv[1]);
    const auto chain = node::parse_number(argv[2]), first = node::parse_number(argv[5]), count = node::parse_number(argv[6]);
    const auto rollup = address_from_string(argv[3]);
    const auto bytes = from_hex(argv[4]);
    const auto terms = bytes ? ChannelTerms::decode(*bytes) : std::nullopt;
    if (!payer || !chain || !rollup || !terms || !first || !count || terms->payer != payer->address()) return usage();
    return print_headers(*payer, {*chain, *rollup}, *terms, *first, *count);
}

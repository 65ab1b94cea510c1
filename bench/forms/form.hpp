// A form in which a system posts payments to the L1.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "bench/compressors.hpp"
#include "bench/payments.hpp"

namespace gavel::bench {

using Payments = std::span<const BenchPayment>;

struct Posted {
    std::vector<Bytes> calldata;   // of each L1 transaction, in order: all that the system posts
    uint64_t signature_bytes = 0;  // of them, before any compression
};

class Form {
public:
    virtual ~Form() = default;

    virtual std::string name() const = 0;
    // Where its format is specified.
    virtual std::string specification() const = 0;
    // What a reader must know to compare it: what it doesn't post, or other than others.
    virtual std::string label() const { return ""; }
    // Whether each payment comes with a signature of its own sender's.
    virtual bool posts_signatures() const { return true; }
    // What its system packs with; the other compressors are for comparison. nullptr: it packs nothing.
    virtual bool packs_with(const Compressor&) const { return false; }

    // Whether the form can say this payment at all.
    virtual bool carries(const BenchPayment&) const { return true; }
    virtual Posted post(Payments payments, const Compressor& compressor) const = 0;
    // Reads what was posted and compares it: the same payments, in their order, nothing else.
    virtual bool holds(const Posted& posted, const Compressor& compressor, Payments payments) const = 0;
    // What posting takes on the L1: the calldata's, unless the form knows what its contract adds.
    virtual uint64_t gas(const Posted& posted) const;
};

// Payments in runs of one block each.
std::vector<Payments> by_block(Payments payments);
// What `make` makes of as few equal parts of the payments as take, each, at most `limit` bytes.
std::vector<Bytes> make_parts(Payments payments, size_t limit, const std::function<Bytes(Payments)>& make);
// 21000 and the floor of calldata for each L1 transaction: what it takes at least, whatever a contract computes.
uint64_t calldata_gas(const std::vector<Bytes>& calldata);
// The same at 64 gas for every byte (EIP-7976).
uint64_t calldata_gas_later(const std::vector<Bytes>& calldata);
// A hash for what a form posts and the benchmark doesn't know: roots, commitments, block hashes.
Hash drawn(std::string_view what, uint64_t number);

std::unique_ptr<Form> protobuf_form();
std::unique_ptr<Form> rlp_form();
std::unique_ptr<Form> singular_batch_form();
std::unique_ptr<Form> span_batch_form();
std::unique_ptr<Form> segments_form();
std::unique_ptr<Form> hubble_form();
std::unique_ptr<Form> zksync_lite_form();

}  // namespace gavel::bench

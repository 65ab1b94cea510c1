// What gavel-bench-compression measures (bench/README.md): the same payments in each form, under each compressor.
#pragma once

#include "bench/forms/gavel.hpp"

namespace gavel::bench {

// What a payment's gas costs.
struct Prices {
    std::vector<double> gas_gwei = {1, 5};
    double eth_usd = 3000;

    double usd(double gas, double gwei) const { return gas * gwei * 1e-9 * eth_usd; }
};

// Of one form under one compressor over a set of payments. Sums; per payment by the functions.
struct FormRow {
    std::string set, form, compressor;
    std::string specification, label;
    bool posts_signatures = true;
    bool is_own = false;  // what the form's system does by itself
    uint64_t payments = 0;
    uint64_t not_carried = 0;  // payments that the form can't say; not in the figures
    uint64_t bytes = 0;        // all calldata
    uint64_t signature_bytes = 0;
    uint64_t transactions = 0;  // on the L1
    uint64_t gas = 0;           // today
    uint64_t gas_later = 0;     // at 64 gas for every byte of calldata (EIP-7976)
    uint64_t rlp_bytes = 0;     // of the same payments as signed Ethereum transactions, by which speeds are told
    double in_seconds = 0, out_seconds = 0;

    double per_payment(uint64_t sum) const { return payments == 0 ? 0 : double(sum) / double(payments); }
    double megabytes_in() const { return in_seconds == 0 ? 0 : double(rlp_bytes) / 1e6 / in_seconds; }
    double megabytes_out() const { return out_seconds == 0 ? 0 : double(rlp_bytes) / 1e6 / out_seconds; }
    // If the same bytes were in blobs (EIP-4844): 31 of 32 bytes of each field element are usable, and each byte is blob gas.
    double blob_gas_each() const { return per_payment(bytes) * 32 / 31; }
};

// Without figures yet.
FormRow row_of(const std::string& set, const Form& form, const Compressor& compressor);
// Batches of so many payments, the last one of what is left; those that the form carries. Added to the row. Fails by throwing
// std::runtime_error: where what was posted doesn't decode to the payments, there is no row.
void measure(FormRow& row, const Form& form, const Compressor& compressor, Payments payments, size_t batch);

std::vector<std::unique_ptr<Form>> other_forms();
// The forms of other systems under each compressor, and Gavel's batches; progress on stderr.
std::vector<FormRow> measure_set(const PaymentSet& set, size_t batch);

// The one compressor that a form's system packs with; where it names two, the one with fewer bytes.
std::unique_ptr<Compressor> own_compressor(const Form& form);

// The rows of a set that are as their systems post: by their own compressor, or plain where they have none.
std::vector<const FormRow*> posted_rows(const std::vector<FormRow>& rows, const std::string& set);

// Lines of a plot: bytes a payment of each form, by some number.
struct Point {
    std::string form;
    double x = 0;
    double bytes = 0;
    double gas = 0;
};
std::vector<Point> by_batch_size(Payments payments);
std::vector<Point> by_new_recipients(Payments payments);
std::vector<Point> by_payout_lines(Payments payments);

// All payments in batches of so many, and what their bytes say.
GavelBytes breakdown_of(Payments payments, size_t batch);

}  // namespace gavel::bench

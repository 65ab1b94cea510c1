#include "bench/compression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace gavel::bench {
namespace {

constexpr size_t kSample = 20;  // payments of a sample that a dictionary is trained on

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// A dictionary from other payments than those it is used on.
Bytes dictionary_of(const Form& form, Payments payments) {
    std::vector<Bytes> samples;
    for (size_t at = 0; at < payments.size(); at += kSample) {
        Posted posted = form.post(payments.subspan(at, std::min(kSample, payments.size() - at)), *plain());
        samples.push_back(posted.calldata.front());
    }
    return train_dictionary(samples);
}

std::vector<BenchPayment> carried(const Form& form, Payments payments) {
    std::vector<BenchPayment> out;
    for (const BenchPayment& payment : payments) {
        if (form.carries(payment)) out.push_back(payment);
    }
    return out;
}

// The payments of other blocks: for each half the other one.
std::pair<Payments, Payments> halves(Payments payments) {
    size_t middle = payments.size() / 2;
    while (middle > 0 && middle < payments.size() && payments[middle].block == payments[middle - 1].block) ++middle;
    return {payments.first(middle), payments.subspan(middle)};
}

uint64_t rlp_bytes_of(Payments payments) {
    uint64_t sum = 0;
    for (const BenchPayment& payment : payments) sum += payment.tx.raw().size();
    return sum;
}

}  // namespace

FormRow row_of(const std::string& set, const Form& form, const Compressor& compressor) {
    FormRow row;
    row.set = set;
    row.form = form.name();
    row.compressor = compressor.name();
    row.specification = form.specification();
    row.label = form.label();
    row.posts_signatures = form.posts_signatures();
    row.is_own = form.packs_with(compressor);
    return row;
}

void measure(FormRow& row, const Form& form, const Compressor& compressor, Payments payments, size_t batch) {
    std::vector<BenchPayment> said = carried(form, payments);
    row.not_carried += payments.size() - said.size();
    for (size_t at = 0; at < said.size(); at += batch) {
        Payments some = Payments(said).subspan(at, std::min(batch, said.size() - at));
        auto begin = std::chrono::steady_clock::now();
        Posted posted = form.post(some, compressor);
        row.in_seconds += seconds_since(begin);
        begin = std::chrono::steady_clock::now();
        if (!form.holds(posted, compressor, some)) {
            throw std::runtime_error(row.form + " under " + row.compressor + " doesn't decode to its payments");
        }
        row.out_seconds += seconds_since(begin);
        row.payments += some.size();
        for (const Bytes& data : posted.calldata) row.bytes += data.size();
        row.signature_bytes += posted.signature_bytes;
        row.transactions += posted.calldata.size();
        row.rlp_bytes += rlp_bytes_of(some);
        const uint64_t gas = form.gas(posted);
        row.gas += gas;
        row.gas_later += std::max(gas, calldata_gas_later(posted.calldata));
    }
}

std::vector<std::unique_ptr<Form>> other_forms() {
    std::vector<std::unique_ptr<Form>> out;
    out.push_back(protobuf_form());
    out.push_back(rlp_form());
    out.push_back(singular_batch_form());
    out.push_back(span_batch_form());
    out.push_back(segments_form());
    out.push_back(hubble_form());
    out.push_back(zksync_lite_form());
    return out;
}

std::vector<FormRow> measure_set(const PaymentSet& set, size_t batch) {
    std::vector<FormRow> rows;
    for (const auto& form : other_forms()) {
        for (const auto& compressor : {plain(), zlib_best(), brotli(10), brotli(11), zstd(3), zstd(19)}) {
            fmt::print(stderr, "{}: {}, {} ...\n", set.name, form->name(), compressor->name());
            FormRow row = row_of(set.name, *form, *compressor);
            measure(row, *form, *compressor, set.payments, batch);
            rows.push_back(row);
        }
        std::vector<BenchPayment> said = carried(*form, set.payments);
        auto [first, second] = halves(said);
        Bytes for_second = dictionary_of(*form, first), for_first = dictionary_of(*form, second);
        if (for_first.empty() || for_second.empty()) continue;  // too little to train one on
        auto with_first = zstd_with(19, for_first), with_second = zstd_with(19, for_second);
        FormRow row = row_of(set.name, *form, *with_first);
        measure(row, *form, *with_first, first, batch);
        measure(row, *form, *with_second, second, batch);
        row.not_carried = set.payments.size() - said.size();
        rows.push_back(row);
    }
    GavelForm gavel;
    fmt::print(stderr, "{}: {} ...\n", set.name, gavel.name());
    rows.push_back(row_of(set.name, gavel, *plain()));
    measure(rows.back(), gavel, *plain(), set.payments, batch);
    return rows;
}

std::unique_ptr<Compressor> own_compressor(const Form& form) {
    for (auto make : {+[] { return brotli(10); }, +[] { return brotli(11); }, +[] { return zlib_best(); }}) {
        auto compressor = make();
        if (form.packs_with(*compressor)) return compressor;
    }
    return plain();
}

std::vector<const FormRow*> posted_rows(const std::vector<FormRow>& rows, const std::string& set) {
    std::vector<const FormRow*> out;
    auto packs = [&](const FormRow& row) {
        return std::any_of(rows.begin(), rows.end(),
                           [&](const FormRow& one) { return one.set == set && one.form == row.form && one.is_own; });
    };
    for (const FormRow& row : rows) {
        if (row.set != set || row.payments == 0) continue;
        if (packs(row) ? row.is_own : row.compressor == plain()->name()) out.push_back(&row);
    }
    return out;
}

GavelBytes breakdown_of(Payments payments, size_t batch) {
    GavelBytes out;
    GavelForm gavel;
    for (size_t at = 0; at < payments.size(); at += batch) {
        (void)gavel.batches(payments.subspan(at, std::min(batch, payments.size() - at)), &out);
    }
    return out;
}

}  // namespace gavel::bench

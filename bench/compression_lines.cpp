// The lines of the plots: bytes a payment by size of batch, by share of new recipients, by payout lines.
#include <algorithm>

#include "bench/compression.hpp"

namespace gavel::bench {
namespace {

constexpr size_t kMostPayments = 10'000;  // that a point is measured over

// Each form as its system posts it.
std::vector<Point> points(const GavelForm& gavel, Payments payments, size_t batch, double x, bool indexed) {
    std::vector<Point> out;
    auto add = [&](const Form& form) {
        auto compressor = own_compressor(form);
        FormRow row = row_of("", form, *compressor);
        measure(row, form, *compressor, payments, batch);
        if (row.payments > 0) out.push_back({form.name(), x, row.per_payment(row.bytes), row.per_payment(row.gas)});
    };
    for (const auto& form : other_forms()) {
        if (form->posts_signatures() || indexed) add(*form);
    }
    add(gavel);
    return out;
}

void append_points(std::vector<Point>& all, std::vector<Point> more) { all.insert(all.end(), more.begin(), more.end()); }

}  // namespace

std::vector<Point> by_batch_size(Payments payments) {
    std::vector<Point> out;
    payments = payments.first(std::min(payments.size(), kMostPayments));
    for (size_t size : {10u, 20u, 50u, 100u, 200u, 500u, 1'000u, 2'000u, 5'000u, 10'000u}) {
        if (size > payments.size()) break;
        // Whole batches only, and not more of the small ones than a line needs.
        size_t count = std::min(payments.size() / size, size_t{40});
        append_points(out, points(GavelForm(), payments.first(count * size), size, double(size), true));
    }
    return out;
}

std::vector<Point> by_new_recipients(Payments payments) {
    std::vector<Point> out;
    payments = payments.first(std::min<size_t>(payments.size(), 2'000));
    for (unsigned percent = 0; percent <= 100; percent += 10) {
        append_points(out, points(GavelForm(), with_new_recipients(payments, percent / 100.0), 1'000, percent, false));
    }
    return out;
}

std::vector<Point> by_payout_lines(Payments payments) {
    std::vector<Point> out;
    for (unsigned lines : {1u, 2u, 5u, 10u, 20u, 30u, 40u, 50u, 60u, 70u, 80u, 94u}) {
        GavelForm::Options options;
        options.payout_lines = lines;
        std::vector<BenchPayment> paid = as_payouts(payments.first(std::min<size_t>(payments.size(), 1'880)), lines);
        append_points(out, points(GavelForm(options), paid, 2'000, lines, false));
    }
    return out;
}

}  // namespace gavel::bench

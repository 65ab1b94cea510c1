#include "workload/synthetic.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"
#include "workload/split_mix.hpp"

namespace gavel::cli {
namespace {

// Rank k with weight 1 / (k + 1)^exponent.
class Zipf {
public:
    Zipf(uint64_t count, double exponent) {
        double sum = 0;
        for (uint64_t k = 0; k < count; ++k) sums_.push_back(sum += std::pow(static_cast<double>(k + 1), -exponent));
    }
    uint64_t draw(SplitMix64& random) const {
        const double at = random.unit() * sums_.back();
        return static_cast<uint64_t>(std::upper_bound(sums_.begin(), sums_.end() - 1, at) - sums_.begin());
    }

private:
    std::vector<double> sums_;
};

Address named(const char* kind, uint64_t number) {
    const Hash hash = keccak256(view_of(std::string("gavel synthetic ") + kind + " " + std::to_string(number)));
    return Address::from(ByteView(hash).subspan(12));
}

// One to four significant digits, mostly one or two, in front of 10^12 to 10^17 base units.
Amount draw_amount(SplitMix64& random) {
    const uint64_t digits = random.below(10);
    const uint64_t bound = digits < 5 ? 10 : digits < 8 ? 100 : digits < 9 ? 1'000 : 10'000;
    u128 amount = 1 + random.below(bound - 1);
    for (uint64_t zeros = 12 + random.below(5); zeros > 0; --zeros) amount *= 10;
    return Amount{amount};
}

}  // namespace

Corpus draw_payments(const SyntheticOptions& options) {
    GAVEL_CHECK(options.accounts >= 2);
    SplitMix64 random(options.seed);
    const Zipf zipf(options.accounts, options.zipf_exponent);
    Corpus out;
    for (uint64_t row = 1; row <= options.payments; ++row) {
        const uint64_t from = zipf.draw(random);
        uint64_t to = zipf.draw(random);
        if (to == from) to = (from + 1 + random.below(options.accounts - 1)) % options.accounts;
        CorpusPayment payment;
        payment.row = row;
        payment.from = named("account", from);
        payment.to = named("account", to);
        if (options.tokens > 0 && random.below(5) == 0) payment.token = named("token", random.below(options.tokens));
        payment.amount = draw_amount(random);
        out.payments.push_back(payment);
    }
    out.rows = options.payments;
    return out;
}

}  // namespace gavel::cli

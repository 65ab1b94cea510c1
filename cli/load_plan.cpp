#include "cli/load_plan.hpp"

#include <thread>
#include <unordered_map>

#include "protocol/check.hpp"

namespace gavel::cli {
namespace {

// Left free in each generation for fees, if its payments let it be.
constexpr u128 kFeeRoom = u128{1} << 100;

// Fills `out[i] = make(i)` on all cores.
template <class T, class Make>
void fill_parallel(std::vector<T>& out, Make make) {
    const size_t workers = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (size_t worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            for (size_t i = worker; i < out.size(); i += workers) out[i] = make(i);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

// The generation of a token that still takes `amount`, made if need be; nullopt for ETH beyond its one.
class TokenBook {
public:
    explicit TokenBook(std::vector<LoadToken>& tokens) : tokens_(tokens) {}

    std::optional<uint32_t> take(const Address& token, Amount amount) {
        auto& generations = by_token_[token];
        if (generations.empty() || !add(tokens_[generations.back()], amount)) {
            if (token.is_zero() && !generations.empty()) return std::nullopt;
            LoadToken fresh;
            fresh.corpus_token = token;
            fresh.generation = static_cast<unsigned>(generations.size());
            fresh.total = amount;
            fresh.payments = 1;
            generations.push_back(static_cast<uint32_t>(tokens_.size()));
            tokens_.push_back(fresh);
        }
        return generations.back();
    }

private:
    static bool add(LoadToken& token, Amount amount) {
        const auto total = token.total.plus(amount);
        if (!total || total->value() > ~kFeeRoom) return false;
        token.total = *total;
        ++token.payments;
        return true;
    }
    std::vector<LoadToken>& tokens_;
    std::unordered_map<Address, std::vector<uint32_t>> by_token_;
};

}  // namespace

PrivateKey load_key(const Address& corpus_address) { return PrivateKey::derived("gavel-load:" + to_hex(corpus_address)); }

LoadPlan plan_load(const workload::Corpus& corpus) {
    LoadPlan plan;
    plan.skipped = corpus.skipped;
    TokenBook book(plan.tokens);
    std::unordered_map<Address, uint32_t> sender_index, recipient_index;
    std::vector<Address> senders, recipients;  // as the corpus has them
    std::vector<uint32_t> recipient_of;        // by payment
    auto number = [](auto& index, auto& list, const Address& address) {
        auto [found, is_new] = index.emplace(address, static_cast<uint32_t>(list.size()));
        if (is_new) list.push_back(address);
        return found->second;
    };
    for (const workload::CorpusPayment& row : corpus.payments) {
        auto token = book.take(row.token, row.amount);
        if (!token) {
            ++plan.skipped["more ETH than can be deposited"];
            continue;
        }
        plan.payments.push_back({row.row, number(sender_index, senders, row.from), *token, {}, row.amount});
        recipient_of.push_back(number(recipient_index, recipients, row.to));
    }

    plan.senders.assign(senders.size(), PrivateKey::derived(""));
    plan.addresses.resize(senders.size());
    fill_parallel(plan.senders, [&](size_t i) { return load_key(senders[i]); });
    fill_parallel(plan.addresses, [&](size_t i) { return plan.senders[i].address(); });
    std::vector<Address> paid(recipients.size());
    fill_parallel(paid, [&](size_t i) { return load_key(recipients[i]).address(); });
    for (size_t i = 0; i < plan.payments.size(); ++i) plan.payments[i].to = paid[recipient_of[i]];
    return plan;
}

void drop_uncoverable(LoadPlan& plan) {
    std::vector<Amount> left(plan.tokens.size(), Amount::max());
    std::vector<LoadPayment> kept;
    for (const LoadPayment& payment : plan.payments) {
        LoadToken& token = plan.tokens[payment.token];
        const auto cost = payment.amount.plus(token.fee);
        const auto rest = cost ? left[payment.token].minus(*cost) : std::nullopt;
        if (rest) {
            left[payment.token] = *rest;
            kept.push_back(payment);
            continue;
        }
        ++plan.skipped["amount and fee over 2^128-1"];
        --token.payments;
        token.total = *token.total.minus(payment.amount);
    }
    plan.payments = std::move(kept);
}

std::vector<LoadSpending> spendings(const LoadPlan& plan) {
    std::vector<LoadSpending> out;
    std::unordered_map<uint64_t, size_t> place;
    for (const LoadPayment& payment : plan.payments) {
        auto [found, is_new] = place.emplace(uint64_t{payment.sender} << 32 | payment.token, out.size());
        if (is_new) out.push_back({payment.sender, payment.token, 0, 0});
        out[found->second].amounts += payment.amount.value();
        ++out[found->second].payments;
    }
    return out;
}

Amount needed(const LoadSpending& spending, const LoadToken& token) {
    const auto sum = Amount{spending.amounts}.plus(Amount{token.fee.value() * spending.payments});
    GAVEL_CHECK(sum.has_value());
    return *sum;
}

}  // namespace gavel::cli

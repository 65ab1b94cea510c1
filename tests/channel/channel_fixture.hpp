// A payer, a payee, and what their books are told of the world: for tests of channels.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "channel/payee_book.hpp"
#include "channel/payer_book.hpp"
#include "node/store.hpp"
#include "protocol/keccak.hpp"

namespace gavel::channel_test {

using namespace gavel::channel;

inline constexpr uint64_t kNow = 1'000'000, kExpiry = 2'000'000, kUnit = 10;

// Says what the test has set.
class SetSource final : public ChannelSource {
public:
    node::Result<Sighting> look(const AccountKey& channel) override {
        std::lock_guard lock(mutex_);
        ++asked_;
        if (!failure_.ok()) return failure_;
        const auto found = seen_.find(channel);
        Sighting none;
        none.l1_time_s = kNow;
        none.seen_at_ms = kNow * 1000;
        return found == seen_.end() ? none : found->second;
    }
    void set(const AccountKey& channel, const Sighting& sighting) {
        std::lock_guard lock(mutex_);
        seen_[channel] = sighting;
    }
    void fail(const node::Status& failure) { failure_ = failure; }
    size_t asked() const { return asked_; }

private:
    std::mutex mutex_;
    std::map<AccountKey, Sighting> seen_;
    node::Status failure_;
    size_t asked_ = 0;
};

struct World {
    PrivateKey payer = PrivateKey::derived("payer"), payee = PrivateKey::derived("payee"),
               stranger = PrivateKey::derived("stranger");
    Domain chain{1, Address::from(keccak256(view_of("rollup")))};
    Hash domain = chain.separator();
    Address token = Address::from(keccak256(view_of("token")));
    node::ManualClock clock{kNow * 1000};
    SetSource source;
    ChannelTerms terms{payer.address(), payee.address(), Amount{kUnit}, kExpiry, 7};
    AccountKey channel = leaf_of(terms, token, domain);

    World() { fund(channel, 1000); }

    // The same at all three levels.
    Sighting sighting(uint64_t balance, uint64_t claimed = 0, bool closed = false) const {
        const Standing standing{Amount{balance}, claimed, closed};
        return {standing, standing, standing, kNow, kNow * 1000};
    }
    void fund(const AccountKey& key, uint64_t balance, uint64_t claimed = 0) { source.set(key, sighting(balance, claimed)); }

    PayeePolicy policy() const {
        PayeePolicy out;
        out.payee = payee.address();
        out.token = token;
        out.unit = Amount{kUnit};
        out.margin_s = 1000;
        out.unposted_limit = Amount{200};
        return out;
    }
    std::unique_ptr<PayeeBook> payee_book(node::Store& store, const PayeePolicy& policy) {
        auto book = PayeeBook::open(store, domain, policy, source, clock);
        return book ? std::move(*book) : nullptr;
    }
    std::unique_ptr<PayeeBook> payee_book(node::Store& store) { return payee_book(store, policy()); }
    std::unique_ptr<PayerBook> payer_book(node::Store& store) {
        auto book = PayerBook::open(store, domain, payer, {1000, 60000}, source, clock);
        return book ? std::move(*book) : nullptr;
    }
    Offer offer(uint64_t count, const std::string& request = "one") const {
        return offer_by(payer, terms, token, count, request);
    }
    Offer offer_by(const PrivateKey& signer, const ChannelTerms& of, const Address& in, uint64_t count,
                   const std::string& request = "one") const {
        const AccountKey key = leaf_of(of, in, domain);
        return {of, in, count, signer.sign(Voucher{key.owner, key.token, count}.digest(domain)), keccak256(view_of(request))};
    }
};

// "" for a yes, else the reason.
template <class T>
std::string reason(const node::Result<T>& result) {
    return result.status().reason;
}

}  // namespace gavel::channel_test

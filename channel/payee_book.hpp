// A payee's book: which vouchers he has, what of them he has served, what he owes to the next request.
//
// The payer's voucher is the payee's money, so a voucher is on the disk before accept() says yes. Each voucher pays for one
// request: the first that it comes with. It may come again with that same request, and gets what that got.
//
// Thread-safe: many threads' vouchers share one sync. A failed write ends the book: from then on everything is BOOK_FAILED.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "channel/channel_source.hpp"
#include "channel/group_commit.hpp"
#include "channel/payee_records.hpp"

namespace gavel::channel {

// unit > 0, and kept_requests > max_working > 0: anything else is a bug.
struct PayeePolicy {
    Address payee;
    Address token;
    Amount unit;                  // of the terms that are accepted
    uint64_t margin_s = 7200;     // no vouchers from so long before the expiry on: what L1 inclusion and finality take, and slack
    uint64_t least_life_s = 0;    // and a channel's first voucher so much earlier still
    Amount unposted_limit;        // of all channels together: what vouchers may count that no posted funding covers
    uint64_t max_age_ms = 60000;  // of what is known of a channel, and of the L1's time
    size_t max_channels = 10000;
    size_t max_working = 128;     // requests of one channel at a time
    size_t kept_requests = 1024;  // of one channel, so that they can be repeated
    size_t max_answer = 4096;     // bytes of an answer that are kept to be repeated
};

// What comes with a request.
struct Offer {
    ChannelTerms terms;
    Address token;
    uint64_t count = 0;
    Signature signature;
    Hash request;  // hash_of_request (channel/http_payment.hpp)
};

// A yes.
struct Admission {
    AccountKey channel;
    uint64_t count = 0;
    uint64_t credit = 0;    // units that the payer has left
    bool repeated = false;  // it was served before: `answer` is to be given again, nothing done
    Bytes answer;           // of a repeated one; empty if it was too long to be kept
};

struct PayeeChannel {
    AccountKey channel;
    ChannelTerms terms;
    SignedVoucher voucher;
    uint64_t credit = 0;
    uint64_t since_s = 0;
};

class PayeeBook {
public:
    // All of them outlive the book. BOOK_OF_ANOTHER, BOOK_DAMAGED, BOOK_FAILED. The policy's unit isn't zero.
    static node::Result<std::unique_ptr<PayeeBook>> open(node::Store& store, const Hash& domain, const PayeePolicy& policy,
                                                         ChannelSource& source, const node::Clock& clock);

    // Whether a request that costs `price` units is to be served. Yes: the voucher is on the disk, and served() or failed() is to
    // be called for its channel and count, unless it is repeated. The refusals are in docs/channels.md, "Refusals".
    node::Result<Admission> accept(const Offer& offer, uint64_t price);
    // The request was served, and so answered. Written at once, or by the sync that is under way: a process that is killed
    // meanwhile, or a loss of power, has it served once more.
    node::Status served(const AccountKey& channel, uint64_t count, ByteView answer);
    // It couldn't be served: its units are the payer's for his next request, and the voucher may come again with any.
    node::Status failed(const AccountKey& channel, uint64_t count);

    // What a payer who lost his book is told; `question` is sign_question's. CHANNEL_UNKNOWN, VOUCHER_SIGNATURE.
    node::Result<SignedVoucher> last(const AccountKey& channel, const Signature& question) const;
    std::optional<PayeeChannel> find(const AccountKey& channel) const;
    std::vector<PayeeChannel> channels() const;

    // What became of a channel, for the book to go by: its limit for unposted funding, the age of what isn't redeemed.
    void observe(const AccountKey& channel, const Sighting& sighting);
    // Of a channel that is closed for ever, everything. Durable with the next voucher.
    node::Status forget(const AccountKey& channel);

    const PayeePolicy& policy() const { return policy_; }

private:
    PayeeBook(node::Store& store, const Hash& domain, const PayeePolicy& policy, ChannelSource& source, const node::Clock& clock);

    node::Status load();
    node::Status check_offer(const Offer& offer, uint64_t price) const;
    // Of a channel that has been looked at: whether a larger voucher of it is taken at all.
    node::Status check_channel(const Offer& offer, const Sighting& sighting) const;
    node::Result<Admission> admit(const AccountKey& key, const Offer& offer, uint64_t price, const Sighting& sighting,
                                  GroupCommit::Ticket& ticket);
    node::Status take_voucher(const AccountKey& key, const Offer& offer, uint64_t price, const Sighting& sighting);
    node::Status check_binding(const PayeeRecord& record, const Offer& offer, uint64_t price) const;
    node::Status check_exposure(const AccountKey& key, Amount exposed) const;
    Admission bind(const AccountKey& key, PayeeRecord& record, const Offer& offer, uint64_t price, GroupCommit::Ticket& ticket);
    void drop_oldest(const AccountKey& key, PayeeRecord& record, node::WriteBatch& batch) const;
    uint64_t count_of(const AccountKey& key) const;
    Ticket* working_ticket(const AccountKey& channel, uint64_t count);

    node::Store& store_;
    const Hash domain_;
    const PayeePolicy policy_;
    ChannelSource& source_;
    const node::Clock& clock_;
    GroupCommit commit_;
    mutable std::mutex mutex_;
    std::map<AccountKey, PayeeRecord> channels_;
};

}  // namespace gavel::channel

// A payer's book: his channels, and how much he has signed on each.
//
// A voucher that he gave away can be redeemed whether he remembers it or not, so its count is on the disk before it leaves
// sign(). Signatures are deterministic, so the count is all that is kept of it.
//
// Thread-safe: many threads' vouchers share one sync. A failed write ends the book: from then on everything is BOOK_FAILED.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "channel/channel_source.hpp"
#include "channel/group_commit.hpp"

namespace gavel::channel {

struct PayerPolicy {
    uint64_t margin_s = 7200;     // nothing is signed from so long before the expiry on: the payee wouldn't take it
    uint64_t max_age_ms = 60000;  // of what is known of a channel
};

struct PayerChannel {
    AccountKey channel;
    ChannelTerms terms;
    Amount cap;          // what all of its vouchers may come to, whatever the channel holds
    uint64_t count = 0;  // the largest that was signed, or may have been
};

class PayerBook {
public:
    // All of them outlive the book. BOOK_OF_ANOTHER, BOOK_DAMAGED, BOOK_FAILED.
    static node::Result<std::unique_ptr<PayerBook>> open(node::Store& store, const Hash& domain, const PrivateKey& payer,
                                                         const PayerPolicy& policy, ChannelSource& source,
                                                         const node::Clock& clock);

    // A channel into the book, durably: before its Fund is sent, so that the terms, which nobody else has, aren't lost. OK also
    // if it is there already; then the cap is the new one. TERMS_REFUSED: they are no channel's, or another payer's.
    node::Result<AccountKey> add(const ChannelTerms& terms, const Address& token, Amount cap);
    // A voucher for `units` more than all before. CHANNEL_UNKNOWN, CHANNEL_CLOSED, CHANNEL_STALE, EXPIRY_NEAR, NOT_COVERED (by
    // the balance as the sequencer has it), CAP_REACHED, COUNT_INVALID, BOOK_FAILED, and what the source says.
    node::Result<SignedVoucher> sign(const AccountKey& channel, uint64_t units);
    // The last voucher once more; CHANNEL_UNKNOWN if there is none.
    node::Result<SignedVoucher> last(const AccountKey& channel) const;
    // The payee's last voucher, for a book that was lost: from here on what is signed counts beyond it. VOUCHER_SIGNATURE if it
    // isn't one's own. One that counts less than the book has no effect.
    node::Status recover(const SignedVoucher& from_payee);

    std::vector<PayerChannel> channels() const;
    // Channels whose expiry has come and which hold money: to be reclaimed. Those that can't be looked at are left out.
    std::vector<PayerChannel> reclaimable() const;

private:
    PayerBook(node::Store& store, const Hash& domain, const PrivateKey& payer, const PayerPolicy& policy, ChannelSource& source,
              const node::Clock& clock);
    node::Status load();
    node::Status check_channel(const PayerChannel& channel, const Sighting& sighting) const;
    node::Result<uint64_t> raise(const AccountKey& key, uint64_t units, const Sighting& sighting, GroupCommit::Ticket& ticket);
    GroupCommit::Ticket write(const PayerChannel& channel);
    std::optional<PayerChannel> find(const AccountKey& channel) const;

    node::Store& store_;
    const Hash domain_;
    const PrivateKey key_;
    const Address payer_;
    const PayerPolicy policy_;
    ChannelSource& source_;
    const node::Clock& clock_;
    GroupCommit commit_;
    mutable std::mutex mutex_;
    std::map<AccountKey, PayerChannel> channels_;
};

}  // namespace gavel::channel

// Payments that are signed and serialised before they are sent, so that sending them costs little.
//
// Accounts are those of the keys "account 0", "account 1", ... Which nonce is next for each is kept in a file beside the world
// that is measured (4 bytes an account, little-endian), which also tells how many there are.
#pragma once

#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/keys.hpp"
#include "protocol/operation.hpp"
#include "workload/split_mix.hpp"

namespace gavel::bench {

// The key of the account of that number.
PrivateKey account_key(uint32_t account);

// Fails by throwing std::runtime_error.
class Payments {
public:
    // Accounts fall into so many groups, and a lane of a load serves whole groups: a sender's payments go one way, in order. The
    // number of lanes is a power of two up to it.
    static constexpr unsigned kGroups = 128;
    enum class To { kKnown, kNew, kOne };  // recipients: drawn from the accounts; addresses never seen; always the first account

    Payments(std::string nonce_file, const Domain& domain, uint64_t seed);

    uint32_t accounts() const { return static_cast<uint32_t>(nonces_.size()); }
    uint64_t nonce(uint32_t account) const { return nonces_[account]; }
    const Address& address(uint32_t account);
    // Another account has been made.
    void add_account() { nonces_.push_back(0); }
    // Writes the file.
    void save() const;

    // Forgets what wasn't sent, and signs so many, by all cores; senders are drawn uniformly. `salt`: makes the addresses of kNew
    // those of no other call.
    void prepare(size_t count, To to, uint64_t salt);
    // Up to `count` payments for the lane, in the order in which they must be sent. None: no more are there.
    void take(unsigned lane, unsigned lanes, size_t count, std::vector<uint32_t>& out);
    // One that was refused comes again.
    void put_back(uint32_t payment);
    // One has its receipt.
    void confirm(uint32_t payment);

    // As a SubmitRequest.
    std::string_view request(uint32_t payment) const;
    // The same as an entry of a SubmitBatch: entries behind one another are the message.
    std::string_view entry(uint32_t payment) const { return payments_[payment].bytes; }

private:
    struct Drawn {
        uint32_t from = 0, to = 0, nonce = 0;
        uint64_t amount = 0;
        std::string bytes;
    };
    struct Group {
        std::vector<uint32_t> fresh;
        size_t next = 0;
        std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> again;
        bool take(uint32_t& out);
    };
    void draw(size_t count, To to);
    void sign(Drawn& payment, To to, uint64_t salt, size_t number) const;
    void need_addresses(const std::vector<uint32_t>& of);

    const std::string nonce_file_;
    const Domain domain_;
    const Hash separator_;
    workload::SplitMix64 random_;
    std::vector<uint32_t> nonces_;    // the next one of each account, by what was confirmed
    std::vector<Address> addresses_;  // zero: not derived yet
    std::vector<Drawn> payments_;
    std::vector<Group> groups_;
    std::vector<unsigned> turns_;  // of each lane: the group that is next
};

}  // namespace gavel::bench

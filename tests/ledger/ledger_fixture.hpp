// A small world for the tests of ledger/: users, an L1 queue, random histories, and ways to compare ledgers.
#pragma once

#include <map>
#include <random>

#include "ledger/open_ledger.hpp"
#include "protocol/keys.hpp"

namespace gavel::ledger_test {

using Rows = std::map<std::string, std::string>;

// Everything that a ledger has in its store, without leaves' rows, what only roll-backs leave behind, and L1View's.
Rows rows_of(const node::Store& store);
// Balances as the entries alone say, by account: everything that ever changed one is in them.
std::map<AccountKey, Amount> balances_by_entries(const ledger::OpenLedger& ledger);
// Fails the test unless entries, accounts, indexes and proofs agree with each other.
void check_consistent(const ledger::OpenLedger& ledger);

class World {
public:
    static constexpr uint64_t kNowMs = 1'700'000'000'000;

    explicit World(uint64_t seed, size_t users = 8);

    Domain domain;
    Hash separator;
    std::vector<PrivateKey> keys;  // keys[0] is the operator's
    std::vector<Address> tokens;
    std::vector<ChannelTerms> terms;  // of the channel from user i to the next
    std::vector<L1Operation> queue;
    std::mt19937_64 random;

    uint64_t below(uint64_t bound) { return random() % bound; }
    Address address(size_t user) const { return keys[user].address(); }
    const PrivateKey& key_of(const Address& owner) const;

    L1Operation deposit(size_t user, const Address& token, u128 amount);
    Operation transfer(const ledger::OpenLedger& ledger, size_t from, const Address& token, const Address& to, u128 amount,
                       u128 fee = 0);
    Address channel(size_t payer) const { return terms[payer].address(separator); }
    // Of the user's channel. A redeem with a count takes; its number is the leaf's.
    Operation fund_channel(const ledger::OpenLedger& ledger, size_t payer, const Address& token, u128 amount, u128 fee = 0);
    Operation redeem(const ledger::OpenLedger& ledger, size_t payer, const Address& token, uint64_t count, bool close,
                     u128 fee = 0);
    size_t payee(size_t payer) const { return (payer + 1) % keys.size(); }
    L1Operation forced_redeem(size_t payer, const Address& token, uint64_t count);
    L1Operation reclaim(size_t payer, const Address& token);

    Signature sign(const Operation& operation, size_t user) const { return keys[user].sign(operation.digest(separator)); }
    // With the payer's voucher, if it is a redeem that takes.
    ledger::CheckedOperation checked(const Operation& operation, size_t user) const;
    // Signs and executes. kSenderIndex if the user, or the channel that he redeems from, has no account.
    Outcome submit(ledger::OpenLedger& ledger, size_t user, const Operation& operation,
                   ledger::OperationReceipt* receipt = nullptr);
    ledger::FeeLeafLookup fee_leaf(const ledger::OpenLedger& ledger) const;
    ledger::ChunkRecord seal(ledger::OpenLedger& ledger) const;
    // Deposits for everybody, in sealed chunks.
    void fund(ledger::OpenLedger& ledger);

    // One random step: an operation (right or wrong), an L1 operation, a seal, a flush.
    void random_step(ledger::OpenLedger& ledger);
    // Consumes the next L1 operation, in a new chunk if need be.
    void consume(ledger::OpenLedger& ledger);
    L1Operation random_l1_operation();
    Operation random_operation(const ledger::OpenLedger& ledger, size_t user);
    // An env over the queue.
    ListEnv env() const { return ListEnv(separator, queue.size(), queue); }

private:
    Address random_recipient();
    Operation random_channel_operation(const ledger::OpenLedger& ledger, size_t user);
};

std::unique_ptr<ledger::OpenLedger> open(node::Store& store, const World& world, uint32_t turns = 0);
// All sealed chunks of a ledger, flushed before.
std::vector<ledger::ChunkRecord> chunks_of(ledger::OpenLedger& ledger);
// Applies them from number `first` on; each must be taken, and lead to what its record says.
void apply_all(ledger::OpenLedger& ledger, const World& world, const std::vector<ledger::ChunkRecord>& chunks, size_t first = 0);

}  // namespace gavel::ledger_test

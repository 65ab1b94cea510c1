// A load made ready on paper: who pays whom in which token of the L1, and what each must deposit first.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/keys.hpp"
#include "workload/corpus.hpp"

namespace gavel::cli {

// A token of the corpus, as far as one token of the L1 can carry it: the contract takes at most 2^128-1 of a token in deposits,
// so a corpus token with more than that is spread over several ("generations").
struct LoadToken {
    Address corpus_token;  // zero: ETH
    unsigned generation = 0;
    Address l1_token;  // zero: ETH, or not known yet
    Amount fee;        // of a payment, in base units
    Amount total;      // of all payments' amounts
    uint64_t payments = 0;
};

struct LoadPayment {
    uint64_t row = 0;     // of the corpus
    uint32_t sender = 0;  // index into LoadPlan::senders
    uint32_t token = 0;   // index into LoadPlan::tokens
    Address to;           // a derived key's address
    Amount amount;
};

// What one sender spends in one token.
struct LoadSpending {
    uint32_t sender = 0;
    uint32_t token = 0;
    u128 amounts = 0;
    uint64_t payments = 0;
};

struct LoadPlan {
    std::vector<PrivateKey> senders;  // in the order of their first payment
    std::vector<Address> addresses;   // of these
    std::vector<LoadToken> tokens;    // in the order of their first payment
    std::vector<LoadPayment> payments;
    std::map<std::string, uint64_t> skipped;  // rows by reason
};

// Everybody in the corpus gets the key PrivateKey::derived("gavel-load:" + the address in lower-case hex): its real one is
// nobody's here.
PrivateKey load_key(const Address& corpus_address);

// Splits tokens so that each generation's amounts stay below 2^128 with room for fees where that is possible; nothing is skipped
// but what the corpus has skipped, and ETH above 2^128-1 in all.
LoadPlan plan_load(const Corpus& corpus);

// Once the fees are known: takes out, with a reason, payments that no balance of 2^128-1 could cover with their fee.
void drop_uncoverable(LoadPlan& plan);

// What each sender needs of each token, in the order of first payments: amounts and fees.
std::vector<LoadSpending> spendings(const LoadPlan& plan);
// Amounts and fees; at most 2^128-1 after drop_uncoverable().
Amount needed(const LoadSpending& spending, const LoadToken& token);

}  // namespace gavel::cli

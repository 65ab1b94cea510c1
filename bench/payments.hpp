// The payments of a compression benchmark: from a corpus or drawn, each as every form carries it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "bench/ethereum_tx.hpp"
#include "protocol/operation.hpp"
#include "workload/corpus.hpp"

namespace gavel::bench {

struct BenchPayment {
    uint64_t block = 0;  // of the corpus: an L2 block of an EVM rollup
    Address from, to, token;
    Amount amount;
    bool to_is_new = false;  // the recipient has no account on Gavel yet
    EthereumTx tx;           // the same payment as an EVM rollup takes it, signed
    Operation operation;     // the same as Gavel takes it
    Signature signature;     // of the operation
};

struct PaymentSet {
    std::string name;
    bool is_synthetic = false;
    bool has_real_transactions = false;  // as they were signed on their chain; else by a key derived from the sender
    std::vector<BenchPayment> payments;
    std::map<std::string, uint64_t> skipped;  // rows by reason
    std::vector<cli::BadRow> bad;
};

// The domain that Gavel's operations are signed for, of no contract.
const Domain& bench_domain();
// Who signs for a corpus's address; PaymentSet's `from` is this key's address where the transactions aren't real.
PrivateKey key_for(const Address& sender);

// Fees where the corpus has none: 2 x 10^13 wei, or the token's own (fee_of).
// Fails as cli::read_corpus does, and with CORPUS_TRANSACTION (field: the file) where a row's signed transaction isn't what its
// hash and sender say.
node::Result<PaymentSet> load_payments(const std::string& name, const std::string& path, uint64_t max_payments);
// The same amounts and recipients in ETH, so many in a row from one sender each, signed by keys of their own.
std::vector<BenchPayment> as_payouts(std::span<const BenchPayment> payments, unsigned lines);
// The same payments, a share of them spread evenly to people whom nobody has paid before, signed by keys of their own.
std::vector<BenchPayment> with_new_recipients(std::span<const BenchPayment> payments, double share);
// Drawn by `cli::draw_payments`, in blocks of 50.
PaymentSet synthetic_payments(uint64_t count, uint64_t seed);

}  // namespace gavel::bench

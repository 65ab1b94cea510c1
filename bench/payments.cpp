#include "bench/payments.hpp"

#include <charconv>
#include <unordered_map>

#include "bench/codec_figures.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/keccak.hpp"
#include "workload/synthetic.hpp"

namespace gavel::bench {
namespace {

const std::vector<std::string> kColumns = {"chain_id",  "block", "type", "nonce", "max_fee", "max_prio_fee",
                                           "gas_limit", "v",     "r",    "s",     "hash",    "value_wei"};
enum Column { kChainId, kBlock, kType, kNonce, kMaxFee, kMaxPriorityFee, kGasLimit, kV, kR, kS, kHash, kValue };
constexpr uint64_t kPaymentsPerBlock = 50;  // where the corpus has no blocks

uint64_t number(const std::string& text) {
    uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

Hash padded(const std::string& hex) {
    std::string digits = hex.starts_with("0x") ? hex.substr(2) : hex;
    digits.insert(0, 64 - std::min<size_t>(64, digits.size()), '0');
    return fixed_from_hex<Hash>(digits).value_or(Hash{});
}

void set_payment(EthereumTx& tx, const cli::CorpusPayment& row) {
    if (row.token.is_zero()) {
        tx.to = row.to;
        tx.value = row.amount.value();
    } else {
        tx.to = row.token;
        tx.data = l1::AbiWriter("transfer(address,uint256)").word(row.to).word(row.amount.value()).take();
    }
}

bool has_transaction(const cli::CorpusPayment& row) { return !row.extra[kR].empty() && !row.extra[kS].empty(); }

// As it was signed on its chain (corpora: type 0 has v as posted, the others y's parity).
EthereumTx real_transaction(const cli::CorpusPayment& row) {
    EthereumTx tx;
    tx.type = static_cast<uint8_t>(number(row.extra[kType]));
    tx.chain_id = number(row.extra[kChainId]);
    uint64_t v = number(row.extra[kV]);
    if (tx.type == 0) {
        tx.is_protected = v >= 35;
        tx.y_parity = tx.is_protected ? (v - 35) % 2 == 1 : v == 28;
        tx.chain_id = tx.is_protected ? (v - 35) / 2 : 0;
    } else {
        tx.y_parity = v == 1;
    }
    tx.nonce = number(row.extra[kNonce]);
    tx.max_fee = amount_from_string(row.extra[kMaxFee]).value_or(Amount{}).value();
    if (tx.type == 2) tx.max_priority_fee = amount_from_string(row.extra[kMaxPriorityFee]).value_or(Amount{}).value();
    tx.gas_limit = number(row.extra[kGasLimit]);
    set_payment(tx, row);
    // Some send ETH along with a token's transfer, which the token keeps.
    if (!row.token.is_zero()) tx.value = amount_from_string(row.extra[kValue]).value_or(Amount{}).value();
    tx.r = padded(row.extra[kR]);
    tx.s = padded(row.extra[kS]);
    return tx;
}

// Makes payments of rows, in their order.
class Maker {
public:
    explicit Maker(bool real) : real_(real) {}

    BenchPayment make(const cli::CorpusPayment& row) {
        BenchPayment out;
        PrivateKey key = key_for(row.from);
        out.block = row.extra.empty() || row.extra[kBlock].empty() ? count_ / kPaymentsPerBlock : number(row.extra[kBlock]);
        ++count_;
        out.from = real_ ? row.from : known(row.from, key);
        out.to = row.to;
        out.token = row.token;
        out.amount = row.amount;
        out.tx = real_ ? real_transaction(row) : made_transaction(row, key);
        out.operation = {OperationKind::kTransfer, row.token, {{row.to, row.amount}}, {}, 0, row.memo};
        out.operation.fee = row.fee.value_or(fee_of(row.token, FeeDigits::kOne));
        out.operation.nonce = nonces_[{row.from, row.token}]++;
        out.signature = key.sign(out.operation.digest(separator_));
        return out;
    }

private:
    Address known(const Address& sender, const PrivateKey& key) {
        auto [at, is_new] = addresses_.try_emplace(sender);
        if (is_new) at->second = key.address();
        return at->second;
    }

    // A type 2 transaction with usual fields, the nonce counted for each sender.
    EthereumTx made_transaction(const cli::CorpusPayment& row, const PrivateKey& key) {
        EthereumTx tx;
        tx.nonce = row.extra.empty() || row.extra[kNonce].empty() ? evm_nonces_[row.from]++ : number(row.extra[kNonce]);
        tx.max_fee = 1'500'000'000;
        tx.max_priority_fee = 1'000'000;
        tx.gas_limit = row.token.is_zero() ? 21'000 : 65'000;
        set_payment(tx, row);
        tx.sign(key);
        return tx;
    }

    bool real_;
    uint64_t count_ = 0;
    Hash separator_ = bench_domain().separator();
    std::map<Address, Address> addresses_;
    std::map<Address, uint64_t> evm_nonces_;
    std::map<std::pair<Address, Address>, uint64_t> nonces_;
};

}  // namespace

const Domain& bench_domain() {
    static const Domain domain = [] {
        Domain out;
        out.chain_id = 1;
        out.rollup.bytes.fill(0x6a);
        return out;
    }();
    return domain;
}

PrivateKey key_for(const Address& sender) { return PrivateKey::derived("gavel bench " + to_hex(sender)); }

node::Result<PaymentSet> load_payments(const std::string& name, const std::string& path, uint64_t max_payments) {
    auto corpus = cli::read_corpus(path, max_payments, kColumns);
    if (!corpus) return corpus.status();
    PaymentSet out;
    out.name = name;
    out.skipped = corpus->skipped;
    out.bad = corpus->bad;
    out.has_real_transactions = !corpus->payments.empty();
    for (const cli::CorpusPayment& row : corpus->payments) out.has_real_transactions &= has_transaction(row);
    Maker maker(out.has_real_transactions);
    for (const cli::CorpusPayment& row : corpus->payments) {
        out.payments.push_back(maker.make(row));
        const EthereumTx& tx = out.payments.back().tx;
        if (!out.has_real_transactions) continue;
        if (tx.sender() == row.from && tx.hash() == padded(row.extra[kHash])) continue;
        return node::Status{node::Code::kInvalidArgument, "CORPUS_TRANSACTION", "file",
                            path + ", row " + std::to_string(row.row) + ": another transaction than its hash and sender say"};
    }
    return out;
}

std::vector<BenchPayment> as_payouts(std::span<const BenchPayment> payments, unsigned lines) {
    std::vector<BenchPayment> out;
    Maker maker(false);
    for (const BenchPayment& payment : payments) {
        cli::CorpusPayment row;
        row.from = Address::from(keccak256(view_of("payer " + std::to_string(out.size() / lines))));
        row.to = payment.to;
        row.amount = payment.amount;
        out.push_back(maker.make(row));
    }
    return out;
}

std::vector<BenchPayment> with_new_recipients(std::span<const BenchPayment> payments, double share) {
    std::vector<BenchPayment> out;
    Maker maker(false);
    for (const BenchPayment& payment : payments) {
        // Whenever the share's sum passes another whole number.
        const double number = double(out.size());
        const bool is_new = uint64_t((number + 1) * share) > uint64_t(number * share);
        cli::CorpusPayment row;
        row.from = payment.from;
        row.to = is_new ? Address::from(keccak256(view_of("newcomer " + std::to_string(out.size())))) : payment.to;
        row.token = payment.token;
        row.amount = payment.amount;
        row.fee = payment.operation.fee;
        out.push_back(maker.make(row));
        out.back().to_is_new = is_new;
    }
    return out;
}

PaymentSet synthetic_payments(uint64_t count, uint64_t seed) {
    cli::SyntheticOptions options;
    options.payments = count;
    options.accounts = std::max<uint64_t>(2, count / 10);
    options.tokens = 3;
    options.seed = seed;
    PaymentSet out;
    out.name = "synthetic";
    out.is_synthetic = true;
    Maker maker(false);
    for (const cli::CorpusPayment& row : cli::draw_payments(options).payments) out.payments.push_back(maker.make(row));
    return out;
}

}  // namespace gavel::bench

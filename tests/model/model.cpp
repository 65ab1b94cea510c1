#include "tests/model/model.hpp"

#include <cryptopp/keccak.h>
#include <secp256k1_recovery.h>

#include <algorithm>

namespace gavel::model {

// Notation, keys and signatures

Bytes be(size_t width, const Number& value) {
    if (value.IsNegative() || value.MinEncodedSize() > width) throw std::logic_error("model: a number that doesn't fit");
    Bytes out(width, '\0');
    value.Encode(reinterpret_cast<CryptoPP::byte*>(out.data()), width);
    return out;
}

Number number(const Bytes& big_endian) { return {reinterpret_cast<const CryptoPP::byte*>(big_endian.data()), big_endian.size()}; }

Number power_of_two(unsigned exponent) { return Number::Power2(exponent); }

Bytes H(const Bytes& data) {
    CryptoPP::Keccak_256 keccak;
    Bytes out(32, '\0');
    keccak.CalculateDigest(reinterpret_cast<CryptoPP::byte*>(out.data()), reinterpret_cast<const CryptoPP::byte*>(data.data()),
                           data.size());
    return out;
}

Bytes zeros(size_t count) { return Bytes(count, '\0'); }

std::string hex(const Bytes& data) {
    std::string out;
    for (unsigned char byte : data) {
        out += "0123456789abcdef"[byte / 16];
        out += "0123456789abcdef"[byte % 16];
    }
    return out;
}

Bytes unhex(const std::string& digits) {
    Bytes out;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return out;
}

std::optional<Bytes> recover(const Bytes& digest, const Bytes& signature) {
    static const secp256k1_context* context = secp256k1_context_create(SECP256K1_CONTEXT_VERIFY);
    static const Number n = number(unhex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    Number r = number(signature.substr(0, 32)), second = number(signature.substr(32, 32));
    int parity = second >= power_of_two(255) ? 1 : 0;
    Number s = second % power_of_two(255);
    if (s < 1 || s > n / 2 || r < 1 || r >= n) return std::nullopt;

    Bytes compact = be(32, r) + be(32, s);
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    auto raw = [](const Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); };
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, raw(compact), parity)) return std::nullopt;
    if (!secp256k1_ecdsa_recover(context, &key, &parsed, raw(digest))) return std::nullopt;
    Bytes point(65, '\0');
    size_t size = point.size();
    secp256k1_ec_pubkey_serialize(context, reinterpret_cast<unsigned char*>(point.data()), &size, &key,
                                  SECP256K1_EC_UNCOMPRESSED);
    Bytes address = H(point.substr(1)).substr(12);
    if (address == zeros(20)) return std::nullopt;
    return address;
}

// Trees

namespace {

Bytes empty_root(int height) {
    static const std::vector<Bytes> all = [] {
        std::vector<Bytes> out{zeros(32)};
        for (int h = 1; h <= 32; ++h) out.push_back(H(out.back() + out.back()));
        return out;
    }();
    return all[height];
}

Bytes node(const std::map<uint32_t, Bytes>& leaves, int height, uint64_t position) {
    uint64_t first = position << height, end = (position + 1) << height;
    auto from = leaves.lower_bound(static_cast<uint32_t>(first));
    if (from == leaves.end() || from->first >= end) return empty_root(height);
    if (height == 0) return from->second;
    return H(node(leaves, height - 1, 2 * position) + node(leaves, height - 1, 2 * position + 1));
}

}  // namespace

Bytes tree_root(const std::map<uint32_t, Bytes>& leaves) { return node(leaves, 32, 0); }

Bytes small_tree_root(std::vector<Bytes> leaves) {
    size_t width = 1;
    while (width < leaves.size()) width *= 2;
    leaves.resize(width, zeros(32));
    while (leaves.size() > 1) {
        std::vector<Bytes> above;
        for (size_t i = 0; i < leaves.size(); i += 2) above.push_back(H(leaves[i] + leaves[i + 1]));
        leaves = above;
    }
    return leaves[0];
}

// State and commitment

Bytes Fields::encode() const {
    return accounts_root + withdrawals_root + be(4, account_count) + be(4, withdrawal_count) + be(8, l1_ops_consumed) +
           be(8, op_count);
}

namespace {

uint32_t small(const Bytes& big_endian) { return static_cast<uint32_t>(number(big_endian).ConvertToLong()); }

}  // namespace

Fields Fields::decode(const Bytes& data) {
    return {data.substr(0, 32),        data.substr(32, 32),        small(data.substr(64, 4)),
            small(data.substr(68, 4)), number(data.substr(72, 8)), number(data.substr(80, 8))};
}

State::State() { accounts[zeros(40)] = Account{}; }

void State::put(const Bytes& owner, const Bytes& token, const Number& nonce, const Number& balance, uint32_t index) {
    if (!accounts.emplace(owner + token, Account{index, nonce, balance}).second) throw std::logic_error("model: a key twice");
    account_count = std::max(account_count, index + 1);
}

Fields State::fields() const {
    std::map<uint32_t, Bytes> leaves;
    for (auto it = accounts.begin(); it != accounts.end(); ++it) {
        auto next = std::next(it);
        const auto& [key, account] = *it;
        leaves[account.index] =
            H(key + be(8, account.nonce) + be(16, account.balance) + (next == accounts.end() ? zeros(40) : next->first));
    }
    return {tree_root(leaves), tree_root(withdrawals), account_count, withdrawal_count, l1_ops_consumed, op_count};
}

// Operations

namespace {

Bytes word(const Number& value) { return be(32, value); }
Bytes word_of_address(const Bytes& address) { return zeros(12) + address; }
Bytes digest_of(const Bytes& separator, const Bytes& struct_hash) { return H("\x19\x01" + separator + struct_hash); }

}  // namespace

Bytes domain_separator(const Number& chain_id, const Bytes& rollup) {
    return H(H("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)") + H("Gavel") + H("1") +
             word(chain_id) + word_of_address(rollup));
}

Bytes transfer_digest(const Bytes& separator, const Bytes& token, const Payment& payment, const Number& fee, const Number& nonce,
                      const Bytes& memo) {
    return digest_of(separator, H(H("Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)") +
                                  word_of_address(token) + word_of_address(payment.to) + word(payment.amount) + word(fee) +
                                  word(nonce) + memo));
}

Bytes withdraw_digest(const Bytes& separator, const Bytes& token, const Payment& payment, const Number& fee,
                      const Number& nonce) {
    return digest_of(separator,
                     H(H("Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)") + word_of_address(token) +
                       word_of_address(payment.to) + word(payment.amount) + word(fee) + word(nonce)));
}

Bytes payout_digest(const Bytes& separator, const Bytes& token, const std::vector<Payment>& payments, const Number& fee,
                    const Number& nonce, const Bytes& memo) {
    const Bytes payment_type = "Payment(address to,uint128 amount)";
    Bytes hashes;
    for (const Payment& payment : payments) hashes += H(H(payment_type) + word_of_address(payment.to) + word(payment.amount));
    return digest_of(separator,
                     H(H("Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)" + payment_type) +
                       word_of_address(token) + H(hashes) + word(fee) + word(nonce) + memo));
}

// Channels

Bytes terms_digest(const Bytes& separator, const Terms& terms) {
    return digest_of(separator, H(H("Channel(address payer,address payee,uint128 unit,uint64 expiry,uint64 salt)") +
                                  word_of_address(terms.payer) + word_of_address(terms.payee) + word(terms.unit) +
                                  word(terms.expiry) + word(terms.salt)));
}

Bytes channel_address(const Bytes& separator, const Terms& terms) { return terms_digest(separator, terms).substr(12); }

Bytes voucher_digest(const Bytes& separator, const Bytes& channel, const Bytes& token, const Number& count) {
    return digest_of(separator, H(H("Voucher(address channel,address token,uint64 count)") + word_of_address(channel) +
                                  word_of_address(token) + word(count)));
}

Bytes fund_digest(const Bytes& separator, const Bytes& token, const Terms& terms, const Number& amount, const Number& fee,
                  const Number& nonce) {
    return digest_of(separator, H(H("Fund(address token,address payee,uint128 unit,uint64 expiry,uint64 salt,uint128 amount,"
                                    "uint128 fee,uint64 nonce)") +
                                  word_of_address(token) + word_of_address(terms.payee) + word(terms.unit) + word(terms.expiry) +
                                  word(terms.salt) + word(amount) + word(fee) + word(nonce)));
}

Bytes redeem_digest(const Bytes& separator, const RedeemWords& words) {
    auto flag = [](bool set) { return word(set ? 1 : 0); };
    return digest_of(separator, H(H("Redeem(address channel,address token,uint64 claimed,uint64 count,bool take,bool close,"
                                    "uint128 fee)") +
                                  word_of_address(words.channel) + word_of_address(words.token) + word(words.claimed) +
                                  word(words.count) + flag(words.take) + flag(words.close) + word(words.fee)));
}

// L1 operations

Bytes L1Operation::encode() const {
    return be(1, static_cast<long>(kind)) + caller + to + token + be(16, amount) + be(8, time) + be(8, count);
}

Bytes queue_hash(const std::vector<L1Operation>& entries) {
    Bytes h = zeros(32);
    for (const L1Operation& entry : entries) h = H(h + H(entry.encode()));
    return h;
}

}  // namespace gavel::model

#include "bench/speed_payments_grpc.hpp"

#include <algorithm>
#include <stdexcept>

#include "bench/speed_cores.hpp"
#include "node/file.hpp"
#include "proto/sequencer_convert_grpc.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kMostAmount = 1'000, kFee = 1'000;  // wei

// Bytes of a length in protobuf's varints.
std::string varint(size_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
    out.push_back(static_cast<char>(value));
    return out;
}

}  // namespace

PrivateKey account_key(uint32_t account) { return PrivateKey::derived("account " + std::to_string(account)); }

bool Payments::Group::take(uint32_t& out) {
    if (!again.empty()) {
        out = again.top();
        again.pop();
        return true;
    }
    if (next == fresh.size()) return false;
    out = fresh[next++];
    return true;
}

Payments::Payments(std::string nonce_file, const Domain& domain, uint64_t seed)
    : nonce_file_(std::move(nonce_file)), domain_(domain), separator_(domain.separator()), random_(seed) {
    auto read = node::read_file(nonce_file_, uint64_t{1} << 30);
    if (!read && read.status().reason == "FILE_NOT_FOUND") return;  // no account yet
    if (!read) throw std::runtime_error(node::to_string(read.status()));
    const auto& bytes = *read;
    for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
        uint32_t nonce = 0;
        for (size_t k = 4; k-- > 0;) nonce = nonce << 8 | static_cast<uint8_t>(bytes[i + k]);
        nonces_.push_back(nonce);
    }
}

const Address& Payments::address(uint32_t account) {
    need_addresses({account});
    return addresses_[account];
}

void Payments::save() const {
    std::string bytes;
    for (uint32_t nonce : nonces_)
        for (unsigned k = 0; k < 4; ++k) bytes.push_back(static_cast<char>(nonce >> 8 * k));
    const node::Status written = node::write_file(nonce_file_, bytes);
    if (!written.ok()) throw std::runtime_error(node::to_string(written));
}

void Payments::need_addresses(const std::vector<uint32_t>& of) {
    addresses_.resize(nonces_.size());
    std::vector<uint32_t> missing;
    for (uint32_t account : of)
        if (addresses_[account].is_zero()) missing.push_back(account);
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    for_each_on_all_cores(missing.size(), [&](size_t i) { addresses_[missing[i]] = account_key(missing[i]).address(); });
}

void Payments::draw(size_t count, To to) {
    payments_.assign(count, {});
    groups_.assign(kGroups, {});
    turns_.assign(kGroups, 0);
    std::vector<uint32_t> next = nonces_, concerned;
    for (uint32_t i = 0; i < count; ++i) {
        Drawn& one = payments_[i];
        one.from = static_cast<uint32_t>(random_.below(accounts()));
        one.to = to == To::kOne ? 0 : static_cast<uint32_t>(random_.below(accounts()));
        one.amount = 1 + random_.below(kMostAmount);
        one.nonce = next[one.from]++;
        groups_[one.from % kGroups].fresh.push_back(i);
        concerned.push_back(one.from);
        if (to != To::kNew) concerned.push_back(one.to);
    }
    need_addresses(concerned);
}

void Payments::prepare(size_t count, To to, uint64_t salt) {
    if (accounts() == 0) throw std::runtime_error("no accounts in " + nonce_file_);
    draw(count, to);
    for_each_on_all_cores(count, [&](size_t i) { sign(payments_[i], to, salt, i); });
}

void Payments::sign(Drawn& payment, To to, uint64_t salt, size_t number) const {
    const std::string stranger = "newcomer " + std::to_string(salt) + " " + std::to_string(number);
    const Address recipient =
        to == To::kNew ? Address::from(ByteView{keccak256(view_of(stranger))}.subspan(12)) : addresses_[payment.to];
    api::Submission submission;
    submission.operation.payments = {{recipient, Amount{payment.amount}}};
    submission.operation.fee = Amount{kFee};
    submission.operation.nonce = payment.nonce;
    submission.sender = addresses_[payment.from];
    submission.chain_id = domain_.chain_id;
    submission.signature = account_key(payment.from).sign(submission.operation.digest(separator_));
    v1::SubmitRequest message;
    proto::to_pb(submission, message);
    const std::string bytes = message.SerializeAsString();
    payment.bytes = '\x0a' + varint(bytes.size()) + bytes;  // field 1, by its length
}

std::string_view Payments::request(uint32_t payment) const {
    const std::string& bytes = payments_[payment].bytes;
    size_t begin = 1;
    while (static_cast<uint8_t>(bytes[begin]) >= 0x80) ++begin;
    return std::string_view(bytes).substr(begin + 1);
}

void Payments::take(unsigned lane, unsigned lanes, size_t count, std::vector<uint32_t>& out) {
    const unsigned groups = kGroups / lanes;
    for (unsigned dry = 0; out.size() < count && dry < groups;) {
        const unsigned group = lane + lanes * (turns_[lane]++ % groups);
        uint32_t payment = 0;
        const bool is_there = groups_[group].take(payment);
        if (is_there) out.push_back(payment);
        dry = is_there ? 0 : dry + 1;
    }
}

void Payments::put_back(uint32_t payment) { groups_[payments_[payment].from % kGroups].again.push(payment); }

void Payments::confirm(uint32_t payment) {
    const Drawn& one = payments_[payment];
    if (nonces_[one.from] != one.nonce) throw std::runtime_error("a receipt out of its sender's order");
    ++nonces_[one.from];
}

}  // namespace gavel::bench

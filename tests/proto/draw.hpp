// Anything that a daemon may be asked or answer, drawn from a seed.
#pragma once

#include <random>

#include "api/sequencer.hpp"
#include "api/verifier.hpp"

namespace gavel::test {

using namespace api;

class Draw {
public:
    explicit Draw(uint64_t seed) : random_(seed) {}

    uint64_t number() { return random_() >> random_() % 64; }
    uint64_t below(uint64_t end) { return random_() % end; }
    bool flag() { return below(2) == 1; }
    uint16_t u16() { return static_cast<uint16_t>(number()); }
    uint32_t u32() { return static_cast<uint32_t>(number()); }
    std::string text() { return std::string(below(9), static_cast<char>('a' + below(26))); }
    template <class Fixed>
    Fixed fixed() {
        Fixed out;
        for (auto& byte : out.bytes) byte = static_cast<uint8_t>(random_());
        return out;
    }
    template <class T, class Make>
    std::optional<T> maybe(Make make) {
        return flag() ? std::optional<T>(make()) : std::nullopt;
    }
    std::optional<Hash> maybe_hash() {
        return maybe<Hash>([this] { return fixed<Hash>(); });
    }
    Address address() { return fixed<Address>(); }
    Address token() { return flag() ? Address{} : address(); }
    Amount amount() { return Amount{u128{number()} << 64 | number()}; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return all.begin()[below(all.size())];
    }
    template <class T>
    std::vector<T> list(size_t most = 4) {
        std::vector<T> out(below(most));
        for (T& item : out) draw(item);
        return out;
    }

    void draw(Hash& out) { out = fixed<Hash>(); }
    void draw(Signature& out) { out = fixed<Signature>(); }
    void draw(StateFields& out) { out = {fixed<Hash>(), fixed<Hash>(), u32(), u32(), number(), number()}; }
    void draw(Operation& out) {
        out.kind = one_of({OperationKind::kTransfer, OperationKind::kWithdraw, OperationKind::kPayout, OperationKind::kFund,
                           OperationKind::kRedeem});
        out.token = token();
        out.payments.resize(out.kind == OperationKind::kPayout ? 1 + below(94) : 1);
        for (Payment& payment : out.payments) payment = {address(), amount()};
        out.fee = amount();
        out.nonce = number();
        const bool has_memo = out.kind == OperationKind::kTransfer || out.kind == OperationKind::kPayout;
        if (has_memo && flag()) out.memo = fixed<Hash>();
        if (out.kind == OperationKind::kFund) {
            draw(out.channel.terms);
            out.channel.terms.payer = {};  // the sender's to be
        }
        if (out.kind == OperationKind::kRedeem) draw_redeem(out);
    }
    void draw(ChannelTerms& out) { out = {address(), address(), amount(), number(), number()}; }
    void draw_redeem(Operation& out) {
        ChannelWords& words = out.channel;
        draw(words.terms);
        words.channel = flag() ? address() : Address{};
        words.count = number();
        words.take = flag();
        words.close = flag();
        out.payments.clear();
        if (flag()) out.payments = {{words.terms.payee, amount()}, {words.terms.payer, amount()}};
    }
    std::optional<Signature> voucher(const Operation& operation) {
        if (operation.kind != OperationKind::kRedeem) return std::nullopt;
        return maybe<Signature>([this] { return fixed<Signature>(); });
    }
    void draw(OperationInfo& out) {
        draw(out.operation);
        out.voucher = voucher(out.operation);
        out.sender = address();
        if (out.operation.kind == OperationKind::kFund) out.operation.channel.terms.payer = out.sender;
        out.signature = fixed<Signature>();
        out.hash = fixed<Hash>();
        out.status = status();
        out.position = number();
        out.confirmed_at_ms = number();
        out.batch = number();
        out.chunk = u16();
        out.l1_transaction = maybe_hash();
        out.posted_at = number();
        out.final_at = number();
        out.why = text();
    }
    void draw(L1OperationInfo& out) {
        out.index = number();
        out.operation = {one_of({L1OperationKind::kDeposit, L1OperationKind::kForcedTransfer, L1OperationKind::kForcedWithdrawal,
                                 L1OperationKind::kRedeem, L1OperationKind::kReclaim}),
                         address(),
                         address(),
                         token(),
                         amount(),
                         number(),
                         number()};
        out.took_effect = flag();
        out.moved = amount();
        out.withdrawal = maybe<uint32_t>([this] { return u32(); });
    }
    void draw(FeeIncome& out) { out = {token(), amount(), address()}; }
    void draw(EntryInfo& out) {
        out.number = number();
        switch (below(3)) {
            case 0: draw(out.what.emplace<OperationInfo>()); break;
            case 1: draw(out.what.emplace<L1OperationInfo>()); break;
            default: draw(out.what.emplace<FeeIncome>());
        }
        out.status = status();
        out.batch = number();
        out.final_at = number();
    }
    void draw(AccountInfo& out) {
        out = {{address(), token()}, u32(), one_of({number(), number() | kChannelMark, kClosedChannel}), amount()};
    }
    void draw(ChannelInfo& out) {
        draw(out.account);
        out.account.nonce |= kChannelMark;
        if (flag()) draw(out.terms.emplace());
        out.status = status();
        out.unposted = amount();
    }
    void draw(Channels& out) {
        out = {list<ChannelInfo>(), maybe<AccountKey>([this] { return AccountKey{address(), address()}; })};
    }
    void draw(Balances& out) {
        out = {list<AccountInfo>(), maybe<Address>([this] { return address(); })};
    }
    void draw(IncomingPayment& out) {
        using Kind = IncomingPayment::Kind;
        out.kind = one_of({Kind::kTransfer, Kind::kPayout, Kind::kDeposit, Kind::kForcedTransfer, Kind::kFund, Kind::kRedeem,
                           Kind::kForcedRedeem, Kind::kReclaim});
        out.entry = number();
        out.from = address();
        out.to = address();
        out.token = token();
        out.amount = amount();
        out.line = u16();
        out.confirmed_at_ms = number();
        if (is_of_l1(out.kind)) {
            out.l1_operation = number();
            return;
        }
        out.hash = fixed<Hash>();
        if (flag()) out.memo = fixed<Hash>();
    }
    void draw(WithdrawalInfo& out) {
        using Status = WithdrawalStatus;
        out.position = u32();
        out.withdrawal = {address(), token(), amount()};
        out.hash = maybe_hash();
        out.status = one_of({Status::kNotPosted, Status::kWaiting, Status::kClaimable, Status::kClaimed});
        out.batch = number();
        out.final_at = number();
        out.seconds_left = number();
    }
    void draw(BatchHeader& out) {
        out = {number(), fixed<Hash>(), u16(), static_cast<DataSource>(u16() % 2), fixed<Hash>(), fixed<Hash>(), {}};
        draw(out.last);
    }
    void draw(ClaimProof& out) {
        draw(out.withdrawal);
        draw(out.header);
        out.proof = {out.withdrawal.position, out.withdrawal.withdrawal, list<Hash>(33)};
        out.claimable_at = number();
    }
    void draw(BatchInfo& out) {
        draw(out.header);
        out.size_bytes = u32();
        out.l1_transaction = maybe_hash();
        out.l1_block = number();
        out.posted_at = number();
        out.first_position = number();
        out.op_count = number();
        out.l1_op_count = number();
        out.final_at = number();
        out.is_final = flag();
    }
    void draw(ChunkSignatures& out) { out = {list<Signature>(), list<Hash>()}; }
    void draw(ChainInfo& out) {
        out.domain = {number(), address()};
        out.domain_separator = fixed<Hash>();
        out.server = text();
        out.version = text();
        draw(out.state);
        out.head_hash = fixed<Hash>();
        for (uint64_t* value : {&out.op_count, &out.head_batch, &out.final_batch, &out.posted_op_count, &out.final_op_count,
                                &out.l1_block, &out.l1_time, &out.l1_queue_length, &out.l1_ops_waiting, &out.challenge_window,
                                &out.inclusion_window, &out.freeze_age, &out.since_batch})
            *value = number();
        out.frozen = flag();
    }
    template <class T>
    void draw(Page<T>& out) {
        out = {list<T>(), number()};
    }
    void draw(Submission& out) {
        draw(out.operation);
        out.voucher = voucher(out.operation);
        out.signature = fixed<Signature>();
        out.sender = address();
        out.chain_id = number();
    }
    void draw(Receipt& out) { out = {fixed<Hash>(), number(), number()}; }
    void draw(SubmitOutcome& out) {
        if (flag()) return draw(out.receipt);
        out.status = {one_of({node::Code::kInvalidArgument, node::Code::kFailedPrecondition, node::Code::kUnauthenticated}),
                      text(), text(), text()};
        out.expected_nonce = maybe<uint64_t>([this] { return number(); });
    }
    template <class T>
    void draw(std::vector<T>& out) {
        out = list<T>();
    }
    void draw(FeeQuote& out) { out = {amount(), amount()}; }
    void draw(Warning& out) { out = {text(), text(), number()}; }
    void draw(VerifierStatus& out) {
        out = {number(), number(), number(), number(), number(), number(), flag(), flag(), flag(), list<Warning>()};
    }
    Refusal refusal() {
        const uint64_t which = below(all_refusals().size() + 1);
        return which == 0 ? Refusal::kNone : all_refusals()[which - 1];
    }
    void draw(Verdict& out) {
        out.number = number();
        out.hash = fixed<Hash>();
        out.kind = one_of({VerdictKind::kTrue, VerdictKind::kFalse, VerdictKind::kOnFalse});
        draw(out.last);
        out.op_count = number();
        out.posted_at = number();
        out.verified_at_ms = number();
        if (out.kind != VerdictKind::kFalse) return;
        out.chunk = u16();
        out.refusal = refusal();
        out.claimed = fixed<Hash>();
        out.computed = fixed<Hash>();
    }
    void draw(FraudProof& out) {
        out.number = number();
        out.hash = fixed<Hash>();
        out.chunk = u16();
        out.refusal = refusal();
        out.proof = Bytes(below(300), 7);
        out.stage = one_of({ProofStage::kBuilt, ProofStage::kCommitted, ProofStage::kProven, ProofStage::kStruck});
        out.prove_tx = maybe_hash();
        out.gas_used = number();
    }

private:
    OperationStatus status() {
        using Status = OperationStatus;
        return one_of({Status::kConfirmed, Status::kPosted, Status::kFinal, Status::kRolledBack});
    }
    std::mt19937_64 random_;
};

template <class T>
T drawn(uint64_t seed) {
    T out;
    Draw(seed).draw(out);
    return out;
}

}  // namespace gavel::test

// How lies are made: the words that they are told in, and who collects them. For lies.cpp, lies_codec.cpp and lies_channels.cpp
// alone.
#pragma once

#include <functional>
#include <variant>

#include "protocol/amount.hpp"
#include "protocol/check.hpp"
#include "tests/generator/bit_string.hpp"
#include "tests/generator/lies.hpp"

namespace gavel::test::lies {

inline constexpr u128 kMax = ~u128{0};

// Leaves of the small world that most cases start from.
enum : uint32_t { kAnn = 1, kBen = 2, kCyTokens = 3, kDeeTokens = 4, kOperator = 5, kOperatorTokens = 6, kCount = 7 };

inline PostedPayment to_index(uint32_t index, u128 amount) { return {{index, std::nullopt}, Amount{amount}}; }
inline PostedPayment to_address(const Address& address, u128 amount) { return {{0, address}, Amount{amount}}; }

inline PostedOperation transfer(uint32_t sender, PostedPayment payment, u128 fee = 0) {
    return {OperationKind::kTransfer, sender, {payment}, Amount{fee}, {}};
}
inline PostedOperation withdrawal(uint32_t sender, const Address& to, u128 amount, u128 fee = 0) {
    return {OperationKind::kWithdraw, sender, {to_address(to, amount)}, Amount{fee}, {}};
}
inline PostedOperation payout(uint32_t sender, std::vector<PostedPayment> payments, u128 fee = 0) {
    return {OperationKind::kPayout, sender, std::move(payments), Amount{fee}, {}};
}

inline Chunk chunk_of(std::vector<PostedOperation> operations, std::vector<uint32_t> fee_leaves = {}, unsigned l1 = 0) {
    return {l1, std::move(operations), std::move(fee_leaves)};
}

inline L1Operation deposit(const Address& to, u128 amount) {
    return {L1OperationKind::kDeposit, to, to, token(0), Amount{amount}, 1700000000};
}

// Collects them, each with its control.
class Lies {
public:
    explicit Lies(const LieSetting& setting) : setting_(setting) {}
    std::vector<LieCase> take() { return std::move(cases_); }

    void slots();
    void codec_flags_and_weights();
    void codec_fees();
    void codec_accounts_and_amounts();
    void codec_ends();
    void counts();
    void senders();
    void recipients();
    void withdrawals();
    void signatures();
    void fee_leaves();
    void channel_weights();
    void channel_codec();
    void funds();
    void fund_words();
    void redeems();
    void redeems_twice();
    void redeem_words();
    void marked_senders();

private:
    BatchChunk with_fee(const PostedOperation& redeem);
    LieCase& add(Refusal rule, std::string what, StartingState start, const Chunk& wrong, const Chunk& control,
                 std::vector<L1Operation> queue = {}) {
        LieCase out{rule, std::move(what), std::move(start), std::move(queue), 0, {}, {}, 0, 0};
        out.limit = out.queue.size();
        State state = out.start.build();
        auto next_l1 = std::span<const L1Operation>(out.queue).subspan(out.start.counters.l1_ops_consumed);
        out.wrong = {encode_ops(wrong), sign_chunk(state, wrong, next_l1, setting_.domain)};
        out.control = {encode_ops(control), sign_chunk(state, control, next_l1, setting_.domain)};
        cases_.push_back(std::move(out));
        return cases_.back();
    }

    // Malformed bytes: both come with the signatures of the right one.
    void add_bytes(Refusal rule, std::string what, Bytes wrong, Bytes control) {
        StartingState start = small_world();
        auto decoded = decode_ops(control);
        GAVEL_CHECK(std::holds_alternative<Chunk>(decoded));
        State state = start.build();
        Bytes sigs = sign_chunk(state, std::get<Chunk>(decoded), {}, setting_.domain);
        cases_.push_back(
            {rule, std::move(what), std::move(start), {}, 0, {std::move(wrong), sigs}, {std::move(control), sigs}, 0, 0});
    }
    // The usual transfer, edited.
    void add_raw(Refusal rule, std::string what, const std::function<void(RawOps&)>& lie,
                 const std::function<void(RawOps&)>& both = {}) {
        RawOps wrong, control;
        if (both) {
            both(wrong);
            both(control);
        }
        lie(wrong);
        add_bytes(rule, std::move(what), wrong.bytes(), control.bytes());
    }
    // The usual transfer signed by Ann, with another signature.
    void add_signature(Refusal rule, std::string what, const std::function<void(Signature&)>& lie) {
        Chunk chunk = chunk_of({transfer(kAnn, to_index(kBen, kEther))});
        LieCase& out = add(rule, std::move(what), small_world(), chunk, chunk);
        Signature signature = Signature::from(out.wrong.sigs);
        lie(signature);
        out.wrong.sigs = to_bytes(signature);
    }
    // The usual transfer, signed as if it said something else.
    void add_words(std::string what, const std::function<void(Operation&)>& lie) {
        add_words(std::move(what), lie, setting_.domain);
    }
    void add_words(std::string what, const std::function<void(Operation&)>& lie, const Domain& domain) {
        add_signature(Refusal::kSignerNotOwner, std::move(what), [&](Signature& signature) {
            Operation form{OperationKind::kTransfer, token(0), {{person_address(1), Amount{kEther}}}, Amount{}, 0, {}};
            lie(form);
            signature = person(0).sign(form.digest(domain.separator()));
        });
    }

    StartingState small_world() const { return test::small_world(setting_); }

    LieSetting setting_;
    std::vector<LieCase> cases_;
};

}  // namespace gavel::test::lies

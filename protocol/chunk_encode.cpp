#include <utility>

#include "protocol/chunk_model.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel {
namespace {

using namespace chunk_model;

class Encoder {
public:
    explicit Encoder(const Chunk& chunk) : chunk_(chunk) {}

    Bytes run(OpsBits& bits) {
        survey();
        header();
        bits.header = column();
        if (mixed_) kinds();
        bits.kinds = column();
        if (!chunk_.operations.empty()) {
            fee_table();
            class_column();
        }
        bits.fees = column();
        for (size_t i = 0; i < chunk_.operations.size(); ++i) account(classes_[i], chunk_.operations[i].sender);
        bits.senders = column();
        recipients();
        bits.recipients = column();
        amounts();
        bits.amounts = column();
        if (memos_) memos();
        bits.memos = column();
        terms();
        bits.terms = column();
        for (uint32_t leaf : chunk_.fee_leaves) out_.put(leaf, account_width_);
        bits.fee_leaves = column();
        bits.padding = (8 - written_ % 8) % 8;
        return out_.finish();
    }

private:
    // Bits since the last call.
    size_t column() { return out_.bits() - std::exchange(written_, out_.bits()); }

    // What the header must say, and the class of each operation.
    void survey() {
        GAVEL_CHECK(chunk_.operations.size() <= kMaxOperations && chunk_.fee_leaves.size() <= kMaxFeeLeaves);
        uint32_t all_bits = 1;
        size_t lines = 0;
        for (const PostedOperation& operation : chunk_.operations) {
            const OperationTraits& traits = traits_of(operation.kind);
            const size_t count = operation.payments.size();
            GAVEL_CHECK(traits.has_list ? count > 0 && count <= kMaxLines : count == traits.most_payments);
            GAVEL_CHECK(traits.has_memo || operation.memo.is_zero());
            mixed_ |= operation.kind != OperationKind::kTransfer;
            memos_ |= !operation.memo.is_zero();
            all_bits |= operation.sender;
            if (traits.payees != Payees::kChannel)
                for (const PostedPayment& payment : operation.payments) {
                    GAVEL_CHECK(traits.payees != Payees::kL1 || payment.to.address);
                    if (!payment.to.address) all_bits |= payment.to.index;
                    by_address_ |= traits.payees != Payees::kL1 && payment.to.address;
                }
            GAVEL_CHECK(traits.payees != Payees::kParties || !operation.payments.back().to.address);
            lines += count;
            classify(operation.fee);
        }
        for (uint32_t leaf : chunk_.fee_leaves) all_bits |= leaf;
        account_width_ = bit_length(all_bits);
        accounts_ = RecentLists<uint32_t>(chunk_.operations.size() + lines);
        amounts_ = RecentLists<Amount>(chunk_.operations.size() + lines);
        amount_models_.resize(fees_.size());
    }

    void classify(Amount fee) {
        size_t number = position_of(fees_, fee);
        if (number == fees_.size()) fees_.push_back(fee);
        classes_.push_back(static_cast<uint8_t>(number));
    }

    void header() {
        out_.gamma(chunk_.l1_operations);
        out_.put(chunk_.operations.size(), 6);
        out_.put(chunk_.fee_leaves.size(), 6);
        out_.put(account_width_ - 1, 5);
        out_.flag(mixed_);
        out_.flag(by_address_);
        out_.flag(memos_);
    }

    void kinds() {
        for (const PostedOperation& operation : chunk_.operations) {
            const OperationTraits& traits = traits_of(operation.kind);
            out_.put(traits.word.bits, traits.word.length);
            traits.steps->put_head(out_, operation);
        }
    }

    void fee_table() {
        u128 mantissa_bits = 0;
        unsigned exponent_bits = 0;
        for (Amount fee : fees_) {
            Number number = split(fee);
            mantissa_bits |= number.mantissa;
            exponent_bits |= number.exponent;
        }
        unsigned mantissa_width = bit_length(mantissa_bits);
        unsigned exponent_width = bit_length(exponent_bits);
        out_.put(fees_.size() - 1, 6);
        out_.put(mantissa_width, 8);
        out_.put(exponent_width, 3);
        for (Amount fee : fees_) {
            Number number = split(fee);
            out_.put(number.exponent, exponent_width);
            out_.put(number.mantissa, mantissa_width);
        }
    }

    void class_column() {
        std::vector<uint8_t> seen;  // the recent list of classes
        for (uint8_t number : classes_) {
            size_t position = position_of(seen, number);
            bool fresh = position == seen.size();
            if (!seen.empty() && fees_.size() > 1) {
                out_.flag(position != 0);
                if (position != 0 && seen.size() > 1 && seen.size() < fees_.size()) out_.flag(!fresh);
                if (position != 0 && !fresh) out_.gamma(static_cast<unsigned>(position) - 1);
            }
            if (fresh) seen.push_back(number);
            move_to_front(seen.begin(), position);
        }
    }

    // True if the value was named by reference; else its literal is to follow.
    template <class Value>
    bool reference(RecentLists<Value>& lists, unsigned list, const Value& value) {
        bool empty = lists.empty(list);
        auto position = lists.find(list, value);
        if (!empty) out_.flag(position.has_value());
        if (position) {
            out_.gamma(*position);
        } else {
            lists.push(list, value);
        }
        return position.has_value();
    }

    void account(unsigned list, uint32_t index) {
        if (!reference(accounts_, list, index)) out_.put(index, account_width_);
    }

    void recipients() {
        for (size_t i = 0; i < chunk_.operations.size(); ++i) {
            const Payees payees = traits_of(chunk_.operations[i].kind).payees;
            if (payees == Payees::kChannel) continue;
            const std::vector<PostedPayment>& payments = chunk_.operations[i].payments;
            for (const PostedPayment& payment : payments) {
                const bool always_index = payees == Payees::kParties && &payment == &payments.back();
                if (by_address_ && payees != Payees::kL1 && !always_index) out_.flag(payment.to.address.has_value());
                if (payment.to.address) {
                    out_.put(ByteView{*payment.to.address});
                } else {
                    account(classes_[i], payment.to.index);
                }
            }
        }
    }

    void amounts() {
        for (size_t i = 0; i < chunk_.operations.size(); ++i) {
            const PostedOperation& operation = chunk_.operations[i];
            const Payees payees = traits_of(operation.kind).payees;
            if (payees != Payees::kParties)
                for (const PostedPayment& payment : operation.payments) amount(classes_[i], payment.amount);
            if (is_of_channel(operation)) amount(classes_[i], operation.channel.unit);
            if (operation.channel.take) amount(classes_[i], operation.channel.count);
        }
    }

    void amount(unsigned list, Amount value) {
        if (!reference(amounts_, list, value)) literal(amount_models_[list], value);
    }

    void terms() {
        for (const PostedOperation& operation : chunk_.operations) {
            if (!is_of_channel(operation)) continue;
            const PostedChannel& channel = operation.channel;
            if (traits_of(operation.kind).payees == Payees::kChannel) out_.put(ByteView{channel.payee});
            out_.put(channel.expiry, 64);
            out_.put(channel.salt, 64);
        }
    }

    void literal(AmountModel& model, Amount amount) {
        Number number = split(amount);
        size_t position = position_of(model.exponents, number.exponent);
        out_.gamma(static_cast<unsigned>(position));
        move_to_front(model.exponents.begin(), position);
        unsigned length = bit_length(number.mantissa);
        int magnitude = static_cast<int>(length) + bits_of_power(number.exponent);
        int change = magnitude - model.magnitude;
        model.magnitude = magnitude;
        out_.gamma(static_cast<unsigned>(change >= 0 ? 2 * change : -2 * change - 1), kMagnitudeLowBits);
        if (length > 1) out_.put(number.mantissa - (u128{1} << (length - 1)), length - 1);
    }

    void memos() {
        for (const PostedOperation& operation : chunk_.operations) {
            if (!traits_of(operation.kind).has_memo) continue;
            out_.flag(!operation.memo.is_zero());
            if (!operation.memo.is_zero()) out_.put(ByteView{operation.memo});
        }
    }

    const Chunk& chunk_;
    BitWriter out_;
    size_t written_ = 0;
    bool mixed_ = false;
    bool by_address_ = false;
    bool memos_ = false;
    unsigned account_width_ = 1;
    std::vector<Amount> fees_;      // by class
    std::vector<uint8_t> classes_;  // by operation
    RecentLists<uint32_t> accounts_;
    RecentLists<Amount> amounts_;
    std::vector<AmountModel> amount_models_;  // by class
};

}  // namespace

Bytes encode_ops(const Chunk& chunk, OpsBits* bits) {
    OpsBits unasked;
    return Encoder(chunk).run(bits ? *bits : unasked);
}

}  // namespace gavel

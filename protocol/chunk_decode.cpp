#include "protocol/chunk_model.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel {
namespace {

using namespace chunk_model;

constexpr unsigned kLongestWord = [] {
    unsigned longest = 0;
    for (const OperationTraits& kind : kOperationKinds) longest = std::max(longest, kind.word.length);
    return longest;
}();

// The first kind of each code word, the word's bits standing behind a 1; none for what is no word, or only the beginning of one.
constexpr auto kKindOfWord = [] {
    std::array<std::optional<OperationKind>, size_t{2} << kLongestWord> out;
    for (const OperationTraits& traits : kOperationKinds) {
        auto& kind = out[1u << traits.word.length | traits.word.bits];
        if (!kind) kind = traits.kind;
    }
    return out;
}();

constexpr auto kWords =
    static_cast<size_t>(std::ranges::count_if(kKindOfWord, [](const auto& kind) { return kind.has_value(); }));

// How many words these bits lead to, a 1 standing before them; more than there are if some bits behind them lead to none.
constexpr size_t words_behind(size_t bits) {
    if (bits >= kKindOfWord.size()) return 1 + kWords;
    if (kKindOfWord[bits].has_value()) return 1;
    return words_behind(2 * bits) + words_behind(2 * bits + 1);
}
static_assert(words_behind(1) == kWords, "any bits begin with exactly one word");

// Each column is a function, which may go on with zeros after a failure of the reader: the first failure stays, and the next
// column isn't begun. After kinds() all loops are bounded by the weight.
class Decoder {
public:
    explicit Decoder(ByteView ops) : in_(ops) {}

    std::variant<Chunk, Refusal> run() {
        bool decoded = header() && kinds() && fee_table() && classes() && senders() && recipients() && amounts() && memos() &&
                       terms() && fee_leaves() && end();
        if (!decoded) return in_.refusal();
        return std::move(chunk_);
    }

private:
    bool header() {
        chunk_.l1_operations = in_.gamma();
        in_.require(kL1OperationWeight * chunk_.l1_operations <= kMaxChunkWeight, Refusal::kOverWeight);
        operation_count_ = in_.get(6);
        fee_leaf_count_ = in_.get(6);
        account_width_ = static_cast<unsigned>(in_.get(5)) + 1;
        mixed_ = in_.flag();
        by_address_ = in_.flag();
        memos_ = in_.flag();
        return in_.ok();
    }

    bool kinds() {
        weight_ = kL1OperationWeight * chunk_.l1_operations + kFeeLeafWeight * static_cast<unsigned>(fee_leaf_count_);
        chunk_.operations.resize(operation_count_);
        bool only_transfers = true;
        size_t all_lines = 0;
        std::array<unsigned, kMaxOperations> lines;
        for (size_t i = 0; i < operation_count_; ++i) {
            PostedOperation& operation = chunk_.operations[i];
            operation.kind = mixed_ ? kind_word() : OperationKind::kTransfer;
            lines[i] = traits_of(operation.kind).steps->take_head(in_, operation);
            only_transfers &= operation.kind == OperationKind::kTransfer;
            weight_ += traits_of(operation.kind).base_weight + lines[i];
            all_lines += lines[i];
        }
        in_.require(weight_ <= kMaxChunkWeight, Refusal::kOverWeight);
        in_.require(!mixed_ || !only_transfers, Refusal::kIdleFlag);
        if (!in_.ok()) return false;
        for (size_t i = 0; i < operation_count_; ++i) chunk_.operations[i].payments.resize(lines[i]);
        accounts_ = RecentLists<uint32_t>(operation_count_ + all_lines);
        amounts_ = RecentLists<Amount>(operation_count_ + all_lines);
        return true;
    }

    OperationKind kind_word() {
        size_t word = 1;
        do word = word << 1 | (in_.flag() ? 1 : 0);
        while (!kKindOfWord[word]);  // at most kLongestWord times
        return *kKindOfWord[word];
    }

    bool fee_table() {
        if (operation_count_ == 0) return true;
        fee_count_ = in_.get(6) + 1;
        auto mantissa_width = static_cast<unsigned>(in_.get(8));
        auto exponent_width = static_cast<unsigned>(in_.get(3));
        in_.require(mantissa_width <= kMaxMantissaBits && exponent_width <= bit_length(kMaxExponent), Refusal::kBadFeeWidth);
        u128 mantissa_bits = 0;
        unsigned exponent_bits = 0;
        for (size_t k = 0; k < fee_count_ && in_.ok(); ++k) {
            Number number;
            number.exponent = static_cast<unsigned>(in_.get(exponent_width));
            number.mantissa = in_.get_wide(mantissa_width);
            mantissa_bits |= number.mantissa;
            exponent_bits |= number.exponent;
            fees_[k] = join(number);
            in_.require(std::find(fees_.begin(), fees_.begin() + k, fees_[k]) == fees_.begin() + k, Refusal::kRepeatedFee);
        }
        in_.require(bit_length(mantissa_bits) == mantissa_width, Refusal::kLooseWidth);
        in_.require(bit_length(exponent_bits) == exponent_width, Refusal::kLooseWidth);
        return in_.ok();
    }

    bool classes() {
        std::array<uint8_t, kMaxFees> seen;  // the recent list of classes
        size_t seen_count = 0;
        for (size_t i = 0; i < operation_count_ && in_.ok(); ++i) {
            size_t position = class_position(seen_count);
            in_.require(position <= seen_count, Refusal::kBadReference);
            if (!in_.ok()) return false;
            if (position == seen_count) {
                seen[position] = static_cast<uint8_t>(seen_count++);
                amount_models_.emplace_back();
            }
            move_to_front(seen.begin(), position);
            classes_[i] = seen[0];
            chunk_.operations[i].fee = fees_[seen[0]];
        }
        in_.require(seen_count == fee_count_, Refusal::kUnusedFee);
        return in_.ok();
    }

    // The position of the next operation's class in the list of those seen; `seen_count` for a new class, more if it is bad.
    size_t class_position(size_t seen_count) {
        if (seen_count == 0) return 0;
        if (fee_count_ == 1 || !in_.flag()) return 0;
        if (seen_count == 1) return 1;
        if (seen_count < fee_count_ && !in_.flag()) return seen_count;
        size_t position = 1 + in_.gamma();
        return position < seen_count ? position : seen_count + 1;
    }

    bool senders() {
        for (size_t i = 0; i < operation_count_; ++i) chunk_.operations[i].sender = account(classes_[i]);
        return in_.ok();
    }

    bool recipients() {
        for (size_t i = 0; i < operation_count_ && in_.ok(); ++i) {
            PostedOperation& operation = chunk_.operations[i];
            const Payees payees = traits_of(operation.kind).payees;
            if (payees == Payees::kChannel) continue;
            for (PostedPayment& payment : operation.payments) {
                if (payees == Payees::kL1) payment.to.address = in_.fixed<Address>();
                else if (payees == Payees::kParties && &payment == &operation.payments.back())
                    payment.to.index = account(classes_[i]);
                else recipient(payment.to, classes_[i]);
            }
        }
        in_.require(!by_address_ || any_address_, Refusal::kIdleFlag);
        return in_.ok();
    }

    void recipient(Recipient& to, unsigned list) {
        if (!by_address_ || !in_.flag()) {
            to.index = account(list);
            return;
        }
        any_address_ = true;
        in_.require(++weight_ <= kMaxChunkWeight, Refusal::kOverWeight);
        to.address = in_.fixed<Address>();
    }

    bool amounts() {
        for (size_t i = 0; i < operation_count_ && in_.ok(); ++i) {
            PostedOperation& operation = chunk_.operations[i];
            const Payees payees = traits_of(operation.kind).payees;
            if (payees != Payees::kParties)
                for (PostedPayment& payment : operation.payments) payment.amount = amount(classes_[i]);
            if (is_of_channel(operation)) operation.channel.unit = amount(classes_[i]);
            if (operation.channel.take) operation.channel.count = amount(classes_[i]);
        }
        return in_.ok();
    }

    bool memos() {
        if (!memos_) return true;
        bool any = false;
        for (PostedOperation& operation : chunk_.operations) {
            if (!traits_of(operation.kind).has_memo || !in_.flag()) continue;
            any = true;
            operation.memo = in_.fixed<Hash>();
            in_.require(!operation.memo.is_zero(), Refusal::kZeroMemo);
        }
        in_.require(any, Refusal::kIdleFlag);
        return in_.ok();
    }

    bool terms() {
        for (PostedOperation& operation : chunk_.operations) {
            if (!is_of_channel(operation)) continue;
            if (traits_of(operation.kind).payees == Payees::kChannel) operation.channel.payee = in_.fixed<Address>();
            operation.channel.expiry = static_cast<uint64_t>(in_.get_wide(64));
            operation.channel.salt = static_cast<uint64_t>(in_.get_wide(64));
        }
        return in_.ok();
    }

    bool fee_leaves() {
        chunk_.fee_leaves.resize(fee_leaf_count_);
        for (uint32_t& leaf : chunk_.fee_leaves) leaf = account_literal();
        return in_.ok();
    }

    bool end() {
        in_.require(account_width_ == bit_length(account_bits_ | 1), Refusal::kLooseWidth);
        in_.require(in_.remaining() < 8, Refusal::kTrailingByte);
        if (!in_.ok()) return false;
        in_.require(in_.get(static_cast<unsigned>(in_.remaining())) == 0, Refusal::kNonzeroPadding);
        return in_.ok();
    }

    // An item by reference; nullptr if a literal is to follow, or after a failure.
    template <class Value>
    const Value* reference(RecentLists<Value>& lists, unsigned list) {
        if (lists.empty(list) || !in_.flag()) return nullptr;
        const Value* value = lists.at(list, in_.gamma());
        in_.require(value != nullptr, Refusal::kBadReference);
        return value;
    }
    template <class Value>
    Value fresh(RecentLists<Value>& lists, unsigned list, const Value& literal) {
        in_.require(!lists.contains(list, literal), Refusal::kRepeatedLiteral);
        if (in_.ok()) lists.push(list, literal);
        return literal;
    }

    uint32_t account_literal() {
        auto index = static_cast<uint32_t>(in_.get(account_width_));
        account_bits_ |= index;
        return index;
    }

    uint32_t account(unsigned list) {
        if (const uint32_t* index = reference(accounts_, list)) return *index;
        return fresh(accounts_, list, account_literal());
    }

    Amount amount(unsigned list) {
        if (const Amount* known = reference(amounts_, list)) return *known;
        return fresh(amounts_, list, amount_literal(amount_models_[list]));
    }

    Amount amount_literal(AmountModel& model) {
        size_t position = in_.gamma();
        in_.require(position < model.exponents.size(), Refusal::kBadReference);
        if (!in_.ok()) return {};
        move_to_front(model.exponents.begin(), position);
        Number number;
        number.exponent = model.exponents[0];
        auto change = static_cast<int>(in_.gamma(kMagnitudeLowBits));
        model.magnitude += change % 2 == 0 ? change / 2 : -(change + 1) / 2;
        int length = model.magnitude - bits_of_power(number.exponent);
        in_.require(length >= 0 && length <= static_cast<int>(kMaxMantissaBits), Refusal::kBadMagnitude);
        if (!in_.ok()) return {};
        if (length > 0) number.mantissa = u128{1} << (length - 1) | in_.get_wide(static_cast<unsigned>(length) - 1);
        return join(number);
    }

    Amount join(const Number& number) {
        if (number.mantissa == 0) {
            in_.require(number.exponent == 0, Refusal::kLooseNumber);
            return {};
        }
        in_.require(number.mantissa % 2 != 0 || number.mantissa % 10 != 0, Refusal::kLooseNumber);
        unsigned known = std::min(number.exponent, kMaxExponent);
        in_.require(number.exponent == known && number.mantissa <= kLargestMantissa[known], Refusal::kNumberTooLarge);
        if (!in_.ok()) return {};
        return Amount{number.mantissa * kPowersOfTen[known]};
    }

    BitReader in_;
    Chunk chunk_;
    size_t operation_count_ = 0;
    size_t fee_leaf_count_ = 0;
    size_t fee_count_ = 0;
    unsigned account_width_ = 1;
    uint32_t account_bits_ = 0;  // all literal indexes, or'ed
    unsigned weight_ = 0;
    bool mixed_ = false;
    bool by_address_ = false;
    bool memos_ = false;
    bool any_address_ = false;
    std::array<Amount, kMaxFees> fees_;
    std::array<uint8_t, kMaxOperations> classes_;  // by operation
    RecentLists<uint32_t> accounts_;
    RecentLists<Amount> amounts_;
    std::vector<AmountModel> amount_models_;  // by class
};

}  // namespace

std::variant<Chunk, Refusal> decode_ops(ByteView ops) { return Decoder(ops).run(); }

}  // namespace gavel

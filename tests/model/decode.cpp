// The model's reading of "Chunk codec" and "Weights".
#include "tests/model/model.hpp"
#include "tests/model/refused.hpp"

namespace gavel::model {
namespace {

void refuse_if(bool condition, const char* name) {
    if (condition) throw Refused{name};
}

unsigned bit_length(const Number& value) { return value.BitCount(); }

Number ten_to(unsigned exponent) {
    Number out = 1;
    for (unsigned i = 0; i < exponent; ++i) out *= 10;
    return out;
}

Number checked_number(const Number& m, unsigned e) {
    refuse_if(m.IsZero() ? e > 0 : m % 10 == 0, "LooseNumber");
    refuse_if(e > 38, "NumberTooLarge");
    Number value = m * ten_to(e);
    refuse_if(value >= power_of_two(128), "NumberTooLarge");
    return value;
}

class Bits {
public:
    explicit Bits(const Bytes& data) {
        for (unsigned char byte : data) {
            for (int bit = 7; bit >= 0; --bit) bits_.push_back(byte >> bit & 1);
        }
    }
    bool bit() {
        refuse_if(bits_.empty(), "Truncated");
        bool out = bits_.front();
        bits_.pop_front();
        return out;
    }
    Number u(unsigned k) {
        Number out = 0;
        for (unsigned i = 0; i < k; ++i) out = out * 2 + (bit() ? 1 : 0);
        return out;
    }
    unsigned small(unsigned k) { return static_cast<unsigned>(u(k).ConvertToLong()); }
    unsigned gamma(unsigned k = 0) {
        unsigned zeros_seen = 0;
        while (!bit()) refuse_if(++zeros_seen > 6, "CodeTooLong");
        unsigned q = 1;
        for (unsigned i = 0; i < zeros_seen; ++i) q = q * 2 + (bit() ? 1 : 0);
        return (q - 1) * (1u << k) + small(k);
    }
    std::list<bool>& left() { return bits_; }

private:
    std::list<bool> bits_;
};

// Newest in front. `read_literal` reads one and checks all of it but that the list lacks it.
template <class Value>
class RecentList {
public:
    template <class ReadLiteral>
    Value item(Bits& bits, ReadLiteral read_literal) {
        if (!items_.empty() && bits.bit()) return ref(bits);
        Value value = read_literal();
        for (const Value& known : items_) refuse_if(known == value, "RepeatedLiteral");
        items_.push_front(value);
        return value;
    }
    Value ref(Bits& bits) { return at(bits.gamma()); }
    Value at(unsigned position) {
        refuse_if(position >= items_.size(), "BadReference");
        auto it = items_.begin();
        std::advance(it, position);
        Value value = *it;
        items_.erase(it);
        items_.push_front(value);
        return value;
    }
    void add(const Value& value) { items_.push_front(value); }
    void add_last(const Value& value) { items_.push_back(value); }
    const Value& front() const { return items_.front(); }
    size_t size() const { return items_.size(); }

private:
    std::list<Value> items_;
};

struct FeeClass {
    RecentList<uint32_t> accounts;
    RecentList<Number> amounts;
    RecentList<unsigned> exponents;
    int magnitude = 64;

    FeeClass() {
        for (unsigned e = 0; e < 39; ++e) exponents.add_last(e);
    }
};

struct Decoder {
    Bits bits;
    Chunk& chunk;
    unsigned n = 0, f = 0, w = 0;
    bool mixed = false, by_address = false, memos = false;
    std::vector<Number> fee_table;
    std::vector<unsigned> class_of;  // by operation, an index of fee_table and classes
    std::vector<FeeClass> classes;
    uint32_t largest_literal = 0;

    Decoder(const Bytes& ops, Chunk& out) : bits(ops), chunk(out) {}

    void grow(unsigned weight) {
        chunk.weight += weight;
        refuse_if(chunk.weight > 96, "OverWeight");
    }

    uint32_t account_literal() {
        uint32_t index = static_cast<uint32_t>(bits.u(w).ConvertToLong());
        largest_literal = std::max(largest_literal, index);
        return index;
    }

    void counts() {
        chunk.l1 = bits.gamma();
        refuse_if(chunk.l1 > 32, "OverWeight");
        n = bits.small(6);
        f = bits.small(6);
        w = bits.small(5) + 1;
        mixed = bits.bit();
        by_address = bits.bit();
        memos = bits.bit();
    }

    // A kind other than a transfer, from its second bit on. Gives its weight.
    unsigned other_kind(Operation& op) {
        op.kind = Operation::kWithdrawal;
        if (!bits.bit()) return 2;
        unsigned g = bits.gamma();
        if (g == 123) {
            op.kind = Operation::kFund;
            op.lines.clear();
            return 1 + 2;
        }
        if (g >= 124 && g <= 126) {
            op.kind = Operation::kRedeem;
            op.take = g != 126;
            op.close = g != 124;
            op.lines.resize(2);
            return 1 + 3;
        }
        op.kind = Operation::kPayout;
        op.lines.resize(g + 1);
        return 1 + g + 1;
    }

    void kinds() {
        unsigned weight = 3 * chunk.l1 + f;
        bool all_transfers = true;
        for (unsigned i = 0; i < n; ++i) {
            Operation op;
            op.lines.resize(1);
            weight += 2;
            if (mixed && bits.bit()) {
                all_transfers = false;
                weight = weight - 2 + other_kind(op);
            }
            chunk.operations.push_back(op);
        }
        grow(weight);
        refuse_if(mixed && all_transfers, "IdleFlag");
    }

    void fees() {
        if (n == 0) return;
        unsigned k = bits.small(6) + 1, wm = bits.small(8), we = bits.small(3);
        refuse_if(wm > 128 || we > 6, "BadFeeWidth");
        Number largest_m = 0;
        unsigned largest_e = 0;
        for (unsigned i = 0; i < k; ++i) {
            unsigned e = bits.small(we);
            Number m = bits.u(wm);
            Number fee = checked_number(m, e);
            for (const Number& earlier : fee_table) refuse_if(earlier == fee, "RepeatedFee");
            fee_table.push_back(fee);
            largest_m = std::max(largest_m, m);
            largest_e = std::max(largest_e, e);
        }
        refuse_if(wm != bit_length(largest_m) || we != bit_length(static_cast<long>(largest_e)), "LooseWidth");

        RecentList<unsigned> seen;
        for (Operation& op : chunk.operations) {
            class_of.push_back(next_class(seen, k));
            op.fee = fee_table[class_of.back()];
        }
        refuse_if(seen.size() < k, "UnusedFee");
        classes.resize(k);
    }

    unsigned next_class(RecentList<unsigned>& seen, unsigned k) {
        size_t s = seen.size();
        auto new_class = [&] {
            seen.add(static_cast<unsigned>(s));
            return static_cast<unsigned>(s);
        };
        if (s == 0) return new_class();
        if (k == 1) return seen.front();
        if (!bits.bit()) return seen.front();
        if (s == 1) return new_class();
        if (s < k && !bits.bit()) return new_class();
        return seen.at(bits.gamma() + 1);
    }

    uint32_t account(unsigned op) {
        return classes[class_of[op]].accounts.item(bits, [&] { return account_literal(); });
    }

    void senders() {
        for (unsigned i = 0; i < n; ++i) chunk.operations[i].sender = account(i);
    }

    void recipients() {
        bool some_address = false;
        for (unsigned i = 0; i < n; ++i) {
            Operation& op = chunk.operations[i];
            for (Line& line : op.lines) {
                bool payer = op.kind == Operation::kRedeem && &line == &op.lines[1];
                if (op.kind == Operation::kWithdrawal) {
                    line.by_address = true;
                } else if (by_address && !payer && bits.bit()) {
                    line.by_address = some_address = true;
                    grow(1);
                }
                if (line.by_address) {
                    line.address = be(20, bits.u(160));
                } else {
                    line.index = account(i);
                }
            }
        }
        refuse_if(by_address && !some_address, "IdleFlag");
    }

    Number amount_literal(FeeClass& c) {
        unsigned e = c.exponents.ref(bits);
        int z = static_cast<int>(bits.gamma(2));
        c.magnitude += z % 2 == 0 ? z / 2 : -(z + 1) / 2;
        int length = c.magnitude - static_cast<int>(3402 * e / 1024);
        refuse_if(length < 0 || length > 128, "BadMagnitude");
        Number m = length == 0 ? Number::Zero() : power_of_two(length - 1) + bits.u(length - 1);
        return checked_number(m, e);
    }

    void amounts() {
        for (unsigned i = 0; i < n; ++i) {
            FeeClass& c = classes[class_of[i]];
            Operation& op = chunk.operations[i];
            auto amount = [&] { return c.amounts.item(bits, [&] { return amount_literal(c); }); };
            if (op.kind == Operation::kFund) {
                op.amount = amount();
                op.terms.unit = amount();
            } else if (op.kind == Operation::kRedeem) {
                op.terms.unit = amount();
                if (op.take) op.count = amount();
            } else {
                for (Line& line : op.lines) line.amount = amount();
            }
        }
    }

    void memo_column() {
        if (!memos) return;
        bool some = false;
        for (Operation& op : chunk.operations) {
            bool can_have = op.kind == Operation::kTransfer || op.kind == Operation::kPayout;
            if (!can_have || !bits.bit()) continue;
            op.memo = be(32, bits.u(256));
            refuse_if(op.memo == zeros(32), "ZeroMemo");
            some = true;
        }
        refuse_if(!some, "IdleFlag");
    }

    void terms() {
        for (Operation& op : chunk.operations) {
            if (op.kind != Operation::kFund && op.kind != Operation::kRedeem) continue;
            if (op.kind == Operation::kFund) op.terms.payee = be(20, bits.u(160));
            op.terms.expiry = bits.u(64);
            op.terms.salt = bits.u(64);
        }
    }

    void end() {
        for (unsigned i = 0; i < f; ++i) chunk.fee_leaves.push_back(account_literal());
        refuse_if(w != std::max(1u, bit_length(static_cast<long>(largest_literal))), "LooseWidth");
        refuse_if(bits.left().size() >= 8, "TrailingByte");
        for (bool bit : bits.left()) refuse_if(bit, "NonzeroPadding");
    }
};

}  // namespace

std::string decode(const Bytes& ops, Chunk& chunk) {
    chunk = Chunk{};
    Decoder decoder(ops, chunk);
    try {
        decoder.counts();
        decoder.kinds();
        decoder.fees();
        decoder.senders();
        decoder.recipients();
        decoder.amounts();
        decoder.memo_column();
        decoder.terms();
        decoder.end();
    } catch (const Refused& refused) {
        return refused.name;
    }
    return "";
}

}  // namespace gavel::model

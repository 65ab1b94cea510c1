// What encoder and decoder of chunks remember while they go through the columns (docs/protocol.md, "Chunk codec").
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "protocol/amount.hpp"

namespace gavel::chunk_model {

inline constexpr unsigned kMaxExponent = 38;  // of ten; 10^39 is over 2^128
inline constexpr unsigned kMaxMantissaBits = 128;
inline constexpr unsigned kMaxFees = 64;          // K - 1 has six bits
inline constexpr unsigned kMaxOperations = 63;    // n has six bits
inline constexpr unsigned kMaxFeeLeaves = 63;     // f has six bits
inline constexpr unsigned kMaxLines = 123;        // of a payout that can be encoded; many more than weigh 96
inline constexpr unsigned kMagnitudeLowBits = 2;  // of the code word for a change of magnitude

// m x 10^e, m not divisible by ten; zero is 0 x 10^0.
struct Number {
    u128 mantissa = 0;
    unsigned exponent = 0;
};

inline constexpr auto kPowersOfTen = [] {
    std::array<u128, kMaxExponent + 1> powers{1};
    for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

inline constexpr auto kLargestMantissa = [] {
    std::array<u128, kMaxExponent + 1> largest{};
    for (size_t i = 0; i < largest.size(); ++i) largest[i] = Amount::max().value() / kPowersOfTen[i];
    return largest;
}();

inline Number split(Amount amount) {
    Number out{amount.value(), 0};
    if (out.mantissa == 0) return out;
    for (unsigned step : {32u, 16u, 8u, 4u, 2u, 1u}) {
        // What 10^step divides, 2^step divides.
        if ((out.mantissa & ((u128{1} << step) - 1)) != 0) continue;
        u128 quotient = out.mantissa / kPowersOfTen[step];
        if (quotient * kPowersOfTen[step] != out.mantissa) continue;
        out.mantissa = quotient;
        out.exponent += step;
    }
    return out;
}

// About the bit length of 10^exponent.
inline int bits_of_power(unsigned exponent) { return static_cast<int>(exponent * 3402 / 1024); }

// Where `value` stands in `list`; the list's size if it doesn't.
template <class List, class Value>
size_t position_of(const List& list, const Value& value) {
    return static_cast<size_t>(std::find(list.begin(), list.end(), value) - list.begin());
}

// The element at `position` goes to the front, the others keep their order.
template <class Iterator>
void move_to_front(Iterator first, size_t position) {
    const Iterator moved = first + static_cast<std::ptrdiff_t>(position);
    std::rotate(first, moved, moved + 1);
}

// One recent list for each fee class, newest in front; all in one allocation.
template <class Value>
class RecentLists {
public:
    // `values`: how many will be pushed at most, over all lists.
    explicit RecentLists(size_t values = 0) {
        nodes_.reserve(values);
        heads_.fill(kEnd);
    }
    bool empty(unsigned list) const { return heads_[list] == kEnd; }
    bool contains(unsigned list, const Value& value) const {
        for (uint16_t at = heads_[list]; at != kEnd; at = nodes_[at].next) {
            if (nodes_[at].value == value) return true;
        }
        return false;
    }
    // The value's position, from which it goes to the front; nullopt if the list hasn't got it.
    std::optional<unsigned> find(unsigned list, const Value& value) {
        unsigned position = 0;
        for (uint16_t* link = &heads_[list]; *link != kEnd; link = &nodes_[*link].next, ++position) {
            if (nodes_[*link].value != value) continue;
            to_front(list, link);
            return position;
        }
        return std::nullopt;
    }
    // The value at a position, from which it goes to the front; nullptr if the list is shorter.
    const Value* at(unsigned list, unsigned position) {
        uint16_t* link = &heads_[list];
        for (; *link != kEnd && position > 0; --position) link = &nodes_[*link].next;
        if (*link == kEnd) return nullptr;
        return &nodes_[to_front(list, link)].value;
    }
    void push(unsigned list, const Value& value) {
        nodes_.push_back({value, heads_[list]});
        heads_[list] = static_cast<uint16_t>(nodes_.size() - 1);
    }

private:
    static constexpr uint16_t kEnd = 0xffff;
    struct Node {
        Value value;
        uint16_t next;
    };

    uint16_t to_front(unsigned list, uint16_t* link) {
        uint16_t node = *link;
        *link = nodes_[node].next;
        nodes_[node].next = heads_[list];
        heads_[list] = node;
        return node;
    }

    std::vector<Node> nodes_;
    std::array<uint16_t, kMaxFees> heads_;
};

// The rest of a fee class's state: what the next literal amount is coded against.
struct AmountModel {
    std::array<uint8_t, kMaxExponent + 1> exponents = [] {
        std::array<uint8_t, kMaxExponent + 1> all{};
        for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
        return all;
    }();
    int magnitude = 64;
};

}  // namespace gavel::chunk_model

// The contract ABI's words: the static types, bytes, and arrays of words. Integers above 2^128-1 are refused.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::l1 {

// First four bytes, as a big-endian integer, of keccak256 of "name(type,type)": of a function or of a custom error.
uint32_t selector(std::string_view signature);
// keccak256 of "Name(type,type)": first topic of an event.
Hash event_topic(std::string_view signature);
// Selector that calldata begins with; nullopt below four bytes.
std::optional<uint32_t> selector_of(ByteView calldata);

// Writes arguments in order; dynamic ones go behind the static part, in order of their arguments, as Solidity lays them out.
class AbiWriter {
public:
    AbiWriter() = default;
    // Begins with a function's or custom error's selector.
    explicit AbiWriter(std::string_view signature);

    AbiWriter& word(u128 value);
    AbiWriter& word(const Address& value);
    AbiWriter& word(const Hash& value);
    AbiWriter& boolean(bool value) { return word(u128{value}); }
    AbiWriter& bytes(ByteView value);
    AbiWriter& text(std::string_view value) { return bytes(view_of(value)); }
    AbiWriter& hashes(const std::vector<Hash>& values);  // bytes32[], or any array of words
    AbiWriter& integers(const std::vector<u128>& values);
    Bytes take() const;

private:
    struct Head {
        Hash word;
        std::optional<Bytes> tail;
    };
    std::optional<uint32_t> selector_;
    std::vector<Head> heads_;
};

enum class AbiError {
    kNone,
    kTruncated,
    kIntegerTooLarge,  // over the type's width, at most 2^128-1
    kBadPadding,       // bits outside of an address, a boolean or bytes that aren't zero
    kBadOffset,        // a dynamic argument anywhere but where Solidity lays it out
    kTrailingBytes,
};
const char* to_string(AbiError error);

// Reads arguments in order from data without selector. Takes the canonical layout only, so that a value has one encoding. After
// the first error every read gives zeros; the caller checks finished() once, at the end. Views point into the data.
class AbiReader {
public:
    explicit AbiReader(ByteView arguments) : data_(arguments) {}

    // uintN
    u128 integer(unsigned bits = 128);
    uint64_t integer64() { return static_cast<uint64_t>(integer(64)); }
    Address address();
    bool boolean();
    // bytes32, or any word as it is
    Hash word();
    ByteView bytes();
    std::string text() { return string_of(bytes()); }
    std::vector<Hash> hashes();

    // Nothing was wrong and nothing is left.
    bool finished();
    AbiError error() const { return error_; }

private:
    void fail(AbiError error);
    // Checks a dynamic argument's offset and returns its length word; the elements begin at tail_.
    uint64_t dynamic_length();

    ByteView data_;
    size_t head_ = 0;
    std::optional<size_t> first_tail_;
    size_t tail_ = 0;
    AbiError error_ = AbiError::kNone;
};

// Names of custom errors by selector, so that reverts can be told in words.
class ErrorNames {
public:
    ErrorNames() = default;
    explicit ErrorNames(const std::vector<std::string>& signatures) {
        for (const std::string& signature : signatures) add(signature);
    }
    // "InsufficientBalance(address,uint256)"
    void add(std::string_view signature);
    // Name without arguments of the custom error in `revert_data`, the text of Error(string), "Panic(0x11)"; for unknown
    // selectors the hex of the data's beginning; "" for none.
    std::string describe(ByteView revert_data) const;

private:
    std::map<uint32_t, std::string> names_;
};

}  // namespace gavel::l1

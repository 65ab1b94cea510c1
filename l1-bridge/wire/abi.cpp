#include "l1-bridge/wire/abi.hpp"

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

constexpr size_t kWord = 32;

size_t padded(size_t length) { return (length + kWord - 1) / kWord * kWord; }

Hash word_from(u128 value) { return Hash::from(ByteWriter().word(value).bytes()); }

}  // namespace

uint32_t selector(std::string_view signature) { return ByteReader(keccak256(view_of(signature))).u32(); }

Hash event_topic(std::string_view signature) { return keccak256(view_of(signature)); }

std::optional<uint32_t> selector_of(ByteView calldata) {
    if (calldata.size() < 4) return std::nullopt;
    return ByteReader(calldata).u32();
}

AbiWriter::AbiWriter(std::string_view signature) : selector_(selector(signature)) {}

AbiWriter& AbiWriter::word(u128 value) { return word(word_from(value)); }

AbiWriter& AbiWriter::word(const Address& value) { return word(Hash::from(ByteWriter().word(value).bytes())); }

AbiWriter& AbiWriter::word(const Hash& value) {
    heads_.push_back({value, std::nullopt});
    return *this;
}

AbiWriter& AbiWriter::bytes(ByteView value) {
    heads_.push_back({{}, ByteWriter().word(value.size()).raw(value).zeros(padded(value.size()) - value.size()).take()});
    return *this;
}

AbiWriter& AbiWriter::hashes(const std::vector<Hash>& values) {
    ByteWriter tail;
    tail.word(values.size());
    for (const Hash& value : values) tail.raw(value);
    heads_.push_back({{}, tail.take()});
    return *this;
}

AbiWriter& AbiWriter::integers(const std::vector<u128>& values) {
    std::vector<Hash> words;
    for (u128 value : values) words.push_back(word_from(value));
    return hashes(words);
}

Bytes AbiWriter::take() const {
    ByteWriter out;
    if (selector_) out.u32(*selector_);
    size_t tail_offset = heads_.size() * kWord;
    for (const Head& head : heads_) {
        if (!head.tail) {
            out.raw(head.word);
            continue;
        }
        out.word(tail_offset);
        tail_offset += head.tail->size();
    }
    for (const Head& head : heads_) {
        if (head.tail) out.raw(*head.tail);
    }
    return out.take();
}

const char* to_string(AbiError error) {
    switch (error) {
        case AbiError::kNone: return "none";
        case AbiError::kTruncated: return "truncated";
        case AbiError::kIntegerTooLarge: return "integer too large";
        case AbiError::kBadPadding: return "bad padding";
        case AbiError::kBadOffset: return "bad offset";
        case AbiError::kTrailingBytes: return "trailing bytes";
    }
    return "unknown";
}

void AbiReader::fail(AbiError error) {
    if (error_ == AbiError::kNone) error_ = error;
    data_ = {};
    head_ = 0;
    tail_ = 0;
}

Hash AbiReader::word() {
    if (data_.size() < head_ + kWord) {
        fail(AbiError::kTruncated);
        return {};
    }
    Hash out = Hash::from(data_.subspan(head_));
    head_ += kWord;
    return out;
}

u128 AbiReader::integer(unsigned bits) {
    Hash raw = word();
    ByteReader reader(raw);
    u128 high = reader.amount().value(), low = reader.amount().value();
    if (high == 0 && (bits >= 128 || low >> bits == 0)) return low;
    fail(AbiError::kIntegerTooLarge);
    return 0;
}

Address AbiReader::address() {
    Hash raw = word();
    for (size_t i = 0; i < kWord - Address::kSize; ++i) {
        if (raw.bytes[i] != 0) {
            fail(AbiError::kBadPadding);
            return {};
        }
    }
    return Address::from(ByteView{raw}.subspan(kWord - Address::kSize));
}

bool AbiReader::boolean() {
    u128 value = integer();
    if (value > 1) fail(AbiError::kBadPadding);
    return value == 1;
}

uint64_t AbiReader::dynamic_length() {
    u128 offset = integer();
    if (error_ != AbiError::kNone) return 0;
    if (offset % kWord != 0 || (first_tail_ ? offset != tail_ : offset < head_)) {
        fail(AbiError::kBadOffset);
        return 0;
    }
    if (offset > data_.size() || data_.size() - offset < kWord) {
        fail(AbiError::kTruncated);
        return 0;
    }
    tail_ = static_cast<size_t>(offset);
    if (!first_tail_) first_tail_ = tail_;
    AbiReader length_word(data_.subspan(tail_));
    u128 length = length_word.integer();
    tail_ += kWord;
    if (length_word.error() == AbiError::kNone && length <= data_.size() - tail_) return static_cast<uint64_t>(length);
    fail(AbiError::kTruncated);
    return 0;
}

ByteView AbiReader::bytes() {
    uint64_t length = dynamic_length();
    if (data_.size() - tail_ < padded(length)) fail(AbiError::kTruncated);
    if (error_ != AbiError::kNone) return {};
    for (uint8_t byte : data_.subspan(tail_ + length, padded(length) - length)) {
        if (byte != 0) {
            fail(AbiError::kBadPadding);
            return {};
        }
    }
    ByteView out = data_.subspan(tail_, length);
    tail_ += padded(length);
    return out;
}

std::vector<Hash> AbiReader::hashes() {
    uint64_t count = dynamic_length();
    if ((data_.size() - tail_) / kWord < count) fail(AbiError::kTruncated);
    if (error_ != AbiError::kNone) return {};
    std::vector<Hash> out;
    for (uint64_t i = 0; i < count; ++i, tail_ += kWord) out.push_back(Hash::from(data_.subspan(tail_)));
    return out;
}

bool AbiReader::finished() {
    if (error_ != AbiError::kNone) return false;
    if (first_tail_ && *first_tail_ != head_) fail(AbiError::kBadOffset);
    if ((first_tail_ ? tail_ : head_) != data_.size()) fail(AbiError::kTrailingBytes);
    return error_ == AbiError::kNone;
}

void ErrorNames::add(std::string_view signature) {
    names_[selector(signature)] = std::string(signature.substr(0, signature.find('(')));
}

std::string ErrorNames::describe(ByteView revert_data) const {
    static const uint32_t kError = selector("Error(string)"), kPanic = selector("Panic(uint256)");
    auto id = selector_of(revert_data);
    if (!id) return revert_data.empty() ? "" : to_hex(revert_data);
    AbiReader arguments(revert_data.subspan(4));
    if (*id == kError) {
        std::string text = arguments.text();
        if (arguments.finished()) return text;
    } else if (*id == kPanic) {
        u128 code = arguments.integer(8);
        if (arguments.finished()) return "Panic(" + to_hex(Bytes{static_cast<uint8_t>(code)}) + ")";
    }
    auto found = names_.find(*id);
    return found != names_.end() ? found->second : to_hex(revert_data.first(std::min<size_t>(revert_data.size(), 36)));
}

}  // namespace gavel::l1

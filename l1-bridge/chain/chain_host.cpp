#include "l1-bridge/chain/chain_host.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::l1 {

void NativeRegistry::add(std::string name, std::shared_ptr<const NativeContract> contract, ByteView creation_code) {
    GAVEL_CHECK(contract != nullptr && !name.empty());
    Bytes code = creation_code.empty() ? creation_data(name, {}) : to_bytes(creation_code);
    contracts_.insert_or_assign(std::move(name), Entry{std::move(contract), std::move(code), !creation_code.empty()});
}

const NativeContract* NativeRegistry::find(std::string_view name) const {
    auto found = contracts_.find(name);
    return found == contracts_.end() ? nullptr : found->second.contract.get();
}

std::optional<NativeRegistry::Creation> NativeRegistry::find_creation(ByteView data) const {
    for (const auto& [name, entry] : contracts_) {
        const Bytes& code = entry.creation_code;
        if (data.size() < code.size() || !std::equal(code.begin(), code.end(), data.begin())) continue;
        return Creation{name, entry.contract.get(), data.subspan(code.size()), entry.has_twin ? code.size() : 0};
    }
    return std::nullopt;
}

Bytes NativeRegistry::creation_data(std::string_view name, ByteView constructor_args) {
    return ByteWriter().raw(keccak256({view_of("gavel.native:"), view_of(name)})).raw(constructor_args).take();
}

namespace slots {

Hash at(uint64_t index) { return word_of(index); }

Hash plus(const Hash& slot, uint64_t offset) {
    Hash out = slot;
    u128 carry = offset;
    for (size_t i = out.size(); i-- > 0 && carry != 0;) {
        carry += out.bytes[i];
        out.bytes[i] = static_cast<uint8_t>(carry);
        carry >>= 8;
    }
    return out;
}

Hash mapping(Host& host, const Hash& key, const Hash& base) { return host.keccak(ByteWriter().raw(key).raw(base).bytes()); }

Hash mapping(Host& host, const Address& key, const Hash& base) { return mapping(host, word_of(key), base); }

Hash mapping(Host& host, u128 key, const Hash& base) { return mapping(host, word_of(key), base); }

Hash element(Host& host, const Hash& base, uint64_t index) { return plus(host.keccak(base), index); }

}  // namespace slots

Hash word_of(u128 value) { return Hash::from(ByteWriter().word(value).bytes()); }

Hash word_of(const Address& address) { return Hash::from(ByteWriter().word(address).bytes()); }

u128 low_u128(const Hash& word) { return ByteReader(ByteView{word}.subspan(16)).amount().value(); }

Address low_address(const Hash& word) { return Address::from(ByteView{word}.subspan(12)); }

}  // namespace gavel::l1

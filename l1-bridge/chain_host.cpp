#include "l1-bridge/chain_host.hpp"

#include "protocol/check.hpp"

namespace gavel::l1 {

void NativeRegistry::add(std::string name, std::shared_ptr<const NativeContract> contract) {
    GAVEL_CHECK(contract != nullptr && !name.empty());
    contracts_.insert_or_assign(std::move(name), std::move(contract));
}

const NativeContract* NativeRegistry::find(std::string_view name) const {
    auto found = contracts_.find(name);
    return found == contracts_.end() ? nullptr : found->second.get();
}

std::string NativeRegistry::name_of_creation(ByteView data) const {
    if (data.size() < Hash::kSize) return {};
    Hash tag = Hash::from(data);
    for (const auto& [name, contract] : contracts_) {
        if (creation_tag(name) == tag) return name;
    }
    return {};
}

Hash NativeRegistry::creation_tag(std::string_view name) {
    return keccak256({view_of("gavel.native:"), view_of(name)});
}

Bytes NativeRegistry::creation_data(std::string_view name, ByteView constructor_args) {
    return ByteWriter().raw(creation_tag(name)).raw(constructor_args).take();
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

Hash mapping(Host& host, const Hash& key, const Hash& base) {
    return host.keccak(ByteWriter().raw(key).raw(base).bytes());
}

Hash mapping(Host& host, const Address& key, const Hash& base) { return mapping(host, word_of(key), base); }

Hash mapping(Host& host, u128 key, const Hash& base) { return mapping(host, word_of(key), base); }

Hash element(Host& host, const Hash& base, uint64_t index) { return plus(host.keccak(base), index); }

}  // namespace slots

Hash word_of(u128 value) { return Hash::from(ByteWriter().word(value).bytes()); }

Hash word_of(const Address& address) { return Hash::from(ByteWriter().word(address).bytes()); }

u128 low_u128(const Hash& word) { return ByteReader(ByteView{word}.subspan(16)).amount().value(); }

Address low_address(const Hash& word) { return Address::from(ByteView{word}.subspan(12)); }

}  // namespace gavel::l1

#include "protocol/operation.hpp"

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel {
namespace {

constexpr std::string_view kDomainType = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

const Hash& domain_type_hash() {
    static const Hash hash = keccak256(view_of(kDomainType));
    return hash;
}

const Hash& type_hash(OperationKind kind) {
    static const auto hashes = [] {
        std::array<Hash, std::size(kOperationKinds)> out;
        for (const OperationTraits& each : kOperationKinds) out[static_cast<size_t>(each.kind)] = keccak256(view_of(each.type));
        return out;
    }();
    return hashes[static_cast<size_t>(kind)];
}

}  // namespace

Hash Domain::separator() const {
    ByteWriter out;
    out.raw(domain_type_hash()).raw(keccak256(view_of("Gavel"))).raw(keccak256(view_of("1")));
    out.word(u128{chain_id}).word(rollup);
    return keccak256(out.bytes());
}

const char* name_of(OperationKind kind) { return traits_of(kind).name; }

Hash Operation::digest(const Hash& domain_separator) const {
    static constexpr uint8_t kPrefix[] = {0x19, 0x01};
    const Hash words = traits_of(kind).steps->struct_hash(type_hash(kind), *this);
    return keccak256({ByteView{kPrefix}, domain_separator, words});
}

std::optional<Amount> Operation::total() const {
    std::optional<Amount> sum = fee;
    for (const Payment& payment : payments) {
        sum = sum->plus(payment.amount);
        if (!sum) return std::nullopt;
    }
    return sum;
}

Hash operation_hash(const Hash& digest, const Address& sender) { return keccak256({digest, sender}); }

const char* name_of(L1OperationKind kind) { return traits_of(kind).name; }

Bytes L1Operation::encode() const {
    ByteWriter out;
    out.u8(static_cast<uint8_t>(kind)).raw(caller).raw(to).raw(token).amount(amount).u64(time);
    return out.take();
}

std::optional<L1Operation> L1Operation::decode(ByteView data) {
    ByteReader in(data);
    L1Operation out;
    out.kind = static_cast<L1OperationKind>(in.u8());
    out.caller = in.fixed<Address>();
    out.to = in.fixed<Address>();
    out.token = in.fixed<Address>();
    out.amount = in.amount();
    out.time = in.u64();
    if (!in.finished() || !is_known(out.kind)) return std::nullopt;
    return out;
}

Hash L1Operation::chain(const Hash& queue_hash) const { return keccak256_pair(queue_hash, keccak256(encode())); }

}  // namespace gavel

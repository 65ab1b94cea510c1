#include "protocol/operation.hpp"

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel {
namespace {

const Hash& type_hash(OperationKind kind) {
    static const auto hashes = [] {
        std::array<Hash, std::size(kOperationKinds)> out;
        for (const OperationTraits& each : kOperationKinds) out[static_cast<size_t>(each.kind)] = keccak256(view_of(each.type));
        return out;
    }();
    return hashes[static_cast<size_t>(kind)];
}

}  // namespace

const char* name_of(OperationKind kind) { return traits_of(kind).name; }

Hash Operation::digest(const Hash& domain_separator) const {
    return typed_digest(domain_separator, traits_of(kind).steps->struct_hash(type_hash(kind), *this));
}

const Address& Operation::signer(const Account& sender) const {
    return kind == OperationKind::kRedeem ? channel.terms.payee : sender.key.owner;
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
    out.u8(static_cast<uint8_t>(kind)).raw(caller).raw(to).raw(token).amount(amount).u64(time).u64(count);
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
    out.count = in.u64();
    if (!in.finished() || !is_known(out.kind)) return std::nullopt;
    return out;
}

Hash L1Operation::chain(const Hash& queue_hash) const { return keccak256_pair(queue_hash, keccak256(encode())); }

}  // namespace gavel

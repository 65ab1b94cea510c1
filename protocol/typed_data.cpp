#include "protocol/typed_data.hpp"

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel {
namespace {

constexpr std::string_view kDomainType = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

}  // namespace

Hash Domain::separator() const {
    static const Hash type_hash = keccak256(view_of(kDomainType));
    ByteWriter out;
    out.raw(type_hash).raw(keccak256(view_of("Gavel"))).raw(keccak256(view_of("1")));
    out.word(u128{chain_id}).word(rollup);
    return keccak256(out.bytes());
}

Hash typed_digest(const Hash& domain_separator, const Hash& struct_hash) {
    static constexpr uint8_t kPrefix[] = {0x19, 0x01};
    return keccak256({ByteView{kPrefix}, domain_separator, struct_hash});
}

}  // namespace gavel

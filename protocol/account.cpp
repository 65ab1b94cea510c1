#include "protocol/account.hpp"

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel {

Bytes Account::encode() const {
    ByteWriter out;
    out.raw(key.owner).raw(key.token).u64(nonce).amount(balance).raw(next.owner).raw(next.token);
    return out.take();
}

Account Account::decode(ByteView data) {
    GAVEL_CHECK(data.size() == kSize);
    ByteReader in(data);
    Account out;
    out.key.owner = in.fixed<Address>();
    out.key.token = in.fixed<Address>();
    out.nonce = in.u64();
    out.balance = in.amount();
    out.next.owner = in.fixed<Address>();
    out.next.token = in.fixed<Address>();
    return out;
}

Hash Account::hash() const { return keccak256(encode()); }

}  // namespace gavel

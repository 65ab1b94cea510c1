#include "protocol/commitment.hpp"

#include "protocol/account.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"

namespace gavel {

Bytes StateFields::encode() const {
    ByteWriter out;
    out.raw(accounts_root).raw(withdrawals_root).u32(account_count).u32(withdrawal_count).u64(l1_ops_consumed).u64(op_count);
    return out.take();
}

StateFields StateFields::decode(ByteView data) {
    GAVEL_CHECK(data.size() == kSize);
    ByteReader in(data);
    StateFields out;
    out.accounts_root = in.fixed<Hash>();
    out.withdrawals_root = in.fixed<Hash>();
    out.account_count = in.u32();
    out.withdrawal_count = in.u32();
    out.l1_ops_consumed = in.u64();
    out.op_count = in.u64();
    return out;
}

Hash StateFields::hash() const { return keccak256(encode()); }

StateFields genesis_fields() {
    StateFields out;
    out.accounts_root = fold_path(Account{}.hash(), 0, 1, {});
    out.withdrawals_root = zero_subtree(kTreeDepth);
    out.account_count = 1;
    return out;
}

}  // namespace gavel

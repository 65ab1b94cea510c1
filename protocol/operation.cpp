#include "protocol/operation.hpp"

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel {
namespace {

// EIP-712 encodeType strings; a type that others refer to comes last.
constexpr std::string_view kDomainType = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
constexpr std::string_view kTransferType =
    "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)";
constexpr std::string_view kWithdrawType = "Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)";
constexpr std::string_view kPayoutType =
    "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)Payment(address to,uint128 amount)";
constexpr std::string_view kPaymentType = "Payment(address to,uint128 amount)";

struct TypeHashes {
    Hash domain = keccak256(view_of(kDomainType));
    Hash transfer = keccak256(view_of(kTransferType));
    Hash withdraw = keccak256(view_of(kWithdrawType));
    Hash payout = keccak256(view_of(kPayoutType));
    Hash payment = keccak256(view_of(kPaymentType));
};

const TypeHashes& type_hashes() {
    static const TypeHashes hashes;
    return hashes;
}

// EIP-712 hashStruct of the operation.
Hash struct_hash(const Operation& op) {
    const TypeHashes& types = type_hashes();
    ByteWriter out;
    if (op.kind == OperationKind::kPayout) {
        ByteWriter lines;
        for (const Payment& payment : op.payments) {
            ByteWriter line;
            line.raw(types.payment).word(payment.to).word(payment.amount.value());
            lines.raw(keccak256(line.bytes()));
        }
        out.raw(types.payout).word(op.token).raw(keccak256(lines.bytes()));
        out.word(op.fee.value()).word(u128{op.nonce}).raw(op.memo);
        return keccak256(out.bytes());
    }
    GAVEL_CHECK(op.payments.size() == 1);
    bool transfer = op.kind == OperationKind::kTransfer;
    out.raw(transfer ? types.transfer : types.withdraw).word(op.token);
    out.word(op.payments[0].to).word(op.payments[0].amount.value()).word(op.fee.value()).word(u128{op.nonce});
    if (transfer) out.raw(op.memo);
    return keccak256(out.bytes());
}

}  // namespace

Hash Domain::separator() const {
    ByteWriter out;
    out.raw(type_hashes().domain).raw(keccak256(view_of("Gavel"))).raw(keccak256(view_of("1")));
    out.word(u128{chain_id}).word(rollup);
    return keccak256(out.bytes());
}

const char* name_of(OperationKind kind) {
    switch (kind) {
        case OperationKind::kTransfer: return "transfer";
        case OperationKind::kWithdraw: return "withdraw";
        case OperationKind::kPayout: return "payout";
    }
    return "unknown";
}

Hash Operation::digest(const Hash& domain_separator) const {
    static constexpr uint8_t kPrefix[] = {0x19, 0x01};
    return keccak256({ByteView{kPrefix}, domain_separator, struct_hash(*this)});
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

const char* name_of(L1OperationKind kind) {
    switch (kind) {
        case L1OperationKind::kDeposit: return "deposit";
        case L1OperationKind::kForcedTransfer: return "forced transfer";
        case L1OperationKind::kForcedWithdrawal: return "forced withdrawal";
    }
    return "unknown";
}

Bytes L1Operation::encode() const {
    ByteWriter out;
    out.u8(static_cast<uint8_t>(kind)).raw(caller).raw(to).raw(token).amount(amount).u64(time);
    return out.take();
}

std::optional<L1Operation> L1Operation::decode(ByteView data) {
    ByteReader in(data);
    L1Operation out;
    uint8_t kind = in.u8();
    out.kind = static_cast<L1OperationKind>(kind);
    out.caller = in.fixed<Address>();
    out.to = in.fixed<Address>();
    out.token = in.fixed<Address>();
    out.amount = in.amount();
    out.time = in.u64();
    if (!in.finished() || kind > static_cast<uint8_t>(L1OperationKind::kForcedWithdrawal)) return std::nullopt;
    return out;
}

Hash L1Operation::chain(const Hash& queue_hash) const { return keccak256_pair(queue_hash, keccak256(encode())); }

}  // namespace gavel

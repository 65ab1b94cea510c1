// Rollups of payments that name accounts by index, as Gavel does, and amounts as short decimal floats: they say only what fits
// those. Accounts are 32-bit indexes, at the place that Gavel's have in this benchmark.
#include "bench/codec_figures.hpp"
#include "bench/forms/stream.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/chunk_model.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

// mantissa x 10^exponent with so many bits of each; nullopt where that isn't the amount.
std::optional<std::pair<uint64_t, unsigned>> decimal_float(Amount amount, unsigned mantissa_bits, unsigned exponent_bits) {
    chunk_model::Number number = chunk_model::split(amount);
    while (number.exponent >= (1u << exponent_bits) && number.mantissa <= ~u128{0} / 10) {
        number.mantissa *= 10;
        --number.exponent;
    }
    if (number.mantissa >> mantissa_bits != 0 || number.exponent >> exponent_bits != 0) return std::nullopt;
    return std::pair{static_cast<uint64_t>(number.mantissa), number.exponent};
}

Amount from_float(uint64_t mantissa, uint64_t exponent) { return Amount{mantissa * chunk_model::kPowersOfTen.at(exponent)}; }

uint32_t sender_index(const BenchPayment& payment) { return account_index(payment.from, payment.token); }
uint32_t recipient_index(const BenchPayment& payment) { return account_index(payment.to, payment.token); }

constexpr size_t kHubbleTransfer = 12, kPerCommitment = 32;

// Commitments of 32 transfers: from(4) to(4) amount(2) fee(2), with one aggregated BLS signature.
class HubbleForm final : public StreamForm {
public:
    std::string name() const override { return "Hubble transfers"; }
    std::string specification() const override { return "thehubbleproject/hubble-contracts, Rollup.submitTransfer, libs/Tx.sol"; }
    std::string label() const override {
        return "other signatures: one BLS signature for 32 payments; amounts and fees of 12 bits x 10^(0..15) only";
    }
    bool posts_signatures() const override { return false; }
    bool carries(const BenchPayment& payment) const override {
        return decimal_float(payment.amount, 12, 4) && decimal_float(payment.operation.fee, 12, 4);
    }

private:
    // The exponent above the mantissa.
    static uint16_t packed(Amount amount) {
        auto [mantissa, exponent] = *decimal_float(amount, 12, 4);
        return static_cast<uint16_t>(exponent << 12 | mantissa);
    }
    static Amount unpacked(uint16_t value) { return from_float(value & 0xfff, value >> 12); }

protected:
    // submitTransfer(batchID, stateRoots[], signatures[2][], feeReceivers[], txss[]): its arguments' words, four arrays.
    Bytes body(Payments payments) const override {
        size_t count = (payments.size() + kPerCommitment - 1) / kPerCommitment;
        ByteWriter out;
        out.u32(l1::selector("submitTransfer(uint256,bytes32[],uint256[2][],uint256[],bytes[])"));
        out.word(u128{1'000});
        size_t roots = 5 * 32, signatures = roots + 32 + 32 * count, receivers = signatures + 32 + 64 * count;
        size_t txss = receivers + 32 + 32 * count;
        for (size_t offset : {roots, signatures, receivers, txss}) out.word(u128{offset});
        out.word(u128{count});
        for (size_t i = 0; i < count; ++i) out.raw(keccak256(view_of("root " + std::to_string(i))));
        out.word(u128{count});
        for (size_t i = 0; i < 2 * count; ++i) out.raw(keccak256(view_of("signature " + std::to_string(i))));
        out.word(u128{count});
        for (size_t i = 0; i < count; ++i) out.word(u128{7});
        out.word(u128{count});
        auto size_of = [&](size_t i) { return kHubbleTransfer * std::min(kPerCommitment, payments.size() - i * kPerCommitment); };
        for (size_t i = 0, at = 32 * count; i < count; ++i) {
            out.word(u128{at});
            at += 32 + (size_of(i) + 31) / 32 * 32;
        }
        for (size_t i = 0; i < count; ++i) {
            out.word(u128{size_of(i)});
            for (const BenchPayment& payment : payments.subspan(i * kPerCommitment, size_of(i) / kHubbleTransfer)) {
                out.u32(sender_index(payment)).u32(recipient_index(payment));
                out.u16(packed(payment.amount)).u16(packed(payment.operation.fee));
            }
            out.zeros((32 - size_of(i) % 32) % 32);
        }
        return out.take();
    }

    std::optional<size_t> read(ByteView body, Payments expected) const override {
        ByteReader in(body);
        in.take(4 + 5 * 32);
        auto word = [&] { return ByteReader(in.take(32).last(8)).u64(); };
        for (size_t width : {32u, 64u, 32u}) {
            uint64_t count = in.remaining() >= 32 ? word() : 0;
            in.take(std::min<uint64_t>(count, body.size()) * width);
        }
        if (!in.ok() || in.remaining() < 32) return std::nullopt;
        uint64_t count = word();
        in.take(std::min<uint64_t>(count, body.size()) * 32);
        size_t at = 0;
        for (uint64_t i = 0; i < count && in.ok() && in.remaining() >= 32; ++i) {
            uint64_t size = word();
            ByteReader txs(in.take(std::min<uint64_t>(size, body.size())));
            in.take((32 - size % 32) % 32);
            for (; txs.remaining() > 0; ++at) {
                if (at == expected.size() || !same(txs, expected[at])) return std::nullopt;
            }
        }
        if (!in.finished()) return std::nullopt;
        return at;
    }

    uint64_t signature_bytes(Payments payments) const override {
        return 64 * ((payments.size() + kPerCommitment - 1) / kPerCommitment);
    }

private:
    static bool same(ByteReader& in, const BenchPayment& payment) {
        bool is_same = in.u32() == sender_index(payment);
        is_same &= in.u32() == recipient_index(payment);
        is_same &= unpacked(in.u16()) == payment.amount;
        is_same &= unpacked(in.u16()) == payment.operation.fee;
        return in.ok() && is_same;
    }
};

constexpr size_t kZkSyncTransfer = 20;
constexpr uint8_t kTransferCode = 5;

// Public data of a block: code(1) from(4) token(4) to(4) amount(5) fee(2), two chunks of ten bytes; padded to a block's size.
class ZkSyncLiteForm final : public StreamForm {
public:
    std::string name() const override { return "zkSync Lite transfers"; }
    std::string specification() const override { return "matter-labs/zksync, docs/protocol.md, \"Transfer\""; }
    std::string label() const override {
        return "proven: no signatures, and the validity proof isn't counted; amounts of 35 and fees of 11 bits x 10^(0..31) only";
    }
    bool posts_signatures() const override { return false; }
    bool carries(const BenchPayment& payment) const override {
        return decimal_float(payment.amount, 35, 5) && decimal_float(payment.operation.fee, 11, 5);
    }

private:
    // The mantissa above the exponent.
    static uint64_t packed(Amount amount, unsigned mantissa_bits) {
        auto [mantissa, exponent] = *decimal_float(amount, mantissa_bits, 5);
        return mantissa << 5 | exponent;
    }
    static Amount unpacked(uint64_t value) { return from_float(value >> 5, value & 31); }

protected:
    Bytes body(Payments payments) const override {
        ByteWriter out;
        out.raw(keccak256(view_of("root")));  // the state after the block
        for (const BenchPayment& payment : payments) {
            uint64_t amount = packed(payment.amount, 35);
            out.u8(kTransferCode).u32(sender_index(payment)).u32(token_id(payment.token)).u32(recipient_index(payment));
            out.u8(static_cast<uint8_t>(amount >> 32)).u32(static_cast<uint32_t>(amount));
            out.u16(static_cast<uint16_t>(packed(payment.operation.fee, 11)));
        }
        return out.take();
    }

    std::optional<size_t> read(ByteView body, Payments expected) const override {
        ByteReader in(body);
        in.take(32);
        if (in.remaining() % kZkSyncTransfer != 0) return std::nullopt;
        size_t count = 0;
        for (; in.remaining() > 0; ++count) {
            if (count == expected.size()) return std::nullopt;
            const BenchPayment& payment = expected[count];
            bool same = in.u8() == kTransferCode;
            same &= in.u32() == sender_index(payment);
            same &= in.u32() == token_id(payment.token);
            same &= in.u32() == recipient_index(payment);
            uint64_t high = in.u8();
            same &= unpacked(high << 32 | in.u32()) == payment.amount;
            same &= unpacked(in.u16()) == payment.operation.fee;
            if (!same) return std::nullopt;
        }
        if (!in.ok()) return std::nullopt;
        return count;
    }

    uint64_t signature_bytes(Payments) const override { return 0; }

private:
    // As if a thousand tokens had been registered in no order; ETH is 0.
    static uint32_t token_id(const Address& token) {
        return token.is_zero() ? 0 : 1 + static_cast<uint32_t>(ByteReader(keccak256(token)).u64() % 1000);
    }
};

}  // namespace

std::unique_ptr<Form> hubble_form() { return std::make_unique<HubbleForm>(); }
std::unique_ptr<Form> zksync_lite_form() { return std::make_unique<ZkSyncLiteForm>(); }

}  // namespace gavel::bench

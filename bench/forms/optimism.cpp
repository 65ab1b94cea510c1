// OP Stack: batches in a channel, packed, cut into frames (specs.optimism.io, Derivation).
#include <algorithm>

#include "bench/forms/form.hpp"
#include "bench/forms/span_batch.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/encoding.hpp"

namespace gavel::bench {
namespace {

constexpr size_t kMaxCalldata = 120'000;  // op-batcher's --max-l1-tx-size-bytes
constexpr size_t kFrameHead = 16 + 2 + 4;

uint64_t chain_of(Payments payments) {
    for (const BenchPayment& payment : payments) {
        if (payment.tx.is_protected) return payment.tx.chain_id;
    }
    return 0;
}

// DisputeGameFactory.create: the claim of the state after the channel.
Bytes proposal() {
    return l1::AbiWriter("create(uint32,bytes32,bytes)").word(u128{0}).word(drawn("root", 0)).bytes(drawn("block", 0)).take();
}

// One frame for each L1 transaction, behind a version byte.
std::vector<Bytes> frames_of(ByteView channel) {
    std::vector<Bytes> out;
    const Hash id = drawn("channel", channel.size());
    const size_t room = kMaxCalldata - 1 - kFrameHead - 1;
    for (size_t at = 0; at < channel.size() || out.empty(); at += room) {
        ByteView data = channel.subspan(at, std::min(room, channel.size() - at));
        bool is_last = at + data.size() == channel.size();
        out.push_back(ByteWriter()
                          .u8(0)
                          .raw(ByteView(id).first(16))
                          .u16(static_cast<uint16_t>(out.size()))
                          .u32(static_cast<uint32_t>(data.size()))
                          .raw(data)
                          .u8(is_last)
                          .take());
    }
    return out;
}

std::optional<Bytes> channel_of(std::span<const Bytes> transactions) {
    Bytes out;
    for (size_t i = 0; i < transactions.size(); ++i) {
        ByteReader in(transactions[i]);
        bool right = in.u8() == 0;
        in.take(16);
        right &= in.u16() == i;
        ByteView data = in.take(in.u32());
        right &= in.u8() == (i + 1 == transactions.size());
        if (!right || !in.finished()) return std::nullopt;
        append(out, data);
    }
    return out;
}

class OptimismForm : public Form {
public:
    std::string label() const override { return "one state claim of 164 bytes a channel"; }
    bool packs_with(const Compressor& compressor) const override {
        return compressor.name() == "zlib 9" || compressor.name() == "brotli 10";
    }

    Posted post(Payments payments, const Compressor& compressor) const override {
        l1::RlpWriter batches;
        for (const Bytes& batch : encode(payments)) batches.string(batch);
        Bytes channel;
        // Fjord: a channel by brotli begins with a version byte; zlib's first byte tells itself.
        if (compressor.name().starts_with("brotli")) channel.push_back(1);
        append(channel, compressor.pack(batches.bytes()));
        Posted out{frames_of(channel), 64 * payments.size()};
        out.calldata.push_back(proposal());
        return out;
    }

    bool holds(const Posted& posted, const Compressor& compressor, Payments payments) const override {
        if (posted.calldata.size() < 2 || posted.calldata.back() != proposal()) return false;
        auto channel = channel_of(std::span(posted.calldata).first(posted.calldata.size() - 1));
        if (!channel) return false;
        ByteView packed(*channel);
        if (compressor.name().starts_with("brotli")) {
            if (packed.empty() || packed[0] != 1) return false;
            packed = packed.subspan(1);
        }
        auto batches = compressor.unpack(packed);
        if (!batches) return false;
        l1::RlpReader in(*batches);
        std::vector<EthereumTx> txs;
        while (in.more()) {
            if (!decode(in.string(), chain_of(payments), txs)) return false;
        }
        auto same = [](const EthereumTx& tx, const BenchPayment& payment) { return tx == payment.tx; };
        return in.finished() && std::equal(txs.begin(), txs.end(), payments.begin(), payments.end(), same);
    }

private:
    virtual std::vector<Bytes> encode(Payments payments) const = 0;
    virtual bool decode(ByteView batch, uint64_t chain_id, std::vector<EthereumTx>& txs) const = 0;
};

class SingularForm final : public OptimismForm {
public:
    std::string name() const override { return "OP singular batch"; }
    std::string specification() const override { return "specs.optimism.io, Derivation, \"Batch format\""; }

private:
    std::vector<Bytes> encode(Payments payments) const override {
        std::vector<Bytes> out;
        uint64_t number = 0;
        for (Payments block : by_block(payments)) {
            l1::RlpWriter txs, fields;
            for (const BenchPayment& payment : block) txs.string(payment.tx.raw());
            ++number;
            fields.string(drawn("block", number)).integer(20'000'000 + number / 6).string(drawn("origin", number / 6));
            fields.integer(1'700'000'000 + 2 * number).list(txs);
            out.push_back({0});
            append(out.back(), fields.as_list());
        }
        return out;
    }

    bool decode(ByteView batch, uint64_t, std::vector<EthereumTx>& txs) const override {
        if (batch.empty() || batch[0] != 0) return false;
        l1::RlpReader outer(batch.subspan(1));
        l1::RlpReader fields = outer.list();
        fields.fixed<Hash>();
        fields.integer64();
        fields.fixed<Hash>();
        fields.integer64();
        l1::RlpReader list = fields.list();
        while (list.more()) {
            auto tx = decode_ethereum_tx(list.string());
            if (!tx) return false;
            txs.push_back(std::move(*tx));
        }
        return list.finished() && fields.finished() && outer.finished();
    }
};

class SpanForm final : public OptimismForm {
public:
    std::string name() const override { return "OP span batch"; }
    std::string specification() const override { return "specs.optimism.io, Delta, \"Span-batches\""; }

private:
    std::vector<Bytes> encode(Payments payments) const override {
        SpanBatch out;
        out.rel_timestamp = 100'000'000;
        out.l1_origin_number = 20'000'000;
        out.parent_check = Address::from(drawn("block", 0));
        out.l1_origin_check = Address::from(drawn("origin", 0));
        for (Payments block : by_block(payments)) {
            out.origin_bits.push_back(out.origin_bits.size() % 6 == 0);
            out.block_tx_counts.push_back(block.size());
        }
        for (const BenchPayment& payment : payments) out.txs.push_back(payment.tx);
        return {out.encode()};
    }

    bool decode(ByteView batch, uint64_t chain_id, std::vector<EthereumTx>& txs) const override {
        auto in = decode_span_batch(batch, chain_id);
        if (!in) return false;
        txs.insert(txs.end(), in->txs.begin(), in->txs.end());
        return true;
    }
};

}  // namespace

std::unique_ptr<Form> singular_batch_form() { return std::make_unique<SingularForm>(); }
std::unique_ptr<Form> span_batch_form() { return std::make_unique<SpanForm>(); }

}  // namespace gavel::bench

// Arbitrum Nitro: segments of L2 messages, packed by brotli, in the sequencer inbox's calldata (OffchainLabs/nitro:
// arbnode/batch_poster.go, arbstate/inbox.go, arbos/parse_l2.go; nitro-contracts: SequencerInbox.addSequencerL2BatchFromOrigin).
#include "bench/forms/stream.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "protocol/encoding.hpp"

namespace gavel::bench {
namespace {

constexpr uint8_t kL2Message = 0, kAdvanceTimestamp = 3;  // kinds of segment
constexpr uint8_t kBatch = 3, kSignedTx = 4;              // kinds of L2 message
constexpr uint8_t kBrotliHeader = 0;
constexpr const char* kFunction = "addSequencerL2BatchFromOrigin(uint256,bytes,uint256,address,uint256,uint256)";

// A block's message: its only transaction, or a batch of them, each behind its length.
Bytes message_of(Payments block) {
    auto signed_tx = [](const BenchPayment& payment) { return ByteWriter().u8(kSignedTx).raw(payment.tx.raw()).take(); };
    if (block.size() == 1) return signed_tx(block[0]);
    ByteWriter out;
    out.u8(kBatch);
    for (const BenchPayment& payment : block) {
        Bytes message = signed_tx(payment);
        out.u64(message.size()).raw(message);
    }
    return out.take();
}

bool read_message(ByteView message, Payments expected, size_t& count) {
    ByteReader in(message);
    switch (in.u8()) {
        case kSignedTx: {
            auto tx = decode_ethereum_tx(in.take(in.remaining()));
            return tx && count < expected.size() && *tx == expected[count++].tx;
        }
        case kBatch:
            while (in.remaining() > 0) {
                ByteView one = in.take(in.u64());
                if (!in.ok() || one.empty() || one[0] != kSignedTx || !read_message(one, expected, count)) return false;
            }
            return true;
        default: return false;
    }
}

class SegmentsForm final : public StreamForm {
public:
    std::string name() const override { return "Arbitrum segments"; }
    std::string specification() const override { return "OffchainLabs/nitro, arbnode/batch_poster.go, arbos/parse_l2.go"; }
    std::string label() const override { return "assertions aren't counted"; }
    bool packs_with(const Compressor& compressor) const override { return compressor.name() == "brotli 11"; }

protected:
    Bytes body(Payments payments) const override {
        l1::RlpWriter out;
        for (Payments block : by_block(payments)) {
            // The time goes on by a second: kind, and the difference as an RLP integer.
            out.string(ByteWriter().u8(kAdvanceTimestamp).raw(l1::RlpWriter().integer(1).bytes()).bytes());
            out.string(ByteWriter().u8(kL2Message).raw(message_of(block)).bytes());
        }
        return out.bytes();
    }

    std::optional<size_t> read(ByteView body, Payments expected) const override {
        l1::RlpReader in(body);
        size_t count = 0;
        while (in.more()) {
            ByteView segment = in.string();
            if (segment.empty()) return std::nullopt;
            if (segment[0] == kAdvanceTimestamp) continue;
            if (segment[0] != kL2Message || !read_message(segment.subspan(1), expected, count)) return std::nullopt;
        }
        if (!in.finished()) return std::nullopt;
        return count;
    }

    Bytes wrap(Bytes packed) const override {
        Bytes data = {kBrotliHeader};
        append(data, packed);
        return l1::AbiWriter(kFunction)
            .word(u128{900'000})
            .bytes(data)
            .word(u128{2'000'000})
            .word(Address{})
            .word(u128{330'000'000})
            .word(u128{330'000'500})
            .take();
    }

    std::optional<Bytes> unwrap(ByteView calldata) const override {
        if (l1::selector_of(calldata) != l1::selector(kFunction)) return std::nullopt;
        l1::AbiReader in(calldata.subspan(4));
        in.integer64();
        ByteView data = in.bytes();
        in.integer64();
        in.address();
        in.integer64();
        in.integer64();
        if (!in.finished() || data.empty() || data[0] != kBrotliHeader) return std::nullopt;
        return to_bytes(data.subspan(1));
    }

    size_t max_calldata() const override { return 100'000; }  // the batch poster's --max-size
};

}  // namespace

std::unique_ptr<Form> segments_form() { return std::make_unique<SegmentsForm>(); }

}  // namespace gavel::bench

// Signed Ethereum transactions, one after another, as an L1 block holds them.
#include "l1-bridge/wire/rlp.hpp"
#include "bench/forms/stream.hpp"

namespace gavel::bench {
namespace {

class RlpForm final : public StreamForm {
public:
    std::string name() const override { return "Ethereum RLP"; }
    std::string specification() const override { return "EIP-155, EIP-2930, EIP-1559; the Yellow Paper, appendix B"; }
    std::string label() const override { return "no commitments"; }

protected:
    Bytes body(Payments payments) const override {
        l1::RlpWriter out;
        for (const BenchPayment& payment : payments) out.string(payment.tx.raw());
        return out.as_list();
    }
    std::optional<size_t> read(ByteView body, Payments expected) const override {
        l1::RlpReader outer(body);
        l1::RlpReader in = outer.list();
        size_t count = 0;
        for (; in.more(); ++count) {
            auto tx = decode_ethereum_tx(in.string());
            if (count == expected.size() || !tx || *tx != expected[count].tx) return std::nullopt;
        }
        if (!in.finished() || !outer.finished()) return std::nullopt;
        return count;
    }
};

}  // namespace

std::unique_ptr<Form> rlp_form() { return std::make_unique<RlpForm>(); }

}  // namespace gavel::bench

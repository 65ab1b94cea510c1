// The requests as clients send them to the sequencer, one after another.
#include "bench/forms/stream.hpp"
#include "gavel/v1/sequencer.pb.h"
#include "proto/convert_grpc.hpp"

namespace gavel::bench {
namespace {

class ProtobufForm final : public StreamForm {
public:
    std::string name() const override { return "Protobuf"; }
    std::string specification() const override { return "proto/gavel/v1/sequencer.proto, SubmitBatch"; }
    std::string label() const override { return "no commitments"; }

protected:
    Bytes body(Payments payments) const override {
        v1::SubmitBatch out;
        for (const BenchPayment& payment : payments) {
            v1::SubmitRequest& request = *out.add_requests();
            proto::to_pb(payment.operation, *request.mutable_operation());
            request.set_signature(proto::to_pb_bytes(payment.signature));
        }
        return to_bytes(view_of(out.SerializeAsString()));
    }
    std::optional<size_t> read(ByteView body, Payments expected) const override {
        v1::SubmitBatch in;
        if (!in.ParseFromString(string_of(body))) return std::nullopt;
        if (static_cast<size_t>(in.requests_size()) > expected.size()) return std::nullopt;
        for (int i = 0; i < in.requests_size(); ++i) {
            const BenchPayment& payment = expected[static_cast<size_t>(i)];
            auto operation = proto::from_pb(in.requests(i).operation(), "operation");
            if (!operation || *operation != payment.operation) return std::nullopt;
            if (in.requests(i).signature() != proto::to_pb_bytes(payment.signature)) return std::nullopt;
        }
        return in.requests_size();
    }
    uint64_t signature_bytes(Payments payments) const override { return Signature::kSize * payments.size(); }
};

}  // namespace

std::unique_ptr<Form> protobuf_form() { return std::make_unique<ProtobufForm>(); }

}  // namespace gavel::bench

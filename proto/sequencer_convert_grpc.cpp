#include "proto/sequencer_convert_grpc.hpp"

#include "proto/convert_grpc.hpp"
#include "proto/field_reader.hpp"
#include "proto/kinds_grpc.hpp"
#include "proto/query_convert_grpc.hpp"

namespace gavel::proto {
namespace {

using namespace api;
using node::Result;
using Reader = FieldReader;

// OK isn't an error's.
std::optional<node::Code> code_of(uint32_t number) {
    if (number == 0 || number > UINT8_MAX) return std::nullopt;
    const auto code = static_cast<node::Code>(number);
    return node::code_name(code) == "UNKNOWN" ? std::nullopt : std::optional(code);
}

}  // namespace

void to_pb(const Submission& submission, v1::SubmitRequest& message) {
    to_pb(submission.operation, *message.mutable_operation());
    voucher_to_pb(submission.voucher, *message.mutable_operation());
    message.set_sender(to_pb_bytes(submission.sender));
    message.set_chain_id(submission.chain_id);
    message.set_signature(to_pb_bytes(submission.signature));
}

void to_pb(const std::vector<Submission>& submissions, v1::SubmitBatch& message) {
    for (const Submission& submission : submissions) to_pb(submission, *message.add_requests());
}

void to_pb(const Receipt& receipt, v1::Receipt& message) {
    message.set_hash(to_pb_bytes(receipt.hash));
    message.set_position(receipt.position);
    message.set_confirmed_at_ms(receipt.confirmed_at_ms);
}

void to_pb(const SubmitOutcome& outcome, v1::SubmitResult& message) {
    if (outcome.status.ok()) return to_pb(outcome.receipt, *message.mutable_receipt());
    v1::SubmitError& error = *message.mutable_error();
    error.set_code(static_cast<uint32_t>(outcome.status.code));
    error.set_reason(outcome.status.reason);
    error.set_field(outcome.status.field);
    error.set_message(outcome.status.message);
    if (outcome.expected_nonce) {
        error.set_has_expected_nonce(true);
        error.set_expected_nonce(*outcome.expected_nonce);
    }
}

void to_pb(const std::vector<SubmitOutcome>& outcomes, v1::SubmitBatchResult& message) {
    for (const SubmitOutcome& outcome : outcomes) to_pb(outcome, *message.add_results());
}

void to_pb(const Address& token, const OperationShape& shape, v1::EstimateFeeRequest& message) {
    message.set_token(to_pb_bytes(token));
    message.set_kind(kind_to_pb(shape.kind));
    message.set_lines(shape.lines);
    message.set_new_recipients(shape.new_recipients);
    message.set_memo(shape.memo);
}

void to_pb(const FeeQuote& quote, v1::FeeEstimate& message) {
    message.set_minimum(to_string(quote.minimum));
    message.set_suggested(to_string(quote.suggested));
}

void to_pb(const Page<OperationInfo>& page, v1::GetRolledBackResponse& message) {
    for (const OperationInfo& info : page.items) to_pb(info, *message.add_operations());
    message.set_next_cursor(page.next_cursor);
}

Result<Submission> from_pb(const v1::SubmitRequest& message, const std::string& field) {
    Reader reader(field);
    Submission out;
    out.operation = reader.take<Operation>(from_pb, message.operation(), "operation");
    out.voucher = reader.take(voucher_from_pb, message.operation(), "operation");
    out.sender = reader.take(address_from_pb, message.sender(), "sender");
    out.signature = reader.take(signature_from_pb, message.signature(), "signature");
    out.chain_id = message.chain_id();
    return reader.finish(std::move(out));
}

Result<Receipt> from_pb(const v1::Receipt& message, const std::string& field) {
    Reader reader(field);
    const Receipt out{reader.take(hash_from_pb, message.hash(), "hash"), message.position(), message.confirmed_at_ms()};
    return reader.finish(out);
}

Result<SubmitOutcome> from_pb(const v1::SubmitResult& message, const std::string& field) {
    Reader reader(field);
    SubmitOutcome out;
    if (message.has_receipt()) {
        out.receipt = reader.take<Receipt>(from_pb, message.receipt(), "receipt");
        return reader.finish(std::move(out));
    }
    const v1::SubmitError& error = message.error();
    out.status.code = reader.take_enum(code_of(error.code()), "error.code");
    out.status.reason = error.reason();
    out.status.field = error.field();
    out.status.message = error.message();
    if (error.has_expected_nonce()) out.expected_nonce = error.expected_nonce();
    return reader.finish(std::move(out));
}

Result<std::vector<SubmitOutcome>> from_pb(const v1::SubmitBatchResult& message, const std::string& field) {
    return list_from_pb<SubmitOutcome>(from_pb, message.results(), field, "results");
}

Result<FeeQuote> from_pb(const v1::FeeEstimate& message, const std::string& field) {
    Reader reader(field);
    FeeQuote out;
    out.minimum = reader.take(amount_from_pb, message.minimum(), "minimum");
    out.suggested = reader.take(amount_from_pb, message.suggested(), "suggested");
    return reader.finish(out);
}

Result<Page<OperationInfo>> from_pb(const v1::GetRolledBackResponse& message, const std::string& field) {
    auto items = list_from_pb<OperationInfo>(from_pb, message.operations(), field, "operations");
    if (!items) return items.status();
    return Page<OperationInfo>{*std::move(items), message.next_cursor()};
}

}  // namespace gavel::proto

#include "cli/signing.hpp"

#include "cli/units.hpp"
#include "proto/convert_grpc.hpp"
#include "proto/kinds_grpc.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

// The daemon itself has read the request and refused it; anything else may have happened on the way back.
bool is_refusal(const Status& status) {
    const bool refuses = status.code == Code::kInvalidArgument || status.code == Code::kFailedPrecondition ||
                         status.code == Code::kResourceExhausted;
    return refuses && status.reason != node::code_name(status.code);
}

v1::SubmitRequest request_of(const Signing& signing, const SignedOperation& signed_operation) {
    v1::SubmitRequest request;
    proto::to_pb(signed_operation.operation, *request.mutable_operation());
    request.set_sender(proto::to_pb_bytes(signing.key.address()));
    request.set_chain_id(signing.domain.chain_id);
    request.set_signature(proto::to_pb_bytes(signed_operation.signature));
    return request;
}

}  // namespace

Result<Signing> prepare_signing(Session& session, const std::string& token_text) {
    auto token = session.token(token_text);
    if (!token) return token.status();
    auto domain = session.domain();
    if (!domain) return domain.status();
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    auto key = session.signer();
    if (!key) return key.status();
    auto account = (*remote)->account({key->address(), token->address});
    if (!account) return account.status();
    auto balance = proto::amount_from_pb(account->balance(), "balance");
    if (!balance) return balance.status();
    return Signing{*key, *domain, *token, *remote, *account, *balance};
}

Result<Amount> fee_for(const Signing& signing, const std::string& given, const Operation& operation, unsigned new_recipients) {
    if (!given.empty()) {
        auto fee = parse_units(given, signing.token.decimals);
        if (!fee) return Status{fee.status().code, fee.status().reason, "fee", fee.status().message};
        return fee;
    }
    v1::EstimateFeeRequest request;
    request.set_token(proto::to_pb_bytes(operation.token));
    request.set_kind(proto::kind_to_pb(operation.kind));
    request.set_lines(static_cast<uint32_t>(operation.payments.size()));
    request.set_new_recipients(new_recipients);
    request.set_memo(!operation.memo.is_zero());
    auto estimate = signing.remote->estimate_fee(request);
    if (!estimate) return estimate.status();
    return proto::amount_from_pb(estimate->suggested(), "suggested");
}

Result<bool> has_leaf(const Signing& signing, const Address& owner) {
    auto account = signing.remote->account({owner, signing.token.address});
    if (!account) return account.status();
    return account->index() != 0;
}

SignedOperation sign(const Signing& signing, const Operation& operation) {
    const Hash digest = operation.digest(signing.domain.separator());
    return {operation, operation_hash(digest, signing.key.address()), signing.key.sign(digest)};
}

Outcome ask_fate(Remote& remote, const Hash& hash) {
    auto info = remote.operation(hash);
    if (!info) {
        const bool unknown_there = info.status().code == Code::kNotFound && info.status().reason == "UNKNOWN_OPERATION";
        return {unknown_there ? Fate::kNotTaken : Fate::kUnknown, 0, 0, info.status()};
    }
    switch (info->status()) {
        case v1::OPERATION_STATUS_CONFIRMED:
        case v1::OPERATION_STATUS_POSTED:
        case v1::OPERATION_STATUS_FINAL: return {Fate::kTaken, info->position(), info->confirmed_at_ms(), {}};
        case v1::OPERATION_STATUS_ROLLED_BACK:
            return {Fate::kNotTaken, 0, 0, {Code::kFailedPrecondition, "ROLLED_BACK", "hash", "its batch was struck"}};
        default: return {Fate::kUnknown, 0, 0, {Code::kInternal, "ANSWER_INVALID", "status", "the sequencer tells no status"}};
    }
}

Outcome hand_over(const Signing& signing, const SignedOperation& signed_operation) {
    auto receipt = signing.remote->submit(request_of(signing, signed_operation));
    if (receipt && receipt->hash() == proto::to_pb_bytes(signed_operation.hash))
        return {Fate::kTaken, receipt->position(), receipt->confirmed_at_ms(), {}};
    const Status mismatch{Code::kInternal, "RECEIPT_MISMATCH", "hash", "the sequencer's receipt is for something else"};
    const Status told = receipt ? mismatch : receipt.status();
    if (is_refusal(told)) return {Fate::kNotTaken, 0, 0, told};
    Outcome by_hash = ask_fate(*signing.remote, signed_operation.hash);
    if (by_hash.fate == Fate::kTaken) return by_hash;
    return {Fate::kUnknown, 0, 0, told};  // not there yet may still come
}

Status status_of(const Outcome& outcome, const Hash& hash) {
    if (outcome.fate != Fate::kUnknown) return outcome.why;
    Status out = outcome.why;
    out.message += "; it may have been taken all the same: before you send it again, ask: gavel tx " + to_hex(hash);
    return out;
}

}  // namespace gavel::cli

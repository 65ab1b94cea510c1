#include "cli/signing.hpp"

#include <algorithm>

#include "cli/units.hpp"

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

}  // namespace

Result<Signing> prepare_signing(Session& session, const std::string& token_text) {
    auto token = session.token(token_text);
    if (!token) return token.status();
    auto domain = session.domain();
    if (!domain) return domain.status();
    auto sequencer = session.sequencer();
    if (!sequencer) return sequencer.status();
    auto key = session.signer();
    if (!key) return key.status();
    auto account = (*sequencer)->account({key->address(), token->address});
    if (!account) return account.status();
    return Signing{*key, *domain, *token, *sequencer, *account};
}

Result<Amount> fee_for(const Signing& signing, const std::string& given, const Operation& operation, unsigned new_recipients) {
    if (!given.empty()) return parse_units(given, signing.token.decimals, "fee");
    const auto lines = std::max<size_t>(1, operation.payments.size());  // a redeem names none
    const api::OperationShape shape{operation.kind, static_cast<unsigned>(lines), new_recipients, !operation.memo.is_zero()};
    auto quote = signing.sequencer->estimate_fee(operation.token, shape);
    if (!quote) return quote.status();
    return quote->suggested;
}

Result<bool> has_leaf(const Signing& signing, const Address& owner) {
    auto account = signing.sequencer->account({owner, signing.token.address});
    if (!account) return account.status();
    return account->exists();
}

SignedOperation sign(const Signing& signing, const Operation& operation) {
    const Hash digest = operation.digest(signing.domain.separator());
    return {operation, operation_hash(digest, signing.key.address()), signing.key.sign(digest)};
}

Outcome ask_fate(api::Query& server, const Hash& hash) {
    auto info = server.operation(hash);
    if (!info) {
        const bool unknown_there = info.status().code == Code::kNotFound && info.status().reason == "UNKNOWN_OPERATION";
        return {unknown_there ? Fate::kNotTaken : Fate::kUnknown, 0, 0, info.status()};
    }
    if (info->status != api::OperationStatus::kRolledBack) return {Fate::kTaken, info->position, info->confirmed_at_ms, {}};
    return {Fate::kNotTaken, 0, 0, {Code::kFailedPrecondition, "ROLLED_BACK", "hash", "its batch was struck"}};
}

Outcome hand_over(const Signing& signing, const SignedOperation& signed_operation) {
    const api::SubmitOutcome answer =
        signing.sequencer->submit({signed_operation.operation, signed_operation.signature, signing.key.address(),
                                   signing.domain.chain_id, signed_operation.voucher});
    const bool has_receipt = answer.status.ok();
    if (has_receipt && answer.receipt.hash == signed_operation.hash)
        return {Fate::kTaken, answer.receipt.position, answer.receipt.confirmed_at_ms, {}};
    const Status mismatch{Code::kInternal, "RECEIPT_MISMATCH", "hash", "the sequencer's receipt is for something else"};
    const Status told = has_receipt ? mismatch : answer.status;
    if (is_refusal(told)) return {Fate::kNotTaken, 0, 0, told};
    Outcome by_hash = ask_fate(*signing.sequencer, signed_operation.hash);
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

// How answers of the daemons look: in words and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/session.hpp"

namespace gavel::cli {

// Addresses with checksum, hashes in hex; "?" for bytes of a wrong length, which a daemon may send.
std::string address_text(const std::string& bytes);
std::string hash_text(const std::string& bytes);
// The amount in units of the token.
std::string amount_text(Session& session, const std::string& digits, const std::string& token);

std::string status_text(v1::OperationStatus status);   // "confirmed"
std::string status_text(v1::WithdrawalStatus status);  // "claimable"
std::string verdict_text(const v1::Verdict& verdict);  // "true", "FALSE at chunk 3: SignerNotOwner"
std::string stage_text(v1::FraudProofStage stage);     // "committed"
// "ab12...": the memo as text where it is printable, else in hex; empty for none.
std::string memo_text(const std::string& bytes);

nlohmann::json operation_json(Session& session, const v1::OperationInfo& info);
nlohmann::json entry_json(Session& session, const v1::Entry& entry);
nlohmann::json payment_json(Session& session, const v1::IncomingPayment& payment);

// An operation's facts, one a line.
std::string operation_facts(Session& session, const v1::OperationInfo& info);
// One line of a history, seen by `owner`.
struct HistoryLine {
    std::string what;    // "sent to 0x..", "deposit", ...
    std::string amount;  // with its sign
    std::string token;
    std::string status;
};
std::vector<HistoryLine> history_lines(Session& session, const v1::Entry& entry, const Address& owner);

}  // namespace gavel::cli

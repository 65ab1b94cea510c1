// How answers of the daemons look: in words and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/session.hpp"

namespace gavel::cli {

std::string hash_text(const std::optional<Hash>& hash);  // in hex; "-" for none
std::string verdict_text(const api::Verdict& verdict);   // "true", "FALSE at chunk 3: SignerNotOwner"
// "ab12...": the memo as text where it is printable, else in hex; empty for none.
std::string memo_text(const Hash& memo);
// The next nonce of an account; of a channel's, which sends nothing, how many units were claimed.
std::string nonce_text(const api::AccountInfo& account);

nlohmann::json operation_json(Session& session, const api::OperationInfo& info);
nlohmann::json entry_json(Session& session, const api::EntryInfo& entry);
nlohmann::json payment_json(Session& session, const api::IncomingPayment& payment);

// An operation's facts, one a line.
std::string operation_facts(Session& session, const api::OperationInfo& info);
// One line of a history, seen by `owner`.
struct HistoryLine {
    std::string what;    // "sent to 0x..", "deposit", ...
    std::string amount;  // with its sign
    std::string token;
    std::string status;
};
std::vector<HistoryLine> history_lines(Session& session, const api::EntryInfo& entry, const Address& owner);

}  // namespace gavel::cli

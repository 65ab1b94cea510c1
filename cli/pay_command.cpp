// gavel pay: a file of payments, as payouts.
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/pay_file.hpp"
#include "cli/pay_run.hpp"
#include "cli/payments.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

struct PayOptions {
    std::string file;
    std::string journal;
    std::string token;
    std::string fee;
    std::string memo;
    bool resume = false;
    bool as_it_stands = false;
};

Status refused(const char* reason, const std::string& field, const std::string& message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

// Beside the file itself, not beside a link to it: a file has one journal.
Result<std::string> journal_path(const PayOptions& options) {
    if (!options.journal.empty()) return options.journal;
    std::error_code error;
    const auto file = std::filesystem::canonical(options.file, error);
    if (error) return Status{Code::kNotFound, "FILE_NOT_FOUND", "file", options.file + ": " + error.message()};
    if (!std::filesystem::is_regular_file(file, error))
        return refused("OPTION_INVALID", "journal", options.file + " is no file that a journal can lie beside; name one");
    return file.string() + ".journal";
}

// The whole file, and what in it has to be said twice.
Result<PayFile> readable_file(const PayOptions& options, const TokenInfo& token) {
    auto file = read_pay_file(options.file, token.decimals);
    if (!file || options.resume || options.as_it_stands || file->oddities.empty()) return file;
    constexpr size_t kTold = 20;
    std::string told;
    for (size_t i = 0; i < std::min(kTold, file->oddities.size()); ++i) told += "\n  " + file->oddities[i];
    if (file->oddities.size() > kTold) told += "\n  and " + std::to_string(file->oddities.size() - kTold) + " more";
    return refused("PAY_FILE_ODD", "as-it-stands", "nothing was sent; if this is meant, say --as-it-stands:" + told);
}

// Each line, with whether it makes a leaf.
Result<std::vector<PayLine>> pay_lines(const Signing& signing, const PayFile& file) {
    std::map<Address, bool> known;
    std::vector<PayLine> out;
    for (const FilePayment& one : file.payments) {
        const Address& to = one.payment.to;
        Status payee = check_payee(to, signing.domain.rollup, signing.token.address, "line " + std::to_string(one.line));
        if (!payee.ok()) return payee;
        auto found = known.find(to);
        if (found == known.end()) {
            auto leaf = has_leaf(signing, to);
            if (!leaf) return leaf.status();
            found = known.emplace(to, *leaf).first;
        }
        out.push_back({one.payment, !found->second, one.line});
    }
    return out;
}

// All that is to be paid, signed.
Result<std::vector<JournalPayout>> sign_all(Session& session, const Signing& signing, const PayOptions& options,
                                            const PayFile& file) {
    auto lines = pay_lines(signing, file);
    if (!lines) return lines.status();
    auto memo = parse_memo(options.memo);
    if (!memo) return memo.status();
    std::vector<JournalPayout> out;
    Amount total;
    size_t new_recipients = 0;
    uint64_t nonce = signing.account.nonce;
    for (const auto& payout : split_into_payouts(*lines)) {
        Operation operation{OperationKind::kPayout, signing.token.address, {}, {}, nonce++, *memo};
        unsigned new_here = 0;
        for (const PayLine& line : payout) {
            operation.payments.push_back(line.payment);
            new_here += line.new_recipient;
        }
        new_recipients += new_here;
        auto fee = fee_for(signing, options.fee, operation, new_here);
        if (!fee) return fee.status();
        operation.fee = *fee;
        auto sum = operation.total() ? total.plus(*operation.total()) : std::nullopt;
        if (!sum || *sum > signing.account.balance) {
            return refused(
                "INSUFFICIENT_BALANCE", "file",
                "there are only " + session.amount_text(signing.account.balance, operation.token) + "; nothing was sent");
        }
        total = *sum;
        out.push_back({payout.front().line, payout.back().line, {sign(signing, operation)}, {}, 0});
    }
    if (new_recipients > 0)
        session.warn("Note: " + std::to_string(new_recipients) + " recipients have never had this token here.");
    return out;
}

std::string of_all(size_t count, size_t all) { return std::to_string(count) + " of " + std::to_string(all) + " payouts"; }

// A journal that is there already, and what may be done with it.
Status check_found(const PayJournal& journal, const std::string& path, const PayOptions& options, const Hash& digest) {
    const std::string all = of_all(journal.paid_count(), journal.payouts().size());
    if (!options.resume && journal.is_complete()) {
        return refused(
            "PAID_ALREADY", "journal",
            options.file + " was paid: " + path + " has the receipts of " + all + "; to pay the same once more, move it away");
    }
    if (!options.resume)
        return refused("PAY_INCOMPLETE", "resume",
                       options.file + " was begun: " + path + " has the receipts of " + all + "; go on with --resume");
    if (!options.memo.empty()) return refused("OPTION_INVALID", "memo", "what is resumed is signed, with its memo");
    if (journal.head().payments == digest) return {};
    return refused("PAY_FILE_CHANGED", "file",
                   options.file + " isn't what was signed any more; restore it, and pay what is new by another file");
}

// The journal to go on with, or a new one.
Result<std::unique_ptr<PayJournal>> journal_of(Session& session, const Signing& signing, const PayOptions& options,
                                               const PayFile& file, const std::string& path, std::unique_ptr<PayJournal> found) {
    const JournalHead head{file.digest(), signing.domain, signing.token.address, signing.key.address()};
    if (found) {
        if (found->head() == head) return found;
        return refused("JOURNAL_MISMATCH", "journal",
                       path + " is of " + to_checksum(found->head().sender) + " paying " + to_checksum(found->head().token) +
                           " in rollup " + to_checksum(found->head().domain.rollup));
    }
    auto payouts = sign_all(session, signing, options, file);
    if (!payouts) return payouts.status();
    return PayJournal::create(path, head, *std::move(payouts));
}

json payout_json(const JournalPayout& payout, PayState state) {
    const SignedOperation& shown = payout.attempts.back();
    return {{"hash", to_hex(payout.paid.value_or(shown.hash))},
            {"position", payout.paid ? json(payout.position) : json()},
            {"state", name_of(state)},
            {"lines", {payout.first_line, payout.last_line}},
            {"token", to_checksum(shown.operation.token)},
            {"payments", shown.operation.payments.size()},
            {"fee", to_string(shown.operation.fee)},
            {"nonce", shown.operation.nonce}};
}

// Who is paid, who isn't, and of whom it isn't known.
void report(Session& session, const PayJournal& journal, const PayRun& run, const Status& status, const std::string& path) {
    Table table({{"LINES"}, {"OPERATION"}, {"PAYMENTS", true}, {"SUM WITH FEE", true}, {"FEE", true}, {"STATE"}});
    json list = json::array();
    std::map<PayState, size_t> counts;
    Amount total;
    size_t payments = 0;
    for (size_t i = 0; i < journal.payouts().size(); ++i) {
        const JournalPayout& payout = journal.payouts()[i];
        const Operation& operation = payout.attempts.back().operation;
        const Amount sum = operation.total().value_or(Amount{});
        total = total.plus(sum).value_or(total);
        payments += operation.payments.size();
        ++counts[run.states()[i]];
        list.push_back(payout_json(payout, run.states()[i]));
        table.add({std::to_string(payout.first_line) + "-" + std::to_string(payout.last_line),
                   to_hex(payout.paid.value_or(payout.attempts.back().hash)), std::to_string(operation.payments.size()),
                   session.amount_text(sum, operation.token), session.amount_text(operation.fee, operation.token),
                   name_of(run.states()[i])});
    }
    if (session.json()) {
        json document{
            {"payments", payments}, {"payouts", list}, {"total", to_string(total)}, {"journal", path}, {"complete", status.ok()}};
        if (!status.ok()) document["error"] = {{"reason", status.reason}, {"message", status.message}, {"field", status.field}};
        session.print(document);
    } else {
        session.print(table.text());
    }
    if (status.ok()) return;
    session.warn(of_all(counts[PayState::kPaid], journal.payouts().size()) + " are paid, " +
                 std::to_string(counts[PayState::kUnknown]) + " may be, " + std::to_string(counts[PayState::kNotPaid]) +
                 " aren't; " + path + " knows them all: run it again with --resume.");
}

Status pay(Session& session, const PayOptions& options) {
    auto token = session.token(options.token);
    if (!token) return token.status();
    auto path = journal_path(options);
    if (!path) return path.status();
    auto file = readable_file(options, *token);
    if (!file) return file.status();
    auto found = PayJournal::open(*path);
    if (!found) return found.status();
    if (*found) {
        if (Status status = check_found(**found, *path, options, file->digest()); !status.ok()) return status;
    } else if (options.resume) {
        return refused("NOTHING_TO_RESUME", "journal", "there is no " + *path + ", or nothing was sent when it was made");
    }
    auto signing = prepare_signing(session, options.token);
    if (!signing) return signing.status();
    auto journal = journal_of(session, *signing, options, *file, *path, *std::move(found));
    if (!journal) return journal.status();
    PayRun run(*signing, **journal, options.fee);
    const Status status = run.run(options.resume);
    report(session, **journal, run, status, *path);
    return status;
}

}  // namespace

void add_pay_command(Commands& commands) {
    auto args = std::make_shared<PayOptions>();
    node::Options& options = commands.add("pay", "pay many: lines 'to,amount' of a CSV file, with one signature for up to 94",
                                          [args](Session& session) { return pay(session, *args); });
    options.text("file", args->file, "the CSV file").required();
    options.toggle("--resume", args->resume, "go on with a file whose payment was cut, by its journal: nobody is paid twice");
    options.text("--journal", args->journal, "what was signed and paid is written there; without it, FILE.journal");
    options.toggle("--as-it-stands", args->as_it_stands, "pay amounts of zero, and lines that stand in the file twice");
    options.text("--memo", args->memo, "text of at most 32 bytes, or 0x and 64 hex digits; public");
    options.text("--token", args->token, "the ERC-20's address; without it, ETH");
    options.text("--fee", args->fee, "in the token's units; without it, what the sequencer suggests");
    options.examples({"gavel pay salaries.csv", "gavel pay salaries.csv --resume"});
}

}  // namespace gavel::cli

#include "cli/pay_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "node/file.hpp"
#include "protocol/chunk.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kMaxJournal = uint64_t{1} << 30;
constexpr int kVersion = 1;

Status unwritable(const std::string& path) {
    return {Code::kFailedPrecondition, "FILE_UNWRITABLE", "journal", path + ": " + std::strerror(errno)};
}

json json_of(const JournalHead& head, size_t payouts) {
    return {{"gavel_pay_journal", kVersion},
            {"payments", to_hex(head.payments)},
            {"chain_id", head.domain.chain_id},
            {"rollup", to_hex(head.domain.rollup)},
            {"token", to_hex(head.token)},
            {"sender", to_hex(head.sender)},
            {"payouts", payouts}};
}

json json_of(size_t payout, uint64_t first_line, uint64_t last_line, const SignedOperation& attempt) {
    json payments = json::array();
    for (const Payment& one : attempt.operation.payments) payments.push_back({to_hex(one.to), to_string(one.amount)});
    return {{"payout", payout},
            {"lines", {first_line, last_line}},
            {"hash", to_hex(attempt.hash)},
            {"nonce", attempt.operation.nonce},
            {"fee", to_string(attempt.operation.fee)},
            {"memo", to_hex(attempt.operation.memo)},
            {"signature", to_hex(attempt.signature)},
            {"to", payments}};
}

// Members of a line, of the right type or not at all.
class Line {
public:
    explicit Line(const json& document) : document_(document) {}
    bool ok() const { return ok_; }
    bool has(const char* name) const { return document_.contains(name); }

    uint64_t number(const char* name) { return number_in(member(name)); }
    template <class Fixed>
    Fixed fixed(const char* name) {
        return fixed_in<Fixed>(member(name));
    }
    Amount amount(const char* name) { return amount_in(member(name)); }
    std::pair<uint64_t, uint64_t> range(const char* name) {
        const json& value = member(name);
        if (!value.is_array() || value.size() != 2) return ok_ = false, std::pair<uint64_t, uint64_t>{};
        return {number_in(value[0]), number_in(value[1])};
    }
    std::vector<Payment> payments(const char* name) {
        std::vector<Payment> out;
        const json& value = member(name);
        ok_ &= value.is_array() && !value.empty() && value.size() <= kMaxPayoutLines;
        for (size_t i = 0; ok_ && i < value.size(); ++i) {
            ok_ &= value[i].is_array() && value[i].size() == 2;
            if (ok_) out.push_back({fixed_in<Address>(value[i][0]), amount_in(value[i][1])});
        }
        return out;
    }

private:
    const json& member(const char* name) {
        static const json none;
        auto found = document_.find(name);
        return found == document_.end() ? none : *found;
    }
    uint64_t number_in(const json& value) {
        if (value.is_number_unsigned()) return value.get<uint64_t>();
        return ok_ = false, 0;
    }
    template <class Fixed>
    Fixed fixed_in(const json& value) {
        auto out = value.is_string() ? fixed_from_hex<Fixed>(value.get_ref<const std::string&>()) : std::nullopt;
        return ok_ &= out.has_value(), out.value_or(Fixed{});
    }
    Amount amount_in(const json& value) {
        auto out = value.is_string() ? amount_from_string(value.get_ref<const std::string&>()) : std::nullopt;
        return ok_ &= out.has_value(), out.value_or(Amount{});
    }
    const json& document_;
    bool ok_ = true;
};

// Signed by the sender, for this rollup, and by that name.
bool is_true(const SignedOperation& attempt, const JournalHead& head) {
    const Hash digest = attempt.operation.digest(head.domain.separator());
    return recover(digest, attempt.signature) == head.sender && operation_hash(digest, head.sender) == attempt.hash;
}

}  // namespace

PayJournal::~PayJournal() {
    if (file_ >= 0) ::close(file_);
}

Result<std::unique_ptr<PayJournal>> PayJournal::open(const std::string& path) {
    std::unique_ptr<PayJournal> journal(new PayJournal(path));
    Status status = journal->open_file(false);
    if (status.reason == "FILE_NOT_FOUND") return std::unique_ptr<PayJournal>();
    if (status.ok()) status = journal->read();
    if (!status.ok()) return status;
    if (!journal->has_head_ || journal->payouts_.size() < journal->payout_count_) journal.reset();
    return journal;
}

Result<std::unique_ptr<PayJournal>> PayJournal::create(const std::string& path, const JournalHead& head,
                                                       std::vector<JournalPayout> payouts) {
    std::unique_ptr<PayJournal> journal(new PayJournal(path));
    if (Status status = journal->open_file(true); !status.ok()) return status;
    if (Status status = journal->read(); !status.ok()) return status;
    if (journal->has_head_ && journal->payouts_.size() == journal->payout_count_)
        return Status{Code::kAlreadyExists, "JOURNAL_EXISTS", "journal", path + " is there already"};
    if (::ftruncate(journal->file_, 0) != 0) return unwritable(path);
    journal->has_head_ = true;
    journal->payout_count_ = payouts.size();
    journal->head_ = head;
    journal->payouts_ = std::move(payouts);
    std::string text = json_of(head, journal->payout_count_).dump() + "\n";
    for (size_t i = 0; i < journal->payouts_.size(); ++i) {
        const JournalPayout& payout = journal->payouts_[i];
        text += json_of(i, payout.first_line, payout.last_line, payout.attempts.back()).dump() + "\n";
    }
    if (Status written = journal->write(text); !written.ok()) return written;
    // The file's name is durable once its folder is.
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = directory >= 0 && ::fsync(directory) == 0;
    const Status failed = unwritable(path);
    if (directory >= 0) ::close(directory);
    if (!synced) return failed;
    return journal;
}

Status PayJournal::open_file(bool make) {
    file_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (make ? O_CREAT : 0), 0600);
    if (file_ < 0 && errno == ENOENT && !make) return {Code::kNotFound, "FILE_NOT_FOUND", "journal", path_ + ": no such file"};
    if (file_ < 0) return unwritable(path_);
    if (std::error_code error; !std::filesystem::is_regular_file(path_, error))
        return {Code::kFailedPrecondition, "FILE_UNWRITABLE", "journal", path_ + ": no regular file"};
    if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK)
        return {Code::kFailedPrecondition, "PAY_RUNNING", "journal", path_ + " is in use: another gavel pay is at work"};
    return unwritable(path_);
}

Status PayJournal::read() {
    auto text = node::read_file(path_, kMaxJournal);
    if (!text) return {text.status().code, text.status().reason, "journal", text.status().message};
    // A last line without its end was being written when the machine stopped: what it says was never acted upon.
    const size_t end = text->rfind('\n');
    const size_t whole = end == std::string::npos ? 0 : end + 1;
    if (whole < text->size() && ::ftruncate(file_, static_cast<off_t>(whole)) != 0) return unwritable(path_);
    uint64_t number = 0;
    for (size_t at = 0; at < whole;) {
        const size_t line_end = text->find('\n', at);
        if (Status taken = take(text->substr(at, line_end - at), ++number); !taken.ok()) return taken;
        at = line_end + 1;
    }
    return {};
}

Status PayJournal::take(const std::string& text, uint64_t number) {
    const Status invalid{Code::kInvalidArgument, "JOURNAL_INVALID", "line " + std::to_string(number),
                         path_ + " isn't what gavel pay has written"};
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object()) return invalid;
    Line line(document);
    if (!has_head_) {
        if (line.number("gavel_pay_journal") != kVersion) return invalid;
        head_ = {line.fixed<Hash>("payments"),
                 {line.number("chain_id"), line.fixed<Address>("rollup")},
                 line.fixed<Address>("token"),
                 line.fixed<Address>("sender")};
        payout_count_ = line.number("payouts");
        has_head_ = line.ok() && payout_count_ > 0;
        return has_head_ ? Status{} : invalid;
    }
    if (line.has("paid")) {
        const uint64_t payout = line.number("paid"), position = line.number("position");
        const Hash hash = line.fixed<Hash>("hash");
        if (!line.ok() || payout >= payouts_.size()) return invalid;
        payouts_[payout].paid = hash;
        payouts_[payout].position = position;
        return {};
    }
    const uint64_t payout = line.number("payout");
    const auto [first, last] = line.range("lines");
    SignedOperation attempt{{OperationKind::kPayout, head_.token, line.payments("to"), line.amount("fee"), line.number("nonce"),
                             line.fixed<Hash>("memo")},
                            line.fixed<Hash>("hash"),
                            line.fixed<Signature>("signature")};
    if (!line.ok() || payout > payouts_.size() || payout >= payout_count_ || !is_true(attempt, head_)) return invalid;
    if (payout == payouts_.size()) payouts_.push_back({first, last, {}, {}, 0});
    payouts_[payout].attempts.push_back(std::move(attempt));
    return {};
}

Status PayJournal::write(const std::string& text) {
    for (std::string_view left = text; !left.empty();) {
        const ssize_t written = ::write(file_, left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return unwritable(path_);
        left.remove_prefix(static_cast<size_t>(written));
    }
    return ::fsync(file_) == 0 ? Status{} : unwritable(path_);
}

size_t PayJournal::paid_count() const {
    return static_cast<size_t>(
        std::count_if(payouts_.begin(), payouts_.end(), [](const JournalPayout& one) { return one.paid.has_value(); }));
}

Status PayJournal::add_attempt(size_t payout, const SignedOperation& attempt) {
    JournalPayout& entry = payouts_[payout];
    if (Status written = write(json_of(payout, entry.first_line, entry.last_line, attempt).dump() + "\n"); !written.ok())
        return written;
    entry.attempts.push_back(attempt);
    return {};
}

Status PayJournal::note_paid(size_t payout, const Hash& hash, uint64_t position) {
    JournalPayout& entry = payouts_[payout];
    if (entry.paid == hash && entry.position == position) return {};
    entry.paid = hash;
    entry.position = position;
    return write(json{{"paid", payout}, {"hash", to_hex(hash)}, {"position", position}}.dump() + "\n");
}

}  // namespace gavel::cli

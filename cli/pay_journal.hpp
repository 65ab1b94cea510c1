// What `gavel pay` has signed, written down before it is sent, so that a run that was cut can be gone on with: nobody is paid
// twice, nobody is left out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/signing.hpp"

namespace gavel::cli {

// What the journal is about.
struct JournalHead {
    Hash payments;  // PayFile::digest
    Domain domain;
    Address token;
    Address sender;
    friend bool operator==(const JournalHead&, const JournalHead&) = default;
};

// A payout, and every operation that was signed for it. At most one of them can ever be applied: they have the same nonce, or a
// later one was signed only when its predecessors' nonce was another operation's.
struct JournalPayout {
    uint64_t first_line = 0;  // of the file
    uint64_t last_line = 0;
    std::vector<SignedOperation> attempts;  // the newest last
    std::optional<Hash> paid;               // the one that was applied, once that was seen
    uint64_t position = 0;                  // of it
};

// A file of lines of JSON, locked as long as it is open. Each line is on the disk when the function returns. Failures of writing:
// FILE_UNWRITABLE.
class PayJournal {
public:
    // nullptr: there is none, or one whose beginning was never finished; nothing was sent then. Reasons: FILE_UNREADABLE,
    // PAY_RUNNING (another process has it), JOURNAL_INVALID (field "line 3").
    static node::Result<std::unique_ptr<PayJournal>> open(const std::string& path);
    // Writes the beginning: what is going to be paid, all of it signed. Reasons, beside open's: JOURNAL_EXISTS.
    static node::Result<std::unique_ptr<PayJournal>> create(const std::string& path, const JournalHead& head,
                                                            std::vector<JournalPayout> payouts);
    ~PayJournal();
    PayJournal(const PayJournal&) = delete;
    PayJournal& operator=(const PayJournal&) = delete;

    const JournalHead& head() const { return head_; }
    const std::vector<JournalPayout>& payouts() const { return payouts_; }
    // Payouts with a receipt.
    size_t paid_count() const;
    bool is_complete() const { return paid_count() == payouts_.size(); }

    // Another operation was signed for a payout; to be called before it is sent.
    node::Status add_attempt(size_t payout, const SignedOperation& attempt);
    node::Status note_paid(size_t payout, const Hash& hash, uint64_t position);
    // It isn't, whatever was noted before: its batch was struck.
    void forget_paid(size_t payout) { payouts_[payout].paid.reset(); }

private:
    explicit PayJournal(std::string path) : path_(std::move(path)) {}
    node::Status open_file(bool make);
    node::Status read();
    node::Status take(const std::string& text, uint64_t line);
    node::Status write(const std::string& text);

    std::string path_;
    int file_ = -1;
    bool has_head_ = false;
    size_t payout_count_ = 0;  // as the head says
    JournalHead head_;
    std::vector<JournalPayout> payouts_;
};

}  // namespace gavel::cli

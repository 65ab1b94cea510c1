// The snapshots that a daemon has, in a folder of their own, and how others get them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "follow/snapshot_file.hpp"
#include "node/http_server.hpp"

namespace gavel::follow {

// The newest few of one chain, each in a file "snapshot-BATCH". Thread-safe. A file that is dropped while somebody reads it can
// be read to its end.
class SnapshotShelf {
public:
    static constexpr size_t kKept = 2;

    // Makes the folder, and finds what is in it; what isn't whole or is another chain's stays where it is, and isn't given to
    // anybody. Reasons: FILE_UNREADABLE, FILE_UNWRITABLE (field "snapshots-dir").
    static node::Result<std::unique_ptr<SnapshotShelf>> open(const std::string& folder, const Domain& domain);

    const Domain& domain() const { return domain_; }
    std::shared_ptr<const SnapshotFile> newest() const;  // nullptr: there is none
    std::shared_ptr<const SnapshotFile> find(uint64_t batch) const;
    // Where one that is being made, or taken from others, grows.
    std::string draft_path(const char* of) const { return folder_ + "/" + of + ".part"; }
    // Puts a finished one on the shelf, and drops those above kKept, the oldest first. Reasons: SnapshotDraft's.
    [[nodiscard]] node::Status add(SnapshotDraft draft);

private:
    SnapshotShelf(std::string folder, const Domain& domain) : folder_(std::move(folder)), domain_(domain) {}
    std::string path_of(uint64_t batch) const { return folder_ + "/snapshot-" + std::to_string(batch); }

    const std::string folder_;
    const Domain domain_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const SnapshotFile>> files_;  // by batch, ascending
};

// Answers in memory at one time, each of at most kMaxPieceBytes.
inline constexpr size_t kSnapshotAnswersAtOnce = 16;

// Below an URL.
inline constexpr const char* kSnapshotPath = "gavel/snapshot/";

// Before the server starts:
//   GET /gavel/snapshot/head?batch=N                                     the head of the newest, or of that batch's
//   GET /gavel/snapshot/roots/I?batch=N, .../leaves/I, .../withdrawals/I  piece I of batch N's
// 200 with the bytes; 400: no such question; 404: it isn't here (any more); 503: over `at_once` answers are being made or sent.
// References must outlive the server.
void serve_snapshots(node::HttpServer& server, const SnapshotShelf& shelf, size_t at_once = kSnapshotAnswersAtOnce);

}  // namespace gavel::follow

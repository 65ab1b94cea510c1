// Snapshots on disk: whole ones, and one that is being put together.
#pragma once

#include <string>

#include "follow/snapshot_format.hpp"
#include "node/random_file.hpp"

namespace gavel::follow {

// A file with a head and as many bytes as that asks for; whether they are true is for whoever takes it to find. Any thread.
class SnapshotFile {
public:
    // Reasons: FILE_NOT_FOUND, FILE_UNREADABLE, SNAPSHOT_INVALID.
    static node::Result<SnapshotFile> open(const std::string& path);

    const SnapshotHead& head() const { return head_; }
    const SnapshotLayout& layout() const { return layout_; }
    // Reason: FILE_UNREADABLE.
    node::Result<std::string> read(const SnapshotPiece& piece) const;

private:
    SnapshotFile(node::RandomFile file, const SnapshotHead& head);

    node::RandomFile file_;
    SnapshotHead head_;
    SnapshotLayout layout_;
};

// A file that is filled piece by piece: each is checked against its root as it comes, and those that an earlier process has put
// there, before it ended, are found by the same check. Reasons, of all: FILE_UNREADABLE, FILE_UNWRITABLE.
class SnapshotDraft {
public:
    // `roots` lead to the header's state. A file of another head or other roots is written over.
    static node::Result<SnapshotDraft> open(const std::string& path, const SnapshotHead& head, ByteView roots);
    // The head and roots that an earlier one has left; nullopt: none, or of no form.
    struct Left {
        SnapshotHead head;
        Bytes roots;
    };
    static std::optional<Left> left_at(const std::string& path);

    const SnapshotHead& head() const { return head_; }
    const SnapshotLayout& layout() const { return layout_; }
    // Whether that is its piece: of its length, and its root the one that was named.
    bool is_true(const SnapshotPiece& piece, ByteView data) const;
    // Whether it is there already.
    node::Result<bool> has(const SnapshotPiece& piece) const;
    // is_true(piece, data).
    [[nodiscard]] node::Status put(const SnapshotPiece& piece, ByteView data);
    node::Result<std::string> read(const SnapshotPiece& piece) const;
    // Every piece is there: the file gets its name, and is on the disk.
    node::Result<SnapshotFile> finish(const std::string& path);

private:
    SnapshotDraft(std::string path, node::RandomFile file, const SnapshotHead& head, ByteView roots);

    std::string path_;
    node::RandomFile file_;
    SnapshotHead head_;
    SnapshotLayout layout_;
    SnapshotRoots roots_;
};

// The roots that a state's leaves and withdrawals have, one after the other.
Bytes snapshot_roots(ByteView leaves, ByteView withdrawals);

}  // namespace gavel::follow

#include "follow/snapshot_file.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::follow {
namespace {

using node::Code;
using node::Result;
using node::Status;

Status invalid(const std::string& path, const char* what) {
    return {Code::kInvalidArgument, "SNAPSHOT_INVALID", "snapshot", path + ": " + what};
}

}  // namespace

// ---- Whole ones ----

SnapshotFile::SnapshotFile(node::RandomFile file, const SnapshotHead& head)
    : file_(std::move(file)), head_(head), layout_(head.header.last) {}

Result<SnapshotFile> SnapshotFile::open(const std::string& path) {
    auto file = node::RandomFile::open(path);
    if (!file) return file.status();
    auto size = file->size();
    if (!size) return size.status();
    if (*size < SnapshotHead::kSize) return invalid(path, "is no snapshot");
    auto bytes = file->read(0, SnapshotHead::kSize);
    if (!bytes) return bytes.status();
    const auto head = SnapshotHead::decode(view_of(*bytes));
    if (!head) return invalid(path, "is no snapshot");
    if (*size != SnapshotLayout(head->header.last).file_bytes())
        return invalid(path, "hasn't the length that its counts ask for");
    return SnapshotFile(*std::move(file), *head);
}

Result<std::string> SnapshotFile::read(const SnapshotPiece& piece) const {
    return file_.read(layout_.offset_of(piece), layout_.bytes_of(piece));
}

// ---- Drafts ----

SnapshotDraft::SnapshotDraft(std::string path, node::RandomFile file, const SnapshotHead& head, ByteView roots)
    : path_(std::move(path)), file_(std::move(file)), head_(head), layout_(head.header.last), roots_(head.header.last, roots) {}

std::optional<SnapshotDraft::Left> SnapshotDraft::left_at(const std::string& path) {
    auto file = node::RandomFile::open(path);
    auto bytes = file ? file->read(0, SnapshotHead::kSize) : Result<std::string>(file.status());
    const auto head = bytes ? SnapshotHead::decode(view_of(*bytes)) : std::nullopt;
    if (!head) return std::nullopt;
    const SnapshotLayout layout(head->header.last);
    auto size = file->size();
    if (!size || *size != layout.file_bytes()) return std::nullopt;  // before so much memory is taken for the roots
    auto roots = file->read(SnapshotHead::kSize, layout.part_bytes(SnapshotPart::kRoots));
    if (!roots) return std::nullopt;
    return Left{*head, to_bytes(view_of(*roots))};
}

Result<SnapshotDraft> SnapshotDraft::open(const std::string& path, const SnapshotHead& head, ByteView roots) {
    const auto left = left_at(path);
    auto file = node::RandomFile::open_to_write(path);
    if (!file) return file.status();
    SnapshotDraft out(path, *std::move(file), head, roots);
    if (left && left->head == head && std::ranges::equal(left->roots, roots)) return out;
    const Bytes head_bytes = head.encode();
    for (const Status& done : {out.file_.resize(0), out.file_.resize(out.layout_.file_bytes()),
                               out.file_.write(0, string_of(head_bytes)), out.file_.write(SnapshotHead::kSize, string_of(roots))})
        if (!done.ok()) return done;
    return out;
}

bool SnapshotDraft::is_true(const SnapshotPiece& piece, ByteView data) const {
    return data.size() == layout_.bytes_of(piece) && root_of_piece(piece.part, data) == roots_.of(piece);
}

Result<std::string> SnapshotDraft::read(const SnapshotPiece& piece) const {
    return file_.read(layout_.offset_of(piece), layout_.bytes_of(piece));
}

Result<bool> SnapshotDraft::has(const SnapshotPiece& piece) const {
    auto there = read(piece);
    if (!there) return there.status();
    // What nobody has written yet reads as zeros, and needn't be hashed.
    const bool is_written = std::ranges::any_of(*there, [](char byte) { return byte != 0; });
    return is_written && is_true(piece, view_of(*there));
}

Status SnapshotDraft::put(const SnapshotPiece& piece, ByteView data) {
    GAVEL_CHECK(data.size() == layout_.bytes_of(piece));
    return file_.write(layout_.offset_of(piece), {reinterpret_cast<const char*>(data.data()), data.size()});
}

Result<SnapshotFile> SnapshotDraft::finish(const std::string& path) {
    if (Status synced = file_.sync(); !synced.ok()) return synced;
    if (Status renamed = node::rename_file(path_, path); !renamed.ok()) return renamed;
    return SnapshotFile::open(path);
}

// ---- Made ----

Bytes snapshot_roots(ByteView leaves, ByteView withdrawals) {
    Bytes out;
    auto add = [&](SnapshotPart part, ByteView records) {
        const size_t whole = records_a_piece(part) * record_bytes(part);
        for (; !records.empty(); records = records.subspan(std::min(whole, records.size())))
            append(out, root_of_piece(part, records.first(std::min(whole, records.size()))));
    };
    add(SnapshotPart::kLeaves, leaves);
    add(SnapshotPart::kWithdrawals, withdrawals);
    return out;
}

}  // namespace gavel::follow

#include "follow/snapshot_shelf.hpp"

#include <algorithm>
#include <filesystem>

#include "node/log.hpp"

namespace gavel::follow {
namespace {

using node::Result;
using node::Status;

Status in_folder(std::error_code error, const std::string& folder, const char* reason) {
    return {node::Code::kFailedPrecondition, reason, "snapshots-dir", folder + ": " + error.message()};
}

bool is_older(const std::shared_ptr<const SnapshotFile>& a, const std::shared_ptr<const SnapshotFile>& b) {
    return a->head().batch() < b->head().batch();
}

}  // namespace

Result<std::unique_ptr<SnapshotShelf>> SnapshotShelf::open(const std::string& folder, const Domain& domain) {
    namespace fs = std::filesystem;
    std::unique_ptr<SnapshotShelf> out(new SnapshotShelf(folder, domain));
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return in_folder(error, folder, "FILE_UNWRITABLE");
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->path().filename().string().starts_with("snapshot-")) continue;
        auto file = SnapshotFile::open(entry->path().string());
        if (file && file->head().domain == domain && entry->path() == out->path_of(file->head().batch())) {
            out->files_.push_back(std::make_shared<const SnapshotFile>(*std::move(file)));
        } else {
            const std::string why = file ? "another chain's, or another batch's" : node::to_string(file.status());
            node::log_warn("a snapshot is left alone", {{"file", entry->path().string()}, {"detail", why}});
        }
    }
    if (error) return in_folder(error, folder, "FILE_UNREADABLE");
    std::sort(out->files_.begin(), out->files_.end(), is_older);
    return out;
}

std::shared_ptr<const SnapshotFile> SnapshotShelf::newest() const {
    std::lock_guard lock(mutex_);
    return files_.empty() ? nullptr : files_.back();
}

std::shared_ptr<const SnapshotFile> SnapshotShelf::find(uint64_t batch) const {
    std::lock_guard lock(mutex_);
    for (const auto& file : files_)
        if (file->head().batch() == batch) return file;
    return nullptr;
}

Status SnapshotShelf::add(SnapshotDraft draft) {
    const uint64_t batch = draft.head().batch();
    auto file = draft.finish(path_of(batch));
    if (!file) return file.status();
    std::lock_guard lock(mutex_);
    std::erase_if(files_, [&](const auto& old) { return old->head().batch() == batch; });
    files_.push_back(std::make_shared<const SnapshotFile>(*std::move(file)));
    std::sort(files_.begin(), files_.end(), is_older);
    for (; files_.size() > kKept; files_.erase(files_.begin())) {
        std::error_code error;
        std::filesystem::remove(path_of(files_.front()->head().batch()), error);
        if (error) return in_folder(error, path_of(files_.front()->head().batch()), "FILE_UNWRITABLE");
    }
    return {};
}

}  // namespace gavel::follow

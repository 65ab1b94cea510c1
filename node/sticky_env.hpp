// LevelDB's file work, ended for good by the first failure to write: LevelDB itself goes on, and what it appends to a log behind
// a record that was cut short is lost to whoever reads the log. Included by what meets LevelDB only.
#pragma once

#include <leveldb/env.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace gavel::node {

// Threads: as leveldb::Env.
class StickyEnv final : public leveldb::EnvWrapper {
public:
    // `target` isn't owned.
    explicit StickyEnv(leveldb::Env* target);
    ~StickyEnv() override;

    // The first failure of any file to be made, written, flushed, synced, closed or renamed, and from then on the answer to all
    // of these and to removals; OK before it.
    leveldb::Status failure() const;

    leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override;
    leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile** file) override;
    leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
    leveldb::Status RemoveFile(const std::string& name) override;

private:
    class File;
    template <class Work>
    leveldb::Status unless_failed(Work work);

    std::atomic<bool> failed_{false};
    mutable std::mutex mutex_;
    leveldb::Status failure_;
};

}  // namespace gavel::node

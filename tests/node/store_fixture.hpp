// For tests of LevelDB stores: disks that fail, files that rot.
#pragma once

#include <leveldb/env.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "node/store.hpp"

namespace gavel::store_test {

using Rows = std::map<std::string, std::string>;

// Files whose names end in `suffix` fail when told to, once: then the disk is as before.
class FailingDisk final : public leveldb::EnvWrapper {
public:
    explicit FailingDisk(std::string suffix) : EnvWrapper(leveldb::Env::Default()), suffix_(std::move(suffix)) {}

    // The append after `appends` more writes half of its bytes, and fails.
    void fail_append_after(int appends) { appends_left_ = appends + 1; }
    void fail_next_sync() { fail_sync_ = true; }

    leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override;

private:
    class File;
    std::string suffix_;
    std::atomic<int> appends_left_{0};
    std::atomic<bool> fail_sync_{false};
};

// All there is, read by scan, and again backwards and by get: all three say the same, or the test fails.
Rows read_all(const node::Store& store);
void put(node::Store& store, const std::string& key, const std::string& value,
         node::Durability durability = node::Durability::kSynced);

std::vector<std::string> files_with(const std::string& folder, const std::string& suffix);
std::string content(const std::string& path);
void overwrite(const std::string& path, const std::string& content);

}  // namespace gavel::store_test

#include "node/store_salvage.hpp"

#include <leveldb/db.h>
#include <leveldb/env.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "node/leveldb_log.hpp"
#include "node/store.hpp"

namespace gavel::node {
namespace {

namespace fs = std::filesystem;

// LevelDB's own repair doesn't check the sums of logs, so it gets logs of sound records only.
bool copy_log(const fs::path& from, const fs::path& to) {
    std::string log;
    bool whole = salvage_log(from.string(), [&](std::string_view record) { append_log_record(log, record); });
    std::ofstream file(to, std::ios::binary | std::ios::trunc);
    file << log;
    if (!file.flush()) throw StoreError("store file " + to.string() + " can't be written");
    return whole;
}

// Tables are never changed where they are, so a second name is as good as a copy.
void copy_table(const fs::path& from, const fs::path& to) {
    std::error_code no_link;
    fs::create_hard_link(from, to, no_link);
    if (no_link) fs::copy_file(from, to);
}

std::vector<std::string> copy_files(const std::string& from, const std::string& to) {
    std::vector<std::string> left_out;
    fs::remove_all(to);
    fs::create_directories(to);
    for (const fs::directory_entry& file : fs::directory_iterator(from)) {
        fs::path name = file.path().filename();
        if (name.extension() == ".log" && !copy_log(file.path(), to / name)) left_out.push_back(name.string());
        if (name.extension() == ".ldb" || name.extension() == ".sst") copy_table(file.path(), to / name);
    }
    return left_out;
}

}  // namespace

std::vector<std::string> salvage_store(const std::string& from, const std::string& to) {
    leveldb::Env* env = leveldb::Env::Default();
    auto unlock = [env](leveldb::FileLock* held) { env->UnlockFile(held); };
    leveldb::FileLock* lock = nullptr;
    if (leveldb::Status status = env->LockFile(from + "/LOCK", &lock); !status.ok())
        throw StoreError("store " + from + ": it can't be locked: " + status.ToString());
    std::unique_ptr<leveldb::FileLock, decltype(unlock)> held(lock, unlock);
    try {
        std::vector<std::string> left_out = copy_files(from, to);
        leveldb::Options options;
        options.paranoid_checks = true;
        if (leveldb::Status status = leveldb::RepairDB(to, options); !status.ok())
            throw StoreError("store " + from + ": nothing of it can be read: " + status.ToString());
        // Where LevelDB puts what it had to leave something of, beside the logs that it has made tables of.
        if (fs::exists(to + "/lost"))
            for (const fs::directory_entry& file : fs::directory_iterator(to + "/lost"))
                if (file.path().extension() != ".log") left_out.push_back(file.path().filename().string());
        return left_out;
    } catch (const fs::filesystem_error& error) {
        throw StoreError("store " + from + ": it can't be copied: " + error.what());
    }
}

std::string set_aside(const std::string& path) {
    std::string trimmed = path;
    while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
    std::string aside;
    for (int number = 1; aside.empty() || fs::exists(aside); ++number) aside = trimmed + ".damaged-" + std::to_string(number);
    std::error_code failure;
    fs::rename(trimmed, aside, failure);
    if (failure) throw StoreError("store " + path + ": it can't be moved to " + aside + ": " + failure.message());
    return aside;
}

}  // namespace gavel::node

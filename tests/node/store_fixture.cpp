#include "tests/node/store_fixture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace gavel::store_test {

using leveldb::Status;

class FailingDisk::File final : public leveldb::WritableFile {
public:
    File(FailingDisk& disk, leveldb::WritableFile* file) : disk_(disk), file_(file) {}

    Status Append(const leveldb::Slice& data) override {
        if (disk_.appends_left_ == 0 || --disk_.appends_left_ > 0) return file_->Append(data);
        file_->Append({data.data(), data.size() / 2});
        file_->Flush();
        return Status::IOError("No space left on device");
    }
    Status Flush() override { return file_->Flush(); }
    Status Sync() override { return disk_.fail_sync_.exchange(false) ? Status::IOError("Input/output error") : file_->Sync(); }
    Status Close() override { return file_->Close(); }

private:
    FailingDisk& disk_;
    std::unique_ptr<leveldb::WritableFile> file_;
};

Status FailingDisk::NewWritableFile(const std::string& name, leveldb::WritableFile** file) {
    Status status = target()->NewWritableFile(name, file);
    if (status.ok() && name.ends_with(suffix_)) *file = new File(*this, *file);
    return status;
}

Rows read_all(const node::Store& store) {
    const std::string end(9, '\xff');
    Rows rows, reversed, by_get;
    store.scan("", end, [&](std::string_view key, std::string_view value) {
        rows.emplace(key, value);
        return true;
    });
    store.scan_reverse("", end, [&](std::string_view key, std::string_view value) {
        reversed.emplace(key, value);
        return true;
    });
    for (const auto& [key, value] : rows) by_get[key] = store.get(key).value_or("(missing)");
    REQUIRE(reversed == rows);
    REQUIRE(by_get == rows);
    return rows;
}

void put(node::Store& store, const std::string& key, const std::string& value, node::Durability durability) {
    node::WriteBatch batch;
    batch.put(key, value);
    store.write(batch, durability);
}

std::vector<std::string> files_with(const std::string& folder, const std::string& suffix) {
    std::vector<std::string> out;
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.path().string().ends_with(suffix)) out.push_back(file.path().string());
    std::sort(out.begin(), out.end());
    return out;
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void overwrite(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
}

}  // namespace gavel::store_test

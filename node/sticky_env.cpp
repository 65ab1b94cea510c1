#include "node/sticky_env.hpp"

namespace gavel::node {

using leveldb::Status;

StickyEnv::StickyEnv(leveldb::Env* target) : EnvWrapper(target) {}
StickyEnv::~StickyEnv() = default;

Status StickyEnv::failure() const {
    if (!failed_) return {};
    std::lock_guard lock(mutex_);
    return failure_;
}

template <class Work>
Status StickyEnv::unless_failed(Work work) {
    if (Status earlier = failure(); !earlier.ok()) return earlier;
    Status status = work();
    if (status.ok()) return status;
    std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
    failed_ = true;
    return failure_;
}

class StickyEnv::File final : public leveldb::WritableFile {
public:
    File(StickyEnv& env, leveldb::WritableFile* file) : env_(env), file_(file) {}
    // LevelDB leaves a full log without a sync and goes on in the next, where a sync says that all before it is on the disk.
    ~File() override {
        if (!closed_) Sync();
    }

    Status Append(const leveldb::Slice& data) override {
        return env_.unless_failed([&] { return file_->Append(data); });
    }
    Status Flush() override {
        return env_.unless_failed([&] { return file_->Flush(); });
    }
    Status Sync() override {
        return env_.unless_failed([&] { return file_->Sync(); });
    }
    Status Close() override {
        closed_ = true;
        return env_.unless_failed([&] { return file_->Close(); });
    }

private:
    StickyEnv& env_;
    std::unique_ptr<leveldb::WritableFile> file_;
    bool closed_ = false;
};

Status StickyEnv::NewWritableFile(const std::string& name, leveldb::WritableFile** file) {
    Status status = unless_failed([&] { return target()->NewWritableFile(name, file); });
    if (status.ok()) *file = new File(*this, *file);
    return status;
}

Status StickyEnv::NewAppendableFile(const std::string& name, leveldb::WritableFile** file) {
    Status status = unless_failed([&] { return target()->NewAppendableFile(name, file); });
    if (status.ok()) *file = new File(*this, *file);
    return status;
}

Status StickyEnv::RenameFile(const std::string& from, const std::string& to) {
    bool missing = false;  // LevelDB moves its info log aside whether or not there is one
    Status status = unless_failed([&] {
        Status renamed = target()->RenameFile(from, to);
        missing = renamed.IsNotFound();
        return missing ? Status() : renamed;
    });
    return missing ? Status::NotFound(from) : status;
}

Status StickyEnv::RemoveFile(const std::string& name) {
    if (Status earlier = failure(); !earlier.ok()) return earlier;
    return target()->RemoveFile(name);  // one that stays only takes room
}

}  // namespace gavel::node

// Where snapshots come from. None is trusted: what comes is checked by who asks (snapshot_taker.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "follow/snapshot_file.hpp"
#include "l1-bridge/client/rpc_transport.hpp"

namespace gavel::follow {

class SnapshotSource {
public:
    virtual ~SnapshotSource() = default;

    // For log and errors: nothing secret of its URL.
    virtual const std::string& name() const = 0;
    // Bytes that may be anything, at most kMaxPieceBytes. Reasons:
    //   SNAPSHOT_UNKNOWN (kNotFound)          it hasn't it, or not any more
    //   SNAPSHOT_UNREACHABLE (kUnavailable)   it can't be asked, or was too slow: of the head 10 s, of a piece 30 s
    //   SNAPSHOT_TOO_LONG (kInternal)         it sends more
    // The newest head, or that of a batch.
    virtual node::Result<std::string> head(std::optional<uint64_t> batch) = 0;
    virtual node::Result<std::string> piece(uint64_t batch, const SnapshotPiece& piece) = 0;
    // Ends what waits, and whatever is asked later at once.
    virtual void close() {}
};

// Another Gavel server, by HTTP.
class HttpSnapshotSource final : public SnapshotSource {
public:
    explicit HttpSnapshotSource(const std::string& url, std::chrono::milliseconds piece_time = std::chrono::seconds(30));

    const std::string& name() const override { return pieces_.shown(); }
    node::Result<std::string> head(std::optional<uint64_t> batch) override;
    node::Result<std::string> piece(uint64_t batch, const SnapshotPiece& piece) override;
    void close() override;

private:
    node::Result<std::string> ask(l1::RpcTransport& transport, const std::string& path, const std::string& query);

    l1::RpcTransport heads_, pieces_;
};

// A file that somebody has made or fetched.
class FileSnapshotSource final : public SnapshotSource {
public:
    explicit FileSnapshotSource(std::string path) : path_(std::move(path)) {}

    const std::string& name() const override { return path_; }
    node::Result<std::string> head(std::optional<uint64_t> batch) override;
    node::Result<std::string> piece(uint64_t batch, const SnapshotPiece& piece) override;

private:
    node::Result<const SnapshotFile*> open(std::optional<uint64_t> batch);

    std::string path_;
    std::optional<SnapshotFile> file_;
};

// What has "://" in it is an URL, else a file's name. Reason: OPTION_INVALID, for an URL of no form.
node::Result<std::unique_ptr<SnapshotSource>> open_snapshot_source(const std::string& url_or_file);

}  // namespace gavel::follow

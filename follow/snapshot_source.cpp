#include "follow/snapshot_source.hpp"

#include "follow/snapshot_shelf.hpp"
#include "node/config.hpp"

namespace gavel::follow {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr std::chrono::milliseconds kConnectTime{5'000}, kHeadTime{10'000};

Status unknown(const std::string& name, const std::string& what) {
    return {Code::kNotFound, "SNAPSHOT_UNKNOWN", "snapshot", name + ": " + what};
}

std::string batch_query(uint64_t batch) { return "batch=" + std::to_string(batch); }

}  // namespace

// ---- By HTTP ----

HttpSnapshotSource::HttpSnapshotSource(const std::string& url, std::chrono::milliseconds piece_time)
    : heads_(url, kHeadTime, kConnectTime, SnapshotHead::kSize), pieces_(url, piece_time, kConnectTime, kMaxPieceBytes) {}

Result<std::string> HttpSnapshotSource::ask(l1::RpcTransport& transport, const std::string& path, const std::string& query) {
    auto answer = transport.get(kSnapshotPath + path, query);
    const std::string& shown = transport.shown();
    if (!answer && answer.status().field == "too-large")
        return Status{Code::kInternal, "SNAPSHOT_TOO_LONG", "snapshot", shown + " sends more than " + path + " has"};
    if (!answer) return Status{Code::kUnavailable, "SNAPSHOT_UNREACHABLE", "snapshot", answer.status().message};
    if (answer->http_status == 404) return unknown(shown, "has no such snapshot");
    if (answer->http_status != 200)
        return Status{Code::kUnavailable, "SNAPSHOT_UNREACHABLE", "snapshot",
                      shown + ": HTTP status " + std::to_string(answer->http_status)};
    return std::move(answer->body);
}

Result<std::string> HttpSnapshotSource::head(std::optional<uint64_t> batch) {
    return ask(heads_, "head", batch ? batch_query(*batch) : "");
}

Result<std::string> HttpSnapshotSource::piece(uint64_t batch, const SnapshotPiece& piece) {
    return ask(pieces_, name_of(piece.part) + ("/" + std::to_string(piece.number)), batch_query(batch));
}

void HttpSnapshotSource::close() {
    heads_.close();
    pieces_.close();
}

// ---- From a file ----

Result<const SnapshotFile*> FileSnapshotSource::open(std::optional<uint64_t> batch) {
    if (!file_) {
        auto opened = SnapshotFile::open(path_);
        if (!opened) return opened.status();
        file_ = *std::move(opened);
    }
    if (batch && file_->head().batch() != *batch) return unknown(path_, "is another batch's");
    return &*file_;
}

Result<std::string> FileSnapshotSource::head(std::optional<uint64_t> batch) {
    auto file = open(batch);
    if (!file) return file.status();
    return string_of((*file)->head().encode());
}

Result<std::string> FileSnapshotSource::piece(uint64_t batch, const SnapshotPiece& piece) {
    auto file = open(batch);
    if (!file) return file.status();
    if (piece.number >= (*file)->layout().pieces(piece.part)) return unknown(path_, "has no " + to_string(piece));
    return (*file)->read(piece);
}

Result<std::unique_ptr<SnapshotSource>> open_snapshot_source(const std::string& url_or_file) {
    if (url_or_file.find("://") == std::string::npos)
        return std::unique_ptr<SnapshotSource>(std::make_unique<FileSnapshotSource>(url_or_file));
    const std::string shown = l1::shown_url(url_or_file);
    if (!shown.starts_with("http://") && !shown.starts_with("https://"))
        return node::invalid_option("--snapshot", "needs an URL of http or https, or a file");
    return std::unique_ptr<SnapshotSource>(std::make_unique<HttpSnapshotSource>(url_or_file));
}

}  // namespace gavel::follow

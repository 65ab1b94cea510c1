#include "follow/blob_keeper.hpp"

#include "follow/blob_server.hpp"
#include "protocol/kzg.hpp"

namespace gavel::follow {

void add_blob_keeper_flags(node::Options& options, BlobKeeperOptions& keeper) {
    l1::add_blob_flags(options, keeper.sources);
    options.text("--blobs-dir", keeper.folder, "folder of the archive of blobs (default: --data-dir's, with -blobs behind it)");
}

BlobKeeper::BlobKeeper(const std::string& folder, std::unique_ptr<l1::BlobSources> sources)
    : store_(folder), archive_(store_), sources_(std::move(sources)), source_(archive_, *sources_), loading_([] {
          Kzg::get();
      }) {}

BlobKeeper::~BlobKeeper() { loading_.join(); }

node::Result<std::unique_ptr<BlobKeeper>> BlobKeeper::open(const BlobKeeperOptions& options, const l1::L1Flags& l1,
                                                           const std::string& data_folder, const node::Clock& clock) {
    auto sources = l1::open_blob_sources(options.sources, l1, clock);
    if (!sources) return sources.status();
    const std::string folder = options.folder.empty() ? data_folder + "-blobs" : options.folder;
    return std::unique_ptr<BlobKeeper>(new BlobKeeper(folder, *std::move(sources)));
}

void BlobKeeper::count_in(node::Metrics& metrics) {
    sources_->count_in(metrics);
    auto kept = metrics.gauge("gavel_blobs_kept", "Blobs in the archive.");
    metrics.before_text([this, kept]() mutable { kept.set(static_cast<double>(archive_.count())); });
}

void BlobKeeper::serve(node::HttpServer& server, std::function<void(const char*)> failed) const {
    serve_blobs(server, archive_, std::move(failed));
}

}  // namespace gavel::follow

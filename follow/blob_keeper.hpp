// What a daemon does with blobs: keeps those of its chain in a folder of their own, gets what it lacks from others, serves what
// it has.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "follow/blob_archive.hpp"
#include "l1-bridge/client/blob_sources.hpp"
#include "node/http_server.hpp"
#include "node/store.hpp"

namespace gavel::follow {

struct BlobKeeperOptions {
    l1::BlobFlags sources;
    std::string folder;  // of the archive; empty: beside the data folder, with "-blobs" behind its name
};
void add_blob_keeper_flags(node::Options& options, BlobKeeperOptions& keeper);

class BlobKeeper {
public:
    // Opens the archive in its folder. `clock` must outlive it. Reason: OPTION_INVALID, for a source that is no URL. Throws
    // node::StoreError if the archive can't be opened.
    static node::Result<std::unique_ptr<BlobKeeper>> open(const BlobKeeperOptions& options, const l1::L1Flags& l1,
                                                          const std::string& data_folder, const node::Clock& clock);

    ~BlobKeeper();

    BlobArchive& archive() { return archive_; }
    // The archive and, for what isn't in it, the others, whose answers it keeps.
    l1::BlobSource& source() { return source_; }
    const node::LevelDbStore& store() const { return store_; }
    // gavel_blobs_kept, and what BlobSources counts. Before the first fetch; `metrics` must outlive it.
    void count_in(node::Metrics& metrics);
    // By the beacon API's URL, before the server starts. `failed` is told of a store that fails.
    void serve(node::HttpServer& server, std::function<void(const char*)> failed) const;
    // Ends what a fetch waits for.
    void close() { sources_->close(); }

private:
    BlobKeeper(const std::string& folder, std::unique_ptr<l1::BlobSources> sources);

    node::LevelDbStore store_;
    BlobArchive archive_;
    std::unique_ptr<l1::BlobSources> sources_;
    ArchivingSource source_;
    std::thread loading_;  // the KZG setup, so that no loop of the daemon waits for that
};

}  // namespace gavel::follow

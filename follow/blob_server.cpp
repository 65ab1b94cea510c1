#include "follow/blob_server.hpp"

#include <algorithm>
#include <atomic>

#include "l1-bridge/client/beacon_api.hpp"

namespace gavel::follow {
namespace {

// Places that are free. A place is given back when the last holds it no more.
class Places : public std::enable_shared_from_this<Places> {
public:
    explicit Places(size_t count) : free_(static_cast<int64_t>(count)) {}

    // nullptr: none is free.
    std::shared_ptr<const void> take() {
        if (--free_ < 0) {
            ++free_;
            return nullptr;
        }
        return {this, [self = shared_from_this()](const void*) { ++self->free_; }};
    }

private:
    std::atomic<int64_t> free_;
};

node::HttpResponse answer_blobs(const BlobArchive& archive, const std::vector<Hash>& hashes, Places& places) {
    const auto is_kept = [&](const Hash& hash) { return archive.has(hash); };
    if (!std::all_of(hashes.begin(), hashes.end(), is_kept)) return l1::no_blobs_answer(404, "Blob not found");
    auto place = places.take();
    if (!place) return l1::no_blobs_answer(503, "Too many at once");
    std::vector<Blob> blobs;
    for (const Hash& hash : hashes) {
        auto blob = archive.find(hash);
        if (!blob) throw node::StoreError("the store of blobs is damaged: one that is kept isn't there");
        blobs.push_back(*std::move(blob));
    }
    auto out = l1::blobs_answer(blobs);
    out.until_sent = std::move(place);
    return out;
}

}  // namespace

void serve_blobs(node::HttpServer& server, const BlobArchive& archive, std::function<void(const char*)> failed, size_t at_once) {
    auto places = std::make_shared<Places>(at_once);
    server.route_word(node::HttpMethod::kGet, std::string("/") + l1::kBlobsPath,
                      [&archive, places, failed = std::move(failed)](const node::HttpRequest& request) {
                          const auto hashes = l1::read_versioned_hashes(l1::versioned_hashes_of(request), kMaxBlobs);
                          if (!hashes || hashes->empty()) return l1::no_blobs_answer(400, "versioned_hashes: one to six hashes");
                          try {
                              return answer_blobs(archive, *hashes, *places);
                          } catch (const node::StoreError& error) {
                              failed(error.what());
                              return l1::no_blobs_answer(500, "The store failed");
                          }
                      });
}

}  // namespace gavel::follow

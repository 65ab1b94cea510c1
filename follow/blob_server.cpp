#include "follow/blob_server.hpp"

#include <algorithm>

#include "follow/places.hpp"
#include "l1-bridge/client/beacon_api.hpp"

namespace gavel::follow {
namespace {

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

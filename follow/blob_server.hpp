// Gives an archive's blobs to whoever asks, by the URL that beacon nodes have for them: another Gavel server needs no other
// source.
#pragma once

#include <functional>

#include "follow/blob_archive.hpp"
#include "node/http_server.hpp"

namespace gavel::follow {

// Answers in memory at one time: of six blobs each takes 2.4 MB until it is written, then 1.6 MB until the client has taken it.
inline constexpr size_t kBlobAnswersAtOnce = 8;

// GET /eth/v1/beacon/blobs/{anything}?versioned_hashes=, before the server starts:
//   200  the blobs that the hashes name, in their order, as beacon nodes give them. One to six of them, with commas between or
//        the parameter repeated
//   400  no hashes, too many, or what is none
//   404  one of them isn't kept here
//   503  over `at_once` answers are being made or sent
// `failed` is told of a store that fails. References must outlive the server.
void serve_blobs(node::HttpServer& server, const BlobArchive& archive, std::function<void(const char*)> failed,
                 size_t at_once = kBlobAnswersAtOnce);

}  // namespace gavel::follow

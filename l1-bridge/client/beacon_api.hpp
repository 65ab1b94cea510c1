// What of the beacon API is about blobs (https://ethereum.github.io/beacon-APIs, getBlobs), for those who ask and those who are
// asked: GET /eth/v1/beacon/blobs/{block id}?versioned_hashes=HASH,...
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/http_server.hpp"
#include "protocol/blob.hpp"

namespace gavel::l1 {

// Below an URL; the block's id comes behind it.
inline constexpr const char* kBlobsPath = "eth/v1/beacon/blobs/";

// A request's values of versioned_hashes, which may be given several times.
std::vector<std::string> versioned_hashes_of(const node::HttpRequest& request);
// The hashes that these values name, in their order, each value one or several with commas between them. nullopt: one has no
// form, or they are over `most`.
std::optional<std::vector<Hash>> read_versioned_hashes(std::span<const std::string> values, size_t most);

// 200, with blobs in that order. 262,149 bytes for each.
node::HttpResponse blobs_answer(std::span<const Blob> blobs);
// Another status, and a sentence.
node::HttpResponse no_blobs_answer(int status, const std::string& message);

// The blob of an answer to a question for one: `data` holds it, once for each time that the block has it. nullopt: it is no such
// answer. An answer without any blob (`data` is empty) is an optional that holds none.
std::optional<std::optional<Blob>> read_blobs_answer(std::string_view body);

}  // namespace gavel::l1

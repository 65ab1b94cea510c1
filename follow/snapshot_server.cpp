// How others get snapshots (snapshot_shelf.hpp).
#include "follow/places.hpp"
#include "follow/snapshot_shelf.hpp"
#include "node/config.hpp"
#include "node/log.hpp"

namespace gavel::follow {
namespace {

using node::HttpRequest;
using node::HttpResponse;

constexpr const char* kBytesType = "application/octet-stream";

HttpResponse no_answer(int status, const char* why) { return {status, "text/plain; charset=utf-8", std::string(why) + "\n"}; }

struct Asked {
    bool has_form = true;
    std::optional<uint64_t> batch;  // none: it isn't asked for
};

Asked batch_of(const HttpRequest& request) {
    Asked out;
    for (const auto& [name, value] : request.query) {
        if (name != "batch") continue;
        const auto number = node::parse_number(value);
        if (out.batch || !number) return {false, std::nullopt};
        out.batch = *number;
    }
    return out;
}

HttpResponse answer_head(const SnapshotShelf& shelf, const HttpRequest& request) {
    const auto [has_form, batch] = batch_of(request);
    if (!has_form) return no_answer(400, "batch: a number");
    const auto file = batch ? shelf.find(*batch) : shelf.newest();
    if (!file) return no_answer(404, "no such snapshot is here");
    return {200, kBytesType, string_of(file->head().encode())};
}

HttpResponse answer_piece(const SnapshotShelf& shelf, SnapshotPart part, Places& places, const HttpRequest& request) {
    const auto batch = batch_of(request).batch;
    const auto number = node::parse_number(request.path.substr(request.path.rfind('/') + 1));
    if (!batch || !number) return no_answer(400, "a piece's number, and batch: a number");
    const auto file = shelf.find(*batch);
    if (!file) return no_answer(404, "no such snapshot is here");
    if (*number >= file->layout().pieces(part)) return no_answer(404, "it has no such piece");
    auto place = places.take();
    if (!place) return no_answer(503, "too many at once");
    auto piece = file->read({part, static_cast<uint32_t>(*number)});
    if (!piece) {
        node::log_status(node::LogLevel::kError, "a snapshot can't be read", piece.status());
        return no_answer(500, "it can't be read");
    }
    return {200, kBytesType, *std::move(piece), std::move(place)};
}

}  // namespace

void serve_snapshots(node::HttpServer& server, const SnapshotShelf& shelf, size_t at_once) {
    const std::string path = std::string("/") + kSnapshotPath;
    server.route(node::HttpMethod::kGet, path + "head",
                 node::HttpServer::RequestHandler([&shelf](const HttpRequest& request) { return answer_head(shelf, request); }));
    auto places = std::make_shared<Places>(at_once);
    for (SnapshotPart part : kSnapshotParts) {
        server.route_word(node::HttpMethod::kGet, path + name_of(part) + "/", [&shelf, part, places](const HttpRequest& request) {
            return answer_piece(shelf, part, *places, request);
        });
    }
}

}  // namespace gavel::follow

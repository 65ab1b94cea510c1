#include "l1-bridge/client/beacon_api.hpp"

#include <algorithm>

#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::l1 {
namespace {

using rpc::Json;

constexpr const char* kJsonType = "application/json";
constexpr size_t kBlobText = 2 + 2 * kBlobBytes;  // with its 0x

std::optional<Blob> read_blob(const Json& item) {
    if (!item.is_string()) return std::nullopt;
    const auto& text = item.get_ref<const std::string&>();
    if (text.size() != kBlobText || !text.starts_with("0x")) return std::nullopt;
    auto bytes = from_hex(text);
    return bytes ? Blob::from(*bytes) : std::nullopt;
}

}  // namespace

std::optional<std::vector<Hash>> read_versioned_hashes(std::span<const std::string> values, size_t most) {
    std::vector<Hash> out;
    for (const std::string& value : values) {
        for (size_t begin = 0; begin <= value.size();) {
            const size_t end = std::min(value.find(',', begin), value.size());
            const std::string word = value.substr(begin, end - begin);
            auto hash = word.starts_with("0x") ? fixed_from_hex<Hash>(word) : std::nullopt;
            if (!hash || out.size() == most) return std::nullopt;
            out.push_back(*hash);
            begin = end + 1;
        }
    }
    return out;
}

std::vector<std::string> versioned_hashes_of(const node::HttpRequest& request) {
    std::vector<std::string> out;
    for (const auto& [name, value] : request.query)
        if (name == "versioned_hashes") out.push_back(value);
    return out;
}

// By hand: a JSON object of it would hold all of them once more.
node::HttpResponse blobs_answer(std::span<const Blob> blobs) {
    std::string body;
    body.reserve(100 + blobs.size() * (kBlobText + 3));
    body += R"({"execution_optimistic":false,"finalized":false,"data":[)";
    for (size_t i = 0; i < blobs.size(); ++i) {
        if (i > 0) body += ',';
        body += '"';
        body += to_hex(blobs[i].view());
        body += '"';
    }
    body += "]}";
    return {200, kJsonType, std::move(body)};
}

node::HttpResponse no_blobs_answer(int status, const std::string& message) {
    return {status, kJsonType, Json{{"code", status}, {"message", message}}.dump()};
}

std::optional<std::optional<Blob>> read_blobs_answer(std::string_view body) {
    const auto answer = rpc::parse(body);
    if (!answer || !answer->is_object()) return std::nullopt;
    const auto data = answer->find("data");
    if (data == answer->end() || !data->is_array()) return std::nullopt;
    if (data->empty()) return std::optional<Blob>{};
    const Json& first = (*data)[0];
    for (const Json& item : *data)
        if (item != first) return std::nullopt;
    auto blob = read_blob(first);
    if (!blob) return std::nullopt;
    return std::optional<Blob>(std::move(*blob));
}

}  // namespace gavel::l1

#include "l1-bridge/chain/beacon_service.hpp"

#include <algorithm>

#include "l1-bridge/chain/http_access.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "node/config.hpp"

namespace gavel::l1 {
namespace {

using rpc::Json;

const std::string kPath = "/eth/v1/beacon/blobs/";
constexpr size_t kMaxHashes = 128;

node::HttpResponse answer(int status, const Json& body) { return {status, "application/json", body.dump()}; }
node::HttpResponse refuse(int status, const std::string& message) {
    return answer(status, {{"code", status}, {"message", message}});
}

struct BlockId {
    bool has_form = false;
    std::optional<uint64_t> number;  // nullopt: there is no such block
};

BlockId read_block_id(const SimulatedChain& chain, const std::string& text) {
    const uint64_t head = chain.head().number, depth = JsonRpcService::kFinalizedDepth;
    if (text == "head") return {true, head};
    if (text == "finalized") return {true, head < depth ? 0 : head - depth};
    if (text == "genesis") return {true, 0};
    if (text.starts_with("0x")) {
        auto hash = fixed_from_hex<Hash>(text);
        return {hash.has_value(), hash ? chain.number_of(*hash) : std::nullopt};
    }
    auto number = node::parse_number(text);
    if (!number.ok()) return {};
    return {true, *number};
}

// False: one has no form, or they are too many.
bool read_hashes(const std::vector<std::string>& values, std::vector<Hash>& out) {
    for (const std::string& value : values) {
        for (size_t begin = 0; begin <= value.size();) {
            const size_t end = std::min(value.find(',', begin), value.size());
            const std::string word = value.substr(begin, end - begin);
            auto hash = word.starts_with("0x") ? fixed_from_hex<Hash>(word) : std::nullopt;
            if (!hash || out.size() == kMaxHashes) return false;
            out.push_back(*hash);
            begin = end + 1;
        }
    }
    return true;
}

}  // namespace

node::HttpResponse beacon_blobs(const SimulatedChain& chain, const std::string& block_id,
                                const std::vector<std::string>& hashes) {
    const BlockId id = read_block_id(chain, block_id);
    if (!id.has_form) return refuse(400, "Invalid block ID: " + block_id);
    std::vector<Hash> wanted;
    if (!read_hashes(hashes, wanted)) return refuse(400, "Invalid versioned hash");
    if (!id.number) return refuse(404, "Block not found");
    auto blobs = chain.blobs(*id.number, wanted);
    if (!blobs) return refuse(404, blobs.status().reason == "BLOCK_NOT_FOUND" ? "Block not found" : "Blobs no longer kept");
    Json data = Json::array();
    for (const Blob& blob : *blobs) data.push_back(to_hex(blob.view()));
    return answer(200, {{"execution_optimistic", false}, {"finalized", false}, {"data", std::move(data)}});
}

void serve_beacon(node::HttpServer& server, const SimulatedChain& chain, const std::vector<std::string>& allowed_hosts,
                  std::function<void(const char*)> failed) {
    server.route_word(
        node::HttpMethod::kGet, kPath,
        [&chain, allowed_hosts, failed = std::move(failed)](const node::HttpRequest& request) -> node::HttpResponse {
            if (auto refusal = refuse_browsers(request, allowed_hosts, true)) return *refusal;
            std::vector<std::string> hashes;
            for (const auto& [name, value] : request.query)
                if (name == "versioned_hashes") hashes.push_back(value);
            try {
                return beacon_blobs(chain, request.path.substr(kPath.size()), hashes);
            } catch (const node::StoreError& error) {
                failed(error.what());
                return {500, "text/plain; charset=utf-8", "the store failed"};
            }
        });
}

}  // namespace gavel::l1

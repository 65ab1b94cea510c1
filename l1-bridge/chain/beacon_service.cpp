#include "l1-bridge/chain/beacon_service.hpp"

#include "l1-bridge/chain/http_access.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "l1-bridge/client/beacon_api.hpp"
#include "node/config.hpp"

namespace gavel::l1 {
namespace {

const std::string kPath = std::string("/") + kBlobsPath;
constexpr size_t kMaxHashes = 128;

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

}  // namespace

node::HttpResponse beacon_blobs(const SimulatedChain& chain, const std::string& block_id,
                                const std::vector<std::string>& hashes) {
    const BlockId id = read_block_id(chain, block_id);
    if (!id.has_form) return no_blobs_answer(400, "Invalid block ID: " + block_id);
    const auto wanted = read_versioned_hashes(hashes, kMaxHashes);
    if (!wanted) return no_blobs_answer(400, "Invalid versioned hash");
    if (!id.number) return no_blobs_answer(404, "Block not found");
    auto blobs = chain.blobs(*id.number, *wanted);
    if (!blobs)
        return no_blobs_answer(404, blobs.status().reason == "BLOCK_NOT_FOUND" ? "Block not found" : "Blobs no longer kept");
    return blobs_answer(*blobs);
}

void serve_beacon(node::HttpServer& server, const SimulatedChain& chain, const std::vector<std::string>& allowed_hosts,
                  std::function<void(const char*)> failed) {
    server.route_word(
        node::HttpMethod::kGet, kPath,
        [&chain, allowed_hosts, failed = std::move(failed)](const node::HttpRequest& request) -> node::HttpResponse {
            if (auto refusal = refuse_browsers(request, allowed_hosts, true)) return *refusal;
            try {
                return beacon_blobs(chain, request.path.substr(kPath.size()), versioned_hashes_of(request));
            } catch (const node::StoreError& error) {
                failed(error.what());
                return {500, "text/plain; charset=utf-8", "the store failed"};
            }
        });
}

}  // namespace gavel::l1

#include "l1-bridge/client/deployment.hpp"

#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::l1 {
namespace {

Bytes creation(ByteView code, ByteView arguments) {
    Bytes out = to_bytes(code);
    append(out, arguments);
    return out;
}

node::Status not_there(L1Client& client, const char* reason, const Address& rollup, const std::string& what) {
    auto chain = client.chain_id();
    return {node::Code::kFailedPrecondition, reason, "rollup",
            what + " stands at " + to_checksum(rollup) + " on the L1" + (chain ? ", chain " + std::to_string(*chain) : "")};
}

}  // namespace

Bytes rollup_creation(const RollupParameters& parameters) { return creation(rollup_creation_code(), parameters.encode()); }

Bytes test_token_creation(std::string_view name, std::string_view symbol, uint8_t decimals) {
    return creation(test_token_creation_code(),
                    AbiWriter().text(std::string(name)).text(std::string(symbol)).word(u128{decimals}).take());
}

node::Result<RollupParameters> find_rollup(L1Client& client, const Address& rollup) {
    auto code = client.code(rollup);
    if (!code) return code.status();
    if (code->empty()) return not_there(client, "NO_CONTRACT", rollup, "nothing");
    auto parameters = RollupClient(client, rollup).parameters();
    if (parameters) return parameters;
    const bool is_odd = parameters.status().code == node::Code::kAborted || parameters.status().reason == "L1_ANSWER_INVALID";
    return is_odd ? not_there(client, "NOT_A_ROLLUP", rollup, "another contract than a rollup") : parameters.status();
}

}  // namespace gavel::l1

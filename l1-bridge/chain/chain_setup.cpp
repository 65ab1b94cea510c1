#include "l1-bridge/chain/chain_setup.hpp"

#include "l1-bridge/client/l1_client.hpp"

namespace gavel::l1 {

PrivateKey setup_deployer(std::string_view purpose) {
    return PrivateKey::derived("gavel-l1 deployer of " + std::string(purpose));
}

node::Result<Address> ensure_deployed(SimulatedChain& chain, const PrivateKey& deployer, uint64_t index, std::string_view name,
                                      Bytes creation, const ErrorNames& error_names) {
    const Address at = created_address(deployer.address(), index);
    auto existing = chain.account(at);
    if (!existing) return existing.status();
    if (!existing->code.empty()) return at;
    auto nonce = chain.nonce(deployer.address());
    if (!nonce) return nonce.status();
    if (*nonce != index) {
        return node::Status{node::Code::kFailedPrecondition, "SETUP_ORDER", std::string(name),
                            "the deployer's next creation is " + std::to_string(*nonce) + ", not " + std::to_string(index)};
    }
    CallRequest request;
    request.from = deployer.address();
    request.data = std::move(creation);
    auto gas = chain.estimate(request, {std::nullopt, true});
    if (!gas) return gas.status();
    if (!gas->outcome.success) {
        node::Status status = L1Client::revert_status(error_names, gas->outcome.data);
        return node::Status{node::Code::kFailedPrecondition, "SETUP_REVERTED", std::string(name), status.message};
    }
    const Fees fees = chain.fees();
    Transaction transaction{
        chain.chain_id(), index, fees.priority_fee, 2 * fees.base_fee + fees.priority_fee, gas->gas, std::nullopt, 0,
        request.data,     {}};
    auto hash = chain.send_raw(sign(transaction, deployer).raw);
    if (!hash) return hash.status();
    if (!chain.receipt(*hash)) chain.mine();
    auto receipt = chain.receipt(*hash);
    if (receipt && receipt->success) return at;
    return node::Status{node::Code::kFailedPrecondition, "SETUP_REVERTED", std::string(name), "the creation failed in its block"};
}

}  // namespace gavel::l1

#include "l1-bridge/in_process_client.hpp"

#include <algorithm>

namespace gavel::l1 {

node::Result<std::vector<Log>> InProcessClient::logs(const Address& address, uint64_t from_block, uint64_t to_block) {
    std::vector<Log> all;
    for (uint64_t first = from_block; first <= to_block; first += SimulatedChain::kMaxLogRange) {
        LogFilter filter{first, std::min(to_block, first + SimulatedChain::kMaxLogRange - 1), {address}, {}};
        auto some = chain_.logs(filter);
        if (!some) return some;
        all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
    }
    return all;
}

node::Result<std::optional<TransactionInput>> InProcessClient::transaction_input(const Hash& tx_hash) {
    auto found = chain_.transaction(tx_hash);
    if (!found) return std::optional<TransactionInput>{};
    const Transaction& body = found->transaction.body;
    TransactionInput out{body.data, body.to, found->transaction.sender, body.value, std::nullopt};
    if (found->header) out.block_number = found->header->number;
    return std::optional(std::move(out));
}

node::Result<u128> InProcessClient::balance(const Address& address) {
    auto account = chain_.account(address);
    if (!account) return account.status();
    return account->balance;
}

node::Result<uint64_t> InProcessClient::nonce(const Address& address, bool pending) {
    return chain_.nonce(address, {std::nullopt, pending});
}

node::Result<Bytes> InProcessClient::code(const Address& address) {
    auto account = chain_.account(address);
    if (!account) return account.status();
    return account->code;
}

node::Result<CallReply> InProcessClient::try_call(const CallRequest& request) {
    return chain_.call(request, {request.block, false});
}

node::Result<uint64_t> InProcessClient::estimate_gas(const CallRequest& request) {
    auto estimate = chain_.estimate(request, {std::nullopt, true});
    if (!estimate) return estimate.status();
    if (!estimate->outcome.success) return revert_status(error_names_, estimate->outcome.data);
    return estimate->gas;
}

}  // namespace gavel::l1

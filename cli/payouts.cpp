#include "cli/payouts.hpp"

#include <algorithm>

namespace gavel::cli {
namespace {

std::string title_of(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return name;
}

}  // namespace

node::Result<Address> parse_receiver(const std::string& text) {
    return text.empty() ? node::Result<Address>(Address{}) : parse_address(text, "to");
}

Payouts::Payouts(Session& session, const std::string& number_name, const std::string& owner_name)
    : session_(session),
      number_name_(number_name),
      owner_name_(owner_name),
      table_({{title_of(number_name), true}, {title_of(owner_name)}, {"AMOUNT", true}, {"TOKEN"}, {"L1 TRANSACTION"}}) {}

void Payouts::run(const ContractCaller& caller, const Payout& payout, Bytes calldata) {
    const bool redirected = !payout.receiver.is_zero() && payout.receiver != payout.owner;
    node::Result<l1::Receipt> receipt =
        redirected && caller.address() != payout.owner
            ? node::Status{node::Code::kPermissionDenied, "RECEIVER_NOT_ALLOWED", "to",
                           "only " + to_checksum(payout.owner) + " itself may name another receiver"}
            : caller.run(std::move(calldata));
    const Address receiver = redirected ? payout.receiver : payout.owner;
    nlohmann::json line = {{number_name_, payout.number},
                           {owner_name_, to_checksum(payout.owner)},
                           {"token", to_checksum(payout.token)},
                           {"amount", to_string(payout.amount)},
                           {"receiver", to_checksum(receiver)}};
    std::string outcome;
    if (receipt) {
        outcome = to_hex(receipt->tx_hash);
        line["l1_transaction"] = outcome;
        line["gas_used"] = receipt->gas_used;
    } else {
        outcome = "refused: " + receipt.status().reason;
        line["error"] = receipt.status().reason;
        if (failure_.ok()) failure_ = receipt.status();
    }
    table_.add({std::to_string(payout.number), to_checksum(payout.owner), session_.amount_text(payout.amount, payout.token),
                session_.token_name(payout.token), outcome});
    list_.push_back(std::move(line));
}

node::Status Payouts::finish() {
    if (session_.json()) session_.print(list_);
    else session_.print(table_.text());
    return failure_;
}

}  // namespace gavel::cli

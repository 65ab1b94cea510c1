#include "cli/contract_payments.hpp"

#include <algorithm>

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

std::string title_of(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return name;
}

bool is_redirected(const ContractPayment& payment) { return !payment.receiver.is_zero() && payment.receiver != payment.owner; }

// Whether the next one would fare no better.
bool stops_all(const Status& status) {
    return status.code == Code::kUnavailable || status.code == Code::kDeadlineExceeded ||
           status.reason == "TX_INSUFFICIENT_FUNDS" || status.reason == "L1_FEE_OVER_CAP";
}

}  // namespace

void add_contract_payment_options(node::Options& options, ContractPaymentOptions& payment, const std::string& owner_flag,
                                  const std::string& owner_help) {
    options.text(owner_flag, payment.owner, owner_help);
    options.toggle("--everybody", payment.everybody, "everybody's, each paid to its owner; the signer pays the gas");
    add_receiver_options(options, payment);
}

void add_receiver_options(node::Options& options, ContractPaymentOptions& payment) {
    options.text("--to", payment.to, "pay this address instead; only the owner may");
    options.text("--pay-gas", payment.pay_gas,
                 "gas that goes with each payment; 0: all. Without it all; for everybody, 50000 for ETH, 250000 for a token");
    add_l1_state_options(options, payment.state);
}

Result<std::optional<Address>> owner_of(const ContractPaymentOptions& options, const Address& signer) {
    if (options.everybody) return std::optional<Address>();
    if (options.owner.empty()) return std::optional(signer);
    auto owner = parse_address(options.owner, "owner");
    if (!owner) return owner.status();
    return std::optional(*owner);
}

Result<Address> receiver_of(const ContractPaymentOptions& options) {
    if (options.everybody && !(options.owner.empty() && options.to.empty())) {
        return node::invalid_option("everybody", "with --everybody, nobody else can be named");
    }
    return options.to.empty() ? Result<Address>(Address{}) : parse_address(options.to, "to");
}

Result<uint64_t> pay_gas_of(const ContractPaymentOptions& options, const Address& token) {
    if (options.pay_gas.empty()) {
        if (!options.everybody) return uint64_t{0};
        return token.is_zero() ? l1::kPayGasOfEth : l1::kPayGasOfToken;
    }
    auto gas = node::parse_number(options.pay_gas);
    if (gas) return *gas;
    return node::invalid_option("pay-gas", "'" + options.pay_gas + "' is no amount of gas");
}

ContractPayments::ContractPayments(Session& session, const ContractCaller& caller, const std::string& number_name,
                                   const std::string& owner_name, size_t count)
    : session_(session),
      caller_(caller),
      number_name_(number_name),
      owner_name_(owner_name),
      table_({{title_of(number_name), true}, {title_of(owner_name)}, {"AMOUNT", true}, {"TOKEN"}, {"L1 TRANSACTION"}}) {
    is_alone_ = count == 1;
    progress_.emplace("paying out", count);
}

bool ContractPayments::pay(const ContractPayment& payment, Bytes calldata) {
    Status allowed;
    if (is_redirected(payment)) {
        allowed = check_payee(payment.receiver, caller_.contract().address(), payment.token, "to");
        if (caller_.address() != payment.owner) {
            allowed = {Code::kPermissionDenied, "RECEIVER_NOT_ALLOWED", "to",
                       "only " + to_checksum(payment.owner) + " itself may name another receiver"};
        }
    }
    Result<Hash> sent = allowed.ok() ? caller_.send(std::move(calldata), 0, is_alone_) : Result<Hash>(allowed);
    if (!sent) fail(sent.status());
    on_the_way_.push_back({payment, sent});
    if (on_the_way_.size() == ContractCaller::kMostOnTheWay) settle_first();
    progress_->set(list_.size() + on_the_way_.size());
    return !is_stopped_;
}

void ContractPayments::fail(const Status& status) {
    if (failure_.ok()) failure_ = status;
    is_stopped_ = is_stopped_ || stops_all(status);
}

void ContractPayments::settle_first() {
    const Sent& first = on_the_way_.front();
    // Once stopped: what is known of it; waiting would take as long again for each.
    const Result<l1::Receipt> receipt = !first.hash   ? Result<l1::Receipt>(first.hash.status())
                                        : is_stopped_ ? caller_.wait(*first.hash, {})
                                                      : caller_.wait(*first.hash);
    if (!receipt) fail(receipt.status());
    tell(first, receipt);
    on_the_way_.pop_front();
}

void ContractPayments::tell(const Sent& sent, const Result<l1::Receipt>& receipt) {
    const ContractPayment& payment = sent.payment;
    nlohmann::json line = {{number_name_, payment.number},
                           {owner_name_, to_checksum(payment.owner)},
                           {"token", to_checksum(payment.token)},
                           {"amount", to_string(payment.amount)},
                           {"receiver", to_checksum(is_redirected(payment) ? payment.receiver : payment.owner)}};
    std::string outcome;
    if (receipt) {
        outcome = to_hex(receipt->tx_hash);
        line["l1_transaction"] = outcome;
        line["gas_used"] = receipt->gas_used;
    } else {
        // Sent, and not seen in a block: it isn't known to have failed.
        const bool is_open = sent.hash && receipt.status().code == Code::kDeadlineExceeded;
        outcome = is_open ? to_hex(*sent.hash) + ": " + receipt.status().reason : "refused: " + receipt.status().reason;
        if (sent.hash) line["l1_transaction"] = to_hex(*sent.hash);
        line["error"] = receipt.status().reason;
    }
    table_.add({std::to_string(payment.number), to_checksum(payment.owner), session_.amount_text(payment.amount, payment.token),
                session_.token_name(payment.token), outcome});
    list_.push_back(std::move(line));
}

Status ContractPayments::finish() {
    while (!on_the_way_.empty()) settle_first();
    progress_.reset();
    if (session_.json()) session_.print(list_);
    else session_.print(table_.text());
    return failure_;
}

}  // namespace gavel::cli

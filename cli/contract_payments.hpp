// What claim, exit and refund have in common: whose money it is and where it goes, and payments by the contract, each a
// transaction of its own, told in one table.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>

#include "cli/l1_state.hpp"
#include "cli/progress.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"

namespace gavel::cli {

struct ContractPaymentOptions {
    std::string owner;
    bool everybody = false;
    std::string to;
    std::string pay_gas;
    L1StateOptions state;
};
// Binds them; `owner_flag` and its help say whose money it is.
void add_contract_payment_options(node::Options& options, ContractPaymentOptions& payment, const std::string& owner_flag,
                                  const std::string& owner_help);
// Of these, who is to get it, with how much gas, and the L1's state: for what has one owner only.
void add_receiver_options(node::Options& options, ContractPaymentOptions& payment);
// Whose money the flags mean: the signer's if they name nobody; nullopt: everybody's. Reasons: ADDRESS_INVALID.
node::Result<std::optional<Address>> owner_of(const ContractPaymentOptions& options, const Address& signer);
// Who is to get it (zero: each owner). Reasons: ADDRESS_INVALID, OPTION_INVALID.
node::Result<Address> receiver_of(const ContractPaymentOptions& options);

// How much gas goes with a payment of that token; 0: all. Everybody's recipients get a bounded amount, unless the flag says
// otherwise: their code runs at the signer's cost. Reasons: OPTION_INVALID.
node::Result<uint64_t> pay_gas_of(const ContractPaymentOptions& options, const Address& token);

struct ContractPayment {
    uint64_t number = 0;  // position, account index or L1 operation
    Address owner;        // whose money it is
    Address token;
    Amount amount;
    Address receiver;  // who gets it; zero: the owner
};

class ContractPayments {
public:
    // What number and owner are called: "position", "recipient". `count`: of those to come, for the progress bar. `caller` must
    // outlive it.
    ContractPayments(Session& session, const ContractCaller& caller, const std::string& number_name,
                     const std::string& owner_name, size_t count);
    // Sends the call; some are on their way to a block at the same time. A receiver other than the owner is refused here unless
    // the signer is the owner: RECEIVER_NOT_ALLOWED. What is refused is noted, and the others go on. False: the L1 can't be
    // reached, or the signer can't pay for gas; go on to finish().
    bool pay(const ContractPayment& payment, Bytes calldata);
    // A failure on the way to a payment: go on to finish().
    void fail(const node::Status& status);
    // Waits for what is on its way, and prints all. Not OK: the first failure.
    node::Status finish();

private:
    struct Sent {
        ContractPayment payment;
        node::Result<Hash> hash;
    };
    void settle_first();
    void tell(const Sent& sent, const node::Result<l1::Receipt>& receipt);

    Session& session_;
    const ContractCaller& caller_;
    std::string number_name_, owner_name_;
    std::optional<Progress> progress_;
    std::deque<Sent> on_the_way_;  // and those refused in between
    Table table_;
    nlohmann::json list_ = nlohmann::json::array();
    node::Status failure_;
    bool is_stopped_ = false;  // the next one would fare no better
    bool is_alone_ = false;    // of many the table tells; each is paid once, however often it is tried
};

}  // namespace gavel::cli

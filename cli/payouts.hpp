// What claim, exit and refund have in common: several payments by the contract, each a transaction of its own, told in one table.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"

namespace gavel::cli {

struct Payout {
    uint64_t number = 0;  // position, account index or L1 operation
    Address owner;        // whose money it is
    Address token;
    Amount amount;
    Address receiver;  // who gets it; zero: the owner
};

// The receiver that --to names (zero: none). Reason: ADDRESS_INVALID.
node::Result<Address> parse_receiver(const std::string& text);

class Payouts {
public:
    // What number and owner are called: "position", "recipient".
    Payouts(Session& session, const std::string& number_name, const std::string& owner_name);
    // Runs the call and notes what came of it. A receiver other than the owner is refused here unless the signer is the owner:
    // RECEIVER_NOT_ALLOWED.
    void run(const ContractCaller& caller, const Payout& payout, Bytes calldata);
    // Prints them. Not OK: the first that failed; the others went through or failed by themselves.
    node::Status finish();

private:
    Session& session_;
    std::string number_name_, owner_name_;
    Table table_;
    nlohmann::json list_ = nlohmann::json::array();
    node::Status failure_;
};

}  // namespace gavel::cli

// The L1's part of a load: tokens, deposits, and waiting until they are credited.
#pragma once

#include "cli/bulk_sender.hpp"
#include "cli/load_plan.hpp"
#include "cli/session.hpp"

namespace gavel::cli {

struct DepositMade {
    Address to;
    Address token;
    Amount amount;
    Hash l1_transaction;
};

struct FundingReport {
    uint64_t tokens_created = 0;
    std::vector<DepositMade> deposits;
    uint64_t deposit_gas = 0;
    double seconds = 0;
};

// The tokens of an earlier run of the same load: CSV lines "corpus_token,generation,l1_token". No file: none. Reason:
// TOKENS_FILE.
node::Status read_tokens(const std::string& path, LoadPlan& plan);
node::Status write_tokens(const std::string& path, const LoadPlan& plan);

class LoadFunding {
public:
    // `mint_eth`: the funder gets the ether that it lacks from a development chain (anvil_setBalance).
    LoadFunding(Session& session, const PrivateKey& funder, const Address& rollup, bool mint_eth)
        : session_(session), funder_(funder), rollup_(rollup), mint_eth_(mint_eth), bulk_(session.l1(), funder_) {}

    // Makes a mintable token on the L1 for each of the plan's that has none.
    node::Status create_tokens(LoadPlan& plan);
    // Deposits what each sender lacks, and waits until the sequencer has credited it. Sets `next_nonce` by spending.
    node::Status fund(const LoadPlan& plan, const std::vector<LoadSpending>& spendings, std::vector<uint64_t>& next_nonce);
    const FundingReport& report() const { return report_; }

private:
    node::Status mint_and_approve(const LoadPlan& plan, const std::vector<DepositMade>& deposits);
    node::Status ensure_ether(const std::vector<DepositMade>& deposits);
    node::Status deposit_all(const std::vector<DepositMade>& deposits);
    node::Status wait_until_credited(uint64_t queue_length);
    BulkTransaction transaction_of(const DepositMade& deposit) const;

    Session& session_;
    PrivateKey funder_;
    Address rollup_;
    bool mint_eth_;
    BulkSender bulk_;
    FundingReport report_;
};

}  // namespace gavel::cli

#include "cli/load_funding.hpp"

#include <chrono>
#include <thread>

#include "cli/l1_payments.hpp"
#include "cli/progress.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/erc20_call.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/file.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kPatience{5};
constexpr u128 kGasMoney = 1'000 * kEther;  // that stays free for fees when ether is made

std::string quantity(u128 value) {
    std::string digits;
    do {
        digits.insert(digits.begin(), "0123456789abcdef"[static_cast<unsigned>(value % 16)]);
        value /= 16;
    } while (value != 0);
    return "0x" + digits;
}

}  // namespace

Status read_tokens(const std::string& path, LoadPlan& plan) {
    auto reader = workload::LineReader::open(path);
    if (!reader && reader.status().reason == "FILE_NOT_FOUND") return {};
    if (!reader) return reader.status();
    std::map<std::pair<Address, unsigned>, Address> known;
    std::string line;
    std::vector<std::string> fields;
    for (uint64_t number = 1; (*reader)->next(line); ++number) {
        if (number == 1 || line.empty()) continue;
        const bool split = workload::split_csv(line, fields) && fields.size() == 3;
        auto corpus_token = split ? fixed_from_hex<Address>(fields[0]) : std::nullopt;
        auto generation = node::parse_number(split ? fields[1] : "");
        auto l1_token = split ? fixed_from_hex<Address>(fields[2]) : std::nullopt;
        if (!corpus_token || !generation || !l1_token) {
            return {Code::kInvalidArgument, "TOKENS_FILE", "line " + std::to_string(number),
                    path + ": needs corpus_token,generation,l1_token"};
        }
        known[{*corpus_token, static_cast<unsigned>(*generation)}] = *l1_token;
    }
    if (!(*reader)->status().ok()) return (*reader)->status();
    for (LoadToken& token : plan.tokens) {
        auto found = known.find({token.corpus_token, token.generation});
        if (found != known.end()) token.l1_token = found->second;
    }
    return {};
}

Status write_tokens(const std::string& path, const LoadPlan& plan) {
    std::string text = "corpus_token,generation,l1_token\n";
    for (const LoadToken& token : plan.tokens) {
        if (token.corpus_token.is_zero()) continue;
        text += to_hex(token.corpus_token) + "," + std::to_string(token.generation) + "," + to_hex(token.l1_token) + "\n";
    }
    return node::write_file(path, text);
}

Status LoadFunding::create_tokens(LoadPlan& plan) {
    std::vector<LoadToken*> missing;
    std::vector<BulkTransaction> creations;
    for (LoadToken& token : plan.tokens) {
        if (token.corpus_token.is_zero() || !token.l1_token.is_zero()) continue;
        const std::string symbol = "T" + std::to_string(missing.size() + 1);
        creations.push_back({std::nullopt, 0, l1::test_token_creation("Load token " + symbol, symbol, 18), 0});
        missing.push_back(&token);
    }
    if (missing.empty()) return {};
    if (Status funded = ensure_ether({}); !funded.ok()) return funded;
    auto gas = bulk_.gas_limit_for(creations.front());
    if (!gas) return gas.status();
    for (BulkTransaction& creation : creations) creation.gas_limit = *gas;
    Progress progress("creating tokens", creations.size());
    auto done = bulk_.run(creations, [&](uint64_t mined) { progress.set(mined); });
    if (!done) return done.status();
    for (size_t i = 0; i < missing.size(); ++i) {
        missing[i]->l1_token = l1::created_address(funder_.address(), done->first_nonce + i);
    }
    report_.tokens_created += missing.size();
    return {};
}

Status LoadFunding::fund(const LoadPlan& plan, const std::vector<LoadSpending>& spendings, std::vector<uint64_t>& next_nonce) {
    const auto started = Clock::now();
    auto remote = session_.sequencer();
    if (!remote) return remote.status();
    next_nonce.clear();
    std::vector<DepositMade> deposits;
    {
        Progress progress("reading accounts", spendings.size());
        for (const LoadSpending& spending : spendings) {
            const LoadToken& token = plan.tokens[spending.token];
            const Address& owner = plan.addresses[spending.sender];
            auto account = (*remote)->account({owner, token.l1_token});
            if (!account) return account.status();
            next_nonce.push_back(account->nonce);
            const Amount missing = needed(spending, token).minus(account->balance).value_or(Amount{});
            if (!missing.is_zero()) deposits.push_back({owner, token.l1_token, missing, {}});
            progress.set(next_nonce.size());
        }
    }
    if (Status ready = ensure_ether(deposits); !ready.ok()) return ready;
    if (Status ready = mint_and_approve(plan, deposits); !ready.ok()) return ready;
    if (Status done = deposit_all(deposits); !done.ok()) return done;
    report_.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return {};
}

Status LoadFunding::ensure_ether(const std::vector<DepositMade>& deposits) {
    u128 wanted = kGasMoney;
    for (const DepositMade& deposit : deposits) {
        if (deposit.token.is_zero()) wanted += deposit.amount.value();
    }
    auto balance = session_.l1().balance(funder_.address());
    if (!balance) return balance.status();
    if (*balance >= wanted) return {};
    if (!mint_eth_) {
        if (deposits.empty()) return {};
        return {Code::kFailedPrecondition, "INSUFFICIENT_FUNDS", "private-key",
                to_checksum(funder_.address()) + " lacks " + session_.amount_text(Amount{wanted - *balance}, {}) +
                    " ETH on the L1; on a development chain, --mint-eth gives it"};
    }
    return l1::JsonRpcClient({.url = session_.options().l1.urls.front()})
        .request("anvil_setBalance", "[\"" + to_hex(funder_.address()) + "\",\"" + quantity(wanted) + "\"]")
        .status();
}

Status LoadFunding::mint_and_approve(const LoadPlan& plan, const std::vector<DepositMade>& deposits) {
    std::map<Address, u128> totals;
    for (const DepositMade& deposit : deposits) {
        if (!deposit.token.is_zero()) totals[deposit.token] += deposit.amount.value();
    }
    std::vector<BulkTransaction> transactions;
    for (const LoadToken& token : plan.tokens) {
        auto total = totals.find(token.l1_token);
        if (total == totals.end()) continue;
        transactions.push_back({token.l1_token, 0, l1::erc20_call::mint(funder_.address(), Amount{total->second}), 0});
        transactions.push_back({token.l1_token, 0, l1::erc20_call::approve(rollup_, Amount{total->second}), 0});
    }
    if (transactions.empty()) return {};
    for (size_t i = 0; i < 2; ++i) {
        auto gas = bulk_.gas_limit_for(transactions[i]);
        if (!gas) return gas.status();
        for (size_t at = i; at < transactions.size(); at += 2) transactions[at].gas_limit = *gas;
    }
    Progress progress("minting tokens", transactions.size());
    return bulk_.run(transactions, [&](uint64_t mined) { progress.set(mined); }).status();
}

BulkTransaction LoadFunding::transaction_of(const DepositMade& deposit) const {
    if (deposit.token.is_zero()) return {rollup_, deposit.amount.value(), l1::rollup_call::deposit_eth(deposit.to), 0};
    return {rollup_, 0, l1::rollup_call::deposit_token(deposit.token, deposit.to, deposit.amount), 0};
}

Status LoadFunding::deposit_all(const std::vector<DepositMade>& deposits) {
    if (deposits.empty()) return {};
    std::vector<BulkTransaction> transactions;
    uint64_t eth_gas = 0, token_gas = 0;
    for (const DepositMade& deposit : deposits) {
        BulkTransaction transaction = transaction_of(deposit);
        uint64_t& gas = deposit.token.is_zero() ? eth_gas : token_gas;
        if (gas == 0) {
            auto limit = bulk_.gas_limit_for(transaction);
            if (!limit) return limit.status();
            gas = *limit;
        }
        transaction.gas_limit = gas;
        transactions.push_back(std::move(transaction));
    }
    l1::RollupClient contract(session_.l1(), rollup_);
    {
        Progress progress("depositing", transactions.size());
        auto done = bulk_.run(transactions, [&](uint64_t mined) { progress.set(mined); });
        if (!done) return done.status();
        report_.deposit_gas += done->gas_used;
        for (size_t i = 0; i < deposits.size(); ++i) {
            report_.deposits.push_back(deposits[i]);
            report_.deposits.back().l1_transaction = done->hashes[i];
        }
    }
    auto length = contract.queue_length();
    if (!length) return length.status();
    return wait_until_credited(*length);
}

Status LoadFunding::wait_until_credited(uint64_t queue_length) {
    auto remote = session_.sequencer();
    if (!remote) return remote.status();
    const auto end = Clock::now() + kPatience;
    Progress progress("waiting for credit", queue_length);
    for (;;) {
        auto info = (*remote)->chain_info();
        if (!info) return info.status();
        const uint64_t consumed = info->l1_queue_length - std::min(info->l1_ops_waiting, info->l1_queue_length);
        progress.set(consumed);
        if (consumed >= queue_length) return {};
        if (Clock::now() > end) {
            return {Code::kDeadlineExceeded, "NOT_CREDITED", "",
                    "the sequencer has credited " + std::to_string(consumed) + " of " + std::to_string(queue_length) +
                        " L1 operations"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace gavel::cli
